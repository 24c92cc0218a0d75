//! Numbers, names and quotations of a claim that its evidence does not have.

use yiju_document::find_numbers;
use yiju_text::amounts::{Value, values};
use yiju_text::chars::is_han;
use yiju_text::dates::date_spans;
use yiju_text::numerals::{leading_number, parse_number};
use yiju_text::{normalize, tagged};

use super::bodies::{self, abbreviates};
use super::evidence::Said;
use super::report::{GroundFailure, GroundFailureKind as Kind};
use crate::ask::constraints::constraints;
use crate::verify::turns::common;
use crate::verify::{Mismatch, MismatchKind};

/// What this country is called before the names of its laws.
const COUNTRY: [&str; 3] = ["中华人民共和国", "中国", "我国"];
/// Characters that no name of a place has: 应按省 is none.
const NOT_IN_NAMES: &str = "应按由经向的和与或为于从对至到把被让是有其各该本等同报";
/// Characters looked at before a number, and by how much more of them another place must have.
const BEFORE: usize = 8;
const LEAST_NEARER: f32 = 0.35;
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

pub(super) fn failure(kind: Kind, claim: &str, source: &str) -> GroundFailure {
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
                    || value.value == 1.0 && there.cited.contains(&format!("每{}", value.unit))
            });
            !known
        })
        .map(|one| failure(kind_of(&one.statement), &one.statement, &one.quote))
        .collect()
}

/// Numbers that the evidence has, but of something else: 副召集人2名 where it has 召集人1人 and 副召集人2人.
pub(super) fn misplaced(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    let known = values(there.evidence);
    let mut found = Vec::new();
    for value in values(&said.normal).iter().filter(|value| !value.unit.is_empty()) {
        let same = |other: &&Value| (other.value - value.value).abs() <= 1e-9 * value.value.abs();
        let of_unit: Vec<&Value> = known.iter().filter(|other| other.unit == value.unit).collect();
        if !of_unit.iter().any(same) || of_unit.iter().all(same) {
            continue;
        }
        let alike =
            |other: &Value| beside(&said.normal, &value.shown, there.evidence, &other.shown);
        let best = |same_value: bool| {
            let those = of_unit.iter().filter(|other| same(other) == same_value);
            those.map(|other| (alike(other), *other)).max_by(|a, b| a.0.total_cmp(&b.0))
        };
        if let (Some((right, _)), Some((wrong, other))) = (best(true), best(false))
            && wrong - right >= LEAST_NEARER
        {
            found.push(failure(kind_of(&value.shown), &value.shown, &other.shown));
        }
    }
    found
}

/// How alike what stands before one number is to what stands before the other, at the best place of each: the share of
/// the characters that they have in common, in their order.
fn beside(a: &str, shown_a: &str, b: &str, shown_b: &str) -> f32 {
    let before = |text: &str, at: usize| -> Vec<char> {
        let all = text[..at].chars().rev().filter(|c| c.is_alphanumeric());
        all.take(BEFORE).collect()
    };
    let mut best = 0.0f32;
    for (at_a, _) in a.match_indices(shown_a) {
        let ours = before(a, at_a);
        for (at_b, _) in b.match_indices(shown_b) {
            let theirs = before(b, at_b);
            best = best.max(common(&ours, &theirs) as f32 / BEFORE as f32);
        }
    }
    best
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
        found.extend(bodies::named(said, there));
        found.extend(bodies::bodies(said, there));
        found.extend(bodies::roles(said, there));
    }
    found
}

/// Full dates, which a month's name may be part of.
fn dates(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    let known = date_spans(there.cited);
    let parts = values(there.cited);
    // 2004年3月8日至7月7日 has the second date in parts.
    let in_parts = |date: &jiff::civil::Date| {
        let part = |value: i32, unit: &str| {
            parts.iter().any(|one| one.unit == unit && one.value == f64::from(value))
        };
        part(date.year().into(), "年")
            && part(date.month().into(), "月")
            && part(date.day().into(), "日")
    };
    date_spans(&said.text)
        .into_iter()
        .filter(|(_, date)| !known.iter().any(|(_, other)| other == date) && !in_parts(date))
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
    // 《中国工会法》 is 《中华人民共和国工会法》.
    let plain = |text: &str| -> String {
        let text = COUNTRY.iter().fold(text.to_owned(), |text, name| text.replace(name, ""));
        text.chars().filter(|c| c.is_alphanumeric()).collect()
    };
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
        .filter(|constraint| !in_range(&constraint.said, there.cited))
        .filter(|constraint| !constraint.said.contains(|c| NOT_IN_NAMES.contains(c)))
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

/// Whether a class (二级) lies in a range of the text: 一至四级.
fn in_range(class: &str, text: &str) -> bool {
    let Some((number, length)) = leading_number(class) else { return false };
    let unit = &class[length..];
    text.match_indices(['至', '到']).any(|(at, joint)| {
        let before: String = text[..at].chars().rev().take(1).collect();
        let last = leading_number(&text[at + joint.len()..]);
        let ends = |to: usize| text[at + joint.len() + to..].starts_with(unit);
        parse_number(&before)
            .zip(last)
            .is_some_and(|(first, (last, to))| ends(to) && (first..=last).contains(&number))
    })
}

fn places(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    tagged(&said.normal)
        .into_iter()
        .filter(|word| matches!(word.tag.as_str(), "ns" | "nt" | "nrt"))
        .map(|word| (&said.normal[word.range], word.tag))
        .filter(|(word, _)| word.chars().count() > 1 && word.chars().all(is_han))
        .filter(|(word, _)| !COUNTRY.contains(word))
        .filter(|(word, _)| !abbreviates(word.trim_end_matches(['市', '省', '县']), there.cited))
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
