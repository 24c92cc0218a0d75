//! Mapped files, large pages and cache hints.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

/// A read-only view of a whole file. Pages are read when they are touched, and shared between
/// processes.
#[derive(Debug)]
pub struct Mapping {
    /// `None` for an empty file, which cannot be mapped.
    map: Option<Mmap>,
}

impl Mapping {
    /// Maps the file at `path`, see [`Mapping::new`].
    ///
    /// # Errors
    /// The file cannot be opened or mapped.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        Self::new(&File::open(path)?)
    }

    /// Maps `file`, which nobody may truncate or rewrite in place while it is mapped.
    ///
    /// # Errors
    /// The system refuses the mapping.
    pub fn new(file: &File) -> std::io::Result<Self> {
        if file.metadata()?.len() == 0 {
            return Ok(Self { map: None });
        }
        // SAFETY: the map is read-only and lives as long as the `Mmap` that owns it. Model files
        // and snapshots are written under a new name and renamed, never changed in place.
        let map = unsafe { Mmap::map(file) }?;
        Ok(Self { map: Some(map) })
    }
}

impl Deref for Mapping {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }
}

/// Asks the processor to load the cache lines of `bytes`. Only speed depends on it.
#[inline]
pub fn prefetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in bytes.chunks(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch may be given any address, and this one is inside the slice.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

/// An empty vector with room for `capacity` values, in large pages where the system gives them.
/// A graph walk reads from everywhere; with small pages half of its time goes into address
/// translation.
pub fn roomy<T>(capacity: usize) -> Vec<T> {
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
