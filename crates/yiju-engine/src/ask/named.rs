//! Which documents a question names: by 文号, by title, by a title in short or what people call it.

mod title;

use std::ops::Range;

use yiju_document::{CitedNumber, find_numbers};
use yiju_index::LexicalIndex;
use yiju_store::{DocumentRecord, Store};
use yiju_text::normalize;

use crate::ask::question::Question;
use crate::ask::scope::Scope;
use crate::error::EngineError;
pub(crate) use title::Mention;
use title::{Asked, Titles, overlap};

/// Entries that are looked at for a 文号 that a text cites.
const MOST_ENTRIES: usize = 400;
/// Clauses listed where nothing has or cites a 文号.
const NEAREST: usize = 3;

/// What a question names.
#[derive(Default)]
pub(crate) struct Named {
    /// In the order of the question; their ranges do not overlap.
    pub mentions: Vec<Mention>,
    /// The 文号 of the question, where it gives one in full.
    pub number: Option<Cited>,
    /// A law that the question names and no document is, where it asks what was done with it.
    pub absent: Option<Cited>,
}

/// A 文号 or a title in a question.
pub(crate) struct Cited {
    /// Bytes of the question.
    pub range: Range<usize>,
    /// Whether a document has it.
    pub known: bool,
    /// The clauses (document id and index) that cite it.
    pub cited_by: Vec<(String, u32)>,
    /// The clauses nearest to it by their words.
    pub nearest: Vec<(String, u32)>,
}

impl Named {
    /// Looks for the names of documents in `question`; `of_deeds` where it asks when one was adopted,
    /// in force or the like.
    pub(crate) fn of(
        store: &Store,
        scope: &Scope,
        lexical: &LexicalIndex,
        question: &Question,
        of_deeds: bool,
    ) -> Result<Self, EngineError> {
        let asked = Asked::new(&question.text);
        let mut titles = Titles::default();
        let mut numbered: Vec<Vec<DocumentRecord>> = vec![Vec::new(); question.numbers.len()];
        store.for_each_document(|record| {
            if !scope.accepts_document(&record.id) {
                return;
            }
            for (number, found) in question.numbers.iter().zip(&mut numbered) {
                if has_number(&record, number) {
                    found.push(record.clone());
                }
            }
            titles.look_for(&asked, record);
        })?;
        let mut named = Self { mentions: titles.mentions(), ..Self::default() };
        for (number, documents) in question.numbers.iter().zip(numbered) {
            // 4号文 is a name only where it can be but one.
            let known = number.is_full() && !documents.is_empty() || documents.len() == 1;
            if (known || number.is_full()) && named.number.is_none() {
                let cites = |text: &str| find_numbers(text).iter().any(|cited| number.means(cited));
                let place = Place { store, scope, lexical };
                named.number = Some(place.cited(question, number.range.clone(), known, &cites)?);
            }
            if known {
                named.mentions.retain(|mention| !overlap(&mention.range, &number.range));
                named.mentions.push(Mention { range: number.range.clone(), documents });
            }
        }
        named.mentions.sort_by_key(|mention| mention.range.start);
        if of_deeds
            && named.mentions.is_empty()
            && let Some(range) = asked.written()
        {
            let title = normalize(question.text.get(range.clone()).unwrap_or(""));
            let cites = |text: &str| normalize(text).contains(&title);
            let place = Place { store, scope, lexical };
            named.absent = Some(place.cited(question, range, false, &cites)?);
        }
        Ok(named)
    }

    /// Whether `range` of the question lies in a name: （十二） of …修正案（十二）.
    pub(crate) fn holds(&self, range: &Range<usize>) -> bool {
        self.mentions.iter().any(|mention| overlap(&mention.range, range))
    }

    /// The question without a 文号 that a document has; `None` where nothing else is asked.
    pub(crate) fn beside_number(&self, question: &str) -> Option<String> {
        let range = &self.number.as_ref().filter(|number| number.known)?.range;
        let after = question.get(range.end..)?.trim_start_matches(['文', '件', '里', '中', '的']);
        let rest = format!("{}{after}", question.get(..range.start)?);
        rest.chars().any(char::is_alphanumeric).then_some(rest)
    }

    /// All documents named, each once.
    pub(crate) fn documents(&self) -> Vec<&DocumentRecord> {
        let mut documents: Vec<&DocumentRecord> = Vec::new();
        for document in self.mentions.iter().flat_map(|mention| &mention.documents) {
            if documents.iter().all(|other| other.id != document.id) {
                documents.push(document);
            }
        }
        documents
    }
}

fn has_number(record: &DocumentRecord, number: &CitedNumber) -> bool {
    let own = record.number.as_deref().map(find_numbers).unwrap_or_default();
    own.iter().any(|own| number.means(own))
}

/// Clauses by document id and index.
type Clauses = Vec<(String, u32)>;

/// Where to look for what cites a name.
struct Place<'a> {
    store: &'a Store,
    scope: &'a Scope,
    lexical: &'a LexicalIndex,
}

impl Place<'_> {
    /// The part `range` of the question with the clauses whose text holds it by `cites`.
    fn cited(
        &self,
        question: &Question,
        range: Range<usize>,
        known: bool,
        cites: &dyn Fn(&str) -> bool,
    ) -> Result<Cited, EngineError> {
        let Self { store, scope, lexical } = self;
        let printed = question.text.get(range.clone()).unwrap_or("");
        let failed = |source| EngineError::Index { index: "lexical", source };
        let hits = lexical.search(printed, MOST_ENTRIES, scope.filter()).map_err(failed)?;
        let ids: Vec<u64> = hits.iter().map(|hit| hit.id).collect();
        let found = store.passages(&ids)?;
        let mut places: Clauses = Vec::new();
        for hit in &hits {
            let passage = found.iter().find(|passage| passage.id == hit.id);
            let place = passage.map(|passage| (passage.document_id.clone(), passage.clause));
            places.extend(place.filter(|place| !places.contains(place)));
        }
        let wanted: Vec<(&str, u32)> = places.iter().map(|(id, at)| (id.as_str(), *at)).collect();
        let clauses = store.clauses(&wanted)?;
        let nearest = places.iter().take(NEAREST).cloned().collect();
        let cited_by = places
            .into_iter()
            .zip(clauses)
            .filter(|(_, clause)| clause.as_ref().is_some_and(|clause| cites(&clause.text)))
            .map(|(place, _)| place)
            .collect();
        Ok(Cited { range, known, cited_by, nearest })
    }
}
