//! The crate's only unsafe code: dot products picked for the machine at run
//! time, cache hints and the mapping of snapshot files.
//!
//! Codes are bytes with an offset of 128 (128 stands for 0), queries are signed
//! bytes; that is the pair the AVX-512 VNNI instruction multiplies. Every
//! kernel gives the same integers, so results do not depend on the machine.

use std::fs::File;
use std::sync::OnceLock;

use memmap2::Mmap;

/// Codes are padded to a multiple of this many bytes, so that no kernel needs a
/// remainder loop.
pub(crate) const LANE: usize = 64;

/// Sums for the high and the low half of a query.
type WideSum = fn(&[u8], &[i8], &[i8]) -> (i32, i32);

/// The kernels chosen for this machine.
#[derive(Clone, Copy)]
pub(crate) struct Kernels {
    /// Name of the instruction set, for the tests' messages.
    #[cfg_attr(not(test), expect(dead_code))]
    pub(crate) name: &'static str,
    dot: fn(&[f32], &[f32]) -> f32,
    codes: fn(&[u8], &[i8]) -> i32,
    codes_wide: WideSum,
    pair: fn(&[u8], &[u8]) -> i32,
}

impl Kernels {
    /// Kernels for this machine; detection runs once.
    pub(crate) fn get() -> Self {
        static CHOSEN: OnceLock<Kernels> = OnceLock::new();
        *CHOSEN.get_or_init(detect)
    }

    /// Dot product of two slices; the shorter one's length counts.
    #[inline]
    pub(crate) fn dot(&self, a: &[f32], b: &[f32]) -> f32 {
        let n = a.len().min(b.len());
        (self.dot)(&a[..n], &b[..n])
    }

    /// Sum of `code * query` over whole lanes of both slices; the codes' offset is
    /// still in it, see [`offset`].
    #[inline]
    pub(crate) fn codes(&self, codes: &[u8], query: &[i8]) -> i32 {
        let n = codes.len().min(query.len()) / LANE * LANE;
        (self.codes)(&codes[..n], &query[..n])
    }

    /// Like [`Kernels::codes`] for the two halves of a 16-bit query at once.
    #[inline]
    pub(crate) fn codes_wide(&self, codes: &[u8], high: &[i8], low: &[i8]) -> (i32, i32) {
        let n = codes.len().min(high.len()).min(low.len()) / LANE * LANE;
        (self.codes_wide)(&codes[..n], &high[..n], &low[..n])
    }

    /// Sum of `(a - 128) * (b - 128)` over whole lanes of both slices.
    #[inline]
    pub(crate) fn pair(&self, a: &[u8], b: &[u8]) -> i32 {
        let n = a.len().min(b.len()) / LANE * LANE;
        (self.pair)(&a[..n], &b[..n])
    }
}

/// The portable kernels, also what the others are tested against.
pub(crate) const PORTABLE: Kernels = Kernels {
    name: "portable",
    dot: dot_portable,
    codes: codes_portable,
    codes_wide: |codes, high, low| (codes_portable(codes, high), codes_portable(codes, low)),
    pair: |a, b| {
        a.iter()
            .zip(b)
            .map(|(&a, &b)| (i32::from(a) - 128) * (i32::from(b) - 128))
            .sum()
    },
};

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

fn codes_portable(codes: &[u8], query: &[i8]) -> i32 {
    codes
        .iter()
        .zip(query)
        .map(|(&c, &q)| i32::from(c) * i32::from(q))
        .sum()
}

/// What the codes' offset of 128 adds to every product with `query`.
pub(crate) fn offset(query: &[i8]) -> i32 {
    query.iter().map(|&q| 128 * i32::from(q)).sum()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn detect() -> Kernels {
    PORTABLE
}

#[cfg(target_arch = "aarch64")]
fn detect() -> Kernels {
    arm::best()
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Kernels {
    x86::best()
}

/// Asks the processor to load the start of `codes`; has no other effect.
#[inline]
pub(crate) fn prefetch(codes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in codes.chunks(LANE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch may be given any address, and this one is inside the slice.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = codes;
}

/// Maps `file` for reading.
pub(crate) fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: snapshot files are never written in place: a new one is written
    // beside the old and renamed over it, so a mapped file does not change.
    unsafe { Mmap::map(file) }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Kernels, PORTABLE};
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
                codes: |c, q| {
                    // SAFETY: AVX-512F and VNNI were detected.
                    unsafe { codes_vnni(c, q) }
                },
                codes_wide: |c, h, l| {
                    // SAFETY: AVX-512F and VNNI were detected.
                    unsafe { codes_wide_vnni(c, h, l) }
                },
                pair: |a, b| {
                    // SAFETY: AVX-512F, BW and VNNI were detected.
                    unsafe { pair_vnni(a, b) }
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
            codes: |c, q| {
                // SAFETY: AVX2 was detected by the caller of `avx2`.
                unsafe { codes_avx2(c, q) }
            },
            codes_wide: |c, h, l| {
                // SAFETY: AVX2 was detected by the caller of `avx2`.
                unsafe { (codes_avx2(c, h), codes_avx2(c, l)) }
            },
            pair: |a, b| {
                // SAFETY: AVX2 was detected by the caller of `avx2`.
                unsafe { pair_avx2(a, b) }
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
    fn codes_vnni(codes: &[u8], query: &[i8]) -> i32 {
        let mut sum = _mm512_setzero_si512();
        for (c, q) in codes
            .as_chunks::<64>()
            .0
            .iter()
            .zip(query.as_chunks::<64>().0)
        {
            // SAFETY: both blocks hold 64 bytes; loads need no alignment.
            let (c, q) = unsafe {
                (
                    _mm512_loadu_si512(c.as_ptr().cast()),
                    _mm512_loadu_si512(q.as_ptr().cast()),
                )
            };
            sum = _mm512_dpbusd_epi32(sum, c, q);
        }
        _mm512_reduce_add_epi32(sum)
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
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use super::{Kernels, PORTABLE};
    use std::arch::aarch64::*;
    use std::arch::asm;

    pub(super) fn best() -> Kernels {
        if !std::arch::is_aarch64_feature_detected!("dotprod") {
            // What the compiler makes of the portable ones with NEON does well.
            return PORTABLE;
        }
        Kernels {
            name: "neon dotprod",
            codes: |c, q| {
                // SAFETY: the dot-product instructions were just detected.
                unsafe { codes_dot(c, q) }
            },
            codes_wide: |c, h, l| {
                // SAFETY: as above.
                unsafe { (codes_dot(c, h), codes_dot(c, l)) }
            },
            pair: |a, b| {
                // SAFETY: as above.
                unsafe { pair_dot(a, b) }
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all() -> Vec<Kernels> {
        let mut kernels = vec![Kernels::get()];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            kernels.push(x86::avx2());
        }
        kernels
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
                prop_assert_eq!(k.codes(&a, &q), PORTABLE.codes(&a, &q), "{}", k.name);
                prop_assert_eq!(k.codes_wide(&a, &q, &r), PORTABLE.codes_wide(&a, &q, &r), "{}", k.name);
                prop_assert_eq!(k.pair(&a, &b), PORTABLE.pair(&a, &b), "{}", k.name);
            }
        }

        #[test]
        fn float_kernels_agree_closely(
            pairs in prop::collection::vec((-1.0f32..1.0, -1.0f32..1.0), 0..200),
        ) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let exact: f64 = a.iter().zip(&b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            for k in all().into_iter().chain([PORTABLE]) {
                prop_assert!((f64::from(k.dot(&a, &b)) - exact).abs() < 1e-4, "{}", k.name);
            }
        }
    }
}
