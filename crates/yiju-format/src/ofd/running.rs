//! Page numbers and heads and feet that stand again on each page: they are not of the text.

use std::collections::{HashMap, HashSet};

use super::lines::Line;
use super::paragraphs::Sheet;

/// Takes out page numbers and what stands again at the same height of later pages.
pub(super) fn drop_repeated(sheets: &mut [Sheet]) {
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
    let body = body_size(sheets);
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
            // Set smaller than the text it is one for certain, and is not read from the first page either.
            let small = line.size < body * 0.9;
            let again = outermost(line)
                && pages > 2
                && often * 10 >= pages * 6
                && (!seen.insert(key) || small);
            kept.push(!is_number && !again);
        }
        let mut kept = kept.into_iter();
        sheet.lines.retain(|_| kept.next().unwrap_or(true));
    }
}

/// The size of most characters.
fn body_size(sheets: &[Sheet]) -> f64 {
    let mut counts: HashMap<i64, usize> = HashMap::new();
    for line in sheets.iter().flat_map(|sheet| &sheet.lines) {
        let count: usize = line.segments.iter().map(|segment| segment.text.chars().count()).sum();
        *counts.entry((line.size * 20.0).round() as i64).or_default() += count;
    }
    let most = counts.into_iter().max_by_key(|&(size, count)| (count, size));
    most.map_or(0.0, |(size, _)| size as f64 / 20.0)
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
    use super::super::paragraphs::tests::{sheet, texts};
    use super::*;

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
        // Set smaller than the text, a running head is none of the text on the first page either.
        let with_head = |number: &str| {
            let mut sheet = page(number);
            sheet.lines.iter_mut().filter(|line| line.base < 20.0).for_each(|line| line.size = 3.0);
            sheet
        };
        assert_eq!(texts(vec![with_head("1"), with_head("2"), with_head("3")]).len(), 3);
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
}
