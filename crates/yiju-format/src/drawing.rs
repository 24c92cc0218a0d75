//! A page of a file as a picture.
//!
//! Where a page comes from is the format's: each that has pages to draw has a room of its own with one function, and
//! [`draw_page`] chooses between them.

use crate::picture::Colours;
use crate::{Area, Format, FormatError, Limits, detect, ofd, pdf, picture};

/// Pixels a point where no width is asked for: 110 to the inch, so that small print can be read.
const SCALE: f32 = 110.0 / 72.0;

/// Most pixels of a drawn page. An A4 page of this many has 410 to the inch.
const PIXELS: f32 = 16_000_000.0;

/// Longest side of a drawn page in pixels.
const SIDE: f32 = 16_000.0;

/// Which page to draw and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageRequest {
    /// The page, from 1.
    pub page: u32,
    /// Its width in pixels; `None` for 110 pixels to the inch. A page that would have more than 16 million pixels is
    /// drawn smaller.
    pub width: Option<u32>,
    /// What to mark, in points from the page's upper left corner.
    pub marks: Vec<Area>,
}

/// A drawn page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePicture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The picture as a PNG file.
    pub png: Vec<u8>,
    /// Characters that are not drawn: their font is not in the file, and none of the program's own has them.
    pub undrawn: usize,
}

/// Draws a page of a file.
///
/// # Errors
/// If the format has no pages or they cannot be drawn, the file has no such page, or it is damaged, encrypted or over a
/// limit.
pub fn draw_page(
    bytes: &[u8],
    request: &PageRequest,
    limits: &Limits,
) -> Result<PagePicture, FormatError> {
    let format = detect(bytes);
    let drawn = match format {
        Format::Pdf => pdf::draw_page(bytes, request, limits),
        Format::Picture => {
            pdf::draw_page(&picture::pdf(bytes, limits, Colours::All)?, request, limits)
        }
        Format::Ofd => ofd::draw_page(bytes, request, limits),
        format => {
            let why = "it has no pages of its own".to_owned();
            return Err(FormatError::NotDrawn { format, why });
        }
    };
    drawn.map_err(|error| match error.of(format) {
        FormatError::NotDrawn { format, why } => {
            FormatError::NotDrawn { format, why: format!("page {}: {why}", request.page) }
        }
        error => error,
    })
}

/// The scale, in pixels a point, and the size in pixels of a page of this size in points.
pub(crate) fn scaled(size: (f32, f32), width: Option<u32>) -> (f32, (u16, u16)) {
    let (wide, high) = (size.0.max(1.0), size.1.max(1.0));
    let asked = width.map_or(SCALE, |width| width as f32 / wide);
    let scale = asked.min((PIXELS / (wide * high)).sqrt()).min(SIDE / wide.max(high));
    // `SIDE` is less than a `u16` holds.
    let pixels = |points: f32| (points * scale).round().max(1.0) as u16;
    (scale, (pixels(wide), pixels(high)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_width_asked_for_within_the_limits() {
        let a4 = (595.0, 842.0);
        assert_eq!(scaled(a4, None).1, (909, 1286));
        assert_eq!(scaled(a4, Some(400)).1, (400, 566));
        for size in [a4, (1.0, 14_400.0), (14_400.0, 14_400.0), (0.0, 0.0), (200_000.0, 3.0)] {
            for width in [None, Some(1), Some(1_000_000)] {
                let (_, (wide, high)) = scaled(size, width);
                assert!(wide >= 1 && high >= 1 && wide <= 16_000 && high <= 16_000);
                assert!(u32::from(wide) * u32::from(high) <= 16_040_000, "{size:?} {width:?}");
            }
        }
    }

    #[test]
    fn a_picture_is_its_own_page() {
        let request = PageRequest { page: 1, width: Some(60), ..PageRequest::default() };
        let bytes = include_bytes!("../../../fuzz/seeds/picture/clear.png");
        let drawn = draw_page(bytes, &request, &Limits::default()).unwrap();
        assert_eq!(drawn.width, 60);
        assert!(drawn.png.starts_with(b"\x89PNG"));
    }

    #[test]
    fn what_has_no_pages_is_refused_in_words() {
        let request = PageRequest { page: 1, ..PageRequest::default() };
        let error = draw_page(b"a,b\n1,2\n3,4\n", &request, &Limits::default()).unwrap_err();
        assert!(error.to_string().contains("no pages"), "{error}");
    }
}
