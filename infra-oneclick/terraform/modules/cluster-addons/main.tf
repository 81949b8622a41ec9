# What the overlays expect a cluster to bring and EKS does not: nodes that grow with what is asked for, an ingress with an
# address, and certificates. Applied by kubectl as the overlay is, one after the other, each waited for. What the ingress makes at
# AWS (a load balancer) is not Terraform's: delete Services of type LoadBalancer before the cluster.

locals {
  way_in = {
    API_ENDPOINT    = try(var.cluster.endpoint, "-")
    API_CERTIFICATE = try(coalesce(var.cluster.certificate_authority, "-"), "-")
    EKS_CLUSTER     = try(var.cluster.eks.name, "-")
    EKS_REGION      = try(var.cluster.eks.region, "-")
    READY_TIMEOUT   = "${var.ready_minutes * 60}s"
  }

  # A new cluster has none of it: its address is a reason to begin anew.
  endpoint = local.way_in.API_ENDPOINT

  autoscaler = templatefile("${path.module}/cluster-autoscaler.yaml.tftpl", {
    cluster = try(var.cluster.eks.name, "-")
    # Its minor version is that of the cluster.
    image = coalesce(var.autoscaler.image, "registry.k8s.io/autoscaling/cluster-autoscaler:v${var.kubernetes_version}.0")
  })

  issuers = templatefile("${path.module}/issuers.yaml.tftpl", { issuers = var.issuers, email = var.acme_email })
}

resource "terraform_data" "autoscaler" {
  count            = var.install && var.autoscaler.install ? 1 : 0
  triggers_replace = [local.endpoint, local.autoscaler]

  provisioner "local-exec" {
    command = "${path.module}/apply-manifest.sh"

    environment = merge(local.way_in, {
      MANIFEST      = "-"
      MANIFEST_TEXT = local.autoscaler
      SHA256        = "-"
      JOBS          = "-"
      WAIT_FOR      = "--namespace kube-system rollout status deployment/cluster-autoscaler"
    })
  }
}

resource "terraform_data" "ingress_nginx" {
  count            = var.install && var.ingress_nginx.install ? 1 : 0
  triggers_replace = [local.endpoint, startswith(var.ingress_nginx.manifest, "/") ? filesha256(var.ingress_nginx.manifest) : var.ingress_nginx.manifest]

  provisioner "local-exec" {
    command = "${path.module}/apply-manifest.sh"

    environment = merge(local.way_in, {
      MANIFEST = var.ingress_nginx.manifest
      SHA256   = coalesce(var.ingress_nginx.sha256, "-")
      JOBS     = "ingress-nginx/app.kubernetes.io/component=admission-webhook"
      WAIT_FOR = <<-COMMANDS
        --namespace ingress-nginx rollout status deployment
        --namespace ingress-nginx wait service/ingress-nginx-controller --for=jsonpath={.status.loadBalancer.ingress}
      COMMANDS
    })
  }

  depends_on = [terraform_data.autoscaler]
}

resource "terraform_data" "cert_manager" {
  count            = var.install && var.cert_manager.install ? 1 : 0
  triggers_replace = [local.endpoint, startswith(var.cert_manager.manifest, "/") ? filesha256(var.cert_manager.manifest) : var.cert_manager.manifest]

  provisioner "local-exec" {
    command = "${path.module}/apply-manifest.sh"

    environment = merge(local.way_in, {
      MANIFEST = var.cert_manager.manifest
      SHA256   = coalesce(var.cert_manager.sha256, "-")
      JOBS     = "-"
      WAIT_FOR = "--namespace cert-manager rollout status deployment"
    })
  }

  depends_on = [terraform_data.ingress_nginx]
}

resource "terraform_data" "issuers" {
  count            = var.install && length(var.issuers) > 0 ? 1 : 0
  triggers_replace = [local.endpoint, local.issuers]

  provisioner "local-exec" {
    command = "${path.module}/apply-manifest.sh"

    environment = merge(local.way_in, {
      MANIFEST      = "-"
      MANIFEST_TEXT = local.issuers
      SHA256        = "-"
      JOBS          = "-"
      WAIT_FOR      = join("\n", [for name in keys(var.issuers) : "wait clusterissuer/${name} --for=condition=Ready"])
    })
  }

  # They go through cert-manager's webhook.
  depends_on = [terraform_data.cert_manager]
}
