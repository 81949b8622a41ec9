output "arn" {
  description = "ARN of the role, for the annotation eks.amazonaws.com/role-arn where OIDC vouches."
  value       = aws_iam_role.this.arn
}

output "name" {
  description = "Name of the role."
  value       = aws_iam_role.this.name
}

output "trust_policy" {
  description = "Who may take the role, as JSON."
  value       = aws_iam_role.this.assume_role_policy
}

output "policy" {
  description = "What the pods may do, as JSON; null where nothing of their own."
  value       = one(aws_iam_role_policy.this[*].policy)
}
