//! Coordinates of a page, and which way its lines go.

use hayro_interpret::kurbo::Affine;

use super::xml::Element;

/// From an object's coordinates to the page's: x' = ax + cy + e, y' = bx + dy + f.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Matrix {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
    e: f64,
    f: f64,
}

impl Matrix {
    pub(super) const SAME: Self = Self { a: 1.0, b: 0.0, c: 0.0, d: 1.0, e: 0.0, f: 0.0 };

    /// This matrix first, then `outer`.
    pub(super) fn then(self, outer: Self) -> Self {
        let (e, f) = outer.point(self.e, self.f);
        let (a, b) = outer.vector(self.a, self.b);
        let (c, d) = outer.vector(self.c, self.d);
        Self { a, b, c, d, e, f }
    }

    /// How much larger areas become, as a length.
    pub(super) fn scale(self) -> f64 {
        let scale = (self.a * self.d - self.b * self.c).abs().sqrt();
        if scale > 1e-6 && scale.is_finite() { scale } else { 1.0 }
    }

    /// The matrix as the drawing library has it.
    pub(super) fn affine(self) -> Affine {
        Affine::new([self.a, self.b, self.c, self.d, self.e, self.f])
    }

    pub(super) fn point(self, x: f64, y: f64) -> (f64, f64) {
        let (x, y) = self.vector(x, y);
        (x + self.e, y + self.f)
    }

    pub(super) fn vector(self, x: f64, y: f64) -> (f64, f64) {
        (self.a * x + self.c * y, self.b * x + self.d * y)
    }

    /// To the upper left corner of an object's `Boundary`, then as `outer` says.
    pub(super) fn corner(object: &Element, outer: Self) -> Self {
        let [x, y, ..] =
            object.attribute("Boundary").and_then(Element::numbers::<4>).unwrap_or_default();
        Self { e: x, f: y, ..Self::SAME }.then(outer)
    }

    /// Of an object: its `CTM`, then to the upper left corner of its `Boundary`, then as `outer` says.
    pub(super) fn of(object: &Element, outer: Self) -> Self {
        let own = object.attribute("CTM").and_then(Element::numbers::<6>);
        let own = own.map_or(Self::SAME, |[a, b, c, d, e, f]| Self { a, b, c, d, e, f });
        own.then(Self::corner(object, outer))
    }
}

/// Which way a run goes on the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Way {
    /// To the right.
    #[default]
    Right,
    /// Downwards: vertical text, or text turned clockwise.
    Down,
    /// To the left: upside down.
    Left,
    /// Upwards: turned against the clock.
    Up,
    /// Aslant, as watermarks are.
    Aslant,
}

impl Way {
    pub(super) fn of(x: f64, y: f64) -> Option<Self> {
        let (long, short) = (x.abs().max(y.abs()), x.abs().min(y.abs()));
        if long <= f64::EPSILON || !long.is_finite() {
            return None;
        }
        Some(if short > long * 0.2 {
            Self::Aslant
        } else if x.abs() > y.abs() {
            if x > 0.0 { Self::Right } else { Self::Left }
        } else if y > 0.0 {
            Self::Down
        } else {
            Self::Up
        })
    }

    /// The page's coordinates turned so that the text goes to the right: along the line, and across it downwards.
    pub(super) fn turned(self, x: f64, y: f64) -> (f64, f64) {
        match self {
            Self::Right | Self::Aslant => (x, y),
            Self::Down => (y, -x),
            Self::Left => (-x, -y),
            Self::Up => (-y, x),
        }
    }

    /// A rectangle in turned coordinates on the page: left, top, right, bottom.
    pub(super) fn back(self, begin: f64, top: f64, end: f64, bottom: f64) -> [f64; 4] {
        match self {
            Self::Right | Self::Aslant => [begin, top, end, bottom],
            Self::Down => [-bottom, begin, -top, end],
            Self::Left => [-end, -bottom, -begin, -top],
            Self::Up => [top, -end, bottom, -begin],
        }
    }
}
