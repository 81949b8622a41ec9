# deployer: signs in to the registry, pushes what it built, looks at what it is to run.

locals {
  push_and_pull = [
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
        "ecr:InitiateLayerUpload",
        "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload",
        "ecr:PutImage",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
      ]
      Resource = [local.repositories]
    },
  ]

  deployer = concat(local.push_and_pull, [{
    Sid      = "LookAtImages"
    Effect   = "Allow"
    Action   = ["ecr:DescribeRepositories", "ecr:DescribeImages", "ecr:DescribeImageScanFindings"]
    Resource = [local.repositories]
  }])
}
