//! Numbers of running text with their units: `1.13万亿元`, `三年以上五年以下`, `百分之五`, `thirty days`.
//!
//! One grammar of numbers and one table of units (`data/units.txt`) serve three readers, who need different things:
//! [`numbers`] and [`kind_of`] tell whether a text can answer a question for an amount, [`phrases`] gives the
//! part of it that is marked as the answer, and [`values`] gives what two texts can be compared by.

mod units;
mod values;

use std::ops::Range;

use crate::words::WordList;
pub use values::{Value, values};

const WORDS: &str = include_str!("../../data/amounts.txt");
static BEFORE: WordList = WordList::section(WORDS, "before");
static AFTER: WordList = WordList::section(WORDS, "after");
static COUNTERS: WordList = WordList::section(WORDS, "counters");
static NOT_COUNTED: WordList = WordList::section(WORDS, "not counted");

const NUMERALS: &str = "零〇一二三四五六七八九十百千万亿两半";
/// What makes a number larger.
const MAGNITUDES: &str = "十百千万亿兆多余几来";
const PERCENT: &str = "百分之";

/// What an amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 多少人, 多少名, how many people.
    Persons,
    /// 多少钱, 多少元, how much money.
    Money,
    /// A share: 比例, 率, percent.
    Share,
    /// 多少年, 几天, how long.
    Duration,
    /// 多少岁, 年龄, how old.
    Age,
    /// Anything else; to a question, any number will do.
    Any,
}

impl Kind {
    fn named(name: &str) -> Self {
        match name {
            "persons" => Self::Persons,
            "money" => Self::Money,
            "share" => Self::Share,
            "duration" => Self::Duration,
            "age" => Self::Age,
            _ => Self::Any,
        }
    }
}

/// The numbers of `text`, in order, by byte range: `1.13`, `12,000`, `二十三`, `百分之五` (its 五). A Chinese numeral
/// is one only before a counter (三年, 五名) or after 分之: 一体, 统一 and 一是 are words.
///
/// ```
/// let text = "三年内建成五个基地，一体化推进";
/// let numbers: Vec<&str> = yiju_text::amounts::numbers(text).map(|n| &text[n]).collect();
/// assert_eq!(numbers, ["三", "五"]);
/// ```
pub fn numbers(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(c) = text[at..].chars().next() {
            let start = at;
            if c.is_ascii_digit() {
                let end = at + digits(&text[at..]);
                // 万亿 of 1.13万亿 belongs to the number.
                at = end + run(&text[end..], is_numeral);
                return Some(start..end);
            }
            if is_numeral(c) {
                at += run(&text[at..], is_numeral);
                if counts(text, start, at) {
                    return Some(start..at);
                }
                continue;
            }
            at += c.len_utf8();
        }
        None
    })
}

/// What the number at `number` in `text` (in normal form) counts, by the unit after it.
pub fn kind_of(text: &str, number: &Range<usize>) -> Kind {
    let rest =
        text[number.end..].trim_start().trim_start_matches(|c| MAGNITUDES.contains(c) && c != '兆');
    let before = &text[..number.start];
    match units::leading(rest, |_| true).map_or(Kind::Any, |unit| unit.kind) {
        Kind::Age => Kind::Age,
        _ if before.ends_with("分之") => Kind::Share,
        Kind::Any | Kind::Duration if before.trim_end().ends_with(['$', '¥', '€', '£']) => {
            Kind::Money
        }
        kind => kind,
    }
}

/// The amounts and times of `text`, in order, as a reader would mark them: with their units and the words that
/// belong to them (约, 以上). The parts of a date are one, and so are the ends of a range (三至五年).
pub fn phrases(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for number in numbers(text) {
        let mut end = number.end;
        // 亿 makes the number larger, 千 of 千瓦时 is the unit's.
        while let Some(c) = text[end..].chars().next()
            && MAGNITUDES.contains(c)
            && marked_unit(&text[end..]).is_none()
        {
            end += c.len_utf8();
        }
        let space = run(&text[end..], |c| c == ' ');
        if let Some(unit) = marked_unit(&text[end + space..]) {
            end += space + unit.len();
        }
        end += AFTER.prefix_of(&text[end..]).map_or(0, str::len);
        let before = &text[..number.start];
        let lead = BEFORE.suffix_of(before).map_or(0, str::len);
        let start = match lead {
            0 if before.ends_with(PERCENT) => number.start - PERCENT.len(),
            lead => number.start - lead,
        };
        match found.last_mut() {
            // 2025年8月15日, 三至五年, 10-20人
            Some(last) if text.get(last.end..start).is_some_and(joins) => last.end = end,
            _ => found.push(start..end),
        }
    }
    found
}

