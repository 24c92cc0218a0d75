//! Bars with a whisker: a median and a high percentile.

use std::fmt::Write as _;

use super::{Scale, escape, number};

const WIDTH: f64 = 560.0;
const LEFT: f64 = 130.0;
const RIGHT: f64 = 100.0;
const ROW: f64 = 24.0;
const BOTTOM: f64 = 46.0;

/// A bar from 0 to `value`, a whisker on to `high`.
pub(crate) struct Bar {
    pub name: String,
    pub value: f64,
    pub high: Option<f64>,
}

/// Bars on a linear scale from 0; `unit` stands below.
pub(crate) fn bars(title: &str, unit: &str, bars: &[Bar]) -> String {
    let ends = bars
        .iter()
        .map(|bar| bar.high.unwrap_or(bar.value).max(bar.value));
    let scale = Scale::linear(ends.chain([0.0]));
    let height = bars.len() as f64 * ROW + BOTTOM + 6.0;
    let bottom = height - BOTTOM;
    let x = |value: f64| LEFT + scale.position(value) * (WIDTH - LEFT - RIGHT);
    let mut out = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n",
        escape(title)
    );
    for (value, name) in scale.ticks() {
        let at = x(value);
        let _ = writeln!(
            out,
            "<path class=\"grid\" d=\"M{at:.1} 2V{bottom}\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>",
            bottom + 17.0
        );
    }
    for (at, bar) in bars.iter().enumerate() {
        let middle = at as f64 * ROW + ROW / 2.0 + 2.0;
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect class=\"bar\" x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            LEFT - 8.0,
            middle + 4.0,
            escape(&bar.name),
            middle - ROW * 0.32,
            (x(bar.value) - LEFT).max(0.8),
            ROW * 0.64
        );
        let mut end = x(bar.value);
        let mut label = number(bar.value);
        if let Some(high) = bar.high {
            let to = x(high);
            let _ = writeln!(
                out,
                "<path class=\"axis\" d=\"M{end:.1} {middle:.1}H{to:.1}m0 -5v10\"/>"
            );
            end = end.max(to);
            label = format!("{label} ({})", number(high));
        }
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
            end + 6.0,
            middle + 4.0
        );
    }
    let _ = writeln!(
        out,
        "<path class=\"axis\" d=\"M{LEFT} 2V{bottom}H{:.1}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n</svg>",
        WIDTH - RIGHT,
        (LEFT + WIDTH - RIGHT) / 2.0,
        height - 8.0,
        escape(unit)
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_values() {
        let svg = bars(
            "steps",
            "ms",
            &[
                Bar {
                    name: "all".into(),
                    value: 10.0,
                    high: None,
                },
                Bar {
                    name: "half".into(),
                    value: 5.0,
                    high: Some(10.0),
                },
            ],
        );
        let whole = WIDTH - LEFT - RIGHT;
        assert!(svg.contains(&format!("width=\"{whole:.1}\"")), "{svg}");
        assert!(
            svg.contains(&format!("width=\"{:.1}\"", whole / 2.0)),
            "{svg}"
        );
        assert!(svg.contains(">5 (10)</text>"));
    }
}
