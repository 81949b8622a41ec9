mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  name               = "aws-deployer-test"
  vpc_id             = "vpc-0123456789abcdef0"
  subnet_id          = "subnet-0123456789abcdef0"
  kubernetes_version = "1.34"
  issuer_bucket      = "aws-deployer-test-issuer-123456789012"
  kms_key_arn        = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
}

run "closed_encrypted_and_complete" {
  command = apply

  variables {
    api_cidrs = ["203.0.113.7/32"]
    ci_runner = {
      repository_url = "https://github.com/acme/shop"
      token_secret   = "arn:aws:secretsmanager:us-east-1:123456789012:secret:runner-AbCdEf"
      version        = "2.327.1"
      sha256         = "0000000000000000000000000000000000000000000000000000000000000000"
    }
  }

  assert {
    condition     = aws_instance.this.metadata_options[0].http_tokens == "required" && aws_instance.this.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "The metadata service answers without a token, or answers pods."
  }

  assert {
    condition = (
      aws_instance.this.root_block_device[0].encrypted && aws_instance.this.root_block_device[0].volume_type == "gp3" &&
      aws_ebs_volume.data.encrypted && aws_ebs_volume.data.type == "gp3" && aws_ebs_volume.data.kms_key_id == var.kms_key_arn
    )
    error_message = "A volume is not encrypted gp3."
  }

  assert {
    condition = alltrue([
      for rule in concat(
        [for one in aws_vpc_security_group_ingress_rule.web : one],
        [for one in aws_vpc_security_group_ingress_rule.kubernetes_api : one],
      ) : rule.cidr_ipv4 != "0.0.0.0/0" || (rule.from_port == rule.to_port && contains([80, 443], rule.from_port))
    ])
    error_message = "Something besides 80 and 443 is open to the whole internet."
  }

  assert {
    condition = (
      alltrue([for rule in aws_vpc_security_group_egress_rule.out : rule.from_port == rule.to_port && rule.ip_protocol == "tcp"]) &&
      join(" ", sort([for rule in aws_vpc_security_group_egress_rule.out : rule.from_port])) == "22 443 587 80"
    )
    error_message = "The node reaches more than packages, AWS, Git and mail, or less."
  }

  assert {
    condition     = join(" ", [for rule in aws_vpc_security_group_ingress_rule.kubernetes_api : rule.cidr_ipv4]) == "203.0.113.7/32"
    error_message = "The Kubernetes API answers to others than those that were named."
  }

  assert {
    condition = alltrue([
      for step in [
        "data-volume", "container-runtime", "kubernetes", "identity", "helm", "storage", "ingress", "certificates", "metrics", "monitoring", "ci-runner",
        "access", "platform",
      ] : contains([for file in yamldecode(output.user_data).write_files : file.path], "/opt/aws-deployer/${step}.sh")
    ])
    error_message = "A step of the set-up does not reach the node."
  }

  assert {
    condition     = strcontains(yamldecode(output.user_data).write_files[0].content, "CI_RUNNER_URL='https://github.com/acme/shop'")
    error_message = "The node does not know its settings."
  }

  assert {
    condition = alltrue([
      for name in ["letsencrypt", "letsencrypt-staging"] : contains([
        for issuer in split("---\n", trimprefix(yamldecode(output.user_data).write_files[1].content, "---\n")) : yamldecode(issuer).metadata.name
      ], name)
    ])
    error_message = "An issuer that the overlays name is not made."
  }

  assert {
    # EC2 takes 16 KiB; base64 adds a third.
    condition     = length(aws_instance.this.user_data_base64) < 16384 * 4 / 3
    error_message = "The set-up is larger than EC2 takes."
  }

  assert {
    condition = alltrue(flatten([
      for policy in [aws_iam_role_policy.secrets.policy, aws_iam_role_policy.issuer.policy, aws_iam_role_policy.ci_runner[0].policy] : [
        for statement in jsondecode(policy).Statement : [for what in concat(statement.Action, statement.Resource) : !strcontains(what, "*")]
      ]
    ]))
    error_message = "The node may do more than write and read its own secrets and publish its keys."
  }

  assert {
    condition     = aws_secretsmanager_secret.kubeconfig.kms_key_id == var.kms_key_arn && aws_secretsmanager_secret.grafana.kms_key_id == var.kms_key_arn
    error_message = "A secret is not encrypted with the environment's key."
  }
}

run "vouches_for_pods" {
  command = apply

  assert {
    condition = (
      aws_iam_openid_connect_provider.this.url == "https://aws-deployer-test-issuer-123456789012.s3.us-east-1.amazonaws.com" &&
      jsondecode(aws_s3_object.discovery.content).issuer == aws_iam_openid_connect_provider.this.url &&
      jsondecode(aws_s3_object.discovery.content).jwks_uri == "${aws_iam_openid_connect_provider.this.url}/openid/v1/jwks" &&
      output.trust == { oidc = true, oidc_provider_arn = aws_iam_openid_connect_provider.this.arn }
    )
    error_message = "AWS would not find the keys of the service accounts."
  }

  assert {
    condition = alltrue([
      for setting in ["ISSUER='${aws_iam_openid_connect_provider.this.url}'", "ISSUER_KEYS='openid/v1/jwks'", "EBS_CSI_ROLE='${module.ebs_csi_role.arn}'"] :
      strcontains(yamldecode(output.user_data).write_files[0].content, setting)
    ])
    error_message = "The node does not know whose tokens it signs."
  }

  assert {
    condition = (
      jsondecode(aws_s3_bucket_policy.issuer.policy).Statement[0].Action == "s3:GetObject" &&
      length(jsondecode(aws_s3_bucket_policy.issuer.policy).Statement) == 1 &&
      alltrue([for what in jsondecode(aws_s3_bucket_policy.issuer.policy).Statement[0].Resource : !strcontains(what, "*")]) &&
      aws_s3_bucket_public_access_block.issuer.block_public_acls && aws_s3_bucket_public_access_block.issuer.ignore_public_acls
    )
    error_message = "Everybody may do more than read the two documents."
  }
}

run "nothing_unasked" {
  command = apply

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.kubernetes_api) == 0 && length(aws_iam_role_policy.ci_runner) == 0
    error_message = "Unasked, the API is closed, and there is no runner."
  }
}

run "refuses_the_whole_internet_and_too_little" {
  command = plan

  variables {
    api_cidrs            = ["0.0.0.0/0"]
    instance_type        = "t3.micro"
    ami_id               = "ubuntu"
    root_gib             = 8
    data_gib             = 1
    pod_cidr             = "pods"
    ingress_controller   = "traefik"
    overlay_url          = "http://example.com/'; rm -rf /; '"
    secret_recovery_days = 3
    egress_ports         = [80]
    issuer_bucket        = "Issuer"
    versions             = { helm = "v3'; reboot; '" }
  }

  expect_failures = [
    var.api_cidrs, var.instance_type, var.ami_id, var.root_gib, var.data_gib, var.pod_cidr, var.ingress_controller, var.overlay_url,
    var.secret_recovery_days, var.versions, var.egress_ports, var.issuer_bucket,
  ]
}
