//! What a text rules: its sentences and items with the operators of duty and permission in them, and the words by which
//! these are compared with a question.

use std::ops::Range;

use yiju_text::chars::is_han;
use yiju_text::words::WordList;
use yiju_text::{is_stop_term, normalize, terms};

use super::WORDS;
use crate::operators::{Atoms, Family, Kind};

static OPEN_ENDED: WordList = WordList::section(WORDS, "open ended");
static TAKES_BACK: WordList = WordList::section(WORDS, "takes back");
static TAKES_ALL_BACK: WordList = WordList::section(WORDS, "takes all back");
static FOLLOWING: WordList = WordList::section(WORDS, "the following");
static IDLE: WordList = WordList::section(WORDS, "idle");
static CONDITION_ENDS: WordList = WordList::section(WORDS, "condition ends");
static CONDITION_BEGINS: WordList = WordList::section(WORDS, "condition begins");

/// An operator of a sentence with its place.
pub(super) struct Rule {
    pub class: &'static str,
    /// What it governs: to the end of its part of the sentence.
    pub governed: String,
    /// What stands before it in its part.
    pub subject: String,
    /// The conditions before.
    pub conditions: Vec<String>,
    /// Whether something after it, or with it, leaves it open.
    pub open: bool,
    /// Whether a list follows at once: 登记的小型餐饮不得经营：
    pub leads: bool,
}

/// The operators of duty and permission of a sentence (in normal form).
pub(super) fn rules(sentence: &str) -> Vec<Rule> {
    let atoms = Atoms::of(sentence);
    let ends = |c: char| matches!(c, ',' | ';' | '。' | ':' | '!' | '?');
    let of_modality = atoms.atoms.iter().filter_map(|atom| match atom.kind {
        Kind::Operator(Family::Modality, class) => Some((class, atom.range.clone())),
        _ => None,
    });
    of_modality
        .map(|(class, range)| {
            let after = &sentence[range.end..];
            let before = &sentence[..range.start];
            let end = after.find(ends).unwrap_or(after.len());
            let governed = &after[..end];
            let from = before
                .rfind(ends)
                .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
            // 但 before an operator takes back what comes before, not what the operator says.
            let subject = before[from..].trim();
            let subject =
                ["但是", "但"].iter().find_map(|but| subject.strip_prefix(but)).unwrap_or(subject);
            let parts = before[..from].split(ends).map(without_label);
            Rule {
                class,
                governed: governed.to_owned(),
                subject: without_label(subject).to_owned(),
                conditions: parts.filter(|part| is_condition(part)).map(str::to_owned).collect(),
                open: open_ended(subject) || open_ended(after),
                leads: after[end..].starts_with(':'),
            }
        })
        .collect()
}

/// Whether a part of a sentence is a condition of what follows, rather than a statement of its own.
fn is_condition(part: &str) -> bool {
    let begins =
        CONDITION_BEGINS.iter().any(|word| part.starts_with(word) && find(part, word) == Some(0));
    if follows(part) {
        return true;
    }
    let ruled = has_rule(part);
    !part.is_empty() && !ruled && (begins || CONDITION_ENDS.iter().any(|word| part.ends_with(word)))
}

/// Whether a part has an operator of its own.
fn has_rule(part: &str) -> bool {
    let operators = Atoms::of(part).operators();
    operators.iter().any(|operator| operator.family == Family::Modality)
}

/// Whether a text leaves open whether what it says holds for the one who asks.
pub(super) fn open_ended(text: &str) -> bool {
    OPEN_ENDED.iter().any(|word| find(text, word).is_some())
}

/// Whether a text speaks of the items after it.
pub(super) fn follows(text: &str) -> bool {
    FOLLOWING.iter().any(|word| find(text, word).is_some())
}

/// A text without the number that it begins with: 第七条, (二), 4.1, a).
fn without_label(text: &str) -> &str {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('第')
        && let Some((number, rest)) = rest.split_once(['条', '款', '项', '章'])
        && number.chars().count() <= 6
    {
        return rest.trim_start();
    }
    let rest = text.trim_start_matches(|c: char| {
        matches!(c, '(' | ')' | '.' | '、' | ' ' | '×' | '◆') || c.is_ascii_digit()
    });
    let numbered = rest.len() < text.len();
    let rest = rest.trim_start_matches(|c: char| "一二三四五六七八九十".contains(c) && numbered);
    let after = rest.trim_start_matches([')', '、', '.', ' ']);
    // (一) and a) of an item, not 一 of 一次.
    if after.len() < rest.len() || rest.len() == text.len() { after } else { rest }
}

