terraform {
  required_version = ">= 1.10, < 2"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 6"
    }
  }

  # Settings by `terraform init -backend-config=…`: those of the bootstrap's output, and a key of this environment's own.
  backend "s3" {}
}
