//! What an assistant was told. One thing of it has an effect: a sentence that limits it to documents by their titles, 只根据
//! 《住房租赁管理办法》回答, limits answers to them. All else (its tone, its name, its length) does not change quotes.

use std::collections::BTreeSet;

use yiju_text::split_sentences;
use yiju_text::words::WordList;

use crate::ask::named::Named;
use crate::ask::pipeline::Stages;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::limits::LONGEST_INSTRUCTIONS;
use crate::response::Filter;

static LIMITING: WordList = WordList::new(include_str!("../../data/instructions.txt"));

/// No document has it as its id.
const NONE: &str = "-";

/// Refuses instructions that are too long.
pub(crate) fn check(instructions: &str) -> Result<(), EngineError> {
    let characters = instructions.chars().count();
    if characters > LONGEST_INSTRUCTIONS {
        return Err(EngineError::OutOfRange {
            what: "the length of the instructions in characters",
            range: format!("0 to {LONGEST_INSTRUCTIONS}"),
            value: characters.to_string(),
        });
    }
    Ok(())
}

/// `filter`, limited to the documents that the instructions limit answers to. Where the library has none of them, nothing
/// is let through.
pub(crate) fn limit(
    engine: &Engine,
    instructions: &str,
    filter: &Filter,
) -> Result<Filter, EngineError> {
    let titles = titles(instructions);
    if titles.is_empty() {
        return Ok(filter.clone());
    }
    let stages = Stages::over(engine, filter, &[], None)?;
    let mut ids = BTreeSet::new();
    for title in titles {
        let question = stages.analyse(title)?;
        let (store, lexical) = (&engine.library.store, &stages.indexes.lexical);
        let named = Named::of(store, &stages.scope, lexical, &question, false)?;
        ids.extend(named.documents().into_iter().map(|document| document.id.clone()));
    }
    if ids.is_empty() {
        ids.insert(NONE.to_owned());
    }
    Ok(Filter { document_ids: ids.into_iter().collect(), ..filter.clone() })
}

/// The titles, with their marks, of the sentences that limit.
fn titles(instructions: &str) -> Vec<&str> {
    split_sentences(instructions)
        .into_iter()
        .filter_map(|range| instructions.get(range))
        .filter(|sentence| {
            let lower = sentence.to_lowercase();
            LIMITING.is_in(&lower)
        })
        .flat_map(|sentence| {
            sentence.match_indices('《').filter_map(|(start, _)| {
                let length = sentence[start..].find('》')?;
                Some(&sentence[start..start + length + '》'.len_utf8()])
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sentence_that_limits_names_documents() {
        assert_eq!(titles("你是助手。只根据《甲办法》和《乙》回答！"), ["《甲办法》", "《乙》"]);
        assert_eq!(titles("Answer only from 《甲》."), ["《甲》"]);
        assert!(titles("你熟悉《甲办法》。回答要简短。").is_empty());
        assert!(titles("只回答政策问题。").is_empty());
        assert!(titles("只看《甲").is_empty());
    }
}
