# Where the database is backed up to, and the role that does it: it can write and read back, and cannot delete.

module "bucket" {
  source = "../bucket"

  name                         = var.bucket
  kms_key_arn                  = var.kms_key_arn
  force_destroy                = var.force_destroy
  noncurrent_days              = var.keep_days
  infrequent_access_after_days = var.keep_days > 30 ? 30 : null
  expire_days                  = var.keep_days
  object_lock                  = var.lock_mode == null ? null : { mode = var.lock_mode, days = var.keep_days }
}

module "role" {
  source = "../pod-role"

  name            = "${var.name}-backup"
  namespace       = var.namespace
  service_account = var.service_account
  trust           = var.trust

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        Resource = ["${module.bucket.arn}/*"]
      },
      {
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:GetBucketLocation"]
        Resource = [module.bucket.arn]
      },
      {
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [var.kms_key_arn]
      },
    ]
  })
}
