#!/usr/bin/env bash
# Builds and pushes the image of every service, and brings the cluster of an environment to them.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/command-line.sh
. "$(dirname "$0")/lib/command-line.sh"
# shellcheck source-path=SCRIPTDIR source=lib/environment.sh
. "$(dirname "$0")/lib/environment.sh"

usage() {
  cat <<'HELP'
Usage: deploy-all.sh [options] ENVIRONMENT

  1. docker build -f SERVICE/Dockerfile . of every service, tagged with the commit, and push; a tag that the registry has
     already is not built again
  2. secrets that are missing (k8s/make-secrets.sh), then k8s/overlays of ENVIRONMENT at these images; the checkout is
     not changed
  3. wait for migrations, rollouts, and the health that each service says of itself and, with --url, the platform there

Run again with the same images and settings it changes nothing. A migration that did not end well is tried again.

The cluster is that of KUBECONFIG, which must be set: nobody deploys to a cluster by accident.

  --registry PREFIX   of the images' names, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/aws-deployer-development;
                      default: $REGISTRY
  --tag TAG           instead of the commit
  --no-build          the images are in the registry already
  --build-only        end after step 1
  --build-arg K=V     handed to docker build; again for more
  --url URL           asked for its health too at the end
  --set CONFIGMAP.KEY=VALUE
                      in a ConfigMap of the overlay, such as platform.AWS_REGION=eu-central-1; again for more
  --timeout SECONDS   for each wait (600)
  --dry-run           say what would be done
  --help
HELP
}

# Kept as `CONFIGMAP KEY=VALUE`.
setting() {
  if ! [[ $2 =~ ^([a-z0-9-]+)\.([A-Z][A-Z0-9_]*=[^\"\\]*)$ ]]; then refuse "$1 takes CONFIGMAP.KEY=VALUE, not \"$2\""; fi
  printf '%s %s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
}

name='' registry=${REGISTRY:-} tag='' build=true apply=true url='' timeout=600
build_options=()
settings=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry_run=true ;;
    --no-build) build=false ;;
    --build-only) apply=false ;;
    --registry) registry=$(value "$1" "$@") && shift ;;
    --tag) tag=$(value "$1" "$@") && shift ;;
    --build-arg) build_options+=(--build-arg "$(value "$1" "$@")") && shift ;;
    --url) url=$(value "$1" "$@") && shift ;;
    --set) settings+=("$(setting "$1" "$(value "$1" "$@")")") && shift ;;
    --timeout) timeout=$(number "$1" "$(value "$1" "$@")") && shift ;;
    -*) refuse "unknown option $1" ;;
    *) if [ -n "$name" ]; then refuse 'one environment at a time'; fi && name=$1 ;;
  esac
  shift
done
choose_environment "$name"
if [ -z "$registry" ]; then refuse 'name the registry by --registry or REGISTRY'; fi
registry=${registry%/}
if $build; then need docker git; fi
if $apply; then need kubectl jq openssl curl; fi
if $apply && ! $dry_run && [ -z "${KUBECONFIG:-}" ]; then refuse 'KUBECONFIG is not set: it says which cluster'; fi

cd "$repository_root"
services=()
for file in */Dockerfile; do
  if [ -f "$file" ]; then services+=("${file%/Dockerfile}"); fi
done
if [ "${#services[@]}" -eq 0 ] && ! $dry_run; then die 'no service has a Dockerfile'; fi
if [ -z "$tag" ]; then tag=$(tag_of_commit "$build"); fi

