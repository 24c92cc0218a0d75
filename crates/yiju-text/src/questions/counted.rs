//! What a question for an amount counts.

use super::{Words, list};
use crate::amounts::Kind;
use crate::words::WordList;

static MONEY: WordList = list("money");
static MONEY_ENDINGS: WordList = list("money endings");
static SHARE: WordList = list("share");
static AGE: WordList = list("age");
static DURATION: WordList = list("duration");
static PERSONS: WordList = list("persons");
static PERSONS_ENDINGS: WordList = list("persons endings");
static LINKS: WordList = list("links");

/// The kind of amount that `question` asks for.
pub(super) fn kind(question: &Words) -> Kind {
    let text = question.text;
    let first = ["多少", "几"]
        .iter()
        .find_map(|word| text.split_once(word))
        .and_then(|(_, after)| after.chars().next());
    let follows = |units: &str| first.is_some_and(|c| units.contains(c));
    let noun = noun(text);
    let ends = |endings: &WordList| endings.suffix_of(noun).is_some();
    if follows("人名位") || question.hold(&PERSONS) {
        Kind::Persons
    } else if follows("岁") || question.hold(&AGE) {
        Kind::Age
    } else if ends(&PERSONS_ENDINGS) && !noun.ends_with("机器人") {
        Kind::Persons
    } else if follows("年月天日") || question.hold(&DURATION) {
        Kind::Duration
    } else if question.hold(&SHARE) {
        Kind::Share
    } else if !follows("个件家条项次座所种台辆倍分") && (MONEY.is_in(text) || ends(&MONEY_ENDINGS))
    {
        // 多少钱, 多少元, 金额是多少; but 收费多少次 is a count.
        Kind::Money
    } else {
        Kind::Any
    }
}

/// The noun that 多少 counts: 员工 in 有多少员工, or 员工有多少; empty where neither says it.
fn noun(question: &str) -> &str {
    let Some((before, after)) = question.split_once("多少") else {
        return "";
    };
    let signs = |c: char| !c.is_alphanumeric();
    let noun = after.split(signs).next().unwrap_or("");
    if !noun.is_empty() {
        return noun;
    }
    let mut noun = before.rsplit(signs).next().unwrap_or("");
    while let Some(link) = LINKS.suffix_of(noun) {
        noun = &noun[..noun.len() - link.len()];
    }
    noun
}
