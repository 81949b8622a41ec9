#!/usr/bin/env bash
# Applies OVERLAY with a kubeconfig that lives as long as this script, and waits for the Deployments of the namespaces named.

set -euo pipefail
umask 077
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

certificate=""
if [ "$API_CERTIFICATE" != - ]; then certificate="certificate-authority-data: $API_CERTIFICATE"; fi
user="{}"
if [ "$EKS_CLUSTER" != - ]; then
  ask="[eks, get-token, --region, $EKS_REGION, --cluster-name, $EKS_CLUSTER]"
  user="{ exec: { apiVersion: client.authentication.k8s.io/v1beta1, interactiveMode: Never, command: aws, args: $ask } }"
fi

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

# A Job cannot be changed: the migrations of the revision before make room.
for namespace in $ROLLOUT_OF_NAMESPACES; do
  kubectl --namespace "$namespace" delete jobs --selector app.kubernetes.io/component=migration --ignore-not-found
done
kubectl apply --server-side -k "$OVERLAY"
for namespace in $ROLLOUT_OF_NAMESPACES; do
  if [ -z "$(kubectl --namespace "$namespace" get deployments -o name)" ]; then continue; fi
  kubectl --namespace "$namespace" rollout status deployment --timeout "$ROLLOUT_TIMEOUT"
done
