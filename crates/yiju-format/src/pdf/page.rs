//! One page: what it draws, as lines and tables in the order of reading.

use std::collections::BTreeMap;

use super::aligned::Laid;
use super::frame::Frame;
use super::glyphs::{Artifact, Drawing, Glyph, Way, union};
use super::grid::{Grid, grids};
use super::layout;
use super::lines::{Line, blank, line_of, median, once};
use super::tags::{Role, Tags};
use crate::Area;
use crate::bounded::Stop;

/// A page's content.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// A line of text.
    Line(Line),
    /// A table.
    Table(Frame, Grid),
}

impl Item {
    fn of(part: Laid, frame: Frame) -> Self {
        match part {
            Laid::Line(line) => Item::Line(line),
            Laid::Table(grid) => Item::Table(frame, grid),
        }
    }
}

/// A page's content in the order of reading.
#[derive(Clone, Debug, Default)]
pub(super) struct PageText {
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) items: Vec<Item>,
    /// The part of the page that pictures cover.
    pub(super) pictures: f32,
}

/// A page's structure is followed if at least this part of its text has a place in it.
const TAGGED: f32 = 0.9;

impl PageText {
    /// Reads what was drawn on a page (from 0) with the structure of the file, if it has one.
    pub(super) fn of(
        index: usize,
        (width, height): (f32, f32),
        drawing: Drawing,
        tags: Option<&Tags>,
        stop: &Stop,
    ) -> Self {
        let Drawing { glyphs, rules, pictures } = drawing;
        let mut glyphs = once(glyphs, stop);
        let edge = |glyph: &Glyph| {
            let middle = (glyph.area.top + glyph.area.bottom) / 2.0;
            middle < 0.12 * height || middle > 0.88 * height
        };
        // Other artifacts are what a program did not care to tag; in the middle of a page that is often text.
        glyphs.retain(|glyph| match glyph.artifact {
            Artifact::No => true,
            Artifact::Some => !edge(glyph),
            Artifact::Pagination => false,
        });
        // A text layer under a picture repeats what is drawn as text.
        if glyphs.iter().any(|glyph| !glyph.invisible && !blank(glyph)) {
            glyphs.retain(|glyph| !glyph.invisible);
        }
        let mut items = Vec::new();
        if let Some(tags) = tags {
            glyphs = tagged(index, (width, height), glyphs, tags, &mut items);
        }
        upright(&mut glyphs);
        let mut ways: BTreeMap<Way, Vec<Glyph>> = BTreeMap::new();
        for glyph in glyphs {
            ways.entry(glyph.way).or_default().push(glyph);
        }
        let mut ways: Vec<(Way, Vec<Glyph>)> = ways.into_iter().collect();
        // The page's own direction first.
        ways.sort_by_key(|(way, glyphs)| (*way == Way::Aslant, std::cmp::Reverse(glyphs.len())));
        for (way, mut glyphs) in ways {
            let frame = Frame { way, width, height };
            for glyph in &mut glyphs {
                glyph.area = frame.turned(glyph.area);
            }
            if way == Way::Aslant {
                items.extend(line_of(&glyphs, None).map(Item::Line));
                continue;
            }
            let rules: Vec<Area> = rules.iter().map(|&rule| frame.turned(rule)).collect();
            for grid in grids(&rules, &mut glyphs) {
                let (above, below): (Vec<Glyph>, Vec<Glyph>) =
                    glyphs.into_iter().partition(|glyph| glyph.area.bottom <= grid.area.top + 2.0);
                items.extend(
                    layout::parts(above, stop).into_iter().map(|part| Item::of(part, frame)),
                );
                items.push(Item::Table(frame, grid));
                glyphs = below;
            }
            items.extend(layout::parts(glyphs, stop).into_iter().map(|part| Item::of(part, frame)));
        }
        notes(&rules, (width, height), &mut items);
        let whole = (width * height).max(1.0);
        Self { width, height, items, pictures: pictures / whole }
    }
}

