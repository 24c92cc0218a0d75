//! Scores on x86-64, with AVX-512 and VNNI or with AVX2.

use std::arch::x86_64::*;

use super::{LANE, code};
use crate::simd::{avx2, avx512};

#[target_feature(enable = "avx512f")]
pub(super) fn dot_avx512(a: &[f32], b: &[f32]) -> f32 {
    let (a_blocks, a_rest) = a.as_chunks::<32>();
    let (b_blocks, b_rest) = b.as_chunks::<32>();
    let (mut s0, mut s1) = (_mm512_setzero_ps(), _mm512_setzero_ps());
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        let (a, b) = (a.as_chunks().0, b.as_chunks().0);
        s0 = _mm512_fmadd_ps(avx512::load_floats(&a[0]), avx512::load_floats(&b[0]), s0);
        s1 = _mm512_fmadd_ps(avx512::load_floats(&a[1]), avx512::load_floats(&b[1]), s1);
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    _mm512_reduce_add_ps(_mm512_add_ps(s0, s1)) + rest
}

#[target_feature(enable = "avx2,fma")]
pub(super) fn dot_avx2(a: &[f32], b: &[f32]) -> f32 {
    let (a_blocks, a_rest) = a.as_chunks::<16>();
    let (b_blocks, b_rest) = b.as_chunks::<16>();
    let (mut s0, mut s1) = (_mm256_setzero_ps(), _mm256_setzero_ps());
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        let (a, b) = (a.as_chunks().0, b.as_chunks().0);
        s0 = _mm256_fmadd_ps(avx2::load_floats(&a[0]), avx2::load_floats(&b[0]), s0);
        s1 = _mm256_fmadd_ps(avx2::load_floats(&a[1]), avx2::load_floats(&b[1]), s1);
    }
    let mut lanes = [0.0; 8];
    avx2::store_floats(&mut lanes, _mm256_add_ps(s0, s1));
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}

#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) fn codes_wide_avx512(codes: &[u8], high: &[i8], low: &[i8]) -> (i32, i32) {
    let (mut h, mut l) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    let blocks = codes.as_chunks().0.iter();
    let queries = high.as_chunks().0.iter().zip(low.as_chunks().0);
    for (codes, (high, low)) in blocks.zip(queries) {
        let codes = avx512::load_bytes(codes);
        h = _mm512_dpbusd_epi32(h, codes, avx512::load_signed(high));
        l = _mm512_dpbusd_epi32(l, codes, avx512::load_signed(low));
    }
    (_mm512_reduce_add_epi32(h), _mm512_reduce_add_epi32(l))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn pair_avx512(a: &[u8], b: &[u8]) -> i32 {
    let offset = _mm512_set1_epi8(-128);
    let (mut sum, mut base) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    for (a, b) in a.as_chunks().0.iter().zip(b.as_chunks().0) {
        let b = _mm512_xor_si512(avx512::load_bytes(b), offset);
        sum = _mm512_dpbusd_epi32(sum, avx512::load_bytes(a), b);
        base = _mm512_dpbusd_epi32(base, offset, b);
    }
    _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, base))
}

#[inline]
#[target_feature(enable = "avx2")]
fn sum_i32(v: __m256i) -> i32 {
    let mut lanes = [0; 8];
    avx2::store_words(&mut lanes, v);
    lanes.iter().sum()
}

#[target_feature(enable = "avx2")]
pub(super) fn codes_wide_avx2(codes: &[u8], high: &[i8], low: &[i8]) -> (i32, i32) {
    (codes_avx2(codes, high), codes_avx2(codes, low))
}

#[target_feature(enable = "avx2")]
fn codes_avx2(codes: &[u8], query: &[i8]) -> i32 {
    let mut sum = _mm256_setzero_si256();
    for (c, q) in codes.as_chunks().0.iter().zip(query.as_chunks().0) {
        let product = _mm256_madd_epi16(avx2::widen(c), avx2::widen_signed(q));
        sum = _mm256_add_epi32(sum, product);
    }
    sum_i32(sum)
}

