#!/bin/bash
# Writes one consistent dump of all schemas of the platform to /backup and proves that it is whole.
set -euo pipefail

export MYSQL_PWD=$BACKUP_PASSWORD
host=${MYSQL_HOST:-mysql}
port=${MYSQL_PORT:-3306}
user=${MYSQL_USER:-aws_deployer_backup}
schemas_like=${MYSQL_SCHEMAS:-aws\\_deployer\\_%}
folder=${BACKUP_FOLDER:-/backup}
file=$folder/aws-deployer-$(date -u +%Y%m%dT%H%M%SZ).sql.gz

mapfile -t schemas < <(mysql --host="$host" --port="$port" --user="$user" --batch --skip-column-names \
  --execute "select schema_name from information_schema.schemata where schema_name like '$schemas_like'")
if [ "${#schemas[@]}" -eq 0 ]; then
  echo "there is no schema of the platform at $host:$port: nothing was backed up" >&2
  exit 1
fi
options=(--single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces)
# Without the server's transaction ids: no server takes them that has made or seen any itself, not even this one.
if ! mysqldump --version | grep -q MariaDB; then options=(--set-gtid-purged=OFF "${options[@]}"); fi
mysqldump --host="$host" --port="$port" --user="$user" "${options[@]}" --databases "${schemas[@]}" | gzip >"$file.part"
# mysqldump writes this line last: a dump without it was cut.
if ! gzip -dc "$file.part" | tail -n 1 | grep -q 'Dump completed'; then
  echo "the dump is cut: $file.part" >&2
  exit 1
fi
mv "$file.part" "$file"
echo "dumped ${schemas[*]} to $file, $(stat -c %s "$file") bytes"
