#!/usr/bin/env python3
"""Measures how many follow-up questions find the right clause first, and the same questions written out.

    benches/followups/measure.py dev|kept [PROGRAM]      PROGRAM: default target/debug/yiju

Starts a server over the documents of the half in benches/policies. A question is right where the paragraph of the
first citation holds the first quote of its gold question (any quote, where that says `any:`). Refused counts as wrong.
"""
import collections, json, os, pathlib, re, subprocess, sys, tempfile, time, urllib.request

root = pathlib.Path(__file__).resolve().parents[2]
half = sys.argv[1] if len(sys.argv) > 1 else "dev"
program = sys.argv[2] if len(sys.argv) > 2 else str(root / "target/debug/yiju")
lines = lambda path: [json.loads(line) for line in path.read_text().splitlines()]
gold = {one["id"]: one for one in lines(root / f"benches/policies/{half}.jsonl")}
conversations = lines(pathlib.Path(__file__).parent / f"{half}.jsonl")


def ask(url, **body):
    data = json.dumps(body).encode()
    request = urllib.request.Request(url + "/v1/ask", data, {"content-type": "application/json"})
    return json.load(urllib.request.urlopen(request))


def right(answer, wanted):
    if not answer["citations"]:
        return False
    quotes = [re.sub("^any:", "", quote) for quote in wanted["quotes"]]
    flat = lambda text: re.sub(r"\s", "", text)
    paragraphs = [flat(one["paragraph"] + one["quote"]) for one in answer["citations"]]
    found = [any(flat(quote) in paragraph for quote in quotes) for paragraph in paragraphs]
    return found[0]


with tempfile.TemporaryDirectory() as place:
    env = dict(os.environ, YIJU_LIBRARY=place + "/library", XDG_CONFIG_HOME=place, XDG_DATA_HOME=place)
    subprocess.run([program, "--quiet", "add", f"benches/policies/{half}"], env=env, cwd=root, check=True)
    server = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0"], env=env, cwd=root, stderr=subprocess.PIPE, text=True)
    try:
        url = ""
        for line in server.stderr:
            if found := re.match(r"listening on (http:[^,]*),", line):
                url = found[1]
            if line.startswith("ready"):
                break
        kinds = collections.defaultdict(lambda: [0, 0, 0, 0])
        for one in conversations:
            wanted = gold[one["gold"]]
            full = ask(url, question=wanted["q"])
            alone = ask(url, question=one["question"])
            answer = ask(url, question=one["question"], history=one["history"])
            row = [1, right(full, wanted), right(alone, wanted), right(answer, wanted)]
            for kind in (one["kind"], "all"):
                kinds[kind] = [a + b for a, b in zip(kinds[kind], row)]
            if not row[3] and half == "dev":
                first = (answer["citations"] or [{"paragraph": "refused"}])[0]["paragraph"][:40].replace("\n", " ")
                print(one["id"], "ceiling" if row[1] else "-", one["history"][-1], "|", one["question"], "→", answer["understood_as"], "|", first)
        print(f"{'kind':12} count  written out  alone  with history")
        for kind, (count, full, alone, found) in kinds.items():
            print(f"{kind:12} {count:5}  {full:4} {full/count:.3f}  {alone/count:.3f}  {found:4} {found/count:.3f}")
    finally:
        server.terminate()
        server.wait()
