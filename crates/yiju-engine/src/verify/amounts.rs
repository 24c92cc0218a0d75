//! The numbers of a text with their units, in digits, Chinese numerals and English words.

use yiju_text::parse_number;

/// A number with its unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Amount {
    pub(super) value: f64,
    /// The unit's common name; empty where it has none.
    pub(super) unit: &'static str,
    /// As the text has it.
    pub(super) shown: String,
}

/// Units as written and the common name; longer ones before those they begin with.
const UNITS: &[(&str, &str)] = &[
    ("个工作日", "工作日"),
    ("工作日", "工作日"),
    ("working days", "工作日"),
    ("business days", "工作日"),
    ("个百分点", "百分点"),
    ("平方公里", "平方公里"),
    ("平方米", "平方米"),
    ("m2", "平方米"),
    ("个小时", "小时"),
    ("小时", "小时"),
    ("hours", "小时"),
    ("hour", "小时"),
    ("个月", "个月"),
    ("months", "个月"),
    ("month", "个月"),
    ("分钟", "分钟"),
    ("minutes", "分钟"),
    ("周岁", "岁"),
    ("岁", "岁"),
    ("日", "日"),
    ("天", "日"),
    ("days", "日"),
    ("day", "日"),
    ("月", "月"),
    ("年", "年"),
    ("years", "年"),
    ("year", "年"),
    ("周", "周"),
    ("weeks", "周"),
    ("美元", "美元"),
    ("元", "元"),
    ("yuan", "元"),
    ("%", "%"),
    ("percent", "%"),
    ("人次", "人次"),
    ("人", "人"),
    ("名", "人"),
    ("people", "人"),
    ("persons", "人"),
    ("户", "户"),
    ("倍", "倍"),
    ("times", "次"),
    ("次", "次"),
    ("公里", "公里"),
    ("千米", "公里"),
    ("米", "米"),
    ("吨", "吨"),
    ("公斤", "公斤"),
    ("千克", "公斤"),
    ("克", "克"),
    ("时", "时"),
    ("点", "时"),
    ("条", "条"),
    ("款", "款"),
    ("章", "章"),
    ("项", "项"),
    ("家", "家"),
    ("个", "个"),
];

/// English numbers that law and policy write out.
const NUMBER_WORDS: &[(&str, u32)] = &[
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("twelve", 12),
    ("fifteen", 15),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("ninety", 90),
];

/// The amounts of a text in normal form.
pub(super) fn amounts(text: &str) -> Vec<Amount> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let (amount, end) = match c {
            '0'..='9' => digits(text, at),
            _ if CHINESE.contains(c) => chinese(text, at),
            'a'..='z' => english(text, at),
            _ => (None, at + c.len_utf8()),
        };
        found.extend(amount);
        at = end.max(at + c.len_utf8());
    }
    found
}

const CHINESE: &str = "零〇一二三四五六七八九十百千万亿两";

fn run(text: &str, accept: impl Fn(char) -> bool) -> usize {
    text.find(|c| !accept(c)).unwrap_or(text.len())
}

/// The unit at the start of `text` and its length, spaces before it included.
fn unit(text: &str) -> (&'static str, usize) {
    let trimmed = text.trim_start_matches([' ', '-']);
    let spaces = text.len() - trimmed.len();
    UNITS
        .iter()
        .find(|(written, _)| {
            let letters = written.starts_with(|c: char| c.is_ascii_alphabetic());
            let after = trimmed
                .get(written.len()..)
                .and_then(|rest| rest.chars().next());
            trimmed.starts_with(written)
                && !(letters && after.is_some_and(|c| c.is_ascii_alphanumeric()))
        })
        .map_or(("", 0), |(written, name)| (*name, spaces + written.len()))
}

