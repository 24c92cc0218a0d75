//! The files in an OFD archive (GB/T 33190 §6): a ZIP whose entry is `OFD.xml`.

use super::xml::Element;
use crate::archive::Archive;
use crate::clock::Clock;
use crate::{Format, FormatError, Limits};

/// The file that an archive begins with.
pub(super) const ENTRY: &str = "OFD.xml";

/// An open archive.
pub(super) struct Package<'a> {
    archive: Archive<'a>,
    limits: Limits,
    clock: Clock,
}

impl<'a> Package<'a> {
    pub(super) fn open(
        bytes: &'a [u8],
        limits: &Limits,
        clock: Clock,
    ) -> Result<Self, FormatError> {
        let archive = Archive::open(bytes, Format::Ofd, limits, clock)?;
        Ok(Self { archive, limits: *limits, clock })
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
            let names = || self.archive.names().iter().map(|name| (path("", name), name));
            names()
                .find(|(known, _)| *known == name)
                .or_else(|| names().find(|(known, _)| known.eq_ignore_ascii_case(&name)))
                .map(|(_, stored)| stored.clone())
        })
    }

    /// A file's bytes, by a name that [`Self::find`] gave.
    pub(super) fn bytes(&mut self, name: &str) -> Result<Vec<u8>, FormatError> {
        self.archive.need(name)
    }

    /// An XML file, by a name that [`Self::find`] gave.
    pub(super) fn xml(&mut self, name: &str) -> Result<Element, FormatError> {
        let bytes = self.archive.need(name)?;
        let (text, _) = crate::web::decode(&bytes, None);
        drop(bytes);
        Element::parse(&text, name, &self.limits, &self.clock)
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
    use crate::detect;

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
        assert_eq!(detect(&bytes), Format::Ofd);
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
