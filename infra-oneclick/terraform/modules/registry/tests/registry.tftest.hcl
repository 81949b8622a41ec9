mock_provider "aws" {
  source = "../../testing/mocks"
}

variables {
  prefix       = "aws-deployer"
  repositories = ["deployer", "frontend"]
  kms_key_arn  = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
}

run "scanned_encrypted_immutable" {
  command = apply

  assert {
    condition = alltrue([
      for repository in aws_ecr_repository.this :
      repository.image_scanning_configuration[0].scan_on_push && repository.image_tag_mutability == "IMMUTABLE" &&
      repository.encryption_configuration[0].kms_key == var.kms_key_arn && !repository.force_delete
    ])
    error_message = "A repository is not scanned, not encrypted, lets tags move, or would go with its images."
  }

  assert {
    condition     = join(" ", sort([for repository in aws_ecr_repository.this : repository.name])) == "aws-deployer/deployer aws-deployer/frontend"
    error_message = "The repositories are not below the prefix."
  }

  assert {
    condition = alltrue([
      for policy in aws_ecr_lifecycle_policy.this : [for rule in jsondecode(policy.policy).rules : rule.selection.countNumber] == [14, 100]
    ])
    error_message = "A repository grows for ever."
  }
}

run "refuses_bad_names_and_counts" {
  command = plan

  variables {
    prefix        = "a/b"
    repositories  = ["Deployer"]
    images_kept   = 1
    untagged_days = 0
  }

  expect_failures = [var.prefix, var.repositories, var.images_kept, var.untagged_days]
}
