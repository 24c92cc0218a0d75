//! The parts of a ZIP archive, within the limits.
//!
//! Most formats are a ZIP of XML parts (OPC, ECMA-376 part 2; ODF part 2; EPUB OCF; GB/T 33190 §6). What an archive
//! says of its sizes is not believed: the bytes are counted while they are unpacked.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::clock::Clock;
use crate::{Format, FormatError, Limits};

/// A small file may unpack to this many bytes, whatever the ratio: a page of markup repeats itself a lot.
const ALWAYS_ALLOWED: usize = 4 << 20;

/// How many bytes are unpacked between two looks at the clock.
const STEP: u64 = 1 << 20;

/// An open archive.
#[derive(Debug)]
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    /// The place of each name, in lower case: names of OPC parts are equal without regard to case (ECMA-376 part 2 §6.2.2.3).
    places: HashMap<String, usize>,
    format: Format,
    limit: usize,
    unpacked: usize,
    clock: Clock,
}

impl<'a> Archive<'a> {
    /// Opens an archive that is said to be of a format.
    ///
    /// # Errors
    /// If it is no whole archive or has too many parts.
    pub(crate) fn open(
        bytes: &'a [u8],
        format: Format,
        limits: &Limits,
        clock: Clock,
    ) -> Result<Self, FormatError> {
        let zip = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| damaged(format, "the archive", &error))?;
        // Of an archive that is cut off, one that it holds would be taken for it.
        if zip.offset() > 0 && bytes.starts_with(b"PK") {
            let what = "it is cut off".to_owned();
            return Err(FormatError::Damaged { format, what });
        }
        if zip.len() > limits.parts {
            return Err(FormatError::TooLarge {
                what: "parts",
                size: zip.len(),
                limit: limits.parts,
            });
        }
        let names: Vec<String> = zip.file_names_raw().map(name).collect();
        let mut places = HashMap::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            // Of two parts with one name the first counts, as readers of the central directory do it.
            places.entry(name.to_lowercase()).or_insert(place);
        }
        let limit =
            limits.unpacked.min(limits.ratio.saturating_mul(bytes.len()).max(ALWAYS_ALLOWED));
        Ok(Self { zip, names, places, format, limit, unpacked: 0, clock })
    }

    /// The names of the parts in the order of the archive, `/` between folders; folders end with it.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether there is such a part.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.places.contains_key(&name.to_lowercase())
    }

    /// The bytes of a part; `None` if there is no such part.
    ///
    /// # Errors
    /// If the part is damaged, encrypted or too large.
    pub(crate) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, FormatError> {
        let Some(&place) = self.places.get(&name.to_lowercase()) else { return Ok(None) };
        self.unpack(place).map(Some)
    }

    /// The sizes that the parts are said to have unpacked, in their order.
    ///
    /// # Errors
    /// [`FormatError::TooLarge`] if they are more together than may be unpacked.
    pub(crate) fn stated(&mut self) -> Result<Vec<u64>, FormatError> {
        // A part that is damaged is named when it is unpacked.
        let size = |place| self.zip.by_index_raw(place).map_or(0, |part| part.size());
        let sizes: Vec<u64> = (0..self.names.len()).map(size).collect();
        let all = sizes.iter().fold(0_u64, |all, &size| all.saturating_add(size));
        if all > self.limit as u64 {
            let size = usize::try_from(all).unwrap_or(usize::MAX);
            return Err(FormatError::TooLarge { what: "bytes unpacked", size, limit: self.limit });
        }
        Ok(sizes)
    }

    /// The bytes of the part at a place, with time of its own.
    ///
    /// # Errors
    /// As [`Self::part`].
    pub(crate) fn file(&mut self, place: usize, clock: Clock) -> Result<Vec<u8>, FormatError> {
        self.clock = clock;
        self.unpack(place)
    }

    /// The bytes of a part that must be there.
    ///
    /// # Errors
    /// As [`Self::part`], and if there is no such part.
    pub(crate) fn need(&mut self, name: &str) -> Result<Vec<u8>, FormatError> {
        self.part(name)?.ok_or_else(|| FormatError::Damaged {
            format: self.format,
            what: format!("the part {name} is missing"),
        })
    }

    fn unpack(&mut self, place: usize) -> Result<Vec<u8>, FormatError> {
        let format = self.format;
        let name = self.names.get(place).cloned().unwrap_or_default();
        let mut file = self.zip.by_index(place).map_err(|error| damaged(format, &name, &error))?;
        let mut bytes = Vec::new();
        loop {
            self.clock.check()?;
            let left = (self.limit - self.unpacked) as u64;
            // One byte more than is left shows that there is too much.
            let read = file.by_ref().take(STEP.min(left + 1)).read_to_end(&mut bytes).map_err(
                |error| FormatError::Damaged { format, what: format!("{name}: {error}") },
            )?;
            if read as u64 > left {
                return Err(FormatError::TooLarge {
                    what: "bytes unpacked",
                    size: self.limit + 1,
                    limit: self.limit,
                });
            }
            self.unpacked += read;
            if read == 0 {
                return Ok(bytes);
            }
        }
    }
}

