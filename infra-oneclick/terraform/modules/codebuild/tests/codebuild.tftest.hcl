mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  name              = "aws-deployer-test"
  bucket            = "aws-deployer-test-builds-123456789012"
  repository_prefix = "aws-deployer"
  kms_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
}

run "builds_may_do_what_they_need_and_no_more" {
  command = apply

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.builds.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
    ]))
    error_message = "An action is granted by a wildcard."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.builds.policy).Statement :
      contains(statement.Resource, "*") ? statement.Action == ["ecr:GetAuthorizationToken"] : true
    ])
    error_message = "Something besides the login is granted on everything."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_iam_role_policy.builds.policy).Statement :
      contains(statement.Action, "logs:CreateLogGroup") && endswith(statement.Resource[0], ":log-group:/aws/codebuild/*")
    ])
    error_message = "A project without a log group of its own could not write its log, and its builds are refused."
  }

  assert {
    condition = (
      jsondecode(aws_iam_role.builds.assume_role_policy).Statement[0].Principal.Service == "codebuild.amazonaws.com" &&
      jsondecode(aws_iam_role.builds.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    )
    error_message = "Others than CodeBuild in this account could take the role."
  }

  assert {
    condition     = aws_cloudwatch_log_group.builds.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.builds.retention_in_days == 90
    error_message = "Logs of builds are not encrypted, or kept for ever."
  }

  assert {
    condition     = output.project_defaults.service_role == aws_iam_role.builds.arn && output.project_defaults.timeout_in_minutes == 60
    error_message = "The defaults are not those that were set."
  }
}

run "refuses_what_codebuild_would_refuse" {
  command = plan

  variables {
    compute_type    = "HUGE"
    image           = "node"
    timeout_minutes = 1
    log_days        = 31
    artifact_days   = 0
  }

  expect_failures = [var.compute_type, var.image, var.timeout_minutes, var.log_days, var.artifact_days]
}
