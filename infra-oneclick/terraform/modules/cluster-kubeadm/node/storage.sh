#!/usr/bin/env bash
# The default storage class `gp3`: folders on the data volume, which is gp3 and encrypted. And the EBS CSI driver, for storage
# classes that ask for volumes of their own.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

base="https://raw.githubusercontent.com/rancher/local-path-provisioner/$LOCAL_PATH_VERSION/deploy/local-path-storage.yaml"
fetch "$base" /opt/aws-deployer/local-path-storage.yaml
sed -i "s#/opt/local-path-provisioner#$DATA_FOLDER/volumes#" /opt/aws-deployer/local-path-storage.yaml
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

# Its volumes bear the tag kubernetes.io/cluster/<name>=owned: by it they are found when the environment ends. The controller
# has its role by a token; the part on the node asks the metadata which instance this is, and they answer the host only.
values="$(mktemp)"
trap 'rm -f "$values"' EXIT
cat >"$values" <<VALUES
controller:
  replicaCount: 1
  k8sTagClusterId: $NODE_NAME
  region: $AWS_REGION
  env:
    - { name: AWS_ROLE_ARN, value: "$EBS_CSI_ROLE" }
    - { name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /var/run/secrets/aws/token }
  volumes:
    - name: aws-token
      projected:
        sources: [{ serviceAccountToken: { audience: sts.amazonaws.com, expirationSeconds: 3600, path: token } }]
  volumeMounts:
    - { name: aws-token, mountPath: /var/run/secrets/aws, readOnly: true }
node:
  hostNetwork: true
VALUES
patiently helm upgrade --install aws-ebs-csi-driver aws-ebs-csi-driver \
  --repo https://kubernetes-sigs.github.io/aws-ebs-csi-driver --version "$EBS_CSI_CHART" \
  --namespace kube-system --wait --timeout 10m --values "$values"
