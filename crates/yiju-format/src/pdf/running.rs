//! Lines that pages repeat: headers, footers and page numbers.
//!
//! A line is only taken for one of these in the outer part of its page, with nothing outside it that stays, and by what other
//! pages have at the same height, or by a form that only page numbers and browsers' print headers have.

use std::collections::HashMap;

use super::frame::Frame;
use super::glyphs::Way;
use super::lines::{Line, median};
use super::page::{Item, PageText};
use crate::Area;

/// Headers and footers stand in this part of the page at its upper and lower edge.
const EDGE: f32 = 0.16;
/// Heights that differ by less are the same, in points.
const SAME: f32 = 4.0;
/// At most this many rows of a page's edge are looked at.
const ROWS: usize = 5;

/// A row at a page's edge.
struct Row {
    page: usize,
    /// Items of the page.
    items: Vec<usize>,
    /// Its text without white space.
    text: String,
    /// The same with each number as `#`.
    shape: String,
    /// Distance from the edge.
    height: f32,
    /// How many rows are outside it.
    depth: usize,
    lower: bool,
}

/// Removes headers, footers, page numbers and watermarks from pages in their order.
pub(super) fn remove(pages: &mut [PageText]) {
    watermarks(pages);
    let mut rows = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        for lower in [false, true] {
            rows.extend(edge(index, page, lower));
        }
    }
    let mut by_shape: HashMap<(bool, &str), Vec<&Row>> = HashMap::new();
    for row in &rows {
        by_shape.entry((row.lower, row.shape.as_str())).or_default().push(row);
    }
    let mut gone: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut open: HashMap<(usize, bool), usize> = HashMap::new();
    // From the outside in: what stands outside a line that stays is text of the page only if it is.
    let mut order: Vec<&Row> = rows.iter().collect();
    order.sort_by_key(|row| row.depth);
    for row in order {
        let outside = open.entry((row.page, row.lower)).or_default();
        if *outside != row.depth {
            continue;
        }
        let alike = by_shape.get(&(row.lower, row.shape.as_str())).map_or(&[][..], Vec::as_slice);
        let alike: Vec<&&Row> =
            alike.iter().filter(|other| (other.height - row.height).abs() <= SAME).collect();
        if runs(row, &alike, pages.len()) {
            *outside += 1;
            gone.entry(row.page).or_default().extend(&row.items);
        }
    }
    for (index, items) in gone {
        if let Some(page) = pages.get_mut(index) {
            let mut at = 0;
            page.items.retain(|_| {
                at += 1;
                !items.contains(&(at - 1))
            });
        }
    }
}

/// Removes what is printed across pages: text aslant, or much larger than the rest, that is the same on most pages.
fn watermarks(pages: &mut [PageText]) {
    let lines = |page: &PageText| -> Vec<(String, bool, f32)> {
        let lines = page.items.iter().filter_map(|item| match item {
            Item::Line(line) => Some(line),
            Item::Table(..) => None,
        });
        lines.map(|line| (line.text.clone(), line.way == Way::Aslant, line.size)).collect()
    };
    let all: Vec<Vec<(String, bool, f32)>> = pages.iter().map(lines).collect();
    let body = median(all.iter().flatten().map(|line| line.2).collect());
    let across = |aslant: bool, size: f32| aslant || size > 2.0 * body;
    let mut count: HashMap<&str, usize> = HashMap::new();
    for lines in &all {
        let mut texts: Vec<&str> = lines
            .iter()
            .filter(|line| across(line.1, line.2))
            .map(|line| line.0.as_str())
            .collect();
        texts.sort_unstable();
        texts.dedup();
        for text in texts {
            *count.entry(text).or_default() += 1;
        }
    }
    let least = 3.max(pages.len() / 2);
    for page in pages {
        page.items.retain(|item| match item {
            Item::Line(line) => {
                !across(line.way == Way::Aslant, line.size)
                    || count.get(line.text.as_str()).is_none_or(|&count| count < least)
            }
            Item::Table(..) => true,
        });
    }
}

