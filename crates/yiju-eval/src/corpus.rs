//! A set's corpus as a library: one document for each title, one clause for each entry.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};
use yiju_document::{Clause, Document, Span, UnitKind, split_sentences};
use yiju_engine::Engine;

use crate::{Entry, EvalError, Progress};

/// The clause id of each entry of a corpus, by the entry's id.
pub type ClauseIds = HashMap<String, String>;

/// The clause ids of a corpus whose library is ready: the library holds every entry, and nothing
/// else. `None` where it does not.
///
/// # Errors
/// The engine failed.
pub fn find_corpus(engine: &Engine, corpus: &[Entry]) -> Result<Option<ClauseIds>, EvalError> {
    let groups = groups(corpus);
    let mut clauses = ClauseIds::with_capacity(corpus.len());
    let mut documents = 0;
    for (name, entries) in &groups {
        if !engine.holds(name, &Source::of(name, entries).sha256)? {
            return Ok(None);
        }
        let Some(document) = engine.source_documents(name)?.into_iter().next() else {
            return Ok(None);
        };
        documents += 1;
        clauses.extend(clause_ids(entries, &document.id));
    }
    Ok((engine.document_count()? == documents).then_some(clauses))
}

/// Makes a corpus the library's content: the entries of one title (and version) are the clauses of one
/// document; what is there already stays, what else was in the library is removed. Gives each
/// entry's clause id.
///
/// # Errors
/// The engine failed.
pub fn add_corpus(
    engine: &Engine,
    corpus: &[Entry],
    progress: &dyn Fn(Progress),
) -> Result<ClauseIds, EvalError> {
    let groups = groups(corpus);
    remove_others(engine, |source| groups.contains_key(source))?;
    let mut clauses = ClauseIds::with_capacity(corpus.len());
    let mut done = 0;
    for (name, entries) in groups {
        let source = Source::of(&name, &entries);
        let outcome = engine.add_parsed(name, source.sha256, vec![source.document], &|_| {})?;
        if let Some(document) = outcome.documents.first() {
            clauses.extend(clause_ids(&entries, &document.id));
        }
        done += entries.len();
        progress(Progress {
            done,
            total: corpus.len(),
        });
    }
    engine.save_indexes()?;
    Ok(clauses)
}

/// The entries of each title and version.
fn groups(corpus: &[Entry]) -> BTreeMap<String, Vec<&Entry>> {
    let mut groups: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in corpus {
        let title = entry.title.clone().unwrap_or_else(|| entry.id.clone());
        let name = entry
            .version
            .as_ref()
            .map_or(title.clone(), |version| format!("{title} ({version})"));
        groups.entry(name).or_default().push(entry);
    }
    groups
}

fn clause_ids<'a>(
    entries: &'a [&Entry],
    document: &'a str,
) -> impl Iterator<Item = (String, String)> + 'a {
    entries
        .iter()
        .enumerate()
        .map(move |(at, entry)| (entry.id.clone(), format!("{document}.{at}")))
}

fn remove_others(engine: &Engine, keep: impl Fn(&str) -> bool) -> Result<(), EvalError> {
    let mut cursor: Option<String> = None;
    loop {
        let page = engine.documents(cursor.as_deref(), 1_000)?;
        for document in page
            .documents
            .iter()
            .filter(|document| !keep(&document.source))
        {
            engine.remove(&document.id)?;
        }
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}

struct Source {
    document: Document,
    sha256: String,
}

impl Source {
    fn of(name: &str, entries: &[&Entry]) -> Self {
        let document = document(name, entries);
        let mut hash = Sha256::new();
        hash.update(name);
        hash.update(&document.text);
        Self {
            sha256: hex(&hash.finalize()),
            document,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One clause for each entry, in order.
fn document(title: &str, entries: &[&Entry]) -> Document {
    let mut text = String::new();
    let mut characters = 0;
    let mut clauses = Vec::new();
    for entry in entries {
        if !text.is_empty() {
            text.push('\n');
            characters += 1;
        }
        let (byte_start, char_start) = (text.len(), characters);
        text.push_str(&entry.text);
        characters += entry.text.chars().count();
        let within = |range: std::ops::Range<usize>| {
            let before = |at: usize| entry.text.get(..at).map_or(0, |part| part.chars().count());
            Span {
                byte_start: byte_start + range.start,
                byte_end: byte_start + range.end,
                char_start: char_start + before(range.start),
                char_end: char_start + before(range.end),
            }
        };
        let label = entry.article.clone().unwrap_or_default();
        clauses.push(Clause {
            kind: if label.is_empty() {
                UnitKind::Unnumbered
            } else {
                UnitKind::Article
            },
            number: None,
            sub_number: None,
            label,
            heading: None,
            section: None,
            span: within(0..entry.text.len()),
            sentences: split_sentences(&entry.text)
                .into_iter()
                .map(within)
                .collect(),
            paragraphs: vec![within(0..entry.text.len())],
            items: Vec::new(),
        });
    }
    let sha256 = hex(&Sha256::digest(&text));
    Document {
        title: title.replace('_', " "),
        issuer: None,
        number: None,
        date: None,
        language: "zh".into(),
        text,
        sha256,
        sections: Vec::new(),
        clauses,
    }
}
