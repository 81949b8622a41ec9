# What runs in every cluster and is AWS's to keep current, and the roles of what works on AWS from within.

locals {
  pod_trust = {
    pod_identity = true
    # The endpoint must know associations.
    associate    = var.eks_extensions
    cluster_arn  = aws_eks_cluster.this.arn
    cluster_name = aws_eks_cluster.this.name
  }

  addons = {
    vpc-cni = {
      # Without it, NetworkPolicies are accepted and do nothing.
      configuration = jsonencode({ enableNetworkPolicy = "true" })
      before_nodes  = true
    }
    kube-proxy             = { configuration = null, before_nodes = true }
    eks-pod-identity-agent = { configuration = null, before_nodes = true }
    coredns                = { configuration = null, before_nodes = false }
    metrics-server         = { configuration = null, before_nodes = false }
    aws-ebs-csi-driver = {
      # A default storage class on gp3. The tags tell disks of volume claims from those of other environments when this one ends.
      configuration = jsonencode({
        defaultStorageClass = { enabled = true }
        controller          = { extraVolumeTags = var.tags }
      })
      before_nodes = false
    }
  }
}

module "ebs_csi_role" {
  source = "../pod-role"

  name             = "${var.name}-ebs-csi"
  namespace        = "kube-system"
  service_account  = "ebs-csi-controller-sa"
  trust            = local.pod_trust
  managed_policies = ["service-role/AmazonEBSCSIDriverPolicy"]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = ["kms:CreateGrant"]
        Resource  = [var.kms_key_arn]
        Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
      },
      {
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"]
        Resource = [var.kms_key_arn]
      },
    ]
  })
}

module "autoscaler_role" {
  source = "../pod-role"

  name            = "${var.name}-autoscaler"
  namespace       = "kube-system"
  service_account = "cluster-autoscaler"
  trust           = local.pod_trust

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # These know no resources.
        Sid    = "Look"
        Effect = "Allow"
        Action = [
          "autoscaling:DescribeAutoScalingGroups",
          "autoscaling:DescribeAutoScalingInstances",
          "autoscaling:DescribeLaunchConfigurations",
          "autoscaling:DescribeScalingActivities",
          "ec2:DescribeImages",
          "ec2:DescribeInstanceTypes",
          "ec2:DescribeLaunchTemplateVersions",
          "ec2:GetInstanceTypesFromInstanceRequirements",
        ]
        Resource  = ["*"]
        Condition = {}
      },
      {
        Sid       = "NodeGroups"
        Effect    = "Allow"
        Action    = ["eks:DescribeNodegroup"]
        Resource  = ["arn:${local.partition}:eks:*:${data.aws_caller_identity.this.account_id}:nodegroup/${var.name}/*"]
        Condition = {}
      },
      {
        # EKS tags the groups of its node groups so.
        Sid       = "ScaleOwnGroups"
        Effect    = "Allow"
        Action    = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
        Resource  = ["*"]
        Condition = { StringEquals = { "aws:ResourceTag/k8s.io/cluster-autoscaler/${var.name}" = "owned" } }
      },
    ]
  })
}

resource "aws_eks_addon" "before_nodes" {
  for_each = { for name, addon in local.addons : name => addon if var.eks_extensions && addon.before_nodes }

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  configuration_values        = each.value.configuration
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
}

resource "aws_eks_addon" "after_nodes" {
  for_each = { for name, addon in local.addons : name => addon if var.eks_extensions && !addon.before_nodes }

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  configuration_values        = each.value.configuration
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  # They are ready only once their pods have a node to run on.
  depends_on = [aws_eks_node_group.this, aws_eks_addon.before_nodes, module.ebs_csi_role]
}
