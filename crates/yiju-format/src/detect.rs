//! Which format a file has, by its bytes.

use std::fmt;
use std::io::{Cursor, Read};

use crate::{cfb, csv, web, xml};

/// A format of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Plain text or Markdown, in any encoding.
    #[default]
    Text,
    /// PDF (ISO 32000).
    Pdf,
    /// Office Open XML text (.docx; also .wps that is one).
    Docx,
    /// Word 97 to 2003 (.doc; also .wps that is one).
    Doc,
    /// Rich Text Format.
    Rtf,
    /// OpenDocument text.
    Odt,
    /// OFD (GB/T 33190).
    Ofd,
    /// A web page.
    Html,
    /// A saved web page with its parts (.mht, .mhtml).
    Mhtml,
    /// Office Open XML sheets.
    Xlsx,
    /// Excel 97 to 2003.
    Xls,
    /// OpenDocument sheets.
    Ods,
    /// An electronic book.
    Epub,
    /// Office Open XML slides.
    Pptx,
    /// PowerPoint 97 to 2003.
    Ppt,
    /// OpenDocument slides.
    Odp,
    /// A table as text: cells with commas, semicolons or tabs between them.
    Csv,
    /// An Office file that is encrypted as a whole, so that it does not show which it is.
    Sealed,
    /// A ZIP archive of files.
    Zip,
    /// A picture: PNG, JPEG or TIFF.
    Picture,
    /// Nothing that is known.
    Unknown,
}

impl Format {
    /// Its media type (IANA's registry; GB/T 33190 for OFD).
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; charset=utf-8",
            Format::Csv => "text/csv",
            Format::Pdf => "application/pdf",
            Format::Docx => {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            }
            Format::Doc => "application/msword",
            Format::Rtf => "application/rtf",
            Format::Odt => "application/vnd.oasis.opendocument.text",
            Format::Ofd => "application/ofd",
            Format::Html => "text/html",
            Format::Mhtml => "multipart/related",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Xls => "application/vnd.ms-excel",
            Format::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Format::Epub => "application/epub+zip",
            Format::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Format::Zip => "application/zip",
            _ => "application/octet-stream",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Text => "plain text",
            Format::Pdf => "PDF file",
            Format::Docx => "Word document (.docx)",
            Format::Doc => "old Word document (.doc)",
            Format::Rtf => "RTF document",
            Format::Odt => "OpenDocument text (.odt)",
            Format::Ofd => "OFD file",
            Format::Html => "web page",
            Format::Mhtml => "saved web page (.mhtml)",
            Format::Xlsx => "Excel workbook (.xlsx)",
            Format::Xls => "old Excel workbook (.xls)",
            Format::Ods => "OpenDocument sheet (.ods)",
            Format::Epub => "EPUB book",
            Format::Pptx => "PowerPoint file (.pptx)",
            Format::Ppt => "old PowerPoint file (.ppt)",
            Format::Odp => "OpenDocument slides (.odp)",
            Format::Csv => "table as text (.csv)",
            Format::Sealed => "Office file",
            Format::Zip => "ZIP archive",
            Format::Picture => "picture",
            Format::Unknown => "unknown",
        })
    }
}

/// The format of a file, by its first bytes and, for archives and compound files, the names of their parts.
pub fn detect(bytes: &[u8]) -> Format {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return zipped(bytes);
    }
    if bytes.starts_with(&cfb::SIGNATURE) {
        return compound(bytes);
    }
    if is_picture(bytes) {
        return Format::Picture;
    }
    let head = bytes.get(..bytes.len().min(HEAD)).unwrap_or(bytes);
    // ISO 32000-2 §7.5.2 wants the header at the start; readers take it within the first 1024 bytes.
    if head.get(..head.len().min(1024)).unwrap_or(head).windows(5).any(|word| word == b"%PDF-") {
        return Format::Pdf;
    }
    let text = start(head);
    if text.starts_with("{\\rtf") {
        return Format::Rtf;
    }
    if web::is_mhtml(bytes) {
        return Format::Mhtml;
    }
    if web::is_html(bytes) {
        return Format::Html;
    }
    if csv::separator(bytes).is_some() {
        return Format::Csv;
    }
    if is_binary(head) { Format::Unknown } else { Format::Text }
}

/// How much of a file is looked at for signs of text formats.
const HEAD: usize = 4096;

