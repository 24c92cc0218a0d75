//! Differences between a statement and its quote: another number, duty for permission, an upper bound for a lower
//! one, a negation. By word lists (`data/claims.txt`) and numbers of Chinese and English.

use serde::{Deserialize, Serialize};
use yiju_text::amounts::{Value, values};
use yiju_text::chars::is_han;
use yiju_text::normalize;
use yiju_text::words::WordList;

/// Something that the statement says otherwise than the quote, or that the quote does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Mismatch {
    /// What kind of thing.
    pub kind: MismatchKind,
    /// The statement's words, in normal form.
    pub statement: String,
    /// The quote's words, in normal form; empty where it has none.
    pub quote: String,
}

/// What a statement and its quote differ in: another `number` in the same unit, a `missing_number`
/// that the quote has none for, another `modality` (should, may, must not), another `bound` (at most, at
/// least), or a `negation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MismatchKind {
    /// Another number in the same unit, dates included: 30日 for 60日.
    Number,
    /// A number that the quote has none for.
    MissingNumber,
    /// Another duty: 应当, 可以, 不得, 无需.
    Modality,
    /// Another bound: at most for at least.
    Bound,
    /// What the one denies the other affirms: 适用, 不适用.
    Negation,
}

/// What the statement and the quote differ in, in the order of the statement.
pub(super) fn mismatches(statement: &str, quote: &str) -> Vec<Mismatch> {
    let (statement, quote) = (normalize(statement), normalize(quote));
    let mut found = numbers(&statement, &quote);
    let words = |kind, table: &'static WordList| {
        let (said, there) = (classes(&statement, table), classes(&quote, table));
        let shared = said.iter().any(|(class, _)| there.iter().any(|(other, _)| other == class));
        match (said.first(), there.first()) {
            (Some((_, said)), Some((_, there))) if !shared => {
                Some(Mismatch { kind, statement: (*said).to_owned(), quote: (*there).to_owned() })
            }
            _ => None,
        }
    };
    found.extend(words(MismatchKind::Modality, &MODALITY));
    found.extend(words(MismatchKind::Bound, &BOUNDS));
    found.extend(negations(&statement, &quote));
    found
}

const WORDS: &str = include_str!("../../data/claims.txt");
static MODALITY: WordList = WordList::section(WORDS, "modality");
static BOUNDS: WordList = WordList::section(WORDS, "bounds");
static DENYING: WordList = WordList::section(WORDS, "denying");

/// The classes of words in `text`, each with the word, longer words first. A word inside one that was
/// found (应当 in 不应当) does not count.
fn classes(text: &str, table: &'static WordList) -> Vec<(&'static str, &'static str)> {
    let mut words: Vec<[&str; 2]> = table.rows().collect();
    words.sort_by_key(|[word, _]| std::cmp::Reverse(word.len()));
    let mut rest = text.to_owned();
    let mut found = Vec::new();
    for [word, class] in words {
        let mut hit = false;
        while let Some(at) = find_word(&rest, word) {
            rest.replace_range(at..at + word.len(), "\u{1}");
            hit = true;
        }
        if hit {
            found.push((class, word));
        }
    }
    found
}

/// Where `word` stands in `text`: English words only whole.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let letters = word.starts_with(|c: char| c.is_ascii_alphabetic());
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        !letters || !(letter(before) || letter(after))
    })
}

fn numbers(statement: &str, quote: &str) -> Vec<Mismatch> {
    let there = values(quote);
    let same = |a: &Value, b: &Value| {
        // A number without a unit may be the one with it.
        a.value == b.value && (a.unit == b.unit || a.unit.is_empty() || b.unit.is_empty())
    };
    let said = values(statement);
    said.iter()
        .filter(|amount| !there.iter().any(|other| same(amount, other)))
        .map(|amount| {
            let other = there.iter().find(|other| {
                other.unit == amount.unit && !said.iter().any(|said| same(said, other))
            });
            Mismatch {
                kind: match other {
                    Some(_) => MismatchKind::Number,
                    None => MismatchKind::MissingNumber,
                },
                statement: amount.shown.clone(),
                quote: other.map_or(String::new(), |other| other.shown.clone()),
            }
        })
        .collect()
}