/// Whether a line is numbered or marked as an item.
fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(['(', '×', '◆', '·', '-'])
        || line.starts_with(|c: char| c.is_ascii_digit())
        || line.chars().nth(1) == Some(')')
}

/// A sentence in normal form, and what stands around it.
pub(super) struct Piece {
    pub text: String,
    /// The lead-in of the list that it is an item of.
    pub lead: Option<String>,
    /// Whether the next sentence takes it back.
    pub excepted: bool,
}

/// The sentences and items of a text as printed.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    let mut lead: Option<String> = None;
    for line in text.lines() {
        let line = normalize(line);
        let item = lead.is_some() && is_item(&line);
        if !item {
            lead = None;
        }
        for part in split(&line) {
            let has = |words: &WordList| words.iter().any(|word| find(part, word).is_some());
            let back = OPEN_ENDED.iter().any(|word| find(part, word) == Some(0));
            if has(&TAKES_ALL_BACK) {
                found.iter_mut().for_each(|piece| piece.excepted = true);
            } else if let Some(last) = found.last_mut().filter(|_| {
                back || TAKES_BACK.suffix_of(part).is_some()
                    || (has(&TAKES_BACK) && !has_rule(part))
            }) {
                last.excepted = true;
            }
            found.push(Piece { text: part.to_owned(), lead: lead.clone(), excepted: false });
        }
        if line.ends_with(':') {
            lead = found.pop().map(|piece| piece.text);
        }
    }
    found
}

/// A line (in normal form) at the ends of its sentences.
fn split(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in line.split(['。', ';', '!', '?']) {
        // A full stop of English, not the point of 4.1.
        let mut rest = part;
        while let Some(at) = rest
            .find(". ")
            .filter(|&at| rest[..at].ends_with(|c: char| c.is_ascii_alphabetic() || c == ')'))
        {
            parts.push(&rest[..at]);
            rest = &rest[at + 2..];
        }
        parts.push(rest);
    }
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Whether what an operator governs begins with a denial: 应当不.
pub(super) fn denied(governed: &str) -> bool {
    Atoms::of(governed).atoms.first().is_some_and(|atom| atom.denies)
}

/// The content words of a text in normal form, the parts of long words left out.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    for term in terms(text) {
        if is_stop_term(&term.text) || IDLE.contains(&term.text) {
            continue;
        }
        // Search mode gives parts before their whole.
        found
            .retain(|(range, _)| !(term.range.start <= range.start && range.end <= term.range.end));
        let inside = |(range, _): &(Range<usize>, String)| {
            range.start <= term.range.start && term.range.end <= range.end
        };
        if !found.iter().any(inside) {
            found.push((term.range, term.text));
        }
    }
    found.into_iter().map(|(_, word)| word).collect()
}

/// The share of words that a text holds; a word of which it holds a part counts for less.
pub(super) fn share(words: &[String], text: &str) -> f32 {
    let sum: f32 = words.iter().map(|word| holds(text, word)).sum();
    sum / words.len().max(1) as f32
}

/// How much of a word a text holds: 1 for all of it, up to 0.7 for its characters.
pub(super) fn holds(text: &str, word: &str) -> f32 {
    const IN_PARTS: f32 = 0.7;
    if find(text, word).is_some() {
        return 1.0;
    }
    if !word.chars().all(is_han) {
        return 0.0;
    }
    let there = word.chars().filter(|&c| text.contains(c)).count();
    IN_PARTS * there as f32 / word.chars().count().max(1) as f32
}

/// Where a word stands in a text; one of letters only whole, but for its ending.
pub(super) fn find(text: &str, word: &str) -> Option<usize> {
    let letters = word.starts_with(|c: char| c.is_ascii_alphanumeric());
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let after = text[at + word.len()..].strip_prefix('s').unwrap_or(&text[at + word.len()..]);
        !letters || !(letter(text[..at].chars().next_back()) || letter(after.chars().next()))
    })
}
