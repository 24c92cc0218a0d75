//! Plots as SVG, drawn with plotters. Series differ in dashes and markers as well as colour, so that they can be
//! told apart on paper.

use std::error::Error;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::figures::number;

/// Width and height of a chart of lines, and the part of the width left of the legend, in SVG units.
const CHART: (u32, u32) = (580, 340);
const LEGEND_AT: u32 = 435;
/// Width of a chart of bars, and the height of each bar's row.
const BARS: u32 = 580;
const ROW: u32 = 26;
/// Remarks closer than this, across and up, would cover each other: the later one is left out.
const REMARK: (i32, i32) = (24, 12);
/// plotters divides sizes by 1.24: these are 13 and 11 SVG units.
const TEXT: (&str, u32) = ("sans-serif", 16);
const SMALL: (&str, u32) = ("sans-serif", 14);
const GRID: RGBColor = RGBColor(221, 221, 221);
const BAR: RGBColor = RGBColor(157, 180, 200);

/// Colour, and lengths of a dash and of the gap after it; 0 for an unbroken line.
const STYLES: [(RGBColor, i32, i32); 6] = [
    (RGBColor(0, 0, 0), 0, 0),
    (RGBColor(11, 83, 148), 7, 3),
    (RGBColor(156, 47, 0), 2, 3),
    (RGBColor(56, 118, 29), 9, 5),
    (RGBColor(91, 58, 140), 4, 2),
    (RGBColor(85, 85, 85), 12, 4),
];

/// An axis: where a value lies on it, and which values have a mark.
#[derive(Clone)]
pub(super) struct Axis {
    name: &'static str,
    place: fn(f64) -> f64,
    ends: Range<f64>,
    marks: Vec<f64>,
    label: fn(f64) -> String,
}

impl Axis {
    /// Equal steps. It holds all values and ends at marks.
    pub(super) fn linear(name: &'static str, values: impl Iterator<Item = f64>) -> Self {
        let (low, mut high) = ends(values).unwrap_or((0.0, 1.0));
        if high <= low {
            high = low + 1.0;
        }
        let marks = RangedCoordf64::from(low..high).key_points(8);
        let step = marks.windows(2).next().map_or(1.0, |w| w[1] - w[0]);
        let (low, high) = ((low / step).floor(), (high / step - 1e-6).ceil());
        let marks = (low as i64..=high as i64).map(|at| at as f64 * step);
        Self {
            name,
            place: |value| value,
            ends: low * step..high * step,
            marks: marks.collect(),
            label: number,
        }
    }

    /// Equal factors. It holds all values above 0 and ends at 1, 2 or 5 times a power of ten.
    pub(super) fn log(name: &'static str, values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = ends(values.filter(|value| *value > 0.0)).unwrap_or((1.0, 10.0));
        let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
        let marks: Vec<f64> =
            powers.flat_map(|power| [1.0, 2.0, 5.0].map(|part| part * 10f64.powi(power))).collect();
        let first = marks.partition_point(|mark| *mark <= low * 1.001).max(1) - 1;
        let last = marks.partition_point(|mark| *mark < high * 0.999);
        let last = last.clamp(first + 1, marks.len() - 1);
        // Over many powers the marks between them would crowd.
        let every = if high / low > 2e3 { 3 } else { 1 };
        Self {
            name,
            place: f64::log10,
            ends: marks[first]..marks[last],
            marks: (first..=last).filter(|at| at % every == 0).map(|at| marks[at]).collect(),
            label: number,
        }
    }

    /// Percent, 0 to `high`, which is less than 100: each nine is as wide as the one before.
    pub(super) fn percentiles(name: &'static str, high: f64) -> Self {
        let marks = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99].into_iter();
        Self {
            name,
            place: |percent| -(1.0 - percent.clamp(0.0, 99.9999) / 100.0).log10(),
            ends: 0.0..high,
            marks: marks.filter(|value| *value <= high).collect(),
            label: |percent| format!("{percent} %"),
        }
    }

    /// Rows below each other, each with a mark at its middle.
    fn rows(count: usize) -> Self {
        Self {
            name: "",
            place: |value| value,
            ends: count as f64..0.0,
            marks: (0..count).map(|at| at as f64 + 0.5).collect(),
            label: number,
        }
    }

    /// Where a value lies, 0 at the first end to 1 at the other.
    fn share(&self, value: f64) -> f64 {
        let start = (self.place)(self.ends.start);
        ((self.place)(value) - start) / ((self.place)(self.ends.end) - start)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (self.share(*value) * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.marks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.ends.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        (self.label)(*value)
    }
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .filter(|value| value.is_finite())
        .map(|value| (value, value))
        .reduce(|(low, high), (value, _)| (low.min(value), high.max(value)))
}

/// A line of a chart.
pub(super) struct Series {
    /// Its name in the legend.
    pub(super) name: String,
    /// Its points, and a remark beside each, which may be empty.
    pub(super) points: Vec<(f64, f64, String)>,
}

