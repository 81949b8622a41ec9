variable "name" {
  description = "Name of the environment; the beginning of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "A name is 3 to 32 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "namespace" {
  description = "Kubernetes namespace of the platform."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "A namespace is 1 to 63 lower-case letters, digits and hyphens."
  }
}

variable "repository_prefix" {
  description = "The services work on the image repositories below it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.repository_prefix))
    error_message = "The prefix is 2 to 63 lower-case letters, digits and hyphens, without a slash."
  }
}

variable "build_role_arn" {
  description = "ARN of the role that builds run under."
  type        = string
}

variable "build_bucket_arn" {
  description = "ARN of the bucket for sources, caches and artifacts of builds."
  type        = string
}

variable "archive_bucket_arn" {
  description = "ARN of the bucket for the archive of the audit chain."
  type        = string
}

variable "state_bucket_arn" {
  description = "ARN of the bucket of Terraform's states; null where infra-oneclick does not run in this environment."
  type        = string
  default     = null
}

variable "state_kms_key_arn" {
  description = "ARN of the key that states are encrypted with."
  type        = string
  default     = null
}

variable "provisioner_role_arns" {
  description = "ARNs of the roles that infra-oneclick builds infrastructure with."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.provisioner_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[^*]+$", arn))])
    error_message = "Name each role by its whole ARN, without wildcards."
  }
}

variable "cloud_account_role_arns" {
  description = "ARNs of roles in other accounts that codebuild-service may take; a * may stand within a role's name."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.cloud_account_role_arns : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|\\*):role/[A-Za-z0-9+=,.@_/-]{3}", arn))])
    error_message = "Name roles as arn:aws:iam::123456789012:role/name; at least three characters of the name are fixed."
  }
}

variable "bedrock_model_arns" {
  description = "ARNs of the Bedrock models that turn words into AWS operations."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.bedrock_model_arns : can(regex("^arn:[a-z-]+:bedrock:", arn))])
    error_message = "Name each model by its ARN (arn:aws:bedrock:…)."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that everything here is encrypted with."
  type        = string

  validation {
    condition     = startswith(var.kms_key_arn, "arn:")
    error_message = "Name the key by its ARN (arn:aws:kms:…)."
  }
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
