#!/usr/bin/env bash
# One node that is control plane and worker, by kubeadm. Kubernetes Secrets are encrypted in etcd with a key that stays on
# this node; Calico holds NetworkPolicies. etcd lies on the data volume, and beside it what it cannot be read without: the
# authorities, the service accounts' key and the encryption key. An instance that takes the place of this one goes on with them.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

etc="${ETC_FOLDER:-/etc}"
mkdir -p "$etc/kubernetes"
cat >"$etc/yum.repos.d/kubernetes.repo" <<REPO
[kubernetes]
name=Kubernetes
baseurl=https://pkgs.k8s.io/core:/stable:/v$KUBERNETES_VERSION/rpm/
enabled=1
gpgcheck=1
gpgkey=https://pkgs.k8s.io/core:/stable:/v$KUBERNETES_VERSION/rpm/repodata/repomd.xml.key
exclude=kubelet kubeadm kubectl cri-tools kubernetes-cni
REPO
patiently dnf install -y -q --disableexcludes=kubernetes kubelet kubeadm kubectl
# Without its volume, etcd would begin an empty one on the root disk.
mkdir -p "$etc/systemd/system/kubelet.service.d"
printf '[Unit]\nRequiresMountsFor=%s\n' "$DATA_FOLDER" >"$etc/systemd/system/kubelet.service.d/data-volume.conf"
systemctl daemon-reload
systemctl enable kubelet

kept="$DATA_FOLDER/kubernetes"
install -d -m 0700 "$kept" "$kept/encryption"
if [ ! -e "$kept/encryption/config.yaml" ]; then
  umask 077
  cat >"$kept/encryption/config.yaml.new" <<CONFIG
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox:
          keys:
            - name: first
              secret: $(head -c 32 /dev/urandom | base64 -w0)
      - identity: {}
CONFIG
  umask 022
  mv "$kept/encryption/config.yaml.new" "$kept/encryption/config.yaml"
fi

# Images in ECR are pulled with the login of the node's role: ecr-login.sh.
cat >"$etc/kubernetes/credential-providers.yaml" <<'CONFIG'
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
  - name: ecr-login.sh
    apiVersion: credentialprovider.kubelet.k8s.io/v1
    matchImages: ["*.dkr.ecr.*.amazonaws.com", "*.dkr.ecr.*.amazonaws.com.cn"]
    defaultCacheDuration: 6h
CONFIG

cat >"$etc/kubernetes/kubeadm.yaml" <<CONFIG
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration:
  name: $NODE_NAME
  criSocket: unix:///run/containerd/containerd.sock
  taints: []
  kubeletExtraArgs:
    - name: image-credential-provider-config
      value: /etc/kubernetes/credential-providers.yaml
    - name: image-credential-provider-bin-dir
      value: /opt/aws-deployer
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: $NODE_NAME
etcd:
  local:
    dataDir: $DATA_FOLDER/etcd
networking:
  podSubnet: $POD_CIDR
  serviceSubnet: $SERVICE_CIDR
apiServer:
  certSANs: ["$PUBLIC_ADDRESS"]
  extraArgs:
    - name: service-account-issuer
      value: $ISSUER
    - name: service-account-jwks-uri
      value: $ISSUER/$ISSUER_KEYS
    - name: encryption-provider-config
      value: /etc/kubernetes/encryption/config.yaml
  extraVolumes:
    - name: encryption
      hostPath: $kept/encryption
      mountPath: /etc/kubernetes/encryption
      readOnly: true
      pathType: Directory
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
CONFIG

if [ ! -e "$etc/kubernetes/admin.conf" ]; then
  patiently kubeadm config images pull --config "$etc/kubernetes/kubeadm.yaml"
  if [ -e "$kept/pki" ]; then
    mkdir -p "$etc/kubernetes/pki"
    cp -a "$kept/pki/." "$etc/kubernetes/pki/"
  else
    # Kept before there is an etcd, and all of them or none.
    kubeadm init phase certs all --config "$etc/kubernetes/kubeadm.yaml"
    rm -rf "$kept/pki.new"
    install -d -m 0700 "$kept/pki.new"
    (cd "$etc/kubernetes/pki" && cp -a --parents {ca,front-proxy-ca,etcd/ca}.{crt,key} sa.{key,pub} "$kept/pki.new")
    mv "$kept/pki.new" "$kept/pki"
  fi
  # The etcd of the instance before may be there.
  kubeadm init --config "$etc/kubernetes/kubeadm.yaml" --ignore-preflight-errors="DirAvailable-${DATA_FOLDER//\//-}-etcd"
fi

calico="$etc/kubernetes/calico.yaml"
fetch "https://raw.githubusercontent.com/projectcalico/calico/$CALICO_VERSION/manifests/calico.yaml" "$calico"
patiently kubectl apply --server-side --force-conflicts -f "$calico"
kubectl wait --for=condition=Ready "node/$NODE_NAME" --timeout=600s
