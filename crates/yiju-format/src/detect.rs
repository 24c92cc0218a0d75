//! Which format a file has, by its bytes.

use std::fmt;

use crate::{ofd, web};

/// A format of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Plain text or Markdown, in any encoding.
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
    /// A ZIP archive of files.
    Zip,
    /// A picture: PNG, JPEG or TIFF.
    Picture,
    /// Nothing that is known.
    Unknown,
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
            Format::Zip => "ZIP archive",
            Format::Picture => "picture",
            Format::Unknown => "file of an unknown kind",
        })
    }
}

/// The format of a file, by its first bytes and, for archives, the names of their parts.
pub fn detect(bytes: &[u8]) -> Format {
    if ofd::is_ofd(bytes) {
        return Format::Ofd;
    }
    if web::is_mhtml(bytes) {
        return Format::Mhtml;
    }
    if web::is_html(bytes) {
        return Format::Html;
    }
    Format::Text
}
