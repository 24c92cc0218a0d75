# For scripts: a server of their own with the seed in it, on a free port. Sourced, not run.
#
# `start_server FLAGS…` runs the program $yiju in a new directory $place, waits until it is ready and
# sets $url and $server, its process id; the log is $place/log. It ends with the script.

place="$(mktemp -d)"
server=""
stop_server() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    rm -rf "$place"
}
trap stop_server EXIT

start_server() {
    export YIJU_LIBRARY="$place/library" XDG_CONFIG_HOME="$place/config" XDG_DATA_HOME="$place/data"
    "$yiju" --quiet add seeds >/dev/null
    "$yiju" serve --listen 127.0.0.1:0 "$@" 2>"$place/log" &
    server=$!
    until grep -q 'ready with the model' "$place/log"; do
        kill -0 "$server" || { cat "$place/log"; exit 1; }
        sleep 0.1
    done
    url="$(sed -n 's/.*listening on \(http:[^,]*\),.*/\1/p' "$place/log")"
}
