#!/usr/bin/env bash
# Applies OVERLAY with a kubeconfig that lives as long as this script, and waits for the Deployments of the namespaces named.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=kubeconfig.sh
. "$(dirname "$0")/kubeconfig.sh"

# A Job cannot be changed: the migrations of the revision before make room.
for namespace in $ROLLOUT_OF_NAMESPACES; do
  kubectl --namespace "$namespace" delete jobs --selector app.kubernetes.io/component=migration --ignore-not-found
done
kubectl apply --server-side -k "$OVERLAY"
for namespace in $ROLLOUT_OF_NAMESPACES; do
  if [ -z "$(kubectl --namespace "$namespace" get deployments -o name)" ]; then continue; fi
  kubectl --namespace "$namespace" rollout status deployment --timeout "$ROLLOUT_TIMEOUT"
done
