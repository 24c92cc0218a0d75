#!/bin/sh
# Writes what the reader of answers is learnt from: folders of readings for `train.py`, one a question set.
#
#     benches/reader/readings.sh SETS OUT
#
# SETS holds the evaluation sets xquad, cmrc and stard; OUT is made. YIJU names the program
# [default: target/release/yiju].
set -eu
sets=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
yiju=${YIJU:-$root/target/release/yiju}

# A set of our own questions on the passages of another.
own() {
    mkdir -p "$out/sets/own-$1"
    ln -sf "$sets/$1/$2" "$out/sets/own-$1/$2"
    ln -sf "$root/benches/reader/questions/$1.jsonl" "$out/sets/own-$1/queries.jsonl"
}
own xquad corpus.jsonl
own cmrc corpus.jsonl
own stard corpus-small.jsonl.gz

cd "$root"
readings() {
    name=$1
    shift
    "$yiju" --library "$out/library" eval "$@" --readings "$out/$name"
}
readings xquad "$sets/xquad" --with "$sets/cmrc"
readings cmrc "$sets/cmrc" --with "$sets/xquad"
readings seed --docs seeds benches/answers/policy-readers.jsonl
readings own-xquad "$out/sets/own-xquad" --with "$out/sets/own-cmrc"
readings own-cmrc "$out/sets/own-cmrc" --with "$out/sets/own-xquad"
readings own-stard "$out/sets/own-stard" --corpus corpus-small
# As people ask, over documents of everyday kinds; those set apart are not among them.
python3 benches/model/questions/apart.py --others 2000 > "$out/sets/lay.jsonl"
readings lay --docs benches/model/questions/documents "$out/sets/lay.jsonl"
readings policies --docs benches/policies/dev benches/policies/dev.jsonl
