output "installed" {
  description = "Overlay and revision that were applied; null: none."
  value       = one([for overlay in terraform_data.overlay : { overlay = var.overlay, revision = var.revision }])
}
