#!/bin/bash
# Puts the backup in the bucket, and asks the bucket whether it is there in its full length. It is encrypted as the bucket says,
# with the environment's key: a header of our own would put AWS's key in its place.
set -euo pipefail

for folder in "${BACKUP_FOLDER:-/backup}"/aws-deployer-*Z; do
  name=$BACKUP_PREFIX/$(basename "$folder")
  # The manifest goes last: what has one is whole.
  for file in dump.sql.gz manifest.json; do
    aws s3 cp "$folder/$file" "s3://$BACKUP_BUCKET/$name/$file" --only-show-errors
    stored=$(aws s3api head-object --bucket "$BACKUP_BUCKET" --key "$name/$file" --query ContentLength --output text)
    if [ "$stored" != "$(stat -c %s "$folder/$file")" ]; then
      echo "s3://$BACKUP_BUCKET/$name/$file has $stored bytes, the backup has more: not backed up" >&2
      exit 1
    fi
  done
  echo "s3://$BACKUP_BUCKET/$name, $(stat -c %s "$folder/dump.sql.gz") bytes"
done
