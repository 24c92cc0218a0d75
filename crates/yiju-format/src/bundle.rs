//! The files in a ZIP archive that is none of the formats made of one.
//!
//! Names are UTF-8 where they can be, otherwise GBK: Chinese Windows writes names so and does not say it (APPNOTE
//! 6.3.10 §4.4.4 bit 11, appendix D). What systems leave beside files is not theirs and is left out: folders, what
//! begins with a dot or `~$`, `__MACOSX`, `Thumbs.db`, `desktop.ini`.

use std::collections::HashSet;
use std::ops::{ControlFlow, Range};

use crate::archive::Archive;
use crate::clock::Clock;
use crate::{Format, FormatError, Limits, detect};

/// A file in an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Packed {
    /// Its path in the archive with `/` between folders; that of a file in an archive in it goes through that one's.
    pub name: String,
    /// Its bytes, or why they cannot be had.
    pub bytes: Result<Vec<u8>, FormatError>,
    /// The format of the bytes.
    pub format: Format,
    /// Which part of the outermost archive it is, from 0 to 1 in the order of the files, by what their sizes are said
    /// to be.
    pub part: Range<f64>,
}

/// Gives the files in a ZIP archive one by one, those of archives in it too, in their order. Names and sizes are looked
/// at before the first is given; a file that is damaged is given with its error.
///
/// # Errors
/// If it is no whole archive, or one with too many files or too much in them.
pub fn each_packed(
    bytes: &[u8],
    limits: &Limits,
    each: &mut dyn FnMut(Packed) -> ControlFlow<()>,
) -> Result<(), FormatError> {
    limits.check_size(bytes)?;
    let mut walk = Walk { limits: *limits, seen: HashSet::new(), files: 0, left: limits.unpacked };
    walk.archive(bytes, Within { path: "", level: 1, part: 0.0..1.0 }, each).map(drop)
}

/// Where an archive is.
struct Within<'a> {
    /// What the names of its files begin with.
    path: &'a str,
    /// How many archives it is in, itself among them.
    level: usize,
    /// Which part of the outermost archive it is.
    part: Range<f64>,
}

/// The way through an archive and those in it.
struct Walk {
    limits: Limits,
    /// Names that were given.
    seen: HashSet<String>,
    files: usize,
    /// Bytes that may still be unpacked.
    left: usize,
}

