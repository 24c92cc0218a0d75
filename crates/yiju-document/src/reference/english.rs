//! `Article 12`, `part five`, `the fifth part`, `Articles 5 to 7`: references in English.

use super::list::Numbers;
use super::{Parsed, Unit, step};
use crate::UnitKind;
use yiju_text::numerals::{leading_number, parse_english_number};

use Unit::{Item, Kind, Paragraph};
use UnitKind::{
    Arabic, Article, Book, Chapter, Ideographic, Parenthesized, ParenthesizedArabic, Section,
};

/// The units that an English noun may name.
fn english_units(noun: &str) -> Option<&'static [Unit]> {
    Some(match noun {
        "book" | "books" => &[Kind(Book)],
        "part" | "parts" => {
            &[Kind(Book), Kind(Ideographic), Kind(Chapter), Kind(Arabic), Kind(Parenthesized)]
        }
        "chapter" | "chapters" => &[Kind(Chapter), Kind(Ideographic)],
        "section" | "sections" | "sec" => {
            &[Kind(Section), Kind(Ideographic), Kind(Chapter), Kind(Arabic), Kind(Parenthesized)]
        }
        "article" | "articles" | "art" => &[Kind(Article), Kind(Parenthesized), Kind(Arabic)],
        "clause" | "clauses" => {
            &[Kind(Article), Kind(Parenthesized), Kind(Arabic), Kind(Ideographic)]
        }
        "point" | "points" | "provision" | "provisions" => {
            &[Kind(Parenthesized), Kind(Article), Kind(Arabic), Kind(Ideographic)]
        }
        "paragraph" | "paragraphs" | "para" | "paras" => {
            &[Paragraph, Kind(Parenthesized), Kind(Article), Kind(Arabic)]
        }
        "item" | "items" | "subparagraph" | "subparagraphs" => {
            &[Item, Kind(Parenthesized), Kind(Arabic)]
        }
        _ => return None,
    })
}

/// `(1)`, `(a)` and `(iv)` right behind a unit.
pub(super) fn inner(rest: &str) -> Option<Parsed> {
    let inside = rest.strip_prefix('(')?;
    let close = inside.find(')').filter(|&at| (1..=6).contains(&at))?;
    let printed = &inside[..close];
    let letter = match printed.as_bytes() {
        [letter] => (*letter as char)
            .is_ascii_alphabetic()
            .then(|| u32::from(letter.to_ascii_lowercase() - b'a') + 1),
        _ => None,
    };
    let value = letter.or_else(|| parse_english_number(printed)).filter(|&value| value > 0)?;
    // Of a section that has clauses of its own, one of these.
    let units = match letter {
        Some(_) => &[Item, Kind(ParenthesizedArabic), Kind(Parenthesized), Kind(Arabic)][..],
        None => &[Item, Paragraph, Kind(ParenthesizedArabic), Kind(Parenthesized), Kind(Arabic)],
    };
    let mut parsed = Parsed::new(vec![step(units, value)], 1 + close + 1);
    parsed.inner = true;
    Some(parsed)
}

/// The length of the word at the start of `text`.
fn word(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(text.len())
}

