#!/bin/bash
# The certificates of the remote builder: an authority of its own, one certificate for the engine, one for the deployer. Who
# holds a client certificate of this authority is root on the engine, so the authority's key is thrown away at the end.
set -euo pipefail

usage() {
  cat <<'HELP'
usage: make-certificates.sh FOLDER [NAME…]

Writes to FOLDER/server and FOLDER/client: ca.pem, cert.pem, key.pem, valid for a year. NAMEs are those by which the engine is
reached: docker-engine.aws-deployer-builder and localhost unless given; an address such as 127.0.0.1 counts as one. Then:

  kubectl create secret generic docker-engine-server -n aws-deployer-builder --from-file=FOLDER/server
  kubectl create secret generic docker-engine-client -n NAMESPACE --from-file=FOLDER/client
HELP
}
case ${1:-} in
-h | --help) usage && exit 0 ;;
'' | -*) usage >&2 && exit 2 ;;
esac
folder=$1
shift
names=("$@")
if [ "${#names[@]}" -eq 0 ]; then names=(docker-engine.aws-deployer-builder localhost); fi
if [ -e "$folder/server" ] || [ -e "$folder/client" ]; then
  echo "$folder has certificates already: name another folder" >&2
  exit 1
fi

umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

key "$work/ca.key"
openssl req -x509 -new -key "$work/ca.key" -sha256 -days 365 -subj '/CN=aws-deployer remote builder' \
  -addext 'keyUsage=critical,keyCertSign' -out "$work/ca.pem"

# signed ROLE EXTENSION: FOLDER/ROLE with a key and a certificate for this use.
signed() {
  local to=$folder/$1
  mkdir -p "$to"
  cp "$work/ca.pem" "$to/ca.pem"
  key "$to/key.pem"
  printf '%s\n' 'basicConstraints=CA:FALSE' 'keyUsage=critical,digitalSignature' "$2" >"$work/extensions"
  openssl req -new -key "$to/key.pem" -subj "/CN=aws-deployer $1" |
    openssl x509 -req -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -sha256 -days 365 \
      -extfile "$work/extensions" -out "$to/cert.pem" 2>/dev/null
}

alternatives=()
for name in "${names[@]}"; do
  if [[ $name =~ ^[0-9.]+$|: ]]; then alternatives+=("IP:$name"); else alternatives+=("DNS:$name"); fi
done
signed server "extendedKeyUsage=serverAuth
subjectAltName=$(IFS=, && echo "${alternatives[*]}")"
signed client extendedKeyUsage=clientAuth
echo "$folder/server and $folder/client are made"
