//! The files in an OFD archive (GB/T 33190 §6): a ZIP whose entry is `OFD.xml`.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::xml::Element;
use crate::clock::Clock;
use crate::{Format, FormatError, Limits};

/// A small file may unpack to this many bytes, whatever the ratio: coordinates repeat themselves a lot.
const ALWAYS_ALLOWED: usize = 4 << 20;

/// How many bytes are unpacked between two looks at the clock.
const STEP: u64 = 1 << 20;

/// The file that an archive begins with.
pub(super) const ENTRY: &str = "OFD.xml";

/// An open archive.
pub(super) struct Package<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    left: usize,
    limit: usize,
    limits: Limits,
    clock: Clock,
}

/// Whether bytes are an archive with OFD's entry.
pub(crate) fn is_ofd(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
        && ZipArchive::new(Cursor::new(bytes)).is_ok_and(|zip| {
            zip.file_names_raw().any(|name| clean(name).eq_ignore_ascii_case(ENTRY))
        })
}

fn clean(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name).replace('\\', "/");
    name.trim_start_matches("./").trim_start_matches('/').to_owned()
}

fn damaged(what: String) -> FormatError {
    FormatError::Damaged { format: Format::Ofd, what }
}

impl<'a> Package<'a> {
    pub(super) fn open(
        bytes: &'a [u8],
        limits: &Limits,
        clock: Clock,
    ) -> Result<Self, FormatError> {
        let zip = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| damaged(format!("the archive: {error}")))?;
        if zip.len() > limits.parts {
            return Err(FormatError::TooLarge {
                what: "parts",
                size: zip.len(),
                limit: limits.parts,
            });
        }
        let names = zip.file_names_raw().map(clean).collect();
        let limit =
            limits.unpacked.min(bytes.len().saturating_mul(limits.ratio).max(ALWAYS_ALLOWED));
        Ok(Self { zip, names, left: limit, limit, limits: *limits, clock })
    }

    /// The place of a file by the path `location` in the file `from`: from the root if it begins with `/`, otherwise
    /// beside `from` (GB/T 33190 §7.3, `ST_Loc`). Some writers mean the root without the `/`.
    pub(super) fn find(&self, from: &str, location: &str) -> Option<String> {
        let location = location.trim().replace('\\', "/");
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside = path(folder, &location);
        let candidates = if location.starts_with('/') {
            vec![path("", &location)]
        } else {
            vec![beside, path("", &location)]
        };
        candidates.into_iter().find_map(|name| {
            // Archives packed on Windows differ in case from what the files say.
            let exact = self.names.iter().find(|known| **known == name);
            exact
                .or_else(|| self.names.iter().find(|known| known.eq_ignore_ascii_case(&name)))
                .cloned()
        })
    }

    /// An XML file, by a name that [`Self::find`] gave.
    pub(super) fn xml(&mut self, name: &str) -> Result<Element, FormatError> {
        let bytes = self.bytes(name)?;
        let (text, _) = crate::web::decode(&bytes, None);
        drop(bytes);
        Element::parse(&text, name, &self.limits, &self.clock)
    }

    fn bytes(&mut self, name: &str) -> Result<Vec<u8>, FormatError> {
        let Some(place) = self.names.iter().position(|known| known == name) else {
            return Err(damaged(format!("the part {name} is missing")));
        };
        let mut file = self.zip.by_index(place).map_err(|error| match error {
            ZipError::UnsupportedArchive(text) if text == ZipError::PASSWORD_REQUIRED => {
                FormatError::Encrypted { format: Format::Ofd }
            }
            error => damaged(format!("{name}: {error}")),
        })?;
        let mut bytes = Vec::new();
        loop {
            self.clock.check()?;
            let left = self.left as u64;
            // One byte more than is left shows that there is too much.
            let read = file.by_ref().take(STEP.min(left + 1)).read_to_end(&mut bytes);
            let read = read.map_err(|error| damaged(format!("{name}: {error}")))?;
            if read as u64 > left {
                return Err(FormatError::TooLarge {
                    what: "bytes unpacked",
                    size: self.limit + 1,
                    limit: self.limit,
                });
            }
            self.left -= read;
            if read == 0 {
                return Ok(bytes);
            }
        }
    }
}

fn path(folder: &str, location: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(location.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::made::archive;
    use super::*;

    #[test]
    fn places_are_found_beside_and_from_the_root() {
        let bytes = archive(&[
            ("OFD.xml", "<a/>"),
            ("Doc_0/Document.xml", "<a/>"),
            ("Doc_0/Pages/Page_0/Content.xml", "<a/>"),
        ]);
        let limits = Limits::default();
        let package = Package::open(&bytes, &limits, Clock::new(&limits)).unwrap();
        let page = Some("Doc_0/Pages/Page_0/Content.xml".to_owned());
        assert_eq!(package.find("Doc_0/Document.xml", "Pages/Page_0/Content.xml"), page);
        assert_eq!(
            package.find("Doc_0/Document.xml", "./pages\\Page_0/../Page_0/Content.xml"),
            page
        );
        assert_eq!(package.find("Doc_0/Document.xml", "/Doc_0/Pages/Page_0/Content.xml"), page);
        assert_eq!(package.find("Doc_0/Document.xml", "Doc_0/Pages/Page_0/Content.xml"), page);
        assert_eq!(package.find("Doc_0/Document.xml", "Pages/Page_1/Content.xml"), None);
        assert!(is_ofd(&bytes));
        assert!(!is_ofd(&archive(&[("word/document.xml", "<a/>")])));
        assert!(!is_ofd(b"PK\x03\x04OFD.xml"));
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let large = format!("<a>{}</a>", " ".repeat(5 << 20));
        let bytes = archive(&[("OFD.xml", &large)]);
        let limits = Limits { ratio: 2, ..Limits::default() };
        let mut package = Package::open(&bytes, &limits, Clock::new(&limits)).unwrap();
        assert!(matches!(
            package.xml("OFD.xml"),
            Err(FormatError::TooLarge { what: "bytes unpacked", .. })
        ));
    }
}
