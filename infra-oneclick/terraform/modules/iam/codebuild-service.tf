# codebuild-service: keeps build projects and image repositories, starts and follows builds. The role that builds run under
# and their bucket are kept by Terraform: the service may hand the role over and not change it, since whoever may do that may
# do anything.

locals {
  codebuild_service = concat(local.push_and_pull, [
    {
      Sid    = "BuildProjects"
      Effect = "Allow"
      Action = [
        "codebuild:CreateProject",
        "codebuild:UpdateProject",
        "codebuild:DeleteProject",
        "codebuild:BatchGetProjects",
        "codebuild:CreateWebhook",
        "codebuild:UpdateWebhook",
        "codebuild:DeleteWebhook",
        "codebuild:StartBuild",
        "codebuild:StopBuild",
        "codebuild:BatchGetBuilds",
        "codebuild:ListBuildsForProject",
      ]
      Resource = [format(local.arn, "codebuild", "project/*")]
    },
    {
      Sid      = "FindProjects"
      Effect   = "Allow"
      Action   = ["codebuild:ListProjects"]
      Resource = ["*"]
    },
    {
      Sid      = "Reports"
      Effect   = "Allow"
      Action   = ["codebuild:BatchGetReports", "codebuild:DescribeTestCases", "codebuild:DescribeCodeCoverages"]
      Resource = [format(local.arn, "codebuild", "report-group/*")]
    },
    {
      Sid      = "Logs"
      Effect   = "Allow"
      Action   = ["logs:GetLogEvents"]
      Resource = [format(local.arn, "logs", "log-group:/aws/codebuild/*")]
    },
    {
      Sid      = "BuildRole"
      Effect   = "Allow"
      Action   = ["iam:GetRole"]
      Resource = [var.build_role_arn]
    },
    {
      Sid       = "PassBuildRole"
      Effect    = "Allow"
      Action    = ["iam:PassRole"]
      Resource  = [var.build_role_arn]
      Condition = { StringEquals = { "iam:PassedToService" = "codebuild.amazonaws.com" } }
    },
    {
      Sid      = "BuildSecrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:CreateSecret", "secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"]
      Resource = [format(local.arn, "secretsmanager", "secret:aws-deployer/builds/*")]
    },
    {
      Sid    = "Repositories"
      Effect = "Allow"
      Action = [
        "ecr:DescribeRepositories",
        "ecr:CreateRepository",
        "ecr:DeleteRepository",
        "ecr:DescribeImages",
        "ecr:BatchDeleteImage",
        "ecr:StartImageScan",
        "ecr:DescribeImageScanFindings",
        "ecr:GetLifecyclePolicy",
        "ecr:PutLifecyclePolicy",
        "ecr:DeleteLifecyclePolicy",
      ]
      Resource = [local.repositories]
    },
    {
      Sid      = "Bucket"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [var.build_bucket_arn]
    },
    {
      Sid      = "SourcesAndArtifacts"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = ["${var.build_bucket_arn}/*"]
    },
    {
      Sid      = "Encrypted"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = [var.kms_key_arn]
    },
    {
      Sid      = "Quotas"
      Effect   = "Allow"
      Action   = ["servicequotas:ListServiceQuotas"]
      Resource = ["*"]
    },
    ], length(var.cloud_account_role_arns) == 0 ? [] : [{
      Sid      = "OtherAccounts"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole"]
      Resource = var.cloud_account_role_arns
      }], length(var.bedrock_model_arns) == 0 ? [] : [{
      Sid      = "WordsToOperations"
      Effect   = "Allow"
      Action   = ["bedrock:InvokeModel"]
      Resource = var.bedrock_model_arns
  }])
}
