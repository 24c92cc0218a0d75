#!/usr/bin/env python3
"""The questions that are set apart, over the documents in this repository, for `yiju eval`:

    python3 benches/model/questions/apart.py > /tmp/apart.jsonl
    yiju eval --docs benches/model/questions/documents /tmp/apart.jsonl"""
import json
import pathlib

HERE = pathlib.Path(__file__).parent
apart = set((HERE / "apart.txt").read_text(encoding="utf-8").splitlines())
here = {path.stem for path in (HERE / "documents").glob("*.txt")}
for path in sorted(HERE.glob("*.jsonl")):
    for line in open(path, encoding="utf-8"):
        row = json.loads(line)
        if row["doc"] in apart & here:
            lang = "en" if row["kind"] == "english" else "zh"
            question = {"q": row["q"], "kind": row["kind"], "lang": lang, "evidence": [row["evidence"]]}
            print(json.dumps(question, ensure_ascii=False))
