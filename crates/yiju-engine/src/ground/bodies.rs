//! Bodies and roles of a claim that its evidence does not have.

use yiju_text::chars::is_han;
use yiju_text::tagged;
use yiju_text::words::WordList;

use super::evidence::Said;
use super::particulars::{There, failure};
use super::report::{GroundFailure, GroundFailureKind as Kind};
use crate::ask::question::holds;

const WORDS: &str = include_str!("../../data/ground.txt");
static BODIES: WordList = WordList::section(WORDS, "bodies");
static NAMED: WordList = WordList::section(WORDS, "named bodies");
static ANY_BODY: WordList = WordList::section(WORDS, "any body");
static ROLES: WordList = WordList::section(WORDS, "roles");

/// Most characters of a body with what says which it is.
const LONGEST_BODY: usize = 12;
/// A name may stand for one this many times as long, and this much longer: 中央军委, 中央军事委员会.
const STRETCH: usize = 2;
const STRETCH_MORE: usize = 6;
const STRETCH_OF_TWO: usize = 5;

/// Whether `text` has `short`, or something that it is short for: its characters in their order, not far from each other.
pub(super) fn abbreviates(short: &str, text: &str) -> bool {
    if text.contains(short) {
        return true;
    }
    let short: Vec<char> = short.chars().collect();
    let Some(&first) = short.first() else { return true };
    let all: Vec<char> = text.chars().collect();
    // Two characters meet by chance: 住建 is 住房城乡建设, 学生 is not 学历的毕业生.
    let most = match short.len() {
        2 => STRETCH_OF_TWO,
        length => length * STRETCH + STRETCH_MORE,
    };
    all.iter().enumerate().filter(|(_, c)| **c == first).any(|(at, _)| {
        let mut rest = all[at..(at + most).min(all.len())].iter();
        short.iter().all(|c| rest.any(|other| other == c))
    })
}

/// Words that name a body by themselves, and that the sources do not have.
pub(super) fn named(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    NAMED
        .iter()
        .filter(|name| said.normal.contains(**name) && !abbreviates(name, there.cited))
        .map(|name| failure(Kind::Body, name, ""))
        .collect()
}

/// Bodies: what says which 部门, 机关 or 委员会 it is must stand in the evidence.
pub(super) fn bodies(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    let all = format!("{} {}", there.evidence, there.around);
    let mut found = Vec::new();
    for (name, end) in bodies_of(&said.normal) {
        let which = distinct(name);
        if which.chars().nth(1).is_some() && !abbreviates(&which, &all) {
            found.push(failure(Kind::Body, &format!("{which}{end}"), ""));
        }
    }
    found
}

/// The bodies of a text: what stands before the word that says that it is one, and that word.
fn bodies_of(text: &str) -> Vec<(&str, &'static str)> {
    let words = tagged(text);
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let shown = &text[word.range.clone()];
        // 全部 ends like a ministry and is none; 财政部 is one.
        let Some(end) = BODIES.suffix_of(shown).filter(|_| shown.chars().nth(1).is_some()) else {
            continue;
        };
        let mut start = word.range.start;
        for before in words[..at].iter().rev() {
            let shown = &text[before.range.clone()];
            let tag = before.tag.as_str();
            let noun = tag.starts_with('n') || matches!(tag, "vn" | "j" | "b" | "an" | "a" | "l");
            let length = text[before.range.start..word.range.end].chars().count();
            if !noun || !shown.chars().all(is_han) || length > LONGEST_BODY {
                break;
            }
            start = before.range.start;
        }
        let name = &text[start..word.range.end - end.len()];
        if !name.is_empty() {
            found.push((name, end));
        }
    }
    found
}

/// A body's name without what says nothing of which it is. Of a long name the last words tell: 住房城乡建设.
fn distinct(name: &str) -> String {
    let words = tagged(name).into_iter().map(|word| &name[word.range]);
    let words: Vec<&str> = words.filter(|word| !ANY_BODY.contains(word)).collect();
    words[words.len().saturating_sub(2)..].concat()
}

/// Roles (承租人) that the evidence has none of.
pub(super) fn roles(said: &Said, there: &There<'_>) -> Vec<GroundFailure> {
    let all = format!("{} {}", there.evidence, there.around);
    let said_here = |role: &str| {
        // 被保险人 holds 保险人.
        let longer = |other: &&str| {
            other.len() > role.len() && other.ends_with(role) && said.normal.contains(*other)
        };
        holds(&said.normal, role) && !ROLES.iter().any(longer)
    };
    // Where the evidence has no roles at all, it speaks of them in other words.
    let others = ROLES.iter().any(|other| holds(&all, other));
    ROLES
        .iter()
        .filter(|role| others && said_here(role) && !holds(&all, role))
        .map(|role| failure(Kind::Body, role, ""))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(claim: &str, evidence: &str) -> Vec<String> {
        let said = Said::plain(claim);
        let there = There { evidence, around: "", cited: evidence };
        let mut all = named(&said, &there);
        all.extend(bodies(&said, &there));
        all.extend(roles(&said, &there));
        all.into_iter().map(|one| one.claim).collect()
    }

    #[test]
    fn another_body_or_role_is_named() {
        for (claim, evidence, body) in [
            ("由税务机关责令改正", "由公安机关责令改正", "税务"),
            ("卫生健康主管部门管理", "由案件管理部门管理", "卫生健康主管部门"),
            ("承租人应当备案", "出租人应当备案", "承租人"),
            ("报国务院备案", "报省级人民政府备案", "国务院"),
        ] {
            assert!(
                found(claim, evidence).contains(&body.to_owned()),
                "{claim}: {:?}",
                found(claim, evidence)
            );
        }
    }

    #[test]
    fn what_is_short_for_a_body_is_that_body() {
        for (claim, evidence) in [
            ("企事业单位不得停用", "任何企业、事业单位不得停止运行"),
            ("中央军委可以提出议案", "中央军事委员会可以提出议案"),
            ("住建部门负责", "由住房城乡建设主管部门负责"),
            ("法院不予支持", "人民法院不予支持"),
            ("有关部门应当配合", "有关主管部门应当配合"),
            ("没有主管部门批准不得停用", "未经主管部门批准，不得停用"),
        ] {
            assert_eq!(found(claim, evidence), [""; 0], "{claim}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_looked_through(claim in "[公安税务机关部门的由承租人a-c]{0,20}|\\PC{0,30}") {
            found(&claim, "公安机关");
            proptest::prop_assert_eq!(found(&claim, &yiju_text::normalize(&claim)), [""; 0]);
        }
    }
}
