//! English numbers at the head of lines: `Chapter 3`, `ARTICLE XII.`, `IV. Finance`.

use crate::label::{Label, Style, finish};
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
    let number_end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(rest.len());
    let printed = rest[..number_end].trim_end_matches('-');
    let number = parse_english_number(printed).filter(|&n| n > 0 && n < 2_000)?;
    let end = line.len() - rest.len() + printed.len();
    let rest = &line[end..];
    // "Section 5 of the Act", "Article 3 shall": a reference.
    let next = rest.trim_start().chars().next();
    if rest.starts_with(|c: char| c.is_whitespace()) && next.is_some_and(char::is_lowercase)
        || rest.starts_with([',', ';', '(', ')', '\'', '’'])
    {
        return None;
    }
    let name = format!(
        "{}{}",
        word[..1].to_ascii_uppercase(),
        word[1..].to_ascii_lowercase()
    );
    Some(finish(
        line,
        style,
        number,
        None,
        format!("{name} {number}"),
        end,
    ))
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
    Some(finish(
        line,
        Style::Ideographic,
        number,
        None,
        format!("{word}."),
        end,
    ))
}
