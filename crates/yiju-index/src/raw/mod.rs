//! The crate's only unsafe code: dot products picked for the machine at run
//! time, cache hints, large pages and the mapping of snapshot files.
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

/// For a list of rows, the sums over their packed codes of 4 bits a component: codes,
/// query, rows, sums.
type NibbleSums = fn(&[u8], &[i8], &[u32], &mut [i32]);

/// The kernels chosen for this machine.
#[derive(Clone, Copy)]
pub(crate) struct Kernels {
    /// Name of the instruction set, for the tests' messages.
    #[cfg_attr(not(test), expect(dead_code))]
    pub(crate) name: &'static str,
    dot: fn(&[f32], &[f32]) -> f32,
    codes_wide: WideSum,
    pair: fn(&[u8], &[u8]) -> i32,
    nibbles: NibbleSums,
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

    /// Sums of `code * query` over whole lanes, for the two halves of a 16-bit query at
    /// once; the codes' offset is still in them, see [`offset`].
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

impl Kernels {
    /// For each of `rows` the sum of `nibble * query`. The row's code is `query.len() / 2`
    /// bytes of `codes`; the low half of byte `j` of its block of 64 bytes `b` is component
    /// `128 b + j`, the high half component `128 b + 64 + j`.
    ///
    /// `query` must hold whole blocks of 128.
    #[inline]
    pub(crate) fn nibbles(&self, codes: &[u8], query: &[i8], rows: &[u32], sums: &mut [i32]) {
        assert!(query.len().is_multiple_of(2 * LANE) && sums.len() >= rows.len());
        (self.nibbles)(codes, query, rows, sums)
    }
}

/// The bytes of `row` in codes of `stride` bytes.
#[inline]
fn code(codes: &[u8], stride: usize, row: u32) -> &[u8] {
    &codes[row as usize * stride..][..stride]
}

/// The portable kernels, also what the others are tested against.
pub(crate) const PORTABLE: Kernels = Kernels {
    name: "portable",
    dot: dot_portable,
    codes_wide: |codes, high, low| (codes_portable(codes, high), codes_portable(codes, low)),
    pair: |a, b| {
        a.iter()
            .zip(b)
            .map(|(&a, &b)| (i32::from(a) - 128) * (i32::from(b) - 128))
            .sum()
    },
    nibbles: nibbles_portable,
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

fn nibbles_portable(codes: &[u8], query: &[i8], rows: &[u32], sums: &mut [i32]) {
    for (sum, &row) in sums.iter_mut().zip(rows) {
        let blocks = code(codes, query.len() / 2, row).as_chunks::<LANE>().0;
        let mut total = 0;
        for (block, query) in blocks.iter().zip(query.as_chunks::<{ 2 * LANE }>().0) {
            let (low, high) = query.split_at(LANE);
            for ((&c, &l), &h) in block.iter().zip(low).zip(high) {
                total += i32::from(c & 15) * i32::from(l) + i32::from(c >> 4) * i32::from(h);
            }
        }
        *sum = total;
    }
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

/// An empty vector with room for `capacity` values, in large pages where the system gives
/// them: a walk reads from everywhere, and with small pages half of its time goes into
/// looking up where they are.
pub(crate) fn roomy<T>(capacity: usize) -> Vec<T> {
    let mut room: Vec<T> = Vec::with_capacity(capacity);
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let bytes = room.spare_capacity_mut();
        let (start, length) = (bytes.as_mut_ptr() as usize, size_of_val(bytes));
        let first = start.next_multiple_of(PAGE);
        let whole = (start + length).saturating_sub(first) / PAGE * PAGE;
        if whole >= 1 << 22 {
            // SAFETY: the whole pages lie within memory that `room` owns; the advice changes
            // no content and may be refused, which costs only speed.
            unsafe { libc::madvise(first as *mut libc::c_void, whole, libc::MADV_HUGEPAGE) };
        }
    }
    room
}

/// Maps `file` for reading.
pub(crate) fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: snapshot files are never written in place: a new one is written
    // beside the old and renamed over it, so a mapped file does not change.
    unsafe { Mmap::map(file) }
}

#[cfg(target_arch = "aarch64")]
mod arm;
#[cfg(target_arch = "x86_64")]
mod x86;

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
                prop_assert_eq!(k.codes_wide(&a, &q, &r), PORTABLE.codes_wide(&a, &q, &r), "{}", k.name);
                prop_assert_eq!(k.pair(&a, &b), PORTABLE.pair(&a, &b), "{}", k.name);
            }
        }

        #[test]
        fn nibble_kernels_agree_exactly(
            blocks in 1usize..8,
            codes in prop::collection::vec(any::<u8>(), 10 * 7 * LANE),
            query in prop::collection::vec(any::<i8>(), 7 * 2 * LANE),
            rows in prop::collection::vec(0u32..10, 0..40),
        ) {
            let query = &query[..blocks * 2 * LANE];
            let mut expected = vec![0; rows.len()];
            PORTABLE.nibbles(&codes, query, &rows, &mut expected);
            for k in all() {
                let mut sums = vec![0; rows.len()];
                k.nibbles(&codes, query, &rows, &mut sums);
                prop_assert_eq!(&sums, &expected, "{}", k.name);
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
