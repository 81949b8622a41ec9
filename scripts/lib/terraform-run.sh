# shellcheck shell=bash
# Terraform for the one-click scripts: the settings of the state's backend, and plans that are saved, shown, asked about and
# applied as they were shown. Sourced after command-line.sh and environment.sh.
# shellcheck disable=SC2154 # whose variables these are

backend_settings=() # what was given on the command line
backend_options=()
# shellcheck disable=SC2034 # read by the scripts that source this file
variables=() # for the plans of an environment: -var and -var-file

# The region of this run: Terraform's variable of that name, and the AWS CLI's.
choose_region() {
  local region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
  if [ -z "$region" ] && command -v aws >/dev/null; then region=$(aws configure get region 2>/dev/null) || region=''; fi
  if [ -z "$region" ]; then
    if ! $dry_run; then refuse 'name the region by AWS_REGION'; fi
    region=us-east-1
  fi
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region TF_VAR_region=$region TF_IN_AUTOMATION=1
}

# Colours are for a terminal: they have no place in a log.
if ! [ -t 2 ]; then export TF_CLI_ARGS="${TF_CLI_ARGS:-} -no-color"; fi

# to_its_end COMMAND…: a command that must not be left half done. It runs in a process group of its own and is told once, whoever
# is interrupted how often: a second signal would make Terraform drop what it has made without writing it down.
interrupted=false
running='' # its process
to_its_end() {
  local code=0
  trap tell_once INT TERM HUP
  set -m
  "$@" >&2 </dev/null &
  running=$!
  set +m
  wait "$running" || code=$?
  # A signal ends the wait, and not what is waited for.
  while kill -0 "$running" 2>/dev/null; do
    code=0
    wait "$running" || code=$?
  done
  running=''
  trap - INT TERM HUP
  if $interrupted; then code=130; fi
  return "$code"
}

tell_once() {
  if $interrupted; then
    say 'terraform is ending what it has begun: to end it by force would lose what it has made'
  else
    interrupted=true
    say 'interrupted: terraform ends what it has begun, and writes it down'
    if [ -n "$running" ]; then kill -INT "$running" 2>/dev/null || true; fi
  fi
}

# What to do about a plan or an apply that did not end well; Terraform itself has said why.
broke_off() {
  rm -f "$1"
  if $interrupted; then die 'interrupted; run this again, it goes on from there'; fi
  die "$2; run this again, it goes on from there. Where the state is locked by a run that is no more: --unlock with the ID above"
}

plan_only=false # keep the plan for a later run
planned=false   # apply the plan that an earlier run has kept; Terraform refuses one that is out of date

# saved_plan FOLDER FILE QUESTION WORD OPTION…: plans, shows, asks, applies. Nothing to change is nothing asked.
saved_plan() {
  local folder=$1 file=$2 question=$3 word=$4 code=0 apply_options=() option
  shift 4
  # Where a state is kept is no part of a plan.
  for option in "$@"; do
    case $option in -state=*) apply_options+=("$option") ;; esac
  done
  if $dry_run; then
    run terraform -chdir="$folder" plan -input=false -lock-timeout=60s -out="$file" "$@"
    confirm "$question" "$word"
    run terraform -chdir="$folder" apply -input=false "${apply_options[@]}" "$file"
    return
  fi
  if $planned && [ "$file" != "$state_folder/bootstrap.plan" ]; then
    if [ ! -f "$file" ]; then
      say 'the earlier run has kept no plan: there was nothing to change'
      return
    fi
    terraform -chdir="$folder" show -no-color "$file" >&2
    code=2
  else
    to_its_end terraform -chdir="$folder" plan -input=false -lock-timeout=60s -detailed-exitcode -out="$file" "$@" || code=$?
  fi
  case $code in
    0) say 'nothing to change' && rm -f "$file" ;;
    2)
      if $plan_only && [ "$file" != "$state_folder/bootstrap.plan" ]; then return; fi
      confirm "$question" "$word"
      to_its_end terraform -chdir="$folder" apply -input=false -lock-timeout=60s "${apply_options[@]}" "$file" ||
        broke_off "$file" 'terraform did not get to the end'
      rm -f "$file" # its secrets are not kept, and it is of no use a second time
      ;;
    *) broke_off "$file" 'terraform cannot plan' ;;
  esac
}

