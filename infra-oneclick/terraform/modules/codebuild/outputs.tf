output "role_arn" {
  description = "Role that builds run under: CODEBUILD_SERVICE_ROLE_ARN of codebuild-service."
  value       = aws_iam_role.builds.arn
}

output "bucket" {
  description = "Bucket for sources, caches and artifacts: CODEBUILD_BUCKET of codebuild-service."
  value       = module.bucket.name
}

output "bucket_arn" {
  description = "ARN of that bucket."
  value       = module.bucket.arn
}

output "log_group" {
  description = "Log group of builds."
  value       = aws_cloudwatch_log_group.builds.name
}

output "project_defaults" {
  description = "What a new build project is made with unless it says otherwise."
  value = {
    service_role       = aws_iam_role.builds.arn
    encryption_key     = var.kms_key_arn
    compute_type       = var.compute_type
    image              = var.image
    timeout_in_minutes = var.timeout_minutes
    log_group          = aws_cloudwatch_log_group.builds.name
    cache_location     = "${module.bucket.name}/cache"
  }
}
