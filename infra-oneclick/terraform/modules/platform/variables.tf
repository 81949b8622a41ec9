variable "install" {
  description = "Whether to install the platform; needs kubectl where Terraform runs, for EKS the AWS CLI too, and a way from there to the Kubernetes API."
  type        = bool
  default     = false
}

variable "overlay" {
  description = "Folder or https:// address of the kustomize overlay, such as /srv/platform/k8s/overlays/dev."
  type        = string
  default     = ""

  validation {
    condition     = !var.install || can(regex("^(/|https://)[^\\s]+$", var.overlay))
    error_message = "Give the overlay's whole path, or an https:// address."
  }
}

variable "revision" {
  description = "What changes whenever the overlay does, such as its Git commit: a new one applies it again."
  type        = string
  default     = ""
}

variable "cluster" {
  description = "The Kubernetes API: its address, its certificate in base64 (null: a public one, or none), and for EKS the cluster whose token is asked for at the moment of the installation (null: none is). A token of Terraform's own would be as old as the plan: 15 minutes later it is of no use."
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

variable "namespaces" {
  description = "Namespaces whose Deployments are waited for."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.namespaces : can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", name))])
    error_message = "A namespace is 1 to 63 lower-case letters, digits and hyphens."
  }
}

variable "rollout_minutes" {
  description = "Minutes that Deployments are waited for."
  type        = number
  default     = 15

  validation {
    condition     = var.rollout_minutes >= 1 && var.rollout_minutes <= 60
    error_message = "Wait for 1 to 60 minutes."
  }
}
