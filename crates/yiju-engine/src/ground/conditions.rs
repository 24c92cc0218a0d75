//! Conditions and exceptions of the evidence that a claim leaves out though it says what they govern.

use std::ops::Range;

use yiju_text::chars::is_han;
use yiju_text::normalize;
use yiju_text::numerals::leading_number;
use yiju_text::words::WordList;

use super::evidence::{Evidence, Piece, Said};
use super::report::{GroundFailure, GroundFailureKind};
use super::sources::Source;

const WORDS: &str = include_str!("../../data/ground.txt");
static STARTS: WordList = WordList::section(WORDS, "condition starts");
static ENDS: WordList = WordList::section(WORDS, "condition ends");
static IDLE: WordList = WordList::section(WORDS, "idle conditions");
static INSIDE: WordList = WordList::section(WORDS, "condition inside");
static THEN: WordList = WordList::section(WORDS, "then");
static ENGLISH: WordList = WordList::section(WORDS, "condition words");

/// The least share of what a condition governs that a claim must have to be about it.
const LEAST_USED: f32 = 0.45;
/// The least share of a condition, or of its end, that a claim must have to keep it, and the least likeness of its tokens.
const LEAST_KEPT: f32 = 0.45;
const LEAST_OF_TAIL: f32 = 0.6;
const LEAST_LIKE: f32 = 0.77;
/// Characters of a member of a list that can be told by itself.
const MEMBER: usize = 8;
/// Letters by which words of English are the same.
const STEM: usize = 5;

/// Characters at the end of a condition that may stand for it.
const TAIL: usize = 10;

/// What 经 may begin besides a condition: 经营, 经济.
const NOT_PASSED: [char; 9] = ['营', '济', '常', '费', '验', '理', '历', '手', '办'];

/// A condition in a text and what it governs, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    range: Range<usize>,
    governs: Vec<Range<usize>>,
}

/// The conditions that are left out.
pub(super) fn dropped(said: &Said, sources: &[Source], evidence: &Evidence) -> Vec<GroundFailure> {
    let mut found = Vec::new();
    for (piece, met) in evidence.pieces.iter().zip(&evidence.met) {
        let text = text_of(sources, piece);
        for condition in conditions(text) {
            let held = |range: &Range<usize>| {
                let ours = pairs(&text[range.clone()]);
                share(&ours, &said.normal)
            };
            // Of a list (申请财产保全、责令…) a claim may have one member.
            let members = condition.governs.iter().flat_map(|range| {
                let members = cut(text, range.clone(), &['、']);
                let long = |one: &Range<usize>| text[one.clone()].chars().count() >= MEMBER;
                members.into_iter().filter(long).chain([range.clone()]).collect::<Vec<_>>()
            });
            let used = members.map(|range| held(&range)).fold(0.0, f32::max);
            // What the rule says as well (the subject of both) tells nothing of the condition.
            let rule: String = condition.governs.iter().map(|range| &text[range.clone()]).collect();
            let own = |text: &str| -> Vec<String> {
                let all = pairs(text).into_iter();
                all.filter(|pair| !normalize(&rule).contains(pair.as_str())).collect()
            };
            let whole = &text[condition.range.clone()];
            let like = likeness(met, piece.range.start, &condition.range, |token| {
                let shown = text.get(token).unwrap_or("").trim();
                !rule.contains(shown)
            });
            let kept = share(&own(whole), &said.normal) >= LEAST_KEPT
                || share(&own(tail(whole)), &said.normal) >= LEAST_OF_TAIL
                || like >= LEAST_LIKE;
            if used >= LEAST_USED && !kept {
                found.push(GroundFailure {
                    kind: GroundFailureKind::Condition,
                    claim: String::new(),
                    source: normalize(&text[condition.range]),
                });
            }
        }
    }
    found
}

fn text_of<'s>(sources: &'s [Source], piece: &Piece) -> &'s str {
    sources[piece.source].text.get(piece.range.clone()).unwrap_or("")
}

/// The end of a condition, which says the most of a long one.
fn tail(text: &str) -> &str {
    let at = text.char_indices().rev().nth(TAIL - 1).map_or(0, |(at, _)| at);
    &text[at..]
}

/// How well the tokens in a range that are of its own find their like in the claim, on average; 1 without any.
fn likeness(
    met: &[(Range<usize>, f32)],
    base: usize,
    range: &Range<usize>,
    own: impl Fn(Range<usize>) -> bool,
) -> f32 {
    let inside = met.iter().filter_map(|(token, value)| {
        let start = token.start.checked_sub(base)?;
        let token = start..token.end.checked_sub(base)?;
        (token.start < range.end && range.start < token.end && own(token)).then_some(*value)
    });
    let values: Vec<f32> = inside.collect();
    if values.is_empty() { 1.0 } else { values.iter().sum::<f32>() / values.len() as f32 }
}

