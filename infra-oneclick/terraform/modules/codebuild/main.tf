# What builds stand on: the role they run under, where their logs, sources, caches and artifacts go, and the defaults of a
# build project. The projects themselves are made by codebuild-service.

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.name
  arn       = "arn:${local.partition}:%s:${local.region}:${local.account}:%s"
}

module "bucket" {
  source = "../bucket"

  name            = var.bucket
  kms_key_arn     = var.kms_key_arn
  force_destroy   = var.force_destroy
  noncurrent_days = 7
  expire_days     = var.artifact_days
}

resource "aws_cloudwatch_log_group" "builds" {
  name              = "/aws/codebuild/${var.name}"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "builds" {
  name        = "${var.name}-builds"
  description = "Builds of ${var.name} in CodeBuild"

  # The condition keeps other accounts from lending CodeBuild this role.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "codebuild.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "builds" {
  name = "build"
  role = aws_iam_role.builds.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # A project that names no group writes to one of its own name, which its first build makes; without it, builds are refused.
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = [format(local.arn, "logs", "log-group:/aws/codebuild/*")]
      },
      {
        Sid      = "SourcesCachesArtifacts"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
        Resource = ["${module.bucket.arn}/*"]
      },
      {
        Sid      = "Bucket"
        Effect   = "Allow"
        Action   = ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:ListBucket"]
        Resource = [module.bucket.arn]
      },
      {
        Sid      = "Encrypted"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"]
        Resource = [var.kms_key_arn]
      },
      {
        # The login names no repository.
        Sid      = "RegistryLogin"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid    = "PushAndPull"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:UploadLayerPart",
          "ecr:CompleteLayerUpload",
          "ecr:PutImage",
        ]
        Resource = [format(local.arn, "ecr", "repository/${var.repository_prefix}/*")]
      },
      {
        Sid    = "Reports"
        Effect = "Allow"
        Action = [
          "codebuild:CreateReportGroup",
          "codebuild:CreateReport",
          "codebuild:UpdateReport",
          "codebuild:BatchPutTestCases",
          "codebuild:BatchPutCodeCoverages",
        ]
        Resource = [format(local.arn, "codebuild", "report-group/*")]
      },
      {
        # Secrets of single builds, which codebuild-service writes and takes away again.
        Sid      = "BuildSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [format(local.arn, "secretsmanager", "secret:aws-deployer/builds/*")]
      },
    ]
  })
}
