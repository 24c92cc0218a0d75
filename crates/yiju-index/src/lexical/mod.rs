//! The lexical index: BM25 over terms, on tantivy.
//!
//! Each entry has a body and a heading (the heading path), both cut by
//! [`terms`](yiju_text::terms). One entry is one clause: entries of mixed grain
//! would count every sentence's words twice in BM25's document frequencies and
//! compare a sentence's length with a clause's.
//!
//! A commit carries the generation of the store that it shows. Opening an index
//! verifies the checksums of all its files, because tantivy trusts the files it maps.

mod frequent;
mod maxscore;
mod plan;
mod shown;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use tantivy::{
    Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyDocument, Term,
};
use yiju_fault::kill_point;

use self::plan::{Plan, words_of};
use self::shown::Shown;
use crate::words_directory::WordsDirectory;
use crate::{Filter, Hit, IndexError, SnapshotError};
use yiju_text::terms;

/// Weight of a term in the heading, where one in the body has 1. All clauses under a
/// heading share it, so it must not drown the body: on 60,725 articles of law 0, 0.25,
/// 0.5 and 1 gave recall@10 0.487, 0.473, 0.468, 0.433, on 256 passages recall@1 0.973,
/// 0.979, 0.982, 0.983.
const HEADING_BOOST: f32 = 0.25;
/// Memory of the writer before it writes a segment.
const WRITER_BYTES: usize = 32 << 20;
/// Raised with each change of the schema or of how terms are made.
const VERSION: u32 = 1;
const TOKENIZER: &str = "yiju";

/// Words of entries, searched by BM25.
pub struct LexicalIndex {
    index: Index,
    reader: IndexReader,
    /// What the last commit shows.
    shown: Shown,
    /// Made at the first change: it takes a lock, threads and memory.
    writer: Option<IndexWriter>,
    fields: Fields,
    generation: Option<u64>,
    /// The most that a search uses: one for each processor.
    threads: usize,
    /// Searches that run now.
    running: AtomicUsize,
}

#[derive(Clone, Copy)]
struct Fields {
    id: Field,
    heading: Field,
    body: Field,
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let text = || {
        let indexing = TextFieldIndexing::default().set_tokenizer(TOKENIZER);
        TextOptions::default().set_indexing_options(
            indexing.set_index_option(IndexRecordOption::WithFreqsAndPositions),
        )
    };
    let fields = Fields {
        id: schema.add_u64_field("id", FAST | INDEXED),
        heading: schema.add_text_field("heading", text()),
        body: schema.add_text_field("body", text()),
    };
    (schema.build(), fields)
}

impl LexicalIndex {
    /// An empty index that is kept in memory only.
    ///
    /// # Errors
    /// [`IndexError::Lexical`], for example when no thread can be started.
    pub fn in_memory() -> Result<Self, IndexError> {
        let (schema, fields) = schema();
        Self::over(Index::create_in_ram(schema), fields, None).map_err(failed("start"))
    }

    /// Opens the index in `dir`, or makes an empty one there (its
    /// [`generation`](Self::generation) is then `None`).
    ///
    /// # Errors
    /// [`SnapshotError::Damaged`] or [`SnapshotError::Version`]: call
    /// [`LexicalIndex::create`] and add everything again. [`SnapshotError::Io`].
    pub fn open_or_create(dir: &Path) -> Result<Self, SnapshotError> {
        match Self::read(dir) {
            Err(SnapshotError::Missing { .. }) => Self::create(dir),
            other => other,
        }
    }

    /// Opens the index in `dir` if it shows the store's `generation`.
    ///
    /// # Errors
    /// [`SnapshotError::Missing`], [`SnapshotError::Stale`], and as
    /// [`LexicalIndex::open_or_create`].
    pub fn open(dir: &Path, generation: u64) -> Result<Self, SnapshotError> {
        let index = Self::read(dir)?;
        match index.generation {
            Some(found) if found == generation => Ok(index),
            found => Err(SnapshotError::Stale { expected: generation, found: found.unwrap_or(0) }),
        }
    }

    /// Opens the index in `dir` whatever generation it shows, which
    /// [`generation`](Self::generation) gives: the caller brings it up to the present one.
    ///
    /// # Errors
    /// As [`LexicalIndex::open`], but for the generation.
    pub fn open_any(dir: &Path) -> Result<Self, SnapshotError> {
        let index = Self::read(dir)?;
        if index.generation.is_none() {
            // Made, but never filled.
            return Err(SnapshotError::Missing { path: dir.to_path_buf() });
        }
        Ok(index)
    }

