//! Scores on AArch64 with the dot-product instructions.

use std::arch::aarch64::*;

use super::{LANE, code};
use crate::simd::neon::{add_dot, load_bytes, load_signed, signed};

#[target_feature(enable = "neon,dotprod")]
pub(super) fn codes_wide_dot(codes: &[u8], high: &[i8], low: &[i8]) -> (i32, i32) {
    (codes_dot(codes, high), codes_dot(codes, low))
}

#[target_feature(enable = "neon,dotprod")]
fn codes_dot(codes: &[u8], query: &[i8]) -> i32 {
    let ones = vdupq_n_s8(1);
    let (mut sum, mut base) = (vdupq_n_s32(0), vdupq_n_s32(0));
    for (c, q) in codes.as_chunks().0.iter().zip(query.as_chunks().0) {
        let q = load_signed(q);
        sum = add_dot(sum, signed(load_bytes(c)), q);
        base = add_dot(base, ones, q);
    }
    vaddvq_s32(vaddq_s32(sum, vshlq_n_s32::<7>(base)))
}

#[target_feature(enable = "neon,dotprod")]
pub(super) fn pair_dot(a: &[u8], b: &[u8]) -> i32 {
    let mut sum = vdupq_n_s32(0);
    for (a, b) in a.as_chunks().0.iter().zip(b.as_chunks().0) {
        sum = add_dot(sum, signed(load_bytes(a)), signed(load_bytes(b)));
    }
    vaddvq_s32(sum)
}

#[target_feature(enable = "neon,dotprod")]
pub(super) fn nibbles_dot(codes: &[u8], query: &[i8], rows: &[u32], sums: &mut [i32]) {
    for (sum, &row) in sums.iter_mut().zip(rows) {
        let row = code(codes, query.len() / 2, row).as_chunks::<LANE>().0;
        let (mut low, mut high) = (vdupq_n_s32(0), vdupq_n_s32(0));
        for (block, query) in row.iter().zip(query.as_chunks::<{ 2 * LANE }>().0) {
            let (first, second) = query.split_at(LANE);
            let parts = first.as_chunks().0.iter().zip(second.as_chunks().0);
            for (codes, (l, h)) in block.as_chunks().0.iter().zip(parts) {
                let codes = load_bytes(codes);
                let bottom = vreinterpretq_s8_u8(vandq_u8(codes, vdupq_n_u8(15)));
                let top = vreinterpretq_s8_u8(vshrq_n_u8::<4>(codes));
                low = add_dot(low, bottom, load_signed(l));
                high = add_dot(high, top, load_signed(h));
            }
        }
        *sum = vaddvq_s32(vaddq_s32(low, high));
    }
}
