# A role for the pods of one Kubernetes service account, and for nobody else.

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  issuer = var.trust.oidc ? split(":oidc-provider/", var.trust.oidc_provider_arn)[1] : ""

  by_pod_identity = !var.trust.pod_identity ? [] : [{
    Effect    = "Allow"
    Action    = ["sts:AssumeRole", "sts:TagSession"]
    Principal = { Service = "pods.eks.amazonaws.com" }
    Condition = {
      StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.this.account_id }
      ArnEquals    = { "aws:SourceArn" = var.trust.cluster_arn }
    }
  }]

  by_oidc = !var.trust.oidc ? [] : [{
    Effect    = "Allow"
    Action    = ["sts:AssumeRoleWithWebIdentity"]
    Principal = { Federated = var.trust.oidc_provider_arn }
    Condition = {
      StringEquals = {
        "${local.issuer}:aud" = "sts.amazonaws.com"
        "${local.issuer}:sub" = "system:serviceaccount:${var.namespace}:${var.service_account}"
      }
    }
  }]
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "Pods of ${var.namespace}/${var.service_account}"
  max_session_duration = 3600

  # jsonencode would make one type of statements that differ.
  assume_role_policy = join("", [
    "{\"Version\":\"2012-10-17\",\"Statement\":[",
    join(",", concat(
      [for statement in local.by_pod_identity : jsonencode(statement)],
      [for statement in local.by_oidc : jsonencode(statement)],
    )),
    "]}",
  ])
}

resource "aws_iam_role_policy" "this" {
  count  = var.policy == null ? 0 : 1
  name   = "work"
  role   = aws_iam_role.this.id
  policy = var.policy
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each   = var.managed_policies
  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/${each.key}"
}

resource "aws_eks_pod_identity_association" "this" {
  count           = var.trust.pod_identity && var.trust.associate ? 1 : 0
  cluster_name    = var.trust.cluster_name
  namespace       = var.namespace
  service_account = var.service_account
  role_arn        = aws_iam_role.this.arn
}
