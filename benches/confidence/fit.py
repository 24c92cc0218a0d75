"""Fits the confidence model of yiju-engine and writes crates/yiju-engine/src/ask/confidence/fit.json.

Usage: python3 benches/confidence/fit.py [--write] [--threshold X] [--odds WITHIN,ACROSS]
           [--hold NAME] [--ridge WITHIN,ACROSS] FILE[:WEIGHT] ...

Each FILE was written by `yiju eval SET --signals FILE`. Its total weight is WEIGHT (default 1), however
many questions it has, and its answerable and unanswerable questions weigh the same. A question counts as answerable where its best candidate is right, and as
unanswerable where its gold was taken out or it never had an answer; an answerable question with a
wrong best candidate is left out of the fit and counted in the error rates.

There is one model for questions in the documents' script and one across scripts, where shared
words carry no information. Both are fitted at even odds; --odds shifts the intercept to the odds expected in
use (answerable to unanswerable, default 3.5,1.5: a wrong answer in a language that the reader does not know
is hard to notice, so the odds there are lower).

Weights, for signals scaled to unit variance, are pulled towards zero: --ridge is the strength for both models (default
100,100); each set and class weighs 500.

Error rates are by five-fold cross-validation with questions on the same passage in one fold, so that no
question is judged with weights fitted to it. --hold NAME leaves files with NAME in their path out of the fit
and reports the error rates on them. Without --write nothing is written. Needs
numpy.
"""
import argparse
import datetime
import hashlib
import json
import os
import sys

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FIT = os.path.join(ROOT, "crates", "yiju-engine", "src", "ask", "confidence", "fit.json")
MODEL = "yiju-e5-small-q8"
FOLDS = 5
# What says nothing across scripts.
SILENT_ACROSS = ("coverage", "coverage_squared", "missing", "own_coverage")
# At one set and class of answers, for the weighting.
PER_CLASS = 500


def load(path):
    """The rows of a file, in the two scripts."""
    rows = {"within": [], "across": []}
    for line in open(path, encoding="utf-8"):
        row = json.loads(line)
        across = row["features"].pop("across") > 0.5
        rows["across" if across else "within"].append(row)
    return rows


def usable(row):
    return row["right"] or not row["answerable"]


def matrix(rows, names, script):
    silent = SILENT_ACROSS if script == "across" else ()
    return np.array([[0.0 if n in silent else r["features"][n] for n in names] for r in rows]).reshape(-1, len(names))


def fit(sets, names, script, ridge):
    """Weights and constant at even odds, by Newton's method on the likelihood, penalised by the squares of the
    weights for signals scaled to unit variance."""
    x, y, w = [], [], []
    for rows, weight in sets:
        for answerable in (True, False):
            part = [r for r in rows if usable(r) and r["answerable"] == answerable]
            x.append(matrix(part, names, script))
            y += [answerable] * len(part)
            w += [weight * PER_CLASS / max(1, len(part))] * len(part)
    x, y, w = np.vstack(x), np.array(y, float), np.array(w)
    if len(set(y)) < 2:
        return None
    mean, std = (x * w[:, None]).sum(0) / w.sum(), x.std(0) + 1e-6
    z = np.hstack([(x - mean) / std, np.ones((len(x), 1))])
    beta = np.zeros(len(names) + 1)
    penalty = np.append(np.full(len(names), ridge), 0.0)
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(z @ beta, -50, 50)))
        gradient = z.T @ (w * (p - y)) + penalty * beta
        hessian = (z * (w * p * (1 - p))[:, None]).T @ z + np.diag(penalty + 1e-9)
        beta -= np.linalg.solve(hessian, gradient)
    weights = beta[:-1] / std
    return weights, beta[-1] - weights @ mean


def probabilities(model, rows, names, script, odds):
    weights, constant = model
    scores = matrix(rows, names, script) @ weights + constant + np.log(odds)
    return 1 / (1 + np.exp(-np.clip(scores, -50, 50)))


def fold_of(row):
    return int(hashlib.sha256(row["group"].encode()).hexdigest(), 16) % FOLDS


def cross_validated(sets, names, script, odds, ridge):
    """For each set, the probability of each of its rows by weights learnt without its fold."""
    out = [np.zeros(len(rows)) for rows, _ in sets]
    for fold in range(FOLDS):
        model = fit([([r for r in rows if fold_of(r) != fold], weight) for rows, weight in sets], names, script, ridge)
        for at, (rows, _) in enumerate(sets):
            mine = [i for i, r in enumerate(rows) if fold_of(r) == fold]
            if mine:
                out[at][mine] = probabilities(model, [rows[i] for i in mine], names, script, odds)
    return out


def auroc(p, y):
    a, b = p[y], p[~y]
    if len(a) == 0 or len(b) == 0:
        return float("nan")
    return float((a[:, None] > b).mean() + (a[:, None] == b).mean() / 2)


