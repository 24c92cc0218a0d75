//! From the map that the detector gives (how likely each pixel is inside a line of text) to the lines' rectangles.
//!
//! Differentiable binarization (Liao and others, 2020): the map marks the kernels of lines, which are narrower than the
//! lines; each is grown by its area over its circumference.

/// A pixel at least as likely is in a line.
const LIKELY: f32 = 0.3;
/// A line is at least as likely in the mean.
const LIKELY_LINE: f32 = 0.5;
/// How far a kernel is grown: this times its area over its circumference.
const GROWN: f32 = 1.6;
/// Lines lower or narrower than this are specks, in pixels of the map.
const LEAST: f32 = 3.0;
/// Lines of a page, at most.
const MAX_LINES: usize = 3_000;
/// The slope of a kernel is known if it is so many times longer than high.
const LONG: f32 = 6.0;
/// The most that a page can be askew (radians): 8 degrees.
const MOST_ASKEW: f32 = 0.14;

/// How likely each pixel is inside a line of text, row by row.
pub(crate) struct Map {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) values: Vec<f32>,
}

/// A line of text on a page: a rectangle around a middle, turned by an angle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Region {
    /// Its middle, in pixels.
    pub(crate) x: f32,
    /// Its middle, in pixels.
    pub(crate) y: f32,
    /// Length along the text.
    pub(crate) length: f32,
    /// Height across it.
    pub(crate) height: f32,
    /// Angle of the text, in radians, clockwise on the page.
    pub(crate) angle: f32,
}

/// The lines of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Regions {
    /// In no order.
    pub(crate) lines: Vec<Region>,
    /// The angle of most of them.
    pub(crate) angle: f32,
    /// Whether most of the text runs up or down the page.
    pub(crate) upended: bool,
}

/// A connected part of the map.
struct Kernel {
    /// For each of its rows: the row, its first and last column.
    rows: Vec<(usize, usize, usize)>,
    pixels: usize,
    likely: f32,
    bounds: (usize, usize, usize, usize),
    /// Sums of x, y, x², xy and y² over its pixels.
    moments: [f64; 5],
}

/// The lines that a map shows.
pub(crate) fn regions(map: &Map) -> Regions {
    let kernels = kernels(map);
    let side = |kernel: &Kernel| {
        let (left, top, right, bottom) = kernel.bounds;
        ((right - left + 1) as f32, (bottom - top + 1) as f32)
    };
    let (mut level, mut upright) = (0.0, 0.0);
    for kernel in &kernels {
        let (width, height) = side(kernel);
        if width > 2.0 * height {
            level += width;
        } else if height > 2.0 * width {
            upright += height;
        }
    }
    let mut slopes: Vec<(f32, f32)> =
        kernels.iter().filter_map(|kernel| Some((kernel.slope()?, side(kernel).0))).collect();
    let angle = weighted_median(&mut slopes);
    let lines = kernels.iter().filter_map(|kernel| kernel.region(angle)).take(MAX_LINES).collect();
    Regions { lines, angle, upended: upright > level }
}

impl Kernel {
    /// The angle of a long one (radians), from the axis of its pixels.
    fn slope(&self) -> Option<f32> {
        let [x, y, xx, xy, yy] = self.moments;
        let n = self.pixels as f64;
        let (vx, vy, c) = (xx / n - x * x / n / n, yy / n - y * y / n / n, xy / n - x * y / n / n);
        let angle = 0.5 * (2.0 * c).atan2(vx - vy);
        // Lengths of the axes of an even rectangle go with the roots of the variances along them.
        let spread = ((vx - vy).powi(2) + 4.0 * c * c).sqrt();
        let (long, short) = ((vx + vy + spread) / 2.0, ((vx + vy - spread) / 2.0).max(1e-3));
        let long = (long / short).sqrt() as f32 > LONG;
        (long && (angle as f32).abs() < MOST_ASKEW).then_some(angle as f32)
    }

    /// The rectangle of its line; `None` for specks and what is hardly likely.
    fn region(&self, page: f32) -> Option<Region> {
        if self.likely / (self.pixels as f32) < LIKELY_LINE {
            return None;
        }
        let angle = self.slope().filter(|own| (own - page).abs() < 0.03).unwrap_or(page);
        let (sin, cos) = angle.sin_cos();
        let (mut along, mut across) = ((f32::MAX, f32::MIN), (f32::MAX, f32::MIN));
        for &(row, first, last) in &self.rows {
            for (x, y) in [(first, row), (last + 1, row), (first, row + 1), (last + 1, row + 1)] {
                let (x, y) = (x as f32, y as f32);
                let (u, v) = (x * cos + y * sin, y * cos - x * sin);
                along = (along.0.min(u), along.1.max(u));
                across = (across.0.min(v), across.1.max(v));
            }
        }
        let (length, height) = (along.1 - along.0, across.1 - across.0);
        if length.min(height) < LEAST {
            return None;
        }
        let grown = length * height * GROWN / (2.0 * (length + height));
        let (u, v) = ((along.0 + along.1) / 2.0, (across.0 + across.1) / 2.0);
        Some(Region {
            x: u * cos - v * sin,
            y: u * sin + v * cos,
            length: length + 2.0 * grown,
            height: height + 2.0 * grown,
            angle,
        })
    }
}

