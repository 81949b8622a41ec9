output "backend" {
  description = "Settings for `terraform init -backend-config=…` of the environments; each adds a `key` of its own."
  value       = merge(module.state.backend, { region = var.region })
}

output "state_bucket_arn" {
  description = "ARN of the state bucket."
  value       = module.state.bucket_arn
}

output "state_kms_key_arn" {
  description = "ARN of the key that states are encrypted with."
  value       = module.encryption.key_arn
}