/// The unit with which `text` begins, of those that a marked answer ends with.
pub fn marked_unit(text: &str) -> Option<&'static str> {
    units::leading(text, |unit| unit.marked).map(|unit| unit.written)
}

fn joins(between: &str) -> bool {
    matches!(between, "" | " " | "至" | "到" | "-" | "—" | "～" | "~")
}

fn is_numeral(c: char) -> bool {
    NUMERALS.contains(c)
}

/// Bytes of the characters at the start of `text` that belong.
fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// Bytes of the number in digits at the start of `text`, with decimals and commas between thousands.
fn digits(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    (0..bytes.len())
        .find(|&at| !(digit(at) || matches!(bytes[at], b'.' | b',') && digit(at + 1)))
        .unwrap_or(bytes.len())
}

/// Whether the Chinese numeral at `start..end` is a number and no part of a word.
fn counts(text: &str, start: usize, end: usize) -> bool {
    let (numeral, rest) = (&text[start..end], &text[end..]);
    let long = |least: usize| numeral.chars().nth(least - 1).is_some();
    if text[..start].ends_with("分之") {
        return true;
    }
    if rest.is_empty() {
        return long(2);
    }
    if rest.starts_with("分之") {
        return false;
    }
    let alone = matches!(numeral, "一" | "万" | "千" | "百" | "半");
    let counted = COUNTERS.prefix_of(rest).is_some();
    counted && !(alone && NOT_COUNTED.prefix_of(rest).is_some()) || long(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> Vec<&str> {
        ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn numbers_are_found_and_words_with_numerals_are_not() {
        let found = |text| cut(text, numbers(text));
        assert_eq!(found("总额1.13万亿元,12,000人"), ["1.13", "12,000"]);
        assert_eq!(found("一体化推进统一市场,一是家庭"), [""; 0]);
        assert_eq!(found("三年内建成五个基地"), ["三", "五"]);
        assert_eq!(found("百分之五"), ["五"]);
    }

    #[test]
    fn amounts_come_with_their_units() {
        let found = |text| cut(text, phrases(text));
        assert_eq!(found("总额1.13万亿元，增长8.23%。"), ["1.13万亿元", "8.23%"]);
        assert_eq!(found("预计每年可发电约2亿千瓦时"), ["约2亿千瓦时"]);
        assert_eq!(found("(2025年8月15日)施行"), ["2025年8月15日"]);
        assert_eq!(found("处三年以上五年以下有期徒刑"), ["三年以上五年以下"]);
        assert_eq!(found("新建2000个以上公共充电桩"), ["2000个以上"]);
        assert_eq!(found("减少百分之五"), ["百分之五"]);
    }

    #[test]
    fn the_unit_tells_the_kind() {
        let kind = |text: &str| numbers(text).map(|n| kind_of(text, &n)).next().unwrap();
        for (text, expected) in [
            ("1.13万亿元", Kind::Money),
            ("$ 30", Kind::Money),
            ("18周岁", Kind::Age),
            ("2周", Kind::Duration),
            ("百分之五", Kind::Share),
            ("100日元", Kind::Money),
            ("30 days", Kind::Duration),
            ("20多人", Kind::Persons),
            ("5吨", Kind::Any),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_at_characters(text in "[0-9一二十百万亿年月日个元约第 至%，。a-c]{0,40}") {
            for part in phrases(&text) {
                proptest::prop_assert!(text.get(part.clone()).is_some_and(|part| !part.is_empty()));
            }
        }
    }
}
