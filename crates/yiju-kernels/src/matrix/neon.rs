//! NEON, with and without the dot-product instructions of Armv8.2 (`sdot`).
//!
//! `sdot` multiplies 16 signed by 16 signed bytes and adds them up in fours, as the AVX-512
//! instruction does. Without it, bytes are multiplied to 16 bits and added up in pairs to 32, twice.
//! Four-bit weights are 0 to 15 and eight-bit ones −127 to 127, so nothing saturates.

use std::arch::aarch64::*;

use super::layout::{ActBlock, Lanes, Q4Block, Q8Block};
use crate::simd::neon::{add_dot, load_bytes, load_floats, signed, store_floats};

/// Rows handled together: thirty-two registers hold no more sums.
const GROUP: usize = 4;
/// Vectors of four columns handled together.
const WIDE: usize = 2;
/// Columns of a vector of sums.
const FOUR: usize = 4;

#[inline]
#[target_feature(enable = "neon")]
fn quad(act: &ActBlock, k: usize) -> int8x16_t {
    let q = &act.q;
    vreinterpretq_s8_s32(vdupq_n_s32(i32::from_le_bytes([
        q[k] as u8,
        q[k + 1] as u8,
        q[k + 2] as u8,
        q[k + 3] as u8,
    ])))
}

#[inline]
#[target_feature(enable = "neon")]
fn accumulate(
    total: float32x4_t,
    dot: int32x4_t,
    act: &ActBlock,
    scales: float32x4_t,
) -> float32x4_t {
    let scale = vaddq_s32(vreinterpretq_s32_f32(scales), vdupq_n_s32(act.shift));
    vfmaq_f32(total, vcvtq_f32_s32(dot), vreinterpretq_f32_s32(scale))
}

