//! What follows from a clause, where another clause says so: 违反第十三条规定的，处…罚款, or, for a clause that lists what
//! belongs to a class (下列行为属于较重违章), 较重违章，每次扣罚….
//!
//! A question for a penalty describes what was done; the clause that forbids it is found, and the one that punishes it
//! names it by number only.

use yiju_document::{Document, Span};
use yiju_store::{ClauseRecord, Store};
use yiju_text::numerals::to_chinese;
use yiju_text::words::WordList;

use crate::ask::question::Question;
use crate::error::EngineError;

const SOURCE: &str = include_str!("../../data/quotable.txt");
static ASKS: WordList = WordList::section(SOURCE, "asks of consequences");
static SAYS: WordList = WordList::section(SOURCE, "consequences");
static CLASS: WordList = WordList::section(SOURCE, "makes a class");

/// Most clauses that are cited for what follows.
const MOST: usize = 2;
/// Most characters of a class's name.
const LONGEST_CLASS: usize = 12;

/// The clauses that say what follows from `record`, of which `quote` is quoted, with the sentences that do; none where
/// the question does not ask for it, or the clause says it itself.
///
/// # Errors
/// The store cannot be read.
pub(crate) fn of(
    store: &Store,
    question: &Question,
    record: &ClauseRecord,
    quote: Span,
) -> Result<Vec<(ClauseRecord, Span)>, EngineError> {
    if !ASKS.is_in(&question.normal) || SAYS.is_in(&record.text) {
        return Ok(Vec::new());
    }
    let Some((_, document)) = store.document(&record.document.id)? else {
        return Ok(Vec::new());
    };
    let found = saying(&document, record, quote);
    let wanted: Vec<(&str, u32)> = found
        .iter()
        .filter_map(|(at, _)| Some((record.document.id.as_str(), u32::try_from(*at).ok()?)))
        .collect();
    let records = store.clauses(&wanted)?;
    let with_spans = records.into_iter().zip(found).filter_map(|(r, (_, span))| Some((r?, span)));
    Ok(with_spans.collect())
}

/// The clauses that name `record` by its number or its class and say what follows, with the sentence that does.
fn saying(document: &Document, record: &ClauseRecord, quote: Span) -> Vec<(usize, Span)> {
    let label = record.clause.label.trim_end_matches(['.', '、', '．']);
    let numbered = label.starts_with('第') || label.contains('.');
    let class = class_of(&record.text);
    let item = item_of(record, quote);
    let mut found: Vec<(bool, usize, Span)> = Vec::new();
    for (at, clause) in document.clauses.iter().enumerate() {
        if at == record.index as usize {
            continue;
        }
        let says = clause.sentences.iter().find_map(|&sentence| {
            let text = document.slice(sentence);
            let cites = numbered && cites(text, label);
            let named = class.is_some_and(|class| {
                let own = text.strip_prefix(clause.label.as_str()).unwrap_or(text);
                own.trim_start().starts_with(class)
            });
            ((cites || named) && SAYS.is_in(text)).then_some((text, sentence))
        });
        if let Some((text, sentence)) = says {
            let exact = item.is_none_or(|item| of_item(text, label, item));
            found.push((exact, at, sentence));
        }
    }
    // 第十三条第二项 is not 第十三条第一项.
    if found.iter().any(|(exact, ..)| *exact) {
        found.retain(|(exact, ..)| *exact);
    }
    found.truncate(MOST);
    found.into_iter().map(|(_, at, sentence)| (at, sentence)).collect()
}

/// Whether `text` cites the unit numbered `label`: no digit goes on with it.
fn cites(text: &str, label: &str) -> bool {
    text.match_indices(label).any(|(at, found)| {
        let on = |c: char| c.is_ascii_digit() || c == '.';
        !text[..at].ends_with(on)
            && !text[at + found.len()..].starts_with(on)
            && !text[at + found.len()..].starts_with('之')
    })
}

/// 较重违章 of 下列行为属于较重违章：.
fn class_of(text: &str) -> Option<&str> {
    let lead = text.lines().find(|line| line.trim_end().ends_with(['：', ':']))?;
    let lead = lead.trim_end().trim_end_matches(['：', ':']);
    let (at, word) = CLASS.iter().filter_map(|word| Some((lead.rfind(word)?, word))).max()?;
    let name = lead.get(at + word.len()..)?;
    let length = name.chars().count();
    let plain = name.chars().all(char::is_alphanumeric);
    ((2..=LONGEST_CLASS).contains(&length) && plain).then_some(name)
}

/// The number of the item that holds the quote, where it lies in one.
fn item_of(record: &ClauseRecord, quote: Span) -> Option<u32> {
    let holds =
        |item: &Span| item.byte_start <= quote.byte_start && quote.byte_end <= item.byte_end;
    record.clause.items.iter().find(|(_, item)| holds(item)).map(|(number, _)| *number)
}

/// Whether `text`, which cites the unit numbered `label`, means its item too: 第二项至第五项 has the third. It does where
/// it names no item.
fn of_item(text: &str, label: &str, item: u32) -> bool {
    let Some((_, rest)) = text.split_once(label) else { return true };
    let rest = rest.split(['的', '，']).next().unwrap_or(rest);
    let numbers: Vec<u32> = (1..=30)
        .filter(|&n| {
            rest.contains(&format!("第{}项", to_chinese(n)))
                || rest.contains(&format!("（{}）", to_chinese(n)))
        })
        .collect();
    match (numbers.first(), numbers.last()) {
        (Some(first), Some(last)) if rest.contains('至') => (*first..=*last).contains(&item),
        (Some(_), _) => numbers.contains(&item),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_named_by_the_lead_in() {
        assert_eq!(class_of("第四条 下列行为属于较重违章：\n（一）饮酒。"), Some("较重违章"));
        assert_eq!(class_of("第四条 有下列情形之一的，不予补贴：\n（一）饮酒。"), None);
        assert_eq!(class_of("第四条 饮酒。"), None);
    }

    #[test]
    fn a_reference_means_the_items_that_it_names() {
        let text = "违反本条例第六条第二项至第四项规定的，责令改正";
        assert!(cites(text, "第六条") && !cites("违反第2.3.11条", "2.3.1"));
        assert!(of_item(text, "第六条", 3) && !of_item(text, "第六条", 1));
        assert!(of_item("违反第六条规定的，处罚款", "第六条", 1));
    }
}
