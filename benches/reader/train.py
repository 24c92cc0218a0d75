"""Trains the reader of answers.

    benches/reader/readings.sh SETS OUT
    cd OUT; set -- xquad cmrc seed own-xquad own-cmrc own-stard; cd -
    python3 benches/reader/train.py "$@" --model FINGERPRINT           # cross-validated figures
    python3 benches/reader/train.py "$@" --model FINGERPRINT --out crates/yiju-engine/src/reader/weights.safetensors

Needs numpy, jax and safetensors. Questions on one gold passage (and, in xquad, on one article) are in one fold, so that
the figures are for unseen passages. The file's metadata record the training data and settings.
"""

import argparse
import datetime
import json
import math
import os
import pathlib
import re
import sys
import zlib

import jax
import jax.numpy as jnp
import numpy as np

RANK, WIDTH, EPOCHS, BATCH = 48, 96, 8, 8
COMPONENTS = 128  # principal components of the token vectors that the projections see
RATE, DROPOUT, DECAY = 2e-3, 0.3, 1e-4
TOKENS = 4096  # batches are filled up to multiples of this, so that little is compiled


def decode(raw, dimension):
    """The token vectors of a clause from their codes (see yiju-index's late.rs)."""
    count = int.from_bytes(raw[8:12], "little")
    mean = np.frombuffer(raw, "<f4", dimension, 12)
    rows = np.frombuffer(raw, np.uint8, offset=12 + 4 * dimension).reshape(count, -1)
    step = rows[:, 8:12].copy().view("<f4")
    codes = rows[:, 12:]
    values = np.stack([codes & 15, codes >> 4], 2).reshape(count, -1)[:, :dimension].astype(np.float32)
    return mean + step * (values - 8)


class Clause:
    def __init__(self, line, values, dimension):
        at, length = line["tokens"]
        ranges = np.array(line["ranges"])
        self.text = line["text"].encode()
        self.vectors = decode(bytes(values[at : at + length]), dimension)[ranges[:, 0]]
        self.ranges = ranges[:, 1:]
        self.sentences = line["sentences"]
        starts = np.array([s for s, _ in self.sentences])
        self.sentence = np.maximum(np.searchsorted(starts, self.ranges[:, 0], "right") - 1, 0)

    def spans(self, answers):
        """First and last token of each occurrence of an accepted answer."""
        found = set()
        for answer in filter(None, map(str.strip, answers)):
            for match in re.finditer(re.escape(answer.encode()), self.text):
                inside = np.flatnonzero((self.ranges[:, 1] > match.start()) & (self.ranges[:, 0] < match.end()))
                if len(inside):
                    found.add((int(inside[0]), int(inside[-1])))
        return sorted(found)


class Question:
    pass


def load(folders):
    questions, clauses = [], {}
    for folder in map(pathlib.Path, folders):
        values = np.memmap(folder / "values.bin", np.uint8, "r")
        lines = [json.loads(line) for line in open(folder / "questions.jsonl", encoding="utf8")]
        if not lines:
            continue
        floats = lambda at, length: np.frombuffer(bytes(values[at : at + length]), "<f4")
        dimension = lines[0]["vector"][1] // 4
        for line in open(folder / "clauses.jsonl", encoding="utf8"):
            line = json.loads(line)
            key = (folder.name, line["id"])
            clauses[key] = Clause(line, values, dimension)
        for line in lines:
            q = Question()
            q.text, q.lang, q.set, q.answers = line["q"], line["lang"], line["set"], line["answers"]
            q.vector, q.asking = floats(*line["vector"]), floats(*line["asking"])
            q.candidates = []
            for c in line["candidates"]:
                clause = clauses[folder.name, c["clause"]]
                at, length = c["features"]
                features = np.frombuffer(bytes(values[at : at + length]), "<f2").astype(np.float32)
                features = features.reshape(len(clause.ranges), -1)
                spans = clause.spans(q.answers) if c["right"] else []
                q.candidates.append((clause, features, c["right"], spans, c["score"]))
            gold = [clause for clause, _, right, _, _ in q.candidates if right]
            q.group = line["group"] or (gold[0].text[:60].decode("utf8", "ignore") if gold else q.text)
            if q.candidates:
                questions.append(q)
    return questions, clauses


