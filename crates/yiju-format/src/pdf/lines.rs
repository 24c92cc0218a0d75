//! Glyphs to rows of text.

use super::glyphs::{Glyph, Way, union};
use crate::Area;
use crate::bounded::Stop;

/// Glyphs beside each other, with no gap as wide as between columns.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// In the order of reading.
    pub(super) glyphs: Vec<Glyph>,
    /// What they cover, in the frame.
    pub(super) area: Area,
}

/// A line of text.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its text, without white space at its ends.
    pub(super) text: String,
    /// Where it is, in the frame of its way.
    pub(super) area: Area,
    /// Size of most of its glyphs.
    pub(super) size: f32,
    /// Width of what cannot be parted from its beginning: a word, or a character with its punctuation.
    pub(super) head: f32,
    /// The direction that it runs.
    pub(super) way: Way,
    /// Left and right edge in the frame of the column it is in, if the page has several.
    pub(super) column: Option<(f32, f32)>,
    /// The element of the tagged structure it belongs to, and its place in the order of reading.
    pub(super) element: Option<(usize, usize)>,
    /// Whether that element does not say where its paragraphs begin.
    pub(super) loose: bool,
    /// Whether it is a footnote's.
    pub(super) note: bool,
    /// Whether it is a text layer under a picture.
    pub(super) invisible: bool,
    /// How many of its characters are not known.
    pub(super) unknown: usize,
}

/// Gaps of this many ems part the pieces of a row.
const GAP: f32 = 1.3;

/// Drops glyphs that are drawn again at nearly the same place, as programs without a bold font do. `glyphs` in the order of
/// drawing.
pub(super) fn once(glyphs: Vec<Glyph>, stop: &Stop) -> Vec<Glyph> {
    use std::collections::HashMap;
    let mut kept: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    let mut places: HashMap<(i32, i32), Vec<usize>> = HashMap::new();
    for (index, glyph) in glyphs.into_iter().enumerate() {
        if index % 256 == 0 {
            stop.check();
        }
        let (x, y) = (glyph.area.left, glyph.area.bottom);
        let (column, row) = ((x / 2.0).floor() as i32, (y / 2.0).floor() as i32);
        // Narrow letters stand closer together than a stroke is shifted.
        let wide = (glyph.area.right - glyph.area.left).max(glyph.area.bottom - glyph.area.top);
        let narrow = (glyph.area.right - glyph.area.left).min(wide);
        let near = 1.5_f32.min(narrow * 0.5).max(0.01);
        let again = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))).any(|(dx, dy)| {
            let place = (column.saturating_add(dx), row.saturating_add(dy));
            places.get(&place).into_iter().flatten().any(|&index| {
                kept.get(index).is_some_and(|other| {
                    other.text == glyph.text
                        && (other.area.left - x).abs() <= near
                        && (other.area.bottom - y).abs() <= near
                        && (other.size - glyph.size).abs() <= glyph.size * 0.2
                })
            })
        });
        if again && !glyph.text.chars().all(char::is_whitespace) {
            continue;
        }
        places.entry((column, row)).or_default().push(kept.len());
        kept.push(glyph);
    }
    kept
}

/// Rows of pieces from the top down; the glyphs' areas are those of the frame, in the order of drawing.
pub(super) fn rows(glyphs: Vec<Glyph>) -> Vec<Vec<Piece>> {
    let mut chunks = chunks(glyphs);
    chunks.sort_by(|a, b| middle(a.area).total_cmp(&middle(b.area)));
    let mut rows: Vec<(Area, Vec<Glyph>)> = Vec::new();
    for chunk in chunks {
        // Rows are near each other in the list as on the page.
        let near = rows.len().saturating_sub(8);
        let same = rows
            .iter()
            .enumerate()
            .skip(near)
            .rfind(|(_, (core, _))| on_line(*core, chunk.area))
            .map(|(index, _)| index);
        match same.and_then(|index| rows.get_mut(index)) {
            Some((core, glyphs)) => {
                if chunk.area.bottom - chunk.area.top > core.bottom - core.top {
                    *core = chunk.area;
                }
                glyphs.extend(chunk.glyphs);
            }
            None => rows.push((chunk.area, chunk.glyphs)),
        }
    }
    rows.sort_by(|a, b| middle(a.0).total_cmp(&middle(b.0)));
    rows.into_iter().map(|(_, glyphs)| pieces(glyphs)).filter(|row| !row.is_empty()).collect()
}

/// Runs of glyphs as they were drawn one after another on one line.
fn chunks(glyphs: Vec<Glyph>) -> Vec<Piece> {
    let mut chunks: Vec<Piece> = Vec::new();
    for glyph in glyphs {
        let blank = blank(&glyph);
        let joined = chunks.last_mut().filter(|chunk| {
            chunk.glyphs.last().is_some_and(|last| {
                let gap = glyph.area.left - last.area.right;
                let em = last.size.max(glyph.size);
                on_line(chunk.area, glyph.area) && gap > -0.6 * em && gap < em
            })
        });
        match joined {
            Some(chunk) => {
                if !blank {
                    chunk.area = union(chunk.area, glyph.area);
                }
                chunk.glyphs.push(glyph);
            }
            None if blank => {}
            None => chunks.push(Piece { area: glyph.area, glyphs: vec![glyph] }),
        }
    }
    chunks
}