/// The first characters of a file, spaces and byte order mark left out.
fn start(head: &[u8]) -> String {
    let text = xml::decode(head);
    text.trim_start_matches(|sign: char| sign.is_whitespace() || sign == '\u{feff}').to_owned()
}

/// The format of an archive, by the names of its parts.
fn zipped(bytes: &[u8]) -> Format {
    let mut zip = match zip::ZipArchive::new(Cursor::new(bytes)) {
        Ok(zip) if zip.offset() == 0 => zip,
        // Cut off, with the end of an archive in it.
        _ => return broken_zip(bytes),
    };
    // OpenDocument and EPUB state themselves in the part `mimetype` (ODF part 2 §3.3, EPUB OCF §4.2.5).
    let mut mimetype = String::new();
    if let Ok(part) = zip.by_name("mimetype") {
        let _ = part.take(100).read_to_string(&mut mimetype);
    }
    let mimetype = mimetype.trim();
    if let Some(kind) = mimetype.strip_prefix("application/vnd.oasis.opendocument.") {
        return match kind.split('-').next() {
            Some("text") => Format::Odt,
            Some("spreadsheet") => Format::Ods,
            Some("presentation") => Format::Odp,
            _ => Format::Unknown,
        };
    }
    if mimetype == "application/epub+zip" {
        return Format::Epub;
    }
    by_names(|sign| {
        zip.file_names_raw().map(<[u8]>::to_ascii_lowercase).any(|name| {
            // A folder of somebody's files may be called `word`, but they are no XML.
            name.starts_with(sign.as_bytes()) && (!sign.ends_with('/') || name.ends_with(b".xml"))
        })
    })
}

/// Of an archive that cannot be opened: what the names in it say, for the error.
fn broken_zip(bytes: &[u8]) -> Format {
    let head = bytes.get(..bytes.len().min(1 << 20)).unwrap_or(bytes);
    if let Some(at) = find(head, b"mimetypeapplication/") {
        let kind = head.get(at + 20..).unwrap_or_default();
        for (sign, format) in [
            ("vnd.oasis.opendocument.text", Format::Odt),
            ("vnd.oasis.opendocument.spreadsheet", Format::Ods),
            ("vnd.oasis.opendocument.presentation", Format::Odp),
            ("epub+zip", Format::Epub),
        ] {
            if kind.starts_with(sign.as_bytes()) {
                return format;
            }
        }
    }
    by_names(|sign| find(head, sign.as_bytes()).is_some())
}

fn by_names(has: impl Fn(&str) -> bool) -> Format {
    for (sign, format) in [
        ("ofd.xml", Format::Ofd),
        ("OFD.xml", Format::Ofd),
        ("word/", Format::Docx),
        ("xl/", Format::Xlsx),
        ("ppt/", Format::Pptx),
        ("meta-inf/container.xml", Format::Epub),
    ] {
        if has(sign) {
            return format;
        }
    }
    Format::Zip
}

fn find(bytes: &[u8], sign: &[u8]) -> Option<usize> {
    bytes.windows(sign.len()).position(|word| word == sign)
}

/// The format of a compound file, by its streams.
fn compound(bytes: &[u8]) -> Format {
    let Some(file) = cfb::Compound::open(bytes) else {
        // For the error: the name of the stream as it is stored, in UTF-16.
        let wide = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let has = |name: &str| find(bytes, &wide(name)).is_some();
        return match (has("WordDocument"), has("Workbook")) {
            (true, _) => Format::Doc,
            (false, true) => Format::Xls,
            _ => Format::Unknown,
        };
    };
    for (stream, format) in [
        // [MS-OFFCRYPTO] §2.3.4.4: what is encrypted lies in one stream.
        ("EncryptedPackage", Format::Sealed),
        ("WordDocument", Format::Doc),
        ("Workbook", Format::Xls),
        ("Book", Format::Xls),
        ("PowerPoint Document", Format::Ppt),
    ] {
        if file.has(stream) {
            return format;
        }
    }
    Format::Unknown
}