/// The connected parts of the map, over edges and corners.
fn kernels(map: &Map) -> Vec<Kernel> {
    let (width, height) = (map.width, map.height);
    let likely = |at: usize| map.values.get(at).is_some_and(|&value| value > LIKELY);
    let mut seen = vec![false; width * height];
    let mut kernels = Vec::new();
    let mut open = Vec::new();
    for start in 0..width * height {
        if seen[start] || !likely(start) {
            continue;
        }
        seen[start] = true;
        open.push(start);
        let mut kernel = Kernel {
            rows: Vec::new(),
            pixels: 0,
            likely: 0.0,
            bounds: (usize::MAX, usize::MAX, 0, 0),
            moments: [0.0; 5],
        };
        let mut ends: std::collections::BTreeMap<usize, (usize, usize)> = Default::default();
        while let Some(at) = open.pop() {
            let (x, y) = (at % width, at / width);
            kernel.add(x, y, map.values.get(at).copied().unwrap_or(0.0));
            let row = ends.entry(y).or_insert((x, x));
            *row = (row.0.min(x), row.1.max(x));
            for y in y.saturating_sub(1)..(y + 2).min(height) {
                for x in x.saturating_sub(1)..(x + 2).min(width) {
                    let next = y * width + x;
                    if !seen[next] && likely(next) {
                        seen[next] = true;
                        open.push(next);
                    }
                }
            }
        }
        kernel.rows = ends.into_iter().map(|(row, (first, last))| (row, first, last)).collect();
        kernels.push(kernel);
    }
    kernels
}

impl Kernel {
    fn add(&mut self, x: usize, y: usize, likely: f32) {
        self.pixels += 1;
        self.likely += likely;
        let (left, top, right, bottom) = self.bounds;
        self.bounds = (left.min(x), top.min(y), right.max(x), bottom.max(y));
        let (x, y) = (x as f64, y as f64);
        for (sum, value) in self.moments.iter_mut().zip([x, y, x * x, x * y, y * y]) {
            *sum += value;
        }
    }
}

/// The value at which half of the weight is below; 0 of nothing.
fn weighted_median(values: &mut [(f32, f32)]) -> f32 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let whole: f32 = values.iter().map(|value| value.1).sum();
    let mut below = 0.0;
    for &(value, weight) in values.iter() {
        below += weight;
        if below * 2.0 >= whole {
            return value;
        }
    }
    0.0
}

impl Region {
    /// The same rectangle for text on its head.
    pub(crate) fn over(self) -> Self {
        Self { angle: self.angle + std::f32::consts::PI, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map with bars: middle, length, height, angle.
    fn map(width: usize, height: usize, bars: &[(f32, f32, f32, f32, f32)]) -> Map {
        let mut values = vec![0.05; width * height];
        for (index, value) in values.iter_mut().enumerate() {
            let (x, y) = ((index % width) as f32 + 0.5, (index / width) as f32 + 0.5);
            for &(middle_x, middle_y, length, thick, angle) in bars {
                let (sin, cos) = angle.sin_cos();
                let (dx, dy) = (x - middle_x, y - middle_y);
                let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
                if u.abs() < length / 2.0 && v.abs() < thick / 2.0 {
                    *value = 0.9;
                }
            }
        }
        Map { width, height, values }
    }

    #[test]
    fn lines_askew_are_found_and_grown() {
        for angle in [0.0_f32, 0.035, -0.07] {
            let bars: Vec<_> =
                (1..6).map(|n| (150.0, 40.0 * n as f32, 200.0, 8.0, angle)).collect();
            let found = regions(&map(300, 240, &bars));
            assert!((found.angle - angle).abs() < 0.005, "{} {angle}", found.angle);
            assert!(!found.upended);
            assert_eq!(found.lines.len(), 5);
            let line = found.lines[0];
            assert!((line.x - 150.0).abs() < 1.5 && (line.y - 40.0).abs() < 1.5, "{line:?}");
            // 8 high and 200 long, grown by 1.6 × 1600 / 416 on each side; steps of pixels make slanted ones higher.
            assert!((line.height - 8.0 - 12.3).abs() < 4.0, "{line:?}");
            assert!((line.length - 200.0 - 12.3).abs() < 4.0, "{line:?}");
        }
    }

    #[test]
    fn pages_on_their_side_are_told_and_specks_are_left_out() {
        let upright = [(60.0, 100.0, 8.0, 150.0, 0.0), (90.0, 100.0, 8.0, 150.0, 0.0)];
        assert!(regions(&map(150, 200, &upright)).upended);
        let specks = [(10.0, 10.0, 2.0, 2.0, 0.0), (30.0, 30.0, 1.0, 20.0, 0.0)];
        assert!(regions(&map(60, 60, &specks)).lines.is_empty());
        assert!(regions(&map(60, 60, &[])).lines.is_empty());
    }
}
