# infra-oneclick: reads and writes Terraform's states, and takes the role of who may build infrastructure, if one is named.
# What it builds with is that role's to decide; this one alone can change nothing but states.

locals {
  infra_oneclick = concat(
    [{
      Sid      = "Quotas"
      Effect   = "Allow"
      Action   = ["servicequotas:GetServiceQuota", "servicequotas:ListServiceQuotas"]
      Resource = ["*"]
    }],
    var.state_bucket_arn == null ? [] : [
      {
        # Deleting is for the lock file beside a state.
        Sid      = "States"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${var.state_bucket_arn}/*"]
      },
      {
        Sid      = "Unlock"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject"]
        Resource = ["${var.state_bucket_arn}/*.tflock"]
      },
      {
        Sid      = "StateBucket"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [var.state_bucket_arn]
      },
    ],
    var.state_kms_key_arn == null ? [] : [{
      Sid      = "StatesAreEncrypted"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = [var.state_kms_key_arn]
    }],
    length(var.provisioner_role_arns) == 0 ? [] : [{
      Sid      = "Provision"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole"]
      Resource = var.provisioner_role_arns
    }],
  )
}
