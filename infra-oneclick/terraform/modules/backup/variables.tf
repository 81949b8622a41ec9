variable "name" {
  description = "Name of the environment; the beginning of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "A name is 3 to 32 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "bucket" {
  description = "Name of the bucket for backups, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name is 3 to 63 lower-case letters, digits and hyphens, and begins and ends with a letter or digit."
  }
}

variable "keep_days" {
  description = "Days that a backup is kept; from 31 on it moves to cheaper storage after 30."
  type        = number
  default     = 35

  validation {
    condition     = var.keep_days >= 7 && var.keep_days <= 3650
    error_message = "Keep backups for 7 to 3650 days."
  }
}

variable "lock_mode" {
  description = "Object lock for as long as a backup is kept: COMPLIANCE (nobody can delete it, not even the account's root), GOVERNANCE, or null for none. Cannot be added later."
  type        = string
  default     = null

  validation {
    condition     = var.lock_mode == null ? true : contains(["GOVERNANCE", "COMPLIANCE"], var.lock_mode)
    error_message = "The lock's mode is GOVERNANCE, COMPLIANCE or null."
  }
}

variable "namespace" {
  description = "Kubernetes namespace of the platform."
  type        = string
}

variable "service_account" {
  description = "Service account of the backup job."
  type        = string
  default     = "mysql-backup"
}

variable "force_destroy" {
  description = "Whether destroying the bucket also deletes the backups in it."
  type        = bool
  default     = false

  validation {
    condition     = !(var.force_destroy && var.lock_mode == "COMPLIANCE")
    error_message = "Backups under a COMPLIANCE lock cannot be destroyed; leave force_destroy off."
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

