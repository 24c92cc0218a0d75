//! Lines to paragraphs, across lines, columns and pages.
//!
//! A line continues the one before if that one had no room for its first word, if it begins where lines of the paragraph
//! begin, and if nothing says that another paragraph begins: a wide gap, another size, a clause's number.

use std::collections::HashMap;

use super::frame::Frame;
use super::glyphs::Way;
use super::lines::{Line, letter, median};
use crate::items::{begins_clause, begins_item};
use crate::{Area, Place, Recognised};

/// A line with its page.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) page: usize,
    pub(super) frame: Frame,
    pub(super) line: Line,
}

/// The edges of a column as its lines show them.
#[derive(Clone, Copy, Debug)]
struct Edges {
    left: f32,
    right: f32,
    /// Whether first lines of paragraphs are set in.
    indented: bool,
    /// Whether enough lines show where the right edge is.
    sure: bool,
}

/// A kind of column: its way of writing and, if it is not the only one of its page, where it is; with a size, what is
/// printed in that size there.
type Column = (Way, i32, i32, i32, Option<i32>);

/// Columns whose edges are so near each other are of one kind, in points.
const KEY: f32 = 8.0;
/// Lines that end so near the right edge are full, in points.
const FULL: f32 = 18.0;

/// From as many lines of one size its own edges are taken: a title may be wider than the text below it.
const OWN_EDGES: usize = 3;

/// What lines of a document have in common.
pub(super) struct Style {
    edges: HashMap<Column, Edges>,
    /// Distance of lines by ten times their size.
    leading: HashMap<i32, f32>,
    /// Size of most of the text.
    pub(super) body: f32,
}

/// A paragraph that is being put together.
struct Open {
    text: String,
    places: Vec<Place>,
    last: Placed,
    first_left: f32,
    /// Where its second line begins.
    rest_left: Option<f32>,
}

fn column(placed: &Placed) -> Column {
    let across = placed.frame.across();
    let key = |edge: f32| (edge / KEY).round() as i32;
    let (left, right) = placed.line.column.map_or((0, 0), |(left, right)| (key(left), key(right)));
    (placed.line.way, key(across), left, right, None)
}

fn sized(placed: &Placed) -> Column {
    let (way, across, left, right, _) = column(placed);
    (way, across, left, right, Some(size_key(placed.line.size)))
}

fn size_key(size: f32) -> i32 {
    (size * 2.0).round() as i32
}

impl Style {
    /// What the lines of a document have in common.
    pub(super) fn of(lines: &[Placed]) -> Self {
        let mut lefts: HashMap<Column, Vec<f32>> = HashMap::new();
        let mut rights: HashMap<Column, Vec<f32>> = HashMap::new();
        let mut steps: HashMap<i32, Vec<f32>> = HashMap::new();
        let mut sizes: HashMap<i32, usize> = HashMap::new();
        for placed in lines {
            for key in [column(placed), sized(placed)] {
                lefts.entry(key).or_default().push(placed.line.area.left);
                rights.entry(key).or_default().push(placed.line.area.right);
            }
            *sizes.entry(size_key(placed.line.size)).or_default() +=
                placed.line.text.chars().count();
        }
        for pair in lines.windows(2) {
            let [a, b] = pair else { continue };
            let step = b.line.area.bottom - a.line.area.bottom;
            let size = a.line.size;
            if a.page == b.page
                && size_key(size) == size_key(b.line.size)
                && step > 0.8 * size
                && step < 3.5 * size
            {
                steps.entry(size_key(size)).or_default().push(step);
            }
        }
        let at = |mut values: Vec<f32>, part: f32| {
            values.sort_by(f32::total_cmp);
            let last = values.len().saturating_sub(1);
            values.get((last as f32 * part).round() as usize).copied().unwrap_or(0.0)
        };
        let edges = lefts
            .into_iter()
            .filter(|(key, lefts)| key.4.is_none() || lefts.len() >= OWN_EDGES)
            .map(|(key, lefts)| {
                let rights = rights.remove(&key).unwrap_or_default();
                let left = at(lefts.clone(), 0.05);
                let mut right = at(rights.clone(), 0.95);
                let full = rights.iter().filter(|&&x| (x - right).abs() < FULL).count();
                // Where few or short lines say where the right edge is, the margins are taken for equal.
                let whole = key.2 == 0 && key.3 == 0;
                let across = key.1 as f32 * KEY;
                let sure = full >= OWN_EDGES && !(whole && right - left < 0.4 * across);
                if whole && !sure {
                    right = right.max(across - left);
                }
                let first = lefts.iter().filter(|&&x| x - left > 12.0 && x - left < 60.0).count();
                (key, Edges { left, right, indented: first * 12 >= lefts.len(), sure })
            })
            .collect();
        let body = sizes.into_iter().max_by_key(|&(size, count)| (count, size));
        Self {
            edges,
            leading: steps.into_iter().map(|(size, steps)| (size, median(steps))).collect(),
            body: body.map_or(0.0, |(size, _)| size as f32 / 2.0),
        }
    }