account=''
find_account() {
  account=$(aws sts get-caller-identity --query Account --output text) ||
    die 'AWS does not take the credentials: name them by AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
}

# find_state_bucket INSTALLATION: sets bucket, region and key of the states where they exist, whoever has made them.
state_bucket=''
state_region=''
state_key=''
find_state_bucket() {
  local bucket=$1-state-$account answer
  if ! answer=$(aws s3api get-bucket-location --bucket "$bucket" --query LocationConstraint --output text 2>&1); then
    case $answer in
      *NoSuchBucket*) return 1 ;;
      *) die "AWS does not show the bucket of states $bucket: $answer" ;;
    esac
  fi
  # As S3 names its oldest regions.
  case $answer in None | null) answer=us-east-1 ;; EU) answer=eu-west-1 ;; esac
  state_bucket=$bucket
  state_region=$answer
  state_key=$(aws s3api get-bucket-encryption --bucket "$state_bucket" --output text \
    --query 'ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID') || state_key=''
}

# A bucket without versions loses a state that is damaged: it was made by a run that broke off on another machine.
expect_whole_bucket() {
  local versioning
  versioning=$(aws s3api get-bucket-versioning --bucket "$state_bucket" --query Status --output text) || versioning=''
  if [ "$versioning" != Enabled ]; then
    die "$state_bucket keeps no versions, so its making broke off: run this where it was begun, or switch them on with aws s3api put-bucket-versioning --bucket $state_bucket --versioning-configuration Status=Enabled"
  fi
}

# use_backend: what was given, else the bucket that find_state_bucket has found.
use_backend() {
  local setting
  if [ "${#backend_settings[@]}" -gt 0 ]; then
    for setting in "${backend_settings[@]}"; do backend_options+=("-backend-config=$setting"); done
    return
  fi
  backend_options=("-backend-config=bucket=$state_bucket" "-backend-config=region=${state_region:-$AWS_REGION}"
    "-backend-config=key=$environment.tfstate" -backend-config=use_lockfile=true -backend-config=encrypt=true)
  case $state_key in '' | None) ;; *) backend_options+=("-backend-config=kms_key_id=$state_key") ;; esac
}

unlock='' # the ID of a lock whose holder is no more
init_environment() {
  initialized "$environment_folder" -reconfigure "${backend_options[@]}"
  if [ -n "$unlock" ]; then
    confirm "Break the lock $unlock of the state of $environment? Whoever holds it must be gone."
    if $dry_run; then
      run terraform -chdir="$environment_folder" force-unlock -force "$unlock"
    else
      terraform -chdir="$environment_folder" force-unlock -force "$unlock" >&2 || die "there is no lock $unlock to break"
    fi
  fi
}

# initialized FOLDER OPTION…
initialized() {
  local folder=$1
  shift
  if $dry_run; then
    run terraform -chdir="$folder" init -input=false "$@"
  else
    terraform -chdir="$folder" init -input=false "$@" >&2 ||
      die "terraform cannot set itself up in ${folder#"$repository_root"/}: the provider comes from registry.terraform.io or from a mirror that TF_CLI_CONFIG_FILE names, the state from its bucket"
  fi
}

output_of() { terraform -chdir="$environment_folder" output -json "$1" 2>/dev/null; }

# fetch_kubeconfig FILE: how to reach the cluster of this environment. Fails while the single node is still setting up.
fetch_kubeconfig() {
  local cluster secret
  cluster=$(output_of cluster) || return 1
  if [ "$(jq -r '.type' <<<"$cluster")" = kubeadm ]; then
    secret=$(jq -r '.kubeconfig_secret' <<<"$cluster")
    (umask 077 && aws secretsmanager get-secret-value --secret-id "$secret" --query SecretString --output text >"$1" 2>/dev/null)
  else
    aws eks update-kubeconfig --name "$(jq -r '.name' <<<"$cluster")" --kubeconfig "$1" >/dev/null && chmod 600 "$1"
  fi
}
