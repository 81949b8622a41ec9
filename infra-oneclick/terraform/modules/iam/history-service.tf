# history-service: writes the archive of the audit chain and reads it back. It cannot delete what it has archived.

locals {
  history_service = [
    {
      Sid      = "Archive"
      Effect   = "Allow"
      Action   = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"]
      Resource = ["${var.archive_bucket_arn}/*"]
    },
    {
      Sid      = "ArchiveBucket"
      Effect   = "Allow"
      Action   = ["s3:ListBucket", "s3:GetBucketLocation"]
      Resource = [var.archive_bucket_arn]
    },
    {
      Sid      = "ArchiveIsEncrypted"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = [var.kms_key_arn]
    },
  ]
}
