//! Kernels for x86-64: AVX-512 with VNNI, or AVX2.

use super::{Kernels, LANE, PORTABLE, code};
use std::arch::x86_64::*;

pub(super) fn best() -> Kernels {
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni");
    if avx512 {
        // SAFETY (each closure): the features were just found.
        return Kernels {
            name: "avx512vnni",
            dot: |a, b| {
                // SAFETY: AVX-512F was detected.
                unsafe { dot_avx512(a, b) }
            },
            codes_wide: |c, h, l| {
                // SAFETY: AVX-512F and VNNI were detected.
                unsafe { codes_wide_vnni(c, h, l) }
            },
            pair: |a, b| {
                // SAFETY: AVX-512F, BW and VNNI were detected.
                unsafe { pair_vnni(a, b) }
            },
            nibbles: |c, q, r, s| {
                // SAFETY: AVX-512F, BW and VNNI were detected.
                unsafe { nibbles_vnni(c, q, r, s) }
            },
        };
    }
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        return avx2();
    }
    PORTABLE
}

/// Only to be used where AVX2 and FMA were detected.
pub(super) fn avx2() -> Kernels {
    Kernels {
        name: "avx2",
        dot: |a, b| {
            // SAFETY: AVX2 and FMA were detected by the caller of `avx2`.
            unsafe { dot_avx2(a, b) }
        },
        codes_wide: |c, h, l| {
            // SAFETY: AVX2 was detected by the caller of `avx2`.
            unsafe { (codes_avx2(c, h), codes_avx2(c, l)) }
        },
        pair: |a, b| {
            // SAFETY: AVX2 was detected by the caller of `avx2`.
            unsafe { pair_avx2(a, b) }
        },
        nibbles: |c, q, r, s| {
            // SAFETY: AVX2 was detected by the caller of `avx2`.
            unsafe { nibbles_avx2(c, q, r, s) }
        },
    }
}

#[target_feature(enable = "avx512f")]
fn dot_avx512(a: &[f32], b: &[f32]) -> f32 {
    let (a_blocks, a_rest) = a.as_chunks::<32>();
    let (b_blocks, b_rest) = b.as_chunks::<32>();
    let (mut s0, mut s1) = (_mm512_setzero_ps(), _mm512_setzero_ps());
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        // SAFETY: both blocks hold 32 floats; loads need no alignment.
        unsafe {
            let (a, b) = (a.as_ptr(), b.as_ptr());
            s0 = _mm512_fmadd_ps(_mm512_loadu_ps(a), _mm512_loadu_ps(b), s0);
            s1 = _mm512_fmadd_ps(_mm512_loadu_ps(a.add(16)), _mm512_loadu_ps(b.add(16)), s1);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    _mm512_reduce_add_ps(_mm512_add_ps(s0, s1)) + rest
}

#[target_feature(enable = "avx2,fma")]
fn dot_avx2(a: &[f32], b: &[f32]) -> f32 {
    let (a_blocks, a_rest) = a.as_chunks::<16>();
    let (b_blocks, b_rest) = b.as_chunks::<16>();
    let (mut s0, mut s1) = (_mm256_setzero_ps(), _mm256_setzero_ps());
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        // SAFETY: both blocks hold 16 floats; loads need no alignment.
        unsafe {
            let (a, b) = (a.as_ptr(), b.as_ptr());
            s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a), _mm256_loadu_ps(b), s0);
            s1 = _mm256_fmadd_ps(_mm256_loadu_ps(a.add(8)), _mm256_loadu_ps(b.add(8)), s1);
        }
    }
    let mut lanes = [0.0f32; 8];
    // SAFETY: `lanes` holds 8 floats.
    unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), _mm256_add_ps(s0, s1)) };
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn codes_wide_vnni(codes: &[u8], high: &[i8], low: &[i8]) -> (i32, i32) {
    let (mut h, mut l) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    let blocks = codes
        .as_chunks::<64>()
        .0
        .iter()
        .zip(high.as_chunks::<64>().0)
        .zip(low.as_chunks::<64>().0);
    for ((c, high), low) in blocks {
        // SAFETY: all blocks hold 64 bytes; loads need no alignment.
        let (c, high, low) = unsafe {
            (
                _mm512_loadu_si512(c.as_ptr().cast()),
                _mm512_loadu_si512(high.as_ptr().cast()),
                _mm512_loadu_si512(low.as_ptr().cast()),
            )
        };
        h = _mm512_dpbusd_epi32(h, c, high);
        l = _mm512_dpbusd_epi32(l, c, low);
    }
    (_mm512_reduce_add_epi32(h), _mm512_reduce_add_epi32(l))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn pair_vnni(a: &[u8], b: &[u8]) -> i32 {
    let offset = _mm512_set1_epi8(-128);
    let (mut sum, mut base) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    for (a, b) in a.as_chunks::<64>().0.iter().zip(b.as_chunks::<64>().0) {
        // SAFETY: both blocks hold 64 bytes; loads need no alignment.
        let (a, b) = unsafe {
            (
                _mm512_loadu_si512(a.as_ptr().cast()),
                _mm512_loadu_si512(b.as_ptr().cast()),
            )
        };
        let b = _mm512_xor_si512(b, offset);
        sum = _mm512_dpbusd_epi32(sum, a, b);
        base = _mm512_dpbusd_epi32(base, offset, b);
    }
    _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, base))
}

#[target_feature(enable = "avx2")]
fn sum_i32(v: __m256i) -> i32 {
    let mut lanes = [0i32; 8];
    // SAFETY: `lanes` holds 32 bytes.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), v) };
    lanes.iter().sum()
}

