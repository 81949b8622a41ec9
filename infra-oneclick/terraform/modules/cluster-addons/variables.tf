variable "install" {
  description = "Whether to install the add-ons; needs kubectl and curl where Terraform runs, for EKS the AWS CLI too, and a way from there to the Kubernetes API."
  type        = bool
  default     = false
}

variable "cluster" {
  description = "The Kubernetes API, as the module platform takes it; the autoscaler looks for node groups of the EKS cluster named."
  type = object({
    endpoint              = string
    certificate_authority = optional(string)
    eks                   = optional(object({ name = string, region = string }))
  })
  default = null

  validation {
    condition     = !var.install || try(can(regex("^https?://", var.cluster.endpoint)), false)
    error_message = "To install, name the Kubernetes API by its https:// address."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version of the cluster, such as 1.35: the autoscaler's is the same."
  type        = string
  default     = "1.35"

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "Give major and minor version, such as 1.35."
  }
}

variable "autoscaler" {
  description = "The cluster autoscaler: whether it is installed, and its image (null: the first release for the cluster's version)."
  type = object({
    install = optional(bool, true)
    image   = optional(string)
  })
  default = {}

  validation {
    condition     = var.autoscaler.image == null ? true : can(regex("^[a-z0-9][A-Za-z0-9./:@_-]+$", var.autoscaler.image))
    error_message = "Name the image as registry/name:tag."
  }

  validation {
    condition     = !var.install || !var.autoscaler.install || try(var.cluster.eks.name, null) != null
    error_message = "The autoscaler moves node groups of EKS: name the cluster, or do not install it."
  }
}

variable "ingress_nginx" {
  description = "The ingress controller of class nginx: whether it is installed (off where the cluster has one), the release's manifest by its https:// address or as a file, and its SHA-256 (null: the address alone, which names the version, is trusted)."
  type = object({
    install  = optional(bool, true)
    manifest = optional(string, "https://raw.githubusercontent.com/kubernetes/ingress-nginx/controller-v1.15.1/deploy/static/provider/aws/deploy.yaml")
    sha256   = optional(string)
  })
  default = {}

  validation {
    condition     = can(regex("^(/|https://)[^\\s]+$", var.ingress_nginx.manifest))
    error_message = "Give the manifest's whole path, or an https:// address."
  }

  validation {
    condition     = var.ingress_nginx.sha256 == null ? true : can(regex("^[0-9a-f]{64}$", var.ingress_nginx.sha256))
    error_message = "A SHA-256 is 64 hexadecimal digits."
  }
}

variable "cert_manager" {
  description = "cert-manager: whether it is installed (off where the cluster has it), the release's manifest by its https:// address or as a file, and its SHA-256 (null: the address alone, which names the version, is trusted)."
  type = object({
    install  = optional(bool, true)
    manifest = optional(string, "https://github.com/cert-manager/cert-manager/releases/download/v1.21.2/cert-manager.yaml")
    sha256   = optional(string)
  })
  default = {}

  validation {
    condition     = can(regex("^(/|https://)[^\\s]+$", var.cert_manager.manifest))
    error_message = "Give the manifest's whole path, or an https:// address."
  }

  validation {
    condition     = var.cert_manager.sha256 == null ? true : can(regex("^[0-9a-f]{64}$", var.cert_manager.sha256))
    error_message = "A SHA-256 is 64 hexadecimal digits."
  }
}

variable "issuers" {
  description = "ClusterIssuers by name, each with the address of its ACME server; the overlays name letsencrypt and letsencrypt-staging. Empty: none."
  type        = map(string)
  default = {
    letsencrypt         = "https://acme-v02.api.letsencrypt.org/directory"
    letsencrypt-staging = "https://acme-staging-v02.api.letsencrypt.org/directory"
  }

  validation {
    condition     = alltrue([for name, server in var.issuers : can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", name)) && can(regex("^https://[^\\s]+$", server))])
    error_message = "Name each issuer in lower-case letters, digits and hyphens, and its server by an https:// address."
  }
}

variable "acme_email" {
  description = "Whom the ACME server writes to about certificates; null: nobody."
  type        = string
  default     = null

  validation {
    condition     = var.acme_email == null ? true : can(regex("^[^@\\s'\"{}]+@[^@\\s'\"{}]+$", var.acme_email))
    error_message = "Give an email address."
  }
}

variable "ready_minutes" {
  description = "Minutes that each add-on is waited for."
  type        = number
  default     = 10

  validation {
    condition     = var.ready_minutes >= 1 && var.ready_minutes <= 60
    error_message = "Wait for 1 to 60 minutes."
  }
}
