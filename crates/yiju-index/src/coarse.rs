//! Codes of 4 bits a component, for walking the graph.
//!
//! A walk reads the codes of about a thousand rows, scattered in memory, so its cost is mostly
//! the bytes of a code. These are half as long as the 8-bit codes; the rows that a walk ends
//! with are rescored by those.
//!
//! Each component has its own middle and step, taken from the rows: so no bits are spent on
//! the part that all vectors share, which in text models is most of their length, nor on
//! components with a wide spread. Both go into the query, so the sums of all rows are in one
//! unit and need no scale for each row.

use crate::rows::{Column, Rows};
use yiju_kernels::{Kernels, LANE, roomy};

/// The best even step for 16 levels of a normally distributed value, in standard
/// deviations (Max, Quantizing for minimum distortion, 1960).
const STEP: f32 = 0.335;
/// Most rows that the middles and steps are taken from.
const SAMPLE: usize = 20_000;

/// The codes of all rows of a base.
#[derive(Default)]
pub(crate) struct Coarse {
    /// For each component its middle, then for each its step.
    pub(crate) shape: Column<f32>,
    /// `stride` bytes for each row, packed as [`Kernels::nibbles`] says.
    pub(crate) codes: Column<u8>,
}

/// A query prepared for sums over these codes.
pub(crate) struct CoarseQuery {
    short: Vec<i8>,
}

/// Bytes of a code of `dimension` components, padding included.
pub(crate) fn stride(dimension: usize) -> usize {
    dimension.next_multiple_of(2 * LANE) / 2
}

impl Coarse {
    /// Makes the codes of all `rows`.
    pub(crate) fn of(rows: &Rows) -> Self {
        let (n, dimension) = (rows.len(), rows.dimension);
        let every = (n / SAMPLE).max(1);
        let (mut sums, mut squares) = (vec![0.0f64; dimension], vec![0.0f64; dimension]);
        let mut seen = 0.0f64;
        for row in (0..n).step_by(every) {
            seen += 1.0;
            for (i, &x) in rows.vector(row).iter().enumerate() {
                sums[i] += f64::from(x);
                squares[i] += f64::from(x) * f64::from(x);
            }
        }
        let mut shape = Vec::with_capacity(2 * dimension);
        shape.extend(sums.iter().map(|sum| (sum / seen.max(1.0)) as f32));
        for (i, square) in squares.iter().enumerate() {
            let variance = square / seen.max(1.0) - f64::from(shape[i]) * f64::from(shape[i]);
            shape.push(STEP * variance.max(0.0).sqrt() as f32);
        }
        let stride = stride(dimension);
        let mut codes = roomy(n * stride);
        codes.resize(n * stride, 0u8);
        let (middles, steps) = shape.split_at(dimension);
        let inverse: Vec<f32> =
            steps.iter().map(|&step| if step > 0.0 { 1.0 / step } else { 0.0 }).collect();
        for (row, code) in codes.chunks_exact_mut(stride.max(1)).enumerate() {
            for (i, &x) in rows.vector(row).iter().enumerate() {
                let level = ((x - middles[i]) * inverse[i] + 8.0).clamp(0.0, 15.0) as u8;
                let (block, place) = (i / (2 * LANE), i % (2 * LANE));
                code[block * LANE + place % LANE] |= level << (place / LANE * 4);
            }
        }
        Coarse { shape: Column::Owned(shape), codes: Column::Owned(codes) }
    }

    /// Whether there are codes for `rows` rows of `dimension` components.
    pub(crate) fn is_sound(&self, rows: usize, dimension: usize) -> bool {
        self.shape.len() == 2 * dimension
            && self.shape.iter().all(|x| x.is_finite())
            && Some(self.codes.len()) == rows.checked_mul(stride(dimension))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.codes.len() + size_of_val(&*self.shape)
    }

    pub(crate) fn query(&self, exact: &[f32]) -> CoarseQuery {
        let steps = self.shape.get(exact.len()..).unwrap_or(&[]);
        let scaled = || exact.iter().zip(steps).map(|(x, step)| x * step);
        let largest = scaled().fold(f32::MIN_POSITIVE, |m, x| m.max(x.abs()));
        let mut short = vec![0i8; 2 * stride(exact.len())];
        for (slot, x) in short.iter_mut().zip(scaled()) {
            *slot = (x * (127.0 / largest)).round().clamp(-127.0, 127.0) as i8;
        }
        CoarseQuery { short }
    }
}

/// The codes as a walk uses them.
pub(crate) struct Scorer<'a> {
    kernels: Kernels,
    codes: &'a [u8],
    query: &'a CoarseQuery,
    stride: usize,
}

impl<'a> Scorer<'a> {
    pub(crate) fn new(coarse: &'a Coarse, query: &'a CoarseQuery) -> Self {
        Scorer {
            kernels: Kernels::get(),
            codes: &coarse.codes,
            query,
            stride: query.short.len() / 2,
        }
    }

    /// Prefetches the code of `row`.
    #[inline]
    pub(crate) fn prefetch(&self, row: u32) {
        yiju_kernels::prefetch(&self.codes[row as usize * self.stride..][..self.stride]);
    }

    /// Scores of `rows` into the front of `scores`, comparable with each other only.
    #[inline]
    pub(crate) fn scores(&self, rows: &[u32], scores: &mut Vec<i32>) {
        if scores.len() < rows.len() {
            scores.resize(rows.len(), 0);
        }
        self.kernels.nibbles(self.codes, &self.query.short, rows, scores);
    }

    pub(crate) fn score(&self, row: u32) -> i32 {
        let mut sums = [0];
        self.kernels.nibbles(self.codes, &self.query.short, &[row], &mut sums);
        sums[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn scores_follow_the_products() {
        // 300 components: the last block is padded.
        let mut random = StdRng::seed_from_u64(1);
        let mut number = || random.random_range(-0.5..0.5);
        let mut rows = Rows::new(300);
        let common: Vec<f32> = (0..300).map(|_| number()).collect();
        for id in 0..400 {
            let vector: Vec<f32> = common.iter().map(|c| c + number()).collect();
            let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            rows.push(id, &vector.iter().map(|x| x / norm).collect::<Vec<_>>());
        }
        let coarse = Coarse::of(&rows);
        assert!(coarse.is_sound(400, 300) && !coarse.is_sound(401, 300));
        let query = coarse.query(rows.vector(7));
        let scorer = Scorer::new(&coarse, &query);
        let mut scores = Vec::new();
        let all: Vec<u32> = (0..400).collect();
        scorer.scores(&all, &mut scores);
        let exact = |row: usize| -> f32 {
            let pairs = rows.vector(row).iter().zip(rows.vector(7));
            pairs.map(|(a, b)| a * b).sum()
        };
        assert_eq!(scores.iter().enumerate().max_by_key(|s| s.1).map(|s| s.0), Some(7));
        // Of two rows whose products differ clearly, the nearer has the higher score.
        let mut wrong = 0;
        for a in 0..400 {
            for b in 0..a {
                let clear = exact(a) - exact(b);
                if clear.abs() > 0.03 && (clear > 0.0) != (scores[a] > scores[b]) {
                    wrong += 1;
                }
            }
        }
        assert_eq!(wrong, 0);
    }
}
