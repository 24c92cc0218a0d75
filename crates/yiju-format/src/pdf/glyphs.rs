//! What a page draws: glyphs with their rectangles and directions, ruled lines, and how much of it pictures cover.
//!
//! The interpreter draws the page onto [`Canvas`]; coordinates are points from the upper left corner of the page as it is
//! shown, with its rotation (ISO 32000-2 §8.3.2, §7.7.3.3).

use hayro_interpret::font::{Glyph as Drawn, GlyphRun};
use hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro_interpret::hayro_syntax::object::{Dict, Name, String as PdfString};
use hayro_interpret::kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask,
};

use super::fonts::Fonts;
use super::radicals::unified;
use super::text::decode;
use crate::Area;
use crate::bounded::{Stop, Stopped};

/// Which way a line of text runs on the page as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Way {
    /// From left to right, lines from the top down.
    Level,
    /// From the top down, lines from right to left: vertical writing, or text turned clockwise.
    Down,
    /// From right to left: text on its head.
    Over,
    /// From the bottom up: text turned counterclockwise.
    Up,
    /// Aslant, as watermarks are.
    Aslant,
}

/// A character as drawn, or several for one glyph (a ligature).
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    /// Its characters.
    pub(super) text: String,
    /// Its em box as wide as its advance.
    pub(super) area: Area,
    /// Size of the font in points on the page.
    pub(super) size: f32,
    /// Direction of its line.
    pub(super) way: Way,
    /// The marked content it is in (ISO 32000-2 §14.7.5.1).
    pub(super) mark: Option<i32>,
    /// In marked content that is a header, footer or watermark (ISO 32000-2 §14.8.2.2).
    pub(super) artifact: Artifact,
    /// Drawn without colour: the text layer under a picture of a page (text rendering mode 3, ISO 32000-2 §9.3.6).
    pub(super) invisible: bool,
    /// No code point is known for it.
    pub(super) unknown: bool,
}

/// Whether marked content is part of the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Artifact {
    /// It is.
    #[default]
    No,
    /// It is an artifact of a kind that is not said.
    Some,
    /// It is a header, footer, page number or watermark.
    Pagination,
}

/// What a page draws.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// Glyphs in the order of drawing.
    pub(super) glyphs: Vec<Glyph>,
    /// Thin lines parallel to the page's edges.
    pub(super) rules: Vec<Area>,
    /// Area that pictures cover, counted as often as they are drawn, in square points.
    pub(super) pictures: f32,
}

/// A page with more glyphs is not read, and no more rules are kept; real pages have thousands.
const MAX_DRAWN: usize = 1_000_000;
/// Bytes of a text that stands for glyphs; real ones are a word's or a line's.
const ACTUAL: usize = 4096;
/// Rules are thinner than this, in points.
const THIN: f64 = 3.0;
/// The part of the em above the baseline. Fonts for Chinese place their characters in an em box of 0.88 above and 0.12
/// below the baseline, the default of PDF's own vertical metrics (ISO 32000-2 §9.7.4.3, `DW2`).
const ASCENT: f64 = 0.88;

/// Marked content that is open.
struct Marked {
    mark: Option<i32>,
    artifact: Artifact,
    /// The text it stands for (`ActualText`, ISO 32000-2 §14.9.4) and the first of its glyphs.
    actual: Option<(String, usize)>,
}

/// The device that the interpreter draws on.
pub(super) struct Canvas<'f, 'a> {
    drawing: Drawing,
    fonts: &'f mut Fonts<'a>,
    page: Rect,
    clips: Vec<Rect>,
    marked: Vec<Marked>,
    stop: Stop,
    calls: u32,
}

impl<'f, 'a> Canvas<'f, 'a> {
    pub(super) fn new(width: f32, height: f32, fonts: &'f mut Fonts<'a>, stop: Stop) -> Self {
        Self {
            drawing: Drawing::default(),
            fonts,
            page: Rect::new(0.0, 0.0, width.into(), height.into()),
            clips: Vec::new(),
            marked: Vec::new(),
            stop,
            calls: 0,
        }
    }

    /// What was drawn.
    pub(super) fn finish(mut self) -> Drawing {
        while let Some(marked) = self.marked.pop() {
            self.close(marked);
        }
        self.drawing
    }

    fn tick(&mut self) {
        // Asking for the time costs as much as a glyph.
        self.calls = self.calls.wrapping_add(1);
        if self.calls % 64 == 1 {
            self.stop.check();
        }
        if self.drawing.glyphs.len() > MAX_DRAWN {
            std::panic::resume_unwind(Box::new(Stopped));
        }
    }

    /// What can be seen at the moment.
    fn visible(&self) -> Rect {
        self.clips.last().copied().unwrap_or(self.page)
    }

