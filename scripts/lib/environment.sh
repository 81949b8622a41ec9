# shellcheck shell=bash
# An environment by its name: where its Terraform lies, which overlay is applied to its cluster, and where this machine keeps
# what a run writes (plans, kubeconfig: readable by their owner only). Sourced after command-line.sh.
# shellcheck disable=SC2154 # whose variables these are

# The variables are read by the scripts that source this file.
# shellcheck disable=SC2034
choose_environment() {
  case $1 in
    dev | development) environment=development overlay_name=dev ;;
    staging) environment=staging overlay_name=staging ;;
    prod | production) environment=production overlay_name=production ;;
    '') refuse 'name the ENVIRONMENT: development, staging or production' ;;
    *) refuse "there is no environment $1: it is development, staging or production" ;;
  esac
  terraform_folder=$repository_root/infra-oneclick/terraform
  environment_folder=$terraform_folder/environments/$environment
  overlay_folder=$repository_root/k8s/overlays/$overlay_name
  state_folder=${ONE_CLICK_FOLDER:-$repository_root/.data/one-click}/$environment
}

make_state_folder() {
  if $dry_run; then return; fi
  (umask 077 && mkdir -p "$state_folder")
}

# tag_of_commit BUILD: the commit names the images; those that are built now must hold it as it is. With --dry-run it is said what the real run would refuse.
tag_of_commit() {
  local commit
  if ! commit=$(git -C "$repository_root" rev-parse --short=12 HEAD 2>/dev/null); then
    if ! $dry_run; then die "$repository_root is no Git checkout, so there is no commit to name the images by: give --tag"; fi
    commit=COMMIT
  elif $1 && [ -n "$(git -C "$repository_root" status --porcelain)" ]; then
    if ! $dry_run; then die 'the checkout has changes that are in no commit: commit them, or name the images with --tag'; fi
    say 'the checkout has changes that are in no commit: the real run refuses them, or takes a --tag'
  fi
  printf '%s\n' "$commit"
}

# The namespace of an overlay is a line of its kustomization.
namespace_of() {
  local name
  name=$(sed -n 's/^namespace: *//p' "$1/kustomization.yaml" 2>/dev/null | head -n 1) || name=''
  if [ -z "$name" ]; then die "$1/kustomization.yaml names no namespace"; fi
  printf '%s\n' "$name"
}
