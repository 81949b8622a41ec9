# Where Terraform keeps what it knows: a versioned, encrypted bucket, and the lock that lets one run at a time write to it.
# The lock is a file beside the state, made by S3's conditional writes; a DynamoDB table serves Terraform older than 1.10.

module "bucket" {
  source = "../bucket"

  name            = var.bucket
  kms_key_arn     = var.kms_key_arn
  force_destroy   = var.force_destroy
  noncurrent_days = var.noncurrent_days
}

resource "aws_dynamodb_table" "lock" {
  count        = contains(["dynamodb", "both"], var.lock) ? 1 : 0
  name         = "${var.bucket}-lock"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "LockID"

  attribute {
    name = "LockID"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}
