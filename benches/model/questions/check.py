#!/usr/bin/env python3
"""Whether the questions are well formed: check.py [TEXTS.jsonl …]

Evidence must be verbatim in its document, white space apart, and the answer in the evidence. TEXTS are documents that are
not in this repository: a line each with `doc` and `text`."""
import collections
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
KINDS = set("lay colloquial regional elliptic typo story yesno list howmuch official english traditional".split())


def squeeze(text):
    return re.sub(r"\s", "", text)


texts = {path.stem: squeeze(path.read_text(encoding="utf-8")) for path in (HERE / "documents").glob("*.txt")}
for name in sys.argv[1:]:
    for line in open(name, encoding="utf-8"):
        row = json.loads(line)
        texts[row["doc"]] = squeeze(row["text"])

wrong, unchecked, kinds, seen = 0, 0, collections.Counter(), set()
for path in sorted(HERE.glob("*.jsonl")):
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        row = json.loads(line)
        kinds[row["kind"]] += 1
        faults = []
        if row["kind"] not in KINDS:
            faults.append(f"unknown kind {row['kind']}")
        if (row["doc"], squeeze(row["q"])) in seen:
            faults.append("asked twice")
        seen.add((row["doc"], squeeze(row["q"])))
        if squeeze(row.get("answer", "")) not in squeeze(row["evidence"]):
            faults.append("the answer is not in the evidence")
        text = texts.get(row["doc"])
        if text is None:
            unchecked += 1
        elif squeeze(row["evidence"]) not in text:
            faults.append("the evidence is not in the document")
        elif "near" in row and squeeze(row["near"]) not in text:
            faults.append("the near clause is not in the document")
        for fault in faults:
            print(f"{path.name}:{number}: {fault}")
        wrong += bool(faults)
print(f"{sum(kinds.values())} questions, {wrong} wrong, {unchecked} over documents that were not given; {dict(kinds)}")
sys.exit(wrong > 0)
