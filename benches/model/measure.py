"""Recall of clause vectors and of late interaction, for choosing a share of old and new weights.

    python3 benches/model/measure.py --data FOLDER --base MODEL [--shares 0,0.5,1] TRAINED...

The product's figures come from `yiju eval`; these are of parts of it: at 1, 10 and 100 by clause vectors, then at 1 and
10 by clause + 2.5 × late interaction over the best hundred, with whole token vectors and with the projection. Pools are
cut to 2,500 clauses, with all gold ones.
"""

import argparse
import json
import pathlib
import random

import torch

from encoder import Encoder, Texts, batches, kept, matching, mixed, padded, pooled, unit
from train import QUESTION, load


@torch.no_grad()
def states(encoder, texts, kind, rows, limit):
    coded = [texts.encode(kind, text, limit) for text in rows]
    vectors, tokens = torch.empty(len(rows), encoder.width), [None] * len(rows)
    for group in batches([len(ids) for ids, _ in coded], 6144):
        ids, mask = padded([coded[i][0] for i in group])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            middle, last = encoder(ids, mask)
        vectors[group] = pooled(last, mask)
        match = matching(middle, last)
        for place, i in enumerate(group):
            own = [t for t, start in enumerate(coded[i][1]) if start >= 0]
            tokens[i] = (match[place][own].bfloat16(), [coded[i][0][t] for t in own])
    return vectors, tokens


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("trained", nargs="*", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--base", type=pathlib.Path, required=True)
    parser.add_argument("--shares", default="0,0.5,1")
    options = parser.parse_args()
    passages, _ = load(options.data)
    text = {row["id"]: row["text"] for row in passages}
    doc = {row["id"]: row["doc"] for row in passages}
    pools = json.loads((options.data / "pools.json").read_text())
    random.seed(3)
    tests, everything = {}, {}
    for path in sorted(options.data.glob("test-*.jsonl")):
        name = path.stem[5:]
        rows = [json.loads(line) for line in open(path, encoding="utf-8")]
        pool = pools[name]
        if name == "apart":
            pool = [i for i in pool if ":" not in doc[i]]
            own = set(pool)
            rows = [r for r in rows if all(g in own for part in r["gold"] for g in part)]
        gold = {g for r in rows for part in r["gold"] for g in part if g in text}
        rest = [i for i in pool if i not in gold]
        pool = sorted(gold) + random.sample(rest, min(len(rest), max(0, 2500 - len(gold))))
        tests[name] = (rows[:450], pool)
        everything |= dict.fromkeys(pool)
    everything = list(everything)
    place = {name: i for i, name in enumerate(everything)}
    encoder, texts = Encoder(options.base), Texts(options.base)
    base = {name: value.detach().clone() for name, value in encoder.weights.items()}
    loaded = [kept(path) for path in options.trained]
    for share in map(float, options.shares.split(",")):
        weights = mixed(base, [weights for weights, _ in loaded], share) if share else base
        for name, value in weights.items():
            encoder.weights[name].data = value
        encoder.round()
        vectors, tokens = states(encoder, texts, "passage", [text[i] for i in everything], 128)
        counts = torch.zeros(encoder.tables["token_embd.weight"].shape[0])
        for _, ids in tokens:
            counts[list(set(ids))] += 1
        rarity = torch.log(1 + len(tokens) / (1 + counts))
        projection = sum(projection for _, projection in loaded) / len(loaded) if loaded else None
        for name, (rows, pool) in tests.items():
            asked, asking = states(encoder, texts, "query", [r["q"] for r in rows], QUESTION)
            where = [place[i] for i in pool]
            likeness = asked @ vectors[where].T
            found = {key: 0.0 for key in ("1", "10", "100", "late 1", "late 10", "small 1", "small 10")}
            for row, scores, (match, ids) in zip(rows, likeness, asking):
                gold = [{pool.index(g) for g in part if g in place} for part in row["gold"]]
                best = scores.topk(min(100, len(pool))).indices.tolist()
                hit = lambda order, k: sum(bool(part & set(order[:k])) for part in gold) / len(gold)
                for k in (1, 10, 100):
                    found[str(k)] += hit(best, k)
                share_of = rarity[ids] / rarity[ids].sum()
                for key, project in (("late", None), ("small", projection)):
                    if key == "small" and (projection is None or not share):
                        continue
                    turn = (lambda x: unit(x.float() @ project).bfloat16()) if project is not None else (lambda x: x)
                    mine = turn(match)
                    total = [
                        float(scores[b]) + 2.5 * float(((mine @ turn(tokens[where[b]][0]).T).float().amax(1) * share_of).sum())
                        for b in best
                    ]
                    order = [b for _, b in sorted(zip(total, best), reverse=True)]
                    for k in (1, 10):
                        found[f"{key} {k}"] += hit(order, k)
            print(share, name, len(rows), len(pool), " ".join(f"{key}:{value / len(rows):.3f}" for key, value in found.items()), flush=True)


if __name__ == "__main__":
    main()