/// The sums of products of one column's quads, for four columns.
macro_rules! variant {
    ($(#[$doc:meta])* $module:ident, $features:literal, $sum:ty, $zero:expr, $add:ident, $finish:ident) => {
        $(#[$doc])*
        pub(super) mod $module {
            use super::*;

            #[inline]
            #[target_feature(enable = $features)]
            fn four_rows<const R: usize, const G: usize>(
                first: usize,
                acts: &[[ActBlock; R]],
                weights: &[Q4Block],
                bias: &Lanes,
                out: &mut [Lanes; R],
            ) {
                let low = vdupq_n_u8(15);
                for part in (0..LANES_IN_FOURS).step_by(WIDE) {
                    let mut total = [[vdupq_n_f32(0.0); WIDE]; G];
                    for total in &mut total {
                        for w in 0..WIDE {
                            total[w] = load_floats(&bias.0.as_chunks().0[part + w]);
                        }
                    }
                    for (acts, weights) in acts.iter().zip(weights) {
                        let acts = &acts[first..first + G];
                        let mut dot: [[$sum; WIDE]; G] = [[$zero; WIDE]; G];
                        for j in 0..4 {
                            let mut lower = [vdupq_n_s8(0); WIDE];
                            let mut upper = [vdupq_n_s8(0); WIDE];
                            for w in 0..WIDE {
                                let bytes = load_bytes(&weights.nibbles[j].as_chunks().0[part + w]);
                                lower[w] = vreinterpretq_s8_u8(vandq_u8(bytes, low));
                                upper[w] = vreinterpretq_s8_u8(vshrq_n_u8::<4>(bytes));
                            }
                            for g in 0..G {
                                let (a, b) = (quad(&acts[g], 4 * j), quad(&acts[g], 16 + 4 * j));
                                for w in 0..WIDE {
                                    dot[g][w] = $add(dot[g][w], lower[w], a);
                                    dot[g][w] = $add(dot[g][w], upper[w], b);
                                }
                            }
                        }
                        for w in 0..WIDE {
                            let scales = load_floats(&weights.scales.as_chunks().0[part + w]);
                            for g in 0..G {
                                let sum = vaddq_s32($finish(dot[g][w]), vdupq_n_s32(acts[g].comp));
                                total[g][w] = accumulate(total[g][w], sum, &acts[g], scales);
                            }
                        }
                    }
                    for g in 0..G {
                        for w in 0..WIDE {
                            store_floats(&mut out[first + g].0.as_chunks_mut().0[part + w], total[g][w]);
                        }
                    }
                }
            }

            #[inline]
            #[target_feature(enable = $features)]
            fn eight_rows<const R: usize, const G: usize>(
                first: usize,
                acts: &[[ActBlock; R]],
                weights: &[Q8Block],
                bias: &Lanes,
                out: &mut [Lanes; R],
            ) {
                for part in (0..LANES_IN_FOURS).step_by(WIDE) {
                    let mut total = [[vdupq_n_f32(0.0); WIDE]; G];
                    for total in &mut total {
                        for w in 0..WIDE {
                            total[w] = load_floats(&bias.0.as_chunks().0[part + w]);
                        }
                    }
                    for (acts, weights) in acts.iter().zip(weights) {
                        let acts = &acts[first..first + G];
                        let mut dot: [[$sum; WIDE]; G] = [[$zero; WIDE]; G];
                        for j in 0..8 {
                            let mut bytes = [vdupq_n_s8(0); WIDE];
                            for w in 0..WIDE {
                                bytes[w] = signed(load_bytes(&weights.weights[j].as_chunks().0[part + w]));
                            }
                            for g in 0..G {
                                let act = quad(&acts[g], 4 * j);
                                for w in 0..WIDE {
                                    dot[g][w] = $add(dot[g][w], bytes[w], act);
                                }
                            }
                        }
                        for w in 0..WIDE {
                            let scales = load_floats(&weights.scales.as_chunks().0[part + w]);
                            for g in 0..G {
                                let sum = $finish(dot[g][w]);
                                total[g][w] = accumulate(total[g][w], sum, &acts[g], scales);
                            }
                        }
                    }
                    for g in 0..G {
                        for w in 0..WIDE {
                            store_floats(&mut out[first + g].0.as_chunks_mut().0[part + w], total[g][w]);
                        }
                    }
                }
            }

            variant!(@panel $features, four, four_rows, Q4Block);
            variant!(@panel $features, eight, eight_rows, Q8Block);
        }
    };
    (@panel $features:literal, $name:ident, $rows:ident, $block:ty) => {
        /// One panel for a tile of `R` rows.
        #[target_feature(enable = $features)]
        pub(in super::super) fn $name<const R: usize>(
            acts: &[[ActBlock; R]],
            weights: &[$block],
            bias: &Lanes,
            out: &mut [Lanes; R],
        ) {
            let mut first = 0;
            while first + GROUP <= R {
                $rows::<R, GROUP>(first, acts, weights, bias, out);
                first += GROUP;
            }
            match R - first {
                1 => $rows::<R, 1>(first, acts, weights, bias, out),
                2 => $rows::<R, 2>(first, acts, weights, bias, out),
                3 => $rows::<R, 3>(first, acts, weights, bias, out),
                _ => {}
            }
        }
    };
}

/// Vectors of four columns in a panel.
const LANES_IN_FOURS: usize = super::layout::LANES / FOUR;

#[inline]
#[target_feature(enable = "neon")]
fn whole(sum: int32x4_t) -> int32x4_t {
    sum
}

/// Adds products in pairs: each lane of the result is half the sum of a column.
#[inline]
#[target_feature(enable = "neon")]
fn add_pairs(sum: [int32x4_t; 2], a: int8x16_t, b: int8x16_t) -> [int32x4_t; 2] {
    let low = vmull_s8(vget_low_s8(a), vget_low_s8(b));
    let high = vmull_high_s8(a, b);
    [vpadalq_s16(sum[0], low), vpadalq_s16(sum[1], high)]
}

#[inline]
#[target_feature(enable = "neon")]
fn halves(sum: [int32x4_t; 2]) -> int32x4_t {
    vpaddq_s32(sum[0], sum[1])
}

variant! {
    /// With `sdot`.
    dot, "neon,dotprod", int32x4_t, vdupq_n_s32(0), add_dot, whole
}

variant! {
    /// Without.
    plain, "neon", [int32x4_t; 2], [vdupq_n_s32(0); 2], add_pairs, halves
}
