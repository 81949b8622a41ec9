# shellcheck shell=bash
# A mysql:// address as options of the MySQL and MariaDB clients. The password goes into a file that only its owner reads:
# never on a command line, where every process of the machine sees it. Sourced after command-line.sh.

# decoded TEXT: %XX as the characters they stand for.
decoded() {
  local text=${1//\\/\\\\}
  printf '%b' "${text//%/\\x}"
}

# place_of URL: host and port, without the account.
place_of() {
  local place=${1#mysql://}
  place=${place%%\?*}
  place=${place%%/*}
  printf '%s\n' "${place##*@}"
}

# write_client_options URL FILE
write_client_options() {
  local url=$1 file=$2 rest account='' place host port
  case $url in
    mysql://*) rest=${url#mysql://} ;;
    *) refuse 'the database is named as mysql://user:password@host:port' ;;
  esac
  rest=${rest%%\?*}
  rest=${rest%%/*}
  case $rest in
    *@*) account=${rest%@*} place=${rest##*@} ;;
    *) place=$rest ;;
  esac
  host=${place%:*}
  port=3306
  case $place in *:*) port=${place##*:} ;; esac
  if [ -z "$host" ]; then refuse 'the address of the database names no host'; fi
  local user=root password=''
  if [ -n "$account" ]; then
    user=$(decoded "${account%%:*}")
    case $account in *:*) password=$(decoded "${account#*:}") ;; esac
  fi
  (
    umask 077
    printf '[client]\nhost=%s\nport=%s\nuser="%s"\npassword="%s"\nprotocol=tcp\n' \
      "$host" "$port" "$(option_text "$user")" "$(option_text "$password")" >"$file"
  )
}

# As the clients read a quoted value of their option files.
option_text() {
  local text=${1//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}

# first_program NAME…: the first of these that is here.
first_program() {
  local name
  for name in "$@"; do
    if command -v "$name" >/dev/null; then
      printf '%s\n' "$name"
      return
    fi
  done
  die "needed and not on the PATH: one of $*"
}

# schemas_with_prefix CLIENT OPTIONS_FILE PREFIX: their names, in order.
schemas_with_prefix() {
  local like=${3//_/\\_}
  "$1" --defaults-extra-file="$2" --batch --skip-column-names \
    --execute "select schema_name from information_schema.schemata where schema_name like '${like}%' order by schema_name"
}
