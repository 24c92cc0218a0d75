//! Where a statement says something else than its quote: another number, duty for permission, an
//! upper bound for a lower one, a negation. Word lists and number shapes of Chinese and English.

use serde::{Deserialize, Serialize};
use yiju_document::parse_number;
use yiju_index::normalize;

/// Something that the statement says otherwise than the quote, or that the quote does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// What kind of thing.
    pub kind: MismatchKind,
    /// The statement's words, in normal form.
    pub statement: String,
    /// The quote's words, in normal form; empty where it has none.
    pub quote: String,
}

/// What a statement and its quote differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MismatchKind {
    /// Another number in the same unit, dates included: 30日 for 60日.
    Number,
    /// A number that the quote has none for.
    MissingNumber,
    /// Another duty: 应当, 可以, 不得, 无需.
    Modality,
    /// Another bound: at most for at least.
    Bound,
    /// What the one denies the other affirms: 适用, 不适用.
    Negation,
}

/// What the statement and the quote differ in, in the order of the statement.
pub(super) fn mismatches(statement: &str, quote: &str) -> Vec<Mismatch> {
    let (statement, quote) = (normalize(statement), normalize(quote));
    let mut found = numbers(&statement, &quote);
    let words = |kind, table: &[(u8, &[&str])]| {
        let (said, there) = (classes(&statement, table), classes(&quote, table));
        let shared = said
            .iter()
            .any(|(class, _)| there.iter().any(|(other, _)| other == class));
        match (said.first(), there.first()) {
            (Some((_, said)), Some((_, there))) if !shared => Some(Mismatch {
                kind,
                statement: (*said).to_owned(),
                quote: (*there).to_owned(),
            }),
            _ => None,
        }
    };
    found.extend(words(MismatchKind::Modality, MODALITY));
    found.extend(words(MismatchKind::Bound, BOUNDS));
    found.extend(negations(&statement, &quote));
    found
}

/// Prohibition 0, duty 1, permission 2, no duty 3; longer words before those they hold.
const MODALITY: &[(u8, &[&str])] = &[
    (
        0,
        &[
            "不得",
            "禁止",
            "严禁",
            "不准",
            "不许",
            "不应当",
            "不应该",
            "不可以",
            "不允许",
            "must not",
            "shall not",
            "may not",
            "not allowed",
            "not permitted",
            "prohibited",
            "forbidden",
            "cannot",
        ],
    ),
    (
        3,
        &[
            "无需",
            "无须",
            "不必",
            "不需要",
            "need not",
            "not required",
            "not have to",
            "not need to",
        ],
    ),
    (
        1,
        &[
            "应当",
            "应该",
            "必须",
            "务必",
            "must",
            "shall",
            "required to",
            "have to",
            "has to",
            "obliged",
        ],
    ),
    (
        2,
        &[
            "可以",
            "有权",
            "允许",
            "准许",
            "may",
            "allowed to",
            "permitted to",
            "entitled",
        ],
    ),
];

/// Upper bound 0, lower bound 1.
const BOUNDS: &[(u8, &[&str])] = &[
    (
        0,
        &[
            "不超过",
            "不得超过",
            "不高于",
            "不多于",
            "至多",
            "最多",
            "以内",
            "以下",
            "at most",
            "no more than",
            "not exceed",
            "up to",
            "within",
        ],
    ),
    (
        1,
        &[
            "不少于",
            "不得少于",
            "不低于",
            "不得低于",
            "至少",
            "最少",
            "以上",
            "超过",
            "at least",
            "no less than",
            "not less than",
            "more than",
        ],
    ),
];

/// The classes of words in `text`, each with the word, in the order of the table. A word inside one
/// that was found (应当 in 不应当) does not count.
fn classes<'t>(text: &str, table: &[(u8, &'t [&'t str])]) -> Vec<(u8, &'t str)> {
    let mut words: Vec<(u8, &str)> = table
        .iter()
        .flat_map(|(class, words)| words.iter().map(|word| (*class, *word)))
        .collect();
    words.sort_by_key(|(_, word)| std::cmp::Reverse(word.len()));
    let mut rest = text.to_owned();
    let mut found: Vec<(u8, &str)> = Vec::new();
    for (class, word) in words {
        let mut hit = false;
        while let Some(at) = find_word(&rest, word) {
            rest.replace_range(at..at + word.len(), "\u{1}");
            hit = true;
        }
        if hit {
            found.push((class, word));
        }
    }
    found
}

/// Where `word` stands in `text`: English words only whole.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let letters = word.starts_with(|c: char| c.is_ascii_alphabetic());
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        !letters || !(letter(before) || letter(after))
    })
}

