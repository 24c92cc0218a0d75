//! The engine: a library, its model and its indexes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Instant;

use yiju_embed::{
    Cancel, CrossEncoder, EmbedQueue, Embedder, EmbedderOptions, Embedding, InputType, Precision,
    Priority, QueueFigures, QueueOptions,
};
use yiju_fault::kill_point;
use yiju_store::{Access, Model, Store};

use crate::ask::lookup::Outcome;
use crate::ask::pipeline::Depth;
use crate::ask::question::Question;
use crate::ask::retrieve::CANDIDATES;
use crate::ask::scope::Scope;
use crate::ask::trace::{Step, timed};
use crate::ask::{about, compose, lookup, rank, retrieve};
use crate::error::EngineError;
use crate::keep::indexes::Indexes;
use crate::response::{Answer, AskRequest, SearchHit, SearchRequest, SearchResponse, Timings};

/// The longest question or query, in characters.
pub(crate) const LONGEST_QUESTION: usize = 2_000;
/// The most citations an answer gives.
const MOST_CITATIONS: usize = 20;
/// The most hits a search gives.
pub(crate) const MOST_HITS: usize = 100;

/// Where a library and its model are, and how to use them.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The library's directory.
    pub library: PathBuf,
    /// The model's directory.
    pub model: PathBuf,
    /// Reading only, or reading and writing (which makes the library where there is none).
    pub access: Access,
    /// Threads for embedding; 0 for one for each core.
    pub threads: usize,
    /// The model's arithmetic.
    pub precision: Precision,
}

/// How much a library may hold; `None` for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LibraryLimits {
    /// Most documents.
    pub max_documents: Option<u64>,
    /// Most bytes of the database on disk: text, structure and vectors.
    pub max_bytes: Option<u64>,
}

/// How much a library holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LibrarySize {
    /// Documents.
    pub documents: u64,
    /// Passages: clauses and sentences.
    pub passages: u64,
    /// Writes so far: each one makes a new generation.
    pub generation: u64,
    /// Bytes of the database on disk, its log included.
    pub database_bytes: u64,
    /// Bytes of the saved indexes on disk.
    pub index_bytes: u64,
}

/// A library that can be asked. Safe to share between threads.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) model: Arc<EmbedQueue>,
    /// Reads the best candidates again, where one is named.
    pub(crate) reranker: Option<Arc<CrossEncoder>>,
    pub(crate) indexes: RwLock<Indexes>,
    /// Held over each write, so that indexes see writes in the order of the store.
    pub(crate) writing: Mutex<()>,
    pub(crate) limits: RwLock<LibraryLimits>,
}

impl Engine {
    /// Opens a library.
    ///
    /// # Errors
    /// The model or the library is missing, damaged, of another version or does not fit the other;
    /// or another process has it open for writing.
    pub fn open(options: EngineOptions) -> Result<Self, EngineError> {
        // The dictionary and the model take about as long to load, on a core each.
        let words = std::thread::spawn(yiju_text::warm_up);
        let embedder = Embedder::open(
            &options.model,
            EmbedderOptions {
                precision: options.precision,
                threads: options.threads,
            },
        )?;
        let model = Arc::new(EmbedQueue::new(embedder, QueueOptions::default()));
        let engine = Self::over(model, &options.library, options.access);
        // A dictionary that failed to load there is loaded where it is first used.
        let _ = words.join();
        engine
    }

