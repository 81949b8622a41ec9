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
  3. wait for migrations, rollouts and, with --url, for the platform's own health

The cluster is that of KUBECONFIG, which must be set: nobody deploys to a cluster by accident.

  --registry PREFIX   of the images' names, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/aws-deployer-development;
                      default: $REGISTRY
  --tag TAG           instead of the commit
  --no-build          the images are in the registry already
  --build-only        end after step 1
  --build-arg K=V     handed to docker build; again for more
  --url URL           asked for its health at the end
  --timeout SECONDS   for each wait (600)
  --dry-run           say what would be done
  --help
HELP
}

name='' registry=${REGISTRY:-} tag='' build=true apply=true url='' timeout=600
build_options=()
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
if $apply; then need kubectl; fi
if $apply && ! $dry_run && [ -z "${KUBECONFIG:-}" ]; then refuse 'KUBECONFIG is not set: it says which cluster'; fi

cd "$repository_root"
services=()
for file in */Dockerfile; do
  if [ -f "$file" ]; then services+=("${file%/Dockerfile}"); fi
done
if [ "${#services[@]}" -eq 0 ] && ! $dry_run; then die 'no service has a Dockerfile'; fi
if [ -z "$tag" ]; then
  tag=$(git rev-parse --short=12 HEAD)
  # A tag that says a commit must hold that commit.
  if $build && [ -n "$(git status --porcelain)" ]; then
    if ! $dry_run; then die 'the checkout has changes that are in no commit: commit them, or name the images with --tag'; fi
    say 'the checkout has changes that are in no commit: the real run refuses them, or takes a --tag'
  fi
fi

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
  created=$(git show -s --format=%cI HEAD)
  for service in "${services[@]}"; do
    image=$registry/$service:$tag
    if ! $dry_run && docker manifest inspect "$image" >/dev/null 2>&1; then
      say "$image is there already"
      continue
    fi
    # The commit's time, not the clock's: the same commit is the same image.
    run docker build --file "$service/Dockerfile" --tag "$image" --build-arg "REVISION=$(git rev-parse HEAD)" \
      --build-arg "CREATED=$created" --build-arg "SOURCE_DATE_EPOCH=$(git show -s --format=%ct HEAD)" "${build_options[@]}" .
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
  } >"$release/kustomization.yaml"
fi
if [ -f "$overlay_folder/namespace.yaml" ]; then run kubectl apply --server-side --filename "$overlay_folder/namespace.yaml"; fi
if [ -x k8s/make-secrets.sh ]; then run k8s/make-secrets.sh "$namespace"; fi
# A Job cannot be changed: that of the release before makes room.
run kubectl delete jobs --namespace "$namespace" --selector app.kubernetes.io/component=migration --ignore-not-found
run kubectl apply --server-side --kustomize "$release"

say '3. waiting'
ours=app.kubernetes.io/part-of=aws-deployer
run kubectl wait --namespace "$namespace" --for=condition=complete jobs --selector app.kubernetes.io/component=migration --timeout "${timeout}s"
for kind in statefulset deployment; do
  run kubectl rollout status "$kind" --namespace "$namespace" --selector "$ours" --timeout "${timeout}s"
done
if [ -n "$url" ]; then
  healthy() { "$repository_root/scripts/health-check.sh" --namespace "$namespace" "$url" >&2; }
  wait_until "$timeout" "the health of $url" healthy
fi
say "$tag runs in $namespace"