#[target_feature(enable = "avx2")]
fn codes_avx2(codes: &[u8], query: &[i8]) -> i32 {
    let mut sum = _mm256_setzero_si256();
    for (c, q) in codes
        .as_chunks::<16>()
        .0
        .iter()
        .zip(query.as_chunks::<16>().0)
    {
        // SAFETY: both blocks hold 16 bytes; loads need no alignment.
        let (c, q) = unsafe {
            (
                _mm_loadu_si128(c.as_ptr().cast()),
                _mm_loadu_si128(q.as_ptr().cast()),
            )
        };
        let (c, q) = (_mm256_cvtepu8_epi16(c), _mm256_cvtepi8_epi16(q));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(c, q));
    }
    sum_i32(sum)
}

#[target_feature(enable = "avx2")]
fn pair_avx2(a: &[u8], b: &[u8]) -> i32 {
    let offset = _mm256_set1_epi16(128);
    let mut sum = _mm256_setzero_si256();
    for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        // SAFETY: both blocks hold 16 bytes; loads need no alignment.
        let (a, b) = unsafe {
            (
                _mm_loadu_si128(a.as_ptr().cast()),
                _mm_loadu_si128(b.as_ptr().cast()),
            )
        };
        let a = _mm256_sub_epi16(_mm256_cvtepu8_epi16(a), offset);
        let b = _mm256_sub_epi16(_mm256_cvtepu8_epi16(b), offset);
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
    }
    sum_i32(sum)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn nibbles_vnni(codes: &[u8], query: &[i8], rows: &[u32], sums: &mut [i32]) {
    // 384, 768 and 1024 components: the query then stays in registers where it fits.
    match query.len() / (2 * LANE) {
        3 => nibbles_vnni_of::<3>(codes, query, rows, sums),
        6 => nibbles_vnni_of::<6>(codes, query, rows, sums),
        8 => nibbles_vnni_of::<8>(codes, query, rows, sums),
        _ => {
            for (sum, &row) in sums.iter_mut().zip(rows) {
                let row = code(codes, query.len() / 2, row).as_chunks::<LANE>().0;
                let query = query.as_chunks::<{ 2 * LANE }>().0;
                let (mut low, mut high) = (_mm512_setzero_si512(), _mm512_setzero_si512());
                for (block, query) in row.iter().zip(query) {
                    let (l, h) = nibble_block(block, query);
                    low = _mm512_dpbusd_epi32(low, l.0, l.1);
                    high = _mm512_dpbusd_epi32(high, h.0, h.1);
                }
                *sum = _mm512_reduce_add_epi32(_mm512_add_epi32(low, high));
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn nibbles_vnni_of<const BLOCKS: usize>(
    codes: &[u8],
    query: &[i8],
    rows: &[u32],
    sums: &mut [i32],
) {
    let query: &[[i8; 2 * LANE]; BLOCKS] = match query.as_chunks().0.first_chunk() {
        Some(query) => query,
        None => return,
    };
    for (sum, &row) in sums.iter_mut().zip(rows) {
        let row = code(codes, BLOCKS * LANE, row).as_chunks::<LANE>().0;
        let (mut low, mut high) = (_mm512_setzero_si512(), _mm512_setzero_si512());
        for (block, query) in row.iter().zip(query) {
            let (l, h) = nibble_block(block, query);
            low = _mm512_dpbusd_epi32(low, l.0, l.1);
            high = _mm512_dpbusd_epi32(high, h.0, h.1);
        }
        *sum = _mm512_reduce_add_epi32(_mm512_add_epi32(low, high));
    }
}

/// The low halves of a block with their part of the query, and the high halves with theirs.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn nibble_block(
    block: &[u8; LANE],
    query: &[i8; 2 * LANE],
) -> ((__m512i, __m512i), (__m512i, __m512i)) {
    let mask = _mm512_set1_epi8(15);
    // SAFETY: the block holds 64 bytes and the query 128; loads need no alignment.
    let (codes, low, high) = unsafe {
        (
            _mm512_loadu_si512(block.as_ptr().cast()),
            _mm512_loadu_si512(query.as_ptr().cast()),
            _mm512_loadu_si512(query.as_ptr().add(LANE).cast()),
        )
    };
    (
        (_mm512_and_si512(codes, mask), low),
        (_mm512_and_si512(_mm512_srli_epi16::<4>(codes), mask), high),
    )
}

#[target_feature(enable = "avx2")]
fn nibbles_avx2(codes: &[u8], query: &[i8], rows: &[u32], sums: &mut [i32]) {
    let (mask, ones) = (_mm256_set1_epi8(15), _mm256_set1_epi16(1));
    for (sum, &row) in sums.iter_mut().zip(rows) {
        let row = code(codes, query.len() / 2, row).as_chunks::<LANE>().0;
        let mut total = _mm256_setzero_si256();
        for (block, query) in row.iter().zip(query.as_chunks::<{ 2 * LANE }>().0) {
            for half in 0..2 {
                // SAFETY: the block holds 64 bytes and the query 128, and `half` is 0 or 1.
                let (codes, low, high) = unsafe {
                    let query = query.as_ptr().add(32 * half);
                    (
                        _mm256_loadu_si256(block.as_ptr().add(32 * half).cast()),
                        _mm256_loadu_si256(query.cast()),
                        _mm256_loadu_si256(query.add(LANE).cast()),
                    )
                };
                // Two products of at most 15 * 128 each: far from the limit of 16 bits.
                let low = _mm256_maddubs_epi16(_mm256_and_si256(codes, mask), low);
                let shifted = _mm256_and_si256(_mm256_srli_epi16::<4>(codes), mask);
                let high = _mm256_maddubs_epi16(shifted, high);
                let both = _mm256_madd_epi16(_mm256_add_epi16(low, high), ones);
                total = _mm256_add_epi32(total, both);
            }
        }
        *sum = sum_i32(total);
    }
}
