variable "name" {
  description = "Name of the environment; the beginning of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "A name is 3 to 32 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version of the control plane and the nodes, such as 1.34; EKS goes up one minor version at a time."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "Give major and minor version, such as 1.34."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the control plane's interfaces and the nodes, in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "EKS wants subnets in two zones at least."
  }
}

variable "api_cidrs" {
  description = "Ranges that reach the Kubernetes API from outside the VPC; empty: nobody."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for range in var.api_cidrs : can(cidrnetmask(range)) && try(tonumber(split("/", range)[1]) >= 8, false)])
    error_message = "Give IPv4 ranges of /8 or smaller: the Kubernetes API is not for the whole internet."
  }
}

variable "admin_role_arns" {
  description = "IAM roles that administer the cluster; empty: who creates it."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.admin_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[^*]+$", arn))])
    error_message = "Name each role by its ARN."
  }
}

variable "node_groups" {
  description = "Node groups by name. The autoscaler moves each between min and max."
  type = map(object({
    instance_types = list(string)
    capacity_type  = optional(string, "ON_DEMAND")
    ami_type       = optional(string, "AL2023_x86_64_STANDARD")
    min            = number
    max            = number
    disk_gib       = optional(number, 50)
    labels         = optional(map(string), {})
    taints         = optional(list(object({ key = string, value = optional(string), effect = string })), [])
  }))

  validation {
    condition     = length(var.node_groups) > 0 && alltrue([for name, group in var.node_groups : can(regex("^[a-z][a-z0-9-]{0,29}$", name)) && length(group.instance_types) > 0])
    error_message = "Name at least one group, in lower-case letters, digits and hyphens, each with an instance type."
  }

  validation {
    condition     = alltrue([for group in var.node_groups : group.min >= 1 && group.max >= group.min])
    error_message = "Each group has at least one node, and its max is not below its min."
  }

  validation {
    condition     = alltrue([for group in var.node_groups : contains(["ON_DEMAND", "SPOT"], group.capacity_type)])
    error_message = "Capacity is ON_DEMAND or SPOT."
  }

  validation {
    condition     = alltrue([for group in var.node_groups : group.disk_gib >= 20])
    error_message = "A node's disk holds images and logs: 20 GiB at least."
  }

  validation {
    condition = alltrue(flatten([
      for group in var.node_groups : [for taint in group.taints : contains(["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"], taint.effect)]
    ]))
    error_message = "A taint's effect is NO_SCHEDULE, NO_EXECUTE or PREFER_NO_SCHEDULE."
  }
}

variable "eks_extensions" {
  description = "Add-ons, pod identity and access entries. Off only against stand-ins for AWS that know clusters and node groups and no more."
  type        = bool
  default     = true
}

variable "log_days" {
  description = "Days that logs of the control plane are kept."
  type        = number
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}

variable "tags" {
  description = "Tags of what the nodes' launch templates make: instances, volumes and interfaces."
  type        = map(string)
  default     = {}
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that everything here is encrypted with."
  type        = string

  validation {
    condition     = startswith(var.kms_key_arn, "arn:")
    error_message = "Name the key by its ARN (arn:aws:kms:…)."
  }
}
