#!/bin/sh
# Writes what pairs.py reads: a JSON line a file, with the documents that `yiju outline --json` finds in it.
#
#     benches/model/outlines.sh FOLDER... > outlines.jsonl
#
# A folder holds text files: questions/documents, ../policies/dev, and state-council and npc-markdown, whose texts are not
# in this repository. YIJU names the program [default: target/release/yiju].
set -eu
yiju=${YIJU:-$(dirname "$0")/../../target/release/yiju}
for folder; do
    for file in "$folder"/*; do
        printf '{"file": "%s", "documents": ' "$file"
        "$yiju" --json outline "$file" | tr -d '\n'
        printf '}\n'
    done
done
