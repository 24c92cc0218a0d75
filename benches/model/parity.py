"""Writes the reference vectors of the tests of yiju-embed anew, for another model with the same tokenizer.

    python3 benches/model/parity.py --model MODEL crates/yiju-embed/tests/data/embedding-parity.jsonl

Computed in f32 by PyTorch from the weights in MODEL's GGUF file. Texts and ids stay.
"""

import argparse
import json
import pathlib

import torch

from encoder import Encoder, padded, pooled


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("file", type=pathlib.Path)
    options = parser.parse_args()
    encoder = Encoder(options.model)
    encoder.rounded = {name: encoder[name] for name in encoder.order if name.startswith("blk.")}
    lines = [json.loads(line) for line in options.file.read_text(encoding="utf-8").splitlines()]
    with torch.no_grad():
        for line in lines:
            ids, mask = padded([line["ids"]])
            _, last = encoder(ids, mask)
            line["embedding"] = [round(value, 6) for value in pooled(last, mask)[0].tolist()]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    options.file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
