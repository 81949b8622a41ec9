#!/usr/bin/env bash
# Applies OVERLAY with a kubeconfig that lives as long as this script, and waits for the Deployments of the namespaces named.

set -euo pipefail
umask 077
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

certificate=""
if [ "$API_CERTIFICATE" != - ]; then certificate="certificate-authority-data: $API_CERTIFICATE"; fi
user="{}"
if [ "$API_TOKEN" != - ]; then user="{ token: \"$API_TOKEN\" }"; fi

cat >"$work/config" <<CONFIG
apiVersion: v1
kind: Config
current-context: platform
contexts:
  - { name: platform, context: { cluster: platform, user: platform } }
clusters:
  - name: platform
    cluster:
      server: $API_ENDPOINT
      $certificate
users:
  - { name: platform, user: $user }
CONFIG
export KUBECONFIG="$work/config"

kubectl apply --server-side -k "$OVERLAY"
for namespace in $ROLLOUT_OF_NAMESPACES; do
  if [ -z "$(kubectl --namespace "$namespace" get deployments -o name)" ]; then continue; fi
  kubectl --namespace "$namespace" rollout status deployment --timeout "$ROLLOUT_TIMEOUT"
done
