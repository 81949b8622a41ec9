output "bucket" {
  description = "Name of the bucket for backups."
  value       = module.bucket.name
}

output "bucket_arn" {
  description = "ARN of that bucket."
  value       = module.bucket.arn
}

output "role_arn" {
  description = "Role of the backup job."
  value       = module.role.arn
}
