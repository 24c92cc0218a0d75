//! What a question is about, and where another subject fits in: by the words' parts of speech and the characters that two
//! names share.

use std::ops::Range;

use yiju_text::chars::is_han;
use yiju_text::questions::asking_words;
use yiju_text::words::WordList;
use yiju_text::{Tagged, tagged};

const SOURCE: &str = include_str!("../../../data/followups.txt");

static BREAKERS: WordList = WordList::section(SOURCE, "breakers");

/// Marks that end a question.
const END: [char; 9] = ['？', '?', '。', '！', '!', '，', ',', '…', ' '];

/// A text without the marks at its end and white space around.
pub(super) fn bare(text: &str) -> &str {
    text.trim().trim_end_matches(END).trim()
}

/// Whether a word can be part of a name: nouns, verbs used as nouns, attributes, numbers, letters.
fn nominal(tag: &str) -> bool {
    tag.starts_with('n')
        || ["vn", "an", "a", "b", "j", "m", "mq", "q", "eng", "l", "i", "t", "s", "z"]
            .contains(&tag)
}

/// Whether a word names a place or a time, which a subject inherits from the question before.
fn frames(tag: &str) -> bool {
    tag == "ns" || tag == "t" || tag == "m"
}

/// Whether a question has a word that can be its subject.
fn has_noun(words: &[Tagged]) -> bool {
    words.iter().any(|word| {
        word.tag.starts_with('n') || word.tag == "vn" || word.tag == "l" || word.tag == "j"
    })
}

/// Where the subject of a question ends: before the first word that asks or that a predicate begins with, outside
/// brackets.
fn subject_end(question: &str, words: &[Tagged]) -> usize {
    let asking = asking_words(question);
    let asks = |at: usize| asking.iter().any(|word| word.start == at);
    let mut depth = 0;
    for word in words {
        let text = &question[word.range.clone()];
        match text {
            "《" | "“" | "（" | "(" => depth += 1,
            "》" | "”" | "）" | ")" => depth -= 1,
            _ => {}
        }
        if depth > 0 {
            continue;
        }
        let rest = &question[word.range.start..];
        if asks(word.range.start)
            || BREAKERS.prefix_of(rest).is_some() && BREAKERS.contains(text)
            || BREAKERS.prefix_of(rest).is_some_and(|breaker| breaker.chars().count() > 1)
            || ["，", ",", "；", "？", "?"].contains(&text)
        {
            return word.range.start;
        }
    }
    question.len()
}

/// What a question is about: its subject, or, where it begins with what it asks, the rest of it.
///
/// 超大城市的规模要不要控制 is about 超大城市的规模, 怎么申请低保 about 申请低保.
pub(super) fn topic(question: &str) -> Option<String> {
    let question = bare(question);
    if !question.chars().any(is_han) {
        return english_topic(question);
    }
    let words = tagged(question);
    let end = subject_end(question, &words);
    let inside: Vec<Tagged> = words.iter().filter(|word| word.range.end <= end).cloned().collect();
    if has_noun(&inside) {
        // 有效 of 登记证有效几年 is no part of the name.
        let mut kept = inside.as_slice();
        while let Some((last, rest)) = kept.split_last()
            && !has_noun(std::slice::from_ref(last))
            && !nominal(&last.tag)
            && has_noun(rest)
        {
            kept = rest;
        }
        let last = kept.last()?.range.end;
        let topic = question[..last].trim_end_matches(['的', '对', '在', '和', '，']).trim();
        return (!topic.is_empty()).then(|| topic.to_owned());
    }
    let rest = without_asking(question);
    has_noun(&tagged(&rest)).then_some(rest)
}

/// A question that begins with what it asks, without that.
fn without_asking(question: &str) -> String {
    let mut rest = question;
    loop {
        let asked =
            asking_words(rest).into_iter().find(|word| word.start == 0).map(|word| word.end);
        let breaker = BREAKERS.prefix_of(rest).map(str::len);
        let Some(length) = asked.max(breaker) else { break };
        rest = rest[length..].trim_start();
    }
    let rest = rest.trim_end_matches(['吗', '呢', '么']);
    // 材料 of 需要什么材料申请低保 is what is asked for.
    rest.trim_start_matches(['的', '人', '下']).to_owned()
}

/// Words that English questions begin with.
const ENGLISH_ASKING: [&str; 38] = [
    "what", "which", "who", "whom", "when", "where", "why", "how", "much", "many", "long", "is",
    "are", "was", "were", "do", "does", "did", "can", "could", "may", "must", "should", "will",
    "would", "shall", "have", "has", "i", "we", "you", "one", "a", "an", "the", "there", "any",
    "need",
];

fn english_topic(question: &str) -> Option<String> {
    let mut words = question.split_whitespace().peekable();
    while words
        .next_if(|word| ENGLISH_ASKING.contains(&word.to_ascii_lowercase().as_str()))
        .is_some()
    {}
    let rest: Vec<&str> = words.collect();
    (!rest.is_empty()).then(|| rest.join(" "))
}

/// The part of `question` that `name` can stand in the place of: what shares its end or its start, else a word of its
/// kind, else the subject without the place and the time.
pub(super) fn slot(question: &str, name: &str) -> Option<Range<usize>> {
    let words = tagged(question);
    let own = tagged(name);
    shared_end(question, &words, name)
        .or_else(|| shared_start(question, &words, name))
        .or_else(|| of_its_kind(question, &words, name, &own))
        .or_else(|| subject(question, &words))
}

