variable "name" {
  description = "Name of the environment; the beginning of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "A name is 3 to 32 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "vpc_id" {
  description = "Id of the VPC."
  type        = string
}

variable "subnet_id" {
  description = "Public subnet of the node."
  type        = string
}

variable "instance_type" {
  description = "Type of the instance; the platform, its monitoring and a few applications want 4 CPUs and 16 GiB."
  type        = string
  default     = "m6i.xlarge"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.(large|xlarge|[0-9]+xlarge)$", var.instance_type))
    error_message = "Give a type of size large or above, such as m6i.xlarge: kubeadm wants two CPUs and the platform 8 GiB."
  }
}

variable "ami_id" {
  description = "Image of Amazon Linux 2023; null: the newest at the first apply."
  type        = string
  default     = null

  validation {
    condition     = var.ami_id == null ? true : can(regex("^ami-[0-9a-f]{8,17}$", var.ami_id))
    error_message = "An image is named as ami-0123456789abcdef0."
  }
}

variable "root_gib" {
  description = "GiB of the root volume: system and images."
  type        = number
  default     = 50

  validation {
    condition     = var.root_gib >= 30
    error_message = "The root volume holds system and images: 30 GiB at least."
  }
}

variable "data_gib" {
  description = "GiB of the data volume: etcd, database, metrics, applications."
  type        = number
  default     = 100

  validation {
    condition     = var.data_gib >= 20
    error_message = "The data volume holds database and metrics: 20 GiB at least."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes minor version, such as 1.34; its newest patch is installed."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "Give major and minor version, such as 1.34."
  }
}

variable "pod_cidr" {
  description = "Range of pods; it must not overlap the VPC."
  type        = string
  default     = "192.168.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.pod_cidr))
    error_message = "Give an IPv4 range, such as 192.168.0.0/16."
  }
}

variable "service_cidr" {
  description = "Range of Services; it must not overlap the VPC or the pods."
  type        = string
  default     = "172.20.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.service_cidr)) && var.service_cidr != var.pod_cidr
    error_message = "Give an IPv4 range of its own, such as 172.20.0.0/16."
  }
}

variable "api_cidrs" {
  description = "Ranges that reach the Kubernetes API from outside the node; empty: nobody."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for range in var.api_cidrs : can(cidrnetmask(range)) && try(tonumber(split("/", range)[1]) >= 8, false)])
    error_message = "Give IPv4 ranges of /8 or smaller: the Kubernetes API is not for the whole internet."
  }
}

variable "egress_ports" {
  description = "TCP ports of other hosts that the node and its pods reach: HTTP and HTTPS, Git over SSH (22) and mail (587). What a pod may reach of them is its NetworkPolicy's."
  type        = set(number)
  default     = [22, 80, 443, 587]

  validation {
    condition     = alltrue([for port in var.egress_ports : port >= 1 && port <= 65535 && floor(port) == port]) && contains(var.egress_ports, 443)
    error_message = "Give whole ports from 1 to 65535, 443 among them: the node sets itself up over HTTPS."
  }
}

variable "ingress_controller" {
  description = "nginx: F5's NGINX Ingress Controller; ingress-nginx: the community's, whose maintenance ended in March 2026."
  type        = string
  default     = "nginx"

  validation {
    condition     = contains(["nginx", "ingress-nginx"], var.ingress_controller)
    error_message = "The ingress controller is nginx or ingress-nginx."
  }
}

variable "prometheus_days" {
  description = "Days that Prometheus keeps metrics."
  type        = number
  default     = 15

  validation {
    condition     = var.prometheus_days >= 1 && var.prometheus_days <= 365
    error_message = "Keep metrics for 1 to 365 days."
  }
}

variable "overlay_url" {
  description = "Kustomize address of the platform's overlay, such as https://github.com/owner/repository//k8s/overlays/dev?ref=v1; the node applies it at the end of its first start. null: nothing is applied."
  type        = string
  default     = null

  validation {
    condition     = var.overlay_url == null ? true : can(regex("^https://[^'\\s]+\\?ref=[^'\\s]+$", var.overlay_url))
    error_message = "Give an https:// address that ends in ?ref= and a tag or commit."
  }
}

variable "ci_runner" {
  description = "GitHub Actions runner on the node: for which repository, the ARN of the secret that holds its registration token, and which release of the runner by version and published checksum; null: none."
  type = object({
    repository_url = string
    token_secret   = string
    version        = string
    sha256         = string
  })
  default = null

  validation {
    condition = var.ci_runner == null ? true : (
      can(regex("^https://[^'\\s]+$", var.ci_runner.repository_url)) && can(regex("^arn:[a-z-]+:secretsmanager:[^'\\s]+$", var.ci_runner.token_secret)) &&
      can(regex("^[0-9.]+$", var.ci_runner.version)) && can(regex("^[0-9a-f]{64}$", var.ci_runner.sha256))
    )
    error_message = "Give the repository by its https:// address, the token by the ARN of a secret, and the release by its version and SHA-256."
  }
}

variable "versions" {
  description = "Versions of what is installed on the node, and the checksums of what comes as an archive."
  type = object({
    calico                 = optional(string, "v3.30.2")
    helm                   = optional(string, "v3.18.4")
    helm_sha256            = optional(string, "-")
    local_path_provisioner = optional(string, "v0.0.31")
    ingress_nginx_chart    = optional(string, "4.13.0")
    nginx_ingress_chart    = optional(string, "2.4.4")
    cert_manager_chart     = optional(string, "v1.21.2")
    ebs_csi_chart          = optional(string, "2.47.0")
    metrics_server_chart   = optional(string, "3.12.2")
    prometheus_stack_chart = optional(string, "75.12.0")
  })
  default = {}

  validation {
    condition     = alltrue([for name, version in var.versions : can(regex("^[A-Za-z0-9.+-]+$", version))])
    error_message = "Versions and checksums are letters, digits, dots, plus and hyphens; a checksum of - means the one that the publisher puts beside the archive."
  }
}

variable "issuer_bucket" {
  description = "Name of the bucket, unique in the world, that the public keys of the service accounts' tokens lie in. Everybody may read them."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.issuer_bucket))
    error_message = "A bucket's name is 3 to 63 lower-case letters, digits and hyphens, and begins and ends with a letter or digit."
  }
}

variable "issuers" {
  description = "ClusterIssuers by name, each with the address of its ACME server; the overlays name letsencrypt and letsencrypt-staging. Empty: none."
  type        = map(string)
  default = {
    letsencrypt         = "https://acme-v02.api.letsencrypt.org/directory"
    letsencrypt-staging = "https://acme-staging-v02.api.letsencrypt.org/directory"
  }

  validation {
    condition     = alltrue([for name, server in var.issuers : can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", name)) && can(regex("^https://[^\\s]+$", server))])
    error_message = "Name each issuer in lower-case letters, digits and hyphens, and its server by an https:// address."
  }
}

variable "acme_email" {
  description = "Whom the ACME server writes to about certificates; null: nobody."
  type        = string
  default     = null

  validation {
    condition     = var.acme_email == null ? true : can(regex("^[^@\\s'\"{}]+@[^@\\s'\"{}]+$", var.acme_email))
    error_message = "Give an email address."
  }
}

variable "secret_recovery_days" {
  description = "Days that a deleted secret can be taken back; 0: none, so that an environment of this name can be made again at once."
  type        = number
  default     = 7

  validation {
    condition     = var.secret_recovery_days == 0 || (var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30)
    error_message = "Give 0, or 7 to 30 days."
  }
}

variable "termination_protection" {
  description = "Whether EC2 refuses to terminate the instance until this is taken off."
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
