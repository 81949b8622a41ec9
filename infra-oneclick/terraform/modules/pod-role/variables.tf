variable "name" {
  description = "Name of the role."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9-]{3,64}$", var.name))
    error_message = "A role's name is 3 to 64 letters, digits and hyphens."
  }
}

variable "namespace" {
  description = "Kubernetes namespace of the service account."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "A namespace is 1 to 63 lower-case letters, digits and hyphens; wildcards would let strangers in."
  }
}

variable "service_account" {
  description = "Kubernetes service account."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", var.service_account))
    error_message = "A service account is lower-case letters, digits, hyphens and dots; wildcards would let strangers in."
  }
}

variable "policy" {
  description = "What the pods may do, as a policy document in JSON; null: nothing of their own."
  type        = string
  default     = null
}

variable "managed_policies" {
  description = "Names of AWS's own policies, below arn:aws:iam::aws:policy/."
  type        = set(string)
  default     = []
}

variable "trust" {
  description = <<-EOT
    Who vouches for a pod: EKS pod identity (of cluster_arn; associate says whether to make the association too), or the
    cluster's OIDC provider. At least one.
  EOT
  type = object({
    pod_identity      = optional(bool, false)
    associate         = optional(bool, false)
    cluster_name      = optional(string)
    cluster_arn       = optional(string)
    oidc              = optional(bool, false)
    oidc_provider_arn = optional(string)
  })

  validation {
    condition     = var.trust.pod_identity || var.trust.oidc
    error_message = "Somebody must vouch for the pod: set pod_identity or oidc."
  }
}

