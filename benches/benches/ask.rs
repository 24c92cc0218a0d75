//! The whole question path on the seed document: embed, retrieve, rank, choose, compose.
//!
//! `cargo bench -p yiju-benches --bench ask`

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use yiju_engine::{
    Access, AskRequest, Engine, EngineOptions, InputType, Precision, SearchRequest, Source,
};

const QUESTION: &str = "超大城市的规模要不要控制？";

fn seed_library(dir: &Path) -> Engine {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let engine = Engine::open(EngineOptions {
        library: dir.to_owned(),
        model: root.join("models/multilingual-e5-small-q4"),
        access: Access::ReadWrite,
        threads: 0,
        precision: Precision::Int8,
    })
    .expect("the bundled model opens");
    let seed = root.join("seeds/000_6bd9cbdb9fbcb1c2.txt");
    let bytes = std::fs::read(seed).expect("the seed is there");
    let source = Source {
        name: "seed".into(),
        title: None,
        bytes,
    };
    engine.add(source, &|_| {}).expect("the seed is added");
    engine
}

fn question_path(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let engine = seed_library(dir.path());
    engine
        .ask(&AskRequest::new(QUESTION))
        .expect("the question is answered");
    let mut group = criterion.benchmark_group("seed");
    group.bench_function("embed the question", |bencher| {
        bencher.iter(|| engine.embed(InputType::Query, &[black_box(QUESTION)]));
    });
    group.bench_function("search", |bencher| {
        bencher.iter(|| engine.search(&SearchRequest::new(black_box(QUESTION))));
    });
    group.bench_function("ask", |bencher| {
        bencher.iter(|| engine.ask(&AskRequest::new(black_box(QUESTION))));
    });
    group.bench_function("ask by number", |bencher| {
        bencher.iter(|| engine.ask(&AskRequest::new(black_box("第五部分包括哪几条？"))));
    });
    group.finish();

    // Where the time of a question goes, by the engine's own clock.
    let mut steps: Vec<[f64; 3]> = (0..100)
        .filter_map(|_| engine.ask(&AskRequest::new(QUESTION)).ok())
        .map(|answer| {
            let t = answer.timings_ms;
            [t.embed, t.retrieve, t.rank]
        })
        .collect();
    for (at, name) in ["embed", "retrieve", "rank"].into_iter().enumerate() {
        steps.sort_by(|a, b| a[at].total_cmp(&b[at]));
        if let (Some(p50), Some(p99)) = (
            steps.get(steps.len() / 2),
            steps.get(steps.len() * 99 / 100),
        ) {
            println!("{name}: p50 {:.2} ms, p99 {:.2} ms", p50[at], p99[at]);
        }
    }
}

criterion_group!(benches, question_path);
criterion_main!(benches);