/// Lines of the glyphs that have a place in the structure, in its order; returns the others, or all if too few have one.
fn tagged(
    index: usize,
    (width, height): (f32, f32),
    glyphs: Vec<Glyph>,
    tags: &Tags,
    items: &mut Vec<Item>,
) -> Vec<Glyph> {
    let place = |glyph: &Glyph| tags.mark(index, glyph.mark?);
    // Headers and footers are tagged by few programs.
    let inner = |glyph: &&Glyph| {
        let middle = (glyph.area.top + glyph.area.bottom) / 2.0;
        !blank(glyph) && middle > 0.1 * height && middle < 0.9 * height
    };
    let all = glyphs.iter().filter(inner).count();
    let known = glyphs.iter().filter(inner).filter(|glyph| place(glyph).is_some()).count();
    if (known as f32) < TAGGED * all as f32 || known == 0 {
        return glyphs;
    }
    let mut placed: Vec<(usize, usize, Glyph)> = Vec::new();
    let mut rest = Vec::new();
    for glyph in glyphs {
        match place(&glyph) {
            Some((element, order)) => placed.push((order, element, glyph)),
            None => rest.push(glyph),
        }
    }
    placed.sort_by_key(|(order, ..)| *order);
    // A line ends where the next glyph stands on another or begins again at the left.
    let mut line: Vec<Glyph> = Vec::new();
    let mut cover: Option<Area> = None;
    let mut open: Option<(usize, usize)> = None;
    let mut close = |line: &mut Vec<Glyph>, open: Option<(usize, usize)>| {
        if let (Some(made), Some((order, element))) = (line_of(line, None), open) {
            let loose = tags.elements.get(element) == Some(&Role::Loose);
            items.push(Item::Line(Line { element: Some((element, order)), loose, ..made }));
        }
        line.clear();
    };
    for (order, element, mut glyph) in placed {
        let frame = Frame { way: glyph.way, width, height };
        glyph.area = frame.turned(glyph.area);
        let same = line.last().zip(cover).is_some_and(|(last, cover)| {
            let shared = cover.bottom.min(glyph.area.bottom) - cover.top.max(glyph.area.top);
            let low = (cover.bottom - cover.top).min(glyph.area.bottom - glyph.area.top);
            // A block may be torn into several elements in the midst of a line.
            let loose = |element: usize| tags.elements.get(element) == Some(&Role::Loose);
            last.way == glyph.way
                && open.is_some_and(|(_, open)| open == element || loose(open) && loose(element))
                && shared > 0.5 * low
                && glyph.area.left > last.area.left - glyph.size
        });
        if !same {
            close(&mut line, open);
            cover = None;
            open = Some((order, element));
        }
        if !blank(&glyph) {
            cover = Some(cover.map_or(glyph.area, |cover| union(cover, glyph.area)));
        } else if cover.is_none() {
            continue;
        }
        line.push(glyph);
    }
    close(&mut line, open);
    rest
}

/// Turns text whose upright characters were drawn one below the other with a font for level text into vertical text.
fn upright(glyphs: &mut [Glyph]) {
    let (mut below, mut beside) = (0_usize, 0_usize);
    for pair in glyphs.windows(2) {
        let [a, b] = pair else { continue };
        if a.way != Way::Level || b.way != Way::Level {
            continue;
        }
        let (dx, dy) = (b.area.left - a.area.left, b.area.top - a.area.top);
        if dx.abs() < 0.3 * a.size && dy > 0.7 * a.size && dy < 1.8 * a.size {
            below += 1;
        } else if dy.abs() < 0.3 * a.size {
            beside += 1;
        }
    }
    if below >= 20 && below > 8 * beside {
        for glyph in glyphs.iter_mut().filter(|glyph| glyph.way == Way::Level) {
            glyph.way = Way::Down;
        }
    }
}

/// Marks footnotes: smaller text below a short rule in the lower half of the page.
fn notes(rules: &[Area], (width, height): (f32, f32), items: &mut [Item]) {
    let short = |rule: &&Area| {
        let length = rule.right - rule.left;
        length > 0.1 * width && length < 0.45 * width && rule.top > 0.4 * height
    };
    let lines = items.iter().filter_map(|item| match item {
        Item::Line(line) if line.way == Way::Level => Some(line),
        _ => None,
    });
    let lines: Vec<(Area, f32)> = lines.map(|line| (line.area, line.size)).collect();
    let body = median(lines.iter().map(|line| line.1).collect());
    // Nothing of the text's own size stands below the rule, and something stands near it.
    let found = rules.iter().filter(short).find(|rule| {
        let mut below = lines.iter().filter(|line| line.0.top > rule.top - 1.0).peekable();
        let near = lines.iter().any(|line| {
            line.0.top > rule.top - 1.0
                && line.0.top - rule.top < 3.0 * line.1
                && line.0.left < rule.right
        });
        near && below.peek().is_some() && below.all(|line| line.1 < 0.93 * body)
    });
    let Some(top) = found.map(|rule| rule.top) else { return };
    for item in items {
        if let Item::Line(line) = item {
            let below = line.way == Way::Level && line.area.top > top - 1.0;
            line.note = below && line.element.is_none();
        }
    }
}
