#!/bin/bash
# Read by the image's entrypoint at the first start on an empty volume. The accounts that work on all schemas; the
# services' own are made by the migration Job. Passwords come from the Secret `mysql` and hold no quote (make-secrets.sh).
set -eu

sql=$(cat <<SQL
create user if not exists 'aws_deployer_migrator'@'%' identified by '$MIGRATOR_PASSWORD';
grant all privileges on \`aws\\_deployer\\_%\`.* to 'aws_deployer_migrator'@'%' with grant option;
grant create user on *.* to 'aws_deployer_migrator'@'%';
create user if not exists 'aws_deployer_backup'@'%' identified by '$BACKUP_PASSWORD';
grant select, show view, trigger, lock tables, event, process, reload, replication client on *.* to 'aws_deployer_backup'@'%';
create user if not exists 'aws_deployer_replica'@'%' identified by '$REPLICA_PASSWORD';
grant replication slave on *.* to 'aws_deployer_replica'@'%';
SQL
)
MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --protocol=socket --user=root <<<"$sql"
