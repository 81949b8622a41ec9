#!/bin/bash
# Puts the dump in the bucket, encrypted, and asks the bucket whether it is there in its full length.
set -euo pipefail

for file in "${BACKUP_FOLDER:-/backup}"/*.sql.gz; do
  key=$BACKUP_PREFIX/$(basename "$file")
  aws s3 cp "$file" "s3://$BACKUP_BUCKET/$key" --sse aws:kms --only-show-errors
  stored=$(aws s3api head-object --bucket "$BACKUP_BUCKET" --key "$key" --query ContentLength --output text)
  if [ "$stored" != "$(stat -c %s "$file")" ]; then
    echo "s3://$BACKUP_BUCKET/$key has $stored bytes, the dump has more: not backed up" >&2
    exit 1
  fi
  echo "s3://$BACKUP_BUCKET/$key, $stored bytes"
done
