variable "prefix" {
  description = "What the names of all repositories begin with, up to a slash."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.prefix))
    error_message = "The prefix is 2 to 63 lower-case letters, digits and hyphens, without a slash."
  }
}

variable "repositories" {
  description = "Names of the repositories, below the prefix."
  type        = set(string)

  validation {
    condition     = length(var.repositories) > 0 && alltrue([for name in var.repositories : can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", name))])
    error_message = "Name at least one repository, in lower-case letters and digits, parted by single dots, underscores, hyphens or slashes."
  }
}

variable "immutable_tags" {
  description = "Whether a tag, once pushed, stays with its image: what was tested is what runs."
  type        = bool
  default     = true
}

variable "untagged_days" {
  description = "Days that an image without a tag is kept."
  type        = number
  default     = 14

  validation {
    condition     = var.untagged_days >= 1
    error_message = "Keep untagged images for at least 1 day."
  }
}

variable "images_kept" {
  description = "Images kept in each repository; a rollback goes back no further."
  type        = number
  default     = 100

  validation {
    condition     = var.images_kept >= 10 && var.images_kept <= 1000
    error_message = "Keep 10 to 1000 images: with fewer a rollback finds nothing."
  }
}

variable "force_delete" {
  description = "Whether destroying a repository also deletes its images."
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

