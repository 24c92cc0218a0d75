#!/usr/bin/env bash
# Checks the page's modules (types, lint, format), and tries the page in a browser, on a machine that has neither Node nor
# a browser.
#
#     tests/page/run.sh [FILE…]     only these files of tests
#
# Takes the built program (debug, or $YIJU). Pictures of the page's states are left in tests/page/artefacts.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v chromium >/dev/null || missing+=(chromium)
# Without a Chinese font the pictures show boxes.
fc-list 2>/dev/null | grep -q 'Noto Serif CJK' || missing+=(fonts-noto-cjk)
if [ "${#missing[@]}" != 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends fontconfig "${missing[@]}" >/dev/null
fi

node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' || {
    echo "Node 20 or later is needed, and this is $(node --version)" >&2
    exit 1
}

# The lock names versions and sums, not where they are from.
if ! cmp -s package-lock.json node_modules/.package-lock.of; then
    npm ci --silent
    cp package-lock.json node_modules/.package-lock.of
fi

npm run --silent types
npm run --silent lint
npm run --silent format

export YIJU="${YIJU:-$(realpath -m "${CARGO_TARGET_DIR:-../../target}")/debug/yiju}"
[ -x "$YIJU" ] || (cd ../.. && cargo build --workspace --features yiju/otlp --locked)
export CHROMIUM="${CHROMIUM:-$(command -v chromium)}"
files=("$@")
[ "${#files[@]}" != 0 ] || files=(*.test.mjs)
rm -rf artefacts
# One file at a time: each has a server and a browser of its own.
node --test --test-concurrency=1 --test-reporter=spec "${files[@]}"
