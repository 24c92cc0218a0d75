//! What a question is about, and where another subject fits in: by the words' parts of speech and the characters that two
//! names share.

use std::ops::Range;

use yiju_text::chars::is_han;
use yiju_text::questions::asking_words;
use yiju_text::words::WordList;
use yiju_text::{Tagged, tagged};

use crate::ask::meeting::place_of_title;

const SOURCE: &str = include_str!("../../../data/followups.txt");

static BREAKERS: WordList = WordList::section(SOURCE, "breakers");
static BEFORE_A_SUBJECT: WordList = WordList::section(SOURCE, "before a subject");
static PERSONS: WordList = WordList::section(SOURCE, "persons");
static GENERIC: WordList = WordList::section(SOURCE, "generic");

/// Characters below which a name is short.
const SHORT_NAME: usize = 4;
/// Most words of a topic in English: a longer one is a sentence.
const LONGEST_ENGLISH: usize = 6;

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

/// Whether a word names a place or a time, which a subject inherits from the question before. 城市 is a place to jieba.
fn frames(question: &str, word: &Tagged) -> bool {
    let text = &question[word.range.clone()];
    is_place(text, &word.tag) || word.tag == "t" || word.tag == "m"
}

fn is_place(text: &str, tag: &str) -> bool {
    tag == "ns" && !["城市", "城镇", "县城", "农村", "乡镇", "城区"].contains(&text)
}

/// Characters that words of size and age begin with: 超大, 老旧.
const ATTRIBUTES: [char; 14] =
    ['超', '特', '大', '中', '小', '高', '低', '新', '老', '旧', '单', '双', '多', '重'];

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
    let question = after_prepositions(bare(question));
    if !question.chars().any(is_han) {
        return english_topic(question);
    }
    let words = tagged(question);
    let end = subject_end(question, &words);
    let inside: Vec<Tagged> = words.iter().filter(|word| word.range.end <= end).cloned().collect();
    if has_noun(&inside) {
        // 也 of 押金也要退吗 is no part of the name.
        let mut kept = inside.as_slice();
        while let Some((last, rest)) = kept.split_last()
            && !has_noun(std::slice::from_ref(last))
            && !nominal(&last.tag)
            && has_noun(&rest[rest.len().saturating_sub(1)..])
        {
            kept = rest;
        }
        let topic = &question[..kept.last()?.range.end];
        let topic = without_generic(topic).trim_end_matches(ENDS_NO_NAME).trim();
        return (!topic.is_empty()).then(|| topic.to_owned());
    }
    let rest = without_asking(question);
    let words = tagged(&rest);
    let rest = match subject_end(&rest, &words) {
        0 => rest.as_str(),
        end => &rest[..end],
    };
    let named = rest.chars().count() > 1 && !GENERIC.contains(rest);
    named.then(|| rest.to_owned())
}

/// What a name does not end with: 费用由 of 费用由谁出.
const ENDS_NO_NAME: [char; 11] = ['的', '对', '在', '和', '，', '由', '归', '从', '到', '给', '按'];

/// 租房补贴 of 租房补贴的申请条件: what is asked for of a thing is no part of its name.
fn without_generic(topic: &str) -> &str {
    match topic.rsplit_once('的') {
        Some((name, last)) if !name.is_empty() && GENERIC.suffix_of(last).is_some() => name,
        _ => topic,
    }
}

/// A question without 在, 对 and the like before its subject.
fn after_prepositions(mut question: &str) -> &str {
    loop {
        let words = tagged(question);
        let Some(first) = words.first() else { return question };
        let word = &question[first.range.clone()];
        if words.len() < 2 || !BEFORE_A_SUBJECT.contains(word) {
            return question;
        }
        question = question[first.range.end..].trim_start();
    }
}

/// The place that a question begins with; 超大城市 and 小区 name none.
fn place(question: &str) -> Option<&str> {
    let kinds = ["城市", "小区", "地区", "城区", "园区", "校区", "社区"];
    let (place, _) = place_of_title(question)?;
    (!kinds.iter().any(|kind| place.ends_with(kind))).then_some(place)
}

/// Whether a question names a place or a body.
pub(super) fn names(question: &str) -> bool {
    let named =
        |word: &Tagged| is_place(&question[word.range.clone()], &word.tag) || word.tag == "nt";
    place(question).is_some() || tagged(question).iter().any(named)
}

/// Whether a question has a word of at least two characters that `title` has and `other` has not.
pub(super) fn shares(question: &str, title: &str, other: &str) -> bool {
    tagged(question).iter().any(|word| {
        let text = &question[word.range.clone()];
        let content = nominal(&word.tag) || word.tag.starts_with('v') || word.tag == "x";
        content
            && text.chars().count() > 1
            && text.chars().all(char::is_alphanumeric)
            && !GENERIC.contains(text)
            && title.contains(text)
            && !other.contains(text)
    })
}

/// The names that follow a word: 收费标准 of 收费标准从什么时候执行.
pub(super) fn leading_name(text: &str) -> &str {
    let words = tagged(text);
    let named =
        words.iter().take_while(|word| nominal(&word.tag) || word.tag == "v" || word.tag == "x");
    let end = named
        .take_while(|word| !BREAKERS.contains(&text[word.range.clone()]))
        .last()
        .map_or(0, |word| word.range.end);
    &text[..end]
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
    (1..=LONGEST_ENGLISH).contains(&rest.len()).then(|| rest.join(" "))
}

