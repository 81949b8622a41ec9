/** One-click infrastructure: drives Terraform. Its parts are imported by subpath. */
export {};
