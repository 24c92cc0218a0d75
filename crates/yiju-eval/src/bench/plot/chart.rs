//! A chart of lines with markers.

use std::fmt::Write as _;

use super::{Scale, escape};

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 52.0;
/// The least distance of two names beside their lines.
const NAME_HEIGHT: f64 = 15.0;
/// The least distance of two remarks, across and up; one that would cover another is left out.
const REMARK: (f64, f64) = (24.0, 12.0);

/// A line.
pub(crate) struct Series {
    /// What stands beside it.
    pub name: String,
    /// Its points, and a remark beside each, or none.
    pub points: Vec<(f64, f64, String)>,
}

/// A chart.
pub(crate) struct Chart<'a> {
    /// What it shows, for those who do not see it.
    pub title: &'a str,
    pub x_name: &'a str,
    pub y_name: &'a str,
    pub x: Scale,
    pub y: Scale,
    pub series: Vec<Series>,
}

/// Lines that are told apart without colour, and the colour that helps.
const STYLES: [(&str, &str); 6] = [
    ("none", "#000000"),
    ("7 3", "#0b5394"),
    ("2 3", "#9c2f00"),
    ("9 3 2 3", "#38761d"),
    ("4 2", "#5b3a8c"),
    ("12 4", "#555555"),
];

impl Chart<'_> {
    /// The chart as an SVG element.
    pub(crate) fn svg(&self) -> String {
        let mut out = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\" \
             xmlns=\"http://www.w3.org/2000/svg\">\n",
            escape(self.title)
        );
        self.axes(&mut out);
        let mut names: Vec<(f64, f64, usize)> = Vec::new();
        let mut remarks = Vec::new();
        for (at, series) in self.series.iter().enumerate() {
            if let Some((x, y)) = self.line(&mut out, at, series, &mut remarks) {
                names.push((x, y, at));
            }
        }
        // Names lie beside the ends of their lines, pushed apart where those meet.
        names.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut lowest = f64::NEG_INFINITY;
        let mut places: Vec<f64> = names
            .iter()
            .map(|(_, y, _)| {
                lowest = y.max(lowest + NAME_HEIGHT);
                lowest
            })
            .collect();
        let over = (lowest - (HEIGHT - BOTTOM)).max(0.0);
        places.iter_mut().for_each(|place| *place -= over);
        let (names_at, edge) = (WIDTH - RIGHT + 12.0, WIDTH - RIGHT);
        for ((x, y, at), place) in names.iter().zip(places) {
            let (_, colour) = STYLES[at % STYLES.len()];
            let _ = writeln!(
                out,
                "<path d=\"M{:.1} {y:.1}L{:.1} {place:.1}\" stroke=\"{colour}\" stroke-width=\"0.6\" \
                 fill=\"none\"/><text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{}</text>",
                x.min(edge) + 6.0,
                names_at - 2.0,
                names_at,
                place + 4.0,
                escape(&self.series[*at].name)
            );
        }
        out.push_str("</svg>\n");
        out
    }

    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        (
            LEFT + self.x.position(x) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - self.y.position(y) * (HEIGHT - TOP - BOTTOM),
        )
    }

    fn axes(&self, out: &mut String) {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let y_ticks = self.y.ticks();
        let x_ticks = self.x.ticks();
        for (value, name) in &y_ticks {
            let y = bottom - self.y.position(*value) * (bottom - TOP);
            let _ = writeln!(
                out,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
                LEFT - 7.0,
                y + 4.0
            );
        }
        for (value, name) in &x_ticks {
            let x = LEFT + self.x.position(*value) * (right - LEFT);
            let _ = writeln!(
                out,
                "<path class=\"grid\" d=\"M{x:.1} {TOP}V{bottom}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>",
                bottom + 18.0
            );
        }
        let _ = writeln!(
            out,
            "<path class=\"axis\" d=\"M{LEFT} {TOP}V{bottom}H{right}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(14 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            (LEFT + right) / 2.0,
            HEIGHT - 10.0,
            escape(self.x_name),
            (TOP + bottom) / 2.0,
            escape(self.y_name)
        );
    }

    /// Draws a line; gives where it ends. `remarks` are where there are some already.
    fn line(
        &self,
        out: &mut String,
        at: usize,
        series: &Series,
        remarks: &mut Vec<(f64, f64)>,
    ) -> Option<(f64, f64)> {
        let (dashes, colour) = STYLES[at % STYLES.len()];
        let points: Vec<(f64, f64)> = series
            .points
            .iter()
            .map(|&(x, y, _)| self.place(x, y))
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect();
        let path: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1} {y:.1}"))
            .collect();
        if path.is_empty() {
            return None;
        }
        let _ = writeln!(
            out,
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" \
             stroke-dasharray=\"{dashes}\"/>",
            path.join("L")
        );
        for ((x, y), (.., remark)) in points.iter().zip(&series.points) {
            out.push_str(&marker(at, *x, *y, colour));
            let covers =
                |&(a, b): &(f64, f64)| (a - x).abs() < REMARK.0 && (b - y).abs() < REMARK.1;
            if !remark.is_empty() && !remarks.iter().any(covers) {
                remarks.push((*x, *y));
                let _ = writeln!(
                    out,
                    "<text class=\"remark\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    x - 5.0,
                    y - 7.0,
                    escape(remark)
                );
            }
        }
        points.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0))
    }
}

