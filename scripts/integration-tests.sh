#!/usr/bin/env bash
# A short walk through a running platform by its REST API: is what was just installed really able to deploy?
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/command-line.sh
. "$(dirname "$0")/lib/command-line.sh"

usage() {
  cat <<'HELP'
Usage: integration-tests.sh [options] [URL]

At URL (http://localhost:8080): health; who the token belongs to; validation of good and bad source; a deployment of a
sample of one file, to its end; the application's own address answers; the audit chain verifies and holds the deployment.
One line per step; exits with 1 at the first that fails.

DEPLOYER_TOKEN is an API token of a devops or admin (Settings, API tokens): the audit chain is not shown to others.

  --application NAME    (integration-test); each run deploys it again, so that nothing piles up
  --environment NAME    (development)
  --namespace NAME      (the environment's)
  --timeout SECONDS     for the deployment (300)
  --keep                leave the application running; else its objects are removed with kubectl, where it
                        reaches the cluster (KUBECONFIG, or --server)
  --server URL          of the Kubernetes API, for that
  --dry-run             say which requests would be made
  --help
HELP
}

url='' application=integration-test environment=development namespace='' timeout=300 keep=false server=''
while [ "$#" -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry_run=true ;;
    --keep) keep=true ;;
    --application) application=$(value "$1" "$@") && shift ;;
    --environment) environment=$(value "$1" "$@") && shift ;;
    --namespace) namespace=$(value "$1" "$@") && shift ;;
    --timeout) timeout=$(number "$1" "$(value "$1" "$@")") && shift ;;
    --server) server=$(value "$1" "$@") && shift ;;
    -*) refuse "unknown option $1" ;;
    *) if [ -n "$url" ]; then refuse 'one URL only'; fi && url=${1%/} ;;
  esac
  shift
done
if [ -z "$url" ]; then url=http://localhost:8080; fi
if [ -z "$namespace" ]; then namespace=$environment; fi
need curl jq
if $dry_run; then
  printf 'would ask %s: GET /health, GET /api/v1/auth/me, POST /deployer-api/validate, ' "$url"
  printf 'POST /api/v1/deployments (%s in %s), its address, GET /api/v1/history/verify\n' "$application" "$environment"
  if ! $keep; then printf 'would remove the objects of %s in namespace %s\n' "$application" "$namespace"; fi
  exit 0
fi
if [ -z "${DEPLOYER_TOKEN:-}" ]; then refuse 'DEPLOYER_TOKEN is not set: an API token of a devops or admin'; fi

work=$(mktemp -d "${TMPDIR:-/tmp}/aws-deployer-integration-XXXXXX")
deployment='' ended=true
clean_up() {
  local code=$?
  # A deployment that is still on its way is told to end: what it made goes with it.
  if ! $ended; then ask POST "/api/v1/deployments/$deployment/cancel" '{}' || say "deployment $deployment could not be cancelled"; fi
  rm -rf "$work"
  exit "$code"
}
trap clean_up EXIT

# ask METHOD PATH [BODY]: the answer's body in $work/answer, its status in $status. The token is on no command line.
status=000
ask() {
  local body=()
  if [ "$#" -gt 2 ]; then body=(--header 'Content-Type: application/json' --data-binary "$3"); fi
  status=$(curl -sS --max-time 60 --request "$1" --output "$work/answer" --write-out '%{http_code}' --header @- \
    "${body[@]}" "$url$2" <<<"Authorization: Bearer $DEPLOYER_TOKEN" 2>"$work/error") || {
    status=000
    cp "$work/error" "$work/answer"
    return 1
  }
}
# expect STEP STATUS [FILTER]: the last answer has this status, and the filter of jq says true of it.
expect() {
  if [ "$status" != "$2" ] || { [ "$#" -gt 2 ] && ! jq -e "$3" "$work/answer" >/dev/null 2>&1; }; then
    printf 'FAIL  %s: HTTP %s %s\n' "$1" "$status" "$(head -c 600 "$work/answer")"
    exit 1
  fi
  printf 'ok    %s\n' "$1"
}

