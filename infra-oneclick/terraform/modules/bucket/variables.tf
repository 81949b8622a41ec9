variable "name" {
  description = "Name of the bucket, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket's name is 3 to 63 lower-case letters, digits and hyphens, and begins and ends with a letter or digit."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that its objects are encrypted with."
  type        = string

  validation {
    condition     = startswith(var.kms_key_arn, "arn:")
    error_message = "Name the key by its ARN (arn:aws:kms:…)."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket also deletes what is in it."
  type        = bool
  default     = false
}

variable "noncurrent_days" {
  description = "Days that a replaced or deleted object's old version is kept."
  type        = number
  default     = 90

  validation {
    condition     = var.noncurrent_days >= 1 && floor(var.noncurrent_days) == var.noncurrent_days
    error_message = "Give whole days, at least 1."
  }
}

variable "infrequent_access_after_days" {
  description = "Days after which objects move to the cheaper storage class STANDARD_IA; null: never."
  type        = number
  default     = null

  validation {
    condition     = var.infrequent_access_after_days == null ? true : var.infrequent_access_after_days >= 30
    error_message = "S3 moves objects to STANDARD_IA after 30 days at the earliest."
  }
}

variable "expire_days" {
  description = "Days after which objects expire; null: never."
  type        = number
  default     = null

  validation {
    condition     = var.expire_days == null ? true : var.expire_days >= 1
    error_message = "Give at least 1 day, or null to keep objects."
  }

  validation {
    condition = (
      var.expire_days == null || var.infrequent_access_after_days == null
      ? true : var.expire_days > var.infrequent_access_after_days
    )
    error_message = "Objects must move to STANDARD_IA before they expire."
  }
}

variable "object_lock" {
  description = "Days that no one (COMPLIANCE), or no one without a special right (GOVERNANCE), can delete an object; null: no lock. Cannot be added later."
  type = object({
    mode = string
    days = number
  })
  default = null

  validation {
    condition     = var.object_lock == null ? true : contains(["GOVERNANCE", "COMPLIANCE"], var.object_lock.mode)
    error_message = "The lock's mode is GOVERNANCE or COMPLIANCE."
  }

  validation {
    condition     = var.object_lock == null ? true : var.object_lock.days >= 1 && var.object_lock.days <= 36500
    error_message = "The lock holds 1 to 36500 days."
  }
}
