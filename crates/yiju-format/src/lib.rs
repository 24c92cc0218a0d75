//! Reads files as people have them into one common form: paragraphs, headings, list items and tables in reading order,
//! each with its pages and rectangles where the file has pages.
//!
//! [`read`] tells the format by the bytes, not by the file's name, and gives a [`Reading`]; [`Reading::printed`] is its text, one
//! paragraph or table row a line, with the [`Place`]s of what has any. Documents, clauses and questions are not known
//! here. Nothing is fetched from outside, and every format's work is bounded by [`Limits`].

mod archive;
mod block;
mod bounded;
mod bundle;
mod cfb;
mod clock;
mod csv;
mod detect;
mod doc;
mod docx;
mod drawing;
mod epub;
mod error;
mod fields;
mod grid;
mod items;
mod limits;
mod lines;
mod lists;
mod numerals;
mod odf;
mod ofd;
mod opc;
mod pdf;
mod picture;
mod pptx;
mod printed;
mod rtf;
mod sheets;
mod symbols;
mod web;
mod xml;

pub use block::{
    Area, Block, Cell, Facts, Page, Place, Reading, Recognised, Table, Text, TextRole,
};
pub use bundle::{Packed, each_packed};
pub use detect::{Format, detect};
pub use drawing::{PagePicture, PageRequest, draw_page};
pub use error::FormatError;
pub use limits::Limits;
pub use picture::{PictureError, ReadsPictures, Recognition, SeenLine, SeenPage, Shades};
pub use printed::{Printed, RecognisedPage};

/// What one format is read with. A format is one file or folder of this crate with one type that has this trait.
pub(crate) trait Reader {
    /// Reads the bytes of a file of this format.
    ///
    /// # Errors
    /// If the file is damaged, encrypted or over a limit.
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError>;
}

/// Reads a file; the files in a ZIP archive are read one by one ([`each_packed`]). `None` for plain text and Markdown, which need no reading: `yiju-document` takes their bytes.
///
/// # Errors
/// If the format is known but not read, or the file is damaged, encrypted or over a limit.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Option<Reading>, FormatError> {
    read_with(bytes, limits, None)
}

/// As [`read`]; the text in pictures of pages is recognised, where `recognition` is given.
///
/// # Errors
/// As [`read`].
pub fn read_with(
    bytes: &[u8],
    limits: &Limits,
    recognition: Option<Recognition<'_>>,
) -> Result<Option<Reading>, FormatError> {
    read_as(detect(bytes), bytes, limits, recognition)
}

/// As [`read_with`], for bytes whose format [`detect`] has told.
///
/// # Errors
/// As [`read`].
pub fn read_as(
    format: Format,
    bytes: &[u8],
    limits: &Limits,
    recognition: Option<Recognition<'_>>,
) -> Result<Option<Reading>, FormatError> {
    limits.check_size(bytes)?;
    let reader: &dyn Reader = match format {
        Format::Text => return Ok(None),
        Format::Csv => &csv::Csv,
        Format::Doc => &doc::Doc,
        Format::Docx => &docx::Docx,
        Format::Html => &web::Html,
        Format::Mhtml => &web::Mhtml,
        Format::Ofd => &ofd::Ofd { recognition },
        Format::Pdf => &pdf::Pdf { recognition },
        Format::Picture => &picture::Picture { recognition },
        Format::Odt | Format::Ods | Format::Odp => &odf::Odf { format },
        Format::Epub => &epub::Epub,
        Format::Pptx => &pptx::Pptx,
        Format::Rtf => &rtf::Rtf,
        Format::Xls => &sheets::Xls,
        Format::Xlsx => &sheets::Xlsx,
        Format::Sealed => return Err(FormatError::Encrypted { format }),
        format => return Err(FormatError::NotRead { format }),
    };
    let reading = Reading { format, ..reader.read(bytes, limits)? };
    if reading.blocks.is_empty() {
        return Err(FormatError::nothing_read(format, &reading.unread));
    }
    Ok(Some(reading))
}
