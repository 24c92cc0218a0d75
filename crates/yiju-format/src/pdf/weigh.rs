//! What a page would take to draw, looked at before it is drawn.
//!
//! The renderer cannot be stopped once it has begun; this device can, and it sees all that the renderer would get.

use hayro::hayro_interpret::font::{Glyph, GlyphId, GlyphRun};
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask,
};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::BezPath;

use crate::bounded::Stop;

/// Operators, glyphs and pieces of paths that a page may have; real pages have some ten thousand, maps a million.
const MOST_DRAWN: usize = 4_000_000;
/// Layers that lie on each other at one place: each takes as much memory as the page.
const MOST_LAYERS: usize = 32;

/// What was seen of a page.
#[derive(Debug, Default)]
pub(super) struct Weight {
    /// Operators, glyphs and pieces of paths.
    drawn: usize,
    /// Pixels of its pictures.
    pixels: usize,
    layers: usize,
    deepest: usize,
    /// Characters without a shape to draw.
    pub(super) undrawn: usize,
}

/// The device that counts.
pub(super) struct Scale {
    weight: Weight,
    stop: Stop,
    calls: u32,
}

impl Scale {
    pub(super) fn new(stop: Stop) -> Self {
        Self { weight: Weight::default(), stop, calls: 0 }
    }

    /// What was seen.
    ///
    /// # Errors
    /// What there is too much of, in words.
    pub(super) fn finish(self, pixels: usize) -> Result<Weight, String> {
        let weight = self.weight;
        if weight.pixels > pixels {
            return Err(format!("its pictures have more than {pixels} pixels"));
        }
        if weight.drawn > MOST_DRAWN {
            return Err(format!("it draws more than {MOST_DRAWN} shapes"));
        }
        if weight.deepest > MOST_LAYERS {
            return Err(format!("it has more than {MOST_LAYERS} layers"));
        }
        Ok(weight)
    }

    fn draws(&mut self, count: usize) {
        self.weight.drawn = self.weight.drawn.saturating_add(count);
        self.calls = self.calls.wrapping_add(1);
        if self.calls % 64 == 1 {
            self.stop.check();
        }
    }
}

/// Whether a glyph is a character that should be seen and has no shape.
fn unseen(glyph: &Glyph<'_>) -> bool {
    let Glyph::Outline(outline) = glyph else { return false };
    let seen = match glyph.as_unicode() {
        Some(BfString::Char(c)) => !c.is_whitespace() && !c.is_control(),
        Some(BfString::String(text)) => text.chars().any(|c| !c.is_whitespace()),
        None => false,
    };
    seen && (outline.glyph_id() == GlyphId::NOTDEF || outline.outline().elements().is_empty())
}

impl<'a> Device<'a> for Scale {
    fn draw_path(&mut self, path: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.draws(1 + path.elements().len());
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.draws(1 + clip.path.elements().len());
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.draws(1);
        self.weight.layers += 1;
        self.weight.deepest = self.weight.deepest.max(self.weight.layers);
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, _: DrawProps<'a>, mode: &DrawMode) {
        for glyph in run.glyphs() {
            self.draws(1);
            if !matches!(mode, DrawMode::Invisible) && unseen(glyph) {
                self.weight.undrawn += 1;
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.draws(1);
        let pixels = (image.width() as usize).saturating_mul(image.height() as usize);
        self.weight.pixels = self.weight.pixels.saturating_add(pixels);
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {
        self.weight.layers = self.weight.layers.saturating_sub(1);
    }
}
