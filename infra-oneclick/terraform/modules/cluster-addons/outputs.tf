output "installed" {
  description = "Names of what was installed, in its order."
  value = concat(
    length(terraform_data.autoscaler) > 0 ? ["cluster-autoscaler"] : [],
    length(terraform_data.ingress_nginx) > 0 ? ["ingress-nginx"] : [],
    length(terraform_data.cert_manager) > 0 ? ["cert-manager"] : [],
    length(terraform_data.issuers) > 0 ? keys(var.issuers) : [],
  )
}
