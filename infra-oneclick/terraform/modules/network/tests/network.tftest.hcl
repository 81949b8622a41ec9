mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  name        = "aws-deployer-test"
  vpc_cidr    = "10.20.0.0/16"
  zones       = ["us-east-1a", "us-east-1b", "us-east-1c"]
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
}

run "three_zones_that_do_not_overlap" {
  command = apply

  variables {
    cluster_name = "aws-deployer-test"
  }

  assert {
    condition     = length(aws_subnet.public) == 3 && length(aws_subnet.private) == 3
    error_message = "There is not one public and one private subnet in each zone."
  }

  assert {
    condition     = [for zone in var.zones : aws_subnet.private[zone].cidr_block] == ["10.20.0.0/19", "10.20.32.0/19", "10.20.64.0/19"]
    error_message = "The private subnets are not the first three eighths."
  }

  assert {
    condition     = [for zone in var.zones : aws_subnet.public[zone].cidr_block] == ["10.20.96.0/22", "10.20.100.0/22", "10.20.104.0/22"]
    error_message = "The public subnets are not right behind the private ones."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch && subnet.tags["kubernetes.io/role/elb"] == "1"])
    error_message = "A public subnet hands out addresses, or load balancers will not find it."
  }

  assert {
    condition = alltrue([
      for subnet in aws_subnet.private :
      subnet.tags["kubernetes.io/role/internal-elb"] == "1" && subnet.tags["kubernetes.io/cluster/aws-deployer-test"] == "shared"
    ])
    error_message = "Internal load balancers will not find a private subnet."
  }

  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "The default security group lets something through."
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.kms_key_id == var.kms_key_arn
    error_message = "Not all traffic is on record, or the record is not encrypted."
  }
}

run "one_nat_for_all" {
  command = apply

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.private_internet) == 3 && length(output.nat_addresses) == 1
    error_message = "One NAT gateway should serve three zones."
  }

  assert {
    condition     = length(aws_security_group.endpoints) == 0 && aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "The gateway to S3 is always there; interface endpoints only when asked."
  }
}

run "nat_and_endpoints_per_zone" {
  command = apply

  variables {
    nat                 = "per_zone"
    interface_endpoints = ["ecr.api", "ecr.dkr", "sts"]
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(aws_eip.nat) == 3
    error_message = "Each zone should have its own NAT gateway."
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 3 && alltrue([for one in aws_vpc_endpoint.interface : one.private_dns_enabled])
    error_message = "The endpoints are not there under the services' own names."
  }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.20.0.0/16" &&
      aws_vpc_security_group_ingress_rule.endpoints[0].from_port == 443 && aws_vpc_security_group_ingress_rule.endpoints[0].to_port == 443
    )
    error_message = "The endpoints answer to others than the VPC, or on other ports than 443."
  }
}

run "no_nat" {
  command = apply

  variables {
    nat = "none"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.private_internet) == 0
    error_message = "Private subnets should have no way out."
  }
}

run "refuses_what_is_no_range" {
  command = plan

  variables {
    vpc_cidr = "ten.0.0.0/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "refuses_a_range_by_a_middle_address" {
  command = plan

  variables {
    vpc_cidr = "10.20.1.0/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "refuses_a_public_range" {
  command = plan

  variables {
    vpc_cidr = "54.0.0.0/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "refuses_a_range_too_small_for_pods" {
  command = plan

  variables {
    vpc_cidr = "10.20.0.0/24"
  }

  expect_failures = [var.vpc_cidr]
}

run "refuses_two_zones_and_unknown_words" {
  command = plan

  variables {
    zones               = ["us-east-1a", "us-east-1a", "us-east-1b"]
    nat                 = "some"
    flow_log_days       = 31
    interface_endpoints = ["https://sts"]
  }

  expect_failures = [var.zones, var.nat, var.flow_log_days, var.interface_endpoints]
}
