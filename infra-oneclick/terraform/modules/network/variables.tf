variable "name" {
  description = "Name of the environment; the beginning of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "A name is 3 to 32 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "vpc_cidr" {
  description = "Private IPv4 range of the VPC, /16 to /20, such as 10.20.0.0/16."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && try(cidrsubnet(var.vpc_cidr, 0, 0) == var.vpc_cidr, false)
    error_message = "Give an IPv4 range by its first address, such as 10.20.0.0/16."
  }

  validation {
    condition     = try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 20, false)
    error_message = "The range must be a /16 to /20: smaller ones have no room for pods in three zones, larger ones AWS refuses."
  }

  validation {
    condition     = can(regex("^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.)", var.vpc_cidr))
    error_message = "The range must be private: within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
  }
}

variable "zones" {
  description = "The three availability zones."
  type        = list(string)

  validation {
    condition     = length(var.zones) == 3 && length(distinct(var.zones)) == 3
    error_message = "Name three different availability zones."
  }
}

variable "nat" {
  description = "NAT gateways: one for all zones (cheap), per_zone (a zone's loss stays its own), or none (no private workload)."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "per_zone"], var.nat)
    error_message = "NAT is none, one or per_zone."
  }
}

variable "interface_endpoints" {
  description = "AWS services reached without NAT, by the end of their endpoint's name, such as ecr.api; each costs by the hour and zone."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.interface_endpoints : can(regex("^[a-z0-9][a-z0-9.-]+$", service))])
    error_message = "An endpoint is named as ecr.api, ecr.dkr, sts, logs, ec2, eks or the like."
  }
}

variable "cluster_name" {
  description = "Name of the EKS cluster whose load balancers may use the subnets; null: none."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for the flow logs."
  type        = string

  validation {
    condition     = startswith(var.kms_key_arn, "arn:")
    error_message = "Name the key by its ARN (arn:aws:kms:…)."
  }
}

variable "flow_log_days" {
  description = "Days that flow logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.flow_log_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}
