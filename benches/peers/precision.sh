#!/usr/bin/env bash
# What 8 bits cost in retrieval: the same question set in f32 and in int8, each on a separate library.
#   benches/peers/precision.sh ../shared/eval/stard corpus-small
set -euo pipefail
cd "$(dirname "$0")/../.."
set_directory=$1
corpus=${2:-corpus}
yiju=${YIJU:-${CARGO_TARGET_DIR:-target}/release/yiju}
work=target/peers/precision
mkdir -p "$work/f32" "$work/int8"
[ -x "$yiju" ] || cargo build --release -p yiju
for precision in f32 int8; do
    echo "== $precision"
    "$yiju" --precision "$precision" --library "$work/$precision/library" \
        eval "$set_directory" --corpus "$corpus" --json >"$work/$precision.json"
done
python3 - "$work" <<'PYTHON'
import json, pathlib, sys

def numbers(value, path=""):
    """Every number of a report, by its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from numbers(inner, f"{path}[{at}]")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, value

work = pathlib.Path(sys.argv[1])
f32, int8 = (dict(numbers(json.loads((work / f"{name}.json").read_text()))) for name in ("f32", "int8"))
print(f"{'':44} {'f32':>10} {'int8':>10} {'change':>10}")
for path, value in f32.items():
    if path in int8 and "recall" in path:
        print(f"{path:44} {value:10.4f} {int8[path]:10.4f} {int8[path] - value:+10.4f}")
PYTHON
