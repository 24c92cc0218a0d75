//! Files that survive a crash whole: a file is written beside its place, synced and renamed.
//!
//! A reader of the path sees the old content or the new, never a part of either, whenever the process
//! or the machine stops. What returned without an error is on disk.
//!
//! - [`replace`] writes a whole file; [`Readers`] says who may read it.
//! - [`rename`] puts a file or directory that the caller has synced in its place.
//! - [`remove_unfinished`] deletes what a killed process left of a [`replace`].
//!
//! ```
//! use std::io::Write;
//! use yiju_files::{Readers, replace};
//!
//! let directory = tempfile::tempdir()?;
//! let path = directory.path().join("limits.json");
//! replace(&path, Readers::ByUmask, |file| file.write_all(b"{}"))?;
//! assert_eq!(std::fs::read(&path)?, b"{}");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::Builder;

/// Bytes collected before they are written.
const BUFFER: usize = 1 << 20;

/// How the name of an unfinished file ends.
const SUFFIX: &str = ".tmp";

/// Who may read a file that [`replace`] writes. Only Unix tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Whoever the process's umask allows, as for any new file.
    ByUmask,
    /// Its owner only: mode 600.
    Owner,
}

/// Replaces the file at `path`, there or not, by what `fill` writes.
///
/// The unfinished file lies in the same directory, which must exist; it is removed where this fails.
///
/// # Errors
/// What the system or `fill` said. The file at `path` is as it was, unless only the sync of the
/// directory failed: then it is the new one, and may be the old one again after a power cut.
pub fn replace(
    path: &Path,
    readers: Readers,
    fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<()> {
    let directory = parent(path);
    let prefix = prefix(path)?;
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    #[cfg(unix)]
    if readers == Readers::ByUmask {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(directory)?;
    let mut out = BufWriter::with_capacity(BUFFER, file.as_file());
    fill(&mut out)?;
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_directory(directory)
}

/// Renames `from` to `to` in the same file system, over what is there, and syncs the directory of `to`.
/// The content of `from` must have been synced.
///
/// # Errors
/// What the system said.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_directory(parent(to))
}

/// Makes renames and removals in `directory` durable. Windows has no such call and needs none.
///
/// # Errors
/// What the system said.
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Removes the unfinished files that killed processes left beside `path`. No other process may be
/// writing it. What cannot be removed stays: only its room is lost.
pub fn remove_unfinished(path: &Path) {
    let (Ok(prefix), Ok(entries)) = (prefix(path), fs::read_dir(parent(path))) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(prefix.as_encoded_bytes()) && bytes.ends_with(SUFFIX.as_bytes()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// How the name of an unfinished file begins: `.name.`.
fn prefix(path: &Path) -> io::Result<OsString> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(OsStr::new("."));
    Ok(prefix)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<OsString> {
        let mut names: Vec<_> =
            fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.json");
        replace(&path, Readers::ByUmask, |file| file.write_all(b"old")).unwrap();
        let failed = replace(&path, Readers::ByUmask, |file| {
            file.write_all(b"new")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(directory.path()), ["a.json"]);
        replace(&path, Readers::ByUmask, |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn only_unfinished_files_of_this_path_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        for name in [".a.json.x1.tmp", ".b.json.x1.tmp", "a.json", ".a.json"] {
            fs::write(directory.path().join(name), b"").unwrap();
        }
        remove_unfinished(&directory.path().join("a.json"));
        let left = [".a.json", ".b.json.x1.tmp", "a.json"];
        assert_eq!(names(directory.path()), left);
    }

    #[cfg(unix)]
    #[test]
    fn readers_are_those_asked_for() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let mode = |name: &str, readers| {
            let path = directory.path().join(name);
            replace(&path, readers, |_| Ok(())).unwrap();
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        };
        let plain = directory.path().join("plain");
        fs::write(&plain, b"").unwrap();
        let usual = fs::metadata(plain).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("usual", Readers::ByUmask), usual);
        assert_eq!(mode("own", Readers::Owner), 0o600);
    }

    #[test]
    fn a_path_without_a_file_name_is_refused() {
        let refused = replace(Path::new("/"), Readers::Owner, |_| Ok(()));
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
