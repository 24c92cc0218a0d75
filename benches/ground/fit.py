"""Fits the support of yiju-engine (ground/model.rs) on the development half.

Usage: yiju eval --ground benches/ground/dev.jsonl --out dev.json
       python3 benches/ground/fit.py dev.json

Faithful sentences against those whose clause does not say them (invented, wrong clause): what else corrupts a sentence,
rules find. Prints the weights for ground/support.json, with the constant moved so that a half is passed by all but
FAITHFUL_LOST of the faithful ones, and what five-fold cross-validation over the clauses cited gives. Needs numpy.
"""
import json
import sys
import zlib

import numpy as np

# The share of the faithful sentences that the support alone may reject.
FAITHFUL_LOST = 0.03
UNSAID = ("invented", "wrong clause")

rows = json.load(open(sys.argv[1], encoding="utf-8"))["sentences"]
lost = float(sys.argv[2]) if len(sys.argv) > 2 else FAITHFUL_LOST
names = [name for name, _ in rows[0]["signals"]]


def fit(x, y, penalty=0.1):
    z = np.hstack([x, np.ones((len(x), 1))])
    w = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    beta = np.zeros(z.shape[1])
    ridge = np.diag([penalty] * (z.shape[1] - 1) + [1e-6])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(z @ beta, -50, 50)))
        beta -= np.linalg.solve((z * (w * p * (1 - p))[:, None]).T @ z + ridge, z.T @ (w * (p - y)) + ridge @ beta)
    return beta


def moved(beta, x, y):
    """The weights with a constant by which `lost` of the faithful are below a half."""
    scores = x[y == 1] @ beta[:-1]
    beta[-1] = -np.quantile(scores, lost)
    return beta


for name, lang in (("within", "zh"), ("across", "en")):
    mine = [row for row in rows if row["lang"] == lang and row["kind"] in ("faithful", *UNSAID) and row["signals"]]
    x = np.array([[value for _, value in row["signals"]] for row in mine])
    if name == "across":
        x[:, [names.index(n) for n in ("words", "pairs", "part_pairs")]] = 0
    y = np.array([float(row["kind"] == "faithful") for row in mine])
    fold = np.array([zlib.crc32(row["id"].encode()) % 5 for row in mine])
    held = np.zeros(len(mine))
    for at in range(5):
        beta = moved(fit(x[fold != at], y[fold != at]), x[fold != at], y[fold != at])
        held[fold == at] = x[fold == at] @ beta[:-1] + beta[-1]
    a, b = held[y == 1], held[y == 0]
    auroc = (a[:, None] > b).mean()
    kinds = {k: np.mean([held[i] < 0 for i, row in enumerate(mine) if row["kind"] == k]) for k in UNSAID}
    beta = moved(fit(x, y), x, y)
    print(f'"{name}": {{' + ", ".join(f'"{n}": {v:.2f}' for n, v in zip([*names, "constant"], beta)) + "}")
    print(f"  {len(mine)} sentences; held out: AUROC {auroc:.3f}, faithful rejected {np.mean(a < 0):.3f}, "
          + ", ".join(f"{k} caught {v:.3f}" for k, v in kinds.items()))