    fn glyph(&mut self, glyph: &Drawn<'_>, at: Affine, vertical: bool, invisible: bool) {
        let advance = match glyph {
            Drawn::Outline(outline) => outline.advance_width(),
            Drawn::Type3(glyph) => glyph.advance_width(),
        };
        let origin = at * Point::ZERO;
        let right = (at * Point::new(1000.0, 0.0)) - origin;
        let up = (at * Point::new(0.0, 1000.0)) - origin;
        let size = up.hypot();
        if !(size.is_finite() && origin.x.is_finite() && origin.y.is_finite()) || size <= 0.01 {
            return;
        }
        let advance = match advance {
            Some(advance) if !vertical && advance > 0.0 => f64::from(advance) / 1000.0,
            // In vertical fonts the interpreter gives no width; their characters are an em wide.
            _ if vertical => 1.0,
            _ => 0.0,
        };
        let right = right * advance.min(10.0);
        let corner = origin - up * (1.0 - ASCENT);
        let points = [corner, corner + right, corner + up, corner + up + right];
        let area = points
            .iter()
            .skip(1)
            .fold(Rect::from_points(points[0], points[0]), |area, &point| area.union_pt(point));
        if area.intersect(self.visible()).width() <= 0.0 && area.width() > 0.0
            || !self.visible().inflate(1.0, 1.0).contains(area.center())
        {
            return;
        }
        let (text, unknown) = self.text(glyph);
        if text.is_empty() {
            return;
        }
        let marked = self.marked.last();
        self.drawing.glyphs.push(Glyph {
            text,
            area: Area {
                left: area.x0 as f32,
                top: area.y0 as f32,
                right: area.x1 as f32,
                bottom: area.y1 as f32,
            },
            size: size as f32,
            way: way(right, up, vertical),
            mark: marked.and_then(|marked| marked.mark),
            artifact: marked.map_or(Artifact::No, |marked| marked.artifact),
            invisible,
            unknown,
        });
    }

    /// The characters of a glyph, and whether they are unknown.
    fn text(&mut self, glyph: &Drawn<'_>) -> (String, bool) {
        let known = glyph.as_unicode().map(|text| match text {
            BfString::Char(c) => c.to_string(),
            BfString::String(text) => text,
        });
        // A font that maps a code to nothing or to U+FFFD does not know it.
        let known = known.filter(|text| !text.chars().all(|c| c == '\0' || c == '\u{FFFD}'));
        let text = match known {
            Some(text) => text,
            None => match glyph {
                Drawn::Outline(outline) => match self.fonts.lookup(outline) {
                    Some(text) => text,
                    // Without an outline nothing is seen: a space under another name.
                    None if outline.outline().elements().is_empty() => " ".to_owned(),
                    None => return ("\u{FFFD}".to_owned(), true),
                },
                Drawn::Type3(_) => return ("\u{FFFD}".to_owned(), true),
            },
        };
        (text.chars().filter(|&c| printed(c)).map(unified).collect(), false)
    }

    /// Ends marked content: text that stands for its glyphs takes their place if they are on one line.
    fn close(&mut self, marked: Marked) {
        let Some((text, first)) = marked.actual else { return };
        let glyphs = &mut self.drawing.glyphs;
        let Some(replaced) = glyphs.get(first..) else { return };
        let Some(head) = replaced.first().cloned() else { return };
        let area = replaced.iter().fold(head.area, |area, glyph| union(area, glyph.area));
        let across = match head.way {
            Way::Level | Way::Over => area.bottom - area.top,
            _ => area.right - area.left,
        };
        if across > head.size * 1.8 || head.way == Way::Aslant {
            return;
        }
        let text: Vec<char> = text.chars().filter(|&c| printed(c)).map(unified).collect();
        glyphs.truncate(first);
        let count = text.len() as f32;
        for (index, c) in text.into_iter().enumerate() {
            let (from, to) = (index as f32 / count, (index + 1) as f32 / count);
            let (wide, high) = (area.right - area.left, area.bottom - area.top);
            let part = match head.way {
                Way::Down => {
                    Area { top: area.top + high * from, bottom: area.top + high * to, ..area }
                }
                Way::Up => {
                    Area { top: area.bottom - high * to, bottom: area.bottom - high * from, ..area }
                }
                Way::Over => {
                    Area { left: area.right - wide * to, right: area.right - wide * from, ..area }
                }
                _ => Area { left: area.left + wide * from, right: area.left + wide * to, ..area },
            };
            glyphs.push(Glyph { text: c.to_string(), area: part, unknown: false, ..head.clone() });
        }
    }

    fn rule(&mut self, rect: Rect) {
        let rect = rect.abs();
        let (thin, long) = (rect.width().min(rect.height()), rect.width().max(rect.height()));
        let seen = rect.intersect(self.visible().inflate(1.0, 1.0));
        let finite = rect.x0.is_finite() && rect.y0.is_finite() && rect.area().is_finite();
        if finite
            && thin < THIN
            && long > 2.0 * thin.max(1.0)
            && seen.width() >= 0.0
            && seen.height() >= 0.0
            && self.drawing.rules.len() < MAX_DRAWN
        {
            self.drawing.rules.push(Area {
                left: seen.x0 as f32,
                top: seen.y0 as f32,
                right: seen.x1 as f32,
                bottom: seen.y1 as f32,
            });
        }
    }
}

