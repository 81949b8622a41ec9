#!/usr/bin/env bash
# Back to nothing: what Kubernetes has made at AWS goes first, then the infrastructure, then a look at what is left.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/command-line.sh
. "$(dirname "$0")/lib/command-line.sh"
# shellcheck source-path=SCRIPTDIR source=lib/environment.sh
. "$(dirname "$0")/lib/environment.sh"
# shellcheck source-path=SCRIPTDIR source=lib/terraform-run.sh
. "$(dirname "$0")/lib/terraform-run.sh"
# shellcheck source-path=SCRIPTDIR source=lib/aws-leftovers.sh
. "$(dirname "$0")/lib/aws-leftovers.sh"

usage() {
  cat <<'HELP'
Usage: one-click-down.sh [options] ENVIRONMENT

Destroys ENVIRONMENT (development, staging or production) AND ALL ITS DATA, except what is under an object lock.

  1. in its cluster: the overlay, Services of type LoadBalancer, Ingresses, Gateways, and volumes of every namespace, so
     that their load balancers and disks go
  2. terraform destroy, by a plan that is shown and asked about
  3. everything at AWS that still bears the environment's tags is listed; with anything left the exit code is 1

  --yes                     ask nothing
  --dry-run                 say what would be done
  --var NAME=VALUE, --var-file FILE, --installation NAME, --backend-config K=V|FILE
                            as they were given to one-click-up.sh
  --without-cluster         skip step 1: the cluster is gone, or cannot be reached
  --scan-only               step 3 only
  --unlock ID               break the lock of the state first: whoever held it is no more
  --patience SECONDS        that what is being deleted may still be seen (300)
  --help
HELP
}

name='' installation=aws-deployer without_cluster=false scan_only=false patience=300
while [ "$#" -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry_run=true ;;
    --yes) assume_yes=true ;;
    --without-cluster) without_cluster=true ;;
    --scan-only) scan_only=true ;;
    --unlock) unlock=$(value "$1" "$@") && shift ;;
    --patience) patience=$(number "$1" "$(value "$1" "$@")") && shift ;;
    --var) variables+=("-var=$(value "$1" "$@")") && shift ;;
    --var-file) variables+=("-var-file=$(realpath "$(value "$1" "$@")")") && shift ;;
    --installation) installation=$(value "$1" "$@") && shift ;;
    --backend-config) backend_settings+=("$(value "$1" "$@")") && shift ;;
    -*) refuse "unknown option $1" ;;
    *) if [ -n "$name" ]; then refuse 'one environment at a time'; fi && name=$1 ;;
  esac
  shift
done
choose_environment "$name"
# The beginning of all names, where it is not the usual one.
prefix=aws-deployer-$environment
for variable in "${variables[@]}"; do
  case $variable in -var=name=*) prefix=${variable#-var=name=} ;; esac
done
need terraform aws jq
choose_region
make_state_folder

# no_objects KINDS FILTER: whether the filter of jq finds nothing among these objects.
no_objects() { kubectl get "$1" --all-namespaces --output json 2>/dev/null | jq -e "[.items[] | select($2)] | length == 0" >/dev/null; }

delete_each() {
  local kind namespace object
  while read -r kind namespace object; do
    kubectl delete "$kind" "$object" --namespace "$namespace" --ignore-not-found --wait=false >&2
  done < <(kubectl get "$1" --all-namespaces --output json 2>/dev/null |
    jq -r ".items[] | select($2) | \"\(.kind | ascii_downcase) \(.metadata.namespace) \(.metadata.name)\"")
}

# A database's disk outlives its claim, by its storage class. Here its end is what was asked for: told so, its driver deletes it.
release_disks() {
  local volume
  while read -r volume; do
    kubectl patch persistentvolume "$volume" --type merge --patch '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}' >&2
  done < <(kubectl get persistentvolumes --output json |
    jq -r '.items[] | select(.spec.csi.driver == "ebs.csi.aws.com" and .spec.claimRef and
      .spec.persistentVolumeReclaimPolicy == "Retain") | .metadata.name')
}

sweep_cluster() {
  local is_balancer='.kind == "Service" and .spec.type == "LoadBalancer"'
  # Who runs pods would make them again, and a volume stays while a pod has it.
  local owners=deployments,statefulsets,daemonsets,cronjobs,jobs
  local ours='.metadata.namespace | IN("kube-system", "kube-public", "kube-node-lease") | not'
  if $dry_run; then
    printf 'would delete, in all namespaces: Ingresses, Gateways, Services of type LoadBalancer, workloads, volume claims\n'
    return
  fi
  if [ -d "$overlay_folder" ]; then
    kubectl delete --kustomize "$overlay_folder" --ignore-not-found --wait=false >&2 || say 'the overlay is not gone as a whole; going on'
  fi
  delete_each ingresses.networking.k8s.io true
  if kubectl get crd gateways.gateway.networking.k8s.io >/dev/null 2>&1; then delete_each gateways.gateway.networking.k8s.io true; fi
  delete_each services "$is_balancer"
  wait_until "$patience" 'the end of the load balancers' no_objects services "$is_balancer" ||
    die 'a load balancer does not go: kubectl describe service says why'
  # The controllers that delete volumes run in kube-system: they stay.
  delete_each "$owners" "$ours"
  release_disks
  delete_each persistentvolumeclaims true
  wait_until "$patience" 'the end of the volumes' no_objects persistentvolumes '.spec.persistentVolumeReclaimPolicy != "Retain"' ||
    die 'a volume does not go: kubectl describe persistentvolume says why'
}

if ! $scan_only; then
  if ! $without_cluster; then need kubectl; fi
  confirm "Destroy $environment with all its data?" "$environment"
  if $dry_run; then
    state_bucket=$installation-state-ACCOUNT
  elif [ "${#backend_settings[@]}" -eq 0 ]; then
    find_account
    find_state_bucket "$installation" || die "there is no bucket of states $installation-state-<account>: nothing to destroy is known; --scan-only looks for leftovers"
  fi
  use_backend
  init_environment

  say '1. what Kubernetes has made'
  if $without_cluster; then
    say 'skipped'
  elif $dry_run; then
    sweep_cluster
  elif output_of cluster >/dev/null && fetch_kubeconfig "$state_folder/kubeconfig"; then
    export KUBECONFIG=$state_folder/kubeconfig
    kubectl get --raw /readyz >/dev/null || die 'the cluster cannot be reached: its load balancers and volumes would be left behind. --without-cluster goes on all the same'
    sweep_cluster
  else
    say 'there is no cluster'
  fi

  say '2. the infrastructure'
  # What is asked about is the plan as well as the environment.
  saved_plan "$environment_folder" "$state_folder/down.plan" "Destroy all this?" "$environment" -destroy "${variables[@]}"
  run rm -f "$state_folder/kubeconfig"
fi

say '3. what is left'
if $dry_run; then
  printf 'would list what bears the tags Project=aws-deployer and Environment=%s\n' "$environment"
  exit 0
fi
if wait_until "$patience" 'the end of everything' nothing_left "$environment" "$prefix"; then
  say 'nothing'
else
  say 'still there:'
  leftovers "$environment" "$prefix"
  exit 1
fi
