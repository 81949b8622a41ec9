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

# The namespace of an overlay is a line of its kustomization.
namespace_of() {
  local name
  name=$(sed -n 's/^namespace: *//p' "$1/kustomization.yaml" 2>/dev/null | head -n 1) || name=''
  if [ -z "$name" ]; then die "$1/kustomization.yaml names no namespace"; fi
  printf '%s\n' "$name"
}
