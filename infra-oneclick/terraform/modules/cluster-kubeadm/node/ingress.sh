#!/usr/bin/env bash
# The NGINX ingress on the node's own ports 80 and 443.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

case "$INGRESS_CONTROLLER" in
  nginx)
    patiently helm upgrade --install nginx-ingress oci://ghcr.io/nginx/charts/nginx-ingress \
      --version "$NGINX_INGRESS_CHART" --namespace nginx-ingress --create-namespace --wait --timeout 10m \
      --set controller.kind=daemonset --set controller.hostPort.enable=true --set controller.service.type=ClusterIP \
      --set controller.ingressClass.setAsDefaultIngress=true --set prometheus.create=true
    ;;
  ingress-nginx)
    patiently helm upgrade --install ingress-nginx ingress-nginx \
      --repo https://kubernetes.github.io/ingress-nginx --version "$INGRESS_NGINX_CHART" \
      --namespace ingress-nginx --create-namespace --wait --timeout 10m \
      --set controller.kind=DaemonSet --set controller.hostPort.enabled=true --set controller.service.type=ClusterIP \
      --set controller.ingressClassResource.default=true --set controller.metrics.enabled=true
    ;;
  *)
    say "no ingress controller is called $INGRESS_CONTROLLER"
    exit 1
    ;;
esac
