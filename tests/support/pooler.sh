# Runs a throwaway PgBouncer for as long as standard input stays open.
#
#   sh pooler.sh <pgbouncer> <port> <address of PostgreSQL, as in pgbouncer.ini>
#
# Prints a line when it accepts connections. The test process holds the other end of standard input:
# however it ends, the kernel closes that end, and this shell then stops the pooler and removes its
# files.
set -eu
program=$1
port=$2
server=$3
directory=$(mktemp -d "${TMPDIR:-/tmp}/mina-test-pooler.XXXXXX")
trap 'rm -rf "$directory"' EXIT
# Ctrl-C reaches the whole process group, and it is the test process that answers it.
trap '' INT HUP TERM

# Everything else is as PgBouncer has it by default. With so few sessions, each transaction meets
# what others have left behind.
cat >"$directory/pgbouncer.ini" <<CONFIGURATION
[databases]
* = $server
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
CONFIGURATION

# PgBouncer refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    chown -R postgres "$directory"
    run="setpriv --reuid=postgres --regid=postgres --init-groups"
else
    run=
fi

$run "$program" "$directory/pgbouncer.ini" >"$directory/log" 2>&1 </dev/null &
pooler=$!
tries=0
until grep -q 'process up' "$directory/log" 2>/dev/null; do
    tries=$((tries + 1))
    if ! kill -0 "$pooler" 2>/dev/null || [ "$tries" -gt 500 ]; then
        cat "$directory/log" >&2
        kill "$pooler" 2>/dev/null || true
        exit 1
    fi
    sleep 0.02
done
echo ready
cat >/dev/null
kill -s INT "$pooler"
wait "$pooler" || true
