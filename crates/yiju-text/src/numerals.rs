//! Numbers as law and policy print them: 十九, 二〇二五, 壹, 19, １９, XIX, Ⅻ, nineteen.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::char::decompose_compatible;

use crate::words::WordList;

/// English number words with their values, and whether they count as numbers in running text.
static ENGLISH: LazyLock<HashMap<&str, (u32, bool)>> = LazyLock::new(|| {
    static WORDS: WordList = WordList::new(include_str!("../data/english-numbers.txt"));
    let rows = WORDS.rows().map(|[word, value, place]| {
        let value = value.parse().ok()?;
        Some((word, (value, place == "amount")))
    });
    rows.flatten().collect()
});

/// The value of a number written in Chinese, ASCII or full-width digits: `十九`, `一百零五`,
/// `二〇二五`, `廿三`, `19`, `１９`. White space around it is ignored.
///
/// `None` where the text is anything else, badly formed (`十百`), or over `u32::MAX`.
pub fn parse_number(text: &str) -> Option<u32> {
    let text = text.trim();
    if text.is_empty() || text.chars().nth(32).is_some() {
        return None;
    }
    if text.chars().all(|c| decimal(c).is_some()) {
        return positional(text.chars().filter_map(decimal));
    }
    if text.chars().all(|c| chinese_digit(c).is_some()) {
        return positional(text.chars().filter_map(chinese_digit));
    }
    with_units(text)
}

/// The value of an ASCII or full-width digit.
pub fn decimal(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(c as u32 - '0' as u32),
        '０'..='９' => Some(c as u32 - '０' as u32),
        _ => None,
    }
}

fn chinese_digit(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' | '○' | '◯' => 0,
        '一' | '壹' => 1,
        '二' | '贰' | '貳' | '两' | '兩' => 2,
        '三' | '叁' | '參' | '叄' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

fn unit(c: char) -> Option<u32> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1_000,
        '万' | '萬' => 10_000,
        _ => return None,
    })
}

/// Whether `c` can stand in a Chinese number.
pub fn is_chinese_numeral(c: char) -> bool {
    chinese_digit(c).is_some() || unit(c).is_some() || matches!(c, '廿' | '卅')
}

fn positional(digits: impl Iterator<Item = u32>) -> Option<u32> {
    digits.into_iter().try_fold(0u32, |value, digit| value.checked_mul(10)?.checked_add(digit))
}

/// Numbers with 十, 百, 千, 万. Units must fall within each group of 万.
fn with_units(text: &str) -> Option<u32> {
    let (mut total, mut group, mut digit) = (0u32, 0u32, None::<u32>);
    let mut last_unit = u32::MAX;
    let mut after_zero = false;
    for c in text.chars() {
        if let Some(value) = chinese_digit(c) {
            if digit.is_some() || (value == 0 && after_zero) {
                return None;
            }
            if value == 0 {
                after_zero = true;
            } else {
                digit = Some(value);
                after_zero = false;
            }
        } else if let Some(tens) = match c {
            '廿' => Some(20),
            '卅' => Some(30),
            _ => None,
        } {
            if digit.is_some() || last_unit <= 10 {
                return None;
            }
            group = group.checked_add(tens)?;
            last_unit = 10;
        } else {
            let unit = unit(c)?;
            if unit == 10_000 {
                let value = group.checked_add(digit.take().unwrap_or(0))?;
                if value == 0 || total != 0 {
                    return None;
                }
                total = value.checked_mul(10_000)?;
                group = 0;
                last_unit = u32::MAX;
            } else {
                if unit >= last_unit {
                    return None;
                }
                // 十九 has no digit before its unit; 百 and 千 always have one.
                let count = match digit.take() {
                    Some(count) => count,
                    None if unit == 10 => 1,
                    None => return None,
                };
                group = group.checked_add(count.checked_mul(unit)?)?;
                last_unit = unit;
            }
            after_zero = false;
        }
    }
    total.checked_add(group)?.checked_add(digit.unwrap_or(0))
}

/// The number at the start of `text`, in digits of one script, and its length in bytes.
pub fn leading_number(text: &str) -> Option<(u32, usize)> {
    let first = text.chars().next()?;
    let belongs: fn(char) -> bool = if decimal(first).is_some() {
        |c| decimal(c).is_some()
    } else if is_chinese_numeral(first) {
        is_chinese_numeral
    } else {
        return None;
    };
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    Some((parse_number(&text[..end])?, end))
}

/// A number as English headings and questions write it: `12`, `XII`, `twelve`, `twenty-third`.
pub fn parse_english_number(word: &str) -> Option<u32> {
    if word.chars().nth(24).is_some() {
        return None;
    }
    let lower = word.to_lowercase();
    let ordinal = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|suffix| lower.strip_suffix(suffix))
        .filter(|digits| !digits.is_empty() && digits.chars().all(|c| decimal(c).is_some()));
    if let Some(digits) = ordinal {
        return parse_number(digits);
    }
    if lower.chars().all(|c| decimal(c).is_some()) {
        return parse_number(&lower);
    }
    if let Some(value) = english_word(&lower) {
        return Some(value);
    }
    if let Some((tens, ones)) = lower.split_once('-') {
        let (tens, ones) = (english_word(tens)?, english_word(ones)?);
        return ((20..=90).contains(&tens) && (1..=9).contains(&ones)).then_some(tens + ones);
    }
    parse_roman(word)
}

