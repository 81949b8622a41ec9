#!/usr/bin/env bash
# Whether the platform is well: every service, its database, what it has not handed over yet, and its certificates.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/command-line.sh
. "$(dirname "$0")/lib/command-line.sh"
# shellcheck source-path=SCRIPTDIR source=lib/mysql-connection.sh
. "$(dirname "$0")/lib/mysql-connection.sh"

usage() {
  cat <<'HELP'
Usage: health-check.sh [options] [[NAME=]URL]…

Asks /health and /metrics at each URL (http://localhost:8080 when none is named) and, with --namespace, of each service in
the cluster through the Kubernetes API: by its proxy, or from within a pod where a NetworkPolicy keeps the proxy out. Exits
with 1 when anything is not well.

  health        each service answers, and its own database answers it
  database      with --database: the server takes the account and answers; with --namespace: all pods of the StatefulSet are
                ready
  outbox        the oldest action that history or monitor has not confirmed (outbox_lag_seconds)
  replicas      with --namespace: each Deployment has the replicas that it wants
  certificate   of each https:// URL: the days that it is still valid

  --namespace NAME     the namespace of the platform, by kubectl
  --database URL       mysql://user:password@host:port, asked with a client; default: $DATABASE_URL, which shows the
                       password to nobody
  --max-lag SECONDS    that an action may wait (60)
  --min-days DAYS      that a certificate must still be valid (14)
  --timeout SECONDS    for each question (10)
  --json               {"ok", "checks": [{"check", "subject", "ok", "detail"}]} instead of the table
  --dry-run            say what would be asked
  --help
HELP
}

namespace='' database=${DATABASE_URL:-} max_lag=60 min_days=14 timeout=10 json=false
targets=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry_run=true ;;
    --json) json=true ;;
    --namespace) namespace=$(value "$1" "$@") && shift ;;
    --database) database=$(value "$1" "$@") && shift ;;
    --max-lag) max_lag=$(number "$1" "$(value "$1" "$@")") && shift ;;
    --min-days) min_days=$(number "$1" "$(value "$1" "$@")") && shift ;;
    --timeout) timeout=$(number "$1" "$(value "$1" "$@")") && shift ;;
    -*) refuse "unknown option $1" ;;
    http://* | https://* | [a-z]*=http://* | [a-z]*=https://*) targets+=("$1") ;;
    *) refuse "$1 is no URL: give http://host:port, or name=http://host:port" ;;
  esac
  shift
done
if [ "${#targets[@]}" -eq 0 ] && [ -z "$namespace" ]; then targets=(http://localhost:8080); fi
need curl jq awk
case $database in
  '' | mysql://?*) ;;
  *) refuse 'the database is named as mysql://user:password@host:port' ;;
esac
if [ -n "$namespace" ]; then need kubectl; fi
if [ -n "$database" ] && ! $dry_run; then client=$(first_program mariadb mysql); fi
if $dry_run; then
  for target in "${targets[@]}"; do printf 'would ask %s/health and /metrics\n' "${target%/}"; done
  if [ -n "$namespace" ]; then printf 'would ask the services, Deployments and the database of namespace %s\n' "$namespace"; fi
  if [ -n "$database" ]; then printf 'would ask the database at %s\n' "$(place_of "$database")"; fi
  exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/aws-deployer-health-XXXXXX")
trap 'rm -rf "$work"' EXIT
found=$work/found
: >"$found"
# report CHECK SUBJECT true|false DETAIL
report() { jq -cn --arg check "$1" --arg subject "$2" --argjson ok "$3" --arg detail "$4" '$ARGS.named' >>"$found"; }