fn marker(at: usize, x: f64, y: f64, colour: &str) -> String {
    let r = 3.6;
    let path = |d: String, fill: &str| {
        format!("<path d=\"{d}\" fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"1.3\"/>\n")
    };
    match at % 6 {
        0 => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r}\" fill=\"{colour}\"/>\n"),
        1 => path(
            format!("M{:.1} {:.1}h{2}v{2}h-{2}z", x - r, y - r, 2.0 * r),
            "#fff",
        ),
        2 => path(
            format!(
                "M{x:.1} {:.1}l{:.1} {:.1}h-{:.1}z",
                y - r - 0.5,
                r + 0.5,
                2.0 * r,
                2.0 * r + 1.0
            ),
            colour,
        ),
        3 => path(
            format!("M{x:.1} {:.1}l{r} {r}l-{r} {r}l-{r} -{r}z", y - r),
            "#fff",
        ),
        4 => path(
            format!(
                "M{:.1} {:.1}l{2} {2}m0 -{2}l-{2} {2}",
                x - r,
                y - r,
                2.0 * r
            ),
            "none",
        ),
        _ => format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r}\" fill=\"#fff\" stroke=\"{colour}\" \
             stroke-width=\"1.3\"/>\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(names: &[&str]) -> String {
        Chart {
            title: "a < b",
            x_name: "x",
            y_name: "y",
            x: Scale::Linear {
                low: 0.0,
                high: 1.0,
            },
            y: Scale::Linear {
                low: 0.0,
                high: 1.0,
            },
            series: names
                .iter()
                .map(|name| Series {
                    name: (*name).into(),
                    points: vec![(0.0, 0.0, String::new()), (1.0, 0.5, "ef 16".into())],
                })
                .collect(),
        }
        .svg()
    }

    #[test]
    fn ends_are_where_the_scale_has_them_and_text_is_escaped() {
        let svg = chart(&["one & two"]);
        assert!(svg.contains("aria-label=\"a &lt; b\""));
        assert!(svg.contains("one &amp; two"));
        // The whole width, and half the height.
        let (right, middle) = (
            WIDTH - RIGHT,
            HEIGHT - BOTTOM - 0.5 * (HEIGHT - TOP - BOTTOM),
        );
        assert!(svg.contains(&format!(
            "M{LEFT:.1} {:.1}L{right:.1} {middle:.1}",
            HEIGHT - BOTTOM
        )));
        assert!(svg.contains(">ef 16</text>"));
        // Of two in one place, one is shown.
        assert_eq!(chart(&["one", "two"]).matches("ef 16").count(), 1);
    }

    #[test]
    fn names_of_lines_that_meet_do_not_cover_each_other() {
        let svg = chart(&["first line", "second line", "third line"]);
        let mut places: Vec<f64> = svg
            .lines()
            .filter(|line| line.contains(" line</text>"))
            .map(|line| {
                let text = &line[line.find("<text").unwrap()..];
                let at = text.find("y=\"").unwrap() + 3;
                text[at..].split('"').next().unwrap().parse().unwrap()
            })
            .collect();
        places.sort_by(f64::total_cmp);
        assert_eq!(places.len(), 3);
        assert!(
            places.windows(2).all(|w| w[1] - w[0] >= NAME_HEIGHT - 1e-6),
            "{places:?}"
        );
    }
}