def rates(judged, threshold):
    """Refused though answerable and answered though not, over the questions of all sets, each
    counting with its set's weight."""
    def mean(pairs):
        parts = [(hits.sum() * weight, len(hits) * weight) for hits, weight in pairs]
        return round(float(sum(a for a, _ in parts) / max(1e-9, sum(b for _, b in parts))), 4)
    return {
        "refused_answerable": mean([(p[y] < threshold, w) for p, y, w in judged]),
        "answered_unanswerable": mean([(p[~y] >= threshold, w) for p, y, w in judged]),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--odds", default="3.5,1.5")
    parser.add_argument("--ridge", default="100,100")
    parser.add_argument("--hold")
    parser.add_argument("files", nargs="+")
    given = parser.parse_args()
    odds = dict(zip(("within", "across"), map(float, given.odds.split(","))))
    strengths = dict(zip(("within", "across"), map(float, given.ridge.split(","))))
    files = []
    for name in given.files:
        path, _, weight = name.rpartition(":")
        files.append((path, float(weight)) if path else (name, 1.0))
    loaded = [(os.path.splitext(os.path.basename(path))[0], load(path), weight) for path, weight in files]
    # The engine's own order, as it writes them.
    first = next(row for _, rows, _ in loaded for row in rows["within"] + rows["across"])
    names = list(first["features"])
    thresholds = sorted({round(t / 20, 2) for t in range(1, 20)} | {given.threshold})

    result = {"threshold": given.threshold}
    sets, table = [], [{"threshold": t} for t in thresholds]
    for script in ("within", "across"):
        held = [(n, r[script], w) for n, r, w in loaded if given.hold and given.hold in n]
        part = [(n, r[script], w) for n, r, w in loaded if r[script] and not (given.hold and given.hold in n)]
        ridge = strengths[script]
        model = fit([(r, w) for _, r, w in part], names, script, ridge)
        if model is None:
            sys.exit(f"{script}: there must be questions with and without an answer")
        weights, constant = model
        result[script] = {
            "weights": {n: round(float(v), 4) for n, v in zip(names, weights)},
            "constant": round(float(constant + np.log(odds[script])), 4),
            "odds": odds[script],
        }
        judged = cross_validated([(r, w) for _, r, w in part], names, script, odds[script], ridge)
        both = []
        print(f"{script}: {json.dumps(result[script], ensure_ascii=False)}")
        for (name, rows, weight), p in zip(part, judged):
            y = np.array([r["answerable"] for r in rows])
            both.append((p, y, weight))
            wrong = sum(not usable(r) for r in rows)
            area = auroc(p, y)
            sets.append({
                "name": name, "script": script, "weight": weight,
                "answerable": int(y.sum()) - wrong, "wrong": wrong, "unanswerable": int((~y).sum()),
                "auroc": None if np.isnan(area) else round(area, 4),
            })
            print(f"  {sets[-1]}")
        for row in table:
            row[script] = rates(both, row["threshold"])
        for name, rows, _ in held:
            if not rows:
                continue
            y, p = np.array([r["answerable"] for r in rows]), probabilities(model, rows, names, script, odds[script])
            print(f"  held out, {name}: n {len(rows)}, AUROC {auroc(p, y):.3f}, {rates([(p, y, 1.0)], given.threshold)}")
            for row, value in sorted(zip(rows, p), key=lambda t: t[1]):
                if (value >= given.threshold) != row["answerable"] and len(rows) < 150:
                    print(f"    {'refused' if row['answerable'] else 'answered'} {value:.2f} {row['q']}")
    print("\n| threshold | refused though answerable | answered though not | the same, other script | |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for row in table:
        a, b = row["within"], row["across"]
        print(f"| {row['threshold']:.2f} | {a['refused_answerable']:.3f} | {a['answered_unanswerable']:.3f} "
              f"| {b['refused_answerable']:.3f} | {b['answered_unanswerable']:.3f} |")
    if given.write:
        if given.hold:
            sys.exit("a fit with a set held out is for looking at; leave --hold away to write")
        arguments = ["--write", f"--threshold {given.threshold:g}", f"--odds {given.odds}", f"--ridge {given.ridge}"]
        arguments += [os.path.basename(path) + (f":{w:g}" if w != 1 else "") for path, w in files]
        result["provenance"] = {
            "date": datetime.date.today().isoformat(),
            "model": MODEL,
            "command": "python3 benches/confidence/fit.py " + " ".join(arguments),
            "error_rates": f"cross-validation in {FOLDS} folds, questions on one passage together; "
                           "over the questions of all sets, each with its set's weight; wrong best candidates included",
            "sets": sets,
        }
        result["error_rates"] = table
        with open(FIT, "w", encoding="utf-8") as out:
            json.dump(result, out, ensure_ascii=False, indent=2)
            out.write("\n")
        print(f"\nwrote {os.path.relpath(FIT)}; run the tests of yiju-engine")


main()
