"""Fits the support model of yiju-engine (verify/model.rs) over the HTTP API.

Usage: yiju --library LIBRARY-eval-SET serve --listen 127.0.0.1:8701
       python3 benches/confidence/support.py http://127.0.0.1:8701 SET...

Statements are made of the sets' Chinese questions, with the question word replaced by the answer
(谁发明了 … → 甲发明了 …); English ones stay questions, since no answer in English is known. The
sentence that holds the answer supports its statement; two other sentences of the passage and one
of the next passage do not. Only what the model gives is fitted (late interaction, cosine, share of
words), not what contradicts. Prints the weights for verify/support.json, and on every fifth
passage, which is left out of the fit, the AUROC and the error rates at 0.5. Needs numpy.
"""
import json
import os
import re
import sys
import urllib.request

import numpy as np

QUESTION = re.compile("什么时候|什么时间|哪一年|哪一天|哪个国家|什么地方|多少|何时|何地|哪里|哪年|谁|哪些|哪个|哪种|什么|几")
SENTENCE = re.compile("[^。！？；]+[。！？；]?”?")
SIGNALS = ("late", "cosine", "coverage")


def pairs(folder):
    corpus = [json.loads(line) for line in open(os.path.join(folder, "corpus.jsonl"), encoding="utf-8")]
    place = {entry["id"]: at for at, entry in enumerate(corpus)}
    for line in open(os.path.join(folder, "queries.jsonl"), encoding="utf-8"):
        query = json.loads(line)
        gold, answers = query["gold"][0][0], query.get("answers") or []
        if not answers or gold not in place:
            continue
        statement = query["q"].rstrip("？?")
        if query["lang"] == "zh":
            if not QUESTION.search(statement):
                continue
            statement = QUESTION.sub(answers[0], statement, count=1)
        here = SENTENCE.findall(corpus[place[gold]]["text"])
        there = SENTENCE.findall(corpus[(place[gold] + 1) % len(corpus)]["text"])
        right = [s for s in here if answers[0] in s][:1]
        wrong = [s for s in here if not any(a in s for a in answers)][:2] + there[:1]
        if right:
            yield query["lang"], gold, statement, [(s, True) for s in right] + [(s, False) for s in wrong if len(s) > 5]


def ask(server, statement, quotes):
    body = json.dumps({"statement": statement, "citations": [{"quote": q} for q in quotes]}).encode()
    request = urllib.request.Request(server + "/v1/verify", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["citations"]


def main():
    server, rows = sys.argv[1], {"zh": [], "en": []}
    for folder in sys.argv[2:]:
        for lang, gold, statement, quotes in pairs(folder):
            for (_, right), found in zip(quotes, ask(server, statement, [q for q, _ in quotes])):
                support = found["support"]
                if support:
                    held = int.from_bytes(gold.encode(), "big") % 5 == 0
                    rows[lang].append((held, right, [support[name] or 0.0 for name in SIGNALS]))
    for lang, mine in rows.items():
        if not mine:
            continue
        held, y = np.array([r[0] for r in mine]), np.array([r[1] for r in mine], float)
        x = np.array([r[2] for r in mine])
        if lang == "en":
            x[:, 2] = 0.0
        # Supporting and other pairs weigh the same.
        w = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
        z = np.hstack([x, np.ones((len(x), 1))])
        beta = np.zeros(4)
        train = ~held
        for _ in range(100):
            p = 1 / (1 + np.exp(-np.clip(z[train] @ beta, -50, 50)))
            gradient = z[train].T @ (w[train] * (p - y[train])) + np.array([0.1, 0.1, 0.1, 0]) * beta
            hessian = (z[train] * (w[train] * p * (1 - p))[:, None]).T @ z[train] + np.diag([0.1, 0.1, 0.1, 1e-6])
            beta -= np.linalg.solve(hessian, gradient)
        p = 1 / (1 + np.exp(-z[held] @ beta))
        a, b = p[y[held] == 1], p[y[held] == 0]
        print(f"{lang}: {', '.join(f'{v:.2f}' for v in beta)}; {len(mine)} pairs, {int(y.sum())} supporting; "
              f"held out: AUROC {(a[:, None] > b).mean():.3f}, supporting below 0.5 {np.mean(a < 0.5):.3f}, "
              f"others at 0.5 or above {np.mean(b >= 0.5):.3f}")


main()