ask GET /health || true
expect 'the services are up' 200 '.status == "up"'
ask GET /api/v1/auth/me || true
expect 'the token is somebody' 200 '.user.username | length > 0'

said=ready-$(date +%s)-$$
code="const { createServer } = require('node:http');
createServer((request, response) => response.end('$said\\n')).listen(Number(process.env.PORT));"
ask POST /deployer-api/validate "$(jq -n --arg code "$code" --arg app "$application" '{ app_name: $app, code: $code }')" || true
expect 'good source is valid' 200 '.valid == true and .language == "node"'
ask POST /deployer-api/validate "$(jq -n --arg app "$application" '{ app_name: $app, code: "const = (" }')" || true
expect 'bad source is refused' 200 '.valid == false'

ask POST /api/v1/deployments "$(jq -n --arg app "$application" --arg environment "$environment" --arg namespace "$namespace" --arg code "$code" '{
  application: $app, environment: $environment, namespace: $namespace, monitor_seconds: 1,
  source: { type: "snippet", language: "node", code: $code }, tests: [{ path: "/", expect_status: 200 }] }')" || true
expect "a deployment of $application is accepted" 202 '.id | length > 0'
deployment=$(jq -r '.id' "$work/answer")
ended=false
limit=$((SECONDS + timeout))
while ! $ended; do
  if [ "$SECONDS" -ge "$limit" ]; then
    printf 'FAIL  %s has not ended after %s s\n' "$deployment" "$timeout"
    exit 1
  fi
  sleep 1
  # An address that is silent for a moment is asked again: the deployment goes on without us.
  if ask GET "/api/v1/deployments/$deployment" && [ "$status" = 200 ] &&
    jq -e '.state | IN("stable", "rolled_back", "rollback_failed", "cancelled", "superseded")' "$work/answer" >/dev/null; then
    ended=true
  fi
done
expect 'it ends stable' 200 '.state == "stable"'

address=$(jq -r '.url // empty' "$work/answer")
if [ -n "$address" ]; then
  # Right after the switch an old endpoint may still answer once; a ten times wrong answer is a wrong one.
  right=false
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if [ "$(curl -sS --max-time 10 "$address" 2>/dev/null)" = "$said" ]; then right=true && break; fi
    sleep 1
  done
  if ! $right; then
    printf 'FAIL  %s does not answer with what was deployed\n' "$address"
    exit 1
  fi
  printf 'ok    %s answers with what was deployed\n' "$address"
else
  printf 'ok    it has no address outside of the cluster; the platform has asked it inside\n'
fi

# The books are written a moment after the fact.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  if ask GET "/api/v1/history?target=$deployment&limit=100" && jq -e '.items | length > 0' "$work/answer" >/dev/null 2>&1; then break; fi
  sleep 1
done
expect 'the deployment is on the audit chain' 200 '.items | length > 0'
ask GET /api/v1/history/verify || true
expect 'the audit chain is valid' 200 '.valid == true'

if $keep; then
  printf 'ok    %s stays in namespace %s\n' "$application" "$namespace"
  exit 0
fi
cluster=(kubectl --namespace "$namespace" --cache-dir "$work/kubectl")
if [ -n "$server" ]; then cluster+=(--server "$server"); fi
if { [ -n "$server" ] || [ -n "${KUBECONFIG:-}" ]; } && command -v kubectl >/dev/null; then
  "${cluster[@]}" delete deployments,replicasets,services,ingresses,horizontalpodautoscalers,configmaps,secrets \
    --selector "app.kubernetes.io/managed-by=aws-deployer,aws-deployer.io/application=$application,aws-deployer.io/environment=$environment" --ignore-not-found >"$work/removed" 2>&1 ||
    { printf 'FAIL  %s is not removed: %s\n' "$application" "$(head -n 1 "$work/removed")" && exit 1; }
  printf 'ok    %s is removed from the cluster\n' "$application"
else
  printf 'ok    %s stays in namespace %s: no cluster is named by KUBECONFIG or --server\n' "$application" "$namespace"
fi