    /// Opens another library with the models of this one, which are in memory once for both.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn open_beside(&self, library: &Path, access: Access) -> Result<Self, EngineError> {
        let mut engine = Self::over(Arc::clone(&self.model), library, access)?;
        engine.reranker.clone_from(&self.reranker);
        Ok(engine)
    }

    fn over(model: Arc<EmbedQueue>, library: &Path, access: Access) -> Result<Self, EngineError> {
        let embedder = model.embedder();
        let wanted = Model {
            fingerprint: embedder.fingerprint().to_owned(),
            name: embedder.name().to_owned(),
            dimension: embedder.dimension(),
        };
        let store = Store::open(library, access, Some(&wanted))?;
        let indexes = Indexes::open(&store)?;
        Ok(Self {
            store,
            model,
            reranker: None,
            indexes: RwLock::new(indexes),
            writing: Mutex::new(()),
            limits: RwLock::default(),
        })
    }

    /// The library's directory.
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// The same engine with a cross-encoder that reads the best candidates of each question again. It
    /// changes their order; confidence stays the one learnt with the bundled model alone.
    #[must_use]
    pub fn with_reranker(mut self, reranker: CrossEncoder) -> Self {
        self.reranker = Some(Arc::new(reranker));
        self
    }

    /// The name of the cross-encoder; `None` where none is named.
    pub fn reranker_name(&self) -> Option<&str> {
        self.reranker.as_deref().map(CrossEncoder::name)
    }

    /// The model's name.
    pub fn model_name(&self) -> &str {
        self.model.embedder().name()
    }

    /// The number of components of the model's vectors.
    pub fn dimension(&self) -> usize {
        self.model.embedder().dimension()
    }

    /// Embeds texts: a unit vector and a token count for each, in their order.
    ///
    /// # Errors
    /// The model failed.
    pub fn embed(
        &self,
        input_type: InputType,
        texts: &[&str],
    ) -> Result<Vec<Embedding>, EngineError> {
        let priority = match input_type {
            InputType::Query => Priority::Question,
            InputType::Passage => Priority::Ingestion,
        };
        Ok(self.model.embed(priority, input_type, texts)?)
    }

    /// What waits for the model, and what it has done.
    pub fn queue_figures(&self) -> QueueFigures {
        self.model.figures()
    }

    /// Answers a question with citations, or refuses.
    ///
    /// # Errors
    /// The question or the limit is out of range, or a part failed. A question that the documents
    /// do not answer is no error.
    pub fn ask(&self, request: &AskRequest) -> Result<Answer, EngineError> {
        self.ask_unless(request, &Cancel::default())
    }

    /// As [`Engine::ask`], given up between two steps once `cancel` says so.
    ///
    /// # Errors
    /// As [`Engine::ask`], and [`EngineError::Cancelled`].
    pub fn ask_unless(&self, request: &AskRequest, cancel: &Cancel) -> Result<Answer, EngineError> {
        self.answer(request, &[], cancel)
    }

    pub(crate) fn answer(
        &self,
        request: &AskRequest,
        clauses: &[String],
        cancel: &Cancel,
    ) -> Result<Answer, EngineError> {
        let start = Instant::now();
        check_text(
            "the question's length in characters",
            &request.question,
            LONGEST_QUESTION,
        )?;
        check_limit("limit", request.limit, MOST_CITATIONS)?;
        if let Some(threshold) = request.threshold
            && !(0.0..=1.0).contains(&threshold)
        {
            return Err(EngineError::OutOfRange {
                what: "threshold",
                range: "0 to 1".into(),
                value: threshold.to_string(),
            });
        }
        let indexes = self.fresh_indexes()?;
        let scope = Scope::resolve(&self.store, &request.filter)?.without(&self.store, clauses)?;
        let mut question = timed(Step::Analyse, || {
            Question::new(&request.question, &indexes.lexical)
        })?;
        let about = timed(Step::Analyse, || {
            about::look_up(&self.store, &scope, &self.model, &question)
        })?;
        if let Some(about) = about {
            return timed(Step::Compose, || {
                compose::particulars(&self.store, &question, about, request.limit, start)
            });
        }
        let looked_up = timed(Step::Analyse, || {
            lookup::look_up(&self.store, &scope, &question)
        })?;
        let within = match looked_up {
            Outcome::Unit(found) => {
                return timed(Step::Compose, || {
                    compose::lookup(&self.store, &question, found, start)
                });
            }
            Outcome::Within(clauses) => Some(Scope::only(&self.store, &clauses)?),
            Outcome::Ordinary => None,
        };
        let mut timings = Timings::default();
        let all = self.ranked(
            &mut question,
            &indexes,
            &scope,
            Depth::of(CANDIDATES),
            &mut timings,
            cancel,
        )?;
        kill_point("ask:ranked");
        let ranking = Instant::now();
        let mut answer = match &within {
            // The clauses named answer, if any does; how far they stand out is judged among all.
            Some(within) => {
                let candidates =
                    retrieve::candidates(&self.store, &indexes, within, &question, CANDIDATES)?;
                let mut ranked = timed(Step::SecondStage, || {
                    rank::rank(&self.store, &question, candidates, CANDIDATES)
                })?;
                timed(Step::SecondStage, || self.rerank(&question, &mut ranked))?;
                timed(Step::Compose, || {
                    compose::answer(request, &question, &ranked, &all)
                })?
            }
            None => timed(Step::Compose, || {
                compose::answer(request, &question, &all, &all)
            })?,
        };
        timings.rank = round(timings.rank + milliseconds(ranking));
        timings.total = milliseconds(start);
        answer.timings_ms = timings;
        Ok(answer)
    }

    /// Ranks clauses for a query.
    ///
    /// # Errors
    /// The query or the limit is out of range, or a part failed.
    pub fn search(&self, request: &SearchRequest) -> Result<SearchResponse, EngineError> {
        self.search_unless(request, &Cancel::default())
    }

    /// As [`Engine::search`], given up between two steps once `cancel` says so.
    ///
    /// # Errors
    /// As [`Engine::search`], and [`EngineError::Cancelled`].
    pub fn search_unless(
        &self,
        request: &SearchRequest,
        cancel: &Cancel,
    ) -> Result<SearchResponse, EngineError> {
        let start = Instant::now();
        check_text(
            "the query's length in characters",
            &request.query,
            LONGEST_QUESTION,
        )?;
        check_limit("limit", request.limit, MOST_HITS)?;
        let indexes = self.fresh_indexes()?;
        let scope = Scope::resolve(&self.store, &request.filter)?;
        let mut question = timed(Step::Analyse, || {
            Question::new(&request.query, &indexes.lexical)
        })?;
        let mut timings = Timings::default();
        let mut ranked = self.ranked(
            &mut question,
            &indexes,
            &scope,
            Depth::of(request.limit),
            &mut timings,
            cancel,
        )?;
        ranked.truncate(request.limit);
        let hits = (1u32..)
            .zip(&ranked)
            .map(|(rank, found)| SearchHit {
                rank,
                score: found.relevance(),
                document: compose::document_ref(&found.record),
                clause_id: found.record.id(),
                label: found.record.clause.label.clone(),
                path: found.record.path.clone(),
                paragraph: found.record.text.clone(),
                paragraph_span: found.record.clause.span,
                highlights: found.best_sentences(2),
            })
            .collect();
        timings.total = milliseconds(start);
        Ok(SearchResponse {
            query: request.query.clone(),
            hits,
            timings_ms: timings,
        })
    }

    /// Writes the indexes to the library where they changed, so that it opens quickly the next time.
    /// Dropping the engine does the same. They are derived: nothing is lost without it.
    ///
    /// # Errors
    /// Writing failed.
    pub fn save_indexes(&self) -> Result<(), EngineError> {
        let _writing = self.writing();
        self.change_indexes().save(&self.store)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Err(error) = self.save_indexes() {
            tracing::warn!(%error, "the indexes were not saved; the next start builds them");
        }
    }
}

pub(crate) fn milliseconds(since: Instant) -> f64 {
    round(since.elapsed().as_secs_f64() * 1e3)
}

fn round(milliseconds: f64) -> f64 {
    (milliseconds * 1e3).round() / 1e3
}

/// Holds a text to `most` characters and to one that means something.
pub(crate) fn check_text(what: &'static str, text: &str, most: usize) -> Result<(), EngineError> {
    let characters = text.chars().count();
    if characters > most || !text.chars().any(char::is_alphanumeric) {
        return Err(EngineError::OutOfRange {
            what,
            range: format!("1 to {most}, with at least one letter or digit"),
            value: characters.to_string(),
        });
    }
    Ok(())
}

pub(crate) fn check_limit(
    what: &'static str,
    value: usize,
    most: usize,
) -> Result<(), EngineError> {
    if value == 0 || value > most {
        return Err(EngineError::OutOfRange {
            what,
            range: format!("1 to {most}"),
            value: value.to_string(),
        });
    }
    Ok(())
}
