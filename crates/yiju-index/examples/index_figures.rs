//! Measures the indexes on made clustered vectors and prints what it finds.
//!
//! ```text
//! cargo run --release -p yiju-index --example index_figures -- scan
//! cargo run --release -p yiju-index --example index_figures -- graph 100000 [plain]
//! cargo run --release -p yiju-index --example index_figures -- words 60000 [TEXTS QUESTIONS [DIR]]
//! ```
//! `words` takes texts and questions from files, a line each, and joins halves of two texts
//! into an entry until there are enough; without files both are made. In
//! `DIR` the index stays for another run.
//!
//! `plain` also builds and searches hnsw_rs itself over the float vectors.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use hnsw_rs::anndists::dist::distances::DistDot;
use hnsw_rs::hnsw::Hnsw;
use yiju_index::{AdaptiveIndex, ExactIndex, Hit, HnswIndex, LexicalIndex, VectorIndex};
use yiju_made::{MadeText, MadeVectors, Random, SEED};

const DIMENSION: usize = 384;
const QUERIES: usize = 1000;

fn percentile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * share) as usize]
}

fn timed(
    queries: &[Vec<f32>],
    mut search: impl FnMut(&[f32]) -> Vec<Hit>,
) -> (Vec<Vec<u64>>, String) {
    let mut times = Vec::with_capacity(queries.len());
    let start = Instant::now();
    let found = queries
        .iter()
        .map(|q| {
            let start = Instant::now();
            let ids = search(q).into_iter().map(|hit| hit.id).collect();
            times.push(start.elapsed());
            ids
        })
        .collect();
    let rate = queries.len() as f64 / start.elapsed().as_secs_f64();
    let (p50, p99) = (percentile(&mut times, 0.5), percentile(&mut times, 0.99));
    (found, format!("{rate:8.0}/s  p50 {p50:8.1?}  p99 {p99:8.1?}"))
}

fn recall(found: &[Vec<u64>], truth: &[Vec<u64>]) -> f64 {
    let hits: usize =
        found.iter().zip(truth).map(|(f, t)| f.iter().filter(|id| t.contains(id)).count()).sum();
    hits as f64 / truth.iter().map(Vec::len).sum::<usize>().max(1) as f64
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let n = arguments.get(1).map_or(Ok(100_000), |n| n.parse())?;
    match arguments.first().map(String::as_str) {
        Some("scan") => scan(),
        Some("graph") => graph(n, arguments.get(2).is_some_and(|a| a == "plain")),
        Some("words") => words(n, arguments.get(2..).unwrap_or_default()),
        _ => Err("say scan, graph N [plain] or words N [TEXTS QUESTIONS [DIR]]".into()),
    }
}

/// Vectors for `n` rows, and `queries` more of the same clusters.
fn made(n: usize, queries: usize) -> (MadeVectors, Vec<Vec<f32>>) {
    let made = MadeVectors::new(n, DIMENSION, SEED);
    let queries = (n..n + queries).map(|number| made.clause(number as u64));
    let queries = queries.collect();
    (made, queries)
}

fn scan() -> Result<()> {
    const SIZES: [usize; 6] = [1_000, 5_000, 10_000, 20_000, 50_000, 100_000];
    let (made, queries) = made(SIZES[5], 200);
    let mut index = ExactIndex::new(DIMENSION);
    for n in SIZES {
        for id in index.len() as u64..n as u64 {
            index.insert(id, &made.clause(id))?;
        }
        let (_, figures) = timed(&queries, |q| index.search(q, 10, None).unwrap_or_default());
        println!("exact scan of {n:7}: {figures}");
    }
    Ok(())
}

