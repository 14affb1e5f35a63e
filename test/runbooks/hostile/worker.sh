#!/bin/bash
# A worker whose words are those of a Laravel queue worker, with what an attacker puts between them. It leaves when it
# is asked to.
here=${HOSTILE:?}
printf '%s\n' $$ >"$here/worker.pid.new" && mv "$here/worker.pid.new" "$here/worker.pid"
mapfile -d '' -t words <"$here/words"
# shellcheck disable=SC2016 # The shell that it becomes expands it.
exec -a php bash -c 'trap "kill \$!; exit 0" TERM CONT INT; while :; do sleep 100 & wait; done' "${words[@]}"