/// A chart of lines with markers, their legend at the right.
pub(super) fn lines(x: &Axis, y: &Axis, series: &[Series]) -> String {
    svg(CHART, |root| {
        let (plot, legend) = root.split_horizontally(LEGEND_AT);
        let mut chart = ChartBuilder::on(&plot)
            .margin(10)
            .x_label_area_size(44)
            .y_label_area_size(70)
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart
            .configure_mesh()
            .label_style(TEXT)
            .axis_desc_style(TEXT)
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .x_desc(x.name)
            .y_desc(y.name)
            .draw()?;
        let mut remarked: Vec<(i32, i32)> = Vec::new();
        for (at, one) in series.iter().enumerate() {
            let places: Vec<(f64, f64)> =
                one.points.iter().map(|point| (point.0, point.1)).collect();
            chart.draw_series([line(at, places.clone())])?;
            chart.draw_series(places.iter().map(|&place| marker(at, place)))?;
            for (place, (.., remark)) in places.into_iter().zip(&one.points) {
                let (a, b) = chart.backend_coord(&place);
                let covers =
                    |&(c, d): &(i32, i32)| (a - c).abs() < REMARK.0 && (b - d).abs() < REMARK.1;
                if !remark.is_empty() && !remarked.iter().any(covers) {
                    remarked.push((a, b));
                    let style =
                        SMALL.into_text_style(&plot).pos(Pos::new(HPos::Right, VPos::Bottom));
                    let text = Text::new(remark.clone(), (-5, -4), style);
                    chart.draw_series([EmptyElement::at(place) + text])?;
                }
            }
            let height = 22 + 19 * at as i32;
            legend.draw(&line(at, vec![(0, height), (30, height)]))?;
            legend.draw(&marker(at, (15, height)))?;
            let style = TEXT.into_text_style(&legend).pos(Pos::new(HPos::Left, VPos::Center));
            legend.draw(&Text::new(one.name.clone(), (36, height), style))?;
        }
        Ok(())
    })
}

/// A bar from 0 to `value`, and a whisker on to `high`.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) high: Option<f64>,
}

/// Bars below each other on a linear axis from 0, with their values beside them; `unit` names the axis.
pub(super) fn bars(unit: &'static str, bars: &[Bar]) -> String {
    let values = bars.iter().flat_map(|bar| [Some(bar.value), bar.high]);
    let axis = Axis::linear(unit, values.flatten().chain([0.0]));
    svg((BARS, ROW * bars.len() as u32 + 60), |root| {
        // Downwards, so that the first bar is the highest.
        let mut chart = ChartBuilder::on(root)
            .margin(8)
            .margin_right(110)
            .x_label_area_size(44)
            .y_label_area_size(130)
            .build_cartesian_2d(axis, Axis::rows(bars.len()))?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .label_style(TEXT)
            .axis_desc_style(TEXT)
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .x_desc(unit)
            .y_label_formatter(&|row| {
                bars.get(*row as usize).map_or(String::new(), |bar| bar.name.clone())
            })
            .draw()?;
        for (at, bar) in bars.iter().enumerate() {
            let middle = at as f64 + 0.5;
            let body = [(0.0, middle - 0.32), (bar.value, middle + 0.32)];
            chart.draw_series([Rectangle::new(body, BAR.filled())])?;
            chart.draw_series([Rectangle::new(body, BLACK)])?;
            let end = bar.high.unwrap_or(bar.value).max(bar.value);
            let mut label = number(bar.value);
            if let Some(high) = bar.high {
                label = format!("{label} ({})", number(high));
                chart.draw_series([
                    PathElement::new([(bar.value, middle), (end, middle)], BLACK),
                    PathElement::new([(end, middle - 0.2), (end, middle + 0.2)], BLACK),
                ])?;
            }
            let style = TEXT.into_text_style(root).pos(Pos::new(HPos::Left, VPos::Center));
            let text = Text::new(label, (6, 0), style);
            chart.draw_series([EmptyElement::at((end, middle)) + text])?;
        }
        Ok(())
    })
}

