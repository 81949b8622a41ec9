#!/bin/bash
# Gives each service's user what its work takes on the tables that are there now: rows but no structure, insert and select
# only on append-only tables (APPEND_ONLY: `service.table`, by spaces), and on the record of migrations a look.
# A right that an earlier release gave beyond this is not taken back: revoke it by hand when a table becomes append-only.
set -euo pipefail

export MYSQL_PWD=$MIGRATOR_PASSWORD
run() {
  mysql --host="${MYSQL_HOST:-mysql}" --port="${MYSQL_PORT:-3306}" --user="${MYSQL_USER:-aws_deployer_migrator}" \
    --batch --skip-column-names "$@"
}

for service in $SERVICES; do
  name=aws_deployer_$service
  mapfile -t tables < <(run --execute "select table_name from information_schema.tables where table_schema = '$name'")
  if [ "${#tables[@]}" -eq 0 ]; then
    echo "$name has no table: it has not been migrated" >&2
    exit 1
  fi
  for table in "${tables[@]}"; do
    rights='select, insert, update, delete'
    case " $APPEND_ONLY " in *" $service.$table "*) rights='select, insert' ;; esac
    case $table in kysely_migration*) rights=select ;; esac
    printf "grant %s on \`%s\`.\`%s\` to '%s'@'%%';\n" "$rights" "$name" "$table" "$name"
  done | run
  echo "$name: rights on ${#tables[@]} tables"
done
