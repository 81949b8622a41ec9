variable "bucket" {
  description = "Name of the bucket for the states of all environments, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,56}[a-z0-9]$", var.bucket))
    error_message = "The bucket's name is 3 to 58 lower-case letters, digits and hyphens, and begins and ends with a letter or digit."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that states are encrypted with: they hold secrets."
  type        = string

  validation {
    condition     = startswith(var.kms_key_arn, "arn:")
    error_message = "Name the key by its ARN (arn:aws:kms:…)."
  }
}

variable "lock" {
  description = "How a run keeps others out: lockfile (in the bucket), dynamodb (a table), or both while moving from one to the other."
  type        = string
  default     = "lockfile"

  validation {
    condition     = contains(["lockfile", "dynamodb", "both"], var.lock)
    error_message = "The lock is lockfile, dynamodb or both."
  }
}

variable "noncurrent_days" {
  description = "Days that an older state can be taken back."
  type        = number
  default     = 365

  validation {
    condition     = var.noncurrent_days >= 30
    error_message = "Keep older states for 30 days at least."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket also deletes the states in it: everything they describe would be orphaned."
  type        = bool
  default     = false
}
