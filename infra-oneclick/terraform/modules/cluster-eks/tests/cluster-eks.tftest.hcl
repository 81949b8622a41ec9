mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  name               = "aws-deployer-test"
  kubernetes_version = "1.34"
  subnet_ids         = ["subnet-a", "subnet-b", "subnet-c"]
  kms_key_arn        = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
  tags               = { Environment = "test" }
  node_groups = {
    general = { instance_types = ["m6i.large"], min = 2, max = 6 }
    builds  = { instance_types = ["c6i.xlarge"], capacity_type = "SPOT", min = 1, max = 4, taints = [{ key = "builds", effect = "NO_SCHEDULE" }] }
  }
}

run "whole_cluster" {
  command = apply

  variables {
    api_cidrs       = ["203.0.113.0/24"]
    admin_role_arns = ["arn:aws:iam::123456789012:role/operators"]
  }

  assert {
    condition = (
      aws_eks_cluster.this.vpc_config[0].endpoint_private_access &&
      aws_eks_cluster.this.vpc_config[0].endpoint_public_access &&
      join(" ", aws_eks_cluster.this.vpc_config[0].public_access_cidrs) == "203.0.113.0/24"
    )
    error_message = "The API answers to others than those that were named."
  }

  assert {
    condition = (
      aws_eks_cluster.this.encryption_config[0].provider[0].key_arn == var.kms_key_arn &&
      length(aws_eks_cluster.this.enabled_cluster_log_types) == 5 &&
      aws_cloudwatch_log_group.control_plane.kms_key_id == var.kms_key_arn
    )
    error_message = "Secrets or logs are not encrypted, or a log is missing."
  }

  assert {
    condition = alltrue([
      for template in aws_launch_template.node :
      template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1 &&
      template.block_device_mappings[0].ebs[0].encrypted == "true" && template.block_device_mappings[0].ebs[0].volume_type == "gp3" &&
      alltrue([for specification in template.tag_specifications : specification.tags.Environment == "test"])
    ])
    error_message = "A node's disk is not encrypted gp3, pods reach its metadata, or it lacks the tags."
  }

  assert {
    condition = (
      join(" ", sort(concat(keys(aws_eks_addon.before_nodes), keys(aws_eks_addon.after_nodes)))) ==
      "aws-ebs-csi-driver coredns eks-pod-identity-agent kube-proxy metrics-server vpc-cni"
    )
    error_message = "An add-on is missing."
  }

  assert {
    condition = (
      jsondecode(aws_eks_addon.after_nodes["aws-ebs-csi-driver"].configuration_values).defaultStorageClass.enabled &&
      jsondecode(aws_eks_addon.before_nodes["vpc-cni"].configuration_values).enableNetworkPolicy == "true"
    )
    error_message = "There is no default storage class, or NetworkPolicies do nothing."
  }

  assert {
    condition = (
      aws_eks_cluster.this.access_config[0].authentication_mode == "API" &&
      !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions &&
      length(aws_eks_access_policy_association.admin) == 1
    )
    error_message = "Others than the named administrators have the cluster."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(module.autoscaler_role.policy).Statement :
      statement.Condition.StringEquals["aws:ResourceTag/k8s.io/cluster-autoscaler/aws-deployer-test"] == "owned"
      if statement.Sid == "ScaleOwnGroups"
    ])
    error_message = "The autoscaler could scale groups of other clusters."
  }

  assert {
    condition = alltrue(flatten([
      for policy in [module.autoscaler_role.policy, module.ebs_csi_role.policy, aws_iam_role_policy.control_plane_key.policy] : [
        for statement in jsondecode(policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
      ]
    ]))
    error_message = "An action is granted by a wildcard."
  }

  assert {
    condition     = aws_eks_node_group.this["builds"].capacity_type == "SPOT" && one(aws_eks_node_group.this["builds"].taint).effect == "NO_SCHEDULE"
    error_message = "A node group is not as asked."
  }
}

run "private_and_without_extensions" {
  command = apply

  variables {
    eks_extensions = false
  }

  assert {
    condition     = !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "Unasked, the API answers inside the VPC only."
  }

  assert {
    condition = (
      length(aws_eks_addon.before_nodes) + length(aws_eks_addon.after_nodes) + length(aws_eks_access_entry.admin) == 0 &&
      !output.trust.associate
    )
    error_message = "Something asks for what the stand-in does not know."
  }
}

run "refuses_the_whole_internet_and_impossible_groups" {
  command = plan

  variables {
    api_cidrs          = ["0.0.0.0/0"]
    kubernetes_version = "latest"
    subnet_ids         = ["subnet-a"]
    admin_role_arns    = ["arn:aws:iam::123456789012:role/*"]
    node_groups        = { general = { instance_types = ["m6i.large"], min = 3, max = 2, capacity_type = "FREE", disk_gib = 5 } }
  }

  expect_failures = [var.api_cidrs, var.kubernetes_version, var.subnet_ids, var.admin_role_arns, var.node_groups]
}
