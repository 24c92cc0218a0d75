//! Numbers, names and quotations of a claim that its evidence does not have.

use yiju_document::find_numbers;
use yiju_text::amounts::values;
use yiju_text::chars::is_han;
use yiju_text::dates::date_spans;
use yiju_text::words::WordList;
use yiju_text::{normalize, tagged};

use super::evidence::Said;
use super::report::{GroundFailure, GroundFailureKind as Kind};
use crate::ask::constraints::constraints;
use crate::verify::{Mismatch, MismatchKind};

const WORDS: &str = include_str!("../../data/ground.txt");
static BODIES: WordList = WordList::section(WORDS, "bodies");
static ANY_BODY: WordList = WordList::section(WORDS, "any body");
static ROLES: WordList = WordList::section(WORDS, "roles");

/// Most characters that say which body it is.
const LONGEST_BODY: usize = 12;
/// A shorter quotation is emphasis.
const SHORTEST_QUOTATION: usize = 2;

/// What a claim is held against, all in normal form.
pub(super) struct There<'t> {
    /// The sentences that it rests on.
    pub evidence: &'t str,
    /// Titles, headings and lead-ins of their sources.
    pub around: &'t str,
    /// All text of the sources cited, with what is around it.
    pub cited: &'t str,
}

fn failure(kind: Kind, claim: &str, source: &str) -> GroundFailure {
    GroundFailure { kind, claim: claim.to_owned(), source: source.to_owned() }
}

/// The failures of the numbers that `mismatches` (of the claim and its evidence) names.
pub(super) fn numbers(mismatches: &[Mismatch], there: &There<'_>) -> Vec<GroundFailure> {
    let around = values(there.around);
    mismatches
        .iter()
        .filter(|one| matches!(one.kind, MismatchKind::Number | MismatchKind::MissingNumber))
        .filter(|one| {
            let said = values(&one.statement);
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
            let known = said.iter().all(|value| {
                around.iter().any(|other| near(value.value, other.value))
                    || counted(value.value, there.cited)
            });
            !known
        })
        .map(|one| failure(kind_of(&one.statement), &one.statement, &one.quote))
        .collect()
}

fn kind_of(shown: &str) -> Kind {
    let unit = values(shown).first().map_or("", |value| value.unit);
    match unit {
        "年" | "月" | "日" => Kind::Date,
        "元" | "%" | "美元" | "百分点" => Kind::Amount,
        "条" | "款" | "章" => Kind::Article,
        _ => Kind::Number,
    }
}

/// Whether a list of the text has this many members: 三种情形 of （一）, （二） and （三）.
fn counted(value: f64, text: &str) -> bool {
    if !(2.0..=30.0).contains(&value) || value.fract() != 0.0 {
        return false;
    }
    let label = |number: f64| {
        let chinese = yiju_text::numerals::to_chinese(number as u32);
        [format!("({chinese})"), format!("{chinese}是"), format!("({number})")]
    };
    let has = |number: f64| label(number).iter().any(|label| text.contains(label.as_str()));
    has(value) && !has(value + 1.0)
}

/// The names and quotations of a claim that are not there.
pub(super) fn names(said: &Said, there: &There<'_>, across: bool) -> Vec<GroundFailure> {
    let mut found = dates(said, there);
    found.extend(document_numbers(said, there));
    found.extend(latin(said, there, across));
    if !across {
        found.extend(quotations(said, there));
        found.extend(fixed(said, there));
        found.extend(places(said, there));
        found.extend(bodies(said, there));
        found.extend(roles(said, there));
    }
    found
}

/// Full dates, which a month's name may be part of.
fn dates(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    let known = date_spans(there.cited);
    date_spans(&said.text)
        .into_iter()
        .filter(|(_, date)| !known.iter().any(|(_, other)| other == date) && !known.is_empty())
        .map(|(range, _)| failure(Kind::Date, &said.text[range], ""))
        .collect()
}

fn document_numbers(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    let known = find_numbers(there.cited);
    find_numbers(&said.text)
        .into_iter()
        .filter(|number| number.is_full() && !known.iter().any(|other| number.means(other)))
        .map(|number| failure(Kind::DocumentNumber, &said.text[number.range], ""))
        .collect()
}

/// Quoted text, and titles.
fn quotations(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    let plain = |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).collect() };
    let known = plain(there.cited);
    let mut found = Vec::new();
    for (open, close, kind) in [
        ('“', '”', Kind::Quotation),
        ('「', '」', Kind::Quotation),
        ('『', '』', Kind::Quotation),
        ('"', '"', Kind::Quotation),
        ('《', '》', Kind::Name),
    ] {
        let mut rest = said.text.as_str();
        while let Some(at) = rest.find(open) {
            let inside = &rest[at + open.len_utf8()..];
            let Some(end) = inside.find(close) else { break };
            let quoted = &inside[..end];
            let bare = plain(&normalize(quoted));
            if bare.chars().count() >= SHORTEST_QUOTATION && !known.contains(&bare) {
                found.push(failure(kind, &normalize(quoted), ""));
            }
            rest = &inside[end + close.len_utf8()..];
        }
    }
    found
}

