variable "name" {
  description = "Name of the installation; the beginning of the names of bucket and key."
  type        = string
  default     = "aws-deployer"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,24}[a-z0-9]$", var.name))
    error_message = "A name is 3 to 26 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "region" {
  description = "AWS region, such as eu-central-1."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "A region is named as eu-central-1."
  }
}

variable "tags" {
  description = "Further tags of everything, such as an owner or a cost centre."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:") && length(key) <= 128])
    error_message = "A tag's key has up to 128 characters and does not begin with aws:."
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

variable "disposable" {
  description = "Whether a destroy takes the states with it: everything they describe would be orphaned."
  type        = bool
  default     = false
}
