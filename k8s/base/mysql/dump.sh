#!/bin/bash
# Writes one consistent dump of all schemas of the platform to /backup and proves that it is whole. A folder of the form that
# scripts/restore.sh brings back: dump.sql.gz, and manifest.json with its sha256 and the rows of each table.
set -euo pipefail

export MYSQL_PWD=$BACKUP_PASSWORD
host=${MYSQL_HOST:-mysql}
port=${MYSQL_PORT:-3306}
user=${MYSQL_USER:-aws_deployer_backup}
prefix=${MYSQL_PREFIX:-aws_deployer_}
name=aws-deployer-$(date -u +%Y%m%dT%H%M%SZ)
folder=${BACKUP_FOLDER:-/backup}/$name

mapfile -t schemas < <(mysql --host="$host" --port="$port" --user="$user" --batch --skip-column-names \
  --execute "select schema_name from information_schema.schemata where schema_name like '${prefix//_/\\_}%' order by schema_name")
if [ "${#schemas[@]}" -eq 0 ]; then
  echo "there is no schema of the platform at $host:$port: nothing was backed up" >&2
  exit 1
fi
# A row is one INSERT of one line, so that the rows of this very dump can be counted.
options=(--single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces
  --default-character-set=utf8mb4 --skip-extended-insert --no-autocommit)
# Without the server's transaction ids: no server takes them that has made or seen any itself, not even this one.
if ! mysqldump --version | grep -q MariaDB; then options=(--set-gtid-purged=OFF "${options[@]}"); fi
mkdir "$folder.part"
dump=$folder.part/dump.sql.gz
mysqldump --host="$host" --port="$port" --user="$user" "${options[@]}" --databases "${schemas[@]}" | gzip -n >"$dump"
# mysqldump writes the last line when it is done: a dump without it was cut.
rows=$(gzip -dc "$dump" | awk '
  /^USE `/ { split($0, word, "`"); schema = word[2] }
  /^CREATE TABLE `/ { split($0, word, "`"); rows[schema "." word[2]] += 0 }
  /^INSERT INTO `/ { split(substr($0, 1, 200), word, "`"); rows[schema "." word[2]] += 1 }
  /^-- Dump completed/ { whole = 1 }
  END {
    for (table in rows) { printf "%s\"%s\": %.0f", between, table, rows[table]; between = ", " }
    exit whole ? 0 : 1
  }') || {
  echo "the dump is cut: $dump" >&2
  exit 1
}
# There is no jq in this image, and in these names nothing that JSON would have to escape.
quoted=$(printf ', "%s"' "${schemas[@]}")
cat >"$folder.part/manifest.json" <<JSON
{
  "version": 1, "created_at": "$(date -u +%Y-%m-%dT%H:%M:%SZ)", "prefix": "$prefix", "schemas": [${quoted:2}],
  "files": { "dump.sql.gz": { "sha256": "$(sha256sum "$dump" | cut -d ' ' -f 1)", "bytes": $(stat -c %s "$dump") } },
  "rows": { $rows }
}
JSON
mv "$folder.part" "$folder"
echo "dumped ${schemas[*]} to $folder, $(stat -c %s "$folder/dump.sql.gz") bytes"
