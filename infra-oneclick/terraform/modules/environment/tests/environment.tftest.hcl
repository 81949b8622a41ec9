mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  name        = "aws-deployer-test"
  vpc_cidr    = "10.20.0.0/16"
  node_groups = { general = { instance_types = ["m6i.large"], min = 2, max = 4 } }
}

run "on_eks" {
  command = apply

  assert {
    condition     = length(module.cluster_eks) == 1 && length(module.cluster_kubeadm) == 0 && length(output.nat_addresses) == 1
    error_message = "There is not exactly one EKS cluster behind one NAT gateway."
  }

  assert {
    condition = (
      join(" ", sort(keys(output.service_roles))) ==
      "auth-service cluster-autoscaler codebuild-service deployer history-service infra-oneclick monitor-service mysql-backup"
    )
    error_message = "A service has no role."
  }

  assert {
    condition     = length(output.repositories) == 7 && length(distinct(values(output.buckets))) == 3
    error_message = "A repository or a bucket is missing."
  }

  assert {
    condition     = output.build_defaults.encryption_key == output.kms_key_arn
    error_message = "Builds are not encrypted with the environment's key."
  }
}

run "with_what_the_overlays_expect" {
  command = plan

  variables {
    install_addons = true
    addons         = { ingress_nginx = { install = false }, acme_email = "operators@example.com" }
  }

  assert {
    condition     = join(" ", module.cluster_addons.installed) == "cluster-autoscaler cert-manager letsencrypt letsencrypt-staging"
    error_message = "The add-ons are not those that were asked for."
  }
}

run "on_a_single_node" {
  command = apply

  variables {
    cluster = "kubeadm"
    # The single node installs by itself.
    platform       = { install = true, overlay = "/nowhere" }
    install_addons = true
  }

  assert {
    condition     = length(module.cluster_eks) == 0 && length(module.cluster_kubeadm) == 1 && length(output.nat_addresses) == 0
    error_message = "A single node needs no control plane and no NAT gateway."
  }

  assert {
    condition     = output.cluster.kubeconfig_secret == "aws-deployer-test/node/kubeconfig" && module.platform.installed == null && length(module.cluster_addons.installed) == 0
    error_message = "The way in is not where administrators look, or what the node installs is installed twice."
  }

  assert {
    condition     = module.cluster_kubeadm[0].trust.oidc && local.trust.oidc_provider_arn == module.cluster_kubeadm[0].trust.oidc_provider_arn && !local.trust.pod_identity
    error_message = "Services on the node cannot take their roles."
  }
}

run "refuses_unknown_words" {
  command = plan

  variables {
    cluster = "ecs"
    nat     = "two"
  }

  expect_failures = [var.cluster, var.nat]
}
