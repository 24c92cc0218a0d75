//! Where the upright page is in its picture.

use crate::picture::Turn;

/// How the text of a page stands in its picture. Places of lines are given on the upright page: the picture turned clockwise
/// by quarters, then turned by a small angle around its middle so that its lines are level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Upright {
    /// By how much the picture is turned to stand upright.
    pub turn: Turn,
    /// How much the lines of the turned picture fall to the right, in radians.
    pub angle: f32,
    /// Width of the turned picture in pixels.
    pub width: f32,
    /// Height of the turned picture in pixels.
    pub height: f32,
}

impl Upright {
    /// The point of the picture, in its pixels, that a point of the upright page is.
    pub fn in_picture(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = self.rotated(x, y, self.angle);
        match self.turn {
            Turn::None => (x, y),
            Turn::Quarter => (y, self.width - x),
            Turn::Half => (self.width - x, self.height - y),
            Turn::ThreeQuarters => (self.height - y, x),
        }
    }

    /// The point of the upright page that a point of the turned picture is.
    pub(crate) fn of_turned(&self, x: f32, y: f32) -> (f32, f32) {
        self.rotated(x, y, -self.angle)
    }

    fn rotated(&self, x: f32, y: f32, angle: f32) -> (f32, f32) {
        let (sin, cos) = angle.sin_cos();
        let (dx, dy) = (x - self.width / 2.0, y - self.height / 2.0);
        (self.width / 2.0 + dx * cos - dy * sin, self.height / 2.0 + dx * sin + dy * cos)
    }
}

impl Turn {
    /// Turned by 180 degrees more.
    pub(crate) fn over(self) -> Self {
        match self {
            Turn::None => Turn::Half,
            Turn::Quarter => Turn::ThreeQuarters,
            Turn::Half => Turn::None,
            Turn::ThreeQuarters => Turn::Quarter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_come_back_to_the_picture() {
        // A picture of 40 × 30; the upright page's upper left corner.
        for (turn, size, corner) in [
            (Turn::None, (40.0, 30.0), (0.0, 0.0)),
            (Turn::Quarter, (30.0, 40.0), (0.0, 30.0)),
            (Turn::Half, (40.0, 30.0), (40.0, 30.0)),
            (Turn::ThreeQuarters, (30.0, 40.0), (40.0, 0.0)),
        ] {
            let upright = Upright { turn, angle: 0.0, width: size.0, height: size.1 };
            assert_eq!(upright.in_picture(0.0, 0.0), corner, "{turn:?}");
        }
        let askew = Upright { turn: Turn::None, angle: 0.05, width: 40.0, height: 30.0 };
        let (x, y) = askew.of_turned(3.0, 4.0);
        let (x, y) = askew.in_picture(x, y);
        assert!((x - 3.0).abs() < 1e-4 && (y - 4.0).abs() < 1e-4);
    }
}
