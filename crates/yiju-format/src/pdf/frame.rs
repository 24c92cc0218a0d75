//! One way of writing as if it ran from left to right and from the top down.

use super::glyphs::Way;
use crate::Area;

/// Turns areas of a page so that text of one direction lies level, and back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) way: Way,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Frame {
    /// An area of the page as it lies in the frame.
    pub(super) fn turned(&self, area: Area) -> Area {
        let (w, h) = (self.width, self.height);
        match self.way {
            Way::Level | Way::Aslant => area,
            Way::Down => Area {
                left: area.top,
                right: area.bottom,
                top: w - area.right,
                bottom: w - area.left,
            },
            Way::Up => Area {
                left: h - area.bottom,
                right: h - area.top,
                top: area.left,
                bottom: area.right,
            },
            Way::Over => Area {
                left: w - area.right,
                right: w - area.left,
                top: h - area.bottom,
                bottom: h - area.top,
            },
        }
    }

    /// An area of the frame as it lies on the page.
    pub(super) fn back(&self, area: Area) -> Area {
        let (w, h) = (self.width, self.height);
        match self.way {
            Way::Level | Way::Aslant => area,
            Way::Down => Area {
                left: w - area.bottom,
                right: w - area.top,
                top: area.left,
                bottom: area.right,
            },
            Way::Up => Area {
                left: area.top,
                right: area.bottom,
                top: h - area.right,
                bottom: h - area.left,
            },
            // Turning by a half is its own opposite.
            Way::Over => self.turned(area),
        }
    }

    /// Width of the frame.
    pub(super) fn across(&self) -> f32 {
        match self.way {
            Way::Down | Way::Up => self.height,
            _ => self.width,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_turn_back() {
        let area = Area { left: 10.0, top: 20.0, right: 40.0, bottom: 25.0 };
        for way in [Way::Level, Way::Down, Way::Over, Way::Up] {
            let frame = Frame { way, width: 100.0, height: 200.0 };
            let turned = frame.turned(area);
            assert_eq!(frame.back(turned), area, "{way:?}");
            assert!(turned.left < turned.right && turned.top < turned.bottom, "{way:?}");
        }
        let frame = Frame { way: Way::Down, width: 100.0, height: 200.0 };
        assert_eq!(frame.turned(area).top, 60.0, "the right side of the page comes first");
    }
}
