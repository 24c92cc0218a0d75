//! Pictures of pages: files that are one, and the pages of others that are nothing else.
//!
//! What a picture says is read by whoever gives a [`ReadsPictures`]; the layout of what was read is that of a PDF's page
//! ([`crate::pdf::scanned`]).

mod decode;

pub(crate) use decode::{one, pages};

use crate::pdf::scanned::{self, Scan};
use crate::{Format, FormatError, Limits, Page, Reader, Reading};

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

/// Width of the shorter side of a picture whose size is not known, in points: that of A4.
const SHORTER: f32 = 595.0;
/// Points of a pixel at most: a screen's.
const LARGEST: f32 = 0.75;

impl Reader for Picture<'_> {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let Some(recognition) = self.recognition else {
            return Err(FormatError::Unread {
                format: Format::Picture,
                what: "text in pictures is not recognised here".to_owned(),
            });
        };
        let mut scans = Vec::new();
        let mut sizes = Vec::new();
        let mut unread = Vec::new();
        pages(bytes, limits, |picture| {
            let number = sizes.len() + 1;
            let (width, height) = (picture.width as f32, picture.height as f32);
            let points = (SHORTER / width.min(height)).min(LARGEST);
            let page = Page { width: width * points, height: height * points };
            sizes.push(page);
            match scanned::see(picture, &recognition, limits)? {
                Ok(seen) if seen.lines.is_empty() => unread.push(scanned::wordless(number)),
                Ok(seen) => scans.push(Scan { page: number, points, origin: (0.0, 0.0), seen }),
                Err(why) => unread.push(scanned::not_read(number, &why)),
            }
            Ok(())
        })?;
        let blocks = scanned::blocks(scans, sizes.len());
        Ok(Reading { blocks, pages: sizes, unread, ..Reading::default() })
    }
}
