# Development: small and cheap, one NAT gateway, spot nodes, gone without a trace when destroyed. By `cluster` either on EKS or, as the
# smallest installation there is, on a single EC2 instance.

locals {
  tags = merge(var.tags, { Project = "aws-deployer", Environment = "development", ManagedBy = "terraform" })
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

  cluster            = var.cluster
  node               = var.node
  nat                = "one"
  node_groups        = var.node_groups
  build_compute_type = "BUILD_GENERAL1_SMALL"
  log_days           = 14
  backup_keep_days   = 7

  state_bucket_arn        = var.state_bucket_arn
  state_kms_key_arn       = var.state_kms_key_arn
  provisioner_role_arns   = var.provisioner_role_arns
  cloud_account_role_arns = var.cloud_account_role_arns
}