    fn edges(&self, placed: &Placed) -> Edges {
        let own = self.edges.get(&sized(placed)).or_else(|| self.edges.get(&column(placed)));
        let Area { left, right, .. } = placed.line.area;
        own.copied().unwrap_or(Edges { left, right, indented: true, sure: false })
    }

    fn leading(&self, size: f32) -> f32 {
        self.leading.get(&size_key(size)).copied().unwrap_or(1.7 * size)
    }

    /// Whether a line goes on with a paragraph.
    fn continues(&self, open: &Open, next: &Placed) -> bool {
        let (before, line) = (&open.last.line, &next.line);
        let size = before.size;
        if (before.element.is_some() || line.element.is_some()) && !(before.loose && line.loose) {
            let same = before.element.zip(line.element).is_some_and(|(a, b)| a.0 == b.0);
            return same && before.way == line.way && !self.broken(open, next);
        }
        if before.note && begins_note(&line.text) {
            return false;
        }
        if before.way != line.way
            || before.way == Way::Aslant
            || before.invisible != line.invisible
            || (line.size - size).abs() > 0.12 * size
            || begins_clause(&line.text)
            || ends_entry(&before.text)
        {
            return false;
        }
        let step = line.area.bottom - before.area.bottom;
        let below = open.last.page == next.page && step > 0.0;
        if below && step > 1.4 * self.leading(size) {
            return false;
        }
        let (edges, at) = (self.edges(&open.last), self.edges(next));
        let ends = before.text.ends_with(['。', '；', '：', '！', '？', ';', ':']);
        if ends && (begins_item(&line.text) || begins_label(&line.text)) {
            return false;
        }
        if below && self.centred(before, edges) && self.centred(line, at) && size > 1.15 * self.body
        {
            return true;
        }
        // Distances from the column's edge, because the next line may stand in another column.
        let indent = line.area.left - at.left;
        let room = edges.right - before.area.right;
        // Lines that a program cut by counting leave some room, but no sentence ends there.
        let open_end = before.text.ends_with(|c| ideograph(c) || "，、（《“".contains(c));
        let cut = open_end && line.area.left - before.area.left < size && room < 2.6 * size;
        let long = before.area.right - before.area.left > 15.0 * size;
        if room > line.head + 0.6 * size && !(cut && long) {
            return false;
        }
        // Without indents a colon at the end of a line ends an address or leads to what follows.
        if !edges.indented && before.text.ends_with('：') {
            return false;
        }
        match open.rest_left {
            Some(rest) => (indent - rest).abs() <= 0.9 * size,
            // The first line is set in, the second is not.
            None if indent < 1.2 * size => indent <= open.first_left + 0.9 * size,
            // Both are set in: a block, unless a sentence ended.
            None if (indent - open.first_left).abs() <= 0.5 * size => !ends && indent < 5.0 * size,
            // The number hangs out to the left.
            None => {
                indent > open.first_left
                    && indent < open.first_left + 5.0 * size
                    && begins_item(&open.text)
                    && !begins_item(&line.text)
            }
        }
    }

