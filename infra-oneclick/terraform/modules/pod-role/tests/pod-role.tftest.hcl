mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  name            = "aws-deployer-test-history"
  namespace       = "aws-deployer"
  service_account = "history-service"
}

run "one_service_account_of_one_cluster" {
  command = apply

  variables {
    trust = {
      pod_identity      = true
      associate         = true
      cluster_name      = "test"
      cluster_arn       = "arn:aws:eks:us-east-1:123456789012:cluster/test"
      oidc              = true
      oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC"
    }
    managed_policies = ["service-role/AmazonEBSCSIDriverPolicy"]
  }

  assert {
    condition = (
      jsondecode(output.trust_policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == var.trust.cluster_arn &&
      jsondecode(output.trust_policy).Statement[1].Condition.StringEquals["oidc.eks.us-east-1.amazonaws.com/id/ABC:sub"] == "system:serviceaccount:aws-deployer:history-service"
    )
    error_message = "Others than this service account of this cluster could take the role."
  }

  assert {
    condition     = aws_eks_pod_identity_association.this[0].service_account == "history-service" && length(aws_iam_role_policy.this) == 0
    error_message = "The association is for someone else, or rights came from nowhere."
  }
}

run "oidc_alone_vouches" {
  command = apply

  variables {
    trust  = { oidc = true, oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/test-issuer.s3.us-east-1.amazonaws.com" }
    policy = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  }

  assert {
    condition = (
      length(jsondecode(output.trust_policy).Statement) == 1 &&
      jsondecode(output.trust_policy).Statement[0].Condition.StringEquals["test-issuer.s3.us-east-1.amazonaws.com:aud"] == "sts.amazonaws.com" &&
      jsondecode(output.trust_policy).Statement[0].Condition.StringEquals["test-issuer.s3.us-east-1.amazonaws.com:sub"] == "system:serviceaccount:aws-deployer:history-service" &&
      length(aws_eks_pod_identity_association.this) == 0
    )
    error_message = "Others than the service account could take the role."
  }
}

run "refuses_wildcards_and_nobody" {
  command = plan

  variables {
    namespace       = "*"
    service_account = "*"
    trust           = {}
  }

  expect_failures = [var.namespace, var.service_account, var.trust]
}
