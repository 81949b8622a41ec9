output "name" {
  description = "Name of the cluster."
  value       = aws_eks_cluster.this.name
}

output "endpoint" {
  description = "Address of the Kubernetes API."
  value       = aws_eks_cluster.this.endpoint
}

output "certificate_authority" {
  description = "Certificate that the Kubernetes API is known by, base64."
  value       = aws_eks_cluster.this.certificate_authority[0].data
}

output "trust" {
  description = "Who vouches for a pod, as the module pod-role takes it."
  value = {
    pod_identity      = true
    associate         = var.eks_extensions
    cluster_arn       = aws_eks_cluster.this.arn
    cluster_name      = aws_eks_cluster.this.name
    oidc              = true
    oidc_provider_arn = aws_iam_openid_connect_provider.this.arn
  }
}

output "autoscaler_role_arn" {
  description = "Role of kube-system/cluster-autoscaler."
  value       = module.autoscaler_role.arn
}

output "node_role_arn" {
  description = "Role of the nodes."
  value       = aws_iam_role.node.arn
}
