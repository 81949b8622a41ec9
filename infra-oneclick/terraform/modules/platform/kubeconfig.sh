# shellcheck shell=bash
# Read by the scripts here and in ../cluster-addons: makes $work, and in it a kubeconfig that lives as long as the script, with a
# token of EKS that is asked for at the moment of each call.

umask 077
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

certificate=""
if [ "$API_CERTIFICATE" != - ]; then certificate="certificate-authority-data: $API_CERTIFICATE"; fi
user="{}"
if [ "$EKS_CLUSTER" != - ]; then
  ask="[eks, get-token, --region, $EKS_REGION, --cluster-name, $EKS_CLUSTER]"
  user="{ exec: { apiVersion: client.authentication.k8s.io/v1beta1, interactiveMode: Never, command: aws, args: $ask } }"
fi

cat >"$work/config" <<CONFIG
apiVersion: v1
kind: Config
current-context: platform
contexts:
  - { name: platform, context: { cluster: platform, user: platform } }
clusters:
  - name: platform
    cluster:
      server: $API_ENDPOINT
      $certificate
users:
  - { name: platform, user: $user }
CONFIG
export KUBECONFIG="$work/config"
