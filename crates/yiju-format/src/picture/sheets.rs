//! Pictures as the pages of a PDF: it packs pictures as TIFF and JPEG do, so that one reader and its limits serve all.

use std::fmt::Write as _;

use crate::pdf::written::{self, Written};

/// One page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sheet {
    /// Width in pixels.
    pub(crate) width: usize,
    /// Height in pixels.
    pub(crate) height: usize,
    /// Degrees by which it is turned clockwise to be seen.
    pub(crate) turned: u16,
    /// Its parts from the top down.
    pub(crate) strips: Vec<Strip>,
}

/// Rows of a page that are packed together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Strip {
    /// How many.
    pub(crate) rows: usize,
    /// What an image dictionary says of their samples and packing (ISO 32000-2 §8.9.5), width and height apart.
    pub(crate) entries: String,
    /// The samples as they are packed.
    pub(crate) data: Vec<u8>,
    /// How much each pixel covers, a byte each, where some do not wholly.
    pub(crate) cover: Option<Vec<u8>>,
}

/// Width of the shorter side of a page, in points: that of A4, since few pictures say how large they are.
const SHORTER: f32 = 595.0;
/// Points of a pixel at most: a screen's.
const LARGEST: f32 = 0.75;

impl Sheet {
    /// Adds the picture to a file. Gives its names for a dictionary of resources, and the operators that draw it onto
    /// the unit square, upright before it is turned (ISO 32000-2 §8.9.5.2).
    pub(crate) fn draw(&self, file: &mut Written) -> (String, String) {
        let (mut names, mut content) = (String::new(), String::new());
        let mut top = 0;
        for Strip { rows, entries, data, cover } in &self.strips {
            let size = format!("/Type/XObject/Subtype/Image/Width {}/Height {rows}", self.width);
            let mask = cover.as_ref().map(|cover| {
                let kind = "/ColorSpace/DeviceGray/BitsPerComponent 8";
                file.stream(&format!("{size}{kind}"), cover)
            });
            let mask = mask.map(|mask| format!("/SMask {mask} 0 R")).unwrap_or_default();
            let number = file.stream(&format!("{size}{entries}{mask}"), data);
            top += rows;
            let part = |rows: usize| rows as f64 / self.height.max(1) as f64;
            // Writing to a string does not fail.
            let _ = write!(names, "/S{number} {number} 0 R");
            let (low, high) = (1.0 - part(top), part(*rows));
            let _ = writeln!(content, "q 1 0 0 {high} 0 {low} cm /S{number} Do Q");
        }
        (names, content)
    }
}

/// A PDF of the pages.
pub(super) fn pdf(sheets: &[Sheet]) -> Vec<u8> {
    let mut file = Written::default();
    for sheet in sheets {
        let points = (SHORTER / sheet.width.min(sheet.height).max(1) as f32).min(LARGEST);
        let (width, height) = (sheet.width as f32 * points, sheet.height as f32 * points);
        let (names, content) = sheet.draw(&mut file);
        file.page(&written::Sheet {
            width: width.into(),
            height: height.into(),
            turned: sheet.turned,
            resources: &format!("/XObject<<{names}>>"),
            content: format!("q {width} 0 0 {height} 0 0 cm\n{content}Q").as_bytes(),
        });
    }
    file.file()
}
