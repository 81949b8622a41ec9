#!/usr/bin/env bash
# The default storage class `gp3`: folders on the data volume, which is gp3 and encrypted.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

base="https://raw.githubusercontent.com/rancher/local-path-provisioner/$LOCAL_PATH_VERSION/deploy/local-path-storage.yaml"
fetch "$base" /opt/aws-deployer/local-path-storage.yaml
sed -i 's#/opt/local-path-provisioner#/var/lib/aws-deployer/volumes#' /opt/aws-deployer/local-path-storage.yaml
patiently kubectl apply -f /opt/aws-deployer/local-path-storage.yaml
kubectl apply -f - <<'CLASS'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: gp3
  annotations:
    storageclass.kubernetes.io/is-default-class: "true"
provisioner: rancher.io/local-path
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Retain
CLASS
