#!/usr/bin/env bash
# Applies one manifest and waits for what it has made.
#   MANIFEST  an https:// address, a file, or - for the text in MANIFEST_TEXT
#   SHA256    its checksum, or - where none is known
#   JOBS      namespace/label=value of its Jobs, which make room for those of the version before; - where it has none
#   WAIT_FOR  what kubectl waits with, one command a line

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../platform/kubeconfig.sh
. "$(dirname "$0")/../platform/kubeconfig.sh"

# patiently COMMAND…: up to 10 times. A webhook that an add-on brings answers a moment after its pods are ready.
patiently() {
  local attempt
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    if "$@"; then return 0; fi
    echo "attempt $attempt of 10 failed: $*" >&2
    if [ "$attempt" -lt 10 ]; then sleep "${RETRY_SECONDS:-6}"; fi
  done
  return 1
}

file="$work/manifest.yaml"
case "$MANIFEST" in
  -) printf '%s\n' "$MANIFEST_TEXT" >"$file" ;;
  https://*)
    patiently curl --fail --silent --show-error --location --proto '=https' --tlsv1.2 --max-time 120 --output "$file" "$MANIFEST"
    ;;
  *) cp -- "$MANIFEST" "$file" ;;
esac
if [ "$SHA256" != - ]; then
  printf '%s  %s\n' "$SHA256" "$file" | sha256sum --check --status || {
    echo "$MANIFEST does not have the checksum $SHA256: nothing of it was applied" >&2
    exit 1
  }
fi

# A Job cannot be changed.
if [ "$JOBS" != - ]; then kubectl --namespace "${JOBS%%/*}" delete jobs --selector "${JOBS#*/}" --ignore-not-found; fi
patiently kubectl apply --server-side --filename "$file"
while read -r -a command; do
  if [ "${#command[@]}" -gt 0 ]; then kubectl "${command[@]}" --timeout "$READY_TIMEOUT" </dev/null; fi
done <<<"$WAIT_FOR"
