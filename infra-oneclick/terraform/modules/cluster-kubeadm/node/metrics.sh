#!/usr/bin/env bash
# metrics-server, which autoscaling and `kubectl top` read.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

# The kubelet's certificate is its own; what is asked never leaves this node.
patiently helm upgrade --install metrics-server metrics-server \
  --repo https://kubernetes-sigs.github.io/metrics-server --version "$METRICS_CHART" \
  --namespace kube-system --wait --timeout 10m --set 'args={--kubelet-insecure-tls}'
