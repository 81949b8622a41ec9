#!/usr/bin/env bash
# From an AWS account to the running platform: state bucket, infrastructure, images, Kubernetes objects.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/command-line.sh
. "$(dirname "$0")/lib/command-line.sh"
# shellcheck source-path=SCRIPTDIR source=lib/environment.sh
. "$(dirname "$0")/lib/environment.sh"
# shellcheck source-path=SCRIPTDIR source=lib/terraform-run.sh
. "$(dirname "$0")/lib/terraform-run.sh"

usage() {
  cat <<'HELP'
Usage: one-click-up.sh [options] ENVIRONMENT

ENVIRONMENT is development, staging or production. Credentials and region come from AWS_* as for the AWS CLI. Each step
does only what is missing: run it again after a failure, or to bring an environment up to date.

  1. the bucket of Terraform's states (infra-oneclick/terraform/bootstrap), unless the account has it
  2. infra-oneclick/terraform/environments/ENVIRONMENT: the plan is saved, shown, asked about, and applied as shown
  3. a kubeconfig in .data/one-click/ENVIRONMENT
  4. deploy-all.sh: images, secrets, k8s/overlays, migrations, waiting until everything runs

  --yes                     ask nothing
  --dry-run                 say what would be done
  --var NAME=VALUE          a variable of Terraform; again for more
  --var-file FILE           a file of variables
  --installation NAME       the beginning of the state bucket's name (aws-deployer)
  --backend-config K=V|FILE the state's backend, instead of step 1; again for more
  --tag TAG                 these images, built and pushed before; default: the commit's, built now
  --url URL                 checked when all runs
  --plan-only               end with the plan of step 2, which is kept in .data/one-click/ENVIRONMENT
  --planned                 apply just the plan that was kept
  --infrastructure-only     end after step 3
  --help
HELP
}

name='' installation=aws-deployer infrastructure_only=false
deploy_options=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry_run=true && deploy_options+=(--dry-run) ;;
    --yes) assume_yes=true ;;
    --plan-only) plan_only=true ;;
    --planned) planned=true ;;
    --infrastructure-only) infrastructure_only=true ;;
    --var) variables+=("-var=$(value "$1" "$@")") && shift ;;
    --var-file) variables+=("-var-file=$(realpath "$(value "$1" "$@")")") && shift ;;
    --installation) installation=$(value "$1" "$@") && shift ;;
    --backend-config) backend_settings+=("$(value "$1" "$@")") && shift ;;
    --tag) deploy_options+=(--no-build --tag "$(value "$1" "$@")") && shift ;;
    --url) deploy_options+=(--url "$(value "$1" "$@")") && shift ;;
    -*) refuse "unknown option $1" ;;
    *) if [ -n "$name" ]; then refuse 'one environment at a time'; fi && name=$1 ;;
  esac
  shift
done
choose_environment "$name"
need terraform aws jq
if ! $infrastructure_only; then need kubectl; fi
choose_region
make_state_folder

say "1. the bucket of states"
if [ "${#backend_settings[@]}" -eq 0 ]; then
  if $dry_run; then
    printf 'would look for the bucket %s-state-<account>, and make it where it is missing:\n' "$installation"
    run terraform -chdir="$terraform_folder/bootstrap" init -input=false
    saved_plan "$terraform_folder/bootstrap" "$state_folder/bootstrap.plan" 'Make the bucket of states?' yes "-var=name=$installation"
    state_bucket=$installation-state-ACCOUNT
  elif find_state_bucket "$installation"; then
    say "$state_bucket is there"
  else
    terraform -chdir="$terraform_folder/bootstrap" init -input=false >&2
    saved_plan "$terraform_folder/bootstrap" "$state_folder/bootstrap.plan" 'Make the bucket of states?' yes "-var=name=$installation"
    find_state_bucket "$installation" || die 'the bucket of states was made and is not there'
  fi
fi
use_backend

say "2. the infrastructure of $environment"
init_environment
saved_plan "$environment_folder" "$state_folder/up.plan" "Make these changes to $environment?" yes "${variables[@]}"
if $plan_only; then
  say "the plan is kept; go on with --planned"
  exit 0
fi

say "3. the way to the cluster"
kubeconfig=$state_folder/kubeconfig
wait_until 1800 "the cluster's kubeconfig" fetch_kubeconfig "$kubeconfig"
if $infrastructure_only; then
  say "done; export KUBECONFIG=$kubeconfig"
  exit 0
fi

say "4. the platform"
if $dry_run; then
  registry=REGISTRY
else
  # One repository for each service: what they have in common is the registry's address and prefix.
  registry=$(output_of repositories | jq -r '[to_entries[] | .value | sub("/[^/]*$"; "")] | first')
fi
export KUBECONFIG=$kubeconfig
"$repository_root/scripts/deploy-all.sh" --registry "$registry" "${deploy_options[@]}" "$environment"
say "done; export KUBECONFIG=$kubeconfig"
