//! From runs of characters to lines in reading order: columns one after the other, then what goes another way.

use super::glyphs::{ASCENT, DESCENT, Run};
use super::space::Way;

/// A part of a line without a wide gap in it. Coordinates are turned as those of its runs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) text: String,
    pub(super) begin: f64,
    pub(super) end: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) objects: Vec<u64>,
}

/// A line in reading order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) segments: Vec<Segment>,
    pub(super) way: Way,
    pub(super) size: f64,
    pub(super) base: f64,
    /// How wide its first character is.
    pub(super) first: f64,
    /// Where the column begins and ends that it stands in; of wrapped text in one object, where the object does.
    pub(super) column: (f64, f64),
}

/// A gap of so many characters' size parts segments; a smaller one is a space between words.
const WIDE_GAP: f64 = 3.0;

/// A gap that is seen as a space: between two wide characters, and elsewhere.
const SPACE_WIDE: f64 = 0.6;
const SPACE: f64 = 0.2;

impl Line {
    pub(super) fn begin(&self) -> f64 {
        self.segments.first().map_or(0.0, |segment| segment.begin)
    }

    pub(super) fn end(&self) -> f64 {
        self.segments.last().map_or(0.0, |segment| segment.end)
    }

    /// The characters of the line, a tab where a wide gap is.
    pub(super) fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join("\t")
    }

    /// The object that all of it is in.
    fn object(&self) -> Option<u64> {
        let mut objects = self.segments.iter().flat_map(|segment| &segment.objects);
        let first = *objects.next()?;
        objects.all(|&object| object == first).then_some(first)
    }
}

/// The lines of a page in reading order.
pub(super) fn lines(runs: Vec<Run>) -> Vec<Line> {
    let mut ways: Vec<(Way, usize, Vec<Run>)> = Vec::new();
    for run in runs {
        let count = run.text.chars().count();
        match ways.iter_mut().find(|(way, ..)| *way == run.way) {
            Some((_, size, runs)) => {
                *size += count;
                runs.push(run);
            }
            None => ways.push((run.way, count, vec![run])),
        }
    }
    // What most of the page goes first; slanting text, such as a watermark, last.
    ways.sort_by_key(|&(way, count, _)| (way == Way::Aslant, std::cmp::Reverse(count)));
    ways.into_iter().flat_map(|(way, _, runs)| in_columns(one_way(way, runs))).collect()
}

/// Lines of runs that go one way, from the top down.
fn one_way(way: Way, mut runs: Vec<Run>) -> Vec<Line> {
    runs.sort_by(|one, other| one.base.total_cmp(&other.base));
    let mut rows: Vec<Vec<Run>> = Vec::new();
    for run in runs {
        let row =
            rows.iter_mut().rev().take(3).find(|row| {
                way != Way::Aslant && row.first().is_some_and(|first| beside(first, &run))
            });
        match row {
            Some(row) => row.push(run),
            None => rows.push(vec![run]),
        }
    }
    rows.into_iter().map(|row| line(way, row)).collect()
}

/// Whether two runs are on one line: the smaller one is within the other's height by more than half.
fn beside(one: &Run, other: &Run) -> bool {
    let band = |run: &Run| (run.base - run.size * ASCENT, run.base + run.size * DESCENT);
    let ((top, bottom), (other_top, other_bottom)) = (band(one), band(other));
    let common = bottom.min(other_bottom) - top.max(other_top);
    common > one.size.min(other.size) * 0.55
}

