# Runs a throwaway PostgreSQL cluster for as long as standard input stays open.
#
#   sh cluster.sh <directory of initdb and postgres> [option of the server]...
#
# Prints the directory of the server's Unix socket once it accepts connections. After that it takes
# `stop <signal>` and `start` from standard input, one a line, and prints `done`. The test process
# holds the other end of standard input: however it ends, Ctrl-C and SIGKILL included, the kernel
# closes that end, and this shell then stops the server and removes its files.
set -eu
binaries=$1
shift
directory=$(mktemp -d "${TMPDIR:-/tmp}/mina-test-postgres.XXXXXX")
trap 'rm -rf "$directory"' EXIT
# Ctrl-C reaches the whole process group, and it is the test process that answers it.
trap '' INT HUP TERM

# PostgreSQL refuses to run as root. There it runs as the user that its package made.
if [ "$(id -u)" = 0 ]; then
    chown postgres "$directory"
    run="setpriv --reuid=postgres --regid=postgres --init-groups"
else
    run=
fi

fail() {
    echo "PostgreSQL from $binaries did not start:" >&2
    cat "$directory/log" >&2
    exit 1
}

$run "$binaries/initdb" --pgdata="$directory/data" --username=postgres --auth=trust \
    --encoding=UTF8 --locale=C --no-sync >"$directory/log" 2>&1 || fail

# Returns when the server accepts connections.
start() {
    # Nothing outlives the test run, so nothing has to reach the disk.
    $run "$binaries/postgres" -D "$directory/data" -k "$directory" -c max_connections=300 \
        -c fsync=off -c full_page_writes=off "$@" >>"$directory/log" 2>&1 </dev/null &
    server=$!
    # The server writes "ready" into the last line of this file when it accepts connections.
    until grep -q '^ready' "$directory/data/postmaster.pid" 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || fail
        sleep 0.02
    done
}

stop() {
    kill -s "$1" "$server"
    wait "$server" || true
}

start "$@"
echo "$directory"

while read -r command signal; do
    case $command in
        start) start "$@" ;;
        stop) stop "$signal" ;;
    esac
    echo done
done
# It may have been stopped before.
stop INT 2>/dev/null || true