def initial(key, features):
    k = jax.random.split(key, 6)
    n = features + 3 * RANK
    normal = jax.random.normal
    return dict(
        whole=normal(k[0], (COMPONENTS, RANK)) * 0.02,
        asking=normal(k[1], (COMPONENTS, RANK)) * 0.02,
        meeting=normal(k[2], (COMPONENTS, RANK)) * 0.02,
        own=normal(k[3], (COMPONENTS, RANK)) * 0.02,
        hidden=normal(k[4], (n, WIDTH)) / math.sqrt(n),
        hidden_bias=jnp.zeros(WIDTH),
        out=normal(k[5], (WIDTH, 2)) * 0.1,
        direct=jnp.zeros((features, 2)),
    )


def logits(w, vectors, features, owner, whole, asking, key=None):
    meeting, own = vectors @ w["meeting"], vectors @ w["own"]
    a, b = whole @ w["whole"], asking @ w["asking"]
    x = jnp.concatenate([features, meeting * a[owner], meeting * b[owner], own], 1)
    if key is not None:
        x = x * jax.random.bernoulli(key, 1 - DROPOUT, x.shape) / (1 - DROPOUT)
    return jax.nn.gelu(x @ w["hidden"] + w["hidden_bias"]) @ w["out"] + features @ w["direct"]


def loss(w, vectors, features, owner, whole, asking, used, begins, ends, key):
    z = jnp.where(used[:, None], logits(w, vectors, features, owner, whole, asking, key), -1e9)
    total = 0.0
    for column, gold in ((0, begins), (1, ends)):

        def sums(s):
            most = jax.ops.segment_max(s, owner, BATCH)
            return jnp.log(jax.ops.segment_sum(jnp.exp(s - most[owner]), owner, BATCH)) + most

        all_of, right = sums(z[:, column]), sums(jnp.where(gold, z[:, column], -1e9))
        total += jnp.sum(jnp.where(right > -1e8, all_of - right, 0.0))
    decay = sum(jnp.sum(v**2) for k, v in w.items() if k != "hidden_bias")
    return total / BATCH + DECAY * decay


@jax.jit
def step(w, m, v, t, rate, *batch):
    value, g = jax.value_and_grad(loss)(w, *batch)
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g * g, v, g)
    adam = lambda w, m, v: w - rate * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.99**t)) + 1e-8)
    return jax.tree.map(adam, w, m, v), m, v, value


infer = jax.jit(logits)


class Scaling:
    """Means and scales of features and vectors, over all examples."""

    def __init__(self, questions, clauses):
        some = np.concatenate([f for q in questions[::7] for _, f, *_ in q.candidates])
        self.mean, self.scale = some.mean(0), 1 / (some.std(0) + 1e-3)
        vectors = np.concatenate([c.vectors for c in clauses.values()])[::9]
        self.token = vectors.mean(0)
        centred = vectors - self.token
        self.basis = 8 * np.linalg.svd(centred.T @ centred)[0][:, :COMPONENTS].astype(np.float32)
        self.question = np.mean([q.vector for q in questions], 0)
        for clause in clauses.values():
            clause.reduced = ((clause.vectors - self.token) @ self.basis).astype(np.float32)
        for q in questions:
            q.whole = (q.vector - self.question) @ self.basis
            q.ask = (q.asking - self.token) @ self.basis


def batch_of(questions, scaling, training):
    parts = []
    for owner, q in enumerate(questions):
        for place, (clause, features, _, spans, _) in enumerate(q.candidates):
            if training and place > 2 and not spans:
                continue
            begins, ends = np.zeros(len(features), bool), np.zeros(len(features), bool)
            for first, last in spans:
                begins[first] = ends[last] = True
            scaled = np.clip((features - scaling.mean) * scaling.scale, -5, 5)
            parts.append((clause.reduced, scaled, np.full(len(features), owner), begins, ends))
    vectors, features, owner, begins, ends = (np.concatenate(x) for x in zip(*parts))
    pad = -len(features) % TOKENS
    rows = lambda x: np.pad(x, ((0, pad),) + ((0, 0),) * (x.ndim - 1))
    used = np.arange(len(features) + pad) < len(features)
    fill = BATCH - len(questions)
    of = lambda x: np.pad(np.stack(x), ((0, fill), (0, 0)))
    whole, asking = of([q.whole for q in questions]), of([q.ask for q in questions])
    return rows(vectors), rows(features), rows(owner), whole, asking, used, rows(begins), rows(ends)


