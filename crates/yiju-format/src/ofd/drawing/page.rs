//! The objects of a page as the operators of a PDF's content (ISO 32000-2 §8, annex A).

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use hayro_interpret::kurbo::{Affine, BezPath, PathEl, Point};

use super::super::glyphs::{Code, Shape};
use super::super::package::Package;
use super::super::path::path;
use super::super::space::Matrix;
use super::super::xml::Element;
use super::fonts::{Fonts, standard};
use super::look::{Colour, Look};
use super::resources::{Font, Resources};
use crate::clock::Clock;
use crate::pdf::written::Written;
use crate::picture::{self, Colours};
use crate::{Format, FormatError, Limits};

/// Bytes of the operators of a page, at most: a page full of small print has a few million.
const MOST: usize = 64 << 20;

/// The width of a line where nothing says it, in millimetres (§8.2).
const LINE: f64 = 0.353;

/// By how much of the em the lines of a bold character are wider whose font is not bold.
const BOLD: f64 = 0.03;

/// What is drawn of a page.
pub(super) struct Painted {
    pub(super) file: Written,
    pub(super) content: Vec<u8>,
    /// The entries of the page's dictionary of resources.
    pub(super) resources: String,
    /// Characters that are left out: nothing here has their shapes.
    pub(super) undrawn: usize,
}

/// Draws the objects of a page, in their order.
pub(super) struct Painter<'p, 'a> {
    package: &'p mut Package<'a>,
    resources: &'p Resources,
    limits: Limits,
    clock: &'p Clock,
    fonts: Fonts,
    /// The operators that draw a picture, by its identifier; none where it cannot be drawn.
    pictures: HashMap<String, Option<String>>,
    /// The standard fonts that are used.
    standard: BTreeSet<&'static str>,
    /// How much is covered, of what is filled and of lines.
    covers: BTreeSet<(u8, u8)>,
    file: Written,
    names: String,
    content: String,
    undrawn: usize,
    count: usize,
}

impl<'p, 'a> Painter<'p, 'a> {
    pub(super) fn new(
        package: &'p mut Package<'a>,
        resources: &'p Resources,
        limits: &Limits,
        clock: &'p Clock,
    ) -> Self {
        Self {
            package,
            resources,
            limits: *limits,
            clock,
            fonts: Fonts::default(),
            pictures: HashMap::new(),
            standard: BTreeSet::new(),
            covers: BTreeSet::new(),
            file: Written::default(),
            names: String::new(),
            content: String::new(),
            undrawn: 0,
            count: 0,
        }
    }

    pub(super) fn finish(self) -> Painted {
        let mut resources = format!("/XObject<<{}>>/Font<<", self.names);
        for name in &self.standard {
            // Writing to a string does not fail.
            let _ = write!(
                resources,
                "/{name}<</Type/Font/Subtype/Type1/BaseFont/{name}/Encoding/WinAnsiEncoding>>"
            );
        }
        resources.push_str(">>/ExtGState<<");
        for (fill, line) in &self.covers {
            let [part, of_line] = [fill, line].map(|alpha| f64::from(*alpha) / 255.0);
            let _ = write!(resources, "/G{fill}x{line}<</ca {part:.3}/CA {of_line:.3}>>");
        }
        resources.push_str(">>");
        Painted {
            file: self.file,
            content: self.content.into_bytes(),
            resources,
            undrawn: self.undrawn,
        }
    }

    /// Draws the layers of a page or template: what lies behind the text first (§7.7, `Layer`).
    pub(super) fn content(&mut self, content: &'p Element) -> Result<(), FormatError> {
        let place = |layer: &&Element| match layer.attribute("Type").map(str::trim) {
            Some("Background") => 0,
            Some("Foreground") => 2,
            _ => 1,
        };
        let mut layers: Vec<&Element> = content.all("Layer").collect();
        layers.sort_by_key(place);
        for layer in layers {
            let look = Look::default().within(layer, self.resources);
            self.objects(layer, Matrix::SAME, &look, 0)?;
        }
        Ok(())
    }

