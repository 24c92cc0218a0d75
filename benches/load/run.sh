#!/usr/bin/env bash
# 64 clients ask while documents are added, replaced and removed.
#
#     benches/load/run.sh [SECONDS] [CLIENTS]     defaults 600 and 64
#
# Starts a server and drives it with wrk (Debian: apt-get install wrk): CLIENTS connections ask,
# 4 more search and 2 write. Prints throughput, latencies, what was answered other than 200, the server's
# memory after the first minute (or the first sixth of a shorter run), every minute and at the end, and what
# the library takes on disk. Ends with an error where anything but 429 failed. Takes the release program,
# or $YIJU.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds="${1:-600}"
clients="${2:-64}"
yiju="${YIJU:-${CARGO_TARGET_DIR:-target}/release/yiju}"
command -v wrk >/dev/null || { echo "wrk is missing: apt-get install wrk" >&2; exit 1; }
[ -x "$yiju" ] || cargo build --release --locked --workspace

. tests/server.sh
YIJU_LOG=warn start_server
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$server/status"; }

early=$((seconds >= 120 ? 60 : seconds / 6 + 1))
threads=$((clients < 2 ? 1 : 2))
wrk --threads "$threads" --connections "$clients" --duration "${seconds}s" --timeout 30s \
    --script benches/load/read.lua "$url" -- ask >"$place/ask" &
askers=$!
wrk --threads 1 --connections 4 --duration "${seconds}s" --timeout 30s \
    --script benches/load/read.lua "$url" -- search >"$place/search" &
searchers=$!
wrk --threads 2 --connections 2 --duration "${seconds}s" --timeout 120s \
    --script benches/load/write.lua "$url" >"$place/write" &
writers=$!
sleep "$early"
first="$(memory)"
minutes=""
for ((at = 120; at < seconds; at += 60)); do
    sleep 60
    minutes+=" $(($(memory) / 1024))"
done
wait "$askers" "$searchers" "$writers"
last="$(memory)"

echo "== $clients clients ask for $seconds s"
grep '^=' "$place/ask" | sed 's/^= //'
echo "== 4 clients search"
grep '^=' "$place/search" | sed 's/^= //'
echo "== 2 clients add, replace and remove"
grep '^=' "$place/write" | sed 's/^= //'
echo "== memory"
awk -v first="$first" -v last="$last" -v early="$early" 'BEGIN {
    printf "after %d s %.1f MiB, at the end %.1f MiB: %+.1f %%\n", early, first / 1024, last / 1024, (last / first - 1) * 100
}'
[ -z "$minutes" ] || echo "minute by minute, from the second:$minutes MiB"
echo "== on disk"
du --apparent-size -k "$YIJU_LIBRARY"/library.db* "$YIJU_LIBRARY"/index | sed "s|$YIJU_LIBRARY/||"
! grep -q '^!' "$place/ask" "$place/search" "$place/write"