/// What one text denies and the other only affirms, except by the words of duties and bounds.
fn negations(statement: &str, quote: &str) -> Vec<Mismatch> {
    let lists = || MODALITY.rows().chain(BOUNDS.rows());
    let known: Vec<&str> = lists().map(|[word, _class]| word).collect();
    let denied = |text: &str| -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        for (at, c) in text.char_indices() {
            let rest = &text[at..];
            let Some(word) = DENYING.prefix_of(rest) else {
                continue;
            };
            let matter: String = rest[word.len()..].chars().take(2).collect();
            let chinese = matter.chars().count() == 2 && matter.chars().all(is_han);
            if chinese && !known.iter().any(|known| rest.starts_with(known)) && c != ' ' {
                found.push((matter.clone(), format!("{word}{matter}")));
            }
        }
        found
    };
    let affirms = |text: &str, matter: &str| {
        let mut stands = text.match_indices(matter).peekable();
        stands.peek().is_some() && stands.all(|(at, _)| DENYING.suffix_of(&text[..at]).is_none())
    };
    let mut mismatches = Vec::new();
    for (matter, written) in denied(statement) {
        if affirms(quote, &matter) {
            mismatches.push(Mismatch {
                kind: MismatchKind::Negation,
                statement: written,
                quote: matter,
            });
        }
    }
    for (matter, written) in denied(quote) {
        if affirms(statement, &matter) {
            mismatches.push(Mismatch {
                kind: MismatchKind::Negation,
                statement: matter,
                quote: written,
            });
        }
    }
    mismatches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(statement: &str, quote: &str) -> Vec<(MismatchKind, String, String)> {
        mismatches(statement, quote)
            .into_iter()
            .map(|one| (one.kind, one.statement, one.quote))
            .collect()
    }

    fn one(
        kind: MismatchKind,
        statement: &str,
        quote: &str,
    ) -> Vec<(MismatchKind, String, String)> {
        vec![(kind, statement.into(), quote.into())]
    }

    #[test]
    fn numbers_that_differ_are_named() {
        use MismatchKind::{MissingNumber, Number};
        assert_eq!(
            found("应当在30日内答复", "应当自收到之日起六十日内答复"),
            one(Number, "30日", "六十日")
        );
        assert_eq!(found("提前24小时", "提前二十四小时"), []);
        assert_eq!(found("within thirty days", "三十日内"), []);
        assert_eq!(found("within 60 days", "三十日内"), one(Number, "60 days", "三十日"));
        assert_eq!(found("2025-08-15起施行", "自2025年8月15日起施行"), []);
        assert_eq!(found("2025-08-16起施行", "自2025年8月15日起施行"), one(Number, "16", "15日"));
        assert_eq!(found("罚款3万元", "处三万元以下罚款"), []);
        assert_eq!(found("1.5亿元", "1.5亿元"), []);
        assert_eq!(found("增长百分之五", "增长５％"), []);
        assert_eq!(found("有3名工作人员", "配备工作人员"), one(MissingNumber, "3名", ""));
        assert_eq!(found("第十七条规定", "第十九条 规定"), one(Number, "十七条", "十九条"));
        assert_eq!(found("统一推进一体化", "推进一体化"), []);
    }

    #[test]
    fn duties_bounds_and_denials_that_differ_are_named() {
        use MismatchKind::{Bound, Modality, Negation};
        assert_eq!(found("可以出租", "不得出租"), one(Modality, "可以", "不得"));
        assert_eq!(found("应当公开", "可以公开"), one(Modality, "应当", "可以"));
        assert_eq!(found("不应当公开", "不得公开"), []);
        assert_eq!(
            found("Landlords may raise the rent", "出租人不得提高租金"),
            one(Modality, "may", "不得")
        );
        assert_eq!(found("必须公开", "应当公开，不得隐瞒"), []);
        assert_eq!(found("公开", "不得公开"), []);
        assert_eq!(found("至少两个月", "不超过两个月"), one(Bound, "至少", "不超过"));
        assert_eq!(
            found("本法适用于国家机关", "本法不适用于国家机关"),
            one(Negation, "适用", "不适用")
        );
        assert_eq!(found("不适用本法", "适用本法"), one(Negation, "不适用", "适用"));
        assert_eq!(found("不适用本法", "不适用本法"), []);
    }

    proptest::proptest! {
        #[test]
        fn any_two_texts_are_compared(a in "[0-9一二十百分之万第年月日不得应当可以.,% a-z-]{0,30}", b in "\\PC{0,30}") {
            proptest::prop_assert!(numbers(&a, &a).is_empty(), "{:?}", numbers(&a, &a));
            mismatches(&a, &b);
            mismatches(&b, &a);
        }
    }
}