/// `Article 12`, `part five`, `clause (19)`, `Articles 5 to 7`, `fifth part` at the start of `rest`.
pub(super) fn noun(rest: &str) -> Option<Parsed> {
    let end = word(rest);
    let first = rest[..end].to_ascii_lowercase();
    let gap = &rest[end..];
    let skipped = gap.len() - gap.trim_start_matches(['.', ' ', '\u{a0}', '(', '（', '#']).len();
    let second_at = end + skipped;
    let Some(units) = english_units(&first).filter(|_| skipped > 0) else {
        return ordinal(rest, &first, second_at);
    };
    let capital = rest.starts_with(|c: char| c.is_ascii_uppercase());
    let gap = &gap[..skipped];
    let bracketed = gap.contains(['(', '（']);
    // "one point 5", "percentage points 2024"; "state of the art 3", "10 sec 5".
    if first.starts_with("point") && !bracketed
        || matches!(first.as_str(), "art" | "sec") && !capital && !gap.contains('.')
    {
        return None;
    }
    let plural = first.ends_with('s');
    // Article 2-1, 2A, 2 bis; but Articles 5-7 is a range.
    if let Some((value, Some(sub), length)) = crate::label_english::number(&rest[second_at..])
        && !plural
        && match rest[second_at..second_at + length].contains('-') {
            true => sub <= value,
            // part 5G is none.
            false => capital && first.starts_with(['a', 's']),
        }
    {
        let mut only = step(units, value);
        only.sub_number = Some(sub);
        return Some(Parsed::new(vec![only], second_at + length));
    }
    let (number, length) = number(&rest[second_at..], capital)?;
    let mut at = second_at + length;
    if bracketed {
        at +=
            rest[at..].chars().next().filter(|c| matches!(c, ')' | '）')).map_or(0, char::len_utf8);
    }
    let mut numbers = Numbers::default();
    numbers.push(number, false);
    while numbers.values.len() <= super::list::MOST_UNITS {
        let Some((range, length)) = link(&rest[at..], plural) else {
            break;
        };
        let Some((next, next_length)) = self::number(&rest[at + length..], capital) else {
            break;
        };
        if range && numbers.values.last().is_some_and(|&last| next <= last) {
            break;
        }
        numbers.push(next, range);
        at += length + next_length;
    }
    let steps = numbers.values.into_iter().map(|value| step(units, value)).collect();
    Some(Parsed::new(steps, at))
}

/// The number at the start of `text`, and its length.
fn number(text: &str, capital: bool) -> Option<(u32, usize)> {
    let found = match leading_number(text) {
        // `3rd`, `5G` and `5th` are words, `5-7` two numbers.
        Some((value, length)) => {
            if text[length..].starts_with(|c: char| c.is_ascii_alphabetic()) {
                return None;
            }
            (value, length)
        }
        None => {
            let length = word(text);
            let printed = &text[..length];
            // "section I need": a capital I is a number only where the noun has a capital too.
            let pronoun = printed == "I" && !capital;
            let small = printed.len() == 1 && printed.starts_with(|c: char| c.is_ascii_lowercase());
            if pronoun || small {
                return None;
            }
            (parse_english_number(printed)?, length)
        }
    };
    // "for the most part 2024 was": a year.
    let year = !capital && (1900..2100).contains(&found.0);
    (found.0 > 0 && !year).then_some(found)
}

/// What links two numbers, at the start of `text`: whether it makes a range, and its length. After a
/// singular noun only a dash does: "Article 5 to 10 days".
fn link(text: &str, plural: bool) -> Option<(bool, usize)> {
    let words: &[(&str, bool)] = &[
        (", and ", false),
        (", or ", false),
        (" and ", false),
        (" or ", false),
        (" & ", false),
        (", ", false),
        (",", false),
        (" through ", true),
        (" to ", true),
    ];
    let dashes = ["-", "–", "—", " - ", " – ", " — "];
    if let Some(dash) = dashes.iter().find(|dash| text.starts_with(**dash)) {
        return Some((true, dash.len()));
    }
    let (word, range) = words.iter().filter(|_| plural).find(|(word, _)| text.starts_with(word))?;
    Some((*range, word.len()))
}

/// `fifth part`, `3rd article`
fn ordinal(rest: &str, first: &str, second_at: usize) -> Option<Parsed> {
    let ends = ["th", "st", "nd", "rd"].iter().any(|end| first.ends_with(end));
    let number = parse_english_number(first).filter(|_| ends)?;
    let noun_end = second_at + word(&rest[second_at..]);
    let units = english_units(&rest[second_at..noun_end].to_ascii_lowercase())?;
    Some(Parsed::new(vec![step(units, number)], noun_end))
}