/// The rows at an edge of a page, the outermost first.
fn edge(index: usize, page: &PageText, lower: bool) -> Vec<Row> {
    let limit = page.height * EDGE;
    let mut lines: Vec<(usize, &Line, Area)> = Vec::new();
    for (item, line) in page.items.iter().enumerate() {
        let Item::Line(line) = line else { continue };
        let frame = Frame { way: line.way, width: page.width, height: page.height };
        let area = frame.back(line.area);
        let inside = if lower { page.height - area.top } else { area.bottom };
        if inside <= limit {
            lines.push((item, line, area));
        }
    }
    let height = |area: &Area| if lower { page.height - area.bottom } else { area.top };
    lines.sort_by(|a, b| height(&a.2).total_cmp(&height(&b.2)).then(a.2.left.total_cmp(&b.2.left)));
    let mut rows: Vec<Row> = Vec::new();
    let mut last: Option<Area> = None;
    for (item, line, area) in lines {
        let text: String = line.text.chars().filter(|c| !c.is_whitespace()).collect();
        let beside = last.is_some_and(|last| {
            let shared = last.bottom.min(area.bottom) - last.top.max(area.top);
            shared > 0.5 * (last.bottom - last.top).min(area.bottom - area.top)
        });
        match rows.last_mut().filter(|_| beside) {
            Some(row) => {
                row.items.push(item);
                row.text.push_str(&text);
            }
            None => rows.push(Row {
                page: index,
                items: vec![item],
                text,
                shape: String::new(),
                height: height(&area),
                depth: rows.len(),
                lower,
            }),
        }
        last = Some(area);
    }
    rows.truncate(ROWS);
    for row in &mut rows {
        row.shape = shape(&row.text);
    }
    rows
}

/// A text with each number as `#`.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for c in text.chars() {
        if c.is_numeric() && (c as u32) < 0x3000 || ('０'..='９').contains(&c) {
            if !shape.ends_with('#') {
                shape.push('#');
            }
        } else {
            shape.push(c);
        }
    }
    shape
}

/// Whether a row is one that pages repeat. `alike`: the rows of its shape at its height, itself included.
fn runs(row: &Row, alike: &[&&Row], pages: usize) -> bool {
    let share = |rows: usize, least: usize| rows >= least && rows * 2 >= pages;
    let parity = |rows: &mut dyn Iterator<Item = usize>| {
        // Left and right pages often have headers of their own.
        let same = rows.filter(|page| page % 2 == row.page % 2).count();
        same >= 3 && same * 4 >= (pages / 2) * 3
    };
    let mut equal: Vec<usize> =
        alike.iter().filter(|other| other.text == row.text).map(|other| other.page).collect();
    equal.dedup();
    let follow = equal.windows(3).any(|three| {
        three.contains(&row.page) && three[0] + 1 == three[1] && three[1] + 1 == three[2]
    });
    if share(equal.len(), 2) || parity(&mut equal.iter().copied()) || follow && pages >= 6 {
        return true;
    }
    if browser(row) {
        return true;
    }
    if numbers(&row.shape) {
        return decorated(&row.shape)
            || share(alike.len(), 2)
            || parity(&mut alike.iter().map(|r| r.page));
    }
    // A number that changes from page to page in a text that does not: of two pages it may be an annex's.
    let titled = ["附", "表", "图", "第"].iter().any(|start| row.text.starts_with(start));
    row.shape.contains('#') && !titled && share(alike.len(), 3)
}

/// Whether a row holds only page numbers.
fn numbers(shape: &str) -> bool {
    let mut rest = shape.to_owned();
    for part in ["Page", "page", "PAGE", "of", "第", "共", "页", "頁"] {
        rest = rest.replace(part, "");
    }
    shape.contains('#') && rest.chars().all(|c| "#-–—―－─·•.…/／|｜~～()（）[]【】,，".contains(c))
}

/// Whether page numbers have a form of their own: `— 1 —`, `1/9`, `第1页`.
fn decorated(shape: &str) -> bool {
    let dashes = |c: char| "-–—―－─~～·•".contains(c);
    shape == "#/#"
        || shape == "#／#"
        || shape.contains('页')
        || shape.starts_with(dashes) && shape.ends_with(dashes) && shape.matches('#').count() == 1
}

/// Whether a row is a browser's: the time and the title above, the address and the page number below.
fn browser(row: &Row) -> bool {
    if row.lower {
        let address = ["http://", "https://", "file://"].iter().any(|s| row.text.starts_with(s));
        return row.depth == 0 && address && row.shape.ends_with("#/#");
    }
    // `2026/7/24 15:57`, `7/24/26, 3:57 PM`.
    row.depth == 0 && ["#/#/#:#", "#/#/#,#:#"].iter().any(|start| row.shape.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_have_forms() {
        for text in ["—1—", "-12-", "1/9", "第1页共9页", "Page1of9", "12"] {
            assert!(numbers(&shape(text)), "{text}");
        }
        for text in ["第一条", "1.总则", "2024年", "表1"] {
            assert!(!numbers(&shape(text)), "{text}");
        }
        assert!(decorated(&shape("—1—")));
        assert!(!decorated(&shape("12")), "it may be a number of the text");
    }
}
