mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  name = "aws-deployer-test"
}

run "turns_and_is_the_accounts_own" {
  command = apply

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "The key does not turn, or is lost too soon after a mistake."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key.this.policy).Statement :
      statement.Condition.StringEquals["kms:CallerAccount"] == "123456789012"
      if try(statement.Principal.AWS, "") == "*"
    ])
    error_message = "Another account could use the key."
  }
}

run "refuses_a_short_window" {
  command = plan

  variables {
    name                 = "9lives"
    deletion_window_days = 1
  }

  expect_failures = [var.name, var.deletion_window_days]
}
