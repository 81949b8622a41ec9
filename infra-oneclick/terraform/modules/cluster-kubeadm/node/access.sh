#!/usr/bin/env bash
# Leaves the ways in where administrators find them: the kubeconfig and Grafana's password in Secrets Manager.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

umask 077
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

sed "s#server: https://.*:6443#server: https://$PUBLIC_ADDRESS:6443#" /etc/kubernetes/admin.conf >"$work/kubeconfig"
kubectl --namespace monitoring get secret grafana-admin -o 'jsonpath={.data.admin-password}' | base64 -d >"$work/grafana"

patiently aws secretsmanager put-secret-value --region "$AWS_REGION" --secret-id "$KUBECONFIG_SECRET" --secret-string "file://$work/kubeconfig" >/dev/null
patiently aws secretsmanager put-secret-value --region "$AWS_REGION" --secret-id "$GRAFANA_SECRET" --secret-string "file://$work/grafana" >/dev/null
