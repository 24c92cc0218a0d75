"""Writes the model of a directory as llama.cpp reads it: the same tensors, bit for bit, with the
tokenizer of `tokenizer.json` inside."""

import base64
import json
import pathlib
import sys

import gguf


def export(directory, path):
    config = json.loads((directory / "config.json").read_text())
    tokenizer = json.loads((directory / "tokenizer.json").read_text())
    reader = gguf.GGUFReader(directory / "model.gguf")
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)

    pieces = tokenizer["model"]["vocab"]
    tokens = [piece.encode() for piece, _ in pieces]
    scores = [score for _, score in pieces]
    special = {"<s>": gguf.TokenType.CONTROL, "</s>": gguf.TokenType.CONTROL,
               "<pad>": gguf.TokenType.CONTROL, "<mask>": gguf.TokenType.CONTROL,
               "<unk>": gguf.TokenType.UNKNOWN}
    kinds = [special.get(piece, gguf.TokenType.NORMAL) for piece, _ in pieces]
    # The word table has a few more rows than the tokenizer pieces.
    for row in range(len(tokens), config["vocab_size"]):
        tokens.append(f"[PAD{row}]".encode())
        scores.append(-1000.0)
        kinds.append(gguf.TokenType.UNUSED)
    names = [piece for piece, _ in pieces]
    writer.add_tokenizer_model("t5")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_add_space_prefix(True)
    writer.add_remove_extra_whitespaces(True)
    writer.add_token_type_count(config["type_vocab_size"])
    writer.add_bos_token_id(names.index("<s>"))
    writer.add_eos_token_id(names.index("</s>"))
    writer.add_unk_token_id(names.index("<unk>"))
    writer.add_sep_token_id(names.index("</s>"))
    writer.add_pad_token_id(names.index("<pad>"))
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)
    charsmap = [part["precompiled_charsmap"] for part in tokenizer["normalizer"]["normalizers"]
                if part["type"] == "Precompiled"]
    writer.add_precompiled_charsmap(base64.b64decode(charsmap[0]))
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    export(*map(pathlib.Path, sys.argv[1:]))