    fn objects(
        &mut self,
        holder: &'p Element,
        outer: Matrix,
        around: &Look<'p>,
        depth: usize,
    ) -> Result<(), FormatError> {
        if depth > self.limits.depth {
            let (size, limit) = (depth, self.limits.depth);
            return Err(FormatError::TooLarge { what: "objects in one another", size, limit });
        }
        for object in &holder.children {
            self.count += 1;
            if self.count > self.limits.parts {
                let (size, limit) = (self.count, self.limits.parts);
                return Err(FormatError::TooLarge { what: "objects", size, limit });
            }
            if self.count.is_multiple_of(64) {
                self.clock.check()?;
            }
            self.within()?;
            let hidden =
                object.attribute("Visible").is_some_and(|it| it.eq_ignore_ascii_case("false"));
            let kind = object.name.as_str();
            if hidden
                || !matches!(
                    kind,
                    "TextObject" | "PathObject" | "ImageObject" | "CompositeObject" | "PageBlock"
                )
            {
                continue;
            }
            let look = around.within(object, self.resources);
            if kind == "PageBlock" {
                self.objects(object, outer, &look, depth + 1)?;
                continue;
            }
            self.content.push_str("q\n");
            self.clips(object, outer);
            match kind {
                "TextObject" => self.text(object, outer, &look)?,
                "PathObject" => self.path(object, outer, &look),
                "ImageObject" => self.picture(object, outer)?,
                _ => {
                    let id = object.attribute("ResourceID").unwrap_or_default().trim();
                    if let Some(graphic) = self.resources.composites.get(id) {
                        let content = graphic.child("Content").unwrap_or(graphic);
                        self.objects(content, Matrix::of(object, outer), &look, depth + 1)?;
                    }
                }
            }
            self.content.push_str("Q\n");
        }
        Ok(())
    }

    /// Refuses a page that has drawn too much.
    fn within(&self) -> Result<(), FormatError> {
        if self.content.len() > MOST {
            let why = "it draws too much".to_owned();
            return Err(FormatError::NotDrawn { format: Format::Ofd, why });
        }
        Ok(())
    }

    /// Narrows what is drawn to the clips of an object (§8.4): to the areas of each of them.
    fn clips(&mut self, object: &Element, outer: Matrix) {
        let Some(clips) = object.child("Clips") else { return };
        let turned = clips.attribute("TransFlag").is_none_or(|it| it.trim() != "false");
        let base = if turned { Matrix::of(object, outer) } else { Matrix::corner(object, outer) };
        for clip in clips.all("Clip") {
            let mut any = false;
            for area in clip.all("Area") {
                let base = Matrix::of(area, base);
                for shape in area.all("Path") {
                    let data = shape.value("AbbreviatedData").unwrap_or_default();
                    let place = Matrix::of(shape, base).affine();
                    any |= self.operators(&path(data), place);
                }
            }
            if any {
                self.content.push_str("W n\n");
            }
        }
    }

    fn path(&mut self, object: &Element, outer: Matrix, look: &Look<'_>) {
        let data = object.value("AbbreviatedData").unwrap_or_default();
        let shape = path(data);
        let lines = look.is("Stroke").unwrap_or(true);
        // Without a colour nothing is filled (§9.1).
        let fill =
            look.colour("FillColor", self.resources).filter(|_| look.is("Fill") == Some(true));
        if !(lines || fill.is_some()) || !self.transform(Matrix::of(object, outer).affine()) {
            return;
        }
        let stroke = look.colour("StrokeColor", self.resources).unwrap_or_else(Colour::black);
        self.colours(object, fill.as_ref(), Some(&stroke));
        if lines {
            self.line(look);
        }
        let even =
            look.attribute("Rule").is_some_and(|rule| rule.trim().eq_ignore_ascii_case("Even-Odd"));
        let paint = match (fill.is_some(), lines, even) {
            (true, true, true) => "B*\n",
            (true, true, false) => "B\n",
            (true, false, true) => "f*\n",
            (true, false, false) => "f\n",
            (false, ..) => "S\n",
        };
        if self.operators(&shape, Affine::IDENTITY) {
            self.content.push_str(paint);
        }
    }

