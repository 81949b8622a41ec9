#!/bin/bash
# Makes a schema and a user for each service, and gives the user its password of today. May run again at any time.
# SERVICES: names, by spaces. <NAME>_PASSWORD: the password of each; it holds no quote (make-secrets.sh).
set -euo pipefail

export MYSQL_PWD=$MIGRATOR_PASSWORD
for service in $SERVICES; do
  name=aws_deployer_$service
  variable=${service^^}_PASSWORD
  cat <<SQL
create database if not exists $name character set utf8mb4 collate utf8mb4_bin;
create user if not exists '$name'@'%' identified by '${!variable}';
alter user '$name'@'%' identified by '${!variable}';
SQL
done | mysql --host="${MYSQL_HOST:-mysql}" --port="${MYSQL_PORT:-3306}" --user="${MYSQL_USER:-aws_deployer_migrator}"
echo "schemas and users are there: $SERVICES"
