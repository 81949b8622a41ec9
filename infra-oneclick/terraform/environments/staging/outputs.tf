output "cluster" {
  description = "How to reach the cluster: for EKS its name and the address of its API; for the single node its instance, its public address and the secrets with the kubeconfig and Grafana's password."
  value       = module.environment.cluster
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.environment.vpc_id
}

output "nat_addresses" {
  description = "Addresses that the environment's calls come from, for allow lists elsewhere."
  value       = module.environment.nat_addresses
}

output "repositories" {
  description = "Address of the image repository of each service."
  value       = module.environment.repositories
}

output "service_roles" {
  description = "IAM role of each service account."
  value       = module.environment.service_roles
}

output "buckets" {
  description = "Buckets for builds, backups and the archive of the audit chain."
  value       = module.environment.buckets
}

output "build_defaults" {
  description = "What a new build project is made with unless it says otherwise."
  value       = module.environment.build_defaults
}

output "kms_key_arn" {
  description = "ARN of the key that everything here is encrypted with."
  value       = module.environment.kms_key_arn
}