    /// Whether a line of an element was broken where the next one begins, as by a forced line break: no structure tells
    /// these.
    fn broken(&self, open: &Open, next: &Placed) -> bool {
        let (before, line) = (&open.last.line, &next.line);
        let (edges, at) = (self.edges(&open.last), self.edges(next));
        let centred = self.centred(before, edges) && self.centred(line, at);
        let size = before.size;
        let room = edges.right - before.area.right;
        // Set to the right, as signatures are.
        let right = |line: &Line, edges: Edges| {
            line.area.left - edges.left > 0.3 * (edges.right - edges.left)
        };
        !centred
            && (edges.sure && room > line.head + 2.5 * size
                || right(before, edges) && right(line, at))
    }

    fn centred(&self, line: &Line, edges: Edges) -> bool {
        let middle = (line.area.left + line.area.right) / 2.0;
        (middle - (edges.left + edges.right) / 2.0).abs() < line.size
    }
}

fn ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Whether a line begins with a label: `指标来源：`.
fn begins_label(text: &str) -> bool {
    let rest = text.trim_start_matches(ideograph);
    let label = text.chars().count() - rest.chars().count();
    rest.starts_with('：') && (2..=8).contains(&label)
}

/// Whether a line begins with a mark of a footnote: `①`, `[1]`, `1 见`, `*`.
fn begins_note(text: &str) -> bool {
    let rest = text.trim_start_matches(['[', '［', '〔', '(', '（']);
    rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '①'..='⑳' | '*' | '＊' | '注'))
}

/// Whether a line is an entry of a table of contents: dots and a page number at its end.
fn ends_entry(text: &str) -> bool {
    let rest = text.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_whitespace());
    let dots =
        rest.chars().rev().take_while(|&c| matches!(c, '.' | '…' | '·' | '．' | ' ')).count();
    rest.len() < text.len() && (dots >= 4 || rest.ends_with('…'))
}

/// A paragraph's text and places.
pub(super) type Paragraph = (String, Vec<Place>, Placed);

/// Joins lines in the order of reading to paragraphs, each with its first line.
pub(super) fn join(lines: Vec<Placed>, style: &Style) -> Vec<Paragraph> {
    let mut done = Vec::new();
    let mut open: Option<(Open, Placed)> = None;
    for placed in lines {
        if placed.line.text.is_empty() {
            continue;
        }
        let indent = placed.line.area.left - style.edges(&placed).left;
        match &mut open {
            Some((open, _)) if style.continues(open, &placed) => {
                open.rest_left = open.rest_left.or(Some(indent));
                append(&mut open.text, &mut open.places, &placed);
                open.last = placed;
            }
            _ => {
                if let Some((open, first)) = open.take() {
                    done.push((open.text, open.places, first));
                }
                let (mut text, mut places) = (String::new(), Vec::new());
                append(&mut text, &mut places, &placed);
                let last = placed.clone();
                open = Some((
                    Open { text, places, last, first_left: indent, rest_left: None },
                    placed,
                ));
            }
        }
    }
    if let Some((open, first)) = open {
        done.push((open.text, open.places, first));
    }
    done
}

/// Appends a line to a text, with a space between words, and its place.
pub(super) fn append(text: &mut String, places: &mut Vec<Place>, placed: &Placed) {
    if text.ends_with(letter) && placed.line.text.starts_with(letter) {
        text.push(' ');
    }
    let start = text.len();
    text.push_str(&placed.line.text);
    let area: Area = placed.frame.back(placed.line.area);
    let page = u32::try_from(placed.page + 1).unwrap_or(u32::MAX);
    // What stands unseen under a picture was recognised there by another program.
    let recognised = placed.line.invisible.then(Recognised::default);
    places.push(Place { range: start..text.len(), page, area, recognised });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_entries_are_known() {
        assert!(begins_label("指标来源：医院填报。") && !begins_label("：医院"));
        assert!(ends_entry("第一章 总纲......4") && ends_entry("序言……2"));
        assert!(!ends_entry("到2035") && !ends_entry("等等……"));
    }
}