/// The words before a word boundary of `question` that end like `name`, about as many characters as `name` has.
fn shared_end(question: &str, words: &[Tagged], name: &str) -> Option<Range<usize>> {
    let length = name.chars().count();
    let common = |end: usize| {
        let pairs = question[..end].chars().rev().zip(name.chars().rev());
        pairs.take_while(|(a, b)| a == b && a.is_alphanumeric()).count()
    };
    let (at, shared) = words
        .iter()
        .enumerate()
        .filter(|(_, word)| nominal(&word.tag) || word.tag.starts_with('v'))
        .map(|(at, word)| (at, common(word.range.end)))
        // The first of equals: the subject comes before what is said of it.
        .rev()
        .max_by_key(|(_, shared)| *shared)?;
    if shared == 0 || shared >= length {
        return None;
    }
    let end = words[at].range.end;
    let mut start = words[at].range.start;
    for word in words[..at].iter().rev() {
        let taken = question[start..end].chars().count();
        let attribute = ["a", "b", "d", "z"].contains(&word.tag.as_str()) && word.range.len() > 3;
        if !(nominal(&word.tag) && taken < length && !frames(&word.tag) || attribute) {
            break;
        }
        start = word.range.start;
    }
    Some(start..end)
}

/// The words of `question` that begin like `name`, by at least two characters.
fn shared_start(question: &str, words: &[Tagged], name: &str) -> Option<Range<usize>> {
    let common = |start: usize| {
        let pairs = question[start..].chars().zip(name.chars());
        pairs.take_while(|(a, b)| a == b && a.is_alphanumeric()).count()
    };
    let (at, shared) = words
        .iter()
        .enumerate()
        .map(|(at, word)| (at, common(word.range.start)))
        .rev()
        .max_by_key(|(_, shared)| *shared)?;
    let length = name.chars().count();
    if shared < 2 || shared >= length {
        return None;
    }
    let start = words[at].range.start;
    let mut end = words[at].range.end;
    for word in &words[at + 1..] {
        if question[start..end].chars().count() >= length || !nominal(&word.tag) {
            break;
        }
        end = word.range.end;
    }
    Some(start..end)
}

/// A place for a place, a time for a time, a deed for a deed.
fn of_its_kind(
    question: &str,
    words: &[Tagged],
    name: &str,
    own: &[Tagged],
) -> Option<Range<usize>> {
    let kind = own.last()?.tag.as_str();
    if kind == "ns" || kind == "t" || kind == "nr" {
        return words.iter().find(|word| word.tag == kind).map(|word| word.range.clone());
    }
    let deed = |tag: &str| tag == "v" || tag == "vn";
    if own.len() == 1 && deed(kind) {
        let end = subject_end(question, words);
        let able = |word: &&Tagged| {
            deed(&word.tag)
                && word.range.len() >= name.len().min(6)
                && !BREAKERS.contains(&question[word.range.clone()])
        };
        let before = words.iter().filter(|word| word.range.end <= end).rev().find(able);
        return before.or_else(|| words.iter().find(able)).map(|word| word.range.clone());
    }
    None
}

/// The subject without the place and the time that it begins with; where a question begins with what it asks, the last
/// name of it.
fn subject(question: &str, words: &[Tagged]) -> Option<Range<usize>> {
    let end = subject_end(question, words);
    let inside: Vec<&Tagged> = words
        .iter()
        .filter(|word| word.range.end <= end)
        .skip_while(|word| frames(&word.tag) || !nominal(&word.tag) && !word.tag.starts_with('v'))
        .collect();
    let noun = |word: &&Tagged| {
        word.tag.starts_with('n') || word.tag == "vn" || word.tag == "l" || word.tag == "j"
    };
    if let Some(last) = inside.iter().rposition(|word| noun(&word)) {
        // 超大城市的规模: what is named, not what is said of it.
        let of = inside.iter().position(|word| &question[word.range.clone()] == "的");
        let last = of.filter(|&of| of > 0 && of < last).map_or(last, |of| of - 1);
        return Some(inside[0].range.start..inside[last].range.end);
    }
    let last = words.iter().rposition(|word| noun(&word))?;
    let mut first = last;
    while first > 0 && nominal(&words[first - 1].tag) && !frames(&words[first - 1].tag) {
        first -= 1;
    }
    Some(words[first].range.start..words[last].range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_about_its_subject() {
        for (question, about) in [
            ("超大城市的规模要不要控制？", "超大城市的规模"),
            ("押金最多可以收几个月的租金？", "押金"),
            ("怎么申请低保？", "申请低保"),
            ("What is the deposit limit?", "deposit limit"),
        ] {
            assert_eq!(topic(question).as_deref(), Some(about), "{question}");
        }
        assert_eq!(topic("为什么？"), None);
    }

    #[test]
    fn another_subject_takes_the_place_of_its_like() {
        for (question, name, like) in [
            ("超大城市的规模要不要控制", "中小城市", "超大城市"),
            ("押金最多可以收几个月", "租金", "押金"),
            ("出租人应当什么时候退还押金", "承租人", "出租人"),
            ("到2030年的主要目标是什么", "2035年", "2030年"),
        ] {
            let range = slot(question, name).unwrap();
            assert_eq!(&question[range], like, "{question} {name}");
        }
    }
}
