"""What the model is taught from, and what it is measured on.

    python3 benches/model/pairs.py --outlines FILE --shared FOLDER --out FOLDER

`--outlines`: a JSON line a file, from outlines.sh.
`--shared`: the folder with training/, eval/ and structure/. Writes passages.jsonl ({"id", "doc", "text",
"sentences": [[start, end]…] in characters}), train.jsonl and test-NAME.jsonl ({"q", "gold": [[ids]…], "at": [start,
end] of the evidence in the first gold passage, "near": [ids]}). Questions on documents of questions/apart.txt
go to test-apart.jsonl.
"""

import argparse
import functools
import gzip
import json
import pathlib
import random
import re

HERE = pathlib.Path(__file__).parent
GENERAL = 1200  # questions of DRCD, a general share so that nothing is forgotten


@functools.lru_cache(4096)
def squeezed(text):
    """The text without white space, and where each character was."""
    places = [i for i, c in enumerate(text) if not c.isspace()]
    return "".join(text[i] for i in places), places


def sentences(text):
    ends = [m.end() for m in re.finditer(r"[。！？；\n]", text)]
    bounds = sorted({0, *ends, len(text)})
    return [[a, b] for a, b in zip(bounds, bounds[1:]) if text[a:b].strip()]


class Passages:
    def __init__(self):
        self.rows, self.of = [], {}

    def add(self, name, doc, text, spans=None):
        if name not in self.of:
            self.of[name] = len(self.rows)
            self.rows.append({"id": name, "doc": doc, "text": text, "sentences": spans or sentences(text)})


def outlined(passages, path, prefix):
    """The clauses of one file; (text of a document, [(passage id, start, end)])."""
    found = []
    for number, document in enumerate(path["documents"]):
        clauses = []
        for index, clause in enumerate(document["clauses"]):
            span = clause["span"]
            start, end = span["char_start"], span["char_end"]
            name = f"{prefix}/{number}/{index}"
            spans = [[max(0, s["char_start"] - start), s["char_end"] - start] for s in clause["sentences"]]
            passages.add(name, prefix, document["text"][start:end], spans)
            clauses.append((name, start, end))
        found.append((document["text"], clauses))
    return found


def located(documents, evidence):
    """(passage ids that hold a good part of the evidence, best first; its place in the best), or None."""
    wanted, _ = squeezed(evidence)
    for text, clauses in documents:
        plain, places = squeezed(text)
        at = plain.find(wanted)
        if at < 0:
            continue
        start, end = places[at], places[at + len(wanted) - 1] + 1
        shares = sorted(((min(e, end) - max(s, start), n, s, e) for n, s, e in clauses), reverse=True)
        good = [row for row in shares if row[0] >= 0.3 * (end - start) or row[0] >= 0.8 * (row[3] - row[2]) > 0]
        if good:
            _, _, s, e = good[0]
            return [n for _, n, _, _ in good], [max(start, s) - s, min(end, e) - s]
    return None


def lines(path):
    opened = gzip.open(path, "rt", encoding="utf-8") if str(path).endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        yield from map(json.loads, file)