# judge_health SUBJECT FILE: an answer of /health names the services that live there.
judge_health() {
  if ! jq -e '.services | type == "object"' "$2" >/dev/null 2>&1; then
    report health "$1" false "the answer of /health is not that of a service"
    return
  fi
  jq -c --arg at "$1" '.services | to_entries[] |
    { check: "health", subject: (if $at == .key then .key else "\(.key) at \($at)" end), ok: (.value.status == "up"),
      detail: (if .value.status == "up" then "up, and so is its database" else .value.reason // .value.status end) }' "$2" >>"$found"
}

judge_lag() {
  local worst
  worst=$(awk '/^outbox_lag_seconds[{ ]/ { if ($NF + 0 >= most) most = $NF + 0; seen = 1 } END { if (seen) printf "%.1f", most }' "$2")
  if [ -z "$worst" ]; then
    report outbox "$1" false '/metrics has no outbox_lag_seconds'
  elif awk -v lag="$worst" -v most="$max_lag" 'BEGIN { exit !(lag <= most) }'; then
    report outbox "$1" true "$worst s"
  else
    report outbox "$1" false "$worst s, more than $max_lag s: history or monitor does not take what it is sent"
  fi
}

fetch() { curl -sS --max-time "$timeout" -o "$2" "$1" 2>"$work/error"; }

judge_certificate() {
  local place=${1#https://} end days
  place=${place%%/*}
  local host=${place%:*} port=443
  case $place in *:*) port=${place##*:} ;; esac
  end=$(timeout "$timeout" openssl s_client -connect "$host:$port" -servername "$host" </dev/null 2>/dev/null |
    openssl x509 -noout -enddate 2>/dev/null | cut -d = -f 2) || end=''
  if [ -z "$end" ]; then
    report certificate "$place" false 'no certificate is shown'
    return
  fi
  days=$((($(date -d "$end" +%s) - $(date +%s)) / 86400))
  if [ "$days" -ge "$min_days" ]; then
    report certificate "$place" true "$days days left"
  else
    report certificate "$place" false "$days days left, fewer than $min_days: is it renewed?"
  fi
}

for target in "${targets[@]}"; do
  url=${target#*=}
  url=${url%/}
  case $target in http*) subject=${url#*://} ;; *) subject=${target%%=*} ;; esac
  if fetch "$url/health" "$work/health"; then
    judge_health "$subject" "$work/health"
    if fetch "$url/metrics" "$work/metrics"; then
      judge_lag "$subject" "$work/metrics"
    else
      report outbox "$subject" false "$(head -n 1 "$work/error")"
    fi
  else
    report health "$subject" false "$(head -n 1 "$work/error")"
  fi
  case $url in https://*) judge_certificate "$url" ;; esac
done

# Through the API server: neither /metrics nor the health of each service is on the ingress.
ask_cluster() { kubectl --request-timeout "${timeout}s" --namespace "$namespace" "$@" 2>"$work/error"; }
# ask_service NAME PORT PATH FILE. The proxy also swallows what a service that is down says of itself.
within_pod="require('node:http').get({ host: '127.0.0.1', port: process.argv[1], path: process.argv[2] }, (answer) => answer.pipe(process.stdout))"
by_proxy=true
ask_service() {
  if $by_proxy; then
    if ask_cluster get --raw "/api/v1/namespaces/$namespace/services/http:$1:$2/proxy$3" >"$4"; then return; fi
    mv "$work/error" "$work/refused"
  fi
  if timeout "$((timeout + 5))" kubectl --namespace "$namespace" exec "deployment/$1" --pod-running-timeout "${timeout}s" -- \
    node -e "$within_pod" "$2" "$3" >"$4" 2>"$work/error" && [ -s "$4" ]; then
    by_proxy=false
    return
  fi
  if $by_proxy; then mv "$work/refused" "$work/error"; fi
  return 1
}
if [ -n "$namespace" ]; then
  if ask_cluster get deployments,statefulsets,services --output json >"$work/objects"; then
    while IFS=$'\t' read -r kind name wanted ready; do
      check=replicas
      if [ "$kind" = StatefulSet ]; then check=database; fi
      if [ "$wanted" -eq 0 ]; then report "$check" "$name" false 'scaled to none'; elif [ "$ready" -ge "$wanted" ]; then report "$check" "$name" true "$ready of $wanted ready"; else
        report "$check" "$name" false "$ready of $wanted ready: kubectl --namespace $namespace describe pods --selector app.kubernetes.io/name=$name says why"
      fi
    done < <(jq -r '.items[] | select(.kind == "Deployment" or .kind == "StatefulSet") |
      [.kind, .metadata.name, (.spec.replicas // 1), (.status.readyReplicas // 0)] | @tsv' "$work/objects")
    while IFS=$'\t' read -r name port; do
      if ask_service "$name" "$port" /health "$work/health"; then judge_health "$name" "$work/health"; else
        report health "$name" false "$(head -n 1 "$work/error")"
        continue
      fi
      if ask_service "$name" "$port" /metrics "$work/metrics"; then judge_lag "$name" "$work/metrics"; else
        report outbox "$name" false "$(head -n 1 "$work/error")"
      fi
    done < <(jq -r '.items[] | select(.kind == "Service") |
      select(.metadata.name | IN("auth-service", "codebuild-service", "deployer", "history-service", "monitor-service", "infra-oneclick")) |
      [.metadata.name, .spec.ports[0].port] | @tsv' "$work/objects")
    if ! jq -e '[.items[] | select(.kind == "Service" and .metadata.name == "deployer")] | length > 0' "$work/objects" >/dev/null; then
      report health "$namespace" false 'the platform is not in this namespace'
    fi
  else
    report health "$namespace" false "$(head -n 1 "$work/error")"
  fi
fi

if [ -n "$database" ]; then
  write_client_options "$database" "$work/client.cnf"
  place=$(place_of "$database")
  # A server that hangs takes the connection and says nothing.
  if answer=$(timeout "$((timeout + 5))" "$client" --defaults-extra-file="$work/client.cnf" --connect-timeout="$timeout" \
    --batch --skip-column-names --execute 'select version()' 2>&1); then
    report database "$place" true "$answer"
  else
    report database "$place" false "${answer:-no answer within $((timeout + 5)) s}"
  fi
fi

ok=$(jq --slurp 'length > 0 and all(.ok)' "$found")
if $json; then
  jq --slurp --argjson ok "$ok" '{ ok: $ok, checks: . }' "$found"
else
  {
    printf 'CHECK\tSUBJECT\tSTATE\tDETAIL\n'
    jq -r '[.check, .subject, (if .ok then "ok" else "BAD" end), .detail] | @tsv' "$found"
  } | awk -F '\t' '
    { row[NR] = $0; for (i = 1; i < 4; i++) if (length($i) > width[i]) width[i] = length($i) }
    END { for (n = 1; n <= NR; n++) { split(row[n], cell, "\t"); printf "%-*s  %-*s  %-*s  %s\n", width[1], cell[1], width[2], cell[2], width[3], cell[3], cell[4] } }'
fi
if [ "$ok" != true ]; then exit 1; fi
