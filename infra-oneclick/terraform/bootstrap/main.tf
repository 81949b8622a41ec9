# Run once in a new account, before any environment: the bucket that keeps the environments' states, and its key. Its own
# state stays with whoever ran it; lost, both are imported by name.

provider "aws" {
  region = var.region

  default_tags {
    tags = merge(var.tags, { Project = "aws-deployer", Environment = "shared", ManagedBy = "terraform" })
  }
}

data "aws_caller_identity" "this" {}

module "encryption" {
  source = "../modules/encryption"

  name                 = "${var.name}-state"
  deletion_window_days = var.disposable ? 7 : 30
}

module "state" {
  source = "../modules/state"

  bucket        = "${var.name}-state-${data.aws_caller_identity.this.account_id}"
  kms_key_arn   = module.encryption.key_arn
  lock          = var.lock
  force_destroy = var.disposable
}
