mock_provider "aws" {
  source = "../../testing/mocks"
}

run "as_production_at_half_its_size" {
  command = apply

  assert {
    condition     = output.cluster.type == "eks" && length(output.nat_addresses) == 1 && !var.disposable
    error_message = "Staging is an EKS cluster behind one NAT gateway that keeps what it stores."
  }

  assert {
    condition     = alltrue([for group in var.node_groups : group.capacity_type == "ON_DEMAND" && group.min >= 2])
    error_message = "Staging's nodes may go at any time, or stand alone."
  }
}

run "refuses_what_would_not_work" {
  command = plan

  variables {
    vpc_cidr        = "54.0.0.0/16"
    api_cidrs       = ["10.0.0.1"]
    admin_role_arns = ["*"]
  }

  expect_failures = [var.vpc_cidr, var.api_cidrs, var.admin_role_arns]
}
