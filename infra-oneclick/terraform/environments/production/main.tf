# Production: three of everything that can fail alone, private ways to AWS, backups and archive under a lock.

locals {
  tags = merge(var.tags, { Project = "aws-deployer", Environment = "production", ManagedBy = "terraform" })
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
  disposable         = false
  tags               = local.tags

  cluster             = "eks"
  nat                 = "per_zone"
  interface_endpoints = ["ecr.api", "ecr.dkr", "sts", "logs", "ec2", "secretsmanager"]
  node_groups         = var.node_groups
  build_compute_type  = "BUILD_GENERAL1_MEDIUM"
  log_days            = 365
  backup_keep_days    = 90
  lock_mode           = var.lock_mode
  archive_lock_days   = 2555

  state_bucket_arn        = var.state_bucket_arn
  state_kms_key_arn       = var.state_kms_key_arn
  provisioner_role_arns   = var.provisioner_role_arns
  cloud_account_role_arns = var.cloud_account_role_arns
}