/// Whether a character is printed at all: no control and no invisible mark.
fn printed(c: char) -> bool {
    !(c.is_control()
        || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{FE00}'..='\u{FE0F}'))
}

/// The direction of a glyph's line, within three degrees of the page's edges.
fn way(
    right: hayro_interpret::kurbo::Vec2,
    up: hayro_interpret::kurbo::Vec2,
    vertical: bool,
) -> Way {
    // The direction of the baseline: up turned clockwise on the page, whose y axis points down.
    let (x, y) = (-up.y, up.x);
    let (x, y) = if right.dot(hayro_interpret::kurbo::Vec2::new(x, y)) < 0.0 {
        // Mirrored; the advance tells the direction.
        (-x, -y)
    } else {
        (x, y)
    };
    let near = 0.052 * (x.abs() + y.abs());
    let turned = if y.abs() <= near {
        if x > 0.0 { Way::Level } else { Way::Over }
    } else if x.abs() <= near {
        if y > 0.0 { Way::Down } else { Way::Up }
    } else {
        Way::Aslant
    };
    match (turned, vertical) {
        (Way::Level, true) => Way::Down,
        (Way::Down, true) => Way::Over,
        (Way::Over, true) => Way::Up,
        (Way::Up, true) => Way::Level,
        (turned, _) => turned,
    }
}

/// The smallest area over both.
pub(super) fn union(a: Area, b: Area) -> Area {
    Area {
        left: a.left.min(b.left),
        top: a.top.min(b.top),
        right: a.right.max(b.right),
        bottom: a.bottom.max(b.bottom),
    }
}

impl<'a> Device<'a> for Canvas<'_, 'a> {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        self.tick();
        let stroked = matches!(mode, DrawMode::Stroke(_));
        // Each subpath is looked at by itself: programs draw all rules of a table as one path.
        let mut start = Point::ZERO;
        let mut last = Point::ZERO;
        let mut bounds: Option<Rect> = None;
        let mut straight = true;
        let mut filled = Vec::new();
        for element in path.elements() {
            let next = match *element {
                PathEl::MoveTo(point) => {
                    if let Some(bounds) = bounds.take().filter(|_| straight) {
                        filled.push(bounds);
                    }
                    straight = true;
                    start = props.transform * point;
                    last = start;
                    continue;
                }
                PathEl::LineTo(point) => props.transform * point,
                PathEl::ClosePath => start,
                PathEl::QuadTo(_, point) | PathEl::CurveTo(_, _, point) => {
                    straight = false;
                    last = props.transform * point;
                    continue;
                }
            };
            if stroked {
                self.rule(Rect::from_points(last, next));
            }
            let line = Rect::from_points(last, next);
            bounds = Some(bounds.map_or(line, |bounds| bounds.union(line)));
            last = next;
        }
        if let Some(bounds) = bounds.filter(|_| straight) {
            filled.push(bounds);
        }
        if !stroked {
            for bounds in filled {
                self.rule(bounds);
            }
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.tick();
        let seen = self.visible().intersect(clip.path.bounding_box());
        self.clips.push(seen);
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.tick();
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        let vertical = run.writing_mode() == WritingMode::Vertical;
        let invisible = matches!(mode, DrawMode::Invisible);
        for glyph in run.glyphs() {
            self.tick();
            self.glyph(glyph, props.transform * glyph.transform(), vertical, invisible);
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.tick();
        let size = Rect::new(0.0, 0.0, image.width().into(), image.height().into());
        let seen = props.transform.transform_rect_bbox(size).intersect(self.visible());
        let area = (seen.width().max(0.0) * seen.height().max(0.0)) as f32;
        if area.is_finite() {
            self.drawing.pictures += area;
        }
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn pop_transparency_group(&mut self) {}

    fn begin_marked_content(&mut self, tag: &[u8], properties: Option<&Dict<'_>>) {
        self.tick();
        let outer = self.marked.last();
        let mut artifact = outer.map_or(Artifact::No, |outer| outer.artifact);
        let mut mark = outer.and_then(|outer| outer.mark);
        if tag == b"Artifact" {
            mark = None;
            let kind = properties.and_then(|properties| properties.get::<Name<'_>>("Type"));
            artifact = if kind.is_some_and(|kind| kind.as_ref() == b"Pagination") {
                Artifact::Pagination
            } else {
                Artifact::Some
            };
        }
        if let Some(id) = properties.and_then(|properties| properties.get::<i32>("MCID")) {
            mark = Some(id);
        }
        let actual = properties
            .and_then(|properties| properties.get::<PdfString<'_>>("ActualText"))
            .filter(|text| text.as_bytes().len() <= ACTUAL)
            .map(|text| (decode(text.as_bytes()), self.drawing.glyphs.len()));
        self.marked.push(Marked { mark, artifact, actual });
    }

    fn end_marked_content(&mut self) {
        if let Some(marked) = self.marked.pop() {
            self.close(marked);
        }
    }
}
