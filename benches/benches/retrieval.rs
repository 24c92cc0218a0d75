//! Retrieval without embedding: exact scans, the graph, the lexical index.
//!
//! `YIJU_BENCH_POINTS` sets the size of the graph (100,000 unless told otherwise; it
//! is built first, which takes a minute or more).

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use yiju_index::{ExactIndex, HnswIndex, LexicalIndex, VectorIndex};

const DIMENSION: usize = 384;

#[path = "../../crates/yiju-index/tests/it/made.rs"]
mod made;

use made::Made;

fn scan(c: &mut Criterion) {
    let mut made = Made::of(DIMENSION, 1000);
    let query = made.vector();
    let mut index = ExactIndex::new(DIMENSION);
    let mut group = c.benchmark_group("exact scan, 384 dimensions");
    for n in [1_000, 20_000, 100_000] {
        for id in index.len()..n {
            index
                .insert(id as u64, &made.vector())
                .expect("unit vectors");
        }
        group.bench_function(n.to_string(), |b| {
            b.iter(|| index.search(black_box(&query), 10, None))
        });
    }
    group.finish();
}

fn graph(c: &mut Criterion) {
    let n: usize = std::env::var("YIJU_BENCH_POINTS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(100_000);
    let mut made = Made::of(DIMENSION, n / 100 + 1);
    let (mut exact, mut index) = (ExactIndex::new(DIMENSION), HnswIndex::new(DIMENSION));
    for id in 0..n as u64 {
        let vector = made.vector();
        exact.insert(id, &vector).expect("unit vectors");
        index.insert(id, &vector).expect("unit vectors");
    }
    index
        .rebuild(std::thread::available_parallelism().map_or(1, usize::from))
        .expect("builds");
    let queries: Vec<Vec<f32>> = (0..200).map(|_| made.vector()).collect();
    let truth: Vec<Vec<u64>> = queries.iter().map(|q| ids(&exact, q)).collect();
    let mut group = c.benchmark_group(format!("graph over {n}, 384 dimensions"));
    for ef in [32, 64, 96, 128] {
        index.set_ef(ef);
        let found = queries
            .iter()
            .zip(&truth)
            .flat_map(|(q, t)| ids(&index, q).into_iter().filter(|id| t.contains(id)));
        let recall = found.count() as f64 / (10 * queries.len()) as f64;
        let mut next = queries.iter().cycle();
        group.bench_function(format!("ef {ef}, recall@10 {recall:.3}"), |b| {
            b.iter(|| index.search(black_box(next.next().expect("cycles")), 10, None));
        });
    }
    group.finish();
}

fn ids(index: &dyn VectorIndex, query: &[f32]) -> Vec<u64> {
    index
        .search(query, 10, None)
        .expect("unit vectors")
        .into_iter()
        .map(|hit| hit.id)
        .collect()
}

fn words(c: &mut Criterion) {
    let parts = [
        "城市",
        "发展",
        "规划",
        "应当",
        "国务院",
        "主管部门",
        "违反",
        "规定",
        "处以",
        "罚款",
        "责令",
        "改正",
        "公民",
        "法人",
        "合法权益",
        "土地",
        "使用权",
        "登记",
        "申请",
        "批准",
        "合同",
        "当事人",
        "赔偿",
        "责任",
        "环境",
        "保护",
        "污染",
        "企业",
        "劳动者",
        "工资",
        "安全",
        "生产",
        "监督",
        "管理",
        "建设",
        "工程",
        "质量",
        "教育",
        "医疗",
        "养老",
    ];
    let mut made = Made::of(DIMENSION, 1);
    // The lower of two draws, so that some words are common and others rare.
    let mut text = |words: usize| -> String {
        (0..words)
            .map(|_| parts[((made.number().min(made.number()) >> 32) as usize * parts.len()) >> 32])
            .collect()
    };
    let mut index = LexicalIndex::in_memory().expect("starts");
    for id in 0..10_000 {
        index
            .add(id, "第一章总则", &format!("第{id}条{}", text(40)))
            .expect("adds");
    }
    index.commit(1).expect("commits");
    let question = text(5);
    let long = text(200);
    c.bench_function("lexical search of 10,000 entries, k = 100", |b| {
        b.iter(|| index.search(black_box(&question), 100, None));
    });
    c.bench_function("terms of 200 words", |b| {
        b.iter(|| yiju_text::terms(black_box(&long)))
    });
}

criterion_group!(benches, scan, graph, words);
criterion_main!(benches);
