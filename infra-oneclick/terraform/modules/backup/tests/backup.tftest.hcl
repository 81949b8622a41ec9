mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  name        = "aws-deployer-test"
  bucket      = "aws-deployer-test-backups-123456789012"
  namespace   = "aws-deployer"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
  trust       = { oidc = true, oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/test-issuer.s3.us-east-1.amazonaws.com" }
}

run "locked_backups_of_production" {
  command = apply

  variables {
    lock_mode = "COMPLIANCE"
    keep_days = 90
  }

  assert {
    condition     = module.bucket.object_lock.mode == "COMPLIANCE" && module.bucket.object_lock.days == 90
    error_message = "Backups are not locked for as long as they are kept."
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(module.role.policy).Statement : [for action in statement.Action : !can(regex("Delete|\\*|Bypass", action))]
    ]))
    error_message = "The backup job could delete backups."
  }
}

run "unlocked_and_short" {
  command = apply

  variables {
    keep_days     = 7
    force_destroy = true
  }

  assert {
    condition     = module.bucket.object_lock == null
    error_message = "Unasked, nothing is locked."
  }
}

run "refuses_a_lock_that_can_never_be_destroyed" {
  command = plan

  variables {
    lock_mode     = "COMPLIANCE"
    force_destroy = true
    keep_days     = 1
  }

  expect_failures = [var.force_destroy, var.keep_days]
}
