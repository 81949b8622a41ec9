#!/usr/bin/env bash
# cert-manager, and the issuers that the overlays name.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

patiently helm upgrade --install cert-manager cert-manager \
  --repo https://charts.jetstack.io --version "$CERT_MANAGER_CHART" \
  --namespace cert-manager --create-namespace --wait --timeout 10m --set crds.enabled=true
patiently kubectl apply --server-side --filename "$(dirname "$0")/issuers.yaml"
