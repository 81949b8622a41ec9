#!/usr/bin/env bash
# A GitHub Actions runner as an account of its own, which has no rights on this machine, nor those of its role at AWS: what a
# job runs is anybody's who may push.

set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"

if [ "$CI_RUNNER_URL" = - ]; then
  say "no CI runner was asked for"
  exit 0
fi

id ci-runner >/dev/null 2>&1 || useradd --create-home --shell /sbin/nologin ci-runner
patiently dnf install -y -q libicu git
home="${RUNNER_FOLDER:-/home/ci-runner/runner}"
archive="actions-runner-linux-x64-$CI_RUNNER_VERSION.tar.gz"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
fetch "https://github.com/actions/runner/releases/download/v$CI_RUNNER_VERSION/$archive" "$work/$archive"
verify "$work/$archive" "$CI_RUNNER_SHA256"
mkdir -p "$home"
tar -xzf "$work/$archive" -C "$home"
chown -R ci-runner:ci-runner "$home"

cd "$home"
if [ ! -e .runner ]; then
  token="$(patiently aws secretsmanager get-secret-value --region "$AWS_REGION" --secret-id "$CI_RUNNER_SECRET" --query SecretString --output text)"
  # By the environment: on the command line every process of this machine would read it.
  ACTIONS_RUNNER_INPUT_TOKEN="$token" runuser -u ci-runner -- \
    ./config.sh --unattended --replace --name "$NODE_NAME" --labels aws-deployer --url "$CI_RUNNER_URL"
fi
[ -e .service ] || ./svc.sh install ci-runner
# The instance's metadata hand out the role of the node.
unit="${UNIT_FOLDER:-/etc/systemd/system}/$(cat .service).d"
mkdir -p "$unit"
printf '[Service]\nIPAddressDeny=169.254.169.254 fd00:ec2::254\n' >"$unit/no-metadata.conf"
systemctl daemon-reload
./svc.sh start
