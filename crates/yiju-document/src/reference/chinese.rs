//! 第三条, 第八至十条, （八）: the units of a reference in Chinese.

use super::follow::{Place, refers};
use super::list::{Numbers, link};
use super::{Parsed, Unit, spaces, step};
use crate::UnitKind;
use yiju_text::numerals::{decimal, leading_number};

use Unit::{Item, Kind, Paragraph, Sentence};
use UnitKind::{
    Arabic, Article, Book, Chapter, Ideographic, Parenthesized, ParenthesizedArabic, Section,
};

/// What a noun may name; longer nouns before those that they begin with.
const UNITS: &[(&str, &[Unit])] = &[
    ("大部分", &[Kind(Book), Kind(Ideographic), Kind(Chapter), Kind(Arabic), Kind(Parenthesized)]),
    ("部分", &[Kind(Book), Kind(Ideographic), Kind(Chapter), Kind(Arabic), Kind(Parenthesized)]),
    ("大点", &[Kind(Ideographic), Kind(Parenthesized), Kind(Arabic)]),
    ("大项", &[Kind(Ideographic), Kind(Parenthesized), Kind(Arabic)]),
    ("方面", &[Kind(Ideographic), Kind(Parenthesized), Kind(Arabic)]),
    ("分编", &[Kind(Book)]),
    ("编", &[Kind(Book)]),
    ("編", &[Kind(Book)]),
    ("篇", &[Kind(Book)]),
    ("章", &[Kind(Chapter), Kind(Ideographic)]),
    ("节", &[Kind(Section)]),
    ("節", &[Kind(Section)]),
    ("条", &[Kind(Article), Kind(Parenthesized), Kind(Arabic), Kind(Ideographic)]),
    ("條", &[Kind(Article), Kind(Parenthesized), Kind(Arabic), Kind(Ideographic)]),
    ("款", &[Paragraph, Kind(Parenthesized), Kind(Arabic)]),
    ("项", &[Item, Kind(Parenthesized), Kind(Arabic), Kind(Ideographic)]),
    ("項", &[Item, Kind(Parenthesized), Kind(Arabic), Kind(Ideographic)]),
    ("点", &[Kind(Parenthesized), Kind(Arabic), Kind(Ideographic)]),
    ("點", &[Kind(Parenthesized), Kind(Arabic), Kind(Ideographic)]),
    ("目", &[Item]),
    ("句话", &[Sentence]),
    ("句", &[Sentence]),
];

/// A number as it stands in a question.
struct Number {
    value: u32,
    /// In ASCII or full-width digits.
    arabic: bool,
    bracketed: bool,
    length: usize,
}

/// A number at the start of `text`, bracketed or not, with the spaces after it.
fn number(text: &str) -> Option<Number> {
    let mut at = 0;
    let bracketed = text.starts_with(['（', '(']);
    if bracketed {
        at += text.chars().next()?.len_utf8();
        at += spaces(&text[at..]);
    }
    let arabic = text[at..].starts_with(|c: char| decimal(c).is_some());
    let (value, length) = leading_number(&text[at..])?;
    at += length + spaces(&text[at + length..]);
    if bracketed {
        at += text[at..].chars().next().filter(|c| matches!(c, '）' | ')'))?.len_utf8();
        at += spaces(&text[at..]);
    }
    Some(Number { value, arabic, bracketed, length: at })
}

/// 第三条, 第八、九条, 第八至十条 at the start of `rest`; `before` is the question up to there.
pub(super) fn ordinal(before: &str, rest: &str, after_unit: bool) -> Option<Parsed> {
    let at = '第'.len_utf8() + spaces(&rest['第'.len_utf8()..]);
    units_at(before, rest, at, after_unit)
}

/// 39条, 13、14条 and 2条1项 without 第: after a law's name, at the start of a question, or for what
/// narrows the unit right before.
pub(super) fn bare(before: &str, rest: &str, after_unit: bool) -> Option<Parsed> {
    let runs_on =
        |c: char| c.is_ascii_alphanumeric() || decimal(c).is_some() || "第.．".contains(c);
    if before.ends_with(runs_on) || before.ends_with(yiju_text::numerals::is_chinese_numeral) {
        return None;
    }
    let first = number(rest)?;
    let parsed = units_at(before, rest, 0, after_unit)?;
    let unit = parsed.steps.first()?.units.first()?;
    let article = *unit == Kind(Article);
    if after_unit {
        return matches!(unit, Paragraph | Item | Sentence).then_some(parsed);
    }
    let lead = before.trim_end();
    let lead = lead.strip_suffix('的').unwrap_or(lead);
    if article && super::follow::names_law(lead) {
        return Some(parsed);
    }
    // 39条是什么; 十条措施 and 三条 are counts.
    let starts = lead.is_empty() || super::follow::leads(lead);
    let after = &rest[parsed.end..];
    let alone = !after.starts_with(char::is_alphanumeric) || super::follow::asks(after);
    let meant = article && starts && alone && (first.arabic || first.value > 10);
    meant.then_some(parsed)
}

