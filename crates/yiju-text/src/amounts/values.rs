//! Numbers with their values, to compare what two texts say.

use super::{digits, is_numeral, run, units};
use crate::numerals::{english_amount, parse_number};
use crate::words::WordList;

static NOT_COMPARED: WordList = WordList::section(super::WORDS, "not compared");
static SHARES: WordList = WordList::section(super::WORDS, "shares");

/// What stands between the parts of a whole and how many of them: 百分之五.
const OF_PARTS: &str = "分之";

/// A number of a text with its unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// The number, in the unit.
    pub value: f64,
    /// The name that the unit's spellings share (天 and days are 日); empty where it has none.
    pub unit: &'static str,
    /// As the text has it.
    pub shown: String,
}

/// The numbers of `text` (in normal form) that can be compared, in order: those in digits, English number words,
/// and Chinese numerals with a unit after them or 第 before them. Shares of a whole are in percent, however they are
/// written: 万分之五, 0.5‰ and 0.05%. Dates by ISO 8601 give three, as 2025年8月15日 does.
pub fn values(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if let Some((value, length)) = share(rest) {
            let shown = text[at..at + length].to_owned();
            found.push(Value { value, unit: "%", shown });
            at += length;
        } else if c.is_ascii_digit() {
            if let Some(lengths) = iso_date(rest) {
                for (length, unit) in lengths.into_iter().zip(["年", "月", "日"]) {
                    let shown = text[at..at + length].to_owned();
                    let value = shown.parse().unwrap_or_default();
                    found.push(Value { value, unit, shown });
                    at += length + usize::from(unit != "日");
                }
                continue;
            }
            let mut end = at + digits(rest);
            let number: Result<f64, _> = text[at..end].replace(',', "").parse();
            if let Ok(mut value) = number {
                while let Some((length, factor)) = magnitude_after(&text[end..]) {
                    value *= factor;
                    end += length;
                }
                end = with_unit(text, at, end, value, &mut found);
            }
            at = end;
        } else if is_compared(c) {
            let end = at + run(rest, is_compared);
            let counted = {
                let (unit, _) = unit(&text[end..]);
                let word = &text[at..end] == "一" && NOT_COMPARED.contains(unit);
                !unit.is_empty() && !word || text[..at].ends_with('第')
            };
            at = match parse_number(&text[at..end]).filter(|_| counted) {
                Some(value) => with_unit(text, at, end, f64::from(value), &mut found),
                None => end,
            };
        } else if c.is_ascii_lowercase() {
            let end = at + run(rest, |c| c.is_ascii_alphanumeric());
            at = match english_amount(&text[at..end]) {
                Some(value) => with_unit(text, at, end, f64::from(value), &mut found),
                None => end,
            };
        } else {
            at += c.len_utf8();
        }
    }
    found
}

/// A Chinese numeral that has a value: 半 has none.
fn is_compared(c: char) -> bool {
    is_numeral(c) && c != '半'
}

/// What makes the number before `text` larger. 千 of 千米 and 千克 is the unit's.
fn magnitude(text: &str) -> Option<(&'static str, f64)> {
    [("十", 1e1), ("百", 1e2), ("千", 1e3), ("万", 1e4), ("亿", 1e8)]
        .into_iter()
        .find(|(sign, _)| text.starts_with(sign))
        .filter(|_| !(text.starts_with("千米") || text.starts_with("千克")))
}

/// What makes the number before `text` larger, with the space before it, and its length: ` 万`, ` million`.
fn magnitude_after(text: &str) -> Option<(usize, f64)> {
    if let Some((sign, factor)) = magnitude(text) {
        return Some((sign.len(), factor));
    }
    let spaces = run(text, |c| c == ' ');
    let rest = &text[spaces..];
    let words = [("万", 1e4), ("亿", 1e8), ("thousand", 1e3), ("million", 1e6), ("billion", 1e9)];
    words.into_iter().filter(|_| spaces > 0).find_map(|(sign, factor)| {
        let after = rest.strip_prefix(sign)?;
        let ends = !after.starts_with(|c: char| c.is_ascii_alphabetic());
        ends.then_some((spaces + sign.len(), factor))
    })
}

/// The common name of the unit at the start of `text`, and its length with the spaces before it.
fn unit(text: &str) -> (&'static str, usize) {
    let trimmed = text.trim_start_matches([' ', '-']);
    let spaces = text.len() - trimmed.len();
    units::leading(trimmed, |unit| !unit.name.is_empty())
        .map_or(("", 0), |unit| (unit.name, spaces + unit.written.len()))
}

