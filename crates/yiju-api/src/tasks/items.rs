//! What an add brings: one source or several, each taken in by itself, with what became of it.

use serde::{Deserialize, Serialize};
use yiju_engine::{AddStatus, Cancel, DocumentSummary, Engine, Source, Told, read_corpus};

use crate::error::{ApiError, ErrorDetail};
use crate::request_id::RequestId;

/// A source to take in, without its bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    /// The name of the source.
    pub(crate) source: String,
    /// A title to use instead of the one in the text.
    pub(crate) title: Option<String>,
    /// What is said of the time of its one document.
    pub(crate) told: Told,
    /// Its length.
    pub(crate) bytes: usize,
}

impl Item {
    /// Sources and what is said of each, as items and their bytes.
    pub(crate) fn split(sources: Vec<(Source, Told)>) -> (Vec<Self>, Vec<Vec<u8>>) {
        let split = sources.into_iter().map(|(source, told)| {
            let Source { name, title, bytes } = source;
            (Self { source: name, title, told, bytes: bytes.len() }, bytes)
        });
        split.unzip()
    }

    /// Whether it is JSON Lines, a document for each title in it.
    fn is_corpus(&self) -> bool {
        let ending = self.source.rsplit_once('.').map(|(_, ending)| ending);
        ending.is_some_and(|ending| ending.eq_ignore_ascii_case("jsonl"))
    }
}

/// What became of one source.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct ItemOutcome {
    /// The name of the source; of JSON Lines, what the names of its sources begin with.
    source: String,
    /// `added`, `replaced`, `unchanged` or `failed`.
    status: String,
    /// How many documents it has.
    documents: usize,
    /// Ids of its documents, at most 1,000.
    document_ids: Vec<String>,
    /// What of the file could not be read, a sentence each.
    unread: Vec<String>,
    /// Why it failed.
    #[schema(required)]
    error: Option<ErrorDetail>,
}

/// Most ids of documents in an outcome.
const MOST_IDS: usize = 1000;

impl ItemOutcome {
    pub(crate) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    fn of(item: &Item, status: AddStatus, found: &[DocumentSummary], unread: Vec<String>) -> Self {
        Self {
            source: item.source.clone(),
            status: status.name().to_owned(),
            documents: found.len(),
            document_ids: found.iter().take(MOST_IDS).map(|one| one.id.clone()).collect(),
            unread,
            error: None,
        }
    }

    fn failed(item: &Item, error: &ApiError, request_id: &RequestId) -> Self {
        Self {
            source: item.source.clone(),
            status: "failed".to_owned(),
            documents: 0,
            document_ids: Vec::new(),
            unread: Vec::new(),
            error: Some(error.body(request_id.as_str()).error),
        }
    }
}

/// Takes sources in, one after the other. One that fails stops no other. `bytes` is asked once for those of each; `share` hears how much of all is done, 0 to 1,
/// each source counted by its bytes. Blocks.
///
/// # Errors
/// The call was cancelled; what was done before stays.
pub(crate) fn take_in(
    engine: &Engine,
    items: &[Item],
    mut bytes: impl FnMut(usize) -> Result<Vec<u8>, ApiError>,
    request_id: &RequestId,
    share: &dyn Fn(f64),
) -> Result<Vec<ItemOutcome>, ApiError> {
    let all: usize = items.iter().map(|item| item.bytes).sum();
    let mut before = 0;
    let mut outcomes = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let start = before;
        let within = |done: f64| {
            share((start as f64 + item.bytes as f64 * done) / all.max(1) as f64);
        };
        let taken = bytes(index).and_then(|bytes| one(engine, item, bytes, &within));
        outcomes.push(match taken {
            Ok(outcome) => outcome,
            Err(error) if is_cancelled() => return Err(error),
            Err(error) => ItemOutcome::failed(item, &error, request_id),
        });
        before += item.bytes;
        within(1.0);
    }
    Ok(outcomes)
}

fn is_cancelled() -> bool {
    Cancel::current().is_some_and(|cancel| cancel.is_cancelled())
}

fn one(
    engine: &Engine,
    item: &Item,
    bytes: Vec<u8>,
    share: &dyn Fn(f64),
) -> Result<ItemOutcome, ApiError> {
    if item.is_corpus() {
        let entries = read_corpus(&*bytes)
            .map_err(|error| ApiError::invalid(format!("{}: {error}", item.source)))?;
        let prefix = format!("{}#", item.source);
        let done = engine.add_corpus(&prefix, &entries, &|now| {
            share(now.bytes_done as f64 / now.bytes_total.max(1) as f64);
        })?;
        return Ok(ItemOutcome::of(item, done.status, &done.documents, Vec::new()));
    }
    let source = Source { name: item.source.clone(), title: item.title.clone(), bytes };
    let done = engine.add_told(source, &item.told, &|now| share(now.share))?;
    Ok(ItemOutcome::of(item, done.status, &done.documents, done.unread))
}
