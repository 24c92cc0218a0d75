//! Measures and their confidence intervals.

use std::collections::HashMap;

use serde::Serialize;

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

/// The mean of `values` with its interval by bootstrap (Efron, 1979; percentiles of 1,000 means of
/// samples drawn with replacement, always the same ones).
pub fn bootstrap(values: &[f64]) -> Interval {
    if values.is_empty() {
        return Interval::default();
    }
    let count = values.len();
    let mean = values.iter().sum::<f64>() / count as f64;
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut means: Vec<f64> = (0..1_000)
        .map(|_| {
            (0..count)
                .map(|_| values[(random(&mut state) % count as u64) as usize])
                .sum::<f64>()
                / count as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    Interval {
        mean,
        low: percentile(&means, 2.5),
        high: percentile(&means, 97.5),
        count,
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The value that `percent` (0 to 100) of the ascending `sorted` values do not exceed, by nearest
/// rank; 0 for none.
pub fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.clamp(1, sorted.len().max(1)) - 1)
        .copied()
        .unwrap_or(0.0)
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

/// Text as CMRC 2018 compares it: without white space and punctuation, in lower case.
fn bare(text: &str) -> Vec<char> {
    text.chars()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// Whether `answer` equals one of `accepted`, white space, punctuation and case apart.
pub fn exact_match(answer: &str, accepted: &[String]) -> bool {
    accepted.iter().any(|other| bare(other) == bare(answer))
}

/// The best F1 of `answer` against `accepted` over the multiset of characters.
pub fn character_f1(answer: &str, accepted: &[String]) -> f64 {
    let answer = bare(answer);
    let f1 = |other: Vec<char>| {
        let mut counts: HashMap<char, usize> = HashMap::new();
        other
            .iter()
            .for_each(|&c| *counts.entry(c).or_default() += 1);
        let shared = answer
            .iter()
            .filter(|c| {
                counts
                    .get_mut(c)
                    .is_some_and(|n| std::mem::replace(n, n.saturating_sub(1)) > 0)
            })
            .count() as f64;
        if shared == 0.0 {
            0.0
        } else {
            2.0 * shared / (answer.len() + other.len()) as f64
        }
    };
    accepted
        .iter()
        .map(|other| f1(bare(other)))
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(
            (
                percentile(&values, 50.0),
                percentile(&values, 99.0),
                percentile(&values, 0.0)
            ),
            (50.0, 99.0, 1.0)
        );
        assert_eq!(percentile(&[], 50.0), 0.0);
    }

    #[test]
    fn auroc_counts_ties_half() {
        assert_eq!(auroc(&[3.0, 2.0], &[1.0]), 1.0);
        assert_eq!(auroc(&[1.0], &[1.0]), 0.5);
        assert_eq!(auroc(&[1.0, 3.0], &[2.0]), 0.5);
    }

    #[test]
    fn answers_are_compared_by_characters() {
        let accepted = vec!["约2亿千瓦时".to_owned()];
        assert!(exact_match(" 约2亿千瓦时。", &accepted));
        assert_eq!(character_f1("约2亿千瓦时", &accepted), 1.0);
        assert!((character_f1("2亿", &accepted) - 0.5).abs() < 1e-9);
        assert_eq!(character_f1("", &accepted), 0.0);
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