    /// How lines are drawn (§8.2).
    fn line(&mut self, look: &Look<'_>) {
        let positive = |name: &str| look.number(name).filter(|number| *number >= 0.0);
        let named =
            |name: &str, first: &str, second: &str| match look.attribute(name).map(str::trim) {
                Some(value) if value == first => 1,
                Some(value) if value == second => 2,
                _ => 0,
            };
        let width = positive("LineWidth").unwrap_or(LINE);
        let (cap, join) = (named("Cap", "Round", "Square"), named("Join", "Round", "Bevel"));
        // Writing to a string does not fail.
        let _ = writeln!(self.content, "{width:.4} w {cap} J {join} j");
        if let Some(limit) = positive("MiterLimit").filter(|limit| *limit >= 1.0) {
            let _ = writeln!(self.content, "{limit:.3} M");
        }
        let dashes: Vec<f64> = look
            .attribute("DashPattern")
            .unwrap_or_default()
            .split_whitespace()
            .take(16)
            .filter_map(Element::numbers::<1>)
            .map(|[dash]| dash.max(0.0))
            .collect();
        // Dashes without any length have no end.
        if dashes.iter().sum::<f64>() > 0.01 {
            let dashes: String = dashes.iter().map(|dash| format!("{dash:.3} ")).collect();
            let from = positive("DashOffset").unwrap_or(0.0);
            let _ = writeln!(self.content, "[{dashes}] {from:.3} d");
        }
    }

    /// Sets the colours, with how much an object covers.
    fn colours(&mut self, object: &Element, fill: Option<&Colour>, lines: Option<&Colour>) {
        let whole = object.attribute("Alpha").and_then(Element::numbers::<1>);
        let whole = whole.map_or(255.0, |[alpha]| alpha.clamp(0.0, 255.0)) / 255.0;
        let covers = [fill, lines].map(|colour| {
            colour.map_or(255, |colour| (f64::from(colour.alpha) * whole).round() as u8)
        });
        if covers != [255, 255] {
            self.covers.insert((covers[0], covers[1]));
            let _ = writeln!(self.content, "/G{}x{} gs", covers[0], covers[1]);
        }
        for (colour, of_lines) in [(fill, false), (lines, true)] {
            if let Some(colour) = colour {
                self.content.push_str(&colour.operator(of_lines));
            }
        }
    }

    fn picture(&mut self, object: &Element, outer: Matrix) -> Result<(), FormatError> {
        let id = object.attribute("ResourceID").unwrap_or_default().trim();
        if !self.pictures.contains_key(id) {
            let operators = self.unpacked(id)?;
            self.pictures.insert(id.to_owned(), operators);
        }
        let place = if object.attribute("CTM").is_some() {
            Matrix::of(object, outer).affine()
        } else {
            let [.., width, height] =
                object.attribute("Boundary").and_then(Element::numbers::<4>).unwrap_or_default();
            Matrix::corner(object, outer).affine() * Affine::scale_non_uniform(width, height)
        };
        // The picture's square goes downwards, that of a PDF's upwards.
        if !self.transform(place * Affine::new([1.0, 0.0, 0.0, -1.0, 0.0, 1.0])) {
            return Ok(());
        }
        let whole = Colour::black();
        self.colours(object, Some(&whole), None);
        match self.pictures.get(id).cloned().flatten() {
            Some(operators) => self.content.push_str(&operators),
            // A box with a stroke through it stands where a picture is that cannot be drawn.
            None => self.content.push_str("0.7 G 0.01 w 0 0 1 1 re 0 0 m 1 1 l S\n"),
        }
        Ok(())
    }

    /// Adds a picture to the file; the operators that draw it.
    fn unpacked(&mut self, id: &str) -> Result<Option<String>, FormatError> {
        let Some(file) = self.resources.media.get(id) else { return Ok(None) };
        let bytes = self.package.bytes(file)?;
        let Ok(sheets) = picture::sheets(&bytes, &self.limits, Colours::All) else {
            return Ok(None);
        };
        Ok(sheets.first().map(|sheet| {
            let (names, operators) = sheet.draw(&mut self.file);
            self.names.push_str(&names);
            operators
        }))
    }

