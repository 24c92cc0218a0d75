//! Means, percentiles and areas, with their confidence intervals.

use serde::Serialize;
use yiju_made::Random;

/// A mean with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// 2.5 % of resampled means are below this.
    pub low: f64,
    /// 2.5 % of resampled means are above this.
    pub high: f64,
    /// How many values there were.
    pub count: usize,
}

/// Samples drawn for an interval.
const SAMPLES: usize = 1_000;

/// The mean of `values` with its interval by bootstrap (Efron, 1979): percentiles of 1,000 means of
/// samples drawn with replacement, with a fixed seed.
pub fn bootstrap(values: &[f64]) -> Interval {
    let mean = |sample: &[usize]| {
        let sum: f64 = sample.iter().filter_map(|&at| values.get(at)).sum();
        Some(sum / sample.len().max(1) as f64)
    };
    resample(values.len(), mean)
}

/// How well confidence separates questions with an answer from those without, as [`auroc`], with its
/// bootstrap interval over the questions. Each question has a confidence with its answer in the documents,
/// without it, or both.
pub fn auroc_interval(questions: &[(Option<f64>, Option<f64>)]) -> Interval {
    resample(questions.len(), |sample| {
        let drawn = || sample.iter().filter_map(|&at| questions.get(at));
        let with: Vec<f64> = drawn().filter_map(|question| question.0).collect();
        let without: Vec<f64> = drawn().filter_map(|question| question.1).collect();
        // A small sample may lack one kind; then there is no area.
        (!with.is_empty() && !without.is_empty()).then(|| auroc(&with, &without))
    })
}

/// `measure` of all values with its bootstrap interval. It returns `None` for a sample that it does not apply to.
fn resample(count: usize, measure: impl Fn(&[usize]) -> Option<f64>) -> Interval {
    let mut random = Random::new(0x9E37_79B9_7F4A_7C15);
    let mut sample: Vec<usize> = (0..count).collect();
    let Some(mean) = measure(&sample).filter(|_| count > 0) else {
        return Interval::default();
    };
    let mut measures: Vec<f64> = (0..SAMPLES)
        .filter_map(|_| {
            sample.iter_mut().for_each(|at| *at = random.below(count));
            measure(&sample)
        })
        .collect();
    measures.sort_by(f64::total_cmp);
    Interval { mean, low: percentile(&measures, 2.5), high: percentile(&measures, 97.5), count }
}

/// The value that `percent` (0 to 100) of the ascending `sorted` values do not exceed, by nearest
/// rank; 0 for none.
pub fn percentile(sorted: &[f64], percent: f64) -> f64 {
    // 99.9 % of 1,000 is 999, which the product may miss by a hair.
    let rank = (percent / 100.0 * sorted.len() as f64 - 1e-6).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(0.0)
}

/// The area under the ROC curve: how often a value of `positives` exceeds one of `negatives`, ties
/// counting half; 0.5 where either is empty.
pub fn auroc(positives: &[f64], negatives: &[f64]) -> f64 {
    if positives.is_empty() || negatives.is_empty() {
        return 0.5;
    }
    let mut sorted = negatives.to_vec();
    sorted.sort_by(f64::total_cmp);
    let wins: f64 = positives
        .iter()
        .map(|p| {
            let below = sorted.partition_point(|n| n < p) as f64;
            let upto = sorted.partition_point(|n| n <= p) as f64;
            (below + upto) / 2.0
        })
        .sum();
    wins / (positives.len() as f64 * negatives.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(
            (percentile(&values, 50.0), percentile(&values, 99.0), percentile(&values, 0.0)),
            (50.0, 99.0, 1.0)
        );
        assert_eq!(percentile(&[], 50.0), 0.0);
        let values: Vec<f64> = (1..=1_000).map(f64::from).collect();
        assert_eq!(percentile(&values, 99.9), 999.0);
    }

    #[test]
    fn auroc_counts_ties_half() {
        assert_eq!(auroc(&[3.0, 2.0], &[1.0]), 1.0);
        assert_eq!(auroc(&[1.0], &[1.0]), 0.5);
        assert_eq!(auroc(&[1.0, 3.0], &[2.0]), 0.5);
    }

    #[test]
    fn the_area_has_an_interval() {
        let apart: Vec<_> = (0..50).map(|i| (Some(1.0 + f64::from(i)), Some(0.5))).collect();
        let found = auroc_interval(&apart);
        assert_eq!((found.mean, found.low, found.high), (1.0, 1.0, 1.0));
        let mixed: Vec<_> =
            (0..50).map(|i| (Some(f64::from(i % 10)), Some(f64::from(i * 7 % 10) - 1.5))).collect();
        let found = auroc_interval(&mixed);
        assert!(found.low < found.mean && found.mean < found.high && found.high < 0.9, "{found:?}");
    }

    #[test]
    fn the_interval_holds_the_mean() {
        let values: Vec<f64> = (0..200).map(|i| f64::from(i % 2)).collect();
        let found = bootstrap(&values);
        assert_eq!((found.mean, found.count), (0.5, 200));
        assert!(
            found.low > 0.40 && found.low < 0.5 && found.high > 0.5 && found.high < 0.60,
            "{found:?}"
        );
    }
}
