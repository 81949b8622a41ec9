mock_provider "aws" {
  source = "../../testing/mocks"
}

run "three_of_everything_and_locked" {
  command = apply

  assert {
    condition     = output.cluster.type == "eks" && length(output.nat_addresses) == 3
    error_message = "A zone's loss would take the way out of the others with it."
  }

  assert {
    condition     = alltrue([for group in var.node_groups : group.min >= 3 && group.capacity_type == "ON_DEMAND"])
    error_message = "A zone has no node of its own."
  }

  assert {
    condition     = var.lock_mode == "GOVERNANCE"
    error_message = "Backups and archive are not locked."
  }
}

run "refuses_less_than_production" {
  command = plan

  variables {
    lock_mode          = "NONE"
    vpc_cidr           = "10.40.0.0/28"
    kubernetes_version = "latest"
    node_groups        = { general = { instance_types = ["m6i.large"], min = 1, max = 2 } }
    # The whole internet is not an administrator.
    api_cidrs             = ["0.0.0.0/0"]
    provisioner_role_arns = ["arn:aws:iam::123456789012:role/*"]
  }

  expect_failures = [
    var.lock_mode, var.vpc_cidr, var.kubernetes_version, var.node_groups, var.api_cidrs, var.provisioner_role_arns,
  ]
}
