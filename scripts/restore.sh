#!/usr/bin/env bash
# Brings a backup of backup.sh back into an empty server, and proves that everything has arrived.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/command-line.sh
. "$(dirname "$0")/lib/command-line.sh"
# shellcheck source-path=SCRIPTDIR source=lib/mysql-connection.sh
. "$(dirname "$0")/lib/mysql-connection.sh"

usage() {
  cat <<'HELP'
Usage: restore.sh [options] BACKUP

BACKUP is a folder that backup.sh made, or its s3:// address. The dump is compared with its manifest before the server is
touched, and the rows of every table after. The services' database users are not in a backup: run the migrations, or start
the platform, after it.

  --database URL   mysql://user:password@host:port of an account that may create; default: $DATABASE_URL
  --as PREFIX      restore under another prefix of the schemas' names, for a rehearsal beside the original
  --force          also where schemas of that prefix exist: THOSE ARE DROPPED; asks first
  --url URL        the platform on the restored database: its audit chain is verified; needs DEPLOYER_TOKEN
  --yes            do not ask
  --dry-run        check the backup, say what would be done
  --help
HELP
}

database=${DATABASE_URL:-}
backup='' new_prefix='' force=false url=''
while [ "$#" -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry_run=true ;;
    --yes) assume_yes=true ;;
    --force) force=true ;;
    --database) database=$(value "$1" "$@") && shift ;;
    --as) new_prefix=$(value "$1" "$@") && shift ;;
    --url) url=$(value "$1" "$@") && shift ;;
    -*) refuse "unknown option $1" ;;
    *) if [ -n "$backup" ]; then refuse 'one backup only'; fi && backup=$1 ;;
  esac
  shift
done
if [ -z "$backup" ]; then refuse 'name the BACKUP: a folder that backup.sh made, or its s3:// address'; fi
if [ -z "$database" ] && ! $dry_run; then refuse 'name the database by --database or DATABASE_URL'; fi
if [ -n "$new_prefix" ] && ! [[ $new_prefix =~ ^[a-z0-9_]+$ ]]; then
  refuse '--as takes lower-case letters, digits and underscores'
fi
if [ -n "$url" ] && [ -z "${DEPLOYER_TOKEN:-}" ]; then refuse '--url needs an API token in DEPLOYER_TOKEN'; fi
need gzip jq sha256sum
if [ -n "$url" ]; then need curl; fi

work=$(mktemp -d "${TMPDIR:-/tmp}/aws-deployer-restore-XXXXXX")
trap 'rm -rf "$work"' EXIT
folder=$backup
case $backup in
  s3://*)
    need aws
    folder=$work/backup
    mkdir "$folder"
    for file in manifest.json dump.sql.gz; do
      aws s3 cp "${backup%/}/$file" "$folder/$file" --only-show-errors || die "$file cannot be read from $backup"
    done
    ;;
esac
for file in manifest.json dump.sql.gz; do
  if [ ! -f "$folder/$file" ]; then die "$folder has no $file: it is no backup of backup.sh"; fi
done
manifest=$folder/manifest.json
version=$(jq -r '.version' "$manifest" 2>/dev/null) || die 'manifest.json is no JSON'
if [ "$version" != 1 ]; then die "manifest.json is of version $version; this script reads 1"; fi
if [ "$(sha256sum "$folder/dump.sql.gz" | cut -d ' ' -f 1)" != "$(jq -r '.files["dump.sql.gz"].sha256' "$manifest")" ]; then
  die 'dump.sql.gz is not what its manifest says: it is damaged or was changed. Nothing was restored'
fi
gzip -t "$folder/dump.sql.gz" || die 'dump.sql.gz cannot be unpacked. Nothing was restored'

old_prefix=$(jq -r '.prefix' "$manifest")
if [ -z "$new_prefix" ]; then new_prefix=$old_prefix; fi
mapfile -t schemas < <(jq -r '.schemas[]' "$manifest")
if [ -z "$database" ]; then
  printf 'the backup is whole; would restore %s as %s*\n' "${schemas[*]}" "$new_prefix"
  exit 0
fi
options=$work/client.cnf
write_client_options "$database" "$options"
client=$(first_program mariadb mysql)
present=$(schemas_with_prefix "$client" "$options" "$new_prefix") || die 'the database does not answer'
if [ -n "$present" ]; then
  if ! $force; then
    die "the server is not empty, it has: ${present//$'\n'/ }. Restore into an empty one, choose another name with --as, or replace them with --force"
  fi
  confirm "Drop ${present//$'\n'/ } with all that is in them?"
fi
if $dry_run; then
  if [ -n "$present" ]; then printf 'would drop %s\n' "${present//$'\n'/ }"; fi
  printf 'would restore %s as %s*\n' "${schemas[*]}" "$new_prefix"
  exit 0
fi
sql() { "$client" --defaults-extra-file="$options" --default-character-set=utf8mb4 --batch --skip-column-names "$@"; }
if [ -n "$present" ]; then
  while read -r schema; do sql --execute "drop database \`$schema\`"; done <<<"$present"
fi

say "restoring ${schemas[*]} …"
# Only the two statements that choose a schema are renamed; a line of data never begins with them, since a dump writes line
# breaks within values as \n.
gzip -dc "$folder/dump.sql.gz" |
  sed -E "/^(CREATE DATABASE|USE) /s/\`$old_prefix/\`$new_prefix/" |
  sql || die 'the server refused the dump half-way: drop what was made, or restore again with --force'

# Counted, not estimated: one query for all tables.
query=$(jq -r --arg old "$old_prefix" --arg new "$new_prefix" '
  [.rows | keys[] | . as $table | split(".") as [$schema, $name] |
   ($new + ($schema | ltrimstr($old))) as $target |
   "select '\''\($table)'\'', count(*) from `\($target)`.`\($name)`"] | join(" union all ")' "$manifest")
if [ -n "$query" ]; then
  printf '%s;\n' "$query" | sql >"$work/rows"
  jq --raw-input --slurp 'split("\n") | map(select(. != "") | split("\t") | { key: .[0], value: (.[1] | tonumber) }) | from_entries' \
    <"$work/rows" >"$work/rows.json"
  wrong=$(jq -r --slurpfile now "$work/rows.json" '
    .rows | to_entries[] | select($now[0][.key] != .value) | "\(.key): \(.value) rows in the backup, \($now[0][.key]) here"' "$manifest")
  if [ -n "$wrong" ]; then die "not everything has arrived:"$'\n'"$wrong"; fi
fi
say "$(jq -r '"restored \(.schemas | length) schemas, \(.rows | length) tables, \([.rows[]] | add // 0) rows, as the manifest says"' "$manifest")"

if [ -n "$url" ]; then
  answer=$(curl -sS --fail --max-time 300 -H @- "${url%/}/api/v1/history/verify" <<<"Authorization: Bearer $DEPLOYER_TOKEN") ||
    die "$url does not verify its history: the answer is no success"
  if [ "$(jq -r '.valid' <<<"$answer")" != true ]; then die "the audit chain is broken: $answer"; fi
  say "the audit chain is valid, $(jq -r '.checked' <<<"$answer") entries"
fi
