#!/usr/bin/env bash
# Read by every other script here: what Terraform wrote down, and patience with the network.

set -euo pipefail

SETTINGS_FILE="${SETTINGS_FILE:-/etc/aws-deployer/node.env}"
set -a
# shellcheck source=/dev/null
. "$SETTINGS_FILE"
set +a

export KUBECONFIG="${KUBECONFIG:-/etc/kubernetes/admin.conf}"
export HOME="${HOME:-/root}"
# Where the data volume is mounted.
export DATA_FOLDER="${DATA_FOLDER:-/var/lib/aws-deployer}"

say() {
  printf '%s %s\n' "$(date -u +%H:%M:%SZ)" "$*"
}

# patiently COMMAND…: runs it up to 10 times. A mirror that is away for a minute does not end the set-up.
patiently() {
  local attempt
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    if "$@"; then return 0; fi
    say "attempt $attempt of 10 failed: $*" >&2
    sleep "${RETRY_SECONDS:-15}"
  done
  return 1
}

# fetch URL FILE
fetch() {
  patiently curl --fail --silent --show-error --location --proto '=https' --tlsv1.2 --max-time 300 --output "$2" "$1"
}

# verify FILE SHA256: ends the set-up where the file is not what it should be.
verify() {
  printf '%s  %s\n' "$2" "$1" | sha256sum --check --status || {
    say "$1 does not have the checksum $2"
    return 1
  }
}
