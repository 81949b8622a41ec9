output "bucket" {
  description = "Name of the state bucket."
  value       = module.bucket.name
}

output "bucket_arn" {
  description = "ARN of the state bucket."
  value       = module.bucket.arn
}

output "lock_table" {
  description = "Name of the lock table; null where the lock is a file in the bucket only."
  value       = one(aws_dynamodb_table.lock[*].name)
}

output "backend" {
  description = "Settings for `terraform init -backend-config=…` of an environment; `key` is the environment's own."
  value = merge(
    { bucket = module.bucket.name, encrypt = "true", kms_key_id = var.kms_key_arn },
    contains(["lockfile", "both"], var.lock) ? { use_lockfile = "true" } : {},
    { for table in aws_dynamodb_table.lock : "dynamodb_table" => table.name },
  )
}
