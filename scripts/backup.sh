#!/usr/bin/env bash
# One consistent copy of all schemas of the platform, with a manifest that proves it whole.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/command-line.sh
. "$(dirname "$0")/lib/command-line.sh"
# shellcheck source-path=SCRIPTDIR source=lib/mysql-connection.sh
. "$(dirname "$0")/lib/mysql-connection.sh"

usage() {
  cat <<'HELP'
Usage: backup.sh [options] DESTINATION

Dumps every schema of the platform in one transaction to DESTINATION/aws-deployer-<UTC time>/:
  dump.sql.gz     what restore.sh reads
  manifest.json   its sha256, and the rows of each table in it

DESTINATION is a folder or s3://bucket/prefix. Nothing that is there already is changed. The last line of standard output
is where the backup lies.

  --database URL   mysql://user:password@host:port; default: $DATABASE_URL, which shows the password to nobody
  --prefix TEXT    schemas whose name begins so (aws_deployer_)
  --dry-run        say which schemas would be dumped, and where to
  --help
HELP
}

database=${DATABASE_URL:-}
prefix=aws_deployer_
destination=
while [ "$#" -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry_run=true ;;
    --database) database=$(value "$1" "$@") && shift ;;
    --prefix) prefix=$(value "$1" "$@") && shift ;;
    -*) refuse "unknown option $1" ;;
    *) if [ -n "$destination" ]; then refuse 'one destination only'; fi && destination=$1 ;;
  esac
  shift
done
if [ -z "$destination" ]; then refuse 'name the DESTINATION: a folder, or s3://bucket/prefix'; fi
if ! [[ $prefix =~ ^[a-z0-9_]+$ ]]; then refuse '--prefix takes lower-case letters, digits and underscores'; fi
name=aws-deployer-$(date -u +%Y%m%dT%H%M%SZ)
target=${destination%/}/$name
if [ -z "$database" ]; then
  if ! $dry_run; then refuse 'name the database by --database or DATABASE_URL'; fi
  printf 'would dump the schemas %s* of the database that DATABASE_URL names to %s\n' "$prefix" "$target"
  exit 0
fi
need gzip jq sha256sum
case $destination in s3://*) need aws ;; esac

work=$(mktemp -d "${TMPDIR:-/tmp}/aws-deployer-backup-XXXXXX")
part=
clean_up() {
  rm -rf "$work"
  if [ -n "$part" ]; then rm -rf "$part"; fi
}
trap clean_up EXIT
options=$work/client.cnf
write_client_options "$database" "$options"
client=$(first_program mariadb mysql)
dumper=$(first_program mariadb-dump mysqldump)
found=$(schemas_with_prefix "$client" "$options" "$prefix") || die 'the database does not answer'
if [ -z "$found" ]; then die "there is no schema $prefix* at this server: nothing is backed up"; fi
mapfile -t schemas <<<"$found"
if $dry_run; then
  printf 'would dump %s to %s\n' "${schemas[*]}" "$target"
  exit 0
fi

dump_options=(--single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces
  --default-character-set=utf8mb4 --skip-extended-insert --no-autocommit --databases)
# MySQL's own program would write the server's transaction ids, which another server does not take.
if ! "$dumper" --version | grep -q MariaDB; then dump_options=(--set-gtid-purged=OFF "${dump_options[@]}"); fi

# A row is one INSERT of one line: so the manifest counts what this very dump holds, while the platform goes on writing.
# MariaDB's first line, its sandbox switch, is an error to MySQL's client.
folder=$work/$name
mkdir "$folder"
say "dumping ${schemas[*]} …"
"$dumper" --defaults-extra-file="$options" "${dump_options[@]}" "${schemas[@]}" |
  sed '1{/enable the sandbox mode/d}' |
  tee >(gzip -n >"$folder/dump.sql.gz.part") |
  awk '
    /^USE `/ { split($0, word, "`"); schema = word[2] }
    /^CREATE TABLE `/ { split($0, word, "`"); rows[schema "." word[2]] += 0 }
    /^INSERT INTO `/ { split(substr($0, 1, 200), word, "`"); rows[schema "." word[2]] += 1 }
    /^-- Dump completed/ { whole = 1 }
    END {
      for (table in rows) print table "\t" rows[table]
      exit whole ? 0 : 1
    }' >"$work/rows" || die 'the dump broke off: there is no backup'
# The compressor writes on for a moment after the count is done.
for _ in $(seq 600); do
  if gzip -t "$folder/dump.sql.gz.part" 2>/dev/null; then break; fi
  sleep 0.1
done
gzip -t "$folder/dump.sql.gz.part" || die 'the dump broke off: there is no backup'
mv "$folder/dump.sql.gz.part" "$folder/dump.sql.gz"

jq --raw-input --slurp --arg created "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --arg prefix "$prefix" \
  --arg sha256 "$(sha256sum "$folder/dump.sql.gz" | cut -d ' ' -f 1)" \
  --argjson bytes "$(stat -c %s "$folder/dump.sql.gz")" \
  --args '{
    version: 1, created_at: $created, prefix: $prefix, schemas: $ARGS.positional,
    files: { "dump.sql.gz": { sha256: $sha256, bytes: $bytes } },
    rows: (split("\n") | map(select(. != "") | split("\t") | { key: .[0], value: (.[1] | tonumber) }) | sort_by(.key) | from_entries)
  }' "${schemas[@]}" <"$work/rows" >"$folder/manifest.json"

case $destination in
  s3://*)
    # The manifest goes last: what has one is whole.
    aws s3 cp "$folder/dump.sql.gz" "$target/dump.sql.gz" --only-show-errors
    aws s3 cp "$folder/manifest.json" "$target/manifest.json" --only-show-errors
    ;;
  *)
    mkdir -p "$destination"
    if [ -e "$target" ]; then die "$target is there already: one backup a second"; fi
    part=$target.part
    mkdir "$part"
    chmod 700 "$part"
    cp "$folder/dump.sql.gz" "$folder/manifest.json" "$part/"
    mv "$part" "$target"
    part=
    ;;
esac
say "$(jq -r '"\(.schemas | length) schemas, \(.rows | length) tables, \([.rows[]] | add // 0) rows, \(.files["dump.sql.gz"].bytes) bytes"' "$folder/manifest.json")"
printf '%s\n' "$target"
