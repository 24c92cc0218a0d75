"""Teaches the embedding model.

    python3 benches/model/train.py --data FOLDER --base MODEL --out FILE [--steps N] [--seed N]

FOLDER comes from pairs.py. Writes the trained weights; export.py averages several with the old ones and makes a model
directory. Losses, each InfoNCE over the batch's clauses: of the clauses' vectors; of late interaction over
token vectors; of the same over a projection of them, which is learnt too; and of the sentence that answers,
its vector being the mean of its tokens within the clause's pass. Matrices are rounded to eight bits in
the loop, word and position tables are frozen, everything runs in bfloat16.
"""

import argparse
import json
import math
import pathlib
import random
import time

import torch
import torch.nn.functional as F

from encoder import Encoder, Texts, batches, keep, kept, matching, padded, pooled, unit

HEAT = 0.02
QUESTION, PASSAGE = 64, 128  # tokens
BATCH = 32  # questions a step
RANKS = (3, 34)  # mined negatives come from these places of the base model's list
SMALL = 128  # dimensions of the projection


def load(folder):
    rows = lambda name: [json.loads(line) for line in open(folder / name, encoding="utf-8")]
    return rows("passages.jsonl"), rows("train.jsonl")


@torch.no_grad()
def vectors(encoder, texts, kind, rows, limit, tokens=6144):
    """Unit vectors of texts, [texts, width]."""
    coded = [texts.encode(kind, text, limit)[0] for text in rows]
    out = torch.empty(len(rows), encoder.width)
    encoder.round()
    for group in batches([len(ids) for ids in coded], tokens):
        ids, mask = padded([coded[i] for i in group])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            _, last = encoder(ids, mask)
        out[group] = pooled(last, mask)
    return out


def mine(encoder, texts, passages, items, allowed):
    """Up to thirty clauses for each question that look like answers to the base model and are none."""
    began = time.time()
    store = vectors(encoder, texts, "passage", [passages[i]["text"] for i in allowed], 96)
    asked = vectors(encoder, texts, "query", [item["q"] for item in items], QUESTION)
    place = {index: row for row, index in enumerate(allowed)}
    for start in range(0, len(items), 512):
        likeness = asked[start : start + 512] @ store.T
        for item, row in zip(items[start : start + 512], likeness):
            gold = [place[g] for part in item["gold"] for g in part if g in place]
            best = row.topk(RANKS[1] + len(gold)).indices.tolist()
            # What is nearly the same as a gold clause says the same.
            twins = (store[best] @ store[gold].T).amax(1).tolist() if gold else [0] * len(best)
            own = passages[allowed[gold[0]]]["doc"] if gold else None
            item["mined"] = [
                allowed[b]
                for rank, (b, twin) in enumerate(zip(best, twins))
                if b not in gold and twin < 0.97 and (rank >= RANKS[0] or passages[allowed[b]]["doc"] == own)
            ]
    print(f"mined in {time.time() - began:.0f} s", flush=True)


def late(asked, asked_mask, store, store_mask, weights):
    """[questions, clauses]: the weighted mean over a question's tokens of their best match."""
    q, p, n = asked.shape[0], store.shape[0], store.shape[1]
    matches = (asked.flatten(0, 1).bfloat16() @ store.flatten(0, 1).bfloat16().T).float().view(q, -1, p, n)
    best = matches.masked_fill(store_mask[None, None] == 0, -1).amax(3)
    share = weights * asked_mask
    return (best * share[..., None]).sum(1) / share.sum(1, keepdim=True)


