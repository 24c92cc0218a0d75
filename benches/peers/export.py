"""Exports the model of a directory (`config.json`, `model.gguf`) to ONNX, f32 and dynamic int8, and to
a directory with f32 safetensors, as Hugging Face's libraries read it.

The ONNX graph uses onnxruntime's own fused operators (Attention, SkipLayerNormalization, Gelu), which
its optimiser would otherwise look for."""

import json
import pathlib
import shutil
import struct
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic


class Gguf:
    """The f32 and Q4_0 tensors of a GGUF file."""

    SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

    def __init__(self, path):
        self.data = path.read_bytes()
        self.at = 4
        self.number("I")
        count, values = self.number("Q"), self.number("Q")
        for _ in range(values):
            self.text()
            self.skip(self.number("I"))
        entries = []
        for _ in range(count):
            name = self.text()
            shape = [self.number("Q") for _ in range(self.number("I"))][::-1]
            entries.append((name, shape, self.number("I"), self.number("Q")))
        start = (self.at + 31) // 32 * 32
        self.tensors = {name: (shape, kind, start + offset) for name, shape, kind, offset in entries}

    def number(self, kind):
        value, = struct.unpack_from("<" + kind, self.data, self.at)
        self.at += struct.calcsize("<" + kind)
        return value

    def text(self):
        length = self.number("Q")
        self.at += length
        return self.data[self.at - length:self.at].decode()

    def skip(self, kind):
        if kind == 8:
            self.text()
        elif kind == 9:
            inner, count = self.number("I"), self.number("Q")
            for _ in range(count):
                self.skip(inner)
        else:
            self.at += self.SIZES[kind]

    def __getitem__(self, name):
        shape, kind, start = self.tensors[name]
        count = int(numpy.prod(shape))
        if kind == 0:
            return numpy.frombuffer(self.data, "<f4", count, start).reshape(shape)
        if kind != 2:
            raise SystemExit(f"{name} is of GGUF type {kind}; f32 and Q4_0 are read here")
        blocks = numpy.frombuffer(self.data, numpy.uint8, count // 32 * 18, start).reshape(-1, 18)
        scales = blocks[:, :2].copy().view("<f2").astype(numpy.float32)
        nibbles = blocks[:, 2:]
        weights = numpy.concatenate([nibbles & 15, nibbles >> 4], 1).astype(numpy.float32) - 8
        return (weights * scales).reshape(shape)


def export(directory, path):
    config = json.loads((directory / "config.json").read_text())
    gguf = Gguf(directory / "model.gguf")
    constants, nodes = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def add(kind, inputs, output, domain="", **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def weight(name):
        return constant(name, gguf[name + ".weight"].T)

    def bias(name):
        return constant(name + ".bias", gguf[name + ".bias"])

    def norm(name):
        return [constant(name + ".scale", gguf[name + ".weight"]), bias(name)]

    own = "com.microsoft"
    eps = config["layer_norm_eps"]
    word = add("Gather", [constant("words", gguf["token_embd.weight"]), "ids"], "word")
    length = add("Slice", [add("Shape", ["ids"], "shape"), constant("one", numpy.array([1])),
                           constant("two", numpy.array([2]))], "length")
    positions = gguf["position_embd.weight"] + gguf["token_types.weight"][0]
    position = add("Slice", [constant("positions", positions), constant("zero", numpy.array([0])),
                             length, constant("axis", numpy.array([0]))], "position")
    total = add("Add", [word, position], "embedded")
    x = add("LayerNormalization", [total, *norm("token_embd_norm")], "x", epsilon=eps)
    for layer in range(config["num_hidden_layers"]):
        name = lambda part: f"blk.{layer}.{part}"
        names = [name("attn_q"), name("attn_k"), name("attn_v")]
        qkv = constant(name("qkv"), numpy.concatenate([gguf[n + ".weight"].T for n in names], 1))
        shift = constant(name("qkv.bias"), numpy.concatenate([gguf[n + ".bias"] for n in names]))
        context = add("Attention", [x, qkv, shift, "mask"], name("context"), own,
                      num_heads=config["num_attention_heads"])
        out = add("MatMul", [context, weight(name("attn_output"))], name("out"))
        x = add("SkipLayerNormalization", [out, x, *norm(name("attn_output_norm")),
                                           bias(name("attn_output"))], name("x"), own, epsilon=eps)
        up = add("MatMul", [x, weight(name("ffn_up"))], name("up"))
        inner = add("BiasGelu", [up, bias(name("ffn_up"))], name("inner"), own)
        down = add("MatMul", [inner, weight(name("ffn_down"))], name("down"))
        x = add("SkipLayerNormalization", [down, x, *norm(name("layer_output_norm")),
                                           bias(name("ffn_down"))], name("y"), own, epsilon=eps)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "encoder",
        [value("ids", TensorProto.INT32, ["batch", "length"]),
         value("mask", TensorProto.INT32, ["batch", "length"])],
        [value(x, TensorProto.FLOAT, ["batch", "length", config["hidden_size"]])], constants)
    model = helper.make_model(graph, ir_version=9, opset_imports=[
        helper.make_opsetid("", 17), helper.make_opsetid(own, 1)])
    onnx.save(model, path)


# Hugging Face's names for GGUF's.
BERT = {
    "token_embd": "embeddings.word_embeddings",
    "position_embd": "embeddings.position_embeddings",
    "token_types": "embeddings.token_type_embeddings",
    "token_embd_norm": "embeddings.LayerNorm",
    "attn_q": "attention.self.query",
    "attn_k": "attention.self.key",
    "attn_v": "attention.self.value",
    "attn_output": "attention.output.dense",
    "attn_output_norm": "attention.output.LayerNorm",
    "ffn_up": "intermediate.dense",
    "ffn_down": "output.dense",
    "layer_output_norm": "output.LayerNorm",
}


def bert_name(name):
    parts = name.split(".")
    if parts[0] == "blk":
        return f"encoder.layer.{parts[1]}.{BERT[parts[2]]}.{parts[3]}"
    return f"{BERT[parts[0]]}.{parts[1]}"


def safetensors(directory, folder):
    """A model directory with the same weights in f32 safetensors."""
    folder.mkdir(exist_ok=True)
    for name in ("config.json", "tokenizer.json", "modules.json"):
        shutil.copy(directory / name, folder / name)
    shutil.copytree(directory / "1_Pooling", folder / "1_Pooling", dirs_exist_ok=True)
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512,
        "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>",
        "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}))
    gguf = Gguf(directory / "model.gguf")
    header, data, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name in gguf.tensors:
        values = numpy.ascontiguousarray(gguf[name], "<f4").tobytes()
        header[bert_name(name)] = {"dtype": "F32", "shape": gguf.tensors[name][0],
                                   "data_offsets": [at, at + len(values)]}
        data.append(values)
        at += len(values)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    part = folder / "model.part"
    with part.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(data)
    part.rename(folder / "model.safetensors")


def main():
    directory, work = map(pathlib.Path, sys.argv[1:])
    if not (work / "f32.onnx").exists():
        export(directory, work / "f32.onnx")
    if not (work / "int8.onnx").exists():
        quantize_dynamic(work / "f32.onnx", work / "int8.onnx", per_channel=True,
                         weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Attention"],
                         # Its shape inference does not know the fused operators.
                         extra_options={"DefaultTensorType": TensorProto.FLOAT})
    if not (work / "bert" / "model.safetensors").exists():
        safetensors(directory, work / "bert")


if __name__ == "__main__":
    main()