def learn(questions, scaling, seed=0):
    questions = [q for q in questions if any(spans for *_, spans, _ in q.candidates)]
    width = questions[0].candidates[0][1].shape[1]
    w = initial(jax.random.PRNGKey(seed), width)
    m = v = jax.tree.map(jnp.zeros_like, w)
    order, key, t = np.random.RandomState(seed), jax.random.PRNGKey(seed + 1), 0
    total = EPOCHS * (len(questions) // BATCH)
    for epoch in range(EPOCHS):
        shuffled, losses = order.permutation(len(questions)), []
        for at in range(0, len(questions) - BATCH + 1, BATCH):
            t += 1
            key, dropout = jax.random.split(key)
            rate = RATE * min(1, t / 30) * (1 - t / (total + 1))
            batch = batch_of([questions[i] for i in shuffled[at : at + BATCH]], scaling, True)
            w, m, v, value = step(w, m, v, t, rate, *batch, dropout)
            losses.append(float(value))
        print(f"  epoch {epoch + 1} of {EPOCHS}: loss {np.mean(losses):.3f}", file=sys.stderr, flush=True)
    return w


def read(w, questions, scaling):
    """For each question the logits of its candidates' tokens."""
    out = []
    for at in range(0, len(questions), BATCH):
        part = questions[at : at + BATCH]
        vectors, features, owner, whole, asking, *_ = batch_of(part, scaling, False)
        z, at_token = np.asarray(infer(w, vectors, features, owner, whole, asking)), 0
        for q in part:
            rows = []
            for _, f, *_ in q.candidates:
                rows.append(z[at_token : at_token + len(f)])
                at_token += len(f)
            out.append(rows)
    return out


def figures(questions, read_logits):
    """Share of right first candidates whose best one or two sentences hold an answer."""
    held = {}
    for q, rows in zip(questions, read_logits):
        for (clause, _, right, *_), z in zip(q.candidates, rows):
            if not right:
                continue
            begin, end = (np.exp(z[:, c] - z[:, c].max()) for c in (0, 1))
            mass = [begin[clause.sentence == s].sum() / begin.sum() + end[clause.sentence == s].sum() / end.sum() for s in range(len(clause.sentences))]
            best = np.argsort(mass)[::-1]
            holds = [any(a.encode() in clause.text[slice(*clause.sentences[s])] for a in q.answers) for s in best]
            for n in (1, 2, 3):
                held.setdefault((q.set, q.lang, n), []).append(any(holds[:n]))
            break
    for (name, lang, n), values in sorted(held.items()):
        print(f"{name} {lang}: best {n} hold it {np.mean(values):.3f} of {len(values)}")


def save(path, w, scaling, questions, arguments):
    from safetensors.numpy import save_file

    w = {k: np.asarray(v) for k, v in w.items()}
    basis = scaling.basis
    project = lambda name, centre: ((basis @ w[name]).T, -(centre @ basis) @ w[name])
    whole, asking = project("whole", scaling.question), project("asking", scaling.token)
    meeting, own = project("meeting", scaling.token), project("own", scaling.token)
    tensors = dict(
        mean=scaling.mean,
        scale=scaling.scale,
        whole=whole[0],
        whole_bias=whole[1],
        asking=asking[0],
        asking_bias=asking[1],
        token=np.concatenate([meeting[0], own[0]]),
        token_bias=np.concatenate([meeting[1], own[1]]),
        hidden=w["hidden"].T,
        hidden_bias=w["hidden_bias"],
        out=w["out"].T,
        direct=w["direct"].T,
    )
    counts = {}
    for q in questions:
        counts[f"{q.set} {q.lang}"] = counts.get(f"{q.set} {q.lang}", 0) + 1
    metadata = dict(
        model=arguments.model,
        learnt_from=json.dumps(counts, sort_keys=True),
        date=datetime.date.today().isoformat(),
        command="benches/reader/train.py",
    )
    save_file({k: np.ascontiguousarray(v, np.float32) for k, v in tensors.items()}, path, metadata)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--model", required=True, help="fingerprint of the embedding model")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--fold", type=int, help="learn on all folds but this one, and save that")
    parser.add_argument("--out", help="learn from all and save the weights here")
    arguments = parser.parse_args()
    questions, clauses = load(arguments.folders)
    scaling = Scaling(questions, clauses)
    # A clause id is its document's with a number behind: all of a document stay together.
    fold = lambda q: zlib.crc32(re.sub(r"\.\d+$", "", q.group).encode()) % arguments.folds
    if arguments.out:
        kept = questions if arguments.fold is None else [q for q in questions if fold(q) != arguments.fold]
        save(arguments.out, learn(kept, scaling), scaling, kept, arguments)
        return
    all_questions, all_logits = [], []
    for k in range(arguments.folds):
        w = learn([q for q in questions if fold(q) != k], scaling)
        held_out = [q for q in questions if fold(q) == k]
        all_questions += held_out
        all_logits += read(w, held_out, scaling)
    figures(all_questions, all_logits)


if __name__ == "__main__":
    main()
