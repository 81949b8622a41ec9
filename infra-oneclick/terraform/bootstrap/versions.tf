terraform {
  required_version = ">= 1.10, < 2"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 6"
    }
  }
}
