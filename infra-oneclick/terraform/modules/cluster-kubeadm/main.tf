# The whole platform on one EC2 instance: Kubernetes by kubeadm, set up at the first start by the scripts in node/.
# Its data lies on a volume of its own, which outlives the instance. There is no SSH: the way in is Session Manager.

data "aws_partition" "this" {}

data "aws_region" "this" {}

data "aws_ssm_parameter" "amazon_linux" {
  count = var.ami_id == null ? 1 : 0
  name  = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

data "aws_subnet" "this" {
  id = var.subnet_id
}

locals {
  partition   = data.aws_partition.this.partition
  data_device = "/dev/sdf"

  settings = {
    NODE_NAME           = var.name
    AWS_REGION          = data.aws_region.this.name
    KUBERNETES_VERSION  = var.kubernetes_version
    POD_CIDR            = var.pod_cidr
    SERVICE_CIDR        = var.service_cidr
    PUBLIC_ADDRESS      = aws_eip.this.public_ip
    DATA_DEVICE         = local.data_device
    INGRESS_CONTROLLER  = var.ingress_controller
    CALICO_VERSION      = var.versions.calico
    HELM_VERSION        = var.versions.helm
    HELM_SHA256         = var.versions.helm_sha256
    LOCAL_PATH_VERSION  = var.versions.local_path_provisioner
    ISSUER              = local.issuer
    ISSUER_BUCKET       = aws_s3_bucket.issuer.id
    ISSUER_KEYS         = local.issuer_documents.keys
    KUBECONFIG_SECRET   = aws_secretsmanager_secret.kubeconfig.name
    GRAFANA_SECRET      = aws_secretsmanager_secret.grafana.name
    PROMETHEUS_DAYS     = var.prometheus_days
    OVERLAY_URL         = coalesce(var.overlay_url, "-")
    CI_RUNNER_URL       = var.ci_runner == null ? "-" : var.ci_runner.repository_url
    CI_RUNNER_SECRET    = var.ci_runner == null ? "-" : var.ci_runner.token_secret
    CI_RUNNER_VERSION   = var.ci_runner == null ? "-" : var.ci_runner.version
    CI_RUNNER_SHA256    = var.ci_runner == null ? "-" : var.ci_runner.sha256
    INGRESS_NGINX_CHART = var.versions.ingress_nginx_chart
    NGINX_INGRESS_CHART = var.versions.nginx_ingress_chart
    CERT_MANAGER_CHART  = var.versions.cert_manager_chart
    METRICS_CHART       = var.versions.metrics_server_chart
    EBS_CSI_ROLE        = module.ebs_csi_role.arn
    EBS_CSI_CHART       = var.versions.ebs_csi_chart
    PROMETHEUS_CHART    = var.versions.prometheus_stack_chart
  }

  scripts = fileset("${path.module}/node", "*.sh")

  cloud_config = {
    write_files = concat(
      [{
        path        = "/etc/aws-deployer/node.env"
        permissions = "0600"
        content     = join("", [for key, value in local.settings : "${key}='${value}'\n"])
        }, {
        path        = "/opt/aws-deployer/issuers.yaml"
        permissions = "0644"
        content     = templatefile("${path.module}/../cluster-addons/issuers.yaml.tftpl", { issuers = var.issuers, email = var.acme_email })
      }],
      [for name in local.scripts : {
        path        = "/opt/aws-deployer/${name}"
        permissions = "0755"
        content     = file("${path.module}/node/${name}")
      }],
    )
    runcmd = [["/opt/aws-deployer/set-up.sh"]]
  }
}

resource "aws_instance" "this" {
  ami                    = coalesce(var.ami_id, one(data.aws_ssm_parameter.amazon_linux[*].insecure_value))
  instance_type          = var.instance_type
  subnet_id              = var.subnet_id
  vpc_security_group_ids = [aws_security_group.node.id]
  iam_instance_profile   = aws_iam_instance_profile.node.name
  monitoring             = true
  ebs_optimized          = true

  disable_api_termination = var.termination_protection

  # Over 16 KiB as text, which is all that EC2 takes.
  user_data_base64 = base64gzip("#cloud-config\n${yamlencode(local.cloud_config)}")

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # Their answer ends at the node: a pod with an address of its own never has the role of the node.
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_type           = "gp3"
    volume_size           = var.root_gib
    encrypted             = true
    kms_key_id            = var.kms_key_arn
    delete_on_termination = true
  }

  tags        = { Name = var.name }
  volume_tags = null

  lifecycle {
    # A new image of Amazon Linux, or a changed script, does not throw a running cluster away. To renew it: -replace.
    ignore_changes = [ami, user_data_base64]
  }
}

resource "aws_ebs_volume" "data" {
  availability_zone = data.aws_subnet.this.availability_zone
  type              = "gp3"
  size              = var.data_gib
  encrypted         = true
  kms_key_id        = var.kms_key_arn

  tags = { Name = "${var.name}-data" }
}

resource "aws_volume_attachment" "data" {
  device_name = local.data_device
  volume_id   = aws_ebs_volume.data.id
  instance_id = aws_instance.this.id

  # A file system in use is not pulled away.
  stop_instance_before_detaching = true
}

resource "aws_eip" "this" {
  domain = "vpc"

  tags = { Name = var.name }
}

resource "aws_eip_association" "this" {
  allocation_id = aws_eip.this.id
  instance_id   = aws_instance.this.id
}
