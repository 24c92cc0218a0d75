#!/usr/bin/env python3
"""Writes what the thresholds stand for where documents resemble each other, from reports of `yiju eval --out`.

    python3 benches/similar/make.py /tmp/similar
    yiju eval --docs /tmp/similar/dev /tmp/similar/dev.jsonl --out dev.json
    yiju eval --docs /tmp/similar/kept /tmp/similar/kept.jsonl --out kept.json
    python3 benches/similar/rates.py dev.json kept.json

Only counts are read, no question: the kept half is measured, not looked at."""
import datetime, json, os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "../../crates/yiju-engine/src/ask/confidence/similar.json")
share = lambda flags: round(sum(flags) / max(len(flags), 1), 4)


def rates(each, threshold):
    answerable = [m for m in each if m["answerable"]]
    others = [m for m in each if not m["answerable"]]
    # A question is never answered at a confidence of 0: it was refused outright.
    given = lambda confidence: confidence is not None and 0 < confidence >= threshold
    out = [m for m in answerable if m["confidence_without"] is not None]
    return {
        "refused_answerable": share([not given(m["confidence"]) for m in answerable]),
        "answered_wrongly": share([given(m["confidence"]) and not m["first_right"] for m in answerable]),
        "answered_unanswerable": share([given(m["confidence"]) for m in others]),
        "answered_without_gold": share([given(m["confidence_without"]) for m in out]),
    }


halves = {name: json.load(open(path))["each"] for name, path in zip(("dev", "kept"), sys.argv[1:3])}
thresholds = [0.3, 0.5, 0.7]
written = {
    "date": datetime.date.today().isoformat(),
    "questions": {name: len(each) for name, each in halves.items()},
    "error_rates": [
        {"threshold": t, **{name: rates(each, t) for name, each in halves.items()}} for t in thresholds
    ],
}
json.dump(written, open(TARGET, "w"), indent=2)
open(TARGET, "a").write("\n")
print("| threshold | half | refused though it has | answered wrongly | answered though not | answered, gold out |")
print("| ---: | --- | ---: | ---: | ---: | ---: |")
for row in written["error_rates"]:
    for name in halves:
        print(f"| {row['threshold']} | {name} | " + " | ".join(f"{v:.3f}" for v in row[name].values()) + " |")
