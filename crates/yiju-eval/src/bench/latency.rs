//! Summaries of latencies.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::percentile;

/// The percentiles of the curve.
const CURVE: [f64; 16] =
    [0.0, 1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 98.0, 99.0, 99.5, 99.8, 99.9, 99.99, 100.0];

/// A summary of latencies, in milliseconds. A percentile with no latency beyond it is left out: the 99.9th of 500
/// questions would just be the slowest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The number of latencies.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// The median.
    pub p50: f64,
    /// 90th percentile, of 10 or more.
    pub p90: Option<f64>,
    /// 99th percentile, of 100 or more.
    pub p99: Option<f64>,
    /// 99.9th percentile, of 1,000 or more.
    pub p999: Option<f64>,
    /// The longest.
    pub max: f64,
    /// Points (percent, milliseconds) of the whole distribution, ascending.
    pub curve: Vec<(f64, f64)>,
}

impl Latency {
    /// Percentiles by nearest rank, from every latency.
    pub fn of(latencies: impl IntoIterator<Item = Duration>) -> Self {
        let mut sorted: Vec<f64> =
            latencies.into_iter().map(|latency| latency.as_secs_f64() * 1e3).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let count = sorted.len();
        let at = |percent| round(percentile(&sorted, percent));
        let beyond = |percent: f64| is_known(count, percent).then(|| at(percent));
        Self {
            count,
            mean: round(sorted.iter().sum::<f64>() / count.max(1) as f64),
            p50: at(50.0),
            p90: beyond(90.0),
            p99: beyond(99.0),
            p999: beyond(99.9),
            max: at(100.0),
            curve: CURVE
                .into_iter()
                .filter(|&percent| count > 0 && (percent == 100.0 || is_known(count, percent)))
                .map(|percent| (percent, at(percent)))
                .collect(),
        }
    }
}

/// Whether at least one of `count` latencies lies beyond the percentile.
fn is_known(count: usize, percent: f64) -> bool {
    // With a tolerance, because 100 − 99.9 is not exactly 0.1.
    count as f64 * (100.0 - percent) >= 100.0 - 1e-6
}

/// Milliseconds to the nearest 0.1 µs, the clock's resolution.
fn round(milliseconds: f64) -> f64 {
    (milliseconds * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use yiju_made::Random;

    use super::*;

    /// The smallest value that at least `percent` of all values do not exceed, by counting.
    fn plain(values: &[f64], percent: f64) -> f64 {
        let mut best = f64::INFINITY;
        for &value in values {
            let upto = values.iter().filter(|other| **other <= value).count();
            if upto as f64 / values.len() as f64 >= percent / 100.0 - 1e-12 {
                best = best.min(value);
            }
        }
        best
    }

    #[test]
    fn percentiles_are_those_of_counting() {
        let mut random = Random::new(7);
        for count in [1usize, 2, 9, 10, 99, 100, 101, 999, 1_000, 1_500] {
            let durations: Vec<Duration> = (0..count)
                .map(|_| Duration::from_nanos((random.next() % 5_000_000) / 1_000 * 1_000))
                .collect();
            let values: Vec<f64> =
                durations.iter().map(|one| round(one.as_secs_f64() * 1e3)).collect();
            let found = Latency::of(durations);
            assert_eq!(found.count, count);
            assert_eq!(found.p50, plain(&values, 50.0), "{count}");
            for (percent, value, least) in
                [(90.0, found.p90, 10), (99.0, found.p99, 100), (99.9, found.p999, 1_000)]
            {
                let expected = (count >= least).then(|| plain(&values, percent));
                assert_eq!(value, expected, "{percent} of {count}");
            }
            assert_eq!(found.max, values.iter().copied().fold(0.0, f64::max));
            assert!(found.curve.windows(2).all(|w| w[0].1 <= w[1].1));
        }
    }

    #[test]
    fn nothing_has_no_latency() {
        let none = Latency::of([]);
        assert_eq!((none.count, none.p90, none.curve.len()), (0, None, 0));
    }
}
