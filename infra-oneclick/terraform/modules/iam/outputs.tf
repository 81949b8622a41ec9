output "role_arns" {
  description = "Role of each service account."
  value       = { for service, role in module.service : service => role.arn }
}

output "policies" {
  description = "What each service may do, as JSON."
  value       = { for service, role in module.service : service => role.policy }
}
