//! From lines to paragraphs, over pages; page numbers and what is printed again on each page are left out.

use std::collections::{HashMap, HashSet};

use super::lines::Line;
use super::space::Way;
use crate::web::is_wide;
use crate::{Area, Block, Page, Place, Text, TextRole};

/// Points in a millimetre.
pub(super) const POINTS: f64 = 72.0 / 25.4;

/// A page: its box and its lines, in millimetres.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) lines: Vec<Line>,
}

impl Sheet {
    pub(super) fn page(&self) -> Page {
        Page { width: (self.width * POINTS) as f32, height: (self.height * POINTS) as f32 }
    }

    fn area(&self, way: Way, begin: f64, top: f64, end: f64, bottom: f64) -> Area {
        let [left, top, right, bottom] = way.back(begin, top, end, bottom);
        let across = |x: f64| ((x - self.left).clamp(0.0, self.width) * POINTS) as f32;
        let down = |y: f64| ((y - self.top).clamp(0.0, self.height) * POINTS) as f32;
        Area { left: across(left), top: down(top), right: across(right), bottom: down(bottom) }
    }

    /// How far down the page a line is, of 1, if it goes to the right.
    fn depth(&self, line: &Line) -> Option<f64> {
        (line.way == Way::Right && self.height > 0.0).then(|| (line.base - self.top) / self.height)
    }
}

/// The paragraphs of a document. `titles` are the objects that are marked as its title.
pub(super) fn paragraphs(mut sheets: Vec<Sheet>, titles: &[HashSet<u64>]) -> Vec<Block> {
    drop_repeated(&mut sheets);
    let mut blocks: Vec<Text> = Vec::new();
    let mut before: Option<(usize, &Line, bool)> = None;
    for (at, sheet) in sheets.iter().enumerate() {
        let marked = titles.get(at);
        for line in &sheet.lines {
            let title = marked.is_some_and(|marked| {
                line.segments
                    .iter()
                    .flat_map(|segment| &segment.objects)
                    .all(|object| marked.contains(object))
            });
            let joins = before.is_some_and(|(page, before, was_title)| {
                title && was_title || title == was_title && goes_on(before, line, page == at)
            });
            match blocks.last_mut().filter(|_| joins) {
                Some(text) => add(text, sheet, at, line),
                None => {
                    let role = if title { TextRole::Heading(1) } else { TextRole::Paragraph };
                    let mut text = Text { role, text: String::new(), places: Vec::new() };
                    add(&mut text, sheet, at, line);
                    blocks.push(text);
                }
            }
            before = Some((at, line, title));
        }
    }
    blocks.into_iter().filter(|text| !text.text.trim().is_empty()).map(Block::Text).collect()
}

fn add(text: &mut Text, sheet: &Sheet, page: usize, line: &Line) {
    for (index, segment) in line.segments.iter().enumerate() {
        let shown = segment.text.trim();
        if shown.is_empty() {
            continue;
        }
        if index > 0 && !text.text.is_empty() {
            text.text.push('\t');
        } else if let (Some(last), Some(next)) =
            (text.text.chars().next_back(), shown.chars().next())
        {
            // Words of other scripts are parted by the end of a line; a hyphen holds them together.
            if !is_wide(last) && !is_wide(next) && last != '-' {
                text.text.push(' ');
            }
        }
        let begin = text.text.len();
        text.text.push_str(shown);
        text.places.push(Place {
            range: begin..text.text.len(),
            page: u32::try_from(page + 1).unwrap_or(u32::MAX),
            area: sheet.area(line.way, segment.begin, segment.top, segment.end, segment.bottom),
        });
    }
}

/// Whether a paragraph goes on from one line to the next: the first one had no room for more, and the other is not
/// indented.
fn goes_on(line: &Line, next: &Line, same_page: bool) -> bool {
    let size = line.size;
    let (begin, end) = line.column;
    let alike = line.way == next.way
        && line.way != Way::Aslant
        && (line.size - next.size).abs() < size * 0.15
        && line.segments.len() == 1
        && next.segments.len() == 1;
    let pitch = next.base - line.base;
    let near = !same_page || pitch > 0.0 && pitch < size * 2.6 || pitch < 0.0;
    // A character that may not begin a line takes another one with it.
    let full = line.end() + next.first > end - size;
    let wide = line.end() - line.begin() > (end - begin) * 0.5 && end - begin > size * 8.0;
    alike && near && full && wide && next.begin() < next.column.0 + size * 0.6
}

