//! 8-bit codes of vectors, with a bound of their error.
//!
//! A component `x` becomes `round(x / scale) + 128`, with one scale for each
//! vector so that its largest component fits. The length of the rounding
//! error is kept too: by Cauchy and Schwarz it bounds how far the code's dot
//! product with any query can be from the true one, so a scan over codes gives
//! exactly the results of a scan over floats.

use yiju_kernels::{Kernels, LANE, offset};

/// Turns integer sums back into dot products.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct Quality {
    /// The value of one step of the code.
    pub(crate) scale: f32,
    /// Upper bound of the length of (vector - decoded code).
    pub(crate) error: f32,
}

/// Bytes of a code of `dimension` components, padding included.
pub(crate) fn stride(dimension: usize) -> usize {
    dimension.next_multiple_of(LANE)
}

/// Appends the code of `vector` (finite, not zero) to `codes`.
pub(crate) fn encode(vector: &[f32], codes: &mut Vec<u8>) -> Quality {
    let largest = vector.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    let scale = largest / 127.0;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    let mut lost = 0.0f64;
    for &x in vector {
        let step = (x * inverse).round().clamp(-127.0, 127.0);
        let rest = f64::from(x) - f64::from(step) * f64::from(scale);
        lost += rest * rest;
        codes.push((step as i32 + 128) as u8);
    }
    codes.resize(codes.len() + stride(vector.len()) - vector.len(), 128);
    Quality { scale, error: (lost.sqrt() * 1.0001 + 1e-7) as f32 }
}

/// A query prepared for scoring codes.
pub(crate) struct Query<'a> {
    pub(crate) exact: &'a [f32],
    /// 16 bits a component in two halves (high × 256 + low), for exact scans.
    high: Vec<i8>,
    low: Vec<i8>,
    wide_scale: f32,
    wide_offset: i64,
    norm: f32,
    wide_error: f32,
}

impl<'a> Query<'a> {
    pub(crate) fn new(exact: &'a [f32]) -> Self {
        let padded = stride(exact.len());
        let largest = exact.iter().fold(f32::MIN_POSITIVE, |m, x| m.max(x.abs()));
        let wide_scale = largest / 32_512.0;
        let (mut high, mut low) = (vec![0; padded], vec![0; padded]);
        let (mut norm, mut lost) = (0.0f64, 0.0f64);
        for (i, &x) in exact.iter().enumerate() {
            let wide = (x / wide_scale).round().clamp(-32_512.0, 32_512.0) as i32;
            let upper = (wide + 128) >> 8;
            high[i] = upper as i8;
            low[i] = (wide - upper * 256) as i8;
            norm += f64::from(x) * f64::from(x);
            let rest = f64::from(x) - f64::from(wide) * f64::from(wide_scale);
            lost += rest * rest;
        }
        Query {
            exact,
            wide_offset: i64::from(offset(&high)) * 256 + i64::from(offset(&low)),
            high,
            low,
            wide_scale,
            norm: (norm.sqrt() * 1.0001) as f32,
            wide_error: (lost.sqrt() * 1.0001 + 1e-7) as f32,
        }
    }

    /// The dot product with a code, the query in 16 bits: off by [`Query::bound`] at most.
    #[inline]
    pub(crate) fn close(&self, kernels: Kernels, code: &[u8], scale: f32) -> f32 {
        let (high, low) = kernels.codes_wide(code, &self.high, &self.low);
        (i64::from(high) * 256 + i64::from(low) - self.wide_offset) as f32
            * (scale * self.wide_scale)
    }

    /// How far the 16-bit query's dot product with a code can be from the float
    /// one, rounding of float sums included.
    #[inline]
    pub(crate) fn bound(&self, error: f32) -> f32 {
        error * self.norm + self.wide_error * (1.02 + error) + 2e-5
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(values: Vec<f32>) -> Option<Vec<f32>> {
        let norm = values.iter().map(|x| x * x).sum::<f32>().sqrt();
        (norm > 1e-3).then(|| values.into_iter().map(|x| x / norm).collect())
    }

    proptest! {
        #[test]
        fn the_bound_holds(
            a in prop::collection::vec(-1.0f32..1.0, 100),
            b in prop::collection::vec(-1.0f32..1.0, 100),
            peak in 0.0f32..50.0,
        ) {
            let mut a = a;
            a[3] += peak;
            let (Some(a), Some(b)) = (unit(a), unit(b)) else { return Ok(()) };
            let mut codes = Vec::new();
            let quality = encode(&a, &mut codes);
            prop_assert_eq!(codes.len(), 128);
            let query = Query::new(&b);
            let kernels = Kernels::get();
            let approximate = query.close(kernels, &codes, quality.scale);
            let exact = kernels.dot(&a, &b);
            prop_assert!((approximate - exact).abs() <= query.bound(quality.error));
        }
    }
}
