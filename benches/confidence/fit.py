"""Fits the confidence model of yiju-engine from signals that `yiju eval --signals FILE` wrote.

Usage: python3 fit.py [--hold NAME] FILE[:WEIGHT] ...

Each file counts as a whole with its weight (1 unless given), however many questions it has.
A question counts as answerable where its best candidate is right, and as unanswerable where its
gold was taken out or it never had an answer; a wrong best candidate for an answerable question is
left out. In sets without gold ids (questions with `evidence`) every question with evidence counts as
answerable. Prints the weights as Rust, and for every file the AUROC and the error rates at 0.5.
Needs numpy.
"""
import json
import sys

import numpy as np

# In the order of `NAMES` in crates/yiju-engine/src/confidence.rs.
NAMES = ["dense", "sentence", "late", "late_sentence", "above", "margin", "coverage", "missing", "misfit"]


# Of the penalty on squared weights, for signals scaled to unit variance.
STRENGTH = 10.0


def load(path):
    rows = [json.loads(line) for line in open(path, encoding="utf-8")]
    out = []
    for row in rows:
        by_gold = "right" in row and (row["without"] or row["right"])
        answerable = row["answerable"]
        seedlike = not path_has_gold(rows)
        if answerable and not seedlike and not by_gold:
            continue
        across = row["features"]["across"] > 0.5
        # Across scripts, words shared or missing say nothing.
        silent = ("coverage", "missing") if across else ()
        features = [0.0 if name in silent else row["features"][name] for name in NAMES]
        out.append((across, answerable, features, row["q"]))
    return out


def path_has_gold(rows):
    return any(row["right"] or row["without"] for row in rows)


def fit(x, y, w, strength):
    mean, std = (x * w[:, None]).sum(0) / w.sum(), x.std(0) + 1e-6
    z = np.hstack([(x - mean) / std, np.ones((len(x), 1))])
    beta = np.zeros(z.shape[1])
    penalty = np.full(z.shape[1], strength)
    penalty[-1] = 0
    for _ in range(60):
        p = 1 / (1 + np.exp(-z @ beta))
        gradient = z.T @ (w * (p - y)) + penalty * beta
        hessian = (z * (w * p * (1 - p))[:, None]).T @ z + np.diag(penalty + 1e-9)
        beta -= np.linalg.solve(hessian, gradient)
    weights = beta[:-1] / std
    return weights, beta[-1] - weights @ mean


def auroc(p, y):
    a, b = p[y], p[~y]
    return float("nan") if len(a) == 0 or len(b) == 0 else ((a[:, None] > b).mean() + (a[:, None] == b).mean() / 2)


def main():
    arguments, hold = sys.argv[1:], None
    if arguments and arguments[0] == "--hold":
        hold, arguments = arguments[1], arguments[2:]
    files = [(a.rpartition(":")[0], float(a.rpartition(":")[2])) if a.rpartition(":")[0] else (a, 1.0) for a in arguments]
    sets = {path: (load(path), weight) for path, weight in files}
    for across in (False, True):
        x, y, w = [], [], []
        for path, (rows, weight) in sets.items():
            if hold and hold in path:
                continue
            mine = [r for r in rows if r[0] == across]
            for answer in (True, False):
                part = [r for r in mine if r[1] == answer]
                x += [r[2] for r in part]
                y += [r[1] for r in part]
                w += [weight * 500 / max(1, len(part))] * len(part)
        if not x or len(set(y)) < 2:
            continue
        weights, constant = fit(np.array(x), np.array(y, float), np.array(w), STRENGTH)
        print("ACROSS" if across else "WITHIN")
        print("  weights: [" + ", ".join(f"{v:.2f}" for v in weights) + f"], constant: {constant:.2f}")
        for path, (rows, _) in sets.items():
            mine = [r for r in rows if r[0] == across]
            if not mine:
                continue
            y1 = np.array([r[1] for r in mine])
            p = 1 / (1 + np.exp(-(np.array([r[2] for r in mine]) @ weights + constant)))
            print(f"  {path}: n {len(mine)}, AUROC {auroc(p, y1):.3f}, "
                  f"refused though answerable {np.mean(p[y1] < 0.5) if y1.any() else 0:.3f}, "
                  f"answered though not {np.mean(p[~y1] >= 0.5) if (~y1).any() else 0:.3f}")
            if len(mine) < 150:
                for r, q in sorted(zip(mine, p), key=lambda t: t[1]):
                    if (q >= 0.5) != r[1]:
                        print(f"    {'refused' if r[1] else 'answered'} {q:.2f} {r[3]}")


main()
