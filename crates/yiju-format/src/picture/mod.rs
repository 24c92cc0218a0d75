//! Pictures of pages: files that are one, and the pages of others that are nothing else.
//!
//! What a picture says is read by whoever gives a [`ReadsPictures`]. A picture is made a page of a PDF, which packs samples in
//! the same ways; the layout of what was read is that of a PDF's page ([`crate::pdf::scanned`]).

mod jpeg;
mod png;
pub(crate) mod sheets;
mod tiff;

use crate::pdf::Pdf;
use crate::{Format, FormatError, Limits, Reader, Reading};
use sheets::Sheet;

/// A picture in shades of grey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shades {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `width` × `height` samples row by row, 0 black and 255 white.
    pub samples: Vec<u8>,
}

/// What reads the text in pictures of pages.
pub trait ReadsPictures: Sync {
    /// Reads a page. `stop` says whether to give up.
    ///
    /// # Errors
    /// Why it was not read, in words that end `page 3 is a picture that is not read: …`.
    fn page(
        &self,
        picture: Shades,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<SeenPage, PictureError>;
}

/// Why a picture was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PictureError {
    /// It is not, for this reason.
    Unread(String),
    /// Whoever asked wants no answer any more.
    Stopped,
}

/// The text of a picture. Places are on the upright page: turned and levelled so that lines run from left to right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeenPage {
    /// Width of the upright page in pixels.
    pub width: f32,
    /// Height of the upright page in pixels.
    pub height: f32,
    /// The point of the picture that the point (x, y) of the upright page is: (a x + c y + e, b x + d y + f) of [a, b, c, d,
    /// e, f].
    pub in_picture: [f32; 6],
    /// The lines in any order.
    pub lines: Vec<SeenLine>,
}

/// A line of text in a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeenLine {
    /// Its characters with their left and right edges in pixels of the upright page.
    pub characters: Vec<(char, f32, f32)>,
    /// How sure its characters are in the mean, from 0 to 1.
    pub confidence: f32,
    /// Size of its type in pixels.
    pub size: f32,
    /// Upper edge.
    pub top: f32,
    /// Lower edge.
    pub bottom: f32,
}

/// Which pages have the text in their pictures read.
#[derive(Clone, Copy)]
pub struct Recognition<'a> {
    /// What reads it.
    pub reader: &'a dyn ReadsPictures,
    /// Also those under whose picture another program left its text.
    pub always: bool,
}

/// Reads a file that is a picture, or several.
pub(crate) struct Picture<'a> {
    pub(crate) recognition: Option<Recognition<'a>>,
}

impl Reader for Picture<'_> {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let pdf = pdf(bytes, limits, Colours::Grey)?;
        let reader = Pdf { recognition: self.recognition };
        reader.read(&pdf, limits).map_err(|error| error.of(Format::Picture))
    }
}

/// In what the pixels of a picture are kept that is unpacked before it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colours {
    /// Shades of grey on white: what recognition looks at.
    Grey,
    /// As they are, to be looked at by people.
    All,
}

/// The pages of a file as those of a PDF.
///
/// # Errors
/// [`FormatError::NotRead`] for kinds of pictures that are not read, [`FormatError::Damaged`], and
/// [`FormatError::TooLarge`].
pub(crate) fn pdf(bytes: &[u8], limits: &Limits, colours: Colours) -> Result<Vec<u8>, FormatError> {
    sheets(bytes, limits, colours).map(|sheets| sheets::pdf(&sheets))
}

/// The pages of a file.
///
/// # Errors
/// As [`pdf`].
pub(crate) fn sheets(
    bytes: &[u8],
    limits: &Limits,
    colours: Colours,
) -> Result<Vec<Sheet>, FormatError> {
    let sheets = if bytes.starts_with(png::SIGNATURE) {
        png::sheet(bytes, limits.pixels, colours).map(|sheet| vec![sheet])
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        jpeg::sheet(bytes, limits.pixels).map(|sheet| vec![sheet])
    } else if bytes.starts_with(b"II") || bytes.starts_with(b"MM") {
        tiff::sheets(bytes, limits.pixels, limits.pages)
    } else {
        return Err(FormatError::NotRead { format: Format::Picture });
    };
    sheets.map_err(damaged)
}

fn damaged(what: String) -> FormatError {
    FormatError::Damaged { format: Format::Picture, what }
}

/// Refuses sizes over the limit, and none.
fn checked(width: usize, height: usize, pixels: usize) -> Result<(), String> {
    match width.checked_mul(height) {
        Some(0) => Err("it has no pixels".to_owned()),
        Some(size) if size <= pixels => Ok(()),
        size => {
            let size = size.unwrap_or(usize::MAX);
            Err(format!("it has {size} pixels, the limit is {pixels}"))
        }
    }
}
