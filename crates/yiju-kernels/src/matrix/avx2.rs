//! AVX2: `vpmaddubsw` multiplies unsigned by signed bytes and adds neighbours, in 16 bits.
//!
//! Those sums saturate, so the operands are chosen to stay below 2¹⁵. Four-bit weights do by
//! themselves: 15 · 127 · 2 = 3,810, and all eight of a block together 30,480. Eight-bit weights
//! are taken apart into magnitude and sign, and the sign moved to the activation:
//! 127 · 127 · 2 = 32,258, widened to 32 bits each time.

use std::arch::x86_64::*;

use super::layout::{ActBlock, Lanes, Q4Block, Q8Block};
use crate::simd::avx2::{load_bytes, load_floats, store_floats};

/// Rows handled together: sixteen registers hold no more sums.
const GROUP: usize = 4;

#[inline]
#[target_feature(enable = "avx2")]
fn quad(act: &ActBlock, k: usize) -> __m256i {
    let q = &act.q;
    _mm256_set1_epi32(i32::from_le_bytes([
        q[k] as u8,
        q[k + 1] as u8,
        q[k + 2] as u8,
        q[k + 3] as u8,
    ]))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn accumulate(total: __m256, dot: __m256i, act: &ActBlock, scales: __m256) -> __m256 {
    let scale = _mm256_add_epi32(_mm256_castps_si256(scales), _mm256_set1_epi32(act.shift));
    _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), _mm256_castsi256_ps(scale), total)
}

/// Rows `first..first + G` of a tile of `R` rows, four-bit weights.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn four_rows<const R: usize, const G: usize>(
    first: usize,
    acts: &[[ActBlock; R]],
    weights: &[Q4Block],
    bias: &Lanes,
    out: &mut [Lanes; R],
) {
    let low = _mm256_set1_epi8(15);
    let ones = _mm256_set1_epi16(1);
    for half in 0..2 {
        let mut total = [load_floats(&bias.0.as_chunks().0[half]); G];
        for (acts, weights) in acts.iter().zip(weights) {
            let acts = &acts[first..first + G];
            let mut dot = [_mm256_setzero_si256(); G];
            for j in 0..4 {
                let bytes = load_bytes(&weights.nibbles[j].as_chunks().0[half]);
                let lower = _mm256_and_si256(bytes, low);
                let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low);
                for g in 0..G {
                    let product = _mm256_maddubs_epi16(lower, quad(&acts[g], 4 * j));
                    dot[g] = _mm256_add_epi16(dot[g], product);
                }
                for g in 0..G {
                    let product = _mm256_maddubs_epi16(upper, quad(&acts[g], 16 + 4 * j));
                    dot[g] = _mm256_add_epi16(dot[g], product);
                }
            }
            let scales = load_floats(&weights.scales.as_chunks().0[half]);
            for g in 0..G {
                let wide = _mm256_madd_epi16(dot[g], ones);
                let wide = _mm256_add_epi32(wide, _mm256_set1_epi32(acts[g].comp));
                total[g] = accumulate(total[g], wide, &acts[g], scales);
            }
        }
        for g in 0..G {
            store_floats(&mut out[first + g].0.as_chunks_mut().0[half], total[g]);
        }
    }
}

/// Rows `first..first + G` of a tile of `R` rows, eight-bit weights.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn eight_rows<const R: usize, const G: usize>(
    first: usize,
    acts: &[[ActBlock; R]],
    weights: &[Q8Block],
    bias: &Lanes,
    out: &mut [Lanes; R],
) {
    let ones = _mm256_set1_epi16(1);
    let offset = _mm256_set1_epi8(-128);
    for half in 0..2 {
        let mut total = [load_floats(&bias.0.as_chunks().0[half]); G];
        for (acts, weights) in acts.iter().zip(weights) {
            let acts = &acts[first..first + G];
            let mut dot = [_mm256_setzero_si256(); G];
            for j in 0..8 {
                let signed =
                    _mm256_xor_si256(load_bytes(&weights.weights[j].as_chunks().0[half]), offset);
                let magnitude = _mm256_abs_epi8(signed);
                for g in 0..G {
                    let act = _mm256_sign_epi8(quad(&acts[g], 4 * j), signed);
                    let product = _mm256_maddubs_epi16(magnitude, act);
                    dot[g] = _mm256_add_epi32(dot[g], _mm256_madd_epi16(product, ones));
                }
            }
            let scales = load_floats(&weights.scales.as_chunks().0[half]);
            for g in 0..G {
                total[g] = accumulate(total[g], dot[g], &acts[g], scales);
            }
        }
        for g in 0..G {
            store_floats(&mut out[first + g].0.as_chunks_mut().0[half], total[g]);
        }
    }
}

macro_rules! in_groups {
    ($rows:ident, $name:ident, $block:ty) => {
        /// One panel for a tile of `R` rows.
        #[target_feature(enable = "avx2,fma")]
        pub(super) fn $name<const R: usize>(
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

in_groups!(four_rows, four, Q4Block);
in_groups!(eight_rows, eight, Q8Block);
