mock_provider "aws" {
  source = "../../testing/mocks"
}

run "small_and_disposable" {
  command = apply

  assert {
    condition     = output.cluster.type == "eks" && length(output.nat_addresses) == 1
    error_message = "Development runs on EKS behind one NAT gateway unless asked otherwise."
  }

  assert {
    condition     = alltrue([for group in var.node_groups : group.capacity_type == "SPOT"]) && var.disposable
    error_message = "Development is not cheap, or leaves things behind."
  }
}

run "refuses_what_would_not_work" {
  command = plan

  variables {
    name        = "A name"
    region      = "Frankfurt"
    cluster     = "ecs"
    vpc_cidr    = "10.20.0.0/8"
    api_cidrs   = ["0.0.0.0/0"]
    tags        = { "aws:mine" = "x" }
    node_groups = {}
    node        = { ingress_controller = "traefik" }
    platform    = { install = true, overlay = "relative" }
  }

  expect_failures = [
    var.name, var.region, var.cluster, var.vpc_cidr, var.api_cidrs, var.tags, var.node_groups, var.node, var.platform,
  ]
}