/// A number with its unit.
#[derive(Clone, Debug, PartialEq)]
struct Amount {
    value: f64,
    /// The unit's common name; empty where it has none.
    unit: &'static str,
    shown: String,
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

fn numbers(statement: &str, quote: &str) -> Vec<Mismatch> {
    let there = amounts(quote);
    let same = |a: &Amount, b: &Amount| {
        // A number without a unit may be the one with it.
        a.value == b.value && (a.unit == b.unit || a.unit.is_empty() || b.unit.is_empty())
    };
    let said = amounts(statement);
    said.iter()
        .filter(|amount| !there.iter().any(|other| same(amount, other)))
        .map(|amount| {
            let other = there.iter().find(|other| {
                other.unit == amount.unit && !said.iter().any(|said| same(said, other))
            });
            Mismatch {
                kind: match other {
                    Some(_) => MismatchKind::Number,
                    None => MismatchKind::MissingNumber,
                },
                statement: amount.shown.clone(),
                quote: other.map_or(String::new(), |other| other.shown.clone()),
            }
        })
        .collect()
}

/// The amounts of a text in normal form.
fn amounts(text: &str) -> Vec<Amount> {
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

/// Words that deny the two characters after them.
const DENYING: &[&str] = &["没有", "不", "未", "无", "非"];

/// What the one text denies and the other only affirms, where no list above says more of it.
fn negations(statement: &str, quote: &str) -> Vec<Mismatch> {
    let known: Vec<&str> = MODALITY
        .iter()
        .chain(BOUNDS)
        .flat_map(|(_, words)| words.iter().copied())
        .collect();
    let denied = |text: &str| -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        for (at, c) in text.char_indices() {
            let rest = &text[at..];
            let Some(word) = DENYING.iter().find(|word| rest.starts_with(**word)) else {
                continue;
            };
            let matter: String = rest[word.len()..].chars().take(2).collect();
            let chinese =
                matter.chars().count() == 2 && matter.chars().all(crate::question::is_han);
            if chinese && !known.iter().any(|known| rest.starts_with(known)) && c != ' ' {
                found.push((matter.clone(), format!("{word}{matter}")));
            }
        }
        found
    };
    let affirms = |text: &str, matter: &str| {
        let mut stands = text.match_indices(matter).peekable();
        stands.peek().is_some()
            && stands.all(|(at, _)| !DENYING.iter().any(|word| text[..at].ends_with(word)))
    };
    let mut mismatches = Vec::new();
    for (matter, written) in denied(statement) {
        if affirms(quote, &matter) {
            mismatches.push(Mismatch {
                kind: MismatchKind::Negation,
                statement: written,
                quote: matter,
            });
        }
    }
    for (matter, written) in denied(quote) {
        if affirms(statement, &matter) {
            mismatches.push(Mismatch {
                kind: MismatchKind::Negation,
                statement: matter,
                quote: written,
            });
        }
    }
    mismatches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(statement: &str, quote: &str) -> Vec<(MismatchKind, String, String)> {
        mismatches(statement, quote)
            .into_iter()
            .map(|one| (one.kind, one.statement, one.quote))
            .collect()
    }

    fn one(
        kind: MismatchKind,
        statement: &str,
        quote: &str,
    ) -> Vec<(MismatchKind, String, String)> {
        vec![(kind, statement.into(), quote.into())]
    }

    #[test]
    fn numbers_that_differ_are_named() {
        use MismatchKind::{MissingNumber, Number};
        assert_eq!(
            found("应当在30日内答复", "应当自收到之日起六十日内答复"),
            one(Number, "30日", "六十日")
        );
        assert_eq!(found("提前24小时", "提前二十四小时"), []);
        assert_eq!(found("within thirty days", "三十日内"), []);
        assert_eq!(
            found("within 60 days", "三十日内"),
            one(Number, "60 days", "三十日")
        );
        assert_eq!(found("2025-08-15起施行", "自2025年8月15日起施行"), []);
        assert_eq!(
            found("2025-08-16起施行", "自2025年8月15日起施行"),
            one(Number, "16", "15日")
        );
        assert_eq!(found("罚款3万元", "处三万元以下罚款"), []);
        assert_eq!(found("1.5亿元", "1.5亿元"), []);
        assert_eq!(found("增长百分之五", "增长５％"), []);
        assert_eq!(
            found("有3名工作人员", "配备工作人员"),
            one(MissingNumber, "3名", "")
        );
        assert_eq!(
            found("第十七条规定", "第十九条 规定"),
            one(Number, "十七条", "十九条")
        );
        assert_eq!(found("统一推进一体化", "推进一体化"), []);
    }

    #[test]
    fn duties_bounds_and_denials_that_differ_are_named() {
        use MismatchKind::{Bound, Modality, Negation};
        assert_eq!(found("可以出租", "不得出租"), one(Modality, "可以", "不得"));
        assert_eq!(found("应当公开", "可以公开"), one(Modality, "应当", "可以"));
        assert_eq!(found("不应当公开", "不得公开"), []);
        assert_eq!(
            found("Landlords may raise the rent", "出租人不得提高租金"),
            one(Modality, "may", "不得")
        );
        assert_eq!(found("必须公开", "应当公开，不得隐瞒"), []);
        assert_eq!(found("公开", "不得公开"), []);
        assert_eq!(
            found("至少两个月", "不超过两个月"),
            one(Bound, "至少", "不超过")
        );
        assert_eq!(
            found("本法适用于国家机关", "本法不适用于国家机关"),
            one(Negation, "适用", "不适用")
        );
        assert_eq!(
            found("不适用本法", "适用本法"),
            one(Negation, "不适用", "适用")
        );
        assert_eq!(found("不适用本法", "不适用本法"), []);
    }

    proptest::proptest! {
        #[test]
        fn any_two_texts_are_compared(a in "[0-9一二十百分之万第年月日不得应当可以.,% a-z-]{0,30}", b in "\\PC{0,30}") {
            proptest::prop_assert!(numbers(&a, &a).is_empty(), "{:?}", numbers(&a, &a));
            mismatches(&a, &b);
            mismatches(&b, &a);
        }
    }
}
