//! Yiju's side of `benches/peers/index.py`: builds and searches the index as lines on standard input
//! say, and answers each with a line of JSON.
//!
//! ```text
//! index_peer serve DIMENSION BASE_FILE QUERY_FILE TRUTH_FILE
//!     build THREADS | save DIR | load DIR | search EF | single EF | filter EF SHARE | exact
//! ```
//! Files hold little-endian floats, the truth file the score of the tenth row for each query.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use yiju_index::{AdaptiveIndex, ExactIndex, Hit, VectorIndex};

const K: usize = 10;
/// Two ways to sum the products of unit vectors may differ by so much.
const ROUNDING: f32 = 2e-6;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["serve", dimension, base, queries, truth] => {
            let dimension = dimension.parse()?;
            let mut served = Served {
                dimension,
                base: base.to_string(),
                queries: read(queries)?.chunks(dimension).map(<[f32]>::to_vec).collect(),
                truth: read(truth)?,
                index: AdaptiveIndex::new(dimension),
            };
            for line in std::io::stdin().lines() {
                let line = line?;
                let words: Vec<&str> = line.split_whitespace().collect();
                println!("{}", served.command(&words)?);
            }
            Ok(())
        }
        _ => Err("say serve, see the head of this example".into()),
    }
}

fn read(file: &str) -> Outcome<Vec<f32>> {
    let bytes = std::fs::read(file)?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect())
}

struct Served {
    dimension: usize,
    base: String,
    queries: Vec<Vec<f32>>,
    /// For each query the score of the tenth row.
    truth: Vec<f32>,
    index: AdaptiveIndex,
}

impl Served {
    fn command(&mut self, words: &[&str]) -> Outcome<String> {
        Ok(match words {
            ["build", threads] => {
                let mut index = AdaptiveIndex::new(self.dimension);
                index.set_switch_point(1000);
                index.set_threads(threads.parse()?);
                index.hold_rebuilds(true);
                let vectors = read(&self.base)?;
                let (wall, cpu) = (Instant::now(), cpu_seconds());
                for (id, vector) in vectors.chunks(self.dimension).enumerate() {
                    index.insert(id as u64, vector)?;
                }
                drop(vectors);
                index.settle()?;
                self.index = index;
                format!(
                    "{{\"build_s\": {}, \"cpu_s\": {}, {}}}",
                    wall.elapsed().as_secs_f64(),
                    cpu_seconds() - cpu,
                    self.memory()
                )
            }
            ["save", dir] => {
                let start = Instant::now();
                self.index.save(Path::new(dir), 1)?;
                format!("{{\"save_s\": {}}}", start.elapsed().as_secs_f64())
            }
            ["load", dir] => {
                self.index = AdaptiveIndex::new(self.dimension);
                let start = Instant::now();
                self.index = AdaptiveIndex::load(Path::new(dir), self.dimension, 1)?;
                self.index.search(&self.queries[0], K, None)?;
                let seconds = start.elapsed().as_secs_f64();
                format!("{{\"load_s\": {seconds}, {}}}", self.memory())
            }
            ["search" | "single", ef] => {
                self.index.set_ef(ef.parse()?);
                let index = &self.index;
                self.measure(&self.truth, |q| index.search(q, K, None).unwrap_or_default())
            }
            ["filter", ef, share] => {
                self.index.set_ef(ef.parse()?);
                let (exact, n) = self.exact()?;
                let limit = (share.parse::<f64>()? * u64::MAX as f64) as u64;
                let chosen = (0..n).filter(|id| id.wrapping_mul(0x9E37_79B9_7F4A_7C15) < limit);
                let filter: HashSet<u64> = chosen.collect();
                let queries = &self.queries[..self.queries.len().min(200)];
                let truth = queries.iter().map(|q| {
                    let hits = exact.search(q, K, Some(&filter))?;
                    Ok(hits.last().map_or(f32::INFINITY, |hit| hit.score))
                });
                let truth: Vec<f32> = truth.collect::<Outcome<_>>()?;
                drop(exact);
                let index = &self.index;
                self.measure(&truth, |q| index.search(q, K, Some(&filter)).unwrap_or_default())
            }
            ["exact"] => {
                let (exact, _) = self.exact()?;
                self.measure(&self.truth, |q| exact.search(q, K, None).unwrap_or_default())
            }
            _ => return Err(format!("no such command: {words:?}").into()),
        })
    }

    fn exact(&self) -> Outcome<(ExactIndex, u64)> {
        let mut exact = ExactIndex::new(self.dimension);
        for vector in read(&self.base)?.chunks(self.dimension) {
            exact.insert(exact.len() as u64, vector)?;
        }
        let n = exact.len() as u64;
        Ok((exact, n))
    }

    /// Asks one query for each entry of `truth`, one after another. What reaches that score is
    /// right: equal vectors have no order.
    fn measure(&self, truth: &[f32], mut search: impl FnMut(&[f32]) -> Vec<Hit>) -> String {
        let mut times: Vec<Duration> = Vec::with_capacity(truth.len());
        let mut right = 0;
        let start = Instant::now();
        for (query, least) in self.queries.iter().zip(truth) {
            let start = Instant::now();
            let hits = search(query);
            times.push(start.elapsed());
            right += (hits.iter()).filter(|hit| hit.score >= least - ROUNDING).count();
        }
        let rate = times.len() as f64 / start.elapsed().as_secs_f64();
        times.sort_unstable();
        let at =
            |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
        format!(
            "{{\"recall\": {}, \"per_second\": {rate}, \"p50_us\": {}, \"p99_us\": {}}}",
            right as f64 / (K * truth.len()).max(1) as f64,
            at(0.5),
            at(0.99)
        )
    }

    fn memory(&self) -> String {
        let (hot, all) = self.index.memory();
        format!("\"hot_bytes\": {hot}, \"all_bytes\": {all}")
    }
}

/// User and system time of this process so far; 0 where that cannot be read.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(2);
    // Linux counts these in hundredths of a second.
    fields.filter_map(|n| n.parse::<f64>().ok()).sum::<f64>() / 100.0
}