/// Words in Latin letters: all of them in a Chinese sentence, the capitalised ones in an English one.
fn latin(said: &Said, there: &There<'_>, across: bool) -> Vec<GroundFailure> {
    let mut found = Vec::new();
    if across && !said.han {
        return found;
    }
    let mut at = 0;
    let letters = |c: char| c.is_ascii_alphanumeric();
    while let Some(start) = said.text[at..].find(|c: char| c.is_ascii_alphabetic()) {
        let start = at + start;
        let end = said.text[start..].find(|c| !letters(c)).map_or(said.text.len(), |n| start + n);
        at = end;
        let word = &said.text[start..end];
        let capital = word.starts_with(|c: char| c.is_ascii_uppercase());
        let sentence_start = said.text[..start].trim().is_empty();
        let unit = said.text[..start].trim_end().ends_with(|c: char| c.is_ascii_digit());
        let named = if said.han {
            word.len() > 1 && !unit
        } else {
            capital && !sentence_start && word.len() > 2
        };
        let lower = word.to_ascii_lowercase();
        if named
            && !yiju_text::is_stop_term(&lower)
            && !there.cited.contains(&lower)
            && month(&lower).is_none()
        {
            found.push(failure(Kind::Name, word, ""));
        }
    }
    found
}

fn month(word: &str) -> Option<usize> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    MONTHS.iter().position(|month| word.starts_with(month))
}

/// What a question would fix: years and days, names that end like places, model numbers, classes.
fn fixed(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    constraints(&said.text)
        .into_iter()
        .filter(|constraint| !constraint.met_by(there.cited))
        .filter(|constraint| {
            // 报考碧溪市 is 碧溪市: what stands before may be a verb.
            let tail: Vec<char> = constraint.said.chars().rev().take(3).collect();
            let tail: String = tail.iter().rev().collect();
            !there.cited.contains(&tail)
        })
        .map(|constraint| {
            let kind = match constraint.said.chars().last() {
                Some('年' | '日') => Kind::Date,
                Some('团') => Kind::Body,
                Some('市' | '县' | '区' | '省' | '州' | '盟' | '旗' | '镇' | '道') => {
                    Kind::Place
                }
                _ => Kind::Name,
            };
            failure(kind, &constraint.said, "")
        })
        .collect()
}

fn places(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    tagged(&said.normal)
        .into_iter()
        .filter(|word| matches!(word.tag.as_str(), "ns" | "nt" | "nrt"))
        .map(|word| (&said.normal[word.range], word.tag))
        .filter(|(word, _)| word.chars().count() > 1 && word.chars().all(is_han))
        .filter(|(word, _)| {
            !there.cited.contains(*word)
                && !there.cited.contains(word.trim_end_matches(['市', '省', '县']))
        })
        .map(|(word, tag)| {
            let kind = match tag.as_str() {
                "ns" => Kind::Place,
                "nt" => Kind::Body,
                _ => Kind::Name,
            };
            failure(kind, word, "")
        })
        .collect()
}

/// Bodies: the words before 部门, 机关, 委员会 must be those before such a word of the evidence, in their order.
fn bodies(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    let known: Vec<(Vec<char>, &str)> = bodies_of(there.evidence)
        .chain(bodies_of(there.around))
        .map(|(name, end)| (name.chars().collect(), end))
        .collect();
    let all = format!("{} {}", there.evidence, there.around);
    let mut found = Vec::new();
    for (name, end) in bodies_of(&said.normal) {
        let which: Vec<char> = distinct(name).chars().collect();
        let whole = format!("{name}{end}");
        if which.len() < 2 || all.contains(&whole) {
            continue;
        }
        let bare: String = which.iter().collect();
        if all.contains(&bare) {
            continue;
        }
        let meant = known.iter().any(|(other, _)| subsequence(&which, other));
        if !meant {
            found.push(failure(Kind::Body, &format!("{bare}{end}"), ""));
        }
    }
    found
}

/// The bodies of a text: what stands before the word that says that it is one, and that word.
fn bodies_of(text: &str) -> impl Iterator<Item = (&str, &'static str)> {
    let words = tagged(text);
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let shown = &text[word.range.clone()];
        let Some(end) = BODIES
            .suffix_of(shown)
            .filter(|end| end.chars().count() > 1 || shown.chars().count() > 1)
        else {
            continue;
        };
        // A longer word has its name in itself: 公安机关.
        let mut start = word.range.end - end.len();
        let inside = start > word.range.start;
        start = word.range.start;
        for before in words[..at].iter().rev() {
            let shown = &text[before.range.clone()];
            let noun = before.tag.starts_with('n')
                || matches!(before.tag.as_str(), "vn" | "j" | "b" | "v" | "an" | "f" | "l");
            let joins = shown.chars().all(is_han) && noun;
            if !joins || text[before.range.start..word.range.end].chars().count() > LONGEST_BODY {
                break;
            }
            start = before.range.start;
        }
        let name_end = word.range.end - end.len();
        if inside || start < name_end {
            found.push((&text[start..name_end], end));
        }
    }
    found.into_iter()
}

/// A body's name without what says nothing of which it is.
fn distinct(name: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    let tags = tagged(name);
    for word in &tags {
        let shown = &name[word.range.clone()];
        if !ANY_BODY.contains(shown) {
            words.push(shown);
        }
    }
    // Of a long name the last words tell: 住房城乡建设.
    let from = words.len().saturating_sub(2);
    words[from..].concat()
}

fn subsequence(short: &[char], long: &[char]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|c| rest.any(|other| other == c))
}

/// Roles that the evidence has none of.
fn roles(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    let all = format!("{} {}", there.evidence, there.around);
    ROLES
        .iter()
        .filter(|role| crate::ask::question::holds(&said.normal, role))
        .filter(|role| {
            // 被保险人 holds 保险人.
            let longer = |other: &&&str| {
                other.len() > role.len() && other.ends_with(**role) && said.normal.contains(**other)
            };
            !ROLES.iter().any(|other| longer(&other)) && !crate::ask::question::holds(&all, role)
        })
        .filter(|_| {
            // Where the evidence has no roles at all, it speaks of them in other words.
            ROLES.iter().any(|other| {
                crate::ask::question::holds(&all, other) && !said.normal.contains(other)
            })
        })
        .map(|role| failure(Kind::Body, role, ""))
        .collect()
}