fn graph(n: usize, plain: bool) -> Result<()> {
    let (made, queries) = made(n, QUERIES);
    let vectors: Vec<Vec<f32>> = (0..n as u64).map(|id| made.clause(id)).collect();
    let mut exact = ExactIndex::new(DIMENSION);
    let mut index = HnswIndex::new(DIMENSION);
    for (id, vector) in vectors.iter().enumerate() {
        exact.insert(id as u64, vector)?;
        index.insert(id as u64, vector)?;
    }
    let (truth, figures) = timed(&queries, |q| exact.search(q, 10, None).unwrap_or_default());
    println!("exact scan of {n}: {figures}");
    let start = Instant::now();
    index.rebuild(2)?;
    let (hot, all) = index.memory();
    let mb = |bytes: usize| bytes as f64 / 1e6;
    println!(
        "graph over {n}: built in {:.1?} (2 threads), {:.1} MB hot, {:.1} MB with floats",
        start.elapsed(),
        mb(hot),
        mb(all)
    );
    for ef in [24, 32, 48, 64, 96, 128, 192, 256] {
        index.set_ef(ef);
        let (found, figures) = timed(&queries, |q| index.search(q, 10, None).unwrap_or_default());
        println!("graph ef {ef:4}: recall@10 {:.4}  {figures}", recall(&found, &truth));
    }
    index.set_ef(yiju_index::DEFAULT_EF);
    for share in [0.5, 0.05, 0.005, 0.0001] {
        let every = (1.0 / share) as usize;
        let filter: HashSet<u64> = (0..n as u64).step_by(every).collect();
        let few = &queries[..200];
        let (truth, _) = timed(few, |q| exact.search(q, 10, Some(&filter)).unwrap_or_default());
        let (found, figures) =
            timed(few, |q| index.search(q, 10, Some(&filter)).unwrap_or_default());
        println!(
            "filter {:7.2} %: recall@10 {:.4}  {figures}",
            share * 100.0,
            recall(&found, &truth)
        );
    }
    drop(exact);
    let dir = tempfile::tempdir()?;
    let mut adaptive = AdaptiveIndex::new(DIMENSION);
    adaptive.set_switch_point(usize::MAX);
    for (id, vector) in vectors.iter().enumerate() {
        adaptive.insert(id as u64, vector)?;
    }
    let start = Instant::now();
    adaptive.save(dir.path(), 7)?;
    println!("saved in {:.1?}", start.elapsed());
    let start = Instant::now();
    let loaded = AdaptiveIndex::load(dir.path(), DIMENSION, 7)?;
    println!("loaded {} with checks in {:.1?}", loaded.len(), start.elapsed());
    if plain {
        let start = Instant::now();
        let hnsw = Hnsw::new(16, n, 16, 200, DistDot {});
        // Shrunk a little: DistDot panics where rounding takes a product over 1.
        let shrunk: Vec<Vec<f32>> =
            vectors.iter().map(|v| v.iter().map(|x| x * 0.9999).collect()).collect();
        let points: Vec<(&Vec<f32>, usize)> =
            shrunk.iter().enumerate().map(|(id, v)| (v, id)).collect();
        hnsw.parallel_insert(&points);
        println!("plain hnsw_rs, floats: built in {:.1?}", start.elapsed());
        for ef in [32, 64, 96, 128, 192, 256] {
            let (found, figures) = timed(&queries, |q| {
                let found = hnsw.search(q, 10, ef);
                found.into_iter().map(|n| Hit { id: n.d_id as u64, score: 0.0 }).collect()
            });
            println!("hnsw_rs ef {ef:4}: recall@10 {:.4}  {figures}", recall(&found, &truth));
        }
    }
    Ok(())
}

fn words(n: usize, files: &[String]) -> Result<()> {
    let start = Instant::now();
    yiju_text::warm_up();
    println!("dictionary loaded in {:.1?}", start.elapsed());
    let made = MadeText::new(SEED);
    let mut random = Random::new(42);
    let lines = |file: &String| -> Result<Vec<String>> {
        let text = std::fs::read_to_string(file)?;
        Ok(text.lines().map(str::to_owned).collect())
    };
    let (texts, questions) = match files {
        [texts, questions, ..] => (lines(texts)?, lines(questions)?),
        _ => (Vec::new(), Vec::new()),
    };
    let temporary = tempfile::tempdir()?;
    let dir = files.get(2).map_or(temporary.path(), Path::new);
    let half = |random: &mut Random, second: bool| -> &str {
        let line = &texts[random.below(texts.len())];
        let middle = line.char_indices().nth(line.chars().count() / 2);
        let (first, rest) = line.split_at(middle.map_or(0, |(at, _)| at));
        if second { rest } else { first }
    };
    let mut index = LexicalIndex::open_or_create(dir)?;
    if index.is_empty() {
        let start = Instant::now();
        for id in 0..n as u64 {
            let (heading, body) = if texts.is_empty() {
                made.clause(id)
            } else {
                let halves = [half(&mut random, false), half(&mut random, true)];
                ("第一章 总则".into(), halves.concat())
            };
            index.add(id, &heading, &body)?;
        }
        index.commit(3)?;
        println!("{n} entries indexed in {:.1?}", start.elapsed());
    }
    drop(index);
    let start = Instant::now();
    let index = LexicalIndex::open(dir, 3)?;
    println!("{} entries opened with checks in {:.1?}", index.len(), start.elapsed());
    for k in [10, 100] {
        let mut times = Vec::new();
        for number in 0..500 {
            let question = match questions.get(number) {
                Some(question) => question.clone(),
                None => made.question(number as u64),
            };
            let start = Instant::now();
            index.search(&question, k, None)?;
            times.push(start.elapsed());
        }
        println!(
            "search k={k}: p50 {:.1?} p90 {:.1?} p99 {:.1?}",
            percentile(&mut times, 0.5),
            percentile(&mut times, 0.9),
            percentile(&mut times, 0.99)
        );
    }
    Ok(())
}