/// Numbers and their unit from byte `at` of `rest`.
fn units_at(before: &str, rest: &str, mut at: usize, after_unit: bool) -> Option<Parsed> {
    let first = number(&rest[at..])?;
    at += first.length;
    let mut numbers = Numbers::default();
    numbers.push(first.value, false);
    // 第 2-1 條, 第5之1条; but 第5-7条 is a range where the text is in simplified characters.
    let mut sub_number = crate::style::sub_number(&rest[at..])
        .filter(|&(sub, length)| {
            let unit = rest[at + length..].trim_start();
            let range = !rest[at..].trim_start().starts_with('之') && sub > first.value;
            unit.starts_with('條') || unit.starts_with('条') && !range
        })
        .map(|(sub, length)| {
            at += length + spaces(&rest[at + length..]);
            sub
        });
    let (name, units) = loop {
        if let Some(unit) = UNITS.iter().find(|(name, _)| rest[at..].starts_with(name)) {
            break *unit;
        }
        // The last number of a list and its unit are not far.
        if numbers.values.len() > super::list::MOST_UNITS {
            return None;
        }
        let link = link(&rest[at..])?;
        at += link.length;
        if let Some(next) = rest[at..].strip_prefix('第') {
            // 第一，第三条……: first of all, Article 3.
            if link.comma {
                return None;
            }
            at += '第'.len_utf8() + spaces(next);
        }
        let next = number(&rest[at..])?;
        at += next.length;
        numbers.push(next.value, link.range);
    };
    at += name.len();
    let place = Place { before, after_unit };
    if !refers(name, &rest[at..], place) {
        return None;
    }
    // 第十七条之一, 第 2 條之 1, 第4条-1
    if matches!(name, "条" | "條")
        && sub_number.is_none()
        && let Some((value, length)) = crate::style::sub_number(&rest[at..])
    {
        sub_number = Some(value);
        at += length;
    }
    // 第八条至十条, 第八条、九条
    while sub_number.is_none() && numbers.values.len() <= super::list::MOST_UNITS {
        let Some((link, next)) =
            link(&rest[at..]).and_then(|link| Some((link, number(&rest[at + link.length..])?)))
        else {
            break;
        };
        let end = at + link.length + next.length;
        let rises = numbers.values.last().is_some_and(|&last| next.value > last);
        let Some(after) = rest[end..].strip_prefix(name).filter(|_| rises) else {
            break;
        };
        if !refers(name, after, place) {
            break;
        }
        numbers.push(next.value, link.range);
        at = end + name.len();
    }
    let mut units = units.to_vec();
    if first.bracketed && units.first() == Some(&Kind(Article)) {
        // The brackets are the text's own: （十九） is what is meant where there is one.
        units = if first.arabic {
            vec![Kind(ParenthesizedArabic), Kind(Parenthesized), Kind(Article)]
        } else {
            vec![Kind(Parenthesized), Kind(Article)]
        };
    }
    let mut steps: Vec<_> = numbers.values.into_iter().map(|value| step(&units, value)).collect();
    if let Some(last) = steps.last_mut() {
        last.sub_number = sub_number;
    }
    Some(Parsed::new(steps, at))
}

/// （八）, but neither `f(8)` nor （2025年）.
pub(super) fn bracketed(rest: &str, free: bool) -> Option<Parsed> {
    let open = rest.chars().next()?.len_utf8();
    let mut at = open + spaces(&rest[open..]);
    let arabic = rest[at..].chars().next().is_some_and(|c| decimal(c).is_some());
    let (number, length) = leading_number(&rest[at..])?;
    at += length + spaces(&rest[at + length..]);
    at += rest[at..].chars().next().filter(|c| matches!(c, '）' | ')'))?.len_utf8();
    if !free || number == 0 || number > 999 {
        return None;
    }
    // （十九）条 and （八）部分 take their noun along.
    for noun in ["条", "條", "项", "項", "款", "点", "部分"] {
        if rest[at..].starts_with(noun) {
            at += noun.len();
            break;
        }
    }
    let units: &[Unit] = if arabic {
        &[Kind(ParenthesizedArabic), Kind(Parenthesized), Item]
    } else {
        &[Kind(Parenthesized), Item, Kind(ParenthesizedArabic)]
    };
    Some(Parsed::new(vec![step(units, number)], at))
}
