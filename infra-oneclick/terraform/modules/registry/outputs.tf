output "urls" {
  description = "Address of each repository, by its name without the prefix."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}

output "arns" {
  description = "ARN of each repository, by its name without the prefix."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.arn }
}
