//! English numbers at the head of lines: `Chapter 3`, `ARTICLE XII.`, `IV. Finance`.

use crate::style::{Label, Style, finish, sub_number};
use yiju_text::numerals::parse_english_number;

/// The label at the head of a line that begins with an ASCII letter.
pub(crate) fn label(line: &str) -> Option<Label> {
    let word_end = line.find(|c: char| !c.is_ascii_alphabetic())?;
    let word = &line[..word_end];
    let style = match word.to_ascii_lowercase().as_str() {
        "book" | "title" => Style::Book,
        "part" => Style::Part,
        "chapter" => Style::Chapter,
        "section" | "sec" => Style::Section,
        "article" | "art" => Style::Article,
        _ => return roman_heading(line, word),
    };
    if !word.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let rest = line[word_end..].trim_start_matches('.').trim_start();
    let (value, mut sub, mut length) = number(rest)?;
    // Where the space is lost, 2A person is 2 and a word; 2A of the Act is a reference to 2A.
    if sub == Some(1) && rest[..length].ends_with('A') && opens_with_noun(&rest[length..]) {
        (sub, length) = (None, length - 1);
    }
    let printed = &rest[..length];
    let end = line.len() - rest.len() + length;
    let rest = &line[end..];
    // "Section 5 of the Act", "Article 3 shall": a reference.
    let next = rest.trim_start().chars().next();
    if rest.starts_with(|c: char| c.is_whitespace()) && next.is_some_and(char::is_lowercase)
        || rest.starts_with([',', ';', ')', '\'', '’'])
        || rest.starts_with('(')
            && style != Style::Section
            && !rest.to_ascii_lowercase().starts_with("(deleted")
    {
        return None;
    }
    // Roman and written numbers are shown in digits, 2-1 and 2A as printed.
    let shown = match sub {
        Some(_) => printed.to_string(),
        None => value.to_string(),
    };
    let name = format!("{}{}", word[..1].to_ascii_uppercase(), word[1..].to_ascii_lowercase());
    Some(finish(line, style, value, sub, format!("{name} {shown}"), end))
}

/// The number at the start of `text`, its sub-number and its length: `12`, `XII`, `five`, `2-1`,
/// `2A`, `2 bis`. 1 is the first article put in behind another, however it is counted.
pub(crate) fn number(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if digits == 0 {
        let roman = text.find(|c: char| !('Ⅰ'..='ⅿ').contains(&c)).unwrap_or(text.len());
        let end = match roman {
            0 => text.find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap_or(text.len()),
            _ => roman,
        };
        let printed = text[..end].trim_end_matches('-');
        let value = parse_english_number(printed).filter(|&n| n > 0)?;
        // Section II-1
        let sub =
            sub_number(&text[printed.len()..]).filter(|_| text[printed.len()..].starts_with('-'));
        let length = printed.len() + sub.map_or(0, |(_, length)| length);
        return Some((value, sub.map(|(value, _)| value), length));
    }
    let value = text[..digits].parse().ok().filter(|n| (1..2_000).contains(n))?;
    let rest = &text[digits..];
    if let Some((sub, length)) = sub_number(rest).filter(|_| rest.starts_with('-')) {
        return Some((value, Some(sub), digits + length));
    }
    const LATIN: [&str; 5] = ["bis", "ter", "quater", "quinquies", "sexies"];
    let word = rest.trim_start();
    let end = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
    if let Some(at) = LATIN.iter().position(|latin| *latin == &word[..end]) {
        let length = text.len() - word.len() + end;
        return Some((value, Some(at as u32 + 1), length));
    }
    match rest.as_bytes() {
        // 2A; but where the space is lost, 2The is 2 and a word.
        [letter @ b'A'..=b'Z', next @ ..] if !next.first().is_some_and(u8::is_ascii_lowercase) => {
            Some((value, Some(u32::from(letter - b'A') + 1), digits + 1))
        }
        [b'a'..=b'z', ..] => None,
        _ => Some((value, None, digits)),
    }
}

/// `IV. Financing`: a heading numbered in Roman.
fn roman_heading(line: &str, word: &str) -> Option<Label> {
    if !word.chars().all(|c| matches!(c, 'I' | 'V' | 'X')) {
        return None;
    }
    let number = parse_english_number(word)?;
    let rest = line[word.len()..].strip_prefix(['.', '．', '、'])?;
    let end = line.len() - rest.len();
    if !(rest.is_empty() || rest.starts_with(char::is_whitespace)) {
        return None;
    }
    Some(finish(line, Style::Ideographic, number, None, format!("{word}."), end))
}

/// Whether a word follows that an article stands before: `person`, but not `of` or `shall`.
fn opens_with_noun(text: &str) -> bool {
    const OTHERS: [&str; 9] = ["of", "or", "and", "to", "shall", "is", "in", "may", "applies"];
    text.strip_prefix(' ').is_some_and(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
        end > 0 && !OTHERS.contains(&&rest[..end])
    })
}
