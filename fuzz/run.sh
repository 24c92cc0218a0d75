#!/usr/bin/env bash
# Runs every fuzz target, or those named, for SECONDS each: fuzz/run.sh SECONDS [TARGET…]
#
# reader:pdf is the target `reader` held to the reader of this name, reader:all each of them in turn.
#
# The corpus grows in target/fuzz; findings are written to fuzz/findings and fail the run. A finding
# becomes a seed in fuzz/seeds, where `cargo test -p yiju-fuzz` keeps it found.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${1:?how many seconds for each target}"
shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for file in fuzz/fuzz_targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi
command -v c++ >/dev/null || { apt-get update -qq && apt-get install -y -qq g++; }

build="${CARGO_TARGET_DIR:-target}"
readers=(pdf docx doc rtf odf ofd web xlsx xls csv pptx epub zip)
given=("${targets[@]}")
targets=()
for target in "${given[@]}"; do
    if [ "$target" = reader:all ]; then targets+=("${readers[@]/#/reader:}"); else targets+=("$target"); fi
done
bins=()
for target in "${targets[@]}"; do bins+=(--bin "fuzz_${target%%:*}"); done
# The whole workspace is named, so that dependencies are built with the features, and so the results,
# of every other build.
RUSTC_WORKSPACE_WRAPPER="$PWD/fuzz/rustc-wrapper.sh" \
    cargo build --locked --workspace --features yiju-fuzz/libfuzzer "${bins[@]}"

mkdir -p fuzz/findings
failed=0
for name in "${targets[@]}"; do
    target="${name%%:*}"
    held="${name#"$target"}"
    corpus="$build/fuzz/$target${held/:/-}"
    mkdir -p "$corpus"
    if [ -n "$held" ]; then
        # Its own seeds, and its name for the target to hold to.
        cp "fuzz/seeds/$target/${held#:}"-* "$corpus"
        export YIJU_FUZZ_READER="${held#:}"
    else
        unset YIJU_FUZZ_READER
        cp "fuzz/seeds/$target/"* "$corpus"
    fi
    printf '\n== %s, %s s\n' "$name" "$seconds"
    "$build/debug/fuzz_$target" "$corpus" \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=65536 \
        -artifact_prefix="fuzz/findings/$target${held/:/-}-" -print_final_stats=1 >"$corpus.log" 2>&1 ||
        { failed=1; tail -n 60 "$corpus.log"; }
    grep -E '^(Done|stat::(number|average|peak))' "$corpus.log" || true
done
[ -z "$(ls fuzz/findings)" ] || { echo "findings:"; ls fuzz/findings; failed=1; }
rmdir fuzz/findings 2>/dev/null || true
exit $failed
