# Runs a streaming replica of a throwaway PostgreSQL for as long as standard input stays open.
#
#   sh replica.sh <directory of the programs> <port of the primary> <port>
#
# Prints a line when it accepts connections. After that it takes `kill` and `start` from standard input,
# one a line, and prints `done`.
set -eu
binaries=$1
primary=$2
port=$3
directory=$(mktemp -d "${TMPDIR:-/tmp}/mina-test-replica.XXXXXX")
trap 'rm -rf "$directory"' EXIT
# Ctrl-C reaches the whole process group, and it is the test process that answers it.
trap '' INT HUP TERM

# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    chown postgres "$directory"
    run="setpriv --reuid=postgres --regid=postgres --init-groups"
else
    run=
fi

# The directory may have links to the server alone.
copy=$(dirname "$(readlink -f "$binaries/initdb")")/pg_basebackup
[ -x "$copy" ] || copy=pg_basebackup

fail() {
    cat "$directory/log" >&2
    exit 1
}

$run "$copy" --host=127.0.0.1 --port="$primary" --username=postgres \
    --pgdata="$directory/data" --write-recovery-conf --wal-method=stream --checkpoint=fast \
    --no-sync >"$directory/log" 2>&1 || fail

start() {
    rm -f "$directory/data/postmaster.pid"
    $run "$binaries/postgres" -D "$directory/data" -k "$directory" -c listen_addresses=127.0.0.1 \
        -c port="$port" -c max_connections=300 -c fsync=off -c hot_standby=on \
        >>"$directory/log" 2>&1 </dev/null &
    server=$!
    until grep -q '^ready' "$directory/data/postmaster.pid" 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || fail
        sleep 0.02
    done
}

start
echo ready

while read -r command; do
    case $command in
        start) start ;;
        kill)
            # At once, as in a crash.
            kill -s QUIT "$server"
            wait "$server" || true
            ;;
    esac
    echo done
done
kill -s INT "$server" 2>/dev/null || true
wait "$server" || true
