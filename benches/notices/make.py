#!/usr/bin/env python3
"""Notices with and without their line breaks, for `yiju eval`.

    make.py NOTICES OUT

NOTICES is a `.jsonl.gz` of documents (`name`, `text`) that `questions.jsonl` is about. OUT gets a folder each: `lines`
(as they are), `space`, `wide` and `none` (their line breaks turned into a space, two ideographic spaces, nothing)."""
import gzip
import json
import pathlib
import re
import sys

BREAKS = {"lines": None, "space": " ", "wide": "\u3000\u3000", "none": ""}

notices, out = sys.argv[1], pathlib.Path(sys.argv[2])
for name, mark in BREAKS.items():
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    for line in gzip.open(notices, "rt", encoding="utf-8"):
        row = json.loads(line)
        text = row["text"] if mark is None else re.sub(r"\s*\n\s*", mark, row["text"].strip())
        (folder / row["name"]).write_text(text, encoding="utf-8")