/// The pairs of neighbouring characters of a text, or the beginnings of its words of English.
fn pairs(text: &str) -> Vec<String> {
    let normal = normalize(text);
    let chars: Vec<char> = normal.chars().filter(|c| c.is_alphanumeric()).collect();
    if chars.iter().any(|c| is_han(*c)) {
        return chars.windows(2).map(|pair| pair.iter().collect()).collect();
    }
    normal
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 2 && !yiju_text::is_stop_term(word))
        .map(|word| word.chars().take(STEM).collect())
        .collect()
}

/// The share of these that a text in normal form has; 1 of none.
fn share(pairs: &[String], text: &str) -> f32 {
    let held = pairs.iter().filter(|pair| text.contains(pair.as_str())).count();
    if pairs.is_empty() { 1.0 } else { held as f32 / pairs.len() as f32 }
}

/// Looks for the conditions of a text, for the fuzz target.
pub(super) fn read(text: &str) {
    for one in conditions(text) {
        let inside = |range: &Range<usize>| text.get(range.clone()).is_some();
        assert!(
            inside(&one.range) && one.governs.iter().all(inside),
            "a condition lies in its text"
        );
    }
}

/// The conditions of a sentence.
fn conditions(text: &str) -> Vec<Condition> {
    if text.chars().any(is_han) { chinese(text) } else { english(text) }
}

fn chinese(text: &str) -> Vec<Condition> {
    let mut found = Vec::new();
    // What 。 or ； ends is a rule of its own.
    for rule in cut(text, 0..text.len(), &['。', '；', ';', '！', '\n']) {
        let parts = cut(text, rule, &['，', ',', '：', ':']);
        let mut is: Vec<Option<bool>> =
            parts.iter().map(|part| condition(&text[part.clone()])).collect();
        for at in 1..parts.len() {
            // 经审查同意后，方可施工: whatever stands before 方可 is the condition.
            if THEN.prefix_of(text[parts[at].clone()].trim()).is_some() {
                is[at - 1] = Some(false);
                is[at] = None;
            }
        }
        for (at, part) in parts.iter().enumerate() {
            let Some(exception) = is[at] else { continue };
            let plain = |range: &[Range<usize>], is: &[Option<bool>]| -> Vec<Range<usize>> {
                range
                    .iter()
                    .zip(is)
                    .filter(|(_, is)| is.is_none())
                    .map(|(part, _)| part.clone())
                    .collect()
            };
            // A condition holds up to the next one that comes after something.
            let rule =
                is[at + 1..].iter().position(Option::is_none).map_or(parts.len(), |n| at + 1 + n);
            let next = is[rule.min(is.len())..].iter().position(Option::is_some);
            let end = next.map_or(parts.len(), |n| rule + n);
            let after = plain(&parts[at + 1..end], &is[at + 1..end]);
            let before = plain(&parts[..at], &is[..at]);
            let governs = if exception && !before.is_empty() { before } else { after };
            if !governs.is_empty() {
                let shown = &text[part.clone()];
                let label = shown.len() - without_label(shown.trim_start()).len();
                found.push(Condition { range: part.start + label..part.end, governs });
            }
        }
        for (part, is) in parts.iter().zip(&is) {
            if is.is_none() {
                found.extend(inside(text, part));
            }
        }
    }
    found
}

/// Whether a part is a condition: of what follows (`false`), or an exception from what stands before (`true`).
fn condition(part: &str) -> Option<bool> {
    let part = without_label(part.trim());
    let long = part.chars().count() >= 4;
    // 或者…的 is one case of several, of which a claim may leave out some.
    let alternative = part.starts_with(['或', '和', '及', '并']) || part.starts_with("以及");
    // 为生产需要必须使用…的 is a condition, 为规范…， a purpose.
    let idle = IDLE.prefix_of(part).is_some_and(|word| {
        !(matches!(word, "为" | "为了" | "按照" | "依照" | "根据" | "依据") && part.ends_with('的'))
    });
    if idle || !long || alternative {
        return None;
    }
    if part.starts_with("但") || part.ends_with("除外") {
        return Some(true);
    }
    let starts = STARTS.prefix_of(part).is_some();
    let ends = ENDS.suffix_of(part).is_some();
    let strong = ["除", "如果", "若", "经", "未经", "除非", "只有", "一旦", "只要", "凡"];
    let begins = strong.iter().any(|word| part.starts_with(word));
    (part.ends_with('的') || starts && ends || begins).then_some(false)
}

