//! Whole files of every kind, damaged in the ways that files get damaged: cut off, and with bytes changed. Each is
//! read or refused in words, within its time.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use yiju_format::{
    Format, FormatError, Limits, PageRequest, Reading, detect, draw_page, each_packed, read,
};

/// How many times each file is cut off, and how many times bytes of it are changed.
const EACH: usize = 8;

/// The small files that the fuzz targets begin with.
fn samples() -> Vec<(PathBuf, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/format");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|item| item.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Numbers that look random and are the same each time (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// Reads a file, whatever it is.
fn opened(bytes: &[u8]) -> Result<Option<Reading>, FormatError> {
    let limits = Limits::default();
    if detect(bytes) == Format::Zip {
        each_packed(bytes, &limits, &mut |packed| {
            if let Err(error) = &packed.bytes {
                in_words(error, &packed.name);
            }
            ControlFlow::Continue(())
        })?;
        return Ok(None);
    }
    read(bytes, &limits)
}

/// An error says something, and is not that the file took too long.
fn in_words(error: &FormatError, what: &str) {
    assert!(!matches!(error, FormatError::Slow { .. }), "{what}: {error}");
    assert!(error.to_string().len() > 20, "{what}: {error}");
}

#[test]
fn every_damaged_file_is_read_or_refused_in_words() {
    let mut numbers = Numbers(17);
    let (mut files, mut refused) = (0, 0);
    for (path, whole) in samples() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let intact = opened(&whole).unwrap_or_else(|error| panic!("{name}: {error}"));
        for turn in 0..2 * EACH {
            let mut bytes = whole.clone();
            let cut = turn < EACH;
            if cut {
                bytes.truncate(whole.len() * (2 * turn + 1) / (2 * EACH));
            } else {
                for _ in 0..=turn - EACH {
                    let at = numbers.below(bytes.len());
                    bytes[at] ^= 1 + numbers.below(255) as u8;
                }
            }
            let what = format!("{name}, turn {turn}");
            files += 1;
            let unread = match opened(&bytes) {
                Err(error) => {
                    in_words(&error, &what);
                    refused += 1;
                    true
                }
                // Files have parts at their ends that hold nothing.
                Ok(reading) => reading.is_some_and(|reading| {
                    !reading.unread.is_empty() || intact.as_ref() == Some(&reading)
                }),
            };
            // Of what is text anything may be the whole.
            let text = ["csv", "html", "mhtml"].iter().any(|end| name.ends_with(end));
            assert!(unread || text || !cut, "{what} is cut off, and nothing is said");
            if name.ends_with("pdf") {
                let request = PageRequest { page: 1, width: Some(300), ..PageRequest::default() };
                if let Err(error) = draw_page(&bytes, &request, &Limits::default()) {
                    in_words(&error, &what);
                }
            }
        }
    }
    assert!(files >= 200, "{files} files");
    assert!(refused >= files / 3, "{refused} of {files} were refused");
}
