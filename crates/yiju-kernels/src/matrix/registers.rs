//! [`Vector`] in the registers of AVX-512 and AVX2.
//!
//! The methods are safe to call only on a processor that has the instructions. Only `Kernels` calls
//! them, in functions compiled for a variant it has found available. Each `unsafe` in this file
//! relies on that and on the length of [`Lanes`].

use std::arch::x86_64::*;

use super::layout::{ActBlock, BLOCK, Lanes, MAX_EXPONENT};
use super::vector::{ONE, Vector};

/// Sixteen floats in one register (AVX-512 F, BW, VL and DQ).
#[derive(Clone, Copy)]
pub(super) struct Wide(__m512);

/// Sixteen floats in two registers (AVX2 and FMA).
#[derive(Clone, Copy)]
pub(super) struct Two(__m256, __m256);

/// Calls an intrinsic, or a function of this file that is made of them.
macro_rules! call {
    ($($call:tt)*) => {
        // SAFETY: the processor has the instructions (see the head of this file); loads and stores
        // are of whole `Lanes`.
        unsafe { $($call)* }
    };
}

/// Adds up, or takes the largest of, eight floats: halves with each other until one is left.
macro_rules! fold_eight {
    ($name:ident, $eight:ident, $one:ident) => {
        #[inline]
        #[target_feature(enable = "avx2")]
        fn $name(eight: __m256) -> __m128 {
            let four = $eight(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
            let two = $eight(four, _mm_movehl_ps(four, four));
            $one(two, _mm_movehdup_ps(two))
        }
    };
}
fold_eight!(sum_eight, _mm_add_ps, _mm_add_ss);
fold_eight!(largest_of_eight, _mm_max_ps, _mm_max_ss);

/// In lane 0: the result of `vector::shift_for`.
#[inline]
#[target_feature(enable = "avx2")]
fn shift_for(peak: __m128) -> __m128i {
    let step = _mm_castps_si128(_mm_mul_ss(peak, _mm_set_ss(1.0 / 127.0)));
    let up = _mm_add_epi32(step, _mm_set1_epi32((1 << 23) - 1));
    let up = _mm_and_si128(up, _mm_set1_epi32(!((1 << 23) - 1)));
    let shift = _mm_sub_epi32(up, _mm_set1_epi32(ONE));
    let low = _mm_max_epi32(shift, _mm_set1_epi32(-MAX_EXPONENT << 23));
    _mm_min_epi32(low, _mm_set1_epi32(MAX_EXPONENT << 23))
}

/// A block of 32 quantised values, with −8 times their sum.
#[inline]
#[target_feature(enable = "avx2")]
fn block(q: __m256i, shift: __m128i) -> ActBlock {
    // Bytes are added up without signs: 128 more each.
    let sums = _mm256_sad_epu8(_mm256_xor_si256(q, _mm256_set1_epi8(-128)), _mm256_setzero_si256());
    let two = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
    let sum = _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_unpackhi_epi64(two, two)));
    let mut out = ActBlock {
        q: [0; BLOCK],
        shift: _mm_cvtsi128_si32(shift),
        comp: (128 * BLOCK as i32 - sum) * 8,
    };
    // SAFETY: `q` is 32 writable bytes, and an unaligned store asks for no more.
    unsafe { _mm256_storeu_si256(out.q.as_mut_ptr().cast(), q) };
    out
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx2")]
fn quantize_wide(low: __m512, high: __m512) -> ActBlock {
    let peaks = _mm512_max_ps(_mm512_abs_ps(low), _mm512_abs_ps(high));
    let peaks = _mm256_max_ps(_mm512_castps512_ps256(peaks), _mm512_extractf32x8_ps::<1>(peaks));
    let shift = shift_for(largest_of_eight(peaks));
    let inverse = _mm_sub_epi32(_mm_set1_epi32(ONE), shift);
    let inverse = _mm512_broadcastss_ps(_mm_castsi128_ps(inverse));
    let bytes = |values| _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(values, inverse)));
    block(_mm256_set_m128i(bytes(high), bytes(low)), shift)
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn quantize_two(low: Two, high: Two) -> ActBlock {
    let sign = _mm256_set1_ps(-0.0);
    let largest = |values: Two| {
        _mm256_max_ps(_mm256_andnot_ps(sign, values.0), _mm256_andnot_ps(sign, values.1))
    };
    let shift = shift_for(largest_of_eight(_mm256_max_ps(largest(low), largest(high))));
    let inverse = _mm_sub_epi32(_mm_set1_epi32(ONE), shift);
    let inverse = _mm256_broadcastss_ps(_mm_castsi128_ps(inverse));
    let words = |values: Two| {
        _mm256_packs_epi32(
            _mm256_cvtps_epi32(_mm256_mul_ps(values.0, inverse)),
            _mm256_cvtps_epi32(_mm256_mul_ps(values.1, inverse)),
        )
    };
    // Packing works on each half of a register: the fours come out of order.
    let bytes = _mm256_packs_epi16(words(low), words(high));
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    block(_mm256_permutevar8x32_epi32(bytes, order), shift)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn power_wide(values: __m512) -> __m512 {
    let shifted = _mm512_slli_epi32::<23>(_mm512_castps_si512(values));
    _mm512_castsi512_ps(_mm512_add_epi32(shifted, _mm512_set1_epi32(ONE)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn power_half(values: __m256) -> __m256 {
    let shifted = _mm256_slli_epi32::<23>(_mm256_castps_si256(values));
    _mm256_castsi256_ps(_mm256_add_epi32(shifted, _mm256_set1_epi32(ONE)))
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx2")]
fn sum_wide(values: __m512) -> f32 {
    let high = _mm512_extractf32x8_ps::<1>(values);
    _mm_cvtss_f32(sum_eight(_mm256_add_ps(_mm512_castps512_ps256(values), high)))
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx2")]
fn maximum_wide(values: __m512) -> f32 {
    let high = _mm512_extractf32x8_ps::<1>(values);
    _mm_cvtss_f32(largest_of_eight(_mm256_max_ps(_mm512_castps512_ps256(values), high)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn sum_two(values: Two) -> f32 {
    _mm_cvtss_f32(sum_eight(_mm256_add_ps(values.0, values.1)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn maximum_two(values: Two) -> f32 {
    _mm_cvtss_f32(largest_of_eight(_mm256_max_ps(values.0, values.1)))
}

impl Vector for Wide {
    #[inline(always)]
    fn load(lanes: &Lanes) -> Self {
        Self(call!(_mm512_loadu_ps(lanes.0.as_ptr())))
    }
    #[inline(always)]
    fn store(self, lanes: &mut Lanes) {
        call!(_mm512_storeu_ps(lanes.0.as_mut_ptr(), self.0));
    }
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(call!(_mm512_set1_ps(value)))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(call!(_mm512_add_ps(self.0, other.0)))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(call!(_mm512_sub_ps(self.0, other.0)))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(call!(_mm512_mul_ps(self.0, other.0)))
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(call!(_mm512_div_ps(self.0, other.0)))
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, other: Self) -> Self {
        Self(call!(_mm512_fmadd_ps(self.0, factor.0, other.0)))
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        Self(call!(_mm512_max_ps(self.0, other.0)))
    }
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        Self(call!(_mm512_min_ps(self.0, other.0)))
    }
    #[inline(always)]
    fn power(self) -> Self {
        Self(call!(power_wide(self.0)))
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        call!(sum_wide(self.0))
    }
    #[inline(always)]
    fn maximum(self) -> f32 {
        call!(maximum_wide(self.0))
    }
    #[inline(always)]
    fn quantize(low: Self, high: Self) -> ActBlock {
        call!(quantize_wide(low.0, high.0))
    }
}

/// Calls an intrinsic for both halves.
macro_rules! both {
    ($call:ident, $($arg:expr),*) => {
        Self(call!($call($($arg.0),*)), call!($call($($arg.1),*)))
    };
}

impl Vector for Two {
    #[inline(always)]
    fn load(lanes: &Lanes) -> Self {
        let (low, high) = lanes.0.split_at(8);
        Self(call!(_mm256_loadu_ps(low.as_ptr())), call!(_mm256_loadu_ps(high.as_ptr())))
    }
    #[inline(always)]
    fn store(self, lanes: &mut Lanes) {
        let (low, high) = lanes.0.split_at_mut(8);
        call!(_mm256_storeu_ps(low.as_mut_ptr(), self.0));
        call!(_mm256_storeu_ps(high.as_mut_ptr(), self.1));
    }
    #[inline(always)]
    fn splat(value: f32) -> Self {
        let half = call!(_mm256_set1_ps(value));
        Self(half, half)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        both!(_mm256_add_ps, self, other)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        both!(_mm256_sub_ps, self, other)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        both!(_mm256_mul_ps, self, other)
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        both!(_mm256_div_ps, self, other)
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, other: Self) -> Self {
        both!(_mm256_fmadd_ps, self, factor, other)
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        both!(_mm256_max_ps, self, other)
    }
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        both!(_mm256_min_ps, self, other)
    }
    #[inline(always)]
    fn power(self) -> Self {
        both!(power_half, self)
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        call!(sum_two(self))
    }
    #[inline(always)]
    fn maximum(self) -> f32 {
        call!(maximum_two(self))
    }
    #[inline(always)]
    fn quantize(low: Self, high: Self) -> ActBlock {
        call!(quantize_two(low, high))
    }
}