    /// Makes an empty index in `dir`. The files that lie directly in `dir` are
    /// deleted first, so the directory must be the index's own.
    ///
    /// # Errors
    /// [`SnapshotError::Io`].
    pub fn create(dir: &Path) -> Result<Self, SnapshotError> {
        let io = |action, source| SnapshotError::Io { action, path: dir.to_path_buf(), source };
        std::fs::create_dir_all(dir).map_err(|e| io("create", e))?;
        for item in std::fs::read_dir(dir).map_err(|e| io("read", e))? {
            let path = item.map_err(|e| io("read", e))?.path();
            if path.is_file() {
                std::fs::remove_file(&path).map_err(|source| SnapshotError::Io {
                    action: "delete",
                    path,
                    source,
                })?;
            }
        }
        let (schema, fields) = schema();
        WordsDirectory::open(dir)
            .map_err(tantivy::TantivyError::from)
            .and_then(|directory| Index::create(directory, schema, IndexSettings::default()))
            .and_then(|index| Self::over(index, fields, None))
            .map_err(|e| io("make a lexical index in", std::io::Error::other(e)))
    }

    fn read(dir: &Path) -> Result<Self, SnapshotError> {
        let path: PathBuf = dir.to_path_buf();
        if !dir.join("meta.json").exists() {
            return Err(SnapshotError::Missing { path });
        }
        let damaged = |reason: String| SnapshotError::Damaged { path: path.clone(), reason };
        // tantivy may panic on files that are not as it wrote them.
        let opened = std::panic::catch_unwind(|| {
            let directory = WordsDirectory::open(dir).map_err(|e| e.to_string())?;
            let index = Index::open(directory).map_err(|e| e.to_string())?;
            let bad = index.validate_checksum().map_err(|e| e.to_string())?;
            if let Some(file) = bad.iter().next() {
                return Err(format!("the checksum of {} does not match", file.display()));
            }
            let payload = index.load_metas().map_err(|e| e.to_string())?.payload;
            Ok((index, payload))
        });
        let (index, payload) = match opened {
            Ok(outcome) => outcome.map_err(&damaged)?,
            Err(_) => return Err(damaged("it cannot be read".into())),
        };
        let generation = match payload.as_deref().map(parse_payload) {
            None => None,
            Some(None) => return Err(damaged("its generation cannot be read".into())),
            Some(Some((VERSION, generation))) => Some(generation),
            Some(Some((found, _))) => {
                return Err(SnapshotError::Version { expected: VERSION, found });
            }
        };
        let (schema, fields) = schema();
        if index.schema() != schema {
            return Err(damaged("its fields are not the ones expected".into()));
        }
        Self::over(index, fields, generation).map_err(|e| damaged(e.to_string()))
    }

    fn over(index: Index, fields: Fields, generation: Option<u64>) -> tantivy::Result<Self> {
        index.tokenizers().register(TOKENIZER, TermTokenizer);
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let shown = Shown::of(reader.searcher(), fields, None)?;
        Ok(LexicalIndex {
            index,
            reader,
            shown,
            writer: None,
            fields,
            generation,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            running: AtomicUsize::new(0),
        })
    }

    fn writer(&mut self) -> Result<&mut IndexWriter, IndexError> {
        if self.writer.is_none() {
            let writer = self
                .index
                .writer_with_num_threads(1, WRITER_BYTES)
                .map_err(failed("open for writing"))?;
            self.writer = Some(writer);
        }
        match &mut self.writer {
            Some(writer) => Ok(writer),
            None => unreachable!("made above"),
        }
    }

    /// Stores an entry under `id`, replacing an earlier one. Searches see it after
    /// the next [`LexicalIndex::commit`].
    ///
    /// # Errors
    /// [`IndexError::Lexical`], for example when another process is writing.
    pub fn add(&mut self, id: u64, heading: &str, body: &str) -> Result<(), IndexError> {
        let fields = self.fields;
        let writer = self.writer()?;
        writer.delete_term(Term::from_field_u64(fields.id, id));
        let mut document = TantivyDocument::new();
        document.add_u64(fields.id, id);
        document.add_text(fields.heading, heading);
        document.add_text(fields.body, body);
        writer.add_document(document).map_err(failed("add an entry"))?;
        Ok(())
    }

    /// Takes the entry `id` out, if it is there, at the next [`LexicalIndex::commit`].
    ///
    /// # Errors
    /// As [`LexicalIndex::add`].
    pub fn remove(&mut self, id: u64) -> Result<(), IndexError> {
        let term = Term::from_field_u64(self.fields.id, id);
        self.writer()?.delete_term(term);
        Ok(())
    }