/// A name as text: UTF-8, otherwise the code page of Chinese Windows, which writes GBK without saying so.
fn name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(raw).0.into_owned(),
    }
    .replace('\\', "/")
}

fn damaged(format: Format, what: &str, error: &ZipError) -> FormatError {
    match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => {
            FormatError::Encrypted { format }
        }
        error => FormatError::Damaged { format, what: format!("{what}: {error}") },
    }
}

/// Archives for tests.
#[cfg(test)]
pub(crate) mod made {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    /// An archive of these parts.
    pub(crate) fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::made::archive;
    use super::*;

    fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Archive<'a>, FormatError> {
        Archive::open(bytes, Format::Docx, limits, Clock::new(limits))
    }

    #[test]
    fn parts_are_found_without_regard_to_case() {
        let bytes = archive(&[("Word/Document.xml", b"text")]);
        let mut archive = open(&bytes, &Limits::default()).unwrap();
        assert!(archive.has("word/document.xml"));
        assert_eq!(archive.part("word/document.xml").unwrap().unwrap(), b"text");
        assert_eq!(archive.part("word/none.xml").unwrap(), None);
        assert!(matches!(archive.need("word/none.xml"), Err(FormatError::Damaged { .. })));
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let bytes = archive(&[("a", &vec![0; 9 << 20])]);
        let limits = Limits { ratio: 10, ..Limits::default() };
        let mut archive = open(&bytes, &limits).unwrap();
        assert!(matches!(
            archive.part("a"),
            Err(FormatError::TooLarge { what: "bytes unpacked", .. })
        ));
        let limits = Limits { ratio: 2000, ..Limits::default() };
        assert_eq!(open(&bytes, &limits).unwrap().part("a").unwrap().unwrap().len(), 9 << 20);
    }

    #[test]
    fn several_parts_share_one_limit() {
        let bytes = archive(&[("a", &[0; 600]), ("b", &[0; 600])]);
        let mut archive = open(&bytes, &Limits { unpacked: 1000, ..Limits::default() }).unwrap();
        assert!(archive.part("a").is_ok());
        assert!(matches!(archive.part("b"), Err(FormatError::TooLarge { .. })));
    }

    #[test]
    fn too_many_parts_and_no_archive_are_refused() {
        let bytes = archive(&[("a", b""), ("b", b"")]);
        let limits = Limits { parts: 1, ..Limits::default() };
        assert!(matches!(open(&bytes, &limits), Err(FormatError::TooLarge { what: "parts", .. })));
        let bytes = &bytes[..bytes.len() / 2];
        assert!(matches!(open(bytes, &Limits::default()), Err(FormatError::Damaged { .. })));
    }
}