def main():
    parser = argparse.ArgumentParser()
    for name in ("outlines", "shared", "out"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    options = parser.parse_args()
    random.seed(1)
    passages, documents, apart_folder = Passages(), {}, {}
    for row in lines(options.outlines):
        path = pathlib.Path(row["file"])
        folder = path.parent.name
        key = path.stem if folder == "documents" else f"{folder}:{path.name}"
        documents[key] = outlined(passages, row, key)
    corpus = list(lines(options.shared / "eval/stard/corpus.jsonl.gz"))
    place = {row["id"]: i for i, row in enumerate(corpus)}
    law = {row["id"]: row["law"] for row in corpus}

    def article(name, around=2):
        at = place[name]
        for row in corpus[max(0, at - around) : at + around + 1]:
            if row["law"] == corpus[at]["law"]:
                passages.add(row["id"], "law:" + row["law"], row["text"])

    small = list(lines(options.shared / "eval/stard/corpus-small.jsonl.gz"))
    for row in small:
        passages.add(row["id"], "law:" + law.get(row["id"], ""), row["text"])

    apart = set((HERE / "questions/apart.txt").read_text(encoding="utf-8").splitlines())
    train, tests, lost = [], {"apart": []}, 0
    # English questions that ask the same as a line of questions/.
    english = {row["id"]: row["q"] for row in lines(HERE / "english.jsonl")}
    for path in sorted((HERE / "questions").glob("*.jsonl")):
        for index, row in enumerate(lines(path)):
            doc = row["doc"]
            if doc.startswith("stard:"):
                name = doc[6:]
                article(name)
                own = "law:" + law[name]
                text = corpus[place[name]]["text"]
                found = located([(text, [(name, 0, len(text))])], row["evidence"])
                near = None
            else:
                own = doc
                found = located(documents[doc], row["evidence"])
                near = located(documents[doc], row["near"]) if row.get("near") else None
            if not found:
                lost += 1
                continue
            gold, at = found
            item = {"q": row["q"], "gold": [gold], "at": at, "near": [n for n in near[0] if n not in gold] if near else [], "kind": row["kind"]}
            if own in apart:
                tests["apart"].append(item)
                continue
            train.append(item)
            other = english.get(f"{path.name}#{index}")
            if other:
                train.append(item | {"q": other, "kind": "english"})
    for row in lines(options.shared / "training/pairs.jsonl.gz"):
        for part in row["gold"]:
            for name in part:
                article(name)
        if all("law:" + law[name] not in apart for part in row["gold"] for name in part):
            train.append({"q": row["q"], "gold": row["gold"], "at": None, "near": [], "kind": "real"})
    reading = {row["id"]: row for row in lines(options.shared / "training/reading-passages.jsonl.gz")}
    chosen = random.sample(list(lines(options.shared / "training/reading.jsonl.gz")), GENERAL)
    for row in chosen:
        text = reading[row["passage"]]["text"]
        name = "drcd:" + row["passage"]
        passages.add(name, "drcd:" + str(reading[row["passage"]]["group"]), text)
        spot = next(s for s in sentences(text) if s[0] <= row["start"] < s[1])
        train.append({"q": row["q"], "gold": [[name]], "at": spot, "near": [], "kind": "general"})

    measured = Passages()
    def test(name, prefix, corpus_rows, query_rows):
        for row in corpus_rows:
            measured.add(f"{prefix}{row['id']}", name, row["text"])
        tests[name] = [{"q": r["q"], "gold": [[f"{prefix}{i}" for i in part] for part in r["gold"]], "kind": r.get("lang", "")} for r in query_rows]

    shared = options.shared / "eval"
    test("stard", "", small, lines(shared / "stard/queries.jsonl"))
    test("equals", "", lines(shared / "equals/corpus.jsonl.gz"), lines(shared / "equals/queries.jsonl"))
    questions = list(lines(shared / "xquad/queries.jsonl"))
    test("xquad-zh", "", [*lines(shared / "xquad/corpus.jsonl"), *lines(shared / "cmrc/corpus.jsonl")], [q for q in questions if q["lang"] == "zh"])
    test("xquad-en", "", [], [q for q in questions if q["lang"] == "en"])
    test("cmrc", "", [], list(lines(shared / "cmrc/queries.jsonl"))[::3])
    tests["policies"] = []
    for row in lines(HERE.parent / "policies/dev.jsonl"):
        for quote in (row.get("quotes") or row.get("evidence") or [])[:1]:
            found = next((f for key, d in documents.items() if key.startswith("dev:") for f in [located(d, quote)] if f), None)
            if found:
                tests["policies"].append({"q": row["q"], "gold": [found[0]], "kind": row.get("kind", "")})
    pools = {"apart": [r["id"] for r in passages.rows if ":" not in r["doc"] or r["doc"].startswith(("state-council:", "npc-markdown:"))] + [r["id"] for r in passages.rows if r["doc"].startswith("law:")],
             "policies": [r["id"] for r in passages.rows if r["doc"].startswith("dev:")],
             "stard": [r["id"] for r in small],
             "equals": [r["id"] for r in lines(shared / "equals/corpus.jsonl.gz")],
             "xquad-zh": [r["id"] for r in measured.rows if r["doc"] == "xquad-zh"]}
    pools["xquad-en"] = pools["cmrc"] = pools["xquad-zh"]
    for row in measured.rows:
        passages.add(row["id"], "measured", row["text"])
    options.out.mkdir(parents=True, exist_ok=True)
    write = lambda name, rows: (options.out / name).write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    write("passages.jsonl", passages.rows)
    write("train.jsonl", train)
    for name, rows in tests.items():
        write(f"test-{name}.jsonl", rows)
    (options.out / "pools.json").write_text(json.dumps(pools))
    print(len(passages.rows), "passages;", len(train), "to learn from;", lost, "without a place;", {n: len(r) for n, r in tests.items()}, {n: len(p) for n, p in pools.items()})


if __name__ == "__main__":
    main()