# A token for ECR lasts twelve hours; other registries were logged in to by hand.
log_in() {
  case ${registry%%/*} in
    *.dkr.ecr.*.amazonaws.com)
      local region=${registry#*.dkr.ecr.}
      need aws
      if $dry_run; then
        printf 'would log in to %s\n' "${registry%%/*}"
      else
        aws ecr get-login-password --region "${region%%.*}" |
          docker login --username AWS --password-stdin "${registry%%/*}" >/dev/null
      fi
      ;;
  esac
}

if $build; then
  say "1. the images, at $tag"
  log_in
  # Outside a Git checkout, where --tag names the images, they say so.
  revision=unknown created=1970-01-01T00:00:00Z epoch=0
  if git rev-parse HEAD >/dev/null 2>&1; then
    revision=$(git rev-parse HEAD)
    created=$(git show -s --format=%cI HEAD)
    epoch=$(git show -s --format=%ct HEAD)
  fi
  for service in "${services[@]}"; do
    image=$registry/$service:$tag
    if ! $dry_run && docker manifest inspect "$image" >/dev/null 2>&1; then
      say "$image is there already"
      continue
    fi
    # The commit's time, not the clock's: the same commit is the same image.
    run docker build --file "$service/Dockerfile" --tag "$image" --build-arg "REVISION=$revision" \
      --build-arg "CREATED=$created" --build-arg "SOURCE_DATE_EPOCH=$epoch" "${build_options[@]}" .
    run docker push "$image"
  done
fi
if ! $apply; then exit 0; fi

say "2. the objects of $environment"
if $dry_run && [ ! -d "$overlay_folder" ]; then
  namespace=aws-deployer-$overlay_name
else
  namespace=$(namespace_of "$overlay_folder")
fi
release=$state_folder/release
if $dry_run; then
  printf 'would apply %s with %s/<service>:%s in namespace %s\n' "${overlay_folder#"$repository_root"/}" "$registry" "$tag" "$namespace"
else
  make_state_folder
  mkdir -p "$release"
  # Every image of ours that runs there comes from the registry: one that is not pushed is better known now than by its pods.
  mapfile -t named < <(kubectl kustomize "$overlay_folder" | sed -nE 's#^ *(- )?image: aws-deployer/([a-z-]+)(:.*)?$#\2#p' | sort -u)
  if [ "${#named[@]}" -eq 0 ]; then die "no image of $overlay_folder is the platform's"; fi
  if $build; then
    for service in "${named[@]}"; do
      if [ ! -f "$service/Dockerfile" ]; then die "$service runs in $environment and has no Dockerfile: nothing was applied"; fi
    done
  fi
  {
    printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - %s\nimages:\n' \
      "$(realpath --relative-to="$release" "$overlay_folder")"
    for service in "${named[@]}"; do
      printf '  - { name: aws-deployer/%s, newName: %s/%s, newTag: "%s" }\n' "$service" "$registry" "$service" "$tag"
    done
    if [ "${#settings[@]}" -gt 0 ]; then
      printf 'configMapGenerator:\n'
      printf '%s\n' "${settings[@]}" | sort | awk -v within="$namespace" '
        $1 != map { map = $1; printf "  - name: %s\n    namespace: %s\n    behavior: merge\n    literals:\n", map, within }
        { sub(/^[^ ]* /, ""); printf "      - \"%s\"\n", $0 }'
    fi
  } >"$release/kustomization.yaml"
fi
if [ -f "$overlay_folder/namespace.yaml" ]; then run kubectl apply --server-side --filename "$overlay_folder/namespace.yaml"; fi
if [ -x k8s/make-secrets.sh ]; then run k8s/make-secrets.sh "$namespace"; fi
# A Job cannot be changed: that of the release before makes room. That of this very release stays if it has ended well.
migrations=app.kubernetes.io/component=migration
migrated() {
  kubectl get jobs --namespace "$namespace" --selector "$migrations" --output json |
    jq -e '.items | length > 0 and all(any(.status.conditions[]?; .type == "Complete" and .status == "True"))' >/dev/null &&
    kubectl diff --server-side --kustomize "$release" --selector "$migrations" >/dev/null 2>&1
}
if $dry_run || ! migrated; then run kubectl delete jobs --namespace "$namespace" --selector "$migrations" --ignore-not-found; fi
run kubectl apply --server-side --kustomize "$release"

say '3. waiting'
ours=app.kubernetes.io/part-of=aws-deployer
run kubectl wait --namespace "$namespace" --for=condition=complete jobs --selector "$migrations" --timeout "${timeout}s"
for kind in statefulset deployment; do
  run kubectl rollout status "$kind" --namespace "$namespace" --selector "$ours" --timeout "${timeout}s"
done
# What is not well yet is told when it changes. The figures of an outbox that is behind change each time, and are left out.
told=''
healthy() {
  local bad
  if DATABASE_URL="" "$repository_root/scripts/health-check.sh" --namespace "$namespace" ${url:+"$url"} >"$state_folder/health" 2>&1; then return; fi
  bad=$(sed -E '/ BAD /!d; s/[0-9.]+ s,.*//' "$state_folder/health")
  if [ "$bad" != "$told" ]; then
    told=$bad
    say "not well yet:"$'\n'"$bad"
  fi
  return 1
}
wait_until "$timeout" "the health of the platform" healthy || {
  cat "$state_folder/health" >&2
  die "$tag runs in $namespace and is not well"
}
if $dry_run; then exit 0; fi
cat "$state_folder/health" >&2
say "$tag runs in $namespace"
