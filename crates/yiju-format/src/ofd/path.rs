//! Paths (GB/T 33190 §9.3, `AbbreviatedData`).

use std::str::SplitWhitespace;

use hayro_interpret::kurbo::{Arc, BezPath, Point, SvgArc, Vec2};

use super::xml::Element;

/// How near an arc's curves are to it, in the path's own units.
const NEAR: f64 = 0.05;

/// The path of a text of operators, up to the first that is damaged.
pub(super) fn path(data: &str) -> BezPath {
    let mut path = BezPath::new();
    let mut words = data.split_whitespace();
    while let Some(word) = words.next() {
        // What draws before anything began begins at the origin.
        if path.elements().is_empty() && !matches!(word, "S" | "M") {
            path.move_to(Point::ORIGIN);
        }
        if step(word, &mut words, &mut path).is_none() {
            break;
        }
    }
    path
}

fn step(word: &str, words: &mut SplitWhitespace<'_>, path: &mut BezPath) -> Option<()> {
    match word {
        "S" | "M" => path.move_to(point(words)?),
        "L" => path.line_to(point(words)?),
        "Q" => path.quad_to(point(words)?, point(words)?),
        "B" => path.curve_to(point(words)?, point(words)?, point(words)?),
        "A" => {
            let (radii, angle) = (point(words)?, number(words)?);
            let (large, sweep) = (number(words)? != 0.0, number(words)? != 0.0);
            arc(radii, angle, large, sweep, point(words)?, path);
        }
        "C" => path.close_path(),
        _ => return None,
    }
    Some(())
}

fn number(words: &mut SplitWhitespace<'_>) -> Option<f64> {
    words.next().and_then(Element::numbers::<1>).map(|[number]| number)
}

fn point(words: &mut SplitWhitespace<'_>) -> Option<Point> {
    Some(Point::new(number(words)?, number(words)?))
}

/// An elliptical arc to a point; straight where it has no radius.
fn arc(radii: Point, angle: f64, large: bool, sweep: bool, to: Point, path: &mut BezPath) {
    let from = path.current_position().unwrap_or_default();
    let svg = SvgArc {
        from,
        to,
        radii: Vec2::new(radii.x, radii.y),
        x_rotation: angle.to_radians(),
        large_arc: large,
        sweep,
    };
    match Arc::from_svg_arc(&svg) {
        // An arc of many curves is one that is larger than any page.
        Some(arc) if radii.to_vec2().hypot() < 1e5 => {
            path.extend(arc.append_iter(NEAR));
        }
        _ => path.line_to(to),
    }
}

#[cfg(test)]
mod tests {
    use hayro_interpret::kurbo::Shape;

    use super::*;

    #[test]
    fn operators_are_read_up_to_damage() {
        let square = path("M 0 0 L 10 0 L 10 10 L 0 10 C");
        assert_eq!(square.to_svg(), "M0,0 L10,0 L10,10 L0,10 Z");
        assert_eq!(
            path("S 1 1 Q 2 2 3 1 B 4 1 5 2 5 3 L x 9 L 7 7").to_svg(),
            "M1,1 Q2,2 3,1 C4,1 5,2 5,3"
        );
        assert_eq!(path("L 1 2").to_svg(), "M0,0 L1,2");
        assert_eq!(path(""), BezPath::new());
    }

    #[test]
    fn arcs_are_round() {
        let round = path("M 0 5 A 5 5 0 1 1 10 5 A 5 5 0 1 1 0 5 C");
        assert!((round.area().abs() - 25.0 * std::f64::consts::PI).abs() < 1.0, "{}", round.area());
        assert_eq!(path("M 0 0 A 0 0 0 0 0 4 4").to_svg(), "M0,0 L4,4");
    }
}
