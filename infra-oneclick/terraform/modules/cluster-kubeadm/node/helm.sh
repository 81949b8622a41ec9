#!/usr/bin/env bash
# Helm, which the following steps install their charts with.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
archive="helm-$HELM_VERSION-linux-amd64.tar.gz"
fetch "https://get.helm.sh/$archive" "$work/$archive"
checksum="$HELM_SHA256"
if [ "$checksum" = - ]; then
  fetch "https://get.helm.sh/$archive.sha256sum" "$work/sum"
  checksum="$(cut -d' ' -f1 "$work/sum")"
fi
verify "$work/$archive" "$checksum"
tar -xzf "$work/$archive" -C "$work"
install -m 0755 "$work/linux-amd64/helm" /usr/local/bin/helm
