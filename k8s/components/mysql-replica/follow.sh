#!/bin/bash
# Read by the image's entrypoint at the first start on an empty volume: takes a copy of the first server at one point of its
# log and follows it from there, by GTID. start.sh has the copy made anew that did not come to the end of this.
set -euo pipefail

here() { MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --protocol=socket --user=root; }
there=(--host=mysql --user=aws_deployer_backup)

# Both servers are made by one `kubectl apply`, and this one is as fast as the first.
until MYSQL_PWD=$BACKUP_PASSWORD mysql "${there[@]}" --execute 'select 1' >/dev/null; do
  echo 'the first server does not answer yet'
  sleep "${RETRY_SECONDS:-5}"
done
here <<<'reset binary logs and gtids;'
MYSQL_PWD=$BACKUP_PASSWORD mysqldump "${there[@]}" --single-transaction --quick --hex-blob \
  --routines --triggers --events --no-tablespaces --set-gtid-purged=ON --all-databases --ignore-table=mysql.slave_master_info | here
here <<SQL
flush privileges;
change replication source to source_host = 'mysql', source_user = 'aws_deployer_replica',
  source_password = '$REPLICA_PASSWORD', source_auto_position = 1, get_source_public_key = 1;
SQL
rm -f "${COPY_FOLDER:-/copy}/unfinished"
