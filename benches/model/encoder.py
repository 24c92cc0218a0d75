"""The small BERT of a model directory in PyTorch, from its GGUF file and back.

Needs torch, numpy, gguf and tokenizers.
"""

import hashlib
import json
import pathlib
import shutil

import gguf
import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

# Matrices that are trained are written in eight bits; the word table keeps its four.
TRAINED = gguf.GGMLQuantizationType.Q8_0


class Encoder(torch.nn.Module):
    """`forward` gives the states after three quarters of the layers and after the last one, as the
    engine's token vectors want them (yiju-embed, engine.rs)."""

    def __init__(self, directory):
        super().__init__()
        self.directory = pathlib.Path(directory)
        config = json.loads((self.directory / "config.json").read_text())
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.width, self.eps = config["hidden_size"], config["layer_norm_eps"]
        reader = gguf.GGUFReader(self.directory / "model.gguf")
        self.order = [tensor.name for tensor in reader.tensors]
        self.tables, parameters = {}, {}
        for tensor in reader.tensors:
            values = torch.from_numpy(np.array(gguf.dequantize(tensor.data, tensor.tensor_type)))
            values = values.float().reshape(list(reversed(tensor.shape.tolist())))
            if tensor.name in ("token_embd.weight", "position_embd.weight", "token_types.weight"):
                self.tables[tensor.name] = values
            else:
                parameters[tensor.name.replace(".", "/")] = torch.nn.Parameter(values)
        self.weights = torch.nn.ParameterDict(parameters)

    def __getitem__(self, name):
        return self.weights[name.replace(".", "/")]

    def round(self):
        """Rounds the matrices for the passes that follow. Once a step: it takes as long as 500 tokens."""
        self.rounded = {name: eight_bits(self[name]) for name in self.order if name.startswith("blk.") and self[name].ndim == 2}

    def norm(self, x, name):
        return F.layer_norm(x, (self.width,), self[f"{name}.weight"], self[f"{name}.bias"], self.eps)

    def linear(self, x, name):
        return F.linear(x, self.rounded[f"{name}.weight"], self[f"{name}.bias"])

    def forward(self, ids, mask):
        """ids and mask: [texts, tokens]. Two tensors [texts, tokens, width] in f32."""
        positions = self.tables["position_embd.weight"][: ids.shape[1]] + self.tables["token_types.weight"][0]
        x = self.norm(F.embedding(ids, self.tables["token_embd.weight"]) + positions, "token_embd_norm")
        unseen = (1 - mask)[:, None, None, :] * -1e4
        split = lambda t: t.unflatten(2, (self.heads, -1)).transpose(1, 2)
        middle = None
        for layer in range(self.layers):
            at = f"blk.{layer}"
            q, k, v = (split(self.linear(x, f"{at}.attn_{part}")) for part in "qkv")
            # Not scaled_dot_product_attention: its backward pass is half of all time on a CPU.
            share = torch.softmax(q @ k.transpose(2, 3) * (self.width / self.heads) ** -0.5 + unseen, 3)
            attended = (share.to(v.dtype) @ v).transpose(1, 2).flatten(2)
            x = self.norm(x + self.linear(attended, f"{at}.attn_output"), f"{at}.attn_output_norm")
            inner = F.gelu(self.linear(x, f"{at}.ffn_up"))
            x = self.norm(x + self.linear(inner, f"{at}.ffn_down"), f"{at}.layer_output_norm")
            if layer + 1 == self.layers * 3 // 4:
                middle = x
        return middle.float(), x.float()


class eight_bits_(torch.autograd.Function):
    """Rounds as Q8_0 does, blocks of 32 along the inner dimension; the gradient passes through."""

    @staticmethod
    def forward(ctx, weight):
        blocks = weight.reshape(-1, 32)
        step = blocks.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127
        return (torch.round(blocks / step) * step).reshape(weight.shape)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


eight_bits = eight_bits_.apply


