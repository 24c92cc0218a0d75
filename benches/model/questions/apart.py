#!/usr/bin/env python3
"""Questions over the documents in this repository, for `yiju eval`: those that are set apart, or others.

    python3 benches/model/questions/apart.py > /tmp/apart.jsonl
    yiju eval --docs benches/model/questions/documents /tmp/apart.jsonl
    python3 benches/model/questions/apart.py --others 2000 > /tmp/others.jsonl      # for what is learnt on top"""
import argparse
import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).parent
parser = argparse.ArgumentParser()
parser.add_argument("--others", type=int, help="so many of those that are not set apart, by the hash of the question")
others = parser.parse_args().others
apart = set((HERE / "apart.txt").read_text(encoding="utf-8").splitlines())
here = {path.stem for path in (HERE / "documents").glob("*.txt")}
wanted = here - apart if others else apart & here
rows = []
for path in sorted(HERE.glob("*.jsonl")):
    for line in open(path, encoding="utf-8"):
        row = json.loads(line)
        if row["doc"] in wanted:
            lang = "en" if row["kind"] == "english" else "zh"
            question = {"q": row["q"], "kind": row["kind"], "lang": lang, "evidence": [row["evidence"]]}
            if others and row.get("answer"):
                question["answer"] = row["answer"]
            rows.append(question)
if others:
    rows = sorted(rows, key=lambda row: hashlib.sha256(row["q"].encode()).digest())[:others]
for row in rows:
    print(json.dumps(row, ensure_ascii=False))