/// The part of `question` that `name` can stand in the place of: what shares its end or its start, else a word of its
/// kind, else the subject without the place and the time.
pub(super) fn slot(question: &str, name: &str) -> Option<Range<usize>> {
    // The place stays: 云泽区 of 云泽区小学的报名时间.
    let beside = after_prepositions(question);
    let place = place(beside).map_or(0, str::len);
    let skipped = question.len() - beside.len() + place;
    let question = &question[skipped..];
    let words = tagged(question);
    let own = tagged(name);
    let range = shared_end(question, &words, name)
        .or_else(|| shared_start(question, &words, name))
        .or_else(|| of_its_kind(question, &words, name, &own))
        .or_else(|| subject(question, &words, name))?;
    Some(range.start + skipped..range.end + skipped)
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
        let text = &question[word.range.clone()];
        let attribute = text.chars().count() == 2 && text.starts_with(ATTRIBUTES);
        let in_time = frames(question, word) && !name.starts_with(|c: char| c.is_ascii_digit());
        if !(nominal(&word.tag) && taken < length && !in_time || attribute) {
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

/// A place for a place, a time for a time, a person for a person, a deed for a deed.
fn of_its_kind(
    question: &str,
    words: &[Tagged],
    name: &str,
    own: &[Tagged],
) -> Option<Range<usize>> {
    let kind = own.last()?.tag.as_str();
    if kind == "ns" || kind == "t" || kind == "nr" {
        let alike = words.iter().find(|word| word.tag == kind);
        if alike.is_some() {
            return alike.map(|word| word.range.clone());
        }
    }
    if PERSONS.suffix_of(name.trim_end_matches('的')).is_some() {
        let person = |word: &&Tagged| {
            word.tag.starts_with('n')
                && word.tag != "ns"
                && word.range.len() > 3
                && PERSONS.suffix_of(&question[word.range.clone()]).is_some()
        };
        if let Some(word) = words.iter().find(person) {
            return Some(word.range.clone());
        }
    }
    let deed = |tag: &str| tag == "v" || tag == "vn";
    if name.chars().count() == 2 && deed(kind) {
        let able = |word: &&Tagged| {
            deed(&word.tag)
                && word.range.len() > 3
                && !BREAKERS.contains(&question[word.range.clone()])
        };
        return words.iter().find(able).map(|word| word.range.clone());
    }
    // 钉钉子 takes the place of 砍古树.
    if own.len() > 1 && own[0].tag == "v" {
        let end = subject_end(after_prepositions(question), &tagged(after_prepositions(question)));
        let start = question.len() - after_prepositions(question).len();
        let inside = words.iter().filter(|word| word.range.start >= start);
        let first = inside.clone().find(|word| word.tag == "v")?;
        return (first.range.start < start + end).then_some(first.range.start..start + end);
    }
    None
}

/// The subject without the place and the time that it begins with; where a question begins with what it asks, the last
/// name of it.
fn subject(question: &str, words: &[Tagged], name: &str) -> Option<Range<usize>> {
    let skipped = question.len() - after_prepositions(question).len();
    let rest = &question[skipped..];
    let end = skipped + subject_end(rest, &tagged(rest));
    let inside: Vec<&Tagged> = words
        .iter()
        .filter(|word| word.range.end <= end)
        .skip_while(|word| {
            let place = ["市", "县", "区", "省", "镇", "乡", "年", "月"];
            frames(question, word)
                || place.contains(&&question[word.range.clone()])
                || !nominal(&word.tag) && !word.tag.starts_with('v')
        })
        .collect();
    let noun = |word: &&Tagged| {
        word.tag.starts_with('n') || word.tag == "vn" || word.tag == "l" || word.tag == "j"
    };
    if let Some(last) = inside.iter().rposition(&noun) {
        // 超大城市的规模: what is named, not what is said of it.
        // 小学网上报名的时间: a short name takes the place of what comes first, which tells it from others.
        if name.chars().count() < SHORT_NAME && last > 0 {
            return Some(inside[0].range.clone());
        }
        let of = inside.iter().position(|word| &question[word.range.clone()] == "的");
        let last = of.filter(|&of| of > 0 && of < last).map_or(last, |of| of - 1);
        return Some(inside[0].range.start..inside[last].range.end);
    }
    let Some(last) = words.iter().rposition(|word| noun(&word)) else {
        // Words that the dictionary does not have: what comes after the verb.
        let rest = topic(question)?;
        let start = question.find(&rest)?;
        let words = tagged(&rest);
        let verb = words.first().filter(|word| word.tag.starts_with('v') && words.len() > 1);
        return Some(start + verb.map_or(0, |verb| verb.range.end)..start + rest.len());
    };
    let mut first = last;
    while first > 0 && nominal(&words[first - 1].tag) && !frames(question, &words[first - 1]) {
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
            ("租房补贴的申请条件有哪些？", "租房补贴"),
            ("在重点管理区给狗办登记要交哪些材料？", "重点管理区给狗办登记"),
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
            ("成人周末去游泳馆一次收多少钱", "学生", "成人"),
            ("云泽区小学网上报名的时间是什么", "初中", "小学"),
            ("在公园里砍古树罚多少钱", "踩踏草坪", "砍古树"),
        ] {
            let range = slot(question, name).unwrap();
            assert_eq!(&question[range], like, "{question} {name}");
        }
    }
}
