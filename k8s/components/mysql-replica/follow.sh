#!/bin/bash
# Read by the image's entrypoint at the first start on an empty volume: takes a copy of the first server at one point of its
# log and follows it from there, by GTID.
set -euo pipefail

here() { mysql --protocol=socket -uroot -p"$MYSQL_ROOT_PASSWORD"; }

here <<<'reset binary logs and gtids;'
MYSQL_PWD=$BACKUP_PASSWORD mysqldump --host=mysql --user=aws_deployer_backup --single-transaction --quick --hex-blob \
  --routines --triggers --events --no-tablespaces --set-gtid-purged=ON --all-databases --ignore-table=mysql.slave_master_info | here
here <<SQL
flush privileges;
change replication source to source_host = 'mysql', source_user = 'aws_deployer_replica',
  source_password = '$REPLICA_PASSWORD', source_auto_position = 1, get_source_public_key = 1;
SQL
