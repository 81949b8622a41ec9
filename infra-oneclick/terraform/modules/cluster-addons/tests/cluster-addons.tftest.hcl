run "nothing_unasked" {
  command = plan

  assert {
    condition     = length(output.installed) == 0
    error_message = "Unasked, nothing is installed."
  }
}

run "all_of_it_in_order_with_pinned_versions" {
  command = plan

  variables {
    install            = true
    cluster            = { endpoint = "https://api.example.com", eks = { name = "aws-deployer-test", region = "eu-central-1" } }
    kubernetes_version = "1.34"
    acme_email         = "operators@example.com"
  }

  assert {
    condition     = join(" ", output.installed) == "cluster-autoscaler ingress-nginx cert-manager letsencrypt letsencrypt-staging"
    error_message = "An add-on is missing."
  }

  assert {
    condition = alltrue([
      for manifest in [var.ingress_nginx.manifest, var.cert_manager.manifest] : can(regex("/(controller-)?v[0-9]+\\.[0-9]+\\.[0-9]+/", manifest))
    ])
    error_message = "An address names no version: what it brings would change."
  }

  assert {
    condition = (
      strcontains(local.autoscaler, "image: registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.0\n") &&
      strcontains(local.autoscaler, "k8s.io/cluster-autoscaler/aws-deployer-test\n")
    )
    error_message = "The autoscaler is not of the cluster's version, or looks for node groups of another cluster."
  }

  assert {
    condition = (
      join(" ", [for issuer in split("---\n", trimprefix(local.issuers, "---\n")) : yamldecode(issuer).metadata.name]) == "letsencrypt letsencrypt-staging" &&
      alltrue([
        for issuer in split("---\n", trimprefix(local.issuers, "---\n")) :
        yamldecode(issuer).spec.acme.solvers[0].http01.ingress.ingressClassName == "nginx" && yamldecode(issuer).spec.acme.email == "operators@example.com"
      ])
    )
    error_message = "The issuers are not those that the overlays name, or answer at another ingress."
  }
}

run "where_a_cluster_has_them_already" {
  command = plan

  variables {
    install       = true
    cluster       = { endpoint = "https://api.example.com" }
    autoscaler    = { install = false }
    ingress_nginx = { install = false }
    cert_manager  = { install = false }
  }

  assert {
    condition     = join(" ", output.installed) == "letsencrypt letsencrypt-staging"
    error_message = "Something is installed a second time."
  }

  assert {
    condition     = !strcontains(local.issuers, "email")
    error_message = "An address was made up."
  }
}

run "refuses_what_it_cannot_trust" {
  command = plan

  variables {
    install            = true
    cluster            = { endpoint = "nowhere" }
    kubernetes_version = "latest"
    ingress_nginx      = { manifest = "http://example.com/deploy.yaml" }
    cert_manager       = { sha256 = "abc" }
    issuers            = { Main = "https://acme.example.com" }
    acme_email         = "nobody"
    ready_minutes      = 0
  }

  expect_failures = [
    var.cluster, var.kubernetes_version, var.ingress_nginx, var.cert_manager, var.issuers, var.acme_email, var.ready_minutes,
  ]
}

run "refuses_an_autoscaler_without_node_groups" {
  command = plan

  variables {
    install = true
    cluster = { endpoint = "https://api.example.com" }
  }

  expect_failures = [var.autoscaler]
}
