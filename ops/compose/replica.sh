#!/bin/bash
# Copies the primary if there is no copy yet, and follows it.
set -eu
export PGPASSWORD=$POSTGRES_PASSWORD
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # The signal file and the address of the primary are written by --write-recovery-conf.
    pg_basebackup --host postgres --username replicator --pgdata "$PGDATA" --wal-method stream \
        --slot replica --write-recovery-conf --checkpoint fast
    chmod 700 "$PGDATA"
fi
exec postgres -c hot_standby=on