/// A share of a whole at the start of `text`, in percent, and its length: 百分之五, 万分之零点五, 三分之二, 0.5‰.
fn share(text: &str) -> Option<(f64, usize)> {
    // 百分之五 has no number before its 百.
    let (first, length) = match magnitude(text) {
        Some((sign, factor)) if text[sign.len()..].starts_with(OF_PARTS) => (factor, sign.len()),
        _ => decimal(text)?,
    };
    let rest = text.get(length..)?;
    if let Some(after) = rest.strip_prefix(OF_PARTS) {
        let (part, more) = decimal(after).filter(|_| first > 0.0)?;
        return Some((part * 100.0 / first, length + OF_PARTS.len() + more));
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let spaces = run(rest, |c| c == ' ');
    let sign = rest.get(spaces..)?;
    let letters = |written: &str| written.starts_with(|c: char| c.is_ascii_alphabetic());
    SHARES.rows().find_map(|[written, whole]| {
        let after = sign.strip_prefix(written)?;
        let whole: f64 = whole.parse().ok()?;
        let ends = !(letters(written) && letters(after));
        ends.then_some((first * 100.0 / whole, length + spaces + written.len()))
    })
}

/// The number at the start of `text`, in digits or in Chinese numerals with 点, and its length.
fn decimal(text: &str) -> Option<(f64, usize)> {
    let length = digits(text);
    if length > 0 {
        let value = text[..length].replace(',', "").parse().ok()?;
        return Some((value, length));
    }
    let whole = run(text, is_compared);
    let value = f64::from(parse_number(&text[..whole])?);
    let fraction = text[whole..].strip_prefix('点').unwrap_or("");
    let places: Vec<f64> = fraction
        .chars()
        .map_while(|c| "零一二三四五六七八九".chars().position(|digit| digit == c))
        .map(|digit| digit as f64)
        .collect();
    if places.is_empty() {
        return Some((value, whole));
    }
    // As digits, so that it is the same value as one written in digits.
    let written: String = places.iter().map(|digit| digit.to_string()).collect();
    let value = format!("{value}.{written}").parse().ok()?;
    Some((value, whole + ('点'.len_utf8()) + places.len() * '一'.len_utf8()))
}

/// Adds the number at `start..end` with its unit; gives where that ends.
fn with_unit(text: &str, start: usize, end: usize, value: f64, found: &mut Vec<Value>) -> usize {
    let (unit, length) = unit(&text[end..]);
    found.push(Value { value, unit, shown: text[start..end + length].to_owned() });
    end + length
}

/// The lengths of year, month and day of the date at the start of `text`: `2025-08-15`.
fn iso_date(text: &str) -> Option<[usize; 3]> {
    let mut at = 0;
    let mut part = |lengths: std::ops::RangeInclusive<usize>| {
        let length = run(&text[at..], |c| c.is_ascii_digit());
        at += length;
        let more = text[at..].starts_with('-');
        at += usize::from(more);
        lengths.contains(&length).then_some((length, more))
    };
    let ((year, true), (month, true)) = (part(4..=4)?, part(1..=2)?) else {
        return None;
    };
    Some([year, month, part(1..=2)?.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_values_and_common_units() {
        let found = |text: &str| -> Vec<(f64, &str, String)> {
            let all = values(text).into_iter();
            all.map(|v| (v.value, v.unit, v.shown)).collect()
        };
        for (text, value, unit, shown) in [
            ("三十天", 30.0, "日", "三十天"),
            ("within thirty days", 30.0, "日", "thirty days"),
            ("1.5万亿元", 1.5e12, "元", "1.5万亿元"),
            ("5千米", 5.0, "公里", "5千米"),
            ("3000 万元", 3e7, "元", "3000 万元"),
            ("30 million yuan", 3e7, "元", "30 million yuan"),
            ("百分之五", 5.0, "%", "百分之五"),
            ("第三", 3.0, "", "三"),
            ("千分之五", 0.5, "%", "千分之五"),
            ("万分之五", 0.05, "%", "万分之五"),
            ("0.5‰", 0.05, "%", "0.5‰"),
            ("0.05%", 0.05, "%", "0.05%"),
            ("5 per cent", 5.0, "%", "5 per cent"),
            ("百分之零点五", 0.5, "%", "百分之零点五"),
            ("四分之三", 75.0, "%", "四分之三"),
        ] {
            assert_eq!(found(text), [(value, unit, shown.to_owned())], "{text}");
        }
        assert_eq!(found("2025-08-15起"), found("2025-08-15"));
        let date: Vec<(f64, &str)> =
            values("2025-08-15").iter().map(|v| (v.value, v.unit)).collect();
        assert_eq!(date, [(2025.0, "年"), (8.0, "月"), (15.0, "日")]);
        assert_eq!(found("一体化推进统一市场，一个方面"), []);
    }
}
