//! The embedding engine: its kernels by shape and variant, and whole embeddings.
//!
//! `YIJU_KERNELS=avx2 cargo bench -p yiju-benches --bench embed -- whole` measures whole
//! embeddings on lesser kernels; `YIJU_MODEL` names another model directory.

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use yiju_embed::{Embedder, EmbedderOptions, InputType};
use yiju_kernels::{MatrixProbe, Variant};

/// The matrices of multilingual-e5-small: inputs × outputs.
const SHAPES: [(&str, usize, usize); 4] =
    [("qkv", 384, 1152), ("output", 384, 384), ("up", 384, 1536), ("down", 1536, 384)];

fn kernels(criterion: &mut Criterion) {
    for variant in Variant::ALL {
        let mut group = criterion.benchmark_group(format!("kernels/{}", variant.name()));
        for (name, inputs, outputs) in SHAPES {
            for bits in [4, 8] {
                for rows in [1, 4, 8, 12] {
                    let Some(mut probe) = MatrixProbe::new(variant, rows, inputs, outputs, bits)
                    else {
                        continue;
                    };
                    group.throughput(Throughput::Elements(2 * probe.products()));
                    let id = BenchmarkId::new(format!("{name}/{bits} bits"), rows);
                    group.bench_function(id, |bencher| bencher.iter(|| black_box(probe.run())));
                }
            }
        }
        group.finish();
    }
}

/// The model: `YIJU_MODEL`, or the bundled one.
fn model() -> PathBuf {
    std::env::var_os("YIJU_MODEL").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models/yiju-e5-small-q8"),
        PathBuf::from,
    )
}

/// Words of policy text, long enough to cut any passage from.
const TEXT: &str = "增强超大特大城市综合竞争力，推动城市按照国家批准明确的功能定位做强做精核心功能，控制人口规模和开发强度，加快转变发展方式，完善公共服务和基础设施，建立可持续的投融资体系。";

/// A text that has `tokens` tokens, prefix and special tokens included, or a few less.
fn text_of(embedder: &Embedder, tokens: usize) -> String {
    let source: Vec<char> = TEXT.chars().cycle().take(tokens * 4).collect();
    let count = |length: usize| {
        let text: String = source[..length].iter().collect();
        embedder.input_ids(InputType::Passage, &text).map_or(usize::MAX, |ids| ids.len())
    };
    let length = (1..source.len()).rev().find(|&length| count(length) <= tokens);
    source[..length.unwrap_or(1)].iter().collect()
}

fn whole(criterion: &mut Criterion) {
    let embedder = match Embedder::open(&model(), EmbedderOptions::default()) {
        Ok(embedder) => embedder,
        Err(error) => {
            eprintln!("no whole embeddings: {error}");
            return;
        }
    };
    let mut group = criterion.benchmark_group(format!("whole/{}", Variant::best().name()));
    group.sample_size(20);
    let question = "超大特大城市应该怎样发展？";
    group.bench_function("question of 15 tokens", |bencher| {
        bencher.iter(|| black_box(embedder.embed(InputType::Query, &[question])));
    });
    for tokens in [100, 300, 512] {
        let text = text_of(&embedder, tokens);
        group.throughput(Throughput::Elements(text.chars().count() as u64));
        group.bench_function(BenchmarkId::new("passage", tokens), |bencher| {
            bencher.iter(|| black_box(embedder.embed(InputType::Passage, &[&text])));
        });
    }
    let texts: Vec<String> = [30, 60, 100, 200]
        .iter()
        .cycle()
        .take(32)
        .map(|&tokens| text_of(&embedder, tokens))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let characters: usize = texts.iter().map(|text| text.chars().count()).sum();
    group.throughput(Throughput::Elements(characters as u64));
    group.bench_function("batch of 32 passages", |bencher| {
        bencher.iter(|| black_box(embedder.embed(InputType::Passage, &texts)));
    });
    group.finish();
}

criterion_group!(benches, kernels, whole);
criterion_main!(benches);