class Texts:
    """Token ids of texts behind a prefix, as the engine cuts them."""

    def __init__(self, directory):
        self.tokenizer = Tokenizer.from_file(str(pathlib.Path(directory) / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def encode(self, kind, text, limit, around=0):
        """(ids, starts): the ids with special tokens, and the character where each token starts in
        `text` (-1 outside of it). Longer texts are cut to `limit` ids,
        beginning shortly before the character `around`."""
        prefix = f"{kind}: "
        coded = self.tokenizer.encode(prefix + text)
        ids, offsets = coded.ids, coded.offsets
        lead = sum(1 for start, end in offsets[1:-1] if end <= len(prefix))
        first, last = 1 + lead, len(ids) - 1
        room = limit - first - 1
        begin = first
        if last - first > room and around:
            before = [i for i in range(first, last) if offsets[i][0] - len(prefix) <= max(0, around - 20)]
            begin = min(before[-1] if before else first, max(first, last - room))
        end = min(last, begin + room)
        ids = ids[:first] + ids[begin:end] + ids[last:]
        starts = [-1] * first + [max(0, o[0] - len(prefix)) for o in offsets[begin:end]] + [-1]
        return ids, starts


def batches(lengths, tokens):
    """Indices in groups of similar length, at most `tokens` tokens with padding each."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    group = []
    for index in order:
        if group and (len(group) + 1) * lengths[index] > tokens:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def padded(sequences):
    length = max(map(len, sequences))
    ids = torch.ones(len(sequences), length, dtype=torch.long)
    mask = torch.zeros(len(sequences), length)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    return ids, mask


def unit(x):
    return F.normalize(x, dim=-1)


def pooled(last, mask):
    return unit((last * mask[..., None]).sum(1) / mask.sum(1, keepdim=True))


def matching(middle, last):
    return unit(unit(middle) + unit(last))


def mixed(base, trained, share):
    """The weights of `base`, a `share` of the way towards the mean of `trained`, a list."""
    out = {}
    for name, old in base.items():
        new = sum(weights[name] for weights in trained) / len(trained)
        out[name] = old + share * (new - old)
    return out


def keep(path, weights, projection):
    """What was trained, without the tables that were not: a GGUF file, matrices in eight bits."""
    writer = gguf.GGUFWriter(path, "bert")
    for name, value in [*weights.items(), ("token_projection/weight", projection.T)]:
        data, kind = value.detach().float().contiguous().numpy(), gguf.GGMLQuantizationType.F32
        if data.ndim == 2:
            data, kind = gguf.quantize(data, TRAINED), TRAINED
        writer.add_tensor(name.replace("/", "."), data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def kept(path):
    """(weights, projection) of such a file."""
    weights = {}
    for tensor in gguf.GGUFReader(path).tensors:
        values = torch.from_numpy(np.array(gguf.dequantize(tensor.data, tensor.tensor_type))).float()
        weights[tensor.name.replace(".", "/")] = values.reshape(list(reversed(tensor.shape.tolist())))
    return weights, weights.pop("token_projection/weight").T


def save(source, weights, target, name):
    """A model directory like `source` with other weights. The word table is copied bit for bit."""
    source, target = pathlib.Path(source), pathlib.Path(target)
    target.mkdir(parents=True, exist_ok=True)
    reader = gguf.GGUFReader(source / "model.gguf")
    writer = gguf.GGUFWriter(target / "model.gguf", "bert")
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        value = field.contents()
        if field.name == "general.name":
            value = name
        if field.name == "general.file_type":
            value = int(gguf.LlamaFileType.MOSTLY_Q8_0)
        if field.name == "general.organization":
            value = "yiju, from intfloat"
        writer.add_key_value(field.name, value, field.types[0])
    for tensor in reader.tensors:
        key = tensor.name.replace(".", "/")
        if key not in weights:
            data, kind = np.array(tensor.data), tensor.tensor_type
        else:
            data, kind = weights[key].detach().float().numpy(), gguf.GGMLQuantizationType.F32
            if data.ndim == 2:
                data, kind = gguf.quantize(data, TRAINED), TRAINED
        writer.add_tensor(tensor.name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    for path in source.rglob("*"):
        kept = path.relative_to(source)
        if path.is_file() and path.name not in ("model.gguf", "README.md"):
            (target / kept).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / kept)
    return hashlib.sha256((target / "model.gguf").read_bytes()).hexdigest()