    fn text(
        &mut self,
        object: &Element,
        outer: Matrix,
        look: &Look<'_>,
    ) -> Result<(), FormatError> {
        if look.is("Fill") == Some(false) && look.is("Stroke") != Some(true) {
            return Ok(());
        }
        let colour = look.colour("FillColor", self.resources).unwrap_or_else(Colour::black);
        let bold = look.number("Weight").is_some_and(|weight| weight >= 600.0);
        self.colours(object, Some(&colour), Some(&colour).filter(|_| bold));
        let id = object.attribute("Font").unwrap_or_default().trim();
        let unknown = Font::default();
        let font = self.resources.fonts.get(id).unwrap_or(&unknown);
        let shape = Shape::of(object, outer);
        let wide = look.number("HScale").filter(|scale| *scale > 0.0).unwrap_or(1.0);
        let slant = if look.is("Italic") == Some(true) { 0.2 } else { 0.0 };
        // A glyph goes upwards from its point, and stands as the object says.
        let stands = shape.matrix.affine().with_translation((0.0, 0.0).into())
            * Affine::rotate(shape.stand as f64 * std::f64::consts::FRAC_PI_2)
            * Affine::new([shape.size * wide, 0.0, slant * shape.size, -shape.size, 0.0, 0.0]);
        let mut fonts = std::mem::take(&mut self.fonts);
        let shapes = fonts.shapes(self.package, font)?;
        for Code { text, points, glyphs } in shape.codes(object) {
            for (at, (&c, &(x, y))) in text.iter().zip(&points).enumerate() {
                // One object may hold many characters, and a font shapes of many points.
                self.within()?;
                let place = Affine::translate((x, y)) * stands;
                let drawn = shapes.as_ref().and_then(|shapes| {
                    let outline = shapes.shape(c, glyphs.get(&at).copied())?;
                    Some((outline, place * Affine::scale(1.0 / shapes.units), shapes.units))
                });
                if let Some((outline, place, units)) = drawn {
                    self.glyph(&outline, place, bold.then_some(units * BOLD));
                } else if !(c.is_whitespace() || c.is_control() || self.latin(c, place, font, bold))
                {
                    self.undrawn += 1;
                }
            }
        }
        self.fonts = fonts;
        Ok(())
    }

    fn glyph(&mut self, outline: &BezPath, place: Affine, bold: Option<f64>) {
        if outline.is_empty() {
            return;
        }
        self.content.push_str("q\n");
        if self.transform(place) && self.operators(outline, Affine::IDENTITY) {
            match bold {
                Some(width) => {
                    let _ = writeln!(self.content, "{width:.2} w B");
                }
                None => self.content.push_str("f\n"),
            }
        }
        self.content.push_str("Q\n");
    }

    /// Draws a Latin character of a font that is not in the file with a standard one that is like it.
    fn latin(&mut self, c: char, place: Affine, font: &Font, bold: bool) -> bool {
        let code = u32::from(c);
        let [a, b, c, d, e, f] = place.as_coeffs();
        if !(matches!(code, 0x21..=0x7E | 0xA1..=0xFF) && place.is_finite()) {
            return false;
        }
        let name = standard(font, bold);
        self.standard.insert(name);
        let _ = writeln!(
            self.content,
            "BT /{name} 1 Tf {a:.7} {b:.7} {c:.7} {d:.7} {e:.4} {f:.4} Tm (\\{code:03o}) Tj ET"
        );
        true
    }

    /// Whether what follows can be drawn as `place` says; then it is.
    fn transform(&mut self, place: Affine) -> bool {
        let [a, b, c, d, e, f] = place.as_coeffs();
        if !place.as_coeffs().iter().all(|number| number.is_finite() && number.abs() < 1e9) {
            return false;
        }
        let _ = writeln!(self.content, "{a:.7} {b:.7} {c:.7} {d:.7} {e:.4} {f:.4} cm");
        true
    }

    /// Writes a path; whether there is any.
    fn operators(&mut self, shape: &BezPath, place: Affine) -> bool {
        let mut from = Point::ORIGIN;
        let out = &mut self.content;
        let before = out.len();
        for element in shape.elements() {
            let element = place * *element;
            // Writing to a string does not fail.
            let _ = match element {
                PathEl::MoveTo(to) => writeln!(out, "{:.3} {:.3} m", to.x, to.y),
                PathEl::LineTo(to) => writeln!(out, "{:.3} {:.3} l", to.x, to.y),
                PathEl::QuadTo(by, to) => {
                    let (first, second) = (from.lerp(by, 2.0 / 3.0), to.lerp(by, 2.0 / 3.0));
                    curve(out, first, second, to)
                }
                PathEl::CurveTo(first, second, to) => curve(out, first, second, to),
                PathEl::ClosePath => writeln!(out, "h"),
            };
            from = element.end_point().unwrap_or(from);
        }
        out.len() > before
    }
}

fn curve(out: &mut String, first: Point, second: Point, to: Point) -> std::fmt::Result {
    let (a, b) = (first, second);
    writeln!(out, "{:.3} {:.3} {:.3} {:.3} {:.3} {:.3} c", a.x, a.y, b.x, b.y, to.x, to.y)
}
