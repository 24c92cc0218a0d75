#!/usr/bin/env python3
"""Compares the vector index with hnswlib, usearch and faiss on the same vectors.

    python3 -m venv venv && venv/bin/pip install numpy hnswlib usearch faiss-cpu
    cargo build --release -p yiju-index --example index_peer
    venv/bin/python benches/peers/index.py --sizes 10000 100000

Each engine runs in a separate process, builds with the same number of threads and then
answers the same queries with one thread at rising ef until recall@10 reaches the target;
at that ef the engines take turns. The vectors are made ones (clusters with a common part,
a fixed seed), or real ones from a file (--base, --queries: raw little-endian floats).
The truth is faiss's flat index over the float vectors: a row found is right when its
score reaches that of the tenth row, for real texts repeat and equal vectors have no order.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

K = 10
ROUNDING = 2e-6
LINKS = 16
EF_CONSTRUCTION = 200
EFS = [10, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 56, 64, 72, 80, 96, 112, 128, 160, 192, 256, 384, 512, 768]
PEERS = ["yiju", "hnswlib", "usearch", "usearch-i8", "faiss-hnsw", "faiss-flat"]


def made(np, n, queries, dimension, per_cluster):
    """Unit vectors around centres that share a common part; queries of the same clusters."""
    random = np.random.default_rng(7)
    common = random.standard_normal(dimension, dtype=np.float32)
    clusters = n // per_cluster + 1
    centres = common + random.standard_normal((clusters, dimension), dtype=np.float32)

    def draw(count):
        out = centres[random.integers(clusters, size=count)]
        for start in range(0, count, 65536):
            part = out[start : start + 65536]
            part += np.float32(0.7) * random.standard_normal(part.shape, dtype=np.float32)
            part /= np.linalg.norm(part, axis=1, keepdims=True)
        return out

    return draw(n), draw(queries)


def memory(pid):
    """Resident, anonymous, mapped and peak bytes of a process (Linux)."""
    fields = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "RssAnon", "RssFile", "VmHWM"):
            fields[name] = int(value.split()[0]) * 1024
    return fields


class Engine:
    """One Python peer, inside its own process."""

    def __init__(self, name, dimension, base, queries, truth):
        import numpy as np

        self.np, self.name, self.dimension = np, name, dimension
        self.base = np.memmap(base, dtype="<f4", mode="r").reshape(-1, dimension)
        self.queries = np.fromfile(queries, dtype="<f4").reshape(-1, dimension)
        self.truth = np.fromfile(truth, dtype="<f4")
        self.index = None

    def build(self, threads):
        if self.name == "hnswlib":
            import hnswlib

            self.index = hnswlib.Index(space="ip", dim=self.dimension)
            self.index.init_index(len(self.base), M=LINKS, ef_construction=EF_CONSTRUCTION)
            self.index.add_items(self.base, num_threads=threads)
        elif self.name.startswith("usearch"):
            from usearch.index import Index

            kind = "i8" if self.name.endswith("i8") else "f32"
            self.index = Index(
                ndim=self.dimension, metric="ip" if kind == "f32" else "cos", dtype=kind,
                connectivity=LINKS, expansion_add=EF_CONSTRUCTION,
            )
            self.index.add(self.np.arange(len(self.base)), self.base, threads=threads)
        else:
            import faiss

            faiss.omp_set_num_threads(threads)
            if self.name == "faiss-hnsw":
                self.index = faiss.IndexHNSWFlat(self.dimension, LINKS, faiss.METRIC_INNER_PRODUCT)
                self.index.hnsw.efConstruction = EF_CONSTRUCTION
            else:
                self.index = faiss.IndexFlatIP(self.dimension)
            self.index.add(self.np.ascontiguousarray(self.base))

    def save(self, directory):
        assert self.name == "hnswlib"
        self.index.save_index(str(Path(directory) / "hnswlib.bin"))

    def load(self, directory):
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=self.dimension)
        self.index.load_index(str(Path(directory) / "hnswlib.bin"))

    def ask(self, queries, ef):
        if self.name == "hnswlib":
            self.index.set_ef(ef)
            return self.index.knn_query(queries, k=K, num_threads=1)[0]
        if self.name.startswith("usearch"):
            self.index.expansion_search = ef
            found = self.index.search(queries, K, threads=1).keys
            return found.reshape(len(queries), K)
        import faiss

        faiss.omp_set_num_threads(1)
        if self.name == "faiss-hnsw":
            self.index.hnsw.efSearch = ef
        return self.index.search(queries, K)[1]

    def search(self, ef, one_by_one):
        # The rate is of one call with all queries, so that Python itself costs nothing.
        start = time.perf_counter()
        found = self.ask(self.queries, ef)
        seconds = time.perf_counter() - start
        right = 0
        for query, rows, least in zip(self.queries, found, self.truth):
            rows = self.np.unique(rows[(rows >= 0) & (rows < len(self.base))])
            right += int((self.base[rows] @ query >= least - ROUNDING).sum())
        outcome = {"recall": right / self.truth.size / K, "per_second": len(found) / seconds}
        if one_by_one:
            times = []
            for query in self.queries:
                start = time.perf_counter()
                self.ask(query.reshape(1, -1), ef)
                times.append(time.perf_counter() - start)
            times.sort()
            outcome["p50_us"] = times[len(times) // 2] * 1e6
            outcome["p99_us"] = times[int(len(times) * 0.99)] * 1e6
        return outcome


def serve(arguments):
    """The loop of a Python peer's process: the same lines as the Rust example's."""
    name, dimension, *files = arguments
    engine = Engine(name, int(dimension), *files)
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "build":
            before, start, cpu = memory(os.getpid()), time.perf_counter(), time.process_time()
            engine.build(int(rest[0]))
            outcome = {
                "build_s": time.perf_counter() - start,
                "cpu_s": time.process_time() - cpu,
                "hot_bytes": memory(os.getpid())["RssAnon"] - before["RssAnon"],
            }
        elif command == "load":
            before, start = memory(os.getpid()), time.perf_counter()
            engine.load(rest[0])
            outcome = {
                "load_s": time.perf_counter() - start,
                "hot_bytes": memory(os.getpid())["RssAnon"] - before["RssAnon"],
            }
        elif command == "save":
            engine.save(rest[0])
            outcome = {}
        else:
            outcome = engine.search(int(rest[0]), command == "single")
        print(json.dumps(outcome), flush=True)


class Child:
    """A running engine's process."""

    def __init__(self, name, arguments, binary, prefix):
        own = [binary, "serve"] if name == "yiju" else [sys.executable, __file__, "--serve", name]
        self.name = name
        self.process = subprocess.Popen(
            [*prefix, *own, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} stopped at {words}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(np, options, n, folder):
    if options.base:
        base, queries = options.base, options.queries
        n = os.path.getsize(base) // (4 * options.dimension)
    else:
        base, queries = (str(folder / f"made-{n}.{kind}.f32") for kind in ("base", "queries"))
        if not os.path.exists(base):
            b, q = made(np, n, options.asked, options.dimension, options.per_cluster)
            q.astype("<f4").tofile(queries)
            b.astype("<f4").tofile(base)
    truth = str(folder / f"{Path(base).name}.truth")
    if not os.path.exists(truth):
        import faiss

        vectors = np.memmap(base, dtype="<f4", mode="r").reshape(n, options.dimension)
        asked = np.fromfile(queries, dtype="<f4").reshape(-1, options.dimension)
        faiss.omp_set_num_threads(options.threads)
        best = np.zeros((len(asked), 0), dtype=np.float32)
        for start in range(0, n, 65536):
            flat = faiss.IndexFlatIP(options.dimension)
            flat.add(np.ascontiguousarray(vectors[start : start + 65536]))
            best = np.sort(np.hstack([best, flat.search(asked, K)[0]]))[:, -K:]
        best[:, 0].astype("<f4").tofile(truth)

    arguments = [str(options.dimension), base, queries, truth]
    rows, children = {}, {}
    for name in options.peers:
        child = Child(name, arguments, options.binary, options.prefix.split())
        kept = folder / f"{Path(base).name}.{name}"
        if kept.is_dir() and any(kept.iterdir()):
            row = json.loads((kept / "built.json").read_text())
            row |= child.do("load", kept)
        else:
            row = child.do("build", options.threads)
            if options.keep and name in ("yiju", "hnswlib"):
                kept.mkdir(exist_ok=True)
                child.do("save", kept)
                (kept / "built.json").write_text(json.dumps(row))
                row |= child.do("load", kept) if name == "yiju" else {}
        row["after"] = memory(child.process.pid)
        row["sweep"] = []
        for ef in [10] if name == "faiss-flat" else EFS:
            found = child.do("search", ef)
            row["sweep"].append({"ef": ef} | found)
            row["ef"] = ef
            if found["recall"] >= options.recall:
                break
        rows[name], children[name] = row, child
        print(name, json.dumps(row), file=sys.stderr, flush=True)
    turns = {name: [] for name in children}
    for _ in range(options.rounds):
        for name, child in children.items():
            turns[name].append(child.do("single", rows[name]["ef"]))
    for name, child in children.items():
        child.close()
        # The median turn, by rate.
        middle = sorted(turns[name], key=lambda t: t["per_second"])[len(turns[name]) // 2]
        rows[name] |= middle
    return {"n": n, "base": Path(base).name, "engines": rows}


def table(result):
    print(f"\n{result['n']:,} vectors ({result['base']}), one search thread\n")
    print("| engine | build s | build CPU s | MB | ef | recall@10 | queries/s | p50 µs | p99 µs |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, row in result["engines"].items():
        print(
            f"| {name} | {row.get('build_s', 0):.1f} | {row.get('cpu_s', 0):.1f} "
            f"| {row['hot_bytes'] / 1e6:.0f} | {row['ef']} | {row['recall']:.4f} "
            f"| {row['per_second']:,.0f} | {row['p50_us']:.0f} | {row['p99_us']:.0f} |"
        )


def main():
    if sys.argv[1:2] == ["--serve"]:
        return serve(sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--peers", nargs="+", default=PEERS, choices=PEERS)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--asked", type=int, default=1000, help="how many queries")
    parser.add_argument("--per-cluster", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2, help="for building")
    parser.add_argument("--recall", type=float, default=0.99)
    parser.add_argument("--rounds", type=int, default=5, help="turns at the chosen ef")
    parser.add_argument("--base", help="a file of real vectors instead of made ones")
    parser.add_argument("--queries", help="and one of queries")
    parser.add_argument("--binary", default="target/release/examples/index_peer")
    parser.add_argument("--folder", help="for vectors, the truth and what --keep keeps")
    parser.add_argument("--keep", action="store_true", help="save built indexes and load them again")
    parser.add_argument("--prefix", default="", help="put before each engine's command")
    parser.add_argument("--json", help="write the results here")
    options = parser.parse_args()
    import numpy as np

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.folder or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        sizes = [0] if options.base else options.sizes
        results = [compare(np, options, n, folder) for n in sizes]
    for result in results:
        table(result)
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
