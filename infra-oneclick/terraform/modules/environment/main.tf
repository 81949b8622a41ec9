# One environment: everything that the platform stands on, put together. The root modules in environments/ choose the sizes.

data "aws_caller_identity" "this" {}

data "aws_availability_zones" "this" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  eks      = var.cluster == "eks"
  services = ["auth-service", "codebuild-service", "deployer", "frontend", "history-service", "infra-oneclick", "monitor-service"]

  trust = {
    pod_identity      = local.eks
    associate         = local.eks && var.eks_extensions
    cluster_name      = one(module.cluster_eks[*].trust.cluster_name)
    cluster_arn       = one(module.cluster_eks[*].trust.cluster_arn)
    oidc              = true
    oidc_provider_arn = one(concat(module.cluster_eks[*].trust.oidc_provider_arn, module.cluster_kubeadm[*].trust.oidc_provider_arn))
  }
}

module "encryption" {
  source = "../encryption"

  name                 = var.name
  deletion_window_days = var.disposable ? 7 : 30
}

module "network" {
  source = "../network"

  name                = var.name
  vpc_cidr            = var.vpc_cidr
  zones               = slice(sort(data.aws_availability_zones.this.names), 0, 3)
  nat                 = local.eks ? var.nat : "none"
  interface_endpoints = var.interface_endpoints
  cluster_name        = local.eks ? var.name : null
  kms_key_arn         = module.encryption.key_arn
  flow_log_days       = var.log_days
}

module "cluster_eks" {
  source = "../cluster-eks"
  count  = local.eks ? 1 : 0

  name               = var.name
  kubernetes_version = var.kubernetes_version
  subnet_ids         = module.network.private_subnet_ids
  api_cidrs          = var.api_cidrs
  admin_role_arns    = var.admin_role_arns
  node_groups        = var.node_groups
  eks_extensions     = var.eks_extensions
  kms_key_arn        = module.encryption.key_arn
  log_days           = var.log_days
  tags               = var.tags
}

module "cluster_kubeadm" {
  source = "../cluster-kubeadm"
  count  = local.eks ? 0 : 1

  name                   = var.name
  vpc_id                 = module.network.vpc_id
  subnet_id              = module.network.public_subnet_ids[0]
  kubernetes_version     = var.kubernetes_version
  api_cidrs              = var.api_cidrs
  instance_type          = var.node.instance_type
  ami_id                 = var.node.ami_id
  root_gib               = var.node.root_gib
  data_gib               = var.node.data_gib
  egress_ports           = var.node.egress_ports
  ingress_controller     = var.node.ingress_controller
  acme_email             = var.addons.acme_email
  overlay_url            = var.node.overlay_url
  ci_runner              = var.node.ci_runner
  issuer_bucket          = "${var.name}-issuer-${data.aws_caller_identity.this.account_id}"
  secret_recovery_days   = var.disposable ? 0 : 7
  termination_protection = !var.disposable
  kms_key_arn            = module.encryption.key_arn
}

module "registry" {
  source = "../registry"

  prefix         = var.name
  repositories   = local.services
  force_delete   = var.disposable
  immutable_tags = true
  kms_key_arn    = module.encryption.key_arn
}

module "codebuild" {
  source = "../codebuild"

  name              = var.name
  bucket            = "${var.name}-builds-${data.aws_caller_identity.this.account_id}"
  repository_prefix = var.name
  compute_type      = var.build_compute_type
  log_days          = var.log_days
  force_destroy     = var.disposable
  kms_key_arn       = module.encryption.key_arn
}

module "archive" {
  source = "../bucket"

  name                         = "${var.name}-archive-${data.aws_caller_identity.this.account_id}"
  infrequent_access_after_days = 30
  object_lock                  = var.lock_mode == null ? null : { mode = var.lock_mode, days = var.archive_lock_days }
  force_destroy                = var.disposable
  kms_key_arn                  = module.encryption.key_arn
}

module "backup" {
  source = "../backup"

  name          = var.name
  bucket        = "${var.name}-backups-${data.aws_caller_identity.this.account_id}"
  keep_days     = var.backup_keep_days
  lock_mode     = var.lock_mode
  namespace     = var.namespace
  trust         = local.trust
  force_destroy = var.disposable
  kms_key_arn   = module.encryption.key_arn
}

module "iam" {
  source = "../iam"

  name                    = var.name
  namespace               = var.namespace
  repository_prefix       = var.name
  build_role_arn          = module.codebuild.role_arn
  build_bucket_arn        = module.codebuild.bucket_arn
  archive_bucket_arn      = module.archive.arn
  state_bucket_arn        = var.state_bucket_arn
  state_kms_key_arn       = var.state_kms_key_arn
  provisioner_role_arns   = var.provisioner_role_arns
  cloud_account_role_arns = var.cloud_account_role_arns
  kms_key_arn             = module.encryption.key_arn
  trust                   = local.trust
}

data "aws_region" "this" {}

locals {
  # How kubectl reaches the EKS cluster.
  kubernetes_api = one([
    for cluster in module.cluster_eks : {
      endpoint              = cluster.endpoint
      certificate_authority = cluster.certificate_authority
      eks                   = { name = cluster.name, region = data.aws_region.this.name }
    }
  ])
}

# The single node brings its own ingress and certificates.
module "cluster_addons" {
  source = "../cluster-addons"

  install            = local.eks && var.install_addons
  cluster            = local.kubernetes_api
  kubernetes_version = var.kubernetes_version
  autoscaler         = var.addons.autoscaler
  ingress_nginx      = var.addons.ingress_nginx
  cert_manager       = var.addons.cert_manager
  acme_email         = var.addons.acme_email

  # Who installs must have been let in; nodes, and the autoscaler's role, are there before what runs on them.
  depends_on = [module.cluster_eks]
}

# The single node installs the platform by itself, from node.overlay_url.
module "platform" {
  source = "../platform"

  install    = local.eks && var.platform.install
  overlay    = var.platform.overlay
  revision   = var.platform.revision
  namespaces = [var.namespace]
  cluster    = local.kubernetes_api

  # Who installs must have been let in; a pod gets its role only where the two were put together before it; and volumes and
  # names are of add-ons, as ingress and certificates are.
  depends_on = [module.cluster_eks, module.cluster_addons, module.iam, module.backup]
}
