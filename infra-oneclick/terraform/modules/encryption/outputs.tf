output "key_arn" {
  description = "ARN of the key."
  # Whoever encrypts needs the policy, which the alias waits for.
  value      = aws_kms_key.this.arn
  depends_on = [aws_kms_alias.this]
}
