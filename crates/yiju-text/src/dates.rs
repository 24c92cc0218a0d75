//! Dates as documents print them. A date without a year is none: no year is invented.

use std::ops::Range;

use jiff::civil::Date;

use crate::numerals::{decimal, is_chinese_numeral, parse_number};
use crate::words::WordList;

const WORDS: &str = include_str!("../data/dates.txt");
static MONTHS: WordList = WordList::section(WORDS, "months");
static LEADS: WordList = WordList::section(WORDS, "leads");
static TAILS: WordList = WordList::section(WORDS, "tails");

/// All full dates in a line, in order: `2025年8月15日`, `二〇二五年八月十五日`, `2025-08-15`,
/// `August 15, 2025`, `15 August 2025`.
pub fn dates(line: &str) -> Vec<Date> {
    date_spans(line).into_iter().map(|(_, date)| date).collect()
}

/// The same with the bytes of each, ascending: `(7..24, 2025-08-15)` in `Issued 15 August 2025`.
pub fn date_spans(line: &str) -> Vec<(Range<usize>, Date)> {
    let mut found: Vec<(Range<usize>, Date)> = Vec::new();
    for (at, _) in line.match_indices('年') {
        found.extend(chinese_date(line, at));
    }
    if line.bytes().any(|b| b.is_ascii_digit()) {
        found.extend(numeric_dates(line));
        found.extend(english_dates(line));
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// The date of a line that holds nothing else: `(2025年8月15日)`, `发布日期：2025-08-15`.
pub fn date_line(line: &str) -> Option<Date> {
    if line.chars().nth(40).is_some() {
        return None;
    }
    let date = *dates(line).first()?;
    let mut rest =
        line.trim_matches(|c: char| c.is_whitespace() || "()（）[]【】〔〕*#_".contains(c));
    if let Some(lead) = LEADS.prefix_of(rest) {
        rest = rest[lead.len()..].trim_start_matches(['：', ':', ' ', '\u{3000}']);
    }
    rest = rest.trim_start_matches("中華").trim_start_matches("民國").trim_start();
    for tail in TAILS.iter() {
        rest = rest.strip_suffix(tail).unwrap_or(rest);
    }
    let only_date = rest.chars().all(|c| {
        decimal(c).is_some()
            || is_chinese_numeral(c)
            || c.is_whitespace()
            || "年月日-./,，ＯOo".contains(c)
    }) || (line.is_ascii()
        && rest
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|w| !w.is_empty())
            .all(|w| month(w).is_some() || w.bytes().all(|b| b.is_ascii_digit())));
    only_date.then_some(date)
}

/// The day in a dateline, which gives no year: the bytes of `8月28日` in `新华社北京8月28日电`.
pub fn news_day(line: &str) -> Option<std::ops::Range<usize>> {
    let sent = line.find(['电', '電', '讯', '訊'])?;
    let head = line.get(..sent)?;
    let month = head.rfind('月')?;
    let day = head.get(month..)?.find('日')? + month;
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| decimal(c).is_some());
    let start = head
        .get(..month)?
        .char_indices()
        .rev()
        .take_while(|&(_, c)| decimal(c).is_some())
        .last()?
        .0;
    let end = day + '日'.len_utf8();
    digits(head.get(month + '月'.len_utf8()..day)?).then_some(start..end)
}

fn chinese_date(line: &str, year_at: usize) -> Option<(Range<usize>, Date)> {
    let before = line[..year_at].trim_end();
    let start = before
        .char_indices()
        .rev()
        .take_while(|&(_, c)| {
            decimal(c).is_some() || is_chinese_numeral(c) || matches!(c, 'Ｏ' | 'O' | 'o')
        })
        .take(8)
        .last()
        .map(|(i, _)| i)?;
    // 二Ｏ二四: the letter for the zero.
    let year = parse_number(&before[start..].replace(['Ｏ', 'O', 'o'], "〇"))?;
    // 民國113年 counts from 1912.
    let republic = before[..start].trim_end().ends_with(['國', '国']) && before.contains('民');
    let year = if republic { year.checked_add(1911)? } else { year };
    let start = if republic { before[..start].rfind('民')? } else { start };
    if !(1000..=2999).contains(&year) {
        return None;
    }
    let rest = line[year_at + '年'.len_utf8()..].trim_start();
    let month_at = rest.find('月').filter(|&at| at <= 12)?;
    let month = parse_number(&rest[..month_at])?;
    let rest = rest[month_at + '月'.len_utf8()..].trim_start();
    let day_at = rest.find('日').filter(|&at| at <= 12)?;
    let day = parse_number(&rest[..day_at])?;
    let end = line.len() - rest.len() + day_at + '日'.len_utf8();
    Some((start..end, date(year, month, day)?))
}

