//! Several questions in one: 怎么申请，多久办完？ Each part is asked alone, about what the first part is about.

use std::ops::Range;

use yiju_text::chars::is_han;
use yiju_text::questions::asking_words;
use yiju_text::words::WordList;

use crate::ask::constraints::Constraint;

/// Fewest characters of a part.
const SHORTEST: usize = 4;
/// Most parts.
const MOST: usize = 4;
/// Most characters of a subject that is carried over.
const LONGEST_SUBJECT: usize = 12;

const SOURCE: &str = include_str!("../../data/parts.txt");
static PREDICATES: WordList = WordList::section(SOURCE, "predicates");
static OPENS_WITHOUT: WordList = WordList::section(SOURCE, "opens without a subject");

/// The parts of a question that asks for several things, as questions of their own; empty where it asks for one.
///
/// A part begins after a mark where both sides ask. A part that does not say what it is about is given the names that
/// the first part begins with, or else its subject: 较重违章 of 较重违章包括哪些行为，会受到什么处理？
pub(crate) fn parts(question: &str, constraints: &[Constraint]) -> Vec<String> {
    let asking = asking_words(question);
    let asks = |range: &Range<usize>| {
        asking.iter().any(|word| range.start <= word.start && word.end <= range.end)
            || question
                .get(range.clone())
                .is_some_and(|part| part.trim_end().ends_with(['吗', '么', '?', '？']))
    };
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for (at, mark) in question.match_indices(['，', '？', '；', ',', '?', ';', '。']) {
        pieces.push(start..at);
        start = at + mark.len();
    }
    pieces.push(start..question.len());
    pieces.retain(|piece| question.get(piece.clone()).is_some_and(|text| !text.trim().is_empty()));
    // A piece that does not ask belongs to the one after it: 没登记就开店，会罚多少？
    let mut joined: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    for piece in pieces {
        let from = open.take().unwrap_or(piece.start);
        let whole = from..piece.end;
        if asks(&piece) {
            joined.push(whole);
        } else {
            open = Some(from);
        }
    }
    // What goes on after the last that asks belongs to it.
    if let (Some(_), Some(last)) = (open, joined.last_mut()) {
        last.end = question.len();
    }
    let text = |range: &Range<usize>| question.get(range.clone()).unwrap_or("").trim();
    if joined.len() < 2
        || joined.len() > MOST
        || joined.iter().any(|range| text(range).chars().count() < SHORTEST)
    {
        return Vec::new();
    }
    let names: String = constraints
        .iter()
        .map(|constraint| constraint.said.as_str())
        .filter(|said| text(&joined[0]).contains(said))
        .collect();
    let subject = subject(text(&joined[0])).filter(|_| names.is_empty());
    joined
        .iter()
        .enumerate()
        .map(|(at, range)| {
            let part = text(range).trim_start_matches(['并', '又', '且']);
            match subject {
                Some(subject) if at > 0 && OPENS_WITHOUT.prefix_of(part).is_some() => {
                    format!("{subject}{part}")
                }
                _ if at == 0 || names.is_empty() || part.contains(&names) => part.to_owned(),
                _ => format!("{names}{part}"),
            }
        })
        .collect()
}

/// What a part is about: what goes before the word that says something of it.
fn subject(part: &str) -> Option<&str> {
    let end = part.char_indices().map(|(at, _)| at).find(|&at| {
        PREDICATES.prefix_of(&part[at..]).is_some()
            || OPENS_WITHOUT.prefix_of(&part[at..]).is_some()
    })?;
    let subject = &part[..end];
    let length = subject.chars().count();
    ((2..=LONGEST_SUBJECT).contains(&length) && subject.chars().all(is_han)).then_some(subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::constraints::constraints;

    #[test]
    fn a_question_is_cut_where_both_sides_ask() {
        let cut = |question: &str| parts(question, &constraints(question));
        assert_eq!(
            cut("石桥市骗取补贴的几年内不能再申请，低收入家庭最多能得到多少救助？"),
            ["石桥市骗取补贴的几年内不能再申请", "石桥市低收入家庭最多能得到多少救助"]
        );
        assert_eq!(
            cut("较重违章包括哪些行为，会受到什么处理？"),
            ["较重违章包括哪些行为", "较重违章会受到什么处理"]
        );
        assert_eq!(
            cut("高龄补贴怎么申请，多久能办完？"),
            ["高龄补贴怎么申请", "高龄补贴多久能办完"]
        );
        assert_eq!(cut("怎么申请？多久能办完？"), ["怎么申请", "多久能办完"]);
        for one in [
            "没登记就在云泽区开店，会罚多少钱？",
            "满60岁，能免费坐公交吗？",
            "城市更新的钱从哪里来？",
            "谁，什么",
        ] {
            assert!(cut(one).is_empty(), "{one}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_question_is_cut(question in "[谁怎么办多少，？,?吗a-c ]{0,24}|\\PC{0,24}") {
            parts(&question, &[]);
        }
    }
}
