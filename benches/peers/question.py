#!/usr/bin/env python3
"""Measures a whole question beside a usual Python stack: onnxruntime and faiss on the same weights, over the
same clauses, with the same threads, in one run. Question in, ten clauses out."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from compare import ROOT, WORK, environment, example, run

HERE = pathlib.Path(__file__).resolve().parent
FAISS = "faiss-cpu"
# faiss's HNSW: its usual 32 links, wide enough to be exact here.
LINKS, EF_CONSTRUCTION, EF_SEARCH = 32, 200, 64


def stack(weights, model, file, threads):
    """The Python stack, in a separate process; prints figures as JSON."""
    import faiss
    from peer import Onnx

    given = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
    faiss.omp_set_num_threads(threads)
    onnx = Onnx(weights, model, threads)
    texts = [clause["text"] for clause in given["clauses"]]
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    vectors = [None] * len(texts)
    start = time.perf_counter()
    for at in range(0, len(order), 8):
        part = order[at:at + 8]
        for place, vector in zip(part, onnx.run([texts[one] for one in part], False)):
            vectors[place] = vector
    embedding = time.perf_counter() - start
    import numpy
    matrix = numpy.ascontiguousarray(numpy.stack(vectors).astype(numpy.float32))
    flat = faiss.IndexFlatIP(matrix.shape[1])
    hnsw = faiss.IndexHNSWFlat(matrix.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
    hnsw.hnsw.efConstruction, hnsw.hnsw.efSearch = EF_CONSTRUCTION, EF_SEARCH
    flat.add(matrix)
    hnsw.add(matrix)

    result = {"clauses_seconds": embedding}
    for name, index in (("flat", flat), ("hnsw", hnsw)):
        def ask(question):
            begin = time.perf_counter()
            vector = onnx.run([question], True).astype(numpy.float32)
            embedded = time.perf_counter()
            _, rows = index.search(vector, 10)
            ids = [given["clauses"][row]["id"] for row in rows[0] if row >= 0]
            return ids, embedded - begin, time.perf_counter() - begin
        found = [ask(question)[0] for question in given["questions"]]
        whole, embed = [], []
        begin = time.perf_counter()
        while time.perf_counter() - begin < given["seconds"]:
            for question in given["questions"]:
                _, one, both = ask(question)
                embed.append(one * 1e3)
                whole.append(both * 1e3)
        result[name] = {"found": found, "embed": figures(embed), "retrieve": figures(whole)}
    print(json.dumps(result))


def figures(latencies):
    latencies.sort()
    at = lambda share: latencies[min(int(len(latencies) * share), len(latencies) - 1)]
    return {"p50": at(0.5), "p99": at(0.99), "count": len(latencies)}


def bare(text):
    """Without white space, brackets of one width: as `yiju eval` compares."""
    return "".join(text.split()).replace("（", "(").replace("）", ")")


def first_right(found, given, texts):
    """How many questions with evidence have it in the first clause, and in some of ten."""
    asked = first = some = 0
    for ids, evidence in zip(found, given["evidence"]):
        if not evidence:
            continue
        asked += 1
        holds = [all(bare(part) in bare(texts[one]) for part in evidence) for one in ids]
        first += bool(holds and holds[0])
        some += any(holds)
    return f"{first} and {some} of {asked}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=5, help="time for each measurement")
    parser.add_argument("--rounds", type=int, default=1,
                        help="how often each runs, in turns; the best round by p50 counts")
    parser.add_argument("--docs", type=pathlib.Path, nargs="*",
                        help="text files to search [default: the seed documents]")
    parser.add_argument("--questions", type=pathlib.Path,
                        default=ROOT / "tests" / "data" / "questions.jsonl",
                        help="a line of JSON each, with q or question, and evidence")
    parser.add_argument("--model", type=pathlib.Path,
                        default=ROOT / "models" / "yiju-e5-small-q8")
    parser.add_argument("--yiju", type=pathlib.Path, help="the example `question`, built already")
    parser.add_argument("--json", type=pathlib.Path, default=WORK / "question.json",
                        help="where all figures are written")
    options = parser.parse_args()

    WORK.mkdir(parents=True, exist_ok=True)
    python = environment()
    if subprocess.run([python, "-c", "import faiss"], capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "-q", FAISS], check=True)
    subprocess.run([python, HERE / "export.py", options.model, WORK], check=True)
    yiju = options.yiju or example("question")

    lines = options.questions.read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in lines if line.strip()]
    documents = options.docs or sorted((ROOT / "seeds").glob("*.txt"))
    given = {
        "seconds": options.seconds,
        "documents": [{"name": path.name, "path": str(path)} for path in documents],
        "questions": [one.get("q") or one["question"] for one in asked],
        "evidence": [one.get("evidence", []) for one in asked],
    }
    file = WORK / "question-texts.json"
    rows = {}

    def note(name, one):
        if one is not None and (name not in rows or one["retrieve"]["p50"] < rows[name]["retrieve"]["p50"]):
            rows[name] = one

    for number in range(options.rounds):
        print(f"round {number + 1}/{options.rounds}", file=sys.stderr, flush=True)
        file.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
        with tempfile.TemporaryDirectory() as library:
            own = run([yiju, options.model, library, options.threads, file])
        if own is None:
            sys.exit("Yiju's side failed")
        given["clauses"] = own["clauses"]
        file.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
        note("Yiju, embed and retrieve (3 lanes)", own)
        note("Yiju, with the second stage", {**own, "retrieve": own["rank"]})
        for weights in ("int8", "f32"):
            peer = run([python, __file__, "--peer", WORK / f"{weights}.onnx", options.model, file,
                        options.threads])
            if peer is None:
                print(f"onnxruntime {weights} failed", file=sys.stderr)
                continue
            for index in ("flat", "hnsw"):
                note(f"onnxruntime {weights}, faiss {index}",
                     {**peer[index], "memory": peer["memory"]})

    texts = {clause["id"]: clause["text"] for clause in given["clauses"]}
    print(f"{len(given['questions'])} questions over {len(texts)} clauses, {options.threads} threads, "
          f"{options.rounds} rounds of {options.seconds:g} s\n")
    print("| question in, ten clauses out | p50 ms | p99 ms | of it embedding, p50 | peak MB "
          "| evidence in the first clause, in ten |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, one in rows.items():
        # The order of the first stage alone is not given out.
        right = "" if "retrieve (3" in name else first_right(one["found"], given, texts)
        print(f"| {name} | {one['retrieve']['p50']:.2f} | {one['retrieve']['p99']:.2f} "
              f"| {one['embed']['p50']:.2f} | {one['memory']:.0f} | {right} |")
    options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"\nAll figures: {options.json}", file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        weights, model, texts, threads = sys.argv[2:]
        stack(weights, model, texts, int(threads))
    else:
        sys.exit(main())