/// Takes out page numbers and what stands again at the same height of later pages.
fn drop_repeated(sheets: &mut [Sheet]) {
    /// The part of a page at its top and bottom where such lines are.
    const EDGE: f64 = 0.12;
    let edge = |sheet: &Sheet, line: &Line| {
        let depth = sheet.depth(line)?;
        (!(EDGE..=1.0 - EDGE).contains(&depth)).then_some(depth)
    };
    let pages = sheets.len();
    let mut counts: HashMap<(String, i64), usize> = HashMap::new();
    let key = |line: &Line, depth: f64| {
        let text = line.text();
        let mut shape = String::new();
        for c in text.chars().filter(|c| !c.is_whitespace()) {
            // All numbers are alike, of any length.
            let c = if c.is_numeric() { '0' } else { c };
            if !(c == '0' && shape.ends_with('0')) {
                shape.push(c);
            }
        }
        (shape, (depth * 100.0).round() as i64)
    };
    for sheet in sheets.iter() {
        for line in &sheet.lines {
            if let Some(depth) = edge(sheet, line) {
                *counts.entry(key(line, depth)).or_default() += 1;
            }
        }
    }
    let mut seen = HashSet::new();
    for sheet in sheets {
        let depths = || sheet.lines.iter().filter_map(|line| sheet.depth(line));
        let (least, most) = (depths().fold(1.0, f64::min), depths().fold(0.0, f64::max));
        let outermost = |line: &Line| {
            sheet.depth(line).is_some_and(|depth| depth <= least + 0.005 || depth >= most - 0.005)
        };
        let mut kept = Vec::new();
        for line in &sheet.lines {
            let Some(depth) = edge(sheet, line) else {
                kept.push(true);
                continue;
            };
            let key = key(line, depth);
            let often = counts.get(&key).copied().unwrap_or(0);
            let number = page_number(&line.text());
            let is_number = outermost(line)
                && match number {
                    // Left and right pages differ in where it is, so half of the pages are enough.
                    Number::Plain => pages > 1 && often * 3 >= pages,
                    Number::Dressed => true,
                    Number::None => false,
                };
            // The text of forms stands again on each page, too; a running head is the first or last line.
            let again =
                outermost(line) && pages > 2 && often * 10 >= pages * 6 && !seen.insert(key);
            kept.push(!is_number && !again);
        }
        let mut kept = kept.into_iter();
        sheet.lines.retain(|_| kept.next().unwrap_or(true));
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    None,
    /// `3`
    Plain,
    /// `— 3 —`, `第3页`, `3/9`
    Dressed,
}

fn page_number(text: &str) -> Number {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = |text: &str| {
        !text.is_empty() && text.len() <= 4 && text.chars().all(|c| c.is_ascii_digit())
    };
    if digits(&bare) {
        return Number::Plain;
    }
    let dashes = ['-', '—', '–', '－', '·', '•', '―', '─', '一'];
    let between = bare.trim_start_matches(dashes);
    if between.len() < bare.len()
        && between.ends_with(dashes)
        && digits(between.trim_end_matches(dashes))
    {
        return Number::Dressed;
    }
    let said = bare.strip_prefix('第').and_then(|rest| rest.split_once('页')).is_some_and(
        |(number, rest)| {
            let rest = rest.trim_matches(['，', ',', '/', '（', '）']);
            let all = rest.strip_prefix('共').and_then(|rest| rest.strip_suffix('页'));
            digits(number) && (rest.is_empty() || all.is_some_and(digits))
        },
    );
    let of = bare.split_once('/').is_some_and(|(number, all)| digits(number) && digits(all));
    if said || of { Number::Dressed } else { Number::None }
}

#[cfg(test)]
mod tests {
    use super::super::glyphs::Run;
    use super::super::lines::lines;
    use super::*;

    fn run(text: &str, begin: f64, base: f64, object: u64) -> Run {
        let end = begin + text.chars().count() as f64 * 5.0;
        Run {
            text: text.to_owned(),
            way: Way::Right,
            begin,
            end,
            base,
            size: 5.0,
            first: 5.0,
            object,
            bounds: (begin, end),
        }
    }

    fn sheet(rows: &[(&str, f64, f64)]) -> Sheet {
        let runs = rows
            .iter()
            .zip(1..)
            .map(|(&(text, begin, base), object)| run(text, begin, base, object));
        Sheet { width: 210.0, height: 297.0, lines: lines(runs.collect()), ..Sheet::default() }
    }

    fn texts(sheets: Vec<Sheet>) -> Vec<String> {
        let blocks = paragraphs(sheets, &[]).into_iter();
        blocks
            .filter_map(|block| if let Block::Text(text) = block { Some(text.text) } else { None })
            .collect()
    }

    const FULL: &str = "一二三四五六七八九十一二三四五六七八九十";

    #[test]
    fn lines_are_joined_to_paragraphs_also_over_pages() {
        let first = sheet(&[
            ("标题", 60.0, 50.0),
            (&FULL[6..], 40.0, 60.0),
            (FULL, 30.0, 69.0),
            ("末行。", 30.0, 78.0),
            (&FULL[6..], 40.0, 87.0),
        ]);
        let second = sheet(&[(FULL, 30.0, 50.0), ("完。", 30.0, 59.0), ("二、", 40.0, 68.0)]);
        let expected = [
            "标题".to_owned(),
            format!("{}{FULL}末行。", &FULL[6..]),
            format!("{}{FULL}完。", &FULL[6..]),
            "二、".to_owned(),
        ];
        assert_eq!(texts(vec![first, second]), expected);
    }

    #[test]
    fn each_line_has_its_place_in_points() {
        let blocks = paragraphs(vec![sheet(&[(FULL, 25.4, 50.8), ("末行", 25.4, 59.0)])], &[]);
        let Some(Block::Text(text)) = blocks.first() else { panic!("no text") };
        assert_eq!(text.places.len(), 2);
        let Place { range, page, area } = text.places[1].clone();
        assert_eq!((&text.text[range], page), ("末行", 1));
        assert!(
            (area.left - 72.0).abs() < 0.01
                && area.top < area.bottom
                && area.bottom < 59.0 * 72.0 / 25.4 + 2.0,
            "{area:?}"
        );
        assert!((area.right - (25.4 + 10.0) as f32 * 72.0 / 25.4).abs() < 0.01, "{area:?}");
    }

    #[test]
    fn page_numbers_and_running_heads_go() {
        let page = |number: &str| {
            sheet(&[
                ("国务院公报", 60.0, 15.0),
                (&format!("第{number}页的正文"), 40.0, 100.0),
                (&format!("— {number} —"), 90.0, 285.0),
            ])
        };
        assert_eq!(
            texts(vec![page("8"), page("9"), page("10")]),
            ["国务院公报", "第8页的正文", "第9页的正文", "第10页的正文"]
        );
        // A number of the text in the middle of the page, or alone on one page, stays.
        assert_eq!(
            texts(vec![sheet(&[("正文", 40.0, 100.0), ("12", 90.0, 285.0)])]),
            ["正文", "12"]
        );
    }

    #[test]
    fn forms_of_page_numbers() {
        for text in
            ["— 1 —", "-12-", "第 3 页", "第3页 共9页", "3/9", "－２－".replace('２', "2").as_str()]
        {
            assert_eq!(page_number(text), Number::Dressed, "{text}");
        }
        assert_eq!(page_number("12"), Number::Plain);
        for text in ["第3条", "2020年", "-", "10001", "一、"] {
            assert_eq!(page_number(text), Number::None, "{text}");
        }
    }

    #[test]
    fn a_marked_title_is_one_heading() {
        let sheet =
            sheet(&[("国务院关于", 60.0, 50.0), ("某事的通知", 60.0, 60.0), ("正文", 40.0, 80.0)]);
        let blocks = paragraphs(vec![sheet], &[HashSet::from([1, 2])]);
        let Some(Block::Text(text)) = blocks.first() else { panic!("no text") };
        assert_eq!((text.role, text.text.as_str()), (TextRole::Heading(1), "国务院关于某事的通知"));
        assert_eq!(blocks.len(), 2);
    }
}
