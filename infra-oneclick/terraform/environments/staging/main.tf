# Staging: as production is built, at half its size: one NAT gateway, and backups for two weeks.

locals {
  tags = merge(var.tags, { Project = "aws-deployer", Environment = "staging", ManagedBy = "terraform" })
}

provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

module "environment" {
  source = "../../modules/environment"

  name               = var.name
  namespace          = var.namespace
  vpc_cidr           = var.vpc_cidr
  kubernetes_version = var.kubernetes_version
  api_cidrs          = var.api_cidrs
  admin_role_arns    = var.admin_role_arns
  eks_extensions     = var.eks_extensions
  install_addons     = var.install_addons
  addons             = var.addons
  platform           = var.platform
  disposable         = var.disposable
  tags               = local.tags

  cluster            = "eks"
  nat                = "one"
  node_groups        = var.node_groups
  build_compute_type = "BUILD_GENERAL1_SMALL"
  log_days           = 30
  backup_keep_days   = 14

  state_bucket_arn        = var.state_bucket_arn
  state_kms_key_arn       = var.state_kms_key_arn
  provisioner_role_arns   = var.provisioner_role_arns
  cloud_account_role_arns = var.cloud_account_role_arns
}
