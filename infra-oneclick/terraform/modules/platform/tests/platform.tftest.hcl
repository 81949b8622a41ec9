run "nothing_unasked" {
  command = plan

  assert {
    condition     = length(terraform_data.overlay) == 0
    error_message = "Unasked, nothing is installed."
  }
}

run "a_new_revision_applies_again" {
  command = plan

  variables {
    install  = true
    overlay  = "/srv/platform/k8s/overlays/dev"
    revision = "abc123"
    cluster  = { endpoint = "https://api.example.com" }
  }

  assert {
    condition     = contains(terraform_data.overlay[0].triggers_replace, "abc123")
    error_message = "A new revision would not be applied."
  }
}

run "refuses_to_install_nowhere" {
  command = plan

  variables {
    install         = true
    overlay         = "../k8s"
    cluster         = { endpoint = "nowhere" }
    namespaces      = ["-"]
    rollout_minutes = 0
  }

  expect_failures = [var.overlay, var.cluster, var.namespaces, var.rollout_minutes]
}
