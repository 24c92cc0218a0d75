//! The fonts of a file: the shapes of their glyphs as paths.

use std::collections::HashMap;

use hayro_interpret::kurbo::{BezPath, Point};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

use super::super::package::Package;
use super::resources::Font;
use crate::FormatError;

/// Font files that were unpacked, by their names in the archive.
#[derive(Default)]
pub(super) struct Fonts {
    files: HashMap<String, Vec<u8>>,
}

/// A font whose glyphs are drawn.
pub(super) struct Shapes<'a> {
    font: FontRef<'a>,
    /// Units of the em.
    pub(super) units: f64,
}

impl Fonts {
    /// The glyphs of a font that is in the file, if they can be read.
    ///
    /// # Errors
    /// As [`Package::bytes`].
    pub(super) fn shapes(
        &mut self,
        package: &mut Package<'_>,
        font: &Font,
    ) -> Result<Option<Shapes<'_>>, FormatError> {
        let Some(file) = &font.file else { return Ok(None) };
        if !self.files.contains_key(file) {
            self.files.insert(file.clone(), package.bytes(file)?);
        }
        let shapes = self.files.get(file).and_then(|bytes| {
            let font = FontRef::from_index(bytes, 0).ok()?;
            let units = font.metrics(Size::unscaled(), LocationRef::default()).units_per_em;
            (units > 0).then(|| Shapes { font, units: units.into() })
        });
        Ok(shapes)
    }
}

impl Shapes<'_> {
    /// The shape of a glyph, or of a character: in units of the em, upwards. `None` where the font has none.
    pub(super) fn shape(&self, c: char, glyph: Option<u32>) -> Option<BezPath> {
        let characters = self.font.charmap();
        // Fonts of symbols have their codes in an area of their own (OpenType `cmap`, platform 3, encoding 0).
        let symbol = || characters.map(0xF000 | u32::from(c)).filter(|_| u32::from(c) < 256);
        let glyph = glyph
            .map(GlyphId::new)
            .or_else(|| characters.map(c))
            .or_else(symbol)
            .filter(|glyph| *glyph != GlyphId::NOTDEF)?;
        let mut pen = Pen(BezPath::new());
        let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
        self.font.outline_glyphs().get(glyph)?.draw(settings, &mut pen).ok()?;
        Some(pen.0)
    }
}

/// Takes an outline as a path.
struct Pen(BezPath);

fn at(x: f32, y: f32) -> Point {
    Point::new(x.into(), y.into())
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(at(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(at(x, y));
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        self.0.quad_to(at(cx0, cy0), at(x, y));
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.0.curve_to(at(cx0, cy0), at(cx1, cy1), at(x, y));
    }

    fn close(&mut self) {
        self.0.close_path();
    }
}

/// The standard font of PDF that stands for one that is not in the file: it has Latin letters only.
pub(super) fn standard(font: &Font, bold: bool) -> &'static str {
    let any = |names: &[&str]| names.iter().any(|name| font.names.contains(name));
    let bold = bold || font.bold || font.names.contains("bold");
    match (
        any(&["courier", "mono", "consolas"]),
        any(&["arial", "helvetica", "sans", "calibri", "黑"]),
    ) {
        (true, _) if bold => "Courier-Bold",
        (true, _) => "Courier",
        (_, true) if bold => "Helvetica-Bold",
        (_, true) => "Helvetica",
        _ if bold => "Times-Bold",
        _ => "Times-Roman",
    }
}