fn date(year: u32, month: u32, day: u32) -> Option<Date> {
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// `2025-08-15`, `2025/8/15`, `2025.8.15`.
fn numeric_dates(line: &str) -> Vec<(Range<usize>, Date)> {
    let mut found = Vec::new();
    let separators = ['-', '/', '.'];
    for token in line.split(|c: char| !(c.is_ascii_digit() || separators.contains(&c))) {
        let printed = token.trim_matches(separators);
        let parts: Vec<&str> = printed.split(separators).collect();
        let value = |s: &str, most: usize| s.parse::<u32>().ok().filter(|_| s.len() <= most);
        if let [y, m, d] = parts.as_slice()
            && y.len() == 4
            && let (Some(y), Some(m), Some(d)) = (value(y, 4), value(m, 2), value(d, 2))
        {
            let start = place_in(line, printed);
            found.extend(date(y, m, d).map(|date| (start..start + printed.len(), date)));
        }
    }
    found
}

fn english_dates(line: &str) -> Vec<(Range<usize>, Date)> {
    let words: Vec<&str> =
        line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let number = |w: &str| {
        let digits = w.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        digits.parse::<u32>().ok()
    };
    let mut found = Vec::new();
    for three in words.windows(3) {
        let Some(year) = three[2].parse::<u32>().ok().filter(|y| (1000..=2999).contains(y)) else {
            continue;
        };
        let parsed = match (month(three[0]), month(three[1])) {
            (Some(month), _) => number(three[1]).and_then(|day| date(year, month, day)),
            (_, Some(month)) => number(three[0]).and_then(|day| date(year, month, day)),
            _ => None,
        };
        let range = place_in(line, three[0])..place_in(line, three[2]) + three[2].len();
        found.extend(parsed.map(|date| (range, date)));
    }
    found
}

/// Where `part`, a slice of `line`, begins in it.
fn place_in(line: &str, part: &str) -> usize {
    part.as_ptr().addr() - line.as_ptr().addr()
}

fn month(word: &str) -> Option<u32> {
    let lower = word.to_ascii_lowercase();
    let at =
        MONTHS.iter().position(|m| *m == lower || (lower.len() == 3 && m.starts_with(&lower)))?;
    Some(at as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_found_where_they_stand() {
        for (line, parts) in [
            (
                "（1985年1月21日通过　二〇二四年六月二十八日修订）",
                vec!["1985年1月21日", "二〇二四年六月二十八日"],
            ),
            ("修正日期：民國 113 年 07 月 31 日", vec!["民國 113 年 07 月 31 日"]),
            ("发布日期：2025-08-15 生效：2025/9/1", vec!["2025-08-15", "2025/9/1"]),
            ("Version 3.2, effective 1 February 2024", vec!["1 February 2024"]),
            (
                "Adopted on August 15, 2025, in force since 2025.9.1",
                vec!["August 15, 2025", "2025.9.1"],
            ),
            ("2025年13月1日", vec![]),
        ] {
            let found: Vec<&str> =
                date_spans(line).into_iter().map(|(range, _)| &line[range]).collect();
            assert_eq!(found, parts, "{line}");
        }
    }

    #[test]
    fn reads_dates() {
        let day = jiff::civil::date(2025, 8, 15);
        for line in [
            "(2025年8月15日)",
            "二〇二五年八月十五日",
            "2025 年 8 月 15 日",
            "发布日期：2025-08-15",
            "August 15, 2025",
            "15 August 2025",
            "中華民國114年8月15日",
            "中華民國一百一十四年八月十五日",
        ] {
            assert_eq!(date_line(line), Some(day), "{line}");
        }
        for line in ["8月15日", "2025年8月", "2025年8月15日起施行", "2025年13月1日", "0年0月0日"]
        {
            assert_eq!(date_line(line), None, "{line}");
        }
    }
}
