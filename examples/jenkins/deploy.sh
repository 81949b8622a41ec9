#!/usr/bin/env bash
# Deploys one application by the platform's REST API, waits for its end, and asks the application itself.
# The step "Deploy" of .github/workflows/application-deploy.yml is this script.
#
#   DEPLOYER_URL, DEPLOYER_TOKEN   the platform, and an API token
#   APPLICATION, ENVIRONMENT       what is deployed, and where to (development)
#   IMAGE                          its image; without it: REPO_URL and REF, which the platform builds
#   SMOKE_PATH                     asked at the application's address when it is stable (/)
#   TIMEOUT_SECONDS                for all of it (1800)
#   DEPLOYMENT_KEY                 of this run: the same key is the same deployment, so that a repeated step makes no second one
set -euo pipefail
: "${DEPLOYER_URL:?}" "${DEPLOYER_TOKEN:?}" "${APPLICATION:?}"
deployer=${DEPLOYER_URL%/}

call() {
  curl -sS --fail-with-body --retry 5 --retry-connrefused --max-time 60 --header @- "$@" <<<"Authorization: Bearer $DEPLOYER_TOKEN"
}

body=$(jq -n --arg application "$APPLICATION" --arg environment "${ENVIRONMENT:-development}" \
  --arg image "${IMAGE:-}" --arg repo "${REPO_URL:-}" --arg ref "${REF:-}" '{
    application: $application, environment: $environment,
    source: (if $image != "" then { type: "image", image: $image }
      else { type: "git", repo_url: $repo } + (if $ref != "" then { ref: $ref } else {} end) end) }')
accepted=$(call --header 'Content-Type: application/json' --header "Idempotency-Key: ${DEPLOYMENT_KEY:-$(date +%s)-$$}" \
  --data-binary "$body" "$deployer/api/v1/deployments") || { echo "not accepted: $accepted" >&2 && exit 1; }
id=$(jq -r '.id' <<<"$accepted")
echo "deployment $id"

limit=$((SECONDS + ${TIMEOUT_SECONDS:-1800}))
state='' said=''
while true; do
  # A platform that is silent for a moment has not lost the deployment.
  if now=$(call "$deployer/api/v1/deployments/$id"); then
    state=$(jq -r '.state' <<<"$now")
    line="$state: $(jq -r '.state_reason // ""' <<<"$now")"
    if [ "$line" != "$said" ]; then echo "$line"; fi
    said=$line
  fi
  case $state in stable | rolled_back | rollback_failed | cancelled | superseded) break ;; esac
  if [ "$SECONDS" -ge "$limit" ]; then echo "not ended after ${TIMEOUT_SECONDS:-1800} s" >&2 && exit 1; fi
  sleep 2
done
if [ "$state" != stable ]; then
  jq -r '.verdict // {} | "\(.reason // "no verdict")\n\(.suggestion // "")"' <<<"$now" >&2
  exit 1
fi

url=$(jq -r '.url // empty' <<<"$now")
if [ -n "$url" ]; then
  curl -sS --fail --retry 5 --retry-all-errors --max-time 30 --output /dev/null "${url%/}${SMOKE_PATH:-/}"
  echo "$url answers"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then printf 'deployment=%s\nurl=%s\n' "$id" "$url" >>"$GITHUB_OUTPUT"; fi
