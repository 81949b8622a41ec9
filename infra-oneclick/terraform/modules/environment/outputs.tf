output "cluster" {
  description = "How to reach the cluster: for EKS its name and the address of its API; for the single node its instance, its public address and the secrets with the kubeconfig and Grafana's password."
  value = {
    type              = var.cluster
    name              = var.name
    endpoint          = one(module.cluster_eks[*].endpoint)
    instance_id       = one(module.cluster_kubeadm[*].instance_id)
    public_address    = one(module.cluster_kubeadm[*].public_address)
    kubeconfig_secret = one(module.cluster_kubeadm[*].kubeconfig_secret)
    grafana_secret    = one(module.cluster_kubeadm[*].grafana_secret)
  }
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.network.vpc_id
}

output "nat_addresses" {
  description = "Addresses that the environment's calls come from, for allow lists elsewhere."
  value       = module.network.nat_addresses
}

output "repositories" {
  description = "Address of the image repository of each service."
  value       = module.registry.urls
}

output "service_roles" {
  description = "IAM role of each service account."
  value       = merge(module.iam.role_arns, { mysql-backup = module.backup.role_arn }, { for arn in module.cluster_eks[*].autoscaler_role_arn : "cluster-autoscaler" => arn })
}

output "buckets" {
  description = "Buckets for builds, backups and the archive of the audit chain."
  value       = { builds = module.codebuild.bucket, backups = module.backup.bucket, archive = module.archive.name }
}

output "build_defaults" {
  description = "What a new build project is made with unless it says otherwise."
  value       = module.codebuild.project_defaults
}

output "kms_key_arn" {
  description = "ARN of the key that everything here is encrypted with."
  value       = module.encryption.key_arn
}
