//! Pages that are pictures: what was read in them, laid out as pages of glyphs are.

use std::collections::HashMap;
use std::time::Instant;

use super::glyphs::{Artifact, Drawing, Glyph, Way};
use super::page::PageText;
use super::{blocks as layout, running};
use crate::bounded::Stop;
use crate::picture::{PictureError, Recognition, SeenPage, Shades};
use crate::{Area, Block, FormatError, Limits, Place, Recognised};

/// A page whose picture was read.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    /// The page, from 1.
    pub(crate) page: usize,
    /// Points of a pixel.
    pub(crate) points: f32,
    /// Where the picture's upper left corner is on the page, in points.
    pub(crate) origin: (f32, f32),
    /// What was read.
    pub(crate) seen: SeenPage,
}

/// Reads a picture; inside, why it was not read.
///
/// # Errors
/// [`FormatError::Slow`].
pub(crate) fn see(
    picture: Shades,
    recognition: &Recognition<'_>,
    limits: &Limits,
) -> Result<Result<SeenPage, String>, FormatError> {
    let until = Instant::now() + limits.picture_time;
    let over = || Instant::now() >= until;
    match recognition.reader.page(picture, &over) {
        Ok(seen) => Ok(Ok(seen)),
        Err(PictureError::Unread(why)) => Ok(Err(why)),
        Err(PictureError::Stopped) => {
            Err(FormatError::Slow { seconds: limits.picture_time.as_secs() })
        }
    }
}

/// That a page has nothing that can be read.
pub(crate) fn wordless(number: usize) -> String {
    format!("page {number} is a picture without text")
}

/// That a page's picture was not read.
pub(crate) fn not_read(number: usize, why: &str) -> String {
    format!("page {number} is a picture that is not read: {why}")
}

/// The blocks of a file of which only pictures are read. `count` is the number of its pages.
pub(crate) fn blocks(scans: Vec<Scan>, count: usize) -> Vec<Block> {
    let mut pages = vec![PageText::default(); count];
    for scan in &scans {
        if let Some(page) = pages.get_mut(scan.page.saturating_sub(1)) {
            *page = scan.text();
        }
    }
    running::remove(&mut pages);
    let mut blocks = layout::blocks(pages, None);
    settle(&mut blocks, &scans);
    blocks
}

/// Says of what was recognised how surely, and where it is on the page as it is shown.
pub(crate) fn settle(blocks: &mut [Block], scans: &[Scan]) {
    let scans: HashMap<usize, &Scan> = scans.iter().map(|scan| (scan.page, scan)).collect();
    let settled = |place: &mut Place| {
        if let Some(scan) = scans.get(&(place.page as usize)) {
            place.recognised = Some(Recognised { confidence: scan.confidence(place.area) });
            place.area = scan.shown(place.area);
        }
    };
    for block in blocks {
        match block {
            Block::Text(text) => text.places.iter_mut().for_each(settled),
            Block::Table(table) => {
                let cells = table.rows.iter_mut().flatten();
                cells.flat_map(|cell| &mut cell.places).for_each(settled);
            }
        }
    }
}

impl Scan {
    /// The upright page as if its characters had been drawn, in points.
    pub(super) fn text(&self) -> PageText {
        let points = self.points;
        let mut glyphs = Vec::new();
        let usual = self.usual_size();
        for line in &self.seen.lines {
            // The size is measured, and so a little different in each line of one size.
            let near = (line.size - usual).abs() < 0.12 * usual;
            let size = points * if near { usual } else { line.size };
            for &(text, left, right) in &line.characters {
                glyphs.push(Glyph {
                    text: text.to_string(),
                    area: Area {
                        left: left * points,
                        top: line.top * points,
                        right: right * points,
                        bottom: line.bottom * points,
                    },
                    size,
                    way: Way::Level,
                    mark: None,
                    artifact: Artifact::No,
                    invisible: true,
                    unknown: false,
                });
            }
        }
        let size = (self.seen.width * points, self.seen.height * points);
        // What was read is bounded by what a page can show.
        PageText::of(0, size, Drawing { glyphs, ..Drawing::default() }, None, &Stop::never())
    }

    /// The size of most characters, in pixels.
    fn usual_size(&self) -> f32 {
        let mut sizes: Vec<f32> = self
            .seen
            .lines
            .iter()
            .flat_map(|line| std::iter::repeat_n(line.size, line.characters.len()))
            .collect();
        sizes.sort_by(f32::total_cmp);
        sizes.get(sizes.len() / 2).copied().unwrap_or(0.0)
    }

    /// How sure the lines are of which a part is in an area of the upright page: the least sure of them.
    fn confidence(&self, area: Area) -> Option<f32> {
        let points = self.points;
        let held = self.seen.lines.iter().filter(|line| {
            let middle = (line.top + line.bottom) / 2.0 * points;
            let (left, right) = (line.characters.first(), line.characters.last());
            let (left, right) = (left.map_or(0.0, |c| c.1), right.map_or(0.0, |c| c.2));
            middle > area.top
                && middle < area.bottom
                && left * points < area.right
                && right * points > area.left
        });
        held.map(|line| line.confidence).min_by(f32::total_cmp)
    }

    /// An area of the upright page on the page as it is shown.
    fn shown(&self, area: Area) -> Area {
        let [a, b, c, d, e, f] = self.seen.in_picture;
        let at = |x: f32, y: f32| {
            let (x, y) = (x / self.points, y / self.points);
            let (x, y) = (a * x + c * y + e, b * x + d * y + f);
            (x * self.points + self.origin.0, y * self.points + self.origin.1)
        };
        let corners = [
            at(area.left, area.top),
            at(area.right, area.top),
            at(area.left, area.bottom),
            at(area.right, area.bottom),
        ];
        let side = |of: fn(&(f32, f32)) -> f32, pick: fn(f32, f32) -> f32| {
            corners.iter().map(of).reduce(pick).unwrap_or(0.0)
        };
        Area {
            left: side(|c| c.0, f32::min),
            top: side(|c| c.1, f32::min),
            right: side(|c| c.0, f32::max),
            bottom: side(|c| c.1, f32::max),
        }
    }
}