def info(scores, right, masked):
    """InfoNCE; `masked` are other right answers."""
    return F.cross_entropy((scores / HEAT).masked_fill(masked, -1e4), right)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--base", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--start", type=pathlib.Path, help="weights to go on from instead of the base model's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    random.seed(options.seed)
    torch.manual_seed(options.seed)
    passages, items = load(options.data)
    number = {row["id"]: i for i, row in enumerate(passages)}
    held = {i for row in open(options.data / "test-apart.jsonl", encoding="utf-8") for part in json.loads(row)["gold"] for i in part}
    held_docs = {passages[number[i]]["doc"] for i in held}
    allowed = [
        i
        for i, row in enumerate(passages)
        if row["doc"] not in held_docs and row["doc"] != "measured" and not row["doc"].startswith(("dev:", "kept:"))
    ]
    for item in items:
        item["gold"] = [[number[i] for i in part] for part in item["gold"]]
        item["near"] = [number[i] for i in item["near"]]
    encoder, texts = Encoder(options.base), Texts(options.base)
    cache = options.data / "mined.json"
    if cache.exists():
        for item, found in zip(items, json.loads(cache.read_text())):
            item["mined"] = found
    else:
        mine(encoder, texts, passages, items, allowed)
        cache.write_text(json.dumps([item["mined"] for item in items]))
    # Rare tokens weigh more, as in the engine.
    seen = torch.zeros(encoder.tables["token_embd.weight"].shape[0])
    for i in allowed[::3]:
        ids = texts.tokenizer.encode(passages[i]["text"], add_special_tokens=False).ids
        seen[list(set(ids))] += 1
    rarity = torch.log(1 + len(allowed[::3]) / (1 + seen))
    projection = torch.nn.Parameter(torch.linalg.qr(torch.randn(encoder.width, SMALL))[0])
    if options.start:
        begun, projection.data = kept(options.start)
        for name, value in begun.items():
            encoder.weights[name].data = value
    weights = list(encoder.parameters())
    optimiser = torch.optim.AdamW(
        [
            {"params": [w for w in weights if w.ndim == 2], "lr": options.rate, "weight_decay": 0.01},
            {"params": [w for w in weights if w.ndim < 2], "lr": options.rate, "weight_decay": 0.0},
            {"params": [projection], "lr": 1e-3, "weight_decay": 0.0},
        ],
        betas=(0.9, 0.98),
        fused=True,
    )
    warm = max(1, options.steps // 12)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, max(0.0, (options.steps - step) / (options.steps - warm)))
    )
    order, began, sums, tokens = [], time.time(), torch.zeros(5), 0
    for step in range(options.steps):
        if len(order) < BATCH:
            order = random.sample(range(len(items)), len(items))
        rows = [items[order.pop()] for _ in range(BATCH)]
        held_back = {}  # passage -> (row, place of the evidence)
        column, right = {}, []
        for item in rows:
            part = random.choice(item["gold"])
            positive = part[0]
            right.append(column.setdefault(positive, len(column)))
            if item["at"] and positive not in held_back:
                held_back[positive] = item["at"]
        for item in rows:
            wrong = item["near"] if item["near"] and random.random() < 0.4 else item["mined"]
            if wrong:
                column.setdefault(random.choice(wrong), len(column))
        chosen = list(column)
        coded = []
        for index in chosen:
            at = held_back.get(index)
            text = passages[index]["text"]
            # Sentences are searched too, each alone: sometimes the clause is only the one that answers.
            if at and random.random() < 0.15:
                coded.append((*texts.encode("passage", text[at[0] : at[1]], PASSAGE), at[0]))
            else:
                coded.append((*texts.encode("passage", text, PASSAGE, at[0] if at else 0), 0))
        masked = torch.zeros(BATCH, len(chosen), dtype=torch.bool)
        for row, item in enumerate(rows):
            for part in item["gold"]:
                for index in part:
                    if index in column and column[index] != right[row]:
                        masked[row, column[index]] = True
        right = torch.tensor(right)
        asked = [texts.encode("query", item["q"], QUESTION) for item in rows]
        optimiser.zero_grad()
        longest = max(len(ids) for ids, _, _ in coded)
        by_length = sorted(range(len(coded)), key=lambda i: len(coded[i][0]))
        back = torch.tensor(sorted(range(len(coded)), key=by_length.__getitem__))
        halves = by_length[: len(coded) // 2], by_length[len(coded) // 2 :]
        encoder.round()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            q_ids, q_mask = padded([ids for ids, _ in asked])
            q_middle, q_last = encoder(q_ids, q_mask)
            parts = []
            for half in halves:
                ids, mask = padded([coded[i][0] for i in half])
                middle, last = encoder(ids, mask)
                wide = lambda x: F.pad(x, (0, 0, 0, longest - x.shape[1]))
                parts.append((pooled(last, mask), wide(matching(middle, last)), wide(last)))
        q_vector, q_match = pooled(q_last, q_mask), matching(q_middle, q_last)
        p_vector, p_match, p_last = (torch.cat(part)[back] for part in zip(*parts))
        # Only the text's own tokens match, the prefix and the special ones do not.
        own = torch.zeros(len(coded), longest)
        for i, (_, starts, _) in enumerate(coded):
            own[i, : len(starts)] = torch.tensor([float(s >= 0) for s in starts])
        q_own = torch.zeros_like(q_mask)
        rare = torch.zeros_like(q_mask)
        for i, (ids, starts) in enumerate(asked):
            q_own[i, : len(starts)] = torch.tensor([float(s >= 0) for s in starts])
            rare[i, : len(ids)] = rarity[ids]
        losses = [
            info(q_vector @ p_vector.T, right, masked),
            info(late(q_match, q_own, p_match, own, rare), right, masked),
            info(late(unit(q_match @ projection), q_own, unit(p_match @ projection), own, rare), right, masked),
        ]
        # Sentences by their tokens' mean: [all sentences] of all clauses in the batch.
        flat, whose, owner, answers = [], [], [], {}
        for i, index in enumerate(chosen):
            ids, starts, shift = coded[i]
            for start, end in passages[index]["sentences"]:
                inside = [t for t, s in enumerate(starts) if s >= 0 and start <= s + shift < end]
                if len(inside) < 3:
                    continue
                at = held_back.get(index)
                if at and min(end, at[1]) - max(start, at[0]) > 0:
                    answers.setdefault(i, []).append((min(end, at[1]) - max(start, at[0]), len(owner)))
                flat.extend(i * longest + t for t in inside)
                whose.extend([len(owner)] * len(inside))
                owner.append(i)
        able = [r for r in range(BATCH) if int(right[r]) in answers and rows[r]["at"] == held_back.get(chosen[int(right[r])])]
        if able:
            taken = p_last.flatten(0, 1)[torch.tensor(flat)]
            sums_of = torch.zeros(len(owner), encoder.width).index_add(0, torch.tensor(whose), taken)
            sentence_vectors = unit(sums_of)  # its length says nothing, so the sum does for the mean
            best = torch.tensor([max(answers[int(right[r])])[1] for r in able])
            others = torch.zeros(len(able), len(owner), dtype=torch.bool)
            for a, r in enumerate(able):
                for _, m in answers[int(right[r])]:
                    others[a, m] = m != int(best[a])
                for m, o in enumerate(owner):
                    if masked[r, o]:
                        others[a, m] = True
            losses.append(info(q_vector[able] @ sentence_vectors.T, best, others))
        else:
            losses.append(torch.zeros(()))
        loss = losses[0] + 0.5 * losses[1] + 0.3 * losses[2] + 0.4 * losses[3]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        schedule.step()
        sums += torch.tensor([loss.item(), *(part.item() for part in losses)])
        tokens += sum(len(ids) for ids, _, _ in coded) + sum(len(ids) for ids, _ in asked)
        if step % 20 == 19:
            spent = time.time() - began
            left = spent / (step + 1) * (options.steps - step - 1)
            print(f"step {step + 1}: loss {sums[0] / 20:.3f} (clause {sums[1] / 20:.3f}, late {sums[2] / 20:.3f}, small {sums[3] / 20:.3f}, sentence {sums[4] / 20:.3f}), {tokens / spent:.0f} tokens/s, {left / 60:.0f} min left", flush=True)
            sums.zero_()
        if step % 100 == 99:
            keep(options.out, encoder.weights, projection)
    keep(options.out, encoder.weights, projection)


if __name__ == "__main__":
    main()