/// Whether two areas stand on one line: they share more than half the height of the lower one.
fn on_line(a: Area, b: Area) -> bool {
    let shared = a.bottom.min(b.bottom) - a.top.max(b.top);
    shared > 0.5 * (a.bottom - a.top).min(b.bottom - b.top)
}

fn middle(area: Area) -> f32 {
    (area.top + area.bottom) / 2.0
}

/// Whether nothing is seen of a glyph.
pub(super) fn blank(glyph: &Glyph) -> bool {
    glyph.text.chars().all(char::is_whitespace)
}

/// A row's glyphs parted at wide gaps.
fn pieces(mut glyphs: Vec<Glyph>) -> Vec<Piece> {
    glyphs.sort_by(|a, b| a.area.left.total_cmp(&b.area.left));
    let mut pieces: Vec<Piece> = Vec::new();
    // White space is kept with what stands before it.
    for glyph in glyphs {
        match pieces.last_mut() {
            Some(piece) if blank(&glyph) => piece.glyphs.push(glyph),
            None if blank(&glyph) => {}
            Some(piece) if glyph.area.left - piece.area.right < GAP * glyph.size => {
                piece.area = union(piece.area, glyph.area);
                piece.glyphs.push(glyph);
            }
            _ => pieces.push(Piece { area: glyph.area, glyphs: vec![glyph] }),
        }
    }
    pieces
}

/// The line that pieces of a row make.
pub(super) fn line(pieces: Vec<Piece>, column: Option<(f32, f32)>) -> Option<Line> {
    let glyphs: Vec<Glyph> = pieces.into_iter().flat_map(|piece| piece.glyphs).collect();
    line_of(&glyphs, column)
}

/// The line that glyphs make, in this order.
pub(super) fn line_of(glyphs: &[Glyph], column: Option<(f32, f32)>) -> Option<Line> {
    let seen: Vec<&Glyph> = glyphs.iter().filter(|glyph| !blank(glyph)).collect();
    let first = *seen.first()?;
    let area = seen.iter().fold(first.area, |area, glyph| union(area, glyph.area));
    let size = median(seen.iter().map(|glyph| glyph.size).collect());
    let usual = usual_gap(&seen);
    let mut text = String::new();
    let mut before: Option<&Glyph> = None;
    let mut space = None;
    for glyph in glyphs {
        if blank(glyph) {
            // One of several spaces, an ideographic one before others.
            let wide = glyph.text.contains('\u{3000}');
            space = Some(if wide || space == Some('\u{3000}') { '\u{3000}' } else { ' ' });
            continue;
        }
        if let Some(before) = before {
            let gap = glyph.area.left - before.area.right;
            let between = space.or_else(|| {
                let letters = text.ends_with(letter) && glyph.text.starts_with(letter);
                let wide = if letters { 0.2 } else { 0.55 };
                (gap - if letters { 0.0 } else { usual } > wide * before.size.min(glyph.size))
                    .then_some(' ')
            });
            text.extend(between);
        }
        text.push_str(&glyph.text);
        before = Some(glyph);
        space = None;
    }
    Some(Line {
        head: head(&seen),
        text,
        area,
        size,
        way: first.way,
        column,
        element: None,
        loose: false,
        note: false,
        invisible: seen.iter().all(|glyph| glyph.invisible),
        unknown: seen.iter().filter(|glyph| glyph.unknown).count(),
    })
}

/// The gap that most glyphs of a line have between them: text set wide has it everywhere.
fn usual_gap(glyphs: &[&Glyph]) -> f32 {
    let gaps: Vec<f32> =
        glyphs.windows(2).map(|pair| (pair[1].area.left - pair[0].area.right).max(0.0)).collect();
    if gaps.len() < 3 { 0.0 } else { median(gaps) }
}

/// Whether a character is part of a word with its neighbours: letters and digits that are not ideographs.
pub(super) fn letter(c: char) -> bool {
    c.is_alphanumeric() && (c as u32) < 0x2E80
}

/// Width of what cannot be parted from a line's beginning.
fn head(glyphs: &[&Glyph]) -> f32 {
    let Some(first) = glyphs.first() else { return 0.0 };
    let mut right = first.area.right;
    let mut last = first.text.chars().next_back().unwrap_or(' ');
    for glyph in glyphs.iter().skip(1) {
        let c = glyph.text.chars().next().unwrap_or(' ');
        let word = letter(last) && (letter(c) || matches!(c, '.' | ',' | '%' | '-' | '/'));
        let close = glyph.area.left - right < 0.2 * glyph.size;
        if !(closing(c) || opening(last) || word && close) {
            break;
        }
        right = glyph.area.right;
        last = c;
    }
    right - first.area.left
}

/// What no line begins with (GB/T 15834 §5.1).
pub(super) fn closing(c: char) -> bool {
    "。，、；：？！）》〉」』】〕”’％%.,;:?!)]}·—…".contains(c)
}

/// What no line ends with (GB/T 15834 §5.1).
pub(super) fn opening(c: char) -> bool {
    "（《〈「『【〔“‘([{".contains(c)
}

/// The median, 0 of nothing.
pub(super) fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