fn amount(text: &str, start: usize, end: usize, value: f64) -> (Option<Amount>, usize) {
    let percent = text[..start].ends_with("百分之");
    let (unit, length) = unit(&text[end..]);
    let end = end + length;
    let from = if percent {
        start - "百分之".len()
    } else {
        start
    };
    let amount = Amount {
        value,
        unit: if percent { "%" } else { unit },
        shown: text[from..end].to_owned(),
    };
    (Some(amount), end)
}

fn digits(text: &str, start: usize) -> (Option<Amount>, usize) {
    let rest = &text[start..];
    let bytes = rest.as_bytes();
    let mut length = 0;
    while let Some(&byte) = bytes.get(length) {
        let inner =
            matches!(byte, b'.' | b',') && bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
        if !(byte.is_ascii_digit() || inner) {
            break;
        }
        length += 1;
    }
    let Ok(mut value) = rest[..length].replace(',', "").parse::<f64>() else {
        return (None, start + length);
    };
    let mut end = start + length;
    while let Some((magnitude, factor)) = [
        ("十", 1e1),
        ("百", 1e2),
        ("千", 1e3),
        ("万", 1e4),
        ("亿", 1e8),
    ]
    .into_iter()
    .find(|(sign, _)| {
        text[end..].starts_with(sign)
            && !["千米", "千克"]
                .iter()
                .any(|unit| text[end..].starts_with(unit))
    }) {
        value *= factor;
        end += magnitude.len();
    }
    // 2025-08-15 is 2025年8月15日.
    if let Some(length) = iso_month_or_day(text, start, end) {
        let name = if length == 1 { "月" } else { "日" };
        return (
            Some(Amount {
                value,
                unit: name,
                shown: text[start..end].to_owned(),
            }),
            end,
        );
    }
    if is_iso_year(&text[start..]) {
        return (
            Some(Amount {
                value,
                unit: "年",
                shown: text[start..end].to_owned(),
            }),
            end,
        );
    }
    amount(text, start, end, value)
}

fn is_iso_year(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let number = |part: &str, most: usize| {
        let length = run(part, |c| c.is_ascii_digit());
        (1..=most).contains(&length)
    };
    year.is_some_and(|year| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()))
        && month.is_some_and(|month| month.len() <= 2 && number(month, 2))
        && day.is_some_and(|day| number(day, 2))
}

/// 1 for the month, 2 for the day of a date in ISO 8601 that the number at `start..end` is part of.
fn iso_month_or_day(text: &str, start: usize, end: usize) -> Option<usize> {
    let before = &text[..start];
    let year_at = |back: usize| {
        let from = before.len().checked_sub(back)?;
        let year = before.get(from..)?;
        let part = text.get(from..)?;
        (year.starts_with(|c: char| c.is_ascii_digit()) && is_iso_year(part)).then_some(())
    };
    if end - start > 2 || !before.ends_with('-') {
        return None;
    }
    if year_at(5).is_some() {
        return Some(1);
    }
    (year_at(7).is_some() || year_at(8).is_some()).then_some(2)
}

/// A Chinese numeral counts with a unit after it, 第 or 百分之 before it: 一体 and 统一 are words.
fn chinese(text: &str, start: usize) -> (Option<Amount>, usize) {
    let end = start + run(&text[start..], |c| CHINESE.contains(c));
    let written = &text[start..end];
    let before = &text[..start];
    let (unit, _) = unit(&text[end..]);
    let word = written == "一" && ["个", "点", "条", "次", "项", "家", "人", "时"].contains(&unit);
    let has_unit = !unit.is_empty() && !word;
    let counted = has_unit || before.ends_with("百分之") || before.ends_with('第');
    match parse_number(written).filter(|_| counted) {
        Some(value) => amount(text, start, end, f64::from(value)),
        None => (None, end),
    }
}

fn english(text: &str, start: usize) -> (Option<Amount>, usize) {
    let end = start + run(&text[start..], |c| c.is_ascii_alphanumeric());
    let word = &text[start..end];
    match NUMBER_WORDS.iter().find(|(written, _)| *written == word) {
        Some((_, value)) => amount(text, start, end, f64::from(*value)),
        None => (None, end),
    }
}
