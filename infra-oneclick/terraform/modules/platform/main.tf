# Installs the platform: applies a kustomize overlay to the cluster, by kubectl, as soon as there is one. What the overlay
# makes at AWS by itself (load balancers, volumes) is not Terraform's: delete the overlay before the cluster.

resource "terraform_data" "overlay" {
  count            = var.install ? 1 : 0
  triggers_replace = [var.overlay, var.revision]

  provisioner "local-exec" {
    command = "${path.module}/apply-overlay.sh"

    environment = {
      OVERLAY               = var.overlay
      API_ENDPOINT          = var.cluster.endpoint
      API_CERTIFICATE       = coalesce(var.cluster.certificate_authority, "-")
      EKS_CLUSTER           = try(var.cluster.eks.name, "-")
      EKS_REGION            = try(var.cluster.eks.region, "-")
      ROLLOUT_TIMEOUT       = "${var.rollout_minutes * 60}s"
      ROLLOUT_OF_NAMESPACES = join(" ", var.namespaces)
    }
  }
}
