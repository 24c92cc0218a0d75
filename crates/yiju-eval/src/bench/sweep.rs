//! Recall against speed of a vector search.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::{BenchError, Latency, SweepPoint, stop};

/// Neighbours searched for.
pub(crate) const NEIGHBOURS: usize = 10;
/// Questions whose exact neighbours are found: with 2,000 neighbours, recalls 0.005 apart can be told from each other.
pub(crate) const QUESTIONS: usize = 200;
/// Values of `ef` that are measured; the default is always added.
const WIDTHS: [usize; 7] = [16, 32, 48, 64, 128, 192, 256];

/// The values of `ef` that are measured, ascending.
pub(crate) fn widths() -> Vec<usize> {
    let mut widths = WIDTHS.to_vec();
    widths.push(yiju_index::DEFAULT_EF);
    widths.sort_unstable();
    widths.dedup();
    widths
}

/// A search: the ids of what is nearest to a vector.
pub(crate) type Search<'a> = dyn Fn(&[f32]) -> Result<Vec<u64>, BenchError> + 'a;

/// Searches for the `queries` in turn for `time`, each at least once. Recall is against `truth`, the exact
/// neighbours of each query.
pub(crate) fn point(
    search: &Search<'_>,
    queries: &[Vec<f32>],
    truth: &[Vec<u64>],
    (ef, used): (Option<usize>, bool),
    time: Duration,
    cancel: &AtomicBool,
) -> Result<SweepPoint, BenchError> {
    let (mut found, mut wanted) = (0usize, 0usize);
    let mut latencies = Vec::new();
    let begin = Instant::now();
    for (number, (query, truth)) in queries.iter().zip(truth).cycle().enumerate() {
        if number >= queries.len() && begin.elapsed() >= time {
            break;
        }
        stop(cancel)?;
        let start = Instant::now();
        let ids = search(query)?;
        latencies.push(start.elapsed());
        if number < queries.len() {
            found += truth.iter().filter(|id| ids.contains(id)).count();
            wanted += truth.len();
        }
    }
    let searching: Duration = latencies.iter().sum();
    Ok(SweepPoint {
        ef,
        used,
        recall: if wanted == 0 { 1.0 } else { found as f64 / wanted as f64 },
        per_second: latencies.len() as f64 / searching.as_secs_f64().max(f64::MIN_POSITIVE),
        p50: Latency::of(latencies).p50,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recall_is_the_share_of_the_exact_neighbours() {
        let queries = vec![vec![0.0], vec![1.0]];
        let truth = vec![vec![1, 2], vec![3, 4]];
        let search = |query: &[f32]| Ok(if query[0] == 0.0 { vec![2, 9] } else { vec![4, 3] });
        let cancel = AtomicBool::new(false);
        let found = point(&search, &queries, &truth, (Some(16), true), Duration::ZERO, &cancel);
        let found = found.unwrap();
        assert_eq!((found.recall, found.ef, found.used), (0.75, Some(16), true));
        assert!(found.per_second > 0.0);
    }

    #[test]
    fn the_default_is_among_the_widths() {
        let widths = widths();
        assert!(widths.contains(&yiju_index::DEFAULT_EF));
        assert!(widths.windows(2).all(|w| w[0] < w[1]));
    }
}
