#!/usr/bin/env bash
# Mounts the data volume, which may come a while after the instance. Only a volume without a file system is given one.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

patiently test -b "$DATA_DEVICE"
device="$(readlink -f "$DATA_DEVICE")"
if [ -z "$(blkid -o value -s TYPE "$device" || true)" ]; then
  mkfs.xfs -L aws-deployer "$device"
fi
mkdir -p "$DATA_FOLDER"
if ! grep -q "^LABEL=aws-deployer " /etc/fstab; then
  echo "LABEL=aws-deployer $DATA_FOLDER xfs defaults,noatime,nofail 0 2" >>/etc/fstab
fi
mountpoint -q "$DATA_FOLDER" || mount "$DATA_FOLDER"
