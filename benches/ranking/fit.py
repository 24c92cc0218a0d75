"""Fits the weights of the second stage (yiju-engine, ask/rank.rs) to questions, and shows what they would change.

    yiju eval SET --keep-gold --candidates FILE        # once for each set
    python3 benches/ranking/fit.py FILE[:WEIGHT]... [--free NAME,...] [--pull X] [--hold NAME]

Listwise: the share that a softmax over a question's candidates gives the right ones, each set with the same weight.
Weights are pulled towards the present ones. Figures by five folds, questions on one passage together; files with NAME in their path
(--hold) are only measured. Prints weights relative to the clause's cosine, as rank.rs has them. Needs numpy.
"""

import argparse
import hashlib
import json
import os

import numpy as np

# As in rank.rs; those at 0 are no part of it.
PRESENT = {
    "dense": 1.0,
    "sentence": 2.0,
    "late": 2.6,
    "pairs": 0.4,
    "coverage": 0.3,
    "neighbours": 1.0,  # holds its weight already
    "sentence_late": 0.0,
    "sentence_coverage": 0.0,
    "length": 0.0,
    "lexical": 0.0,
    "fit": 0.0,
}
SHORT = 40
HEAT = 12.0  # what a score of 1 is in logits
FOLDS = 5


def load(path, across):
    """(features [candidates, names], right [candidates], rest [candidates], fold) of each question with a right one."""
    out = []
    for line in open(path, encoding="utf-8"):
        row = json.loads(line)
        if row.get("without") or not row["rows"]:
            continue
        names = row["names"]
        values = np.array(row["rows"], np.float64)
        column = {name: values[:, at] for at, name in enumerate(names)}
        if (column["across"].mean() > 0.5) != across:
            continue
        right = np.array([r is not None for r in row["right"]])
        column["length"] = np.log(np.maximum(column["length"], SHORT))
        x = np.stack([column[name] for name in PRESENT], 1)
        if across:
            for name in ("pairs", "neighbours", "lexical", "coverage", "sentence_coverage"):
                x[:, list(PRESENT).index(name)] = 0
        now = x @ np.array(list(PRESENT.values()))
        # What the score holds besides (lists, the matter beside a title, the reader) stays as it is.
        rest = column["score"] - now
        fold = int(hashlib.sha256(row["group"].encode()).hexdigest(), 16) % FOLDS
        out.append((x, right, rest, fold))
    return out


def gradient(w, x, right, rest):
    z = HEAT * (x @ w + rest)
    p = np.exp(z - z.max())
    p /= p.sum()
    q = p * right
    total = q.sum()
    q /= max(total, 1e-12)
    return HEAT * (p - q) @ x, -np.log(max(total, 1e-12))


def fit(sets, free, pull, steps=150):
    start = np.array(list(PRESENT.values()))
    w, m, v = start.copy(), 0, 0
    mask = np.array([name in free for name in PRESENT], float)
    for t in range(1, steps + 1):
        g = np.zeros(len(w))
        for questions, weight in sets:
            part = [gradient(w, x, right, rest)[0] for x, right, rest, _ in questions if right.any()]
            g += weight * np.mean(part, 0)
        g = (g + pull * (w - start)) * mask
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        w = w - 0.03 * (1 - t / (steps + 1)) * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-9)
    return w


def found(w, questions):
    """Recall at 1 and at 10 over all questions."""
    ranks = []
    for x, right, rest, _ in questions:
        order = np.argsort(-(x @ w + rest), kind="stable")
        hits = np.flatnonzero(right[order])
        ranks.append(hits[0] if len(hits) else 10**6)
    ranks = np.array(ranks)
    return np.array([(ranks < 1).mean(), (ranks < 10).mean()])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--free", default=",".join(PRESENT), help="names of the weights that are fitted")
    parser.add_argument("--pull", type=float, default=0.05)
    parser.add_argument("--hold", action="append", default=[])
    parser.add_argument("--across", action="store_true", help="questions and clauses in different scripts")
    given = parser.parse_args()
    free = set(given.free.split(",")) - {"dense"}
    files = []
    for name in given.files:
        path, _, weight = name.rpartition(":")
        files.append((path, float(weight)) if path else (name, 1.0))
    loaded = [(os.path.basename(path), load(path, given.across), weight) for path, weight in files]
    loaded = [part for part in loaded if part[1]]
    learnt = [part for part in loaded if not any(h in part[0] for h in given.hold)]
    start = np.array(list(PRESENT.values()))
    folds = [
        fit([([q for q in questions if q[3] != k], weight) for _, questions, weight in learnt], free, given.pull)
        for k in range(FOLDS)
    ]
    whole = fit([(questions, weight) for _, questions, weight in learnt], free, given.pull)
    for name, questions, _ in loaded:
        if (name, questions) in [(n, q) for n, q, _ in learnt]:
            parts = [(found(w, part), len(part)) for k, w in enumerate(folds) if (part := [q for q in questions if q[3] == k])]
            after = sum(f * n for f, n in parts) / len(questions)
        else:
            after = found(whole, questions)
        before = found(start, questions)
        print(f"{name:28} {len(questions):5}  @1 {before[0]:.3f} -> {after[0]:.3f}  @10 {before[1]:.3f} -> {after[1]:.3f}")
    print({name: round(float(value), 3) for name, value in zip(PRESENT, whole)})


if __name__ == "__main__":
    main()
