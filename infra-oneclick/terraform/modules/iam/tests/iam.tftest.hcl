mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  name               = "aws-deployer-test"
  namespace          = "aws-deployer"
  repository_prefix  = "aws-deployer"
  build_role_arn     = "arn:aws:iam::123456789012:role/aws-deployer-test-builds"
  build_bucket_arn   = "arn:aws:s3:::builds"
  archive_bucket_arn = "arn:aws:s3:::archive"
  kms_key_arn        = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
  trust              = { pod_identity = true, cluster_arn = "arn:aws:eks:us-east-1:123456789012:cluster/test" }
}

run "least_rights" {
  command = apply

  variables {
    state_bucket_arn        = "arn:aws:s3:::states"
    state_kms_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/11111111-0000-4000-8000-000000000000"
    provisioner_role_arns   = ["arn:aws:iam::123456789012:role/provisioner"]
    cloud_account_role_arns = ["arn:aws:iam::*:role/aws-deployer-*"]
    bedrock_model_arns      = ["arn:aws:bedrock:us-east-1::foundation-model/some-model"]
  }

  assert {
    condition     = join(" ", keys(output.role_arns)) == "auth-service codebuild-service deployer history-service infra-oneclick monitor-service"
    error_message = "Each service has a role, and nothing else has."
  }

  assert {
    condition = alltrue(flatten([
      for policy in output.policies : [
        for statement in jsondecode(policy).Statement : [for action in statement.Action : statement.Effect == "Allow" && !strcontains(action, "*")]
      ]
    ]))
    error_message = "An action is granted by a wildcard."
  }

  assert {
    condition = alltrue(flatten([
      for policy in output.policies : [
        for statement in jsondecode(policy).Statement : [
          for action in statement.Action : contains(
            ["ecr:GetAuthorizationToken", "codebuild:ListProjects", "servicequotas:ListServiceQuotas", "servicequotas:GetServiceQuota"],
            action,
          )
        ] if contains(statement.Resource, "*")
      ]
    ]))
    error_message = "An action that knows resources is granted on all of them."
  }

  assert {
    condition = alltrue([
      for service in ["monitor-service", "auth-service"] :
      join(" ", flatten(jsondecode(output.policies[service]).Statement[*].Action)) == "secretsmanager:GetSecretValue secretsmanager:DescribeSecret kms:Decrypt"
    ])
    error_message = "A service that does nothing at AWS may do more than read its own secrets."
  }

  assert {
    condition = alltrue([
      for service, policy in output.policies : alltrue([
        for statement in jsondecode(policy).Statement :
        one(statement.Resource) == "arn:aws:secretsmanager:us-east-1:123456789012:secret:aws-deployer-test/${service}/*" if statement.Sid == "OwnSecrets"
      ])
    ])
    error_message = "A service could read another's secrets."
  }

  assert {
    condition     = !can(regex("s3:Delete|s3:Bypass|s3:PutBucket", output.policies["history-service"]))
    error_message = "The archive could be deleted by the one that writes it."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.policies["infra-oneclick"]).Statement :
      one(statement.Resource) == "arn:aws:s3:::states/*.tflock" if contains(statement.Action, "s3:DeleteObject")
    ])
    error_message = "infra-oneclick could delete a state."
  }

  assert {
    condition = (
      !can(regex("iam:(Create|Put|Delete|Attach|Update)", output.policies["codebuild-service"])) &&
      one([for one in jsondecode(output.policies["codebuild-service"]).Statement : one if contains(one.Action, "iam:PassRole")]).Condition.StringEquals["iam:PassedToService"] == "codebuild.amazonaws.com"
    )
    error_message = "codebuild-service could raise its own rights."
  }
}

run "nothing_optional_unasked" {
  command = apply

  assert {
    condition     = !can(regex("sts:AssumeRole|bedrock|s3:", join("", [output.policies["infra-oneclick"], output.policies["deployer"]])))
    error_message = "A right was granted that nobody asked for."
  }
}

run "refuses_wildcards" {
  command = plan

  variables {
    provisioner_role_arns   = ["arn:aws:iam::123456789012:role/*"]
    cloud_account_role_arns = ["arn:aws:iam::*:role/*"]
    bedrock_model_arns      = ["*"]
  }

  expect_failures = [var.provisioner_role_arns, var.cloud_account_role_arns, var.bedrock_model_arns]
}
