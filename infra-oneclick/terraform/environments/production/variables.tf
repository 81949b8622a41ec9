variable "name" {
  description = "Name of the environment; the beginning of every name."
  type        = string
  default     = "aws-deployer-production"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "A name is 3 to 32 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
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

variable "vpc_cidr" {
  description = "Private IPv4 range of the VPC, /16 to /20; environments that are to be connected need ranges of their own."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition = (
      try(cidrsubnet(var.vpc_cidr, 0, 0) == var.vpc_cidr, false) &&
      try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 20, false) &&
      can(regex("^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.)", var.vpc_cidr))
    )
    error_message = "Give a private IPv4 range of /16 to /20 by its first address, such as 10.40.0.0/16."
  }
}

variable "node_groups" {
  description = "Node groups of the EKS cluster by name. The autoscaler moves each between min and max."
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
  default = {
    general = { instance_types = ["m6i.xlarge"], min = 3, max = 12, disk_gib = 100 }
  }

  validation {
    condition     = length(var.node_groups) > 0 && alltrue([for group in var.node_groups : group.min >= 3 && group.max >= group.min])
    error_message = "Each group has at least three nodes, one in each zone, and its max is not below its min."
  }
}

variable "namespace" {
  description = "Kubernetes namespace of the platform: the one of its overlay."
  type        = string
  default     = "aws-deployer-production"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "A namespace is 1 to 63 lower-case letters, digits and hyphens."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version, such as 1.35; go up one minor version at a time."
  type        = string
  default     = "1.35"

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "Give major and minor version, such as 1.35."
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
  description = "IAM roles that administer the EKS cluster; empty: who creates it."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.admin_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[^*]+$", arn))])
    error_message = "Name each role by its ARN."
  }
}

variable "eks_extensions" {
  description = "EKS add-ons, pod identity and access entries. Off only against stand-ins for AWS that know clusters and node groups and no more."
  type        = bool
  default     = true
}

variable "install_addons" {
  description = "Whether kubectl installs on the EKS cluster what the overlays expect of it: cluster autoscaler, ingress-nginx, cert-manager and its ClusterIssuers. Needs kubectl, curl and the AWS CLI where Terraform runs, and a way from there to the Kubernetes API."
  type        = bool
  default     = false
}

variable "addons" {
  description = "Which of these add-ons are installed, and from which image or manifest (https:// address or whole path, with its SHA-256 where it is known), as the module cluster-addons takes them; whom the ACME server writes to about certificates."
  type = object({
    autoscaler    = optional(object({ install = optional(bool, true), image = optional(string) }), {})
    ingress_nginx = optional(object({ install = optional(bool, true), manifest = optional(string), sha256 = optional(string) }), {})
    cert_manager  = optional(object({ install = optional(bool, true), manifest = optional(string), sha256 = optional(string) }), {})
    acme_email    = optional(string)
  })
  default = {}

  validation {
    condition     = var.addons.acme_email == null ? true : can(regex("^[^@\\s'\"{}]+@[^@\\s'\"{}]+$", var.addons.acme_email))
    error_message = "Give an email address."
  }
}

variable "platform" {
  description = "Whether, from which overlay (whole path or https:// address) and at which revision the platform is installed by kubectl once the EKS cluster is there."
  type = object({
    install  = optional(bool, false)
    overlay  = optional(string, "")
    revision = optional(string, "")
  })
  default = {}

  validation {
    condition     = !var.platform.install || can(regex("^(/|https://)[^\\s]+$", var.platform.overlay))
    error_message = "Give the overlay's whole path, or an https:// address."
  }
}

variable "state_bucket_arn" {
  description = "ARN of the bucket of Terraform's states, which infra-oneclick in this environment works with; null: it does not run here."
  type        = string
  default     = null

  validation {
    condition     = var.state_bucket_arn == null ? true : can(regex("^arn:[a-z-]+:s3:::[a-z0-9-]+$", var.state_bucket_arn))
    error_message = "Name the bucket by its ARN (arn:aws:s3:::…)."
  }
}

variable "state_kms_key_arn" {
  description = "ARN of the key that states are encrypted with."
  type        = string
  default     = null

  validation {
    condition     = var.state_kms_key_arn == null ? true : can(regex("^arn:[a-z-]+:kms:", var.state_kms_key_arn))
    error_message = "Name the key by its ARN (arn:aws:kms:…)."
  }
}

variable "provisioner_role_arns" {
  description = "ARNs of the roles that infra-oneclick in this environment builds infrastructure with."
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

variable "lock_mode" {
  description = "Object lock of backups and archive: COMPLIANCE (nobody can delete them in time, not even the account's root) or GOVERNANCE."
  type        = string
  default     = "GOVERNANCE"

  validation {
    condition     = contains(["COMPLIANCE", "GOVERNANCE"], var.lock_mode)
    error_message = "The lock's mode is COMPLIANCE or GOVERNANCE: production is not without one."
  }
}
