variable "name" {
  description = "Name of the environment; the beginning of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "A name is 3 to 32 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "bucket" {
  description = "Name of the bucket for sources, caches and artifacts, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name is 3 to 63 lower-case letters, digits and hyphens, and begins and ends with a letter or digit."
  }
}

variable "repository_prefix" {
  description = "Builds push to and pull from the repositories below it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.repository_prefix))
    error_message = "The prefix is 2 to 63 lower-case letters, digits and hyphens, without a slash."
  }
}

variable "compute_type" {
  description = "Size of a build machine unless a project says otherwise."
  type        = string
  default     = "BUILD_GENERAL1_SMALL"

  validation {
    condition = contains(
      ["BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_XLARGE", "BUILD_GENERAL1_2XLARGE"],
      var.compute_type,
    )
    error_message = "The size is BUILD_GENERAL1_SMALL, _MEDIUM, _LARGE, _XLARGE or _2XLARGE."
  }
}

variable "image" {
  description = "Image that builds run in unless a project says otherwise."
  type        = string
  default     = "aws/codebuild/amazonlinux-x86_64-standard:5.0"

  validation {
    condition     = can(regex("^[^\\s:]+(:[0-9]+)?(/[^\\s:]+)*(:[\\w.-]+|@sha256:[0-9a-f]{64})$", var.image))
    error_message = "Name the image with its tag or digest."
  }
}

variable "timeout_minutes" {
  description = "Minutes after which a build is stopped unless a project says otherwise."
  type        = number
  default     = 60

  validation {
    condition     = var.timeout_minutes >= 5 && var.timeout_minutes <= 2160
    error_message = "CodeBuild stops builds after 5 to 2160 minutes."
  }
}

variable "log_days" {
  description = "Days that logs of builds are kept."
  type        = number
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}

variable "artifact_days" {
  description = "Days that sources, caches and artifacts are kept."
  type        = number
  default     = 30

  validation {
    condition     = var.artifact_days >= 1
    error_message = "Keep artifacts for at least 1 day."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket also deletes what is in it."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that everything here is encrypted with."
  type        = string

  validation {
    condition     = startswith(var.kms_key_arn, "arn:")
    error_message = "Name the key by its ARN (arn:aws:kms:…)."
  }
}