impl Walk {
    fn archive(
        &mut self,
        bytes: &[u8],
        within: Within<'_>,
        each: &mut dyn FnMut(Packed) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, FormatError> {
        let limits = Limits { unpacked: self.left, ..self.limits };
        let mut archive = Archive::open(bytes, Format::Zip, &limits, Clock::new(&limits))?;
        let files: Vec<(usize, String)> = (0..)
            .zip(archive.names())
            .filter(|(_, name)| !is_junk(name))
            .map(|(place, name)| (place, format!("{}{}", within.path, cleaned(name))))
            .collect();
        self.files += files.len();
        if self.files > self.limits.files {
            let (size, limit) = (self.files, self.limits.files);
            return Err(FormatError::TooLarge { what: "files in it", size, limit });
        }
        let sizes: Vec<u64> = archive.stated()?;
        let size = |place: usize| sizes.get(place).copied().unwrap_or_default() as f64;
        let all = files.iter().map(|(place, _)| size(*place)).sum::<f64>().max(1.0);
        let mut before = 0.0;
        for (place, name) in files {
            let at = |bytes: f64| {
                let Range { start, end } = within.part;
                start + (end - start) * (bytes / all)
            };
            let part = at(before)..at(before + size(place));
            before += size(place);
            let bytes = archive.file(place, Clock::new(&limits));
            self.left = self.left.saturating_sub(bytes.as_ref().map_or(0, Vec::len));
            let format = bytes.as_ref().map_or(Format::Unknown, |bytes| detect(bytes));
            let bytes = match bytes {
                Ok(bytes) if format == Format::Zip => {
                    let level = within.level + 1;
                    let inner = if level <= self.limits.nested {
                        let path = &format!("{name}/");
                        self.archive(&bytes, Within { path, level, part: part.clone() }, each)
                    } else {
                        let (size, limit) = (level, self.limits.nested);
                        Err(FormatError::TooLarge { what: "archives in each other", size, limit })
                    };
                    match inner {
                        Ok(ControlFlow::Continue(())) => continue,
                        Ok(stop) => return Ok(stop),
                        Err(error) => Err(error),
                    }
                }
                bytes => bytes,
            };
            let bytes = match self.seen.insert(name.clone()) {
                true => bytes,
                false => Err(FormatError::Damaged {
                    format: Format::Zip,
                    what: "two files in it have this name".to_owned(),
                }),
            };
            if each(Packed { name, bytes, format, part }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Whether an entry is a folder or something that a system left there.
fn is_junk(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let hidden = |part: &str| part.starts_with('.') && !part.chars().all(|c| c == '.');
    file.is_empty()
        || name.split('/').any(|part| hidden(part) || part == "__MACOSX")
        || file.starts_with("~$")
        || ["thumbs.db", "desktop.ini"].contains(&file.to_lowercase().as_str())
}

/// A path that leads nowhere else: without roots, `.` and `..`, and without control characters.
fn cleaned(name: &str) -> String {
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    let path = parts.collect::<Vec<_>>().join("/");
    path.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::archive::made::archive;

    fn all(bytes: &[u8], limits: &Limits) -> Result<Vec<Packed>, FormatError> {
        let mut found = Vec::new();
        each_packed(bytes, limits, &mut |packed| {
            found.push(packed);
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    fn names(bytes: &[u8]) -> Vec<String> {
        let found = all(bytes, &Limits::default()).unwrap();
        found.into_iter().map(|packed| packed.name).collect()
    }

    #[test]
    fn files_come_in_their_order_and_what_systems_leave_does_not() {
        let word = archive(&[("word/document.xml", b"x")]);
        let inner = archive(&[("乙.txt", b"b"), (".DS_Store", b"")]);
        let bytes = archive(&[
            ("a/甲.txt", b"a"),
            ("a/", b""),
            ("__MACOSX/a/._甲.txt", b"x"),
            ("a/~$c.docx", b"x"),
            ("a/Thumbs.db", b"x"),
            ("inner.zip", &inner),
            ("../../etc/x.txt", b"x"),
            ("c.docx", &word),
        ]);
        assert_eq!(names(&bytes), ["a/甲.txt", "inner.zip/乙.txt", "etc/x.txt", "c.docx"]);
    }

    /// An archive with one entry whose name is given in bytes, as other programs write it.
    fn named(name: &[u8]) -> Vec<u8> {
        let text = "?".repeat(name.len());
        let mut bytes = archive(&[(&text, b"x")]);
        while let Some(at) = bytes.windows(name.len()).position(|part| part == text.as_bytes()) {
            bytes[at..at + name.len()].copy_from_slice(name);
        }
        bytes
    }

    #[test]
    fn names_in_gbk_that_do_not_say_so_are_read() {
        let (gbk, _, _) = encoding_rs::GBK.encode("政策/关于印发办法的通知.txt");
        assert_eq!(names(&named(&gbk)), ["政策/关于印发办法的通知.txt"]);
        assert_eq!(names(&named("政策/办法.txt".as_bytes())), ["政策/办法.txt"]);
        assert_eq!(names(&named(b"a\\b\x01.txt")), ["a/b\u{fffd}.txt"]);
    }

    #[test]
    fn depth_count_and_size_are_limited() {
        let mut bytes = archive(&[("a.txt", b"a")]);
        for _ in 0..6 {
            bytes = archive(&[("in.zip", &bytes)]);
        }
        let found = all(&bytes, &Limits::default()).unwrap();
        let [deep] = &found[..] else { panic!("{found:?}") };
        assert!(matches!(
            deep.bytes,
            Err(FormatError::TooLarge { what: "archives in each other", size: 5, limit: 4 })
        ));

        let many = archive(&[("a", b"x"), ("b", b"x"), ("c", b"x")]);
        let limits = Limits { files: 2, ..Limits::default() };
        assert!(matches!(
            all(&many, &limits),
            Err(FormatError::TooLarge { what: "files in it", size: 3, limit: 2 })
        ));

        let large = archive(&[("a", &vec![0; 6 << 20]), ("b", &vec![0; 6 << 20])]);
        let limits = Limits { ratio: 2, ..Limits::default() };
        assert!(matches!(all(&large, &limits), Err(FormatError::TooLarge { .. })));
        // Archives in it share what may be unpacked with what lies beside them.
        let inner = archive(&[("a", &[b'x'; 3000])]);
        let shared = archive(&[("b", &[b'y'; 2000]), ("in.zip", &inner)]);
        let found = all(&shared, &Limits { unpacked: 4000, ..Limits::default() }).unwrap();
        assert!(found[0].bytes.is_ok());
        assert!(matches!(found[1].bytes, Err(FormatError::TooLarge { .. })), "{found:?}");
    }

    #[test]
    fn two_files_of_one_name_and_a_stop() {
        let bytes = archive(&[("a/x", b"1"), ("./a/x", b"2"), ("b", b"3")]);
        let found = all(&bytes, &Limits::default()).unwrap();
        assert!(found[0].bytes.is_ok() && found[1].bytes.is_err() && found[2].bytes.is_ok());
        let mut count = 0;
        each_packed(&bytes, &Limits::default(), &mut |_| {
            count += 1;
            ControlFlow::Break(())
        })
        .unwrap();
        assert_eq!(count, 1);
    }

    proptest! {
        #[test]
        fn no_changed_archive_panics(changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..12), cut in any::<usize>()) {
            let inner = archive(&[("乙.txt", b"b")]);
            let mut bytes = archive(&[("a/甲.txt", b"text"), ("in.zip", &inner)]);
            for (at, byte) in changes {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            if cut % 4 == 0 {
                bytes.truncate(cut % bytes.len());
            }
            let _ = all(&bytes, &Limits { unpacked: 1 << 20, ..Limits::default() });
        }
    }
}