fn is_picture(bytes: &[u8]) -> bool {
    const SIGNS: [&[u8]; 7] =
        [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF87a", b"GIF89a", b"II+\0"];
    SIGNS.iter().any(|sign| bytes.starts_with(sign))
        || (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"))
        // A bitmap states its own size.
        || (bytes.starts_with(b"BM") && cfb::u32_at(bytes, 2).is_some_and(|size| size as usize == bytes.len()))
}

/// Whether bytes are no text in any encoding that is read: text has no naughts, except in UTF-16, and few controls.
fn is_binary(head: &[u8]) -> bool {
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return false;
    }
    let naughts = head.iter().filter(|&&byte| byte == 0).count();
    if naughts > 0 {
        // UTF-16 without a mark: every second byte of western text is naught, and of Chinese text at least that of
        // spaces and line ends.
        let at_odd = head.iter().skip(1).step_by(2).filter(|&&byte| byte == 0).count();
        return naughts > at_odd.max(naughts - at_odd) || naughts * 8 < head.len();
    }
    let controls =
        head.iter().filter(|&&byte| byte < 0x20 && !matches!(byte, b'\t'..=b'\r' | 0x1b)).count();
    controls * 50 > head.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::made::archive;
    use crate::cfb::made::compound;

    #[test]
    fn archives_are_told_by_their_parts() {
        let odt = b"application/vnd.oasis.opendocument.text".as_slice();
        let ods = b"application/vnd.oasis.opendocument.spreadsheet-template".as_slice();
        for (parts, format) in [
            (
                vec![("[Content_Types].xml", b"".as_slice()), ("word/document.xml", b"")],
                Format::Docx,
            ),
            (vec![("xl/workbook.xml", b"")], Format::Xlsx),
            (vec![("ppt/presentation.xml", b"")], Format::Pptx),
            (vec![("mimetype", odt), ("content.xml", b"")], Format::Odt),
            (vec![("mimetype", ods)], Format::Ods),
            (vec![("mimetype", b"application/epub+zip")], Format::Epub),
            (vec![("META-INF/container.xml", b"")], Format::Epub),
            (vec![("OFD.xml", b""), ("Doc_0/Document.xml", b"")], Format::Ofd),
            (vec![("a.txt", b""), ("b/word/c.docx", b"")], Format::Zip),
            (vec![("Word/c.docx", b""), ("xl/a.xlsx", b"")], Format::Zip),
        ] {
            assert_eq!(detect(&archive(&parts)), format, "{parts:?}");
        }
    }

    #[test]
    fn what_a_broken_archive_was_is_still_said() {
        let whole = archive(&[("word/document.xml", &[0; 100])]);
        assert_eq!(detect(&whole[..60]), Format::Docx);
        assert_eq!(detect(b"PK\x03\x04"), Format::Zip);
    }

    #[test]
    fn compound_files_are_told_by_their_streams() {
        assert_eq!(detect(&compound(&[("WordDocument", &[0; 600])])), Format::Doc);
        assert_eq!(detect(&compound(&[("Workbook", &[0; 600])])), Format::Xls);
        assert_eq!(detect(&compound(&[("EncryptedPackage", &[0; 600])])), Format::Sealed);
        assert_eq!(detect(&compound(&[("Other", &[0; 600])])), Format::Unknown);
    }

    #[test]
    fn text_formats_and_pictures() {
        let utf16 =
            |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (bytes, format) in [
            (b"%PDF-1.7".to_vec(), Format::Pdf),
            (b"\n\n%PDF-1.4 x".to_vec(), Format::Pdf),
            (b"{\\rtf1\\ansi}".to_vec(), Format::Rtf),
            (b"\xef\xbb\xbf <!-- a --><!DOCTYPE html>".to_vec(), Format::Html),
            (b"<?xml version='1.0'?><html xmlns=''>".to_vec(), Format::Html),
            (utf16("\u{feff}<HTML>"), Format::Html),
            (
                b"From: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;".to_vec(),
                Format::Mhtml,
            ),
            (b"\x89PNG\r\n\x1a\n".to_vec(), Format::Picture),
            (b"\xff\xd8\xff\xe0".to_vec(), Format::Picture),
            (b"II*\0".to_vec(), Format::Picture),
            ("第一条 为了".as_bytes().to_vec(), Format::Text),
            (vec![0xb5, 0xda, 0xd2, 0xbb, 0xcc, 0xf5], Format::Text),
            (utf16("\u{feff}第一条"), Format::Text),
            (b"# a\n\n<div>".to_vec(), Format::Text),
            (Vec::new(), Format::Text),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0".to_vec(), Format::Unknown),
        ] {
            assert_eq!(detect(&bytes), format, "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_have_a_format(bytes: Vec<u8>) {
            detect(&bytes);
            detect(&[b"PK\x03\x04".as_slice(), &bytes].concat());
            detect(&[cfb::SIGNATURE.as_slice(), &bytes].concat());
        }
    }
}