/// The value of an English number word, cardinal or ordinal, without hyphen.
fn english_word(word: &str) -> Option<u32> {
    ENGLISH.get(word).map(|&(value, _)| value)
}

/// The value of a word that counts as a number in running English: `thirty`, but not `one`, which is a pronoun
/// too, nor an ordinal.
pub(crate) fn english_amount(word: &str) -> Option<u32> {
    ENGLISH.get(word).filter(|(_, counts)| *counts).map(|&(value, _)| value)
}

/// The value of a Roman numeral in letters of either case or in Unicode's own characters: `XIV`, `xiv`, `Ⅻ`.
/// `None` for anything else, for numerals that are not written the usual way (`iiii`), and over 89, which is as
/// far as headings go.
pub fn parse_roman(word: &str) -> Option<u32> {
    let mut lower = String::new();
    for c in word.chars() {
        decompose_compatible(c, |c| lower.push(c.to_ascii_lowercase()));
    }
    let mut total = 0u32;
    let mut rest = lower.as_str();
    for (value, letters) in ROMAN {
        while let Some(after) = rest.strip_prefix(letters) {
            total += value;
            rest = after;
        }
    }
    (rest.is_empty() && (1..90).contains(&total) && write_roman(total) == lower).then_some(total)
}

const ROMAN: [(u32, &str); 7] =
    [(50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")];

fn write_roman(mut value: u32) -> String {
    let mut out = String::new();
    for (unit, letters) in ROMAN {
        while value >= unit {
            out.push_str(letters);
            value -= unit;
        }
    }
    out
}

/// A number in Chinese digits: 23 is `二十三`. Numbers of 100,000 and over are written in ASCII.
pub fn to_chinese(value: u32) -> String {
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    if value >= 100_000 {
        return value.to_string();
    }
    if value == 0 {
        return DIGITS[0].to_string();
    }
    let mut out = String::new();
    let mut rest = value;
    let mut zero = false;
    for (unit, name) in [(10_000, "万"), (1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = rest / unit;
        rest %= unit;
        if digit == 0 {
            zero = !out.is_empty();
            continue;
        }
        if zero {
            out.push(DIGITS[0]);
            zero = false;
        }
        // 10 to 19 are 十 to 十九, without 一.
        if !(digit == 1 && unit == 10 && out.is_empty()) {
            out.push(DIGITS[digit as usize % 10]);
        }
        out.push_str(name);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_usual_forms() {
        for (text, value) in [
            ("一", 1),
            ("十", 10),
            ("十九", 19),
            ("二十三", 23),
            ("一百零五", 105),
            ("一百一十", 110),
            ("一千二百六十", 1260),
            ("一千零一", 1001),
            ("二〇二五", 2025),
            ("二零二五", 2025),
            ("廿三", 23),
            ("一百廿三", 123),
            ("拾贰", 12),
            ("19", 19),
            ("１９", 19),
            (" 十九 ", 19),
        ] {
            assert_eq!(parse_number(text), Some(value), "{text}");
        }
        for text in ["", "十百", "条", "1九", "一十百", "99999999999", "-1", "1.5", "百"] {
            assert_eq!(parse_number(text), None, "{text}");
        }
    }

    #[test]
    fn reads_english_forms() {
        for (text, value) in [
            ("12", 12),
            ("five", 5),
            ("Fifth", 5),
            ("twenty-third", 23),
            ("XIV", 14),
            ("iv", 4),
            ("3rd", 3),
        ] {
            assert_eq!(parse_english_number(text), Some(value), "{text}");
        }
        for text in ["of", "iiii", "vx", "", "twenty-twenty"] {
            assert_eq!(parse_english_number(text), None, "{text}");
        }
    }

    #[test]
    fn reads_roman_numerals() {
        for (text, value) in [("XIV", 14), ("iv", 4), ("Ⅻ", 12), ("ⅹⅸ", 19), ("lxxxix", 89)] {
            assert_eq!(parse_roman(text), Some(value), "{text}");
        }
        for text in ["", "iiii", "vx", "xc", "ll", "c", "10"] {
            assert_eq!(parse_roman(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn chinese_round_trip(value in 1u32..100_000) {
            prop_assert_eq!(parse_number(&to_chinese(value)), Some(value));
        }

        #[test]
        fn any_text_is_safe(text in "\\PC{0,40}") {
            let _ = parse_number(&text);
            let _ = parse_english_number(&text);
            let _ = leading_number(&text);
        }
    }
}
