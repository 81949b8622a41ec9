#!/bin/bash
# Starts the server by the image's own entrypoint, which runs follow.sh on an empty volume only. A copy that was not brought to
# its end (the first server was away, the pod was moved) is thrown away first: with it the entrypoint would take the server
# for set up, and it would answer with half of the data, or none, and follow nobody.
set -euo pipefail

data=${DATA_FOLDER:-/var/lib/mysql}
unfinished=${COPY_FOLDER:-/copy}/unfinished
if [ -e "$unfinished" ]; then
  echo 'the copy of the first server was not finished: it is thrown away and made anew'
  find "$data" -mindepth 1 -delete
fi
if [ ! -d "$data/mysql" ]; then touch "$unfinished"; fi
exec docker-entrypoint.sh mysqld
