//! A storage layer that can fail: SQLite's own, with a fault at the n-th operation of a thread.
//!
//! It is the default VFS of the test process and passes all calls on, except on a thread that asked for a
//! fault.

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::mem::size_of;
use std::sync::OnceLock;

use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Writing, with "no space left".
    Full,
    /// Writing, with an input/output error after half of the bytes.
    TornWrite,
    /// Syncing.
    Sync,
    /// Truncating a file, or growing the shared memory file.
    Resize,
    /// Reading.
    Read,
}

thread_local! {
    /// The kind, how many operations still succeed, and whether all after the first fail, too.
    static PLAN: Cell<Option<(Fault, u64)>> = const { Cell::new(None) };
    static SEEN: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on this thread with operation `n` (from 0) of this kind and all later ones failing;
/// returns whether one failed.
pub fn with_fault<T>(fault: Fault, n: u64, work: impl FnOnce() -> T) -> (T, bool) {
    install();
    SEEN.set(false);
    PLAN.set(Some((fault, n)));
    let out = work();
    PLAN.set(None);
    (out, SEEN.get())
}

/// Whether this operation is to fail.
fn fails(kinds: &[Fault]) -> bool {
    let Some((fault, left)) = PLAN.get() else {
        return false;
    };
    if !kinds.contains(&fault) {
        return false;
    }
    if left > 0 {
        PLAN.set(Some((fault, left - 1)));
        return false;
    }
    SEEN.set(true);
    true
}

/// A file of this VFS: the methods that SQLite calls, then the real file.
#[repr(C)]
struct File {
    methods: *const sqlite3_io_methods,
}

struct Real(*mut sqlite3_vfs);
// SAFETY: SQLite's default VFS may be used from any thread and lives as long as the process.
unsafe impl Send for Real {}
// SAFETY: as above.
unsafe impl Sync for Real {}

static REAL: OnceLock<Real> = OnceLock::new();

fn install() {
    REAL.get_or_init(|| {
        // SAFETY: the default VFS exists once SQLite is initialised and is never unregistered. The copy
        // is never freed; its name is a literal that ends in a zero byte.
        unsafe {
            assert_eq!(ffi::sqlite3_initialize(), ffi::SQLITE_OK);
            let real = ffi::sqlite3_vfs_find(std::ptr::null());
            assert!(!real.is_null());
            let mut ours = *real;
            ours.szOsFile += size_of::<File>() as c_int;
            ours.zName = c"faulty".as_ptr();
            ours.pNext = std::ptr::null_mut();
            ours.xOpen = Some(open);
            let ours = Box::leak(Box::new(ours));
            assert_eq!(ffi::sqlite3_vfs_register(ours, 1), ffi::SQLITE_OK);
            Real(real)
        }
    });
}

/// The real file behind a file of this VFS.
///
/// # Safety
/// `file` was opened by [`open`].
unsafe fn real(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: SQLite gave `szOsFile` bytes, of which ours are the first.
    unsafe { file.cast::<u8>().add(size_of::<File>()).cast() }
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: the arguments are SQLite's, and are passed on but for the place of the file, which
    // follows ours in the same allocation.
    unsafe {
        let Some(base) = REAL.get() else {
            return ffi::SQLITE_CANTOPEN;
        };
        let Some(real_open) = (*base.0).xOpen else {
            return ffi::SQLITE_CANTOPEN;
        };
        let code = real_open(base.0, name, real(file), flags, out_flags);
        (*file.cast::<File>()).methods =
            if (*real(file)).pMethods.is_null() { std::ptr::null() } else { &METHODS };
        code
    }
}

/// Calls a method of the real file.
macro_rules! pass {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        // SAFETY: SQLite calls methods only of open files, whose real file has the same methods.
        unsafe {
            let real = real($file);
            match (*(*real).pMethods).$method {
                Some(method) => method(real $(, $argument)*),
                None => ffi::SQLITE_IOERR,
            }
        }
    }};
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    pass!(file, xClose)
}
unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    to: *mut c_void,
    amount: c_int,
    at: sqlite3_int64,
) -> c_int {
    if fails(&[Fault::Read]) {
        return ffi::SQLITE_IOERR_READ;
    }
    pass!(file, xRead, to, amount, at)
}
unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    amount: c_int,
    at: sqlite3_int64,
) -> c_int {
    if fails(&[Fault::Full]) {
        return ffi::SQLITE_FULL;
    }
    if fails(&[Fault::TornWrite]) {
        let _ = pass!(file, xWrite, from, amount / 2, at);
        return ffi::SQLITE_IOERR_WRITE;
    }
    pass!(file, xWrite, from, amount, at)
}
unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    if fails(&[Fault::Resize]) {
        return ffi::SQLITE_IOERR_TRUNCATE;
    }
    pass!(file, xTruncate, size)
}
unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    if fails(&[Fault::Sync]) {
        return ffi::SQLITE_IOERR_FSYNC;
    }
    pass!(file, xSync, flags)
}
unsafe extern "C" fn size(file: *mut sqlite3_file, out: *mut sqlite3_int64) -> c_int {
    pass!(file, xFileSize, out)
}
unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass!(file, xLock, level)
}
unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass!(file, xUnlock, level)
}
unsafe extern "C" fn check_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    pass!(file, xCheckReservedLock, out)
}
unsafe extern "C" fn control(file: *mut sqlite3_file, what: c_int, with: *mut c_void) -> c_int {
    pass!(file, xFileControl, what, with)
}
unsafe extern "C" fn sector(file: *mut sqlite3_file) -> c_int {
    pass!(file, xSectorSize)
}
unsafe extern "C" fn traits(file: *mut sqlite3_file) -> c_int {
    pass!(file, xDeviceCharacteristics)
}
unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    if extend != 0 && fails(&[Fault::Resize]) {
        return ffi::SQLITE_IOERR_SHMSIZE;
    }
    pass!(file, xShmMap, region, size, extend, out)
}
unsafe extern "C" fn shm_lock(
    file: *mut sqlite3_file,
    offset: c_int,
    n: c_int,
    flags: c_int,
) -> c_int {
    pass!(file, xShmLock, offset, n, flags)
}
unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    // SAFETY: as in `pass`.
    unsafe {
        let real = real(file);
        if let Some(method) = (*(*real).pMethods).xShmBarrier {
            method(real);
        }
    }
}
unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    pass!(file, xShmUnmap, delete)
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // Version 2 has shared memory, for the log, and no memory-mapped pages.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_lock),
    xFileControl: Some(control),
    xSectorSize: Some(sector),
    xDeviceCharacteristics: Some(traits),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
