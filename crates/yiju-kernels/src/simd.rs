//! Loads and stores in vector registers, and the one instruction that the compiler has no stable
//! intrinsic for.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512 {
    use std::arch::x86_64::*;

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) fn load_bytes(bytes: &[u8; 64]) -> __m512i {
        // SAFETY: `bytes` is 64 readable bytes, and an unaligned load asks for no more.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) fn load_signed(bytes: &[i8; 64]) -> __m512i {
        // SAFETY: `bytes` is 64 readable bytes, and an unaligned load asks for no more.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) fn load_floats(floats: &[f32; 16]) -> __m512 {
        // SAFETY: `floats` is 16 readable floats, and an unaligned load asks for no more.
        unsafe { _mm512_loadu_ps(floats.as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) fn store_floats(floats: &mut [f32; 16], value: __m512) {
        // SAFETY: `floats` is 16 writable floats, and an unaligned store asks for no more.
        unsafe { _mm512_storeu_ps(floats.as_mut_ptr(), value) }
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2 {
    use std::arch::x86_64::*;

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn load_bytes(bytes: &[u8; 32]) -> __m256i {
        // SAFETY: `bytes` is 32 readable bytes, and an unaligned load asks for no more.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn load_signed(bytes: &[i8; 32]) -> __m256i {
        // SAFETY: `bytes` is 32 readable bytes, and an unaligned load asks for no more.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    /// Sixteen unsigned bytes, widened to 16 bits.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn widen(bytes: &[u8; 16]) -> __m256i {
        // SAFETY: `bytes` is 16 readable bytes, and an unaligned load asks for no more.
        _mm256_cvtepu8_epi16(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
    }

    /// Sixteen signed bytes, widened to 16 bits.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn widen_signed(bytes: &[i8; 16]) -> __m256i {
        // SAFETY: `bytes` is 16 readable bytes, and an unaligned load asks for no more.
        _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn load_floats(floats: &[f32; 8]) -> __m256 {
        // SAFETY: `floats` is 8 readable floats, and an unaligned load asks for no more.
        unsafe { _mm256_loadu_ps(floats.as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn store_floats(floats: &mut [f32; 8], value: __m256) {
        // SAFETY: `floats` is 8 writable floats, and an unaligned store asks for no more.
        unsafe { _mm256_storeu_ps(floats.as_mut_ptr(), value) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn store_words(words: &mut [i32; 8], value: __m256i) {
        // SAFETY: `words` is 32 writable bytes, and an unaligned store asks for no more.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), value) }
    }
}

#[cfg(target_arch = "aarch64")]
pub(crate) mod neon {
    use std::arch::aarch64::*;
    use std::arch::asm;

    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn load_bytes(bytes: &[u8; 16]) -> uint8x16_t {
        // SAFETY: `bytes` is 16 readable bytes, and the load asks for no alignment.
        unsafe { vld1q_u8(bytes.as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn load_signed(bytes: &[i8; 16]) -> int8x16_t {
        // SAFETY: `bytes` is 16 readable bytes, and the load asks for no alignment.
        unsafe { vld1q_s8(bytes.as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn load_floats(floats: &[f32; 4]) -> float32x4_t {
        // SAFETY: `floats` is four readable floats, and the load asks for no more.
        unsafe { vld1q_f32(floats.as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn store_floats(floats: &mut [f32; 4], value: float32x4_t) {
        // SAFETY: `floats` is four writable floats, and the store asks for no more.
        unsafe { vst1q_f32(floats.as_mut_ptr(), value) }
    }

    /// Bytes stored with an offset of 128, without it.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn signed(bytes: uint8x16_t) -> int8x16_t {
        vreinterpretq_s8_u8(veorq_u8(bytes, vdupq_n_u8(0x80)))
    }

    /// Adds the products of each lane's four signed bytes to that lane.
    #[inline]
    #[target_feature(enable = "neon,dotprod")]
    pub(crate) fn add_dot(mut sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
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
}
