//! Scores of vectors and of their codes, as methods of [`Kernels`].
//!
//! A code is bytes with an offset of 128 (128 means 0), or packed levels of 4 bits; a query is
//! signed bytes. AVX-512 VNNI multiplies exactly this pair of types. Integer sums are the same on
//! every variant.

#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::{Kernels, Variant};

/// Codes are padded to a multiple of this many bytes, so that no kernel needs a remainder loop.
pub const LANE: usize = 64;

/// Calls the function that fits the variant. NEON without dot products uses the portable ones,
/// which the compiler vectorises well.
macro_rules! dispatch {
    ($self:ident, $avx512:ident, $avx2:ident, [$($neon:ident)?], $portable:ident, $args:tt) => {
        match $self.variant() {
            // SAFETY: `Kernels::new` only sets a variant whose instructions the processor has.
            #[cfg(target_arch = "x86_64")]
            Variant::Avx512Vnni => unsafe { x86::$avx512 $args },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Variant::Avx2 => unsafe { x86::$avx2 $args },
            $(
                // SAFETY: as above.
                #[cfg(target_arch = "aarch64")]
                Variant::NeonDot => unsafe { neon::$neon $args },
            )?
            _ => $portable $args,
        }
    };
}

impl Kernels {
    /// Dot product of two slices, over the length of the shorter one.
    #[inline]
    pub fn dot(self, a: &[f32], b: &[f32]) -> f32 {
        let n = a.len().min(b.len());
        let (a, b) = (&a[..n], &b[..n]);
        dispatch!(self, dot_avx512, dot_avx2, [], dot_portable, (a, b))
    }

    /// Sums of `code * query` over whole lanes, for the two halves of a 16-bit query at
    /// once; they contain the codes' offset, see [`offset`].
    #[inline]
    pub fn codes_wide(self, codes: &[u8], high: &[i8], low: &[i8]) -> (i32, i32) {
        let n = codes.len().min(high.len()).min(low.len()) / LANE * LANE;
        let (codes, high, low) = (&codes[..n], &high[..n], &low[..n]);
        dispatch!(
            self,
            codes_wide_avx512,
            codes_wide_avx2,
            [codes_wide_dot],
            codes_wide_portable,
            (codes, high, low)
        )
    }

    /// Sum of `(a - 128) * (b - 128)` over whole lanes of both slices.
    #[inline]
    pub fn pair(self, a: &[u8], b: &[u8]) -> i32 {
        let n = a.len().min(b.len()) / LANE * LANE;
        let (a, b) = (&a[..n], &b[..n]);
        dispatch!(self, pair_avx512, pair_avx2, [pair_dot], pair_portable, (a, b))
    }

    /// For each of `rows` the sum of `nibble * query`. The row's code is `query.len() / 2`
    /// bytes of `codes`; in its 64-byte block `b`, the low half of byte `j` is component
    /// `128 b + j`, the high half component `128 b + 64 + j`.
    ///
    /// # Panics
    /// `query` is not whole blocks of 128, `sums` is shorter than `rows`, or a row lies outside
    /// of `codes`.
    #[inline]
    pub fn nibbles(self, codes: &[u8], query: &[i8], rows: &[u32], sums: &mut [i32]) {
        assert!(query.len().is_multiple_of(2 * LANE) && sums.len() >= rows.len());
        dispatch!(
            self,
            nibbles_avx512,
            nibbles_avx2,
            [nibbles_dot],
            nibbles_portable,
            (codes, query, rows, sums)
        )
    }
}

/// What the codes' offset of 128 adds to the sum of products with `query`.
pub fn offset(query: &[i8]) -> i32 {
    query.iter().map(|&q| 128 * i32::from(q)).sum()
}

/// The bytes of `row` in codes of `stride` bytes.
#[inline]
fn code(codes: &[u8], stride: usize, row: u32) -> &[u8] {
    &codes[row as usize * stride..][..stride]
}

fn dot_portable(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    let (a_blocks, a_rest) = a.as_chunks::<16>();
    let (b_blocks, b_rest) = b.as_chunks::<16>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

fn codes_wide_portable(codes: &[u8], high: &[i8], low: &[i8]) -> (i32, i32) {
    (codes_portable(codes, high), codes_portable(codes, low))
}

fn codes_portable(codes: &[u8], query: &[i8]) -> i32 {
    codes.iter().zip(query).map(|(&c, &q)| i32::from(c) * i32::from(q)).sum()
}

fn pair_portable(a: &[u8], b: &[u8]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| (i32::from(a) - 128) * (i32::from(b) - 128)).sum()
}

fn nibbles_portable(codes: &[u8], query: &[i8], rows: &[u32], sums: &mut [i32]) {
    for (sum, &row) in sums.iter_mut().zip(rows) {
        let blocks = code(codes, query.len() / 2, row).as_chunks::<LANE>().0;
        let mut total = 0;
        for (block, query) in blocks.iter().zip(query.as_chunks::<{ 2 * LANE }>().0) {
            let (low, high) = query.split_at(LANE);
            for ((&c, &l), &h) in block.iter().zip(low).zip(high) {
                total += i32::from(c & 15) * i32::from(l) + i32::from(c >> 4) * i32::from(h);
            }
        }
        *sum = total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all() -> impl Iterator<Item = Kernels> {
        Variant::available().map(Kernels::new)
    }

    fn portable() -> Kernels {
        Kernels::new(Variant::Portable)
    }

    proptest! {
        #[test]
        fn integer_kernels_agree_exactly(
            a in prop::collection::vec(any::<u8>(), 0..6 * LANE),
            b in prop::collection::vec(any::<u8>(), 0..6 * LANE),
            q in prop::collection::vec(any::<i8>(), 0..6 * LANE),
            r in prop::collection::vec(any::<i8>(), 0..6 * LANE),
        ) {
            for k in all() {
                prop_assert_eq!(k.codes_wide(&a, &q, &r), portable().codes_wide(&a, &q, &r), "{}", k.variant().name());
                prop_assert_eq!(k.pair(&a, &b), portable().pair(&a, &b), "{}", k.variant().name());
            }
        }

        #[test]
        fn nibble_kernels_agree_exactly(
            blocks in 1usize..8,
            codes in prop::collection::vec(any::<u8>(), 10 * 7 * LANE),
            query in prop::collection::vec(any::<i8>(), 7 * 2 * LANE),
            rows in prop::collection::vec(0u32..10, 0..40),
        ) {
            let query = &query[..blocks * 2 * LANE];
            let mut expected = vec![0; rows.len()];
            portable().nibbles(&codes, query, &rows, &mut expected);
            for k in all() {
                let mut sums = vec![0; rows.len()];
                k.nibbles(&codes, query, &rows, &mut sums);
                prop_assert_eq!(&sums, &expected, "{}", k.variant().name());
            }
        }

        #[test]
        fn float_kernels_agree_closely(
            pairs in prop::collection::vec((-1.0f32..1.0, -1.0f32..1.0), 0..200),
        ) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let exact: f64 = a.iter().zip(&b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            for k in all() {
                prop_assert!((f64::from(k.dot(&a, &b)) - exact).abs() < 1e-4, "{}", k.variant().name());
            }
        }
    }
}
