mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  bucket      = "aws-deployer-state-123456789012"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
}

run "lock_is_a_file_unless_asked" {
  command = apply

  assert {
    condition     = length(aws_dynamodb_table.lock) == 0 && output.backend.use_lockfile == "true" && output.lock_table == null
    error_message = "The default lock is S3's own."
  }

  assert {
    condition     = output.backend.encrypt == "true" && output.backend.kms_key_id == var.kms_key_arn
    error_message = "States would be written unencrypted."
  }
}

run "table_for_older_terraform" {
  command = apply

  variables {
    lock = "both"
  }

  assert {
    condition = (
      aws_dynamodb_table.lock[0].hash_key == "LockID" &&
      aws_dynamodb_table.lock[0].server_side_encryption[0].kms_key_arn == var.kms_key_arn &&
      output.backend.dynamodb_table == aws_dynamodb_table.lock[0].name && output.backend.use_lockfile == "true"
    )
    error_message = "The lock table is not as Terraform wants it, or not encrypted."
  }
}

run "refuses_what_is_no_lock" {
  command = plan

  variables {
    bucket          = "UPPER"
    lock            = "none"
    noncurrent_days = 1
  }

  expect_failures = [var.bucket, var.lock, var.noncurrent_days]
}
