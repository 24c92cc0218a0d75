//! Retrieval without embedding: exact scans, the graph, the lexical index.
//!
//! `YIJU_BENCH_POINTS` sets the size of the graph (100,000 unless told otherwise; it
//! is built first, which takes a minute or more).

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use yiju_index::{ExactIndex, HnswIndex, LexicalIndex, VectorIndex};
use yiju_made::{MadeText, MadeVectors, SEED};

const DIMENSION: usize = 384;

fn scan(c: &mut Criterion) {
    const SIZES: [usize; 3] = [1_000, 20_000, 100_000];
    let made = MadeVectors::new(SIZES[2], DIMENSION, SEED);
    let query = made.clause(SIZES[2] as u64);
    let mut index = ExactIndex::new(DIMENSION);
    let mut group = c.benchmark_group("exact scan, 384 dimensions");
    for n in SIZES {
        for id in index.len() as u64..n as u64 {
            index.insert(id, &made.clause(id)).expect("unit vectors");
        }
        group.bench_function(n.to_string(), |b| {
            b.iter(|| index.search(black_box(&query), 10, None))
        });
    }
    group.finish();
}

fn graph(c: &mut Criterion) {
    let n: usize =
        std::env::var("YIJU_BENCH_POINTS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let made = MadeVectors::new(n, DIMENSION, SEED);
    let (mut exact, mut index) = (ExactIndex::new(DIMENSION), HnswIndex::new(DIMENSION));
    for id in 0..n as u64 {
        let vector = made.clause(id);
        exact.insert(id, &vector).expect("unit vectors");
        index.insert(id, &vector).expect("unit vectors");
    }
    index.rebuild(std::thread::available_parallelism().map_or(1, usize::from)).expect("builds");
    let queries: Vec<Vec<f32>> = (n..n + 200).map(|number| made.clause(number as u64)).collect();
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
    index.search(query, 10, None).expect("unit vectors").into_iter().map(|hit| hit.id).collect()
}

fn words(c: &mut Criterion) {
    let made = MadeText::new(SEED);
    let mut index = LexicalIndex::in_memory().expect("starts");
    for id in 0..10_000 {
        let (heading, text) = made.clause(id);
        index.add(id, &heading, &text).expect("adds");
    }
    index.commit(1).expect("commits");
    let question = made.question(5_000);
    let long: String = (0..5).map(|number| made.clause(number).1).collect();
    c.bench_function("lexical search of 10,000 entries, k = 100", |b| {
        b.iter(|| index.search(black_box(&question), 100, None));
    });
    c.bench_function("terms of five clauses", |b| b.iter(|| yiju_text::terms(black_box(&long))));
}

criterion_group!(benches, scan, graph, words);
criterion_main!(benches);
