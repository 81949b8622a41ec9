# Who reaches the node, what it reaches, and what it may do at AWS.

locals {
  egress_purposes = {
    "22"  = "Git over SSH"
    "80"  = "Packages over HTTP"
    "443" = "AWS, images, packages and Git over HTTPS"
    "587" = "Mail to be sent on"
  }
}

resource "aws_security_group" "node" {
  name        = var.name
  description = "The node of ${var.name}: HTTP and HTTPS for all, the Kubernetes API for named ranges"
  vpc_id      = var.vpc_id

  tags = { Name = var.name }
}

resource "aws_vpc_security_group_ingress_rule" "web" {
  for_each = toset(["80", "443"])

  security_group_id = aws_security_group.node.id
  description       = each.key == "80" ? "HTTP, for redirects and certificates" : "HTTPS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = tonumber(each.key)
  to_port           = tonumber(each.key)
}

resource "aws_vpc_security_group_ingress_rule" "kubernetes_api" {
  for_each = toset(var.api_cidrs)

  security_group_id = aws_security_group.node.id
  description       = "Kubernetes API"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 6443
  to_port           = 6443
}

# Packages, images, AWS, Git and mail. DNS and time are the VPC's own and pass no security group.
resource "aws_vpc_security_group_egress_rule" "out" {
  for_each = toset([for port in var.egress_ports : tostring(port)])

  security_group_id = aws_security_group.node.id
  description       = lookup(local.egress_purposes, each.key, "Port ${each.key} of other hosts")
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = tonumber(each.key)
  to_port           = tonumber(each.key)
}

moved {
  from = aws_vpc_security_group_egress_rule.web
  to   = aws_vpc_security_group_egress_rule.out
}

resource "aws_iam_role" "node" {
  name = "${var.name}-single-node"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["sts:AssumeRole"]
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "node" {
  for_each = toset(["AmazonSSMManagedInstanceCore", "AmazonEC2ContainerRegistryPullOnly"])

  role       = aws_iam_role.node.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/${each.key}"
}

resource "aws_iam_role_policy" "secrets" {
  name = "write-access-secrets"
  role = aws_iam_role.node.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:PutSecretValue"]
        Resource = [aws_secretsmanager_secret.kubeconfig.arn, aws_secretsmanager_secret.grafana.arn]
      },
      {
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [var.kms_key_arn]
      },
    ]
  })
}

resource "aws_iam_role_policy" "ci_runner" {
  count = var.ci_runner == null ? 0 : 1
  name  = "read-runner-token"
  role  = aws_iam_role.node.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [var.ci_runner.token_secret]
    }]
  })
}

resource "aws_iam_instance_profile" "node" {
  name = "${var.name}-single-node"
  role = aws_iam_role.node.name
}

# Written by the node at the end of its first start; Terraform and its state never see what is in them.
resource "aws_secretsmanager_secret" "kubeconfig" {
  name                    = "${var.name}/node/kubeconfig"
  description             = "Administrator's kubeconfig of ${var.name}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.secret_recovery_days
}

resource "aws_secretsmanager_secret" "grafana" {
  name                    = "${var.name}/node/grafana"
  description             = "Password of Grafana's admin in ${var.name}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.secret_recovery_days
}
