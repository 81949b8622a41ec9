#!/usr/bin/env bash
# The logs of the services as lines for people: from a cluster, or from the file of a platform on this machine.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/command-line.sh
. "$(dirname "$0")/lib/command-line.sh"

usage() {
  cat <<'HELP'
Usage: view-logs.sh [options] [SERVICE]

SERVICE is auth, codebuild, deployer, history, infra or monitor, or the name of its Deployment; on one machine also
local-cluster and local-registry; without it: all.

  --since TIME       90s, 10m, 2h or 1d back (10m)
  --follow, -f       go on until Ctrl-C
  --level LEVEL      debug, info, warn or error, and what is worse (info)
  --namespace NAME   read the pods of this namespace with kubectl
  --file FILE        read this file; default: $DATA_DIR/logs/platform.log, .data/logs/platform.log without DATA_DIR
  --json             the lines as they were written
  --dry-run          say what would be read
  --help
HELP
}

service='' since=10m follow=false level=info namespace='' json=false
file=${DATA_DIR:-$repository_root/.data}/logs/platform.log
while [ "$#" -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry_run=true ;;
    --follow | -f) follow=true ;;
    --json) json=true ;;
    --since) since=$(value "$1" "$@") && shift ;;
    --level) level=$(value "$1" "$@") && shift ;;
    --namespace) namespace=$(value "$1" "$@") && shift ;;
    --file) file=$(value "$1" "$@") && shift ;;
    -*) refuse "unknown option $1" ;;
    *) if [ -n "$service" ]; then refuse 'one service only, or none for all'; fi && service=$1 ;;
  esac
  shift
done
if ! [[ $since =~ ^([0-9]+)([smhd])$ ]]; then refuse '--since takes 90s, 10m, 2h or 1d'; fi
seconds=$((10#${BASH_REMATCH[1]}))
case ${BASH_REMATCH[2]} in
  m) seconds=$((seconds * 60)) ;;
  h) seconds=$((seconds * 3600)) ;;
  d) seconds=$((seconds * 86400)) ;;
esac
case $level in
  debug | info | warn | error) ;;
  *) refuse '--level takes debug, info, warn or error' ;;
esac
case $service in
  '') name='' deployment='' ;;
  deployer) name=deployer deployment=deployer ;;
  infra | infra-oneclick) name=infra deployment=infra-oneclick ;;
  auth | codebuild | history | monitor) name=$service deployment=$service-service ;;
  auth-service | codebuild-service | history-service | monitor-service) name=${service%-service} deployment=$service ;;
  local-cluster | local-registry) name=$service deployment=$service ;;
  *) refuse "there is no service $service: it is auth, codebuild, deployer, history, infra or monitor" ;;
esac
need jq

cut=$(date -u -d "-$seconds seconds" +%Y-%m-%dT%H:%M:%S.000Z)
# A line that is no JSON (a crash before the logger was there) is shown as it is.
# shellcheck disable=SC2016 # the names with $ are jq's
filter='
  {debug: 0, info: 1, warn: 2, error: 3} as $weight |
  . as $line | (try fromjson catch null) |
  if type != "object" then $line
  elif ($name != "" and .service != $name) or ((.timestamp // "9") < $cut) or (($weight[.level] // 3) < $weight[$level]) then empty
  elif $json then $line
  else
    "\(.timestamp // "-") \(.level // "-" | ascii_upcase | .[0:5]) \(.service // "-"): \(.message // "")"
    + ([to_entries[] | select(.key | IN("timestamp", "level", "service", "message") | not) | " \(.key)=\(.value | if type == "string" then . else tojson end)"] | add // "")
  end'
show() {
  jq --raw-input --raw-output --unbuffered --arg name "$1" --arg cut "$cut" --arg level "$level" --argjson json "$json" "$filter"
}

if [ -n "$namespace" ]; then
  need kubectl
  read_pods=(kubectl --namespace "$namespace" logs --since "$since" --max-log-requests 50 --all-containers --ignore-errors --tail -1)
  if [ -n "$deployment" ]; then
    read_pods+=(--selector "app.kubernetes.io/name=$deployment")
  else
    read_pods+=(--selector app.kubernetes.io/component=service)
  fi
  if $follow; then read_pods+=(--follow); fi
  if $dry_run; then run "${read_pods[@]}" && exit 0; fi
  "${read_pods[@]}" | show "$name"
  exit
fi

# What the logger has rotated away lies beside it: platform4.log is the oldest.
files=()
for index in 9 8 7 6 5 4 3 2 1; do
  if [ -f "${file%.log}$index.log" ]; then files+=("${file%.log}$index.log"); fi
done
if $dry_run; then
  printf 'would read %s, from %s on\n' "${files[*]} $file" "$cut"
  exit 0
fi
if [ ! -f "$file" ]; then die "there is no $file: start the platform, or name its log by --file or its DATA_DIR"; fi
if $follow; then
  if [ "${#files[@]}" -gt 0 ]; then cat "${files[@]}" | show "$name"; fi
  tail -n +1 -F "$file" 2>/dev/null | show "$name"
else
  cat "${files[@]}" "$file" | show "$name"
fi