#[target_feature(enable = "avx2")]
pub(super) fn pair_avx2(a: &[u8], b: &[u8]) -> i32 {
    let offset = _mm256_set1_epi16(128);
    let mut sum = _mm256_setzero_si256();
    for (a, b) in a.as_chunks().0.iter().zip(b.as_chunks().0) {
        let a = _mm256_sub_epi16(avx2::widen(a), offset);
        let b = _mm256_sub_epi16(avx2::widen(b), offset);
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
    }
    sum_i32(sum)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn nibbles_avx512(codes: &[u8], query: &[i8], rows: &[u32], sums: &mut [i32]) {
    // With 384, 768 and 1024 components the compiler knows how many blocks there are, and the
    // query stays in registers where it fits.
    let query = query.as_chunks().0;
    match query.len() {
        3 => nibbles_of::<3>(codes, query, rows, sums),
        6 => nibbles_of::<6>(codes, query, rows, sums),
        8 => nibbles_of::<8>(codes, query, rows, sums),
        _ => {
            for (sum, &row) in sums.iter_mut().zip(rows) {
                *sum = nibble_sum(code(codes, query.len() * LANE, row), query);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn nibbles_of<const BLOCKS: usize>(
    codes: &[u8],
    query: &[[i8; 2 * LANE]],
    rows: &[u32],
    sums: &mut [i32],
) {
    let Some(query) = query.first_chunk::<BLOCKS>() else {
        return;
    };
    for (sum, &row) in sums.iter_mut().zip(rows) {
        *sum = nibble_sum(code(codes, BLOCKS * LANE, row), query);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn nibble_sum(code: &[u8], query: &[[i8; 2 * LANE]]) -> i32 {
    let mask = _mm512_set1_epi8(15);
    let (mut low, mut high) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    for (block, query) in code.as_chunks().0.iter().zip(query) {
        let (codes, query) = (avx512::load_bytes(block), query.as_chunks().0);
        let bottom = _mm512_and_si512(codes, mask);
        let top = _mm512_and_si512(_mm512_srli_epi16::<4>(codes), mask);
        low = _mm512_dpbusd_epi32(low, bottom, avx512::load_signed(&query[0]));
        high = _mm512_dpbusd_epi32(high, top, avx512::load_signed(&query[1]));
    }
    _mm512_reduce_add_epi32(_mm512_add_epi32(low, high))
}

#[target_feature(enable = "avx2")]
pub(super) fn nibbles_avx2(codes: &[u8], query: &[i8], rows: &[u32], sums: &mut [i32]) {
    let (mask, ones) = (_mm256_set1_epi8(15), _mm256_set1_epi16(1));
    for (sum, &row) in sums.iter_mut().zip(rows) {
        let row = code(codes, query.len() / 2, row).as_chunks::<LANE>().0;
        let mut total = _mm256_setzero_si256();
        for (block, query) in row.iter().zip(query.as_chunks::<{ 2 * LANE }>().0) {
            let (block, query) = (block.as_chunks().0, query.as_chunks().0);
            for half in 0..2 {
                let codes = avx2::load_bytes(&block[half]);
                // Two products of at most 15 * 128 each: far from the limit of 16 bits.
                let low = avx2::load_signed(&query[half]);
                let low = _mm256_maddubs_epi16(_mm256_and_si256(codes, mask), low);
                let high = avx2::load_signed(&query[2 + half]);
                let shifted = _mm256_and_si256(_mm256_srli_epi16::<4>(codes), mask);
                let high = _mm256_maddubs_epi16(shifted, high);
                let both = _mm256_madd_epi16(_mm256_add_epi16(low, high), ones);
                total = _mm256_add_epi32(total, both);
            }
        }
        *sum = sum_i32(total);
    }
}
