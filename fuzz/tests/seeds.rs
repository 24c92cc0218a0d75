//! Every target over its seeds, and over truncated and slightly changed seeds.

use std::fs;
use std::path::{Path, PathBuf};

fn seeds(target: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut found: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|item| item.unwrap().path())
        .collect();
    found.sort();
    found
}

#[test]
fn no_seed_is_a_finding() {
    for (name, target) in yiju_fuzz::TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for path in seeds {
            let data = fs::read(&path).unwrap();
            assert!(data.len() <= 64 << 10, "{} is too large", path.display());
            target(&data);
            for cut in [0, 1, data.len() / 2, data.len().saturating_sub(1)] {
                target(&data[..cut]);
            }
            for at in (0..data.len()).step_by(data.len() / 16 + 1) {
                let mut changed = data.clone();
                changed[at] ^= 0x41;
                target(&changed);
            }
        }
    }
}

/// Writes the binary seeds. Run it by hand when a layout changes:
/// `cargo test -p yiju-fuzz --test seeds -- --ignored`.
#[test]
#[ignore = "writes the seeds"]
fn make_binary_seeds() {
    use yiju_index::{AdaptiveIndex, TokenVector, VectorIndex, encode_tokens};

    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let write = |target: &str, name: &str, data: &[u8]| {
        fs::create_dir_all(directory.join(target)).unwrap();
        fs::write(directory.join(target).join(name), data).unwrap();
    };
    let unit = |n: u64| {
        let raw = [1.0, n as f32, (n * n % 7) as f32, -(n as f32) / 3.0];
        let norm = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
        raw.map(|x| x / norm)
    };
    for (name, graph) in [("scan", false), ("graph", true)] {
        let mut index = AdaptiveIndex::new(4);
        index.set_threads(1);
        for n in 0..40 {
            index.insert(n, &unit(n)).unwrap();
        }
        if graph {
            index.set_switch_point(10);
            index.settle().unwrap();
            index.remove(3);
            index.insert(99, &unit(99)).unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        index.save(dir.path(), 7).unwrap();
        let saved = fs::read(dir.path().join("vectors.yiju")).unwrap();
        write("vector_snapshot", name, &saved);
    }
    for dimension in [3, 8] {
        let tokens: Vec<TokenVector> = (0..5)
            .map(|n| TokenVector {
                range: (n > 0).then(|| n * 3..n * 3 + 3),
                vector: (0..dimension).map(|i| ((i + n) as f32).sin()).collect(),
            })
            .collect();
        let name = format!("dimension{dimension}");
        write("token_codes", &name, &encode_tokens(&tokens, dimension));
    }
    let pieces = [
        ("<", -9.0),
        ("s", -9.0),
        ("<unk>", 0.0),
        ("\u{2581}", -2.0),
        ("控", -4.0),
        ("制", -4.0),
        ("控制", -1.0),
        ("a", -3.5),
        ("\u{2581}a", -3.0),
    ];
    let compact = yiju_embed::build_compact(&yiju_embed::CompactSource {
        pieces: &pieces,
        unknown: 2,
        begin: 0,
        end: 1,
        replacements: &[('ﬁ', "fi".to_owned())],
        json: b"{}",
    })
    .unwrap();
    write("model_files", "tokenizer.bin", &[&[3], &compact[..]].concat());
    write("model_files", "model.gguf", &[&[0], &gguf()[..]].concat());
    let safetensors = br#"{"embeddings.word_embeddings.weight":{"dtype":"F32","shape":[8,32],"data_offsets":[0,1024]}}"#;
    let length = (safetensors.len() as u64).to_le_bytes();
    write(
        "model_files",
        "model.safetensors",
        &[&[1], &length[..], &safetensors[..], &[0; 1024]].concat(),
    );
    let tokenizer = br#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"Whitespace"},"post_processor":null,"decoder":null,"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"\#\#","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"a":3}}}"#;
    let tokenizer = String::from_utf8_lossy(tokenizer).replace("\\#", "#");
    write("model_files", "tokenizer.json", &[&[2], tokenizer.as_bytes()].concat());
    for (first, name, content) in [
        (
            4u8,
            "config.json",
            r#"{"model_type":"xlm-roberta","pad_token_id":1,"hidden_size":32,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":64,"vocab_size":8,"max_position_embeddings":18,"type_vocab_size":1,"layer_norm_eps":1e-5,"hidden_act":"gelu"}"#,
        ),
        (5, "prompts.json", r#"{"prompts":{"query":"query: ","passage":"passage: "}}"#),
        (6, "yiju.toml", "pooling = \"mean\"\nmax_tokens = 512\n"),
    ] {
        write("model_files", name, &[&[first], content.as_bytes()].concat());
    }
    // A trailer over nothing.
    let mut trailer = b"YIJUBAK\n".to_vec();
    trailer.extend(1u32.to_le_bytes());
    trailer.extend(2u32.to_le_bytes());
    trailer.resize(128, 0);
    write("backup", "empty", &trailer);
}

/// Writes the seeds of the readers from the files in `seeds/format`: each file for its reader, and each part of those
/// that are archives. `cargo test -p yiju-fuzz --test seeds -- --ignored readers`.
#[test]
#[ignore = "writes the seeds"]
fn make_seeds_of_readers() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let write = |name: String, data: &[u8]| {
        fs::create_dir_all(directory.join("reader")).unwrap();
        fs::write(directory.join("reader").join(name), data).unwrap();
    };
    for (first, name) in (0u8..).zip(yiju_fuzz::readers::names()) {
        for (part, content) in (0u8..).zip(yiju_fuzz::readers::parts(name)) {
            write(format!("{name}-{part}"), &[&[first, part], &content[..]].concat());
        }
        let endings = if name == "web" { vec!["html", "mhtml"] } else { vec![name] };
        let whole = seeds("format").into_iter().filter(|path| {
            path.extension().is_some_and(|end| endings.iter().any(|known| end == *known))
        });
        if yiju_fuzz::readers::parts(name).is_empty() {
            for path in whole {
                let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
                write(
                    format!("{name}-{stem}"),
                    &[&[first], &fs::read(&path).unwrap()[..]].concat(),
                );
            }
        }
    }
}

/// A GGUF file of one value and one tensor.
fn gguf() -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    let string = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    };
    out.extend(3u32.to_le_bytes());
    out.extend(1u64.to_le_bytes());
    out.extend(2u64.to_le_bytes());
    string(&mut out, "general.alignment");
    out.extend(4u32.to_le_bytes());
    out.extend(32u32.to_le_bytes());
    string(&mut out, "general.name");
    out.extend(8u32.to_le_bytes());
    string(&mut out, "tiny");
    string(&mut out, "token_embd.weight");
    out.extend(2u32.to_le_bytes());
    out.extend(32u64.to_le_bytes());
    out.extend(8u64.to_le_bytes());
    // Q4_0
    out.extend(2u32.to_le_bytes());
    out.extend(0u64.to_le_bytes());
    out.resize(out.len().next_multiple_of(32), 0);
    out.extend([7; 18 * 8]);
    out
}
