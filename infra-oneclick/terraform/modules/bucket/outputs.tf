output "name" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.id
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "object_lock" {
  description = "How long objects cannot be deleted, and by whom; null where nothing is locked."
  value       = try(one(aws_s3_bucket_object_lock_configuration.this[*].rule)[0].default_retention[0], null)
}