    /// Makes all changes visible, as the store's `generation`; they outlast the process, and a power cut
    /// once the system has written them (until then a next start may find them damaged).
    ///
    /// # Errors
    /// [`IndexError::Lexical`]; earlier commits stay.
    pub fn commit(&mut self, generation: u64) -> Result<(), IndexError> {
        let writer = self.writer()?;
        let mut prepared = writer.prepare_commit().map_err(failed("prepare a commit"))?;
        prepared.set_payload(&payload(generation));
        kill_point("lexical:prepared");
        prepared.commit().map_err(failed("commit"))?;
        kill_point("lexical:committed");
        self.shown = self
            .reader
            .reload()
            .and_then(|()| Shown::of(self.reader.searcher(), self.fields, Some(&self.shown)))
            .map_err(failed("read what was committed"))?;
        self.generation = Some(generation);
        Ok(())
    }

    /// Forgets the changes since the last commit, also after an error that left the writer unusable.
    pub fn roll_back(&mut self) {
        if let Some(writer) = self.writer.take() {
            // Dropping it releases its lock and threads; uncommitted changes are lost.
            drop(writer);
        }
    }

    /// The ids of all entries that a search can find, ascending.
    ///
    /// # Errors
    /// [`IndexError::Lexical`] when the index cannot be read.
    pub fn ids(&self) -> Result<Vec<u64>, IndexError> {
        let read = failed("list the entries");
        let mut ids = Vec::with_capacity(self.len());
        for segment in self.shown.searcher.segment_readers() {
            let column = segment.fast_fields().u64("id").map_err(read)?;
            ids.extend(segment.doc_ids_alive().filter_map(|at| column.first(at)));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// The generation of the last commit; `None` where there was none yet.
    pub fn generation(&self) -> Option<u64> {
        self.generation
    }

    /// The number of entries that a search can find.
    pub fn len(&self) -> usize {
        self.shown.entries()
    }

    /// Whether a search can find nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The document frequency of `term` (as [`terms`](yiju_text::terms) gives it), in the
    /// body or the heading, whichever is more. Removed entries count until their
    /// segment is merged.
    ///
    /// # Errors
    /// [`IndexError::Lexical`] when the index cannot be read.
    pub fn document_frequency(&self, term: &str) -> Result<u64, IndexError> {
        let searcher = &self.shown.searcher;
        let count = |field| searcher.doc_freq(&Term::from_field_text(field, term));
        let counts =
            count(self.fields.body).and_then(|body| Ok(body.max(count(self.fields.heading)?)));
        counts.map_err(failed("look up a term"))
    }

    /// The `k` entries with the highest BM25 score for the terms of `query`, of those
    /// that `filter` accepts, best first; only entries with at least one term. Any
    /// text is a query.
    ///
    /// # Errors
    /// [`IndexError::Lexical`] when the index cannot be read.
    pub fn search(
        &self,
        query: &str,
        k: usize,
        filter: Option<&dyn Filter>,
    ) -> Result<Vec<Hit>, IndexError> {
        let words = words_of(query);
        if k == 0 || words.is_empty() || self.is_empty() {
            return Ok(Vec::new());
        }
        // Threads are shared by the searches that run.
        let running = Running::one_more(&self.running);
        let best = Plan::of(&self.shown, words)
            .and_then(|plan| plan.search(k, self.threads / running.searches, filter));
        Ok(best.map_err(failed("search"))?.into_hits())
    }
}

/// A search that runs; counted until it ends, in whatever way.
struct Running<'a> {
    count: &'a AtomicUsize,
    /// How many searches ran when this one began, itself included.
    searches: usize,
}

impl<'a> Running<'a> {
    fn one_more(count: &'a AtomicUsize) -> Self {
        let searches = count.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        Self { count, searches }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

fn failed(action: &'static str) -> impl Fn(tantivy::TantivyError) -> IndexError + Copy {
    move |error| IndexError::Lexical { action, reason: error.to_string() }
}

fn payload(generation: u64) -> String {
    format!("yiju {VERSION} {generation}")
}

fn parse_payload(payload: &str) -> Option<(u32, u64)> {
    let (version, generation) = payload.strip_prefix("yiju ")?.split_once(' ')?;
    Some((version.parse().ok()?, generation.parse().ok()?))
}

/// [`terms`] as tantivy wants them, with positions counted in terms.
#[derive(Clone)]
struct TermTokenizer;

struct TermStream {
    terms: std::vec::IntoIter<yiju_text::Term>,
    token: Token,
}

impl Tokenizer for TermTokenizer {
    type TokenStream<'a> = TermStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> TermStream {
        TermStream { terms: terms(text).into_iter(), token: Token::default() }
    }
}

impl TokenStream for TermStream {
    fn advance(&mut self) -> bool {
        let Some(term) = self.terms.next() else {
            return false;
        };
        let position = self.token.position.wrapping_add(1);
        let (offset_from, offset_to) = (term.range.start, term.range.end);
        self.token =
            Token { offset_from, offset_to, position, text: term.text, position_length: 1 };
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
