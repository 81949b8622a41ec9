#!/usr/bin/env bash
# The platform itself, where its overlay was named.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

if [ "$OVERLAY_URL" = - ]; then
  say "no overlay was named; apply one with: kubectl apply --server-side -k k8s/overlays/<environment>"
  exit 0
fi
patiently dnf install -y -q git
patiently kubectl apply --server-side -k "$OVERLAY_URL"
