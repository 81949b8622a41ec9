# Who vouches for a pod at AWS: the cluster's service account tokens, by an OIDC provider of the account. What AWS checks a token
# with lies in a bucket that everybody may read: public keys, and where they are. The private one never leaves the node.

locals {
  issuer_documents = { discovery = ".well-known/openid-configuration", keys = "openid/v1/jwks" }
  issuer           = "https://${var.issuer_bucket}.s3.${data.aws_region.this.name}.${data.aws_partition.this.dns_suffix}"
}

resource "aws_s3_bucket" "issuer" {
  bucket = var.issuer_bucket
  # The node can put them there again.
  force_destroy = true
}

# With a key of one's own only those could read who may use the key.
resource "aws_s3_bucket_server_side_encryption_configuration" "issuer" {
  bucket = aws_s3_bucket.issuer.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "issuer" {
  bucket                  = aws_s3_bucket.issuer.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_policy" "issuer" {
  bucket = aws_s3_bucket.issuer.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ReadKeysOverTls"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = [for document in values(local.issuer_documents) : "${aws_s3_bucket.issuer.arn}/${document}"]
      Condition = { Bool = { "aws:SecureTransport" = "true" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.issuer]
}

resource "aws_s3_object" "discovery" {
  bucket       = aws_s3_bucket.issuer.id
  key          = local.issuer_documents.discovery
  content_type = "application/json"
  content = jsonencode({
    issuer                                = local.issuer
    jwks_uri                              = "${local.issuer}/${local.issuer_documents.keys}"
    response_types_supported              = ["id_token"]
    subject_types_supported               = ["public"]
    id_token_signing_alg_values_supported = ["RS256"]
  })

  depends_on = [aws_s3_bucket_server_side_encryption_configuration.issuer]
}

resource "aws_iam_openid_connect_provider" "this" {
  url            = local.issuer
  client_id_list = ["sts.amazonaws.com"]

  tags = { Name = var.name }

  # AWS looks at the issuer when it is told of it.
  depends_on = [aws_s3_bucket_policy.issuer, aws_s3_object.discovery]
}

resource "aws_iam_role_policy" "issuer" {
  name = "publish-keys"
  role = aws_iam_role.node.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = ["${aws_s3_bucket.issuer.arn}/${local.issuer_documents.keys}"]
    }]
  })
}

# Volumes that Kubernetes makes by itself.
module "ebs_csi_role" {
  source = "../pod-role"

  name             = "${var.name}-ebs-csi"
  namespace        = "kube-system"
  service_account  = "ebs-csi-controller-sa"
  trust            = { oidc = true, oidc_provider_arn = aws_iam_openid_connect_provider.this.arn }
  managed_policies = ["service-role/AmazonEBSCSIDriverPolicy"]
}
