//! AVX-512 with VNNI: `vpdpbusd` multiplies 64 unsigned by 64 signed bytes and adds them up in
//! fours, without saturation.
//!
//! One operand is the stored weights, unsigned by their offset; the other is four of a row's
//! activations, broadcast. A tile keeps its 12 integer and 12 float sums in registers.

use std::arch::x86_64::*;

use super::layout::{ActBlock, Lanes, Q4Block, Q8Block};
use crate::simd::avx512::{load_bytes, load_floats, store_floats};

/// Four activations from `k` on, in every lane.
#[inline]
#[target_feature(enable = "avx512f")]
fn quad(act: &ActBlock, k: usize) -> __m512i {
    let q = &act.q;
    _mm512_set1_epi32(i32::from_le_bytes([
        q[k] as u8,
        q[k + 1] as u8,
        q[k + 2] as u8,
        q[k + 3] as u8,
    ]))
}

/// Adds a block's integer sums, scaled. Dot products and float multiplications share two units, so
/// the scales are multiplied by adding exponents, which other units do.
#[inline]
#[target_feature(enable = "avx512f")]
fn accumulate(total: __m512, dot: __m512i, act: &ActBlock, scales: __m512) -> __m512 {
    let scale = _mm512_add_epi32(_mm512_castps_si512(scales), _mm512_set1_epi32(act.shift));
    _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), _mm512_castsi512_ps(scale), total)
}

/// One panel of four-bit weights for a tile of `R` rows.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn four<const R: usize>(
    acts: &[[ActBlock; R]],
    weights: &[Q4Block],
    bias: &Lanes,
    out: &mut [Lanes; R],
) {
    let low = _mm512_set1_epi8(15);
    let mut total = [load_floats(&bias.0); R];
    for (acts, weights) in acts.iter().zip(weights) {
        let mut dot = [_mm512_setzero_si512(); R];
        for r in 0..R {
            dot[r] = _mm512_set1_epi32(acts[r].comp);
        }
        for j in 0..4 {
            let bytes = load_bytes(&weights.nibbles[j]);
            let first = _mm512_and_si512(bytes, low);
            let second = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), low);
            for r in 0..R {
                dot[r] = _mm512_dpbusd_epi32(dot[r], first, quad(&acts[r], 4 * j));
            }
            for r in 0..R {
                dot[r] = _mm512_dpbusd_epi32(dot[r], second, quad(&acts[r], 16 + 4 * j));
            }
        }
        let scales = load_floats(&weights.scales);
        for r in 0..R {
            total[r] = accumulate(total[r], dot[r], &acts[r], scales);
        }
    }
    for r in 0..R {
        store_floats(&mut out[r].0, total[r]);
    }
}

/// One panel of eight-bit weights for a tile of `R` rows.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn eight<const R: usize>(
    acts: &[[ActBlock; R]],
    weights: &[Q8Block],
    bias: &Lanes,
    out: &mut [Lanes; R],
) {
    let mut total = [load_floats(&bias.0); R];
    for (acts, weights) in acts.iter().zip(weights) {
        let mut dot = [_mm512_setzero_si512(); R];
        for r in 0..R {
            dot[r] = _mm512_slli_epi32::<4>(_mm512_set1_epi32(acts[r].comp));
        }
        for j in 0..8 {
            let bytes = load_bytes(&weights.weights[j]);
            for r in 0..R {
                dot[r] = _mm512_dpbusd_epi32(dot[r], bytes, quad(&acts[r], 4 * j));
            }
        }
        let scales = load_floats(&weights.scales);
        for r in 0..R {
            total[r] = accumulate(total[r], dot[r], &acts[r], scales);
        }
    }
    for r in 0..R {
        store_floats(&mut out[r].0, total[r]);
    }
}
