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

plan_only=false # keep the plan for a later run
planned=false   # apply the plan that an earlier run has kept; Terraform refuses one that is out of date

# saved_plan FOLDER FILE QUESTION WORD OPTION…: plans, shows, asks, applies. Nothing to change is nothing asked.
saved_plan() {
  local folder=$1 file=$2 question=$3 word=$4 code=0
  shift 4
  if $dry_run; then
    run terraform -chdir="$folder" plan -input=false -lock-timeout=60s -out="$file" "$@"
    confirm "$question" "$word"
    run terraform -chdir="$folder" apply -input=false "$file"
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
    terraform -chdir="$folder" plan -input=false -lock-timeout=60s -detailed-exitcode -out="$file" "$@" >&2 || code=$?
  fi
  case $code in
    0) say 'nothing to change' && rm -f "$file" ;;
    2)
      if $plan_only && [ "$file" != "$state_folder/bootstrap.plan" ]; then return; fi
      confirm "$question" "$word"
      terraform -chdir="$folder" apply -input=false -lock-timeout=60s "$file" >&2 || {
        rm -f "$file"
        die 'terraform did not get to the end; run this again, it goes on from there'
      }
      rm -f "$file" # its secrets are not kept, and it is of no use a second time
      ;;
    *) rm -f "$file" && die 'terraform cannot plan' ;;
  esac
}

# state_bucket INSTALLATION: sets bucket and key of the states where they exist, whoever has made them.
state_bucket=''
state_key=''
find_state_bucket() {
  local account
  account=$(aws sts get-caller-identity --query Account --output text) || die 'AWS does not take the credentials'
  if ! aws s3api head-bucket --bucket "$1-state-$account" >/dev/null 2>&1; then return 1; fi
  state_bucket=$1-state-$account
  state_key=$(aws s3api get-bucket-encryption --bucket "$state_bucket" --output text \
    --query 'ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID') || state_key=''
}

# use_backend: what was given, else the bucket that find_state_bucket has found.
use_backend() {
  local setting
  if [ "${#backend_settings[@]}" -gt 0 ]; then
    for setting in "${backend_settings[@]}"; do backend_options+=("-backend-config=$setting"); done
    return
  fi
  backend_options=("-backend-config=bucket=$state_bucket" "-backend-config=region=$AWS_REGION"
    "-backend-config=key=$environment.tfstate" -backend-config=use_lockfile=true -backend-config=encrypt=true)
  case $state_key in '' | None) ;; *) backend_options+=("-backend-config=kms_key_id=$state_key") ;; esac
}

init_environment() {
  run terraform -chdir="$environment_folder" init -input=false -reconfigure "${backend_options[@]}"
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
