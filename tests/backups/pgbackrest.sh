# Restores PostgreSQL to a time with the configuration and the script of ops/postgres.
#
#   bash pgbackrest.sh <ops/postgres> <directory of initdb and postgres> <mina>
#
# Every step is checked. The first that is wrong is on standard error, with the log of the server.
set -euo pipefail
ops=$1 mina=$3
# The other programs are where the server really is.
binaries=$(dirname "$(readlink -f "$2/postgres")")
root=$(mktemp -d "${TMPDIR:-/tmp}/mina-test-pgbackrest.XXXXXX")
servers=()

fail() { echo "FAILED: $*" >&2; exit 1; }

clean() {
    local code=$?
    for data in "${servers[@]}"; do
        run "$binaries/pg_ctl" -D "$data" -m immediate stop >/dev/null 2>&1 || true
    done
    if [ $code != 0 ]; then tail -n 30 "$root"/*.log >&2 || true; fi
    [ -n "${KEEP:-}" ] || rm -rf "$root"
}
trap clean EXIT

# PostgreSQL refuses to run as root. There it runs as the user that its package made.
if [ "$(id -u)" = 0 ]; then
    chown postgres "$root"
    run() { (cd "$root" && setpriv --reuid=postgres --regid=postgres --init-groups "$@"); }
else
    run() { (cd "$root" && "$@"); }
fi
port=$((20000 + RANDOM % 12000))
export PGHOST=$root PGPORT=$port PGUSER=postgres PGDATABASE=mina
url="postgres://postgres@localhost:$port/mina?host=$root"

# The configuration is that of ops/postgres, but for the paths.
export PGBACKREST_CONFIG=$root/pgbackrest.conf
export PGBACKREST_CONFIG_INCLUDE_PATH=$root/conf.d
export MINA_CIPHER_FILE=$root/conf.d/cipher.conf
export PGBACKREST_LOCK_PATH=$root/lock
run mkdir conf.d lock repository
sed -e "s|^repo1-path=.*|repo1-path=$root/repository|" -e "s|^pg1-path=.*|pg1-path=$root/data|" \
    "$ops/pgbackrest.conf" >"$PGBACKREST_CONFIG"
printf 'pg1-socket-path=%s\npg1-port=%s\n' "$root" "$port" >>"$PGBACKREST_CONFIG"
chmod a+r "$PGBACKREST_CONFIG"
cp "$ops/archive.conf" "$ops/backup" "$root"
chmod a+rx "$root/backup" "$root/archive.conf"

start() {
    servers+=("$1")
    run "$binaries/pg_ctl" -D "$1" -l "$root/server.log" -w -t 60 \
        -o "-k $root -p $port -c listen_addresses=" start >/dev/null || fail "$1 does not start"
}
stop() { run "$binaries/pg_ctl" -D "$1" -m fast -w stop >/dev/null; }
sql() { "$binaries/psql" --no-psqlrc --quiet --tuples-only --no-align -v ON_ERROR_STOP=1 -c "$1"; }
# Everything that is in the tables.
dump() { "$binaries/pg_dump" --data-only --inserts mina 2>"$root/dump.log" | grep '^INSERT' | sort; }
meeting() {
    sql "INSERT INTO meeting (title, workspace_id, organizer_id)
         SELECT '$1', workspace_id, id FROM \"user\"" >/dev/null
}

run "$binaries/initdb" --pgdata="$root/data" --username=postgres --auth=trust --encoding=UTF8 \
    --locale=C >"$root/initdb.log" 2>&1 || fail initdb
echo "include '$root/archive.conf'" >>"$root/data/postgresql.conf"
start "$root/data"
PGDATABASE=postgres sql 'CREATE DATABASE mina'
"$mina" migrate up --database-url "$url" >/dev/null
echo 'correct horse battery staple' | "$mina" user create --username ada --email ada@example.com \
    --role admin --workspace acme --workspace-name Acme --password-stdin --database-url "$url" \
    >/dev/null

# Set up, and take a backup of what is there.
run "$root/backup" setup >"$root/setup.log" || fail setup
[ "$(stat -c %a "$MINA_CIPHER_FILE")" = 600 ] || fail 'others can read the passphrase'
meeting 'Before the backup'
run "$root/backup" take >"$root/take.log" || fail take
run "$root/backup" list >"$root/list.log" || fail list
grep -q 'cipher: aes-256-cbc' "$root/list.log" || fail 'the list names no cipher'
grep -q 'full backup' "$root/list.log" || fail 'the list has no backup'

# Write more, note the time and the tables, and destroy rows.
sql "INSERT INTO session (external_id, user_id) SELECT '0b1a3c6e-5f0e-4f5e-9c55-0d2c3f6f7a10', id FROM \"user\""
sql "INSERT INTO segment (session_id, text) SELECT id, 'the plans of the board' FROM session"
meeting 'After the backup'
dump >"$root/expected"
# pgBackRest counts whole seconds, and restores only to times after the end of a backup.
sleep 2
time=$(sql 'SELECT now()')
sleep 0.2
meeting 'After the time'
sql 'DELETE FROM segment; DELETE FROM meeting; DELETE FROM session'
dump >"$root/newest"
sql 'SELECT pg_switch_wal()' >/dev/null
run "$root/backup" verify >"$root/verify.log" 2>&1 || fail verify
stop "$root/data"

# Nothing in the repository can be read.
if grep -rqa -e 'the plans of the board' -e 'Before the backup' "$root/repository"; then
    fail 'there is plain text in the repository'
fi

# A wrong passphrase restores nothing.
run mkdir -m 700 wrong restored
if PGBACKREST_REPO1_CIPHER_PASS=wrong run "$root/backup" restore "$time" "$root/wrong" \
    >"$root/wrong.log" 2>&1; then
    fail 'a wrong passphrase restores something'
fi
[ ! -e "$root/wrong/PG_VERSION" ] || fail 'a wrong passphrase leaves something'

# Restores a time in a fresh cluster, which is running then.
restore() {
    run "$root/backup" restore "$1" "$2" >"$root/restore.log" || fail "restore $1"
    start "$2"
    for _ in $(seq 100); do
        [ "$(sql 'SELECT pg_is_in_recovery()')" = t ] || return 0
        sleep 0.1
    done
    fail "$1 is not restored"
}

# The newest state is that before the server was stopped.
run mkdir -m 700 latest
restore latest "$root/latest"
dump >"$root/found"
diff "$root/newest" "$root/found" >"$root/diff.log" || fail 'the newest state differs'
stop "$root/latest"

# An earlier time has the rows that were destroyed later.
restore "$time" "$root/restored"
dump >"$root/found"
diff "$root/expected" "$root/found" >"$root/diff.log" || fail 'the tables differ'
grep -q 'the plans of the board' "$root/found" || fail 'the segment is missing'
"$mina" migrate status --database-url "$url" | grep -q pending && fail 'a migration is pending'
stop "$root/restored"

# A damaged file of the repository is noticed.
file=$(find "$root/repository/backup" -name '*.zst' -size +10k -print -quit)
printf x | dd of="$file" bs=1 seek=1000 conv=notrunc 2>/dev/null
if run "$root/backup" verify >"$root/damaged.log" 2>&1; then fail 'verify finds nothing'; fi