/// A part without the number that it begins with: 第三十一条　, （四）.
fn without_label(part: &str) -> &str {
    let rest = part.strip_prefix('第').and_then(|rest| {
        let (_, length) = leading_number(rest)?;
        rest[length..].strip_prefix('条')
    });
    let rest = rest.or_else(|| {
        let inside = part.strip_prefix(['（', '('])?;
        inside.split_once(['）', ')']).map(|(_, rest)| rest)
    });
    rest.unwrap_or(part).trim_start()
}

/// A phrase inside a part that limits it: 符合条件的企业可以….
fn inside(text: &str, part: &Range<usize>) -> Option<Condition> {
    let shown = &text[part.clone()];
    let (at, word) = INSIDE
        .iter()
        .filter_map(|word| Some((shown.find(word)?, *word)))
        // 经营 is no condition.
        .filter(|(at, word)| *word != "经" || !shown[at + word.len()..].starts_with(NOT_PASSED))
        .min_by_key(|(at, word)| (*at, usize::MAX - word.len()))?;
    let rest = &shown[at + word.len()..];
    let end = rest.find(['的', '后']).map(|end| at + word.len() + end)?;
    let range = part.start + at..part.start + end;
    let long = text[range.clone()].chars().count() >= 4;
    let governs = part.start + end..part.end;
    (long && text[governs.clone()].chars().count() >= 4)
        .then(|| Condition { range, governs: vec![governs] })
}

fn english(text: &str) -> Vec<Condition> {
    let mut found = Vec::new();
    let lower = text.to_ascii_lowercase();
    for word in ENGLISH.iter() {
        for (at, _) in lower.match_indices(word) {
            let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            let alone = !letter(lower[..at].chars().next_back())
                && !letter(lower[at + word.len()..].chars().next());
            let inside = found.iter().any(|other: &Condition| other.range.contains(&at));
            if !alone || inside {
                continue;
            }
            let end = lower[at..].find([',', ';', '.']).map_or(text.len(), |end| at + end);
            let mut governs = vec![0..at, end..text.len()];
            governs.retain(|range| {
                text[range.clone()].chars().filter(|c| c.is_alphabetic()).count() > 5
            });
            if !governs.is_empty() {
                found.push(Condition { range: at..end, governs });
            }
        }
    }
    found
}

/// The parts of a range between some marks.
fn cut(text: &str, range: Range<usize>, marks: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = range.start;
    for (at, c) in text[range.clone()].char_indices() {
        if marks.contains(&c) {
            found.push(start..range.start + at);
            start = range.start + at + c.len_utf8();
        }
    }
    found.push(start..range.end);
    found.retain(|part| !text[part.clone()].trim().is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, Vec<&str>)> {
        conditions(text)
            .into_iter()
            .map(|one| {
                (&text[one.range], one.governs.into_iter().map(|range| &text[range]).collect())
            })
            .collect()
    }

    #[test]
    fn conditions_and_what_they_govern_are_found() {
        assert_eq!(
            found("用户逾期不交水费的，供水企业可以停止供水。"),
            [("用户逾期不交水费的", vec!["供水企业可以停止供水"])]
        );
        assert_eq!(
            found("出租人应当公开租金，但当事人另有约定的除外。"),
            [("但当事人另有约定的除外", vec!["出租人应当公开租金"])]
        );
        assert_eq!(
            found("符合条件的企业可以申请补贴。"),
            [("符合条件", vec!["的企业可以申请补贴"])]
        );
        assert_eq!(
            found("Staff fly economy unless the flight takes six hours."),
            [("unless the flight takes six hours", vec!["Staff fly economy "])]
        );
        assert_eq!(
            found("第三条　逾期的，处罚款；经审查同意后，方可施工。"),
            [("经审查同意后", vec!["方可施工"])]
        );
        assert_eq!(found("从事生产经营活动的单位应当登记。"), []);
        assert_eq!(found("租金由双方约定。"), []);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(?s)[经未除但的，。；如果符合外后 a-z,.ifunless]{0,40}|.{0,60}") {
            for one in conditions(&text) {
                proptest::prop_assert!(text.get(one.range.clone()).is_some());
                proptest::prop_assert!(one.governs.iter().all(|range| text.get(range.clone()).is_some()));
            }
        }
    }
}
