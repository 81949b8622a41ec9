#!/bin/bash
# Makes the Secrets that k8s/ refers to, with generated values. What is there already is kept: run it as often as you like.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: make-secrets.sh NAMESPACE [--dry-run] [kubectl options, e.g. --context staging]

Makes these Secrets in NAMESPACE where they are missing, and keeps those that are there:
  service-tokens   private.pem, public.pem: the key pair by which the services know each other
  mysql            passwords of root, migrator, backup, replica, and of each service's user
  auth-service, codebuild-service, deployer, history-service, infra-oneclick, monitor-service
                   DATABASE_URL of each; SECRETS_KEY of codebuild-service, deployer and infra-oneclick (seals what they keep:
                   lose it and stored secrets are lost); HISTORY_SIGNING_KEY of history-service; ALERTMANAGER_TOKEN of
                   monitor-service
  aws-deployer-tls a certificate of its own for the ingress, until cert-manager has the real one and puts it there
ADMIN_PASSWORD in the environment becomes the first admin's; without it one is generated and printed once in the log of
auth-service. --dry-run names what would be made and makes nothing.
TEXT
}

case ${1:-} in
-h | --help) usage && exit 0 ;;
'' | -*) usage >&2 && exit 2 ;;
esac
namespace=$1
shift
dry=no
if [ "${1:-}" = --dry-run ]; then
  dry=yes
  shift
fi
options=("$@")

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
chmod 700 "$temporary"

kube() { kubectl "${options[@]}" --namespace "$namespace" "$@"; }
password() { openssl rand -hex 24; }
missing() {
  local found
  found=$(kube get secret "$1" --ignore-not-found --output name)
  if [ -n "$found" ]; then
    echo "secret $1: kept"
    return 1
  fi
  if [ $dry = yes ]; then
    echo "secret $1: would be made"
    return 1
  fi
}
# Values go through files of this folder only: never on a command line, where every user of the machine reads them.
make() {
  local name=$1 && shift
  local files=() key
  for key in "$@"; do files+=("--from-file=$key=$temporary/$key"); done
  kube create secret generic "$name" "${files[@]}" >/dev/null
  echo "secret $name: made"
}

if [ $dry = no ]; then kubectl "${options[@]}" get namespace "$namespace" >/dev/null; fi

if missing service-tokens; then
  openssl genpkey -algorithm ed25519 -out "$temporary/private.pem"
  openssl pkey -in "$temporary/private.pem" -pubout -out "$temporary/public.pem"
  make service-tokens private.pem public.pem
fi

keys=(ROOT_PASSWORD MIGRATOR_PASSWORD BACKUP_PASSWORD REPLICA_PASSWORD)
for service in auth codebuild deployer history infra monitor; do keys+=("${service^^}_PASSWORD"); done
if missing mysql; then
  for key in "${keys[@]}"; do printf %s "$(password)" >"$temporary/$key"; done
  make mysql "${keys[@]}"
fi

declare -A folder=([auth]=auth-service [codebuild]=codebuild-service [deployer]=deployer [history]=history-service
  [infra]=infra-oneclick [monitor]=monitor-service)
for service in auth codebuild deployer history infra monitor; do
  name=${folder[$service]}
  missing "$name" || continue
  value=$(kube get secret mysql --output "jsonpath={.data.${service^^}_PASSWORD}" | base64 -d)
  printf 'mysql://aws_deployer_%s:%s@mysql:3306/aws_deployer_%s' "$service" "$value" "$service" >"$temporary/DATABASE_URL"
  own=(DATABASE_URL)
  case $service in
  codebuild | deployer | infra)
    openssl rand -base64 32 | tr -d '\n' >"$temporary/SECRETS_KEY"
    own+=(SECRETS_KEY)
    ;;
  history)
    openssl genpkey -algorithm ed25519 -out "$temporary/HISTORY_SIGNING_KEY"
    own+=(HISTORY_SIGNING_KEY)
    ;;
  monitor)
    printf %s "$(password)" >"$temporary/ALERTMANAGER_TOKEN"
    own+=(ALERTMANAGER_TOKEN)
    ;;
  auth)
    if [ -n "${ADMIN_PASSWORD:-}" ]; then
      printf %s "$ADMIN_PASSWORD" >"$temporary/ADMIN_PASSWORD"
      own+=(ADMIN_PASSWORD)
    fi
    ;;
  esac
  make "$name" "${own[@]}"
done

# F5's controller refuses each handshake of a host that has no certificate, also the one on whose way the first is asked for.
# cert-manager replaces what it has not issued itself; RSA 2048 is its own default, so that it may also go on with the key.
if missing aws-deployer-tls; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj '/CN=aws-deployer until a certificate is issued' \
    -keyout "$temporary/tls.key" -out "$temporary/tls.crt" 2>/dev/null
  kube create secret tls aws-deployer-tls --cert "$temporary/tls.crt" --key "$temporary/tls.key" >/dev/null
  echo "secret aws-deployer-tls: made"
fi
