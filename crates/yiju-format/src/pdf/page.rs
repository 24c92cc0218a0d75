//! One page: what it draws, as lines and tables in the order of reading.

use std::collections::BTreeMap;

use super::frame::Frame;
use super::glyphs::{Artifact, Drawing, Glyph, Way};
use super::layout;
use super::lines::{Line, line_of, once};

/// A page's content.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// A line of text.
    Line(Line),
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

impl PageText {
    /// Reads what was drawn.
    pub(super) fn of(width: f32, height: f32, drawing: Drawing) -> Self {
        let Drawing { glyphs, pictures, .. } = drawing;
        let mut glyphs = once(glyphs);
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
        if glyphs.iter().any(|glyph| !glyph.invisible) {
            glyphs.retain(|glyph| !glyph.invisible);
        }
        let mut ways: BTreeMap<Way, Vec<Glyph>> = BTreeMap::new();
        for glyph in glyphs {
            ways.entry(glyph.way).or_default().push(glyph);
        }
        let mut ways: Vec<(Way, Vec<Glyph>)> = ways.into_iter().collect();
        // The page's own direction first.
        ways.sort_by_key(|(way, glyphs)| (*way == Way::Aslant, std::cmp::Reverse(glyphs.len())));
        let mut items = Vec::new();
        for (way, mut glyphs) in ways {
            let frame = Frame { way, width, height };
            for glyph in &mut glyphs {
                glyph.area = frame.turned(glyph.area);
            }
            if way == Way::Aslant {
                items.extend(line_of(&glyphs, (0.0, width)).map(Item::Line));
                continue;
            }
            items.extend(layout::lines(glyphs).into_iter().map(Item::Line));
        }
        let whole = (width * height).max(1.0);
        Self { width, height, items, pictures: pictures / whole }
    }
}
