#!/usr/bin/env bash
# containerd with systemd's control groups, and the kernel settings that pods' networks need.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

swapoff -a
printf 'overlay\nbr_netfilter\n' >/etc/modules-load.d/kubernetes.conf
modprobe overlay
modprobe br_netfilter
cat >/etc/sysctl.d/90-kubernetes.conf <<'SYSCTL'
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
net.ipv4.ip_forward = 1
fs.inotify.max_user_instances = 8192
fs.inotify.max_user_watches = 524288
SYSCTL
sysctl --system >/dev/null

patiently dnf install -y -q containerd runc iproute-tc conntrack-tools socat ethtool xfsprogs tar
mkdir -p /etc/containerd
containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/' >/etc/containerd/config.toml
systemctl enable containerd
systemctl restart containerd