fn line(way: Way, mut runs: Vec<Run>) -> Line {
    runs.sort_by(|one, other| one.begin.total_cmp(&other.begin));
    let size = runs.iter().map(|run| run.size).fold(0.0, f64::max);
    let base = runs.first().map_or(0.0, |run| run.base);
    let first = runs.first().map_or(0.0, |run| run.first);
    let bounds = runs.first().map_or((0.0, 0.0), |run| run.bounds);
    let mut segments: Vec<Segment> = Vec::new();
    for run in runs {
        let (top, bottom) = (run.base - run.size * ASCENT, run.base + run.size * DESCENT);
        let gap = segments.last().map(|segment| (run.begin - segment.end) / size.max(1e-6));
        match segments.last_mut().zip(gap) {
            Some((segment, gap)) if gap < WIDE_GAP => {
                let ends = (segment.text.chars().next_back(), run.text.chars().next());
                let wide = matches!(ends, (Some(last), Some(next)) if crate::web::is_wide(last) && crate::web::is_wide(next));
                let parted = matches!(ends, (Some(last), Some(next)) if last.is_whitespace() || next.is_whitespace());
                if !parted && gap > if wide { SPACE_WIDE } else { SPACE } {
                    segment.text.push(' ');
                }
                segment.text.push_str(&run.text);
                segment.end = segment.end.max(run.end);
                segment.top = segment.top.min(top);
                segment.bottom = segment.bottom.max(bottom);
                segment.objects.push(run.object);
            }
            _ => segments.push(Segment {
                text: run.text,
                begin: run.begin,
                end: run.end,
                top,
                bottom,
                objects: vec![run.object],
            }),
        }
    }
    Line { segments, way, size, base, first, column: bounds }
}

/// Puts the lines of two columns one column after the other, and says of each line where its column is.
fn in_columns(lines: Vec<Line>) -> Vec<Line> {
    let Some(gutter) = gutter(&lines) else {
        return with_column(lines);
    };
    let mut out = Vec::new();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for line in lines {
        if line.begin() < gutter && line.end() > gutter && !parts(&line, gutter) {
            out.append(&mut with_column(std::mem::take(&mut left)));
            out.append(&mut with_column(std::mem::take(&mut right)));
            out.append(&mut with_column(vec![line]));
            continue;
        }
        for (side, is_left) in [(&mut left, true), (&mut right, false)] {
            let segments: Vec<Segment> = line
                .segments
                .iter()
                .filter(|segment| (segment.begin < gutter) == is_left)
                .cloned()
                .collect();
            if !segments.is_empty() {
                side.push(Line { segments, ..line.clone() });
            }
        }
    }
    out.append(&mut with_column(left));
    out.append(&mut with_column(right));
    out
}

/// Whether a gap of the line lies over the gutter.
fn parts(line: &Line, gutter: f64) -> bool {
    line.segments.iter().all(|segment| segment.end <= gutter || segment.begin >= gutter)
}

/// A column's edges are those of its lines, where no object has wrapped its own text.
fn with_column(mut lines: Vec<Line>) -> Vec<Line> {
    let begin = lines.iter().map(Line::begin).fold(f64::INFINITY, f64::min);
    let end = lines.iter().map(Line::end).fold(f64::NEG_INFINITY, f64::max);
    let objects: Vec<Option<u64>> = lines.iter().map(Line::object).collect();
    for (at, line) in lines.iter_mut().enumerate() {
        let own = objects.get(at).copied().flatten();
        let around = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
        let wrapped =
            own.is_some() && around.filter_map(|at| objects.get(at)).any(|object| *object == own);
        if !wrapped {
            line.column = (begin, end);
        }
    }
    lines
}

