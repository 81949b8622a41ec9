# A role for each service of the platform, with what it does at AWS and nothing else. Whatever a service does at its own
# request only; what a person asks it to do with keys of their own, or in another account, needs no right of these roles.

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.name
  arn       = "arn:${local.partition}:%s:${local.region}:${local.account}:%s"

  repositories = format(local.arn, "ecr", "repository/${var.repository_prefix}/*")

  policies = {
    deployer          = local.deployer
    codebuild-service = local.codebuild_service
    history-service   = local.history_service
    monitor-service   = []
    auth-service      = []
    infra-oneclick    = local.infra_oneclick
  }
}

module "service" {
  source   = "../pod-role"
  for_each = local.policies

  name            = "${var.name}-${each.key}"
  namespace       = var.namespace
  service_account = each.key
  trust           = var.trust

  # Statements differ in shape, so each is encoded by itself.
  policy = join("", [
    "{\"Version\":\"2012-10-17\",\"Statement\":[",
    join(",", concat(
      [for statement in each.value : jsonencode(statement)],
      [jsonencode({
        Sid      = "OwnSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
        Resource = [format(local.arn, "secretsmanager", "secret:${var.name}/${each.key}/*")]
      })],
      [jsonencode({
        Sid       = "OwnSecretsAreEncrypted"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.kms_key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.amazonaws.com" } }
      })],
    )),
    "]}",
  ])
}