type Root<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn svg(size: (u32, u32), draw: impl FnOnce(&Root<'_>) -> Result<(), Box<dyn Error>>) -> String {
    let mut out = String::new();
    let root = SVGBackend::with_string(&mut out, size).into_drawing_area();
    draw(&root).and_then(|()| Ok(root.present()?)).expect("drawing into a string cannot fail");
    drop(root);
    out
}

fn line<'a, C: Clone + 'static>(
    at: usize,
    places: Vec<C>,
) -> DynElement<'static, SVGBackend<'a>, C> {
    let (colour, dash, gap) = STYLES[at % STYLES.len()];
    let style = colour.stroke_width(2);
    if gap == 0 {
        PathElement::new(places, style).into_dyn()
    } else {
        DashedPathElement::new(places, dash, gap, style).into_dyn()
    }
}

fn marker<'a, C: Clone + 'static>(at: usize, place: C) -> DynElement<'static, SVGBackend<'a>, C> {
    let (colour, ..) = STYLES[at % STYLES.len()];
    match at % STYLES.len() {
        0 => Circle::new(place, 4, colour.filled()).into_dyn(),
        1 => Circle::new(place, 4, colour).into_dyn(),
        2 => TriangleMarker::new(place, 5, colour.filled()).into_dyn(),
        3 => Cross::new(place, 4, colour).into_dyn(),
        4 => Circle::new(place, 2, colour.filled()).into_dyn(),
        _ => Circle::new(place, 6, colour).into_dyn(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marks' texts, in order.
    fn marks(axis: &Axis) -> Vec<String> {
        axis.marks.iter().map(|place| (axis.label)(*place)).collect()
    }

    /// The contents of the text elements.
    fn texts(svg: &str) -> Vec<&str> {
        let ends = svg.split("</text>").filter_map(|part| part.rsplit_once('>'));
        ends.map(|(_, text)| text.trim()).collect()
    }

    #[test]
    fn a_linear_axis_ends_at_marks() {
        let axis = Axis::linear("", [0.913, 0.998].into_iter());
        assert_eq!(marks(&axis).first().unwrap(), "0.91");
        assert_eq!(marks(&axis).last().unwrap(), "1");
        assert!(axis.ends.start <= 0.913 && axis.ends.end >= 0.998);
        let one = Axis::linear("", [1.0].into_iter());
        assert!(one.ends.start < one.ends.end && one.marks.len() >= 2);
    }

    #[test]
    fn a_log_axis_has_round_marks_within_its_ends() {
        let axis = Axis::log("", [0.03, 4.0].into_iter());
        assert_eq!(marks(&axis), ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"]);
        let wide = Axis::log("", [1e3, 1e6, 0.0, f64::NAN, 1.0].into_iter());
        assert_eq!(marks(&wide), ["1", "10", "100", "1,000", "10,000", "100,000", "1,000,000"]);
        for one in [7.0, 10.0, 1e-3] {
            let axis = Axis::log("", [one].into_iter());
            assert!(axis.ends.start < axis.ends.end, "{one}");
        }
    }

    #[test]
    fn each_nine_is_as_wide_as_the_last() {
        let axis = Axis::percentiles("", 99.9);
        for (percent, nines) in [(90.0, 1.0), (99.0, 2.0), (99.9, 3.0)] {
            assert!((axis.share(percent) - nines / 3.0).abs() < 1e-9);
        }
        assert_eq!(marks(&axis), ["0 %", "50 %", "90 %", "99 %", "99.9 %"]);
    }

    #[test]
    fn marks_ascend_and_values_lie_within_the_ends() {
        for at in 0..300 {
            let (a, b) = (1.3f64.powi(at % 37) * 1e-3, f64::from(at * at) * 0.17 + 1e-6);
            for axis in [Axis::linear("", [a, b].into_iter()), Axis::log("", [a, b].into_iter())] {
                assert!(axis.marks.windows(2).all(|w| w[0] < w[1]), "{a} {b}");
                assert!((2..=40).contains(&axis.marks.len()), "{a} {b}: {:?}", axis.marks);
                for value in [a, b] {
                    let share = axis.share(value);
                    assert!((-1e-3..=1.0 + 1e-3).contains(&share), "{a} {b}: {share}");
                }
            }
        }
    }

    #[test]
    fn lines_have_legend_and_remarks_and_text_is_escaped() {
        let unit = || Axis::linear("x & y", [0.0, 1.0].into_iter());
        let chart = |names: &[&str]| {
            let series: Vec<Series> = names
                .iter()
                .map(|name| Series {
                    name: (*name).into(),
                    points: vec![(0.0, 0.0, String::new()), (1.0, 0.5, "ef 16".into())],
                })
                .collect();
            lines(&unit(), &unit(), &series)
        };
        let one = chart(&["one & 二"]);
        assert!(texts(&one).contains(&"one &amp; 二") && texts(&one).contains(&"x &amp; y"));
        // Two remarks at one place would cover each other.
        let two = chart(&["one", "two"]);
        assert_eq!(texts(&two).iter().filter(|text| **text == "ef 16").count(), 1);
    }

    #[test]
    fn bars_are_as_long_as_their_values() {
        let bar = |name: &str, value, high| Bar { name: name.into(), value, high };
        let svg = bars("ms", &[bar("all", 10.0, None), bar("half", 5.0, Some(10.0))]);
        let widths: Vec<f64> = svg
            .lines()
            .filter(|line| line.starts_with("<rect") && line.contains("#9DB4C8"))
            .map(|line| {
                let (_, width) = line.split_once("width=\"").unwrap();
                width.split('"').next().unwrap().parse().unwrap()
            })
            .collect();
        assert_eq!(widths.len(), 2);
        assert!((widths[0] - 2.0 * widths[1]).abs() <= 1.0, "{widths:?}");
        assert!(texts(&svg).contains(&"5 (10)") && texts(&svg).contains(&"half"));
    }
}
