//! Kernels for 64-bit ARM.

use super::{Kernels, LANE, PORTABLE, code};
use std::arch::aarch64::*;
use std::arch::asm;

pub(super) fn best() -> Kernels {
    if !std::arch::is_aarch64_feature_detected!("dotprod") {
        // What the compiler makes of the portable ones with NEON does well.
        return PORTABLE;
    }
    Kernels {
        name: "neon dotprod",
        codes_wide: |c, h, l| {
            // SAFETY: the dot-product instructions were just detected.
            unsafe { (codes_dot(c, h), codes_dot(c, l)) }
        },
        pair: |a, b| {
            // SAFETY: as above.
            unsafe { pair_dot(a, b) }
        },
        nibbles: |c, q, r, s| {
            // SAFETY: as above.
            unsafe { nibbles_dot(c, q, r, s) }
        },
        ..PORTABLE
    }
}

/// Adds the products of each lane's four signed bytes to that lane.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn add_dot(mut sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // `vdotq_s32` is not stable in the compiler this is built with.
    // SAFETY: the instruction reads and writes these three registers and nothing else.
    unsafe {
        asm!(
            "sdot {sum:v}.4s, {a:v}.16b, {b:v}.16b",
            sum = inout(vreg) sum,
            a = in(vreg) a,
            b = in(vreg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

/// Codes without their offset.
#[inline]
#[target_feature(enable = "neon")]
fn signed(codes: &[u8; 16]) -> int8x16_t {
    // SAFETY: `codes` is 16 bytes; the load needs no alignment.
    let codes = unsafe { vld1q_u8(codes.as_ptr()) };
    vreinterpretq_s8_u8(veorq_u8(codes, vdupq_n_u8(0x80)))
}

#[target_feature(enable = "neon,dotprod")]
fn codes_dot(codes: &[u8], query: &[i8]) -> i32 {
    let ones = vdupq_n_s8(1);
    let (mut sum, mut base) = (vdupq_n_s32(0), vdupq_n_s32(0));
    let blocks = codes.as_chunks::<16>().0.iter();
    for (c, q) in blocks.zip(query.as_chunks::<16>().0) {
        // SAFETY: `q` is 16 bytes; the load needs no alignment.
        let q = unsafe { vld1q_s8(q.as_ptr()) };
        sum = add_dot(sum, signed(c), q);
        base = add_dot(base, ones, q);
    }
    vaddvq_s32(vaddq_s32(sum, vshlq_n_s32::<7>(base)))
}

#[target_feature(enable = "neon,dotprod")]
fn pair_dot(a: &[u8], b: &[u8]) -> i32 {
    let mut sum = vdupq_n_s32(0);
    let blocks = a.as_chunks::<16>().0.iter();
    for (a, b) in blocks.zip(b.as_chunks::<16>().0) {
        sum = add_dot(sum, signed(a), signed(b));
    }
    vaddvq_s32(sum)
}

#[target_feature(enable = "neon,dotprod")]
fn nibbles_dot(codes: &[u8], query: &[i8], rows: &[u32], sums: &mut [i32]) {
    for (sum, &row) in sums.iter_mut().zip(rows) {
        let row = code(codes, query.len() / 2, row).as_chunks::<LANE>().0;
        let (mut low, mut high) = (vdupq_n_s32(0), vdupq_n_s32(0));
        for (block, query) in row.iter().zip(query.as_chunks::<{ 2 * LANE }>().0) {
            let (first, second) = query.split_at(LANE);
            let parts = first.as_chunks::<16>().0.iter();
            let parts = parts.zip(second.as_chunks::<16>().0);
            for (codes, (l, h)) in block.as_chunks::<16>().0.iter().zip(parts) {
                // SAFETY: all three hold 16 bytes; loads need no alignment.
                let (codes, l, h) = unsafe {
                    (
                        vld1q_u8(codes.as_ptr()),
                        vld1q_s8(l.as_ptr()),
                        vld1q_s8(h.as_ptr()),
                    )
                };
                let bottom = vreinterpretq_s8_u8(vandq_u8(codes, vdupq_n_u8(15)));
                low = add_dot(low, bottom, l);
                high = add_dot(high, vreinterpretq_s8_u8(vshrq_n_u8::<4>(codes)), h);
            }
        }
        *sum = vaddvq_s32(vaddq_s32(low, high));
    }
}
