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
  2. infra-oneclick/terraform/environments/ENVIRONMENT: the plan is saved, shown, asked about, and applied as shown; on EKS
     with autoscaler, ingress-nginx and cert-manager (not: --var install_addons=false)
  3. a kubeconfig in .data/one-click/ENVIRONMENT
  4. deploy-all.sh: images, secrets, k8s/overlays with the region, buckets and roles of step 2, migrations, waiting until
     everything runs and is well

An interrupted run (Ctrl-C, SIGTERM) lets Terraform end what it has begun; the next one goes on from there. At the end, standard
output has the address of the platform, where its name must point to, and the kubeconfig.

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
  --unlock ID               break the lock of the state first: whoever held it is no more
  --infrastructure-only     end after step 3
  --help
HELP
}

name='' installation=aws-deployer infrastructure_only=false tag=''
deploy_options=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry_run=true && deploy_options+=(--dry-run) ;;
    --yes) assume_yes=true ;;
    --plan-only) plan_only=true ;;
    --planned) planned=true ;;
    --unlock) unlock=$(value "$1" "$@") && shift ;;
    --infrastructure-only) infrastructure_only=true ;;
    --var) variables+=("-var=$(value "$1" "$@")") && shift ;;
    --var-file) variables+=("-var-file=$(realpath "$(value "$1" "$@")")") && shift ;;
    --installation) installation=$(value "$1" "$@") && shift ;;
    --backend-config) backend_settings+=("$(value "$1" "$@")") && shift ;;
    --tag) tag=$(value "$1" "$@") && shift ;;
    --url) deploy_options+=(--url "$(value "$1" "$@")") && shift ;;
    -*) refuse "unknown option $1" ;;
    *) if [ -n "$name" ]; then refuse 'one environment at a time'; fi && name=$1 ;;
  esac
  shift
done
choose_environment "$name"
need terraform aws jq
# What the overlay expects of the cluster is there before it; Terraform has kubectl install that on EKS.
export TF_VAR_install_addons=${TF_VAR_install_addons:-true}
# What a later step cannot do without is better known now than after half an hour.
if ! $plan_only; then need kubectl curl; fi
if ! $infrastructure_only && ! $plan_only; then
  need openssl
  if [ -n "$tag" ]; then
    deploy_options+=(--no-build --tag "$tag")
  else
    need docker git
    if ! $dry_run; then tag_of_commit true >/dev/null; fi
  fi
fi
choose_region
if ! $dry_run; then find_account; fi
make_state_folder

# The bucket's own state cannot lie in it: it stays on this machine, one for each installation and account.
bootstrap_state() { printf '%s/%s-%s.tfstate\n' "$(dirname "$state_folder")" "$installation" "$1"; }
bootstrap() {
  initialized "$terraform_folder/bootstrap"
  saved_plan "$terraform_folder/bootstrap" "$state_folder/bootstrap.plan" 'Make the bucket of states?' yes \
    "-state=$(bootstrap_state "$1")" "-var=name=$installation"
}

say "1. the bucket of states"
if [ "${#backend_settings[@]}" -eq 0 ]; then
  if $dry_run; then
    printf 'would look for the bucket %s-state-<account>, and make it where it is missing:\n' "$installation"
    bootstrap ACCOUNT
    state_bucket=$installation-state-ACCOUNT
  else
    # What was begun here is brought to its end; a bucket of another making is taken as it is.
    if [ -f "$(bootstrap_state "$account")" ] || ! find_state_bucket "$installation"; then bootstrap "$account"; fi
    find_state_bucket "$installation" || die 'the bucket of states was made and is not there'
    expect_whole_bucket
    say "$state_bucket is there"
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
  say "done"
  printf 'kubeconfig  %s\n' "$kubeconfig"
  exit 0
fi

say "4. the platform"
if $dry_run; then
  registry=REGISTRY
  settings=()
else
  # One repository for each service: what they have in common is the registry's address and prefix.
  registry=$(output_of repositories | jq -r '[to_entries[] | .value | sub("/[^/]*$"; "")] | first')
  buckets=$(output_of buckets)
  settings=(--set "platform.AWS_REGION=$AWS_REGION" --set "backup.AWS_REGION=$AWS_REGION"
    --set "platform.CODEBUILD_BUCKET=$(jq -r .builds <<<"$buckets")" --set "backup.BACKUP_BUCKET=$(jq -r .backups <<<"$buckets")"
    --set "platform.CODEBUILD_SERVICE_ROLE_ARN=$(output_of build_defaults | jq -r .service_role)")
  # EKS gives pods their roles by itself.
  if [ "$(output_of cluster | jq -r .type)" = kubeadm ]; then
    settings+=(--set aws-roles.TOKEN_FILE=/var/run/secrets/aws/token)
    while read -r role; do settings+=(--set "aws-roles.$role"); done < <(output_of service_roles |
      jq -r '{ "codebuild-service", deployer, "infra-oneclick", "mysql-backup" } | to_entries[] | (.key | ascii_upcase | gsub("-"; "_")) + "=" + .value')
  fi
fi
export KUBECONFIG=$kubeconfig
"$repository_root/scripts/deploy-all.sh" --registry "$registry" "${settings[@]}" "${deploy_options[@]}" "$environment" >&2
if $dry_run; then exit 0; fi

namespace=$(namespace_of "$overlay_folder")
host=$(kubectl get ingresses --namespace "$namespace" --output json | jq -r 'first(.items[] | select(.spec.tls) | .spec.rules[0].host) // ""')
# The single node has an address of its own; elsewhere the ingress controller's load balancer has one.
address=$(output_of cluster | jq -r '.public_address // ""')
if [ -z "$address" ]; then
  address=$(kubectl get ingresses --namespace "$namespace" --output json |
    jq -r 'first(.items[].status.loadBalancer.ingress[]? | .hostname // .ip) // ""')
fi
case $host in
  *.example.com) say "$host is an example: set the platform's own name in ${overlay_folder#"$repository_root"/} and run this again" ;;
esac
if [ -z "$address" ]; then
  say "no address yet: the cluster has no ingress controller, or its load balancer is still being made; kubectl get ingress --namespace $namespace"
fi
say "done"
printf 'url         https://%s\naddress     %s\nkubeconfig  %s\n' "$host" "${address:--}" "$kubeconfig"
