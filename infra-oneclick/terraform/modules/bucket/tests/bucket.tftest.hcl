mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  name        = "aws-deployer-test"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
}

run "private_encrypted_versioned" {
  command = apply

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "The bucket keeps no versions."
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_server_side_encryption_configuration.this.rule :
      rule.apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms" &&
      rule.apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn
    ])
    error_message = "The bucket is not encrypted with the key that was named."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "The bucket could be made public."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      statement.Effect == "Deny" && statement.Condition.Bool["aws:SecureTransport"] == "false"
    ])
    error_message = "The bucket answers without TLS."
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy == false && length(aws_s3_bucket_object_lock_configuration.this) == 0
    error_message = "Unasked, a bucket keeps its objects and locks none."
  }
}

run "lock_and_lifecycle_as_asked" {
  command = plan

  variables {
    object_lock                  = { mode = "COMPLIANCE", days = 400 }
    infrequent_access_after_days = 30
    expire_days                  = 500
  }

  assert {
    condition = (
      aws_s3_bucket.this.object_lock_enabled &&
      aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention[0].mode == "COMPLIANCE" &&
      aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention[0].days == 400
    )
    error_message = "The lock is not as asked."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].days == 500
    error_message = "Objects do not expire as asked."
  }
}

run "refuses_bad_names_and_days" {
  command = plan

  variables {
    name        = "Not_A_Bucket"
    kms_key_arn = "alias/mine"
    object_lock = { mode = "FOREVER", days = 0 }
    expire_days = 0
  }

  expect_failures = [var.name, var.kms_key_arn, var.object_lock, var.expire_days]
}
