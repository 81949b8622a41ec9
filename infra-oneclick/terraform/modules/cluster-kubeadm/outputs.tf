output "public_address" {
  description = "Address that the platform's names should point at."
  value       = aws_eip.this.public_ip
}

output "instance_id" {
  description = "Id of the instance, for `aws ssm start-session`."
  value       = aws_instance.this.id
}

output "kubeconfig_secret" {
  description = "Name of the secret that the node writes the administrator's kubeconfig to."
  value       = aws_secretsmanager_secret.kubeconfig.name
}

output "grafana_secret" {
  description = "Name of the secret that the node writes the password of Grafana's admin to."
  value       = aws_secretsmanager_secret.grafana.name
}

output "trust" {
  description = "Who vouches for a pod, as the module pod-role takes it."
  value       = { oidc = true, oidc_provider_arn = aws_iam_openid_connect_provider.this.arn }
}

output "user_data" {
  description = "What the instance does at its first start, readable."
  value       = "#cloud-config\n${yamlencode(local.cloud_config)}"
}
