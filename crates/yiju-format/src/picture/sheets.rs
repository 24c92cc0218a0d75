//! Pictures as the pages of a PDF: it packs pictures as TIFF and JPEG do, so that one reader and its limits serve all.

use std::fmt::Write as _;

/// One page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sheet {
    /// Width in pixels.
    pub(super) width: usize,
    /// Height in pixels.
    pub(super) height: usize,
    /// Degrees by which it is turned clockwise to be seen.
    pub(super) turned: u16,
    /// Its parts from the top down.
    pub(super) strips: Vec<Strip>,
}

/// Rows of a page that are packed together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Strip {
    /// How many.
    pub(super) rows: usize,
    /// What an image dictionary says of their samples and packing (ISO 32000-2 §8.9.5), width and height apart.
    pub(super) entries: String,
    /// The samples as they are packed.
    pub(super) data: Vec<u8>,
}

/// Width of the shorter side of a page, in points: that of A4, since few pictures say how large they are.
const SHORTER: f32 = 595.0;
/// Points of a pixel at most: a screen's.
const LARGEST: f32 = 0.75;

/// A PDF of the pages.
pub(super) fn pdf(sheets: &[Sheet]) -> Vec<u8> {
    let mut objects: Vec<Vec<u8>> = vec![b"<</Type/Catalog/Pages 2 0 R>>".to_vec(), Vec::new()];
    let mut kids = String::new();
    for sheet in sheets {
        let points = (SHORTER / sheet.width.min(sheet.height).max(1) as f32).min(LARGEST);
        let (width, height) = (sheet.width as f32 * points, sheet.height as f32 * points);
        let (mut content, mut names) = (String::new(), String::new());
        let mut top = 0;
        for strip in &sheet.strips {
            let Strip { rows, entries, data } = strip;
            let mut image = format!(
                "<</Type/XObject/Subtype/Image/Width {}/Height {rows}{entries}/Length {}>>\nstream\n",
                sheet.width,
                data.len()
            )
            .into_bytes();
            image.extend_from_slice(data);
            image.extend_from_slice(b"\nendstream");
            objects.push(image);
            let number = objects.len();
            top += rows;
            let (low, high) = (height - top as f32 * points, *rows as f32 * points);
            // Writing to a string does not fail.
            let _ = write!(names, "/S{number} {number} 0 R");
            let _ = writeln!(content, "q {width} 0 0 {high} 0 {low} cm /S{number} Do Q");
        }
        let stream = format!("<</Length {}>>\nstream\n{content}\nendstream", content.len());
        objects.push(stream.into_bytes());
        let stream = objects.len();
        objects.push(
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Rotate {}/Contents {stream} 0 R\
                 /Resources<</XObject<<{names}>>>>>>",
                sheet.turned
            )
            .into_bytes(),
        );
        let _ = write!(kids, "{} 0 R ", objects.len());
    }
    if let Some(pages) = objects.get_mut(1) {
        *pages = format!("<</Type/Pages/Count {}/Kids[{kids}]>>", sheets.len()).into_bytes();
    }
    file(&objects)
}

/// The objects as a file, with the table of their places.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let count = objects.len() + 1;
    let mut table = format!("xref\n0 {count}\n0000000000 65535 f \n");
    for (index, object) in objects.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = writeln!(table, "{:010} 00000 n ", out.len());
        out.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let start = out.len();
    let end = format!("{table}trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF");
    out.extend_from_slice(end.as_bytes());
    out
}
