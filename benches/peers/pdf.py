#!/usr/bin/env python3
"""Measures how fast PDF files are read, beside pdftotext (poppler) and PDFium, in one run: pages a second, in turns.

    python3 benches/peers/pdf.py FILE... [--rounds 5]

Yiju and pdftotext are whole processes, their start included; PDFium (the PyPI package pypdfium2) is called inside a Python
that runs already, as its start is Python's. A side that is not there is left out with the reason.
"""

import argparse
import importlib.util
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def yiju():
    subprocess.run(["cargo", "build", "--release", "-p", "yiju-format", "--example", "read"], cwd=ROOT, check=True)
    program = ROOT / "target" / "release" / "examples" / "read"
    return lambda file: subprocess.run([program, file], check=True, capture_output=True).stdout.decode()


def pdftotext():
    program = shutil.which("pdftotext")
    if not program:
        return "pdftotext is not installed (Debian: poppler-utils)"
    return lambda file: subprocess.run([program, "-layout", file, "-"], check=True, capture_output=True).stdout.decode()


def pdfium():
    if not importlib.util.find_spec("pypdfium2"):
        return "pypdfium2 is not installed (PyPI)"
    import pypdfium2

    def read(file):
        document = pypdfium2.PdfDocument(file)
        return "".join(page.get_textpage().get_text_bounded() for page in document)
    return read


def pages(file):
    # The count that the root of the pages states is the greatest of all.
    import re
    counts = re.findall(rb"/Count\s+(\d+)", pathlib.Path(file).read_bytes())
    return max(map(int, counts), default=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    sides = {"Yiju": yiju(), "pdftotext": pdftotext(), "PDFium": pdfium()}
    for name, side in list(sides.items()):
        if isinstance(side, str):
            print(f"{name} is left out: {side}", file=sys.stderr)
            del sides[name]
    count = {file: pages(file) for file in given.files}
    best = {}
    for _ in range(given.rounds):
        for file in given.files:
            for name, side in sides.items():
                start = time.perf_counter()
                text = side(file)
                took = time.perf_counter() - start
                if not text.strip():
                    sys.exit(f"{name} read nothing of {file}")
                best[name, file] = min(took, best.get((name, file), took))
    print("| file | pages | " + " | ".join(f"{name}, pages/s" for name in sides) + " |")
    print("| --- | ---: |" + " ---: |" * len(sides))
    for file in given.files:
        rates = [count[file] / best[name, file] for name in sides]
        print(f"| {pathlib.Path(file).name} | {count[file]} | " + " | ".join(f"{rate:.0f}" for rate in rates) + " |")
    whole = {name: sum(count.values()) / sum(best[name, file] for file in given.files) for name in sides}
    print("| all | {} | ".format(sum(count.values())) + " | ".join(f"{whole[name]:.0f}" for name in sides) + " |")


if __name__ == "__main__":
    main()