/// Where two columns of running text part, if there are two: a place that hardly any line goes over, with lines on both
/// sides that fill their half. A table's entries do not.
fn gutter(lines: &[Line]) -> Option<f64> {
    const FEWEST: usize = 5;
    /// Characters in a line of a column, at least.
    const LONG: f64 = 8.0;
    let begin = lines.iter().map(Line::begin).fold(f64::INFINITY, f64::min);
    let end = lines.iter().map(Line::end).fold(f64::NEG_INFINITY, f64::max);
    let width = end - begin;
    if lines.len() < FEWEST || !width.is_finite() || width <= 0.0 {
        return None;
    }
    let mut best: Option<(usize, f64)> = None;
    for step in 0..=40 {
        let at = begin + width * (0.3 + 0.4 * f64::from(step) / 40.0);
        let segments = || {
            lines
                .iter()
                .flat_map(|line| line.segments.iter().map(move |segment| (segment, line.size)))
        };
        let over = segments().filter(|(segment, _)| segment.begin < at && segment.end > at).count();
        let full = |is_left: bool| {
            let side: Vec<_> = segments()
                .filter(
                    |(segment, _)| if is_left { segment.end <= at } else { segment.begin >= at },
                )
                .collect();
            let low = side.iter().map(|(segment, _)| segment.begin).fold(f64::INFINITY, f64::min);
            let high =
                side.iter().map(|(segment, _)| segment.end).fold(f64::NEG_INFINITY, f64::max);
            let filled = side
                .iter()
                .filter(|(segment, size)| {
                    let long = segment.end - segment.begin;
                    long > size * LONG && long > (high - low) * 0.6
                })
                .count();
            (side.len(), filled)
        };
        let ((left, left_full), (right, right_full)) = (full(true), full(false));
        let text = left >= FEWEST
            && right >= FEWEST
            && left_full * 10 >= left * 6
            && right_full * 10 >= right * 6;
        if text && over * 5 <= left.min(right) && best.is_none_or(|(least, _)| over < least) {
            best = Some((over, at));
        }
    }
    best.map(|(_, at)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn run(text: &str, begin: f64, base: f64) -> Run {
        let count = text.chars().count() as f64;
        let end = begin + count * 4.0;
        Run {
            text: text.to_owned(),
            way: Way::Right,
            begin,
            end,
            base,
            size: 4.0,
            first: 4.0,
            object: 0,
            bounds: (begin, end),
        }
    }

    fn texts(runs: Vec<Run>) -> Vec<String> {
        lines(runs).iter().map(Line::text).collect()
    }

    #[test]
    fn runs_of_a_line_are_in_order_whatever_order_they_were_drawn_in() {
        let small = Run { size: 2.0, base: 8.0, end: 30.0, ..run("2", 28.0, 0.0) };
        assert_eq!(
            texts(vec![run("丙", 10.0, 20.0), run("乙", 24.0, 10.0), small, run("甲", 20.0, 10.1)]),
            ["甲乙2", "丙"]
        );
    }

    #[test]
    fn gaps_are_spaces_or_tabs() {
        assert_eq!(
            texts(vec![
                run("甲", 0.0, 10.0),
                run("乙", 5.0, 10.0),
                run("丙", 13.0, 10.0),
                run("丁", 40.0, 10.0)
            ]),
            ["甲乙 丙\t丁"]
        );
        assert_eq!(texts(vec![run("GB", 0.0, 10.0), run("50180", 9.0, 10.0)]), ["GB 50180"]);
    }

    #[test]
    fn columns_are_read_one_after_the_other() {
        let mut runs = vec![run("两栏文字之上的一个长标题它越过中线", 20.0, 5.0)];
        for row in 0..6 {
            let base = 20.0 + f64::from(row) * 6.0;
            runs.push(run(&format!("左栏第{row}行的文字内容"), 0.0, base));
            runs.push(run(&format!("右栏第{row}行的文字内容"), 60.0, base));
        }
        let texts = texts(runs);
        assert_eq!(texts.len(), 13);
        assert_eq!(texts[0], "两栏文字之上的一个长标题它越过中线");
        assert!(texts[1..7].iter().all(|text| text.starts_with('左')), "{texts:?}");
        assert!(texts[7..].iter().all(|text| text.starts_with('右')), "{texts:?}");
    }

    #[test]
    fn the_entries_of_a_table_are_no_columns() {
        let rows = (0..8).flat_map(|row| {
            let base = f64::from(row) * 6.0;
            [run(&format!("{row}"), 0.0, base), run("甲乙丙丁", 60.0, base)]
        });
        assert_eq!(texts(rows.collect()).len(), 8);
    }

    #[test]
    fn other_ways_come_after() {
        let down = Run { way: Way::Down, ..run("竖", 0.0, 0.0) };
        let aslant = Run { way: Way::Aslant, ..run("水印水印水印", 0.0, 0.0) };
        assert_eq!(
            texts(vec![aslant, down, run("横排文字", 0.0, 90.0)]),
            ["横排文字", "竖", "水印水印水印"]
        );
    }
}
