#!/usr/bin/env bash
# Prometheus, Alertmanager and Grafana, with the rules and dashboards that the platform brings. Grafana's password is made
# here and kept in the cluster and in Secrets Manager.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

kubectl create namespace monitoring --dry-run=client -o yaml | kubectl apply -f -
if ! kubectl --namespace monitoring get secret grafana-admin >/dev/null 2>&1; then
  head -c 24 /dev/urandom | base64 -w0 |
    kubectl --namespace monitoring create secret generic grafana-admin \
      --from-literal=admin-user=admin --from-file=admin-password=/dev/stdin
fi

values="$(mktemp)"
trap 'rm -f "$values"' EXIT
cat >"$values" <<VALUES
grafana:
  admin: { existingSecret: grafana-admin, userKey: admin-user, passwordKey: admin-password }
  persistence: { enabled: true, size: 5Gi }
  sidecar: { dashboards: { enabled: true, searchNamespace: ALL } }
prometheus:
  prometheusSpec:
    retention: ${PROMETHEUS_DAYS}d
    # Those of the platform as well as the chart's own.
    serviceMonitorSelectorNilUsesHelmValues: false
    podMonitorSelectorNilUsesHelmValues: false
    ruleSelectorNilUsesHelmValues: false
    storageSpec:
      volumeClaimTemplate:
        spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 20Gi } } }
VALUES
patiently helm upgrade --install monitoring kube-prometheus-stack \
  --repo https://prometheus-community.github.io/helm-charts --version "$PROMETHEUS_CHART" \
  --namespace monitoring --wait --timeout 15m --values "$values"
