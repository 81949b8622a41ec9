# shellcheck shell=bash
# What an environment has left at AWS, by its tags: one ARN a line. The tagging API goes on naming what was deleted for a
# while, so each is asked for where it lives. Sourced after command-line.sh.

# still_there ARN: false for what AWS says is gone, ending, or waiting for its scheduled end. What this does not know how to
# ask for counts as there: better a false alarm than a bill.
still_there() {
  local arn=$1 id=${1##*/} state
  case $arn in
    arn:*:kms:*:key/*)
      state=$(aws kms describe-key --key-id "$arn" --query KeyMetadata.KeyState --output text 2>&1) || true
      case $state in PendingDeletion | *NotFound*) return 1 ;; esac
      ;;
    arn:*:secretsmanager:*)
      state=$(aws secretsmanager describe-secret --secret-id "$arn" --query DeletedDate --output text 2>&1) || true
      case $state in *ResourceNotFound*) return 1 ;; None | null) ;; *) return 1 ;; esac
      ;;
    arn:*:ec2:*:instance/*)
      state=$(aws ec2 describe-instances --instance-ids "$id" --query 'Reservations[].Instances[].State.Name' --output text 2>&1) || true
      case $state in '' | terminated | *NotFound*) return 1 ;; esac
      ;;
    arn:*:ec2:*:natgateway/*)
      state=$(aws ec2 describe-nat-gateways --nat-gateway-ids "$id" --query 'NatGateways[].State' --output text 2>&1) || true
      case $state in '' | deleted | *NotFound*) return 1 ;; esac
      ;;
    arn:*:ec2:*:vpc-endpoint/*)
      state=$(aws ec2 describe-vpc-endpoints --vpc-endpoint-ids "$id" --query 'VpcEndpoints[].State' --output text 2>&1) || true
      case $state in '' | deleted | *NotFound*) return 1 ;; esac
      ;;
    arn:*:ec2:*:launch-template/*) gone_by_error ec2 describe-launch-templates --launch-template-ids "$id" && return 1 ;;
    arn:*:ec2:*:volume/*) gone_by_error ec2 describe-volumes --volume-ids "$id" && return 1 ;;
    arn:*:ec2:*:network-interface/*) gone_by_error ec2 describe-network-interfaces --network-interface-ids "$id" && return 1 ;;
    arn:*:ec2:*:security-group/*) gone_by_error ec2 describe-security-groups --group-ids "$id" && return 1 ;;
    arn:*:ec2:*:security-group-rule/*) gone_by_error ec2 describe-security-group-rules --security-group-rule-ids "$id" && return 1 ;;
    arn:*:ec2:*:subnet/*) gone_by_error ec2 describe-subnets --subnet-ids "$id" && return 1 ;;
    arn:*:ec2:*:vpc/*) gone_by_error ec2 describe-vpcs --vpc-ids "$id" && return 1 ;;
    arn:*:ec2:*:route-table/*) gone_by_error ec2 describe-route-tables --route-table-ids "$id" && return 1 ;;
    arn:*:ec2:*:internet-gateway/*) gone_by_error ec2 describe-internet-gateways --internet-gateway-ids "$id" && return 1 ;;
    arn:*:ec2:*:elastic-ip/*) gone_by_error ec2 describe-addresses --allocation-ids "$id" && return 1 ;;
    arn:*:s3:::*) gone_by_error s3api head-bucket --bucket "${arn##*:}" && return 1 ;;
    arn:*:eks:*:cluster/*) gone_by_error eks describe-cluster --name "$id" && return 1 ;;
    arn:*:ecr:*:repository/*) gone_by_error ecr describe-repositories --repository-names "${arn#*:repository/}" && return 1 ;;
  esac
  return 0
}

# Whether AWS answers that there is no such thing. Any other error (denied, throttled) proves nothing.
gone_by_error() {
  local answer
  if answer=$(aws "$@" 2>&1); then return 1; fi
  case $answer in
    *NotFound* | *'Not Found'* | *NoSuch* | *'does not exist'*) return 0 ;;
    *) return 1 ;;
  esac
}

# by_tags KEY=VALUE…: ARNs of everything with all of these tags in the region.
by_tags() {
  local filters=() tag
  for tag in "$@"; do filters+=("Key=${tag%%=*},Values=${tag#*=}"); done
  aws resourcegroupstaggingapi get-resources --tag-filters "${filters[@]}" --output json |
    jq -r '.ResourceTagMappingList[].ResourceARN'
}

# leftovers ENVIRONMENT PREFIX: what Terraform has tagged, what Kubernetes has tagged for the cluster, and the roles, which the
# tagging API does not list.
leftovers() {
  local environment=$1 cluster=$2 tagged arn
  tagged=$(by_tags Project=aws-deployer "Environment=$environment" && by_tags "kubernetes.io/cluster/$cluster=owned" &&
    by_tags "elbv2.k8s.aws/cluster=$cluster") || die 'AWS does not list what is tagged'
  while read -r arn; do
    if [ -n "$arn" ] && still_there "$arn"; then printf '%s\n' "$arn"; fi
  done < <(sort -u <<<"$tagged")
  aws iam list-roles --output json | jq -r --arg prefix "$cluster-" '.Roles[] | select(.RoleName | startswith($prefix)) | .Arn'
}

nothing_left() {
  local left
  left=$(leftovers "$1" "$2") || exit 1
  [ -z "$left" ]
}
