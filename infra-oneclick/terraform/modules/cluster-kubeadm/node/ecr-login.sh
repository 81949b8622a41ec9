#!/usr/bin/env bash
# Asked by the kubelet when it is to pull an image from ECR, as a credential provider (credentialprovider.kubelet.k8s.io/v1):
# the image comes in as JSON, the login of the node's role goes out. The kubelet knows no registry of a cloud by itself.

set -euo pipefail

request="$(cat)"
if ! [[ "$request" =~ \"image\":[[:space:]]*\"([0-9]{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?)/ ]]; then
  echo "this is no question about an image in ECR" >&2
  exit 1
fi
registry="${BASH_REMATCH[1]}"
password="$(aws ecr get-login-password --region "${BASH_REMATCH[2]}")"
# It is good for twelve hours.
printf '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
printf '"cacheKeyType":"Registry","cacheDuration":"6h0m0s","auth":{"%s":{"username":"AWS","password":"%s"}}}\n' \
  "$registry" "$password"
