#!/usr/bin/env bash
# Puts the public keys of the service accounts' tokens where AWS reads them: it hands out roles to pods by such tokens.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

keys="$(mktemp)"
trap 'rm -f "$keys"' EXIT
kubectl get --raw /openid/v1/jwks >"$keys"
patiently aws s3api put-object --region "$AWS_REGION" --bucket "$ISSUER_BUCKET" --key "$ISSUER_KEYS" --body "$keys" \
  --content-type application/json >/dev/null
