//! The whole question path on the seed document: embed, retrieve, rank, choose, compose.
//!
//! `cargo bench -p yiju-benches --bench ask`

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use yiju_engine::{
    Access, AskRequest, Engine, EngineOptions, InputType, Precision, SearchRequest, Source, Step,
    StepTimes, traced,
};
use yiju_eval::bench::Latency;

const QUESTION: &str = "超大城市的规模要不要控制？";

fn seed_library(dir: &Path) -> Engine {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let engine = Engine::open(EngineOptions {
        library: dir.to_owned(),
        model: root.join("models/yiju-e5-small-q8"),
        access: Access::ReadWrite,
        threads: 0,
        precision: Precision::Int8,
    })
    .expect("the bundled model opens");
    let seed = root.join("seeds/000_6bd9cbdb9fbcb1c2.txt");
    let bytes = std::fs::read(seed).expect("the seed is there");
    let source = Source { name: "seed".into(), title: None, bytes };
    engine.add(source, &|_| {}).expect("the seed is added");
    engine
}

fn question_path(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let engine = seed_library(dir.path());
    engine.ask(&AskRequest::new(QUESTION)).expect("the question is answered");
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

    // Where the time of a question goes, by the engine's own clock; `yiju bench` measures it under load.
    let runs: Vec<StepTimes> =
        (0..100).map(|_| traced(|| engine.ask(&AskRequest::new(QUESTION))).1).collect();
    for step in Step::ALL {
        let latency = Latency::of(runs.iter().map(|times| times.get(step)));
        let p90 = latency.p90.unwrap_or(latency.max);
        println!("{}: p50 {:.3} ms, p90 {p90:.3} ms", step.name(), latency.p50);
    }
}

criterion_group!(benches, question_path);
criterion_main!(benches);
