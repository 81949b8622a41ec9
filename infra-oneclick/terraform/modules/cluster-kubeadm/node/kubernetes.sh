#!/usr/bin/env bash
# One node that is control plane and worker, by kubeadm. Kubernetes Secrets are encrypted in etcd with a key that stays on
# this node; Calico holds NetworkPolicies.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

cat >/etc/yum.repos.d/kubernetes.repo <<REPO
[kubernetes]
name=Kubernetes
baseurl=https://pkgs.k8s.io/core:/stable:/v$KUBERNETES_VERSION/rpm/
enabled=1
gpgcheck=1
gpgkey=https://pkgs.k8s.io/core:/stable:/v$KUBERNETES_VERSION/rpm/repodata/repomd.xml.key
exclude=kubelet kubeadm kubectl cri-tools kubernetes-cni
REPO
patiently dnf install -y -q --disableexcludes=kubernetes kubelet kubeadm kubectl
systemctl enable kubelet

mkdir -p /etc/kubernetes/encryption
if [ ! -e /etc/kubernetes/encryption/config.yaml ]; then
  umask 077
  cat >/etc/kubernetes/encryption/config.yaml <<CONFIG
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
fi

# Images in ECR are pulled with the login of the node's role: ecr-login.sh.
cat >/etc/kubernetes/credential-providers.yaml <<'CONFIG'
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
  - name: ecr-login.sh
    apiVersion: credentialprovider.kubelet.k8s.io/v1
    matchImages: ["*.dkr.ecr.*.amazonaws.com", "*.dkr.ecr.*.amazonaws.com.cn"]
    defaultCacheDuration: 6h
CONFIG

cat >/etc/kubernetes/kubeadm.yaml <<CONFIG
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
networking:
  podSubnet: $POD_CIDR
  serviceSubnet: $SERVICE_CIDR
apiServer:
  certSANs: ["$PUBLIC_ADDRESS"]
  extraArgs:
    - name: encryption-provider-config
      value: /etc/kubernetes/encryption/config.yaml
  extraVolumes:
    - name: encryption
      hostPath: /etc/kubernetes/encryption
      mountPath: /etc/kubernetes/encryption
      readOnly: true
      pathType: Directory
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
CONFIG

if [ ! -e /etc/kubernetes/admin.conf ]; then
  patiently kubeadm config images pull --config /etc/kubernetes/kubeadm.yaml
  kubeadm init --config /etc/kubernetes/kubeadm.yaml
fi

fetch "https://raw.githubusercontent.com/projectcalico/calico/$CALICO_VERSION/manifests/calico.yaml" /opt/aws-deployer/calico.yaml
patiently kubectl apply --server-side --force-conflicts -f /opt/aws-deployer/calico.yaml
kubectl wait --for=condition=Ready "node/$NODE_NAME" --timeout=600s
