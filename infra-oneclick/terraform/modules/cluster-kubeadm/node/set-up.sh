#!/usr/bin/env bash
# Runs once, at the instance's first start, each step after the other. A step that was done is not done again, so that after
# a failure `/opt/aws-deployer/set-up.sh` goes on where it stopped. Its log: /var/log/aws-deployer-set-up.log.

set -euo pipefail

folder="$(cd "$(dirname "$0")" && pwd)"
done_folder="${DONE_FOLDER:-/var/lib/aws-deployer-set-up}"
exec > >(tee -a "${SET_UP_LOG:-/var/log/aws-deployer-set-up.log}") 2>&1

# shellcheck source=settings.sh
. "$folder/settings.sh"
mkdir -p "$done_folder"

# The address comes to the instance a moment after its start.
patiently curl --silent --show-error --output /dev/null --max-time 10 "https://sts.$AWS_REGION.amazonaws.com/"

for step in data-volume container-runtime kubernetes identity helm storage ingress certificates metrics monitoring ci-runner access platform; do
  if [ -e "$done_folder/$step" ]; then continue; fi
  say "$step …"
  "$folder/$step.sh"
  touch "$done_folder/$step"
done
say "the node is ready"
