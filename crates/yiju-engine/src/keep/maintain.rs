//! Keeping a library sound, without its model: check, repair, backup and restore.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use yiju_index::{AdaptiveIndex, CodedTokens, Filter, LexicalIndex, SnapshotError, VectorIndex};
use yiju_store::{Access, BackupOutcome, Model, Remedy, RestoreOutcome, State, Store};

use crate::error::EngineError;
use crate::keep::indexes::Indexes;
use crate::keep::saved::{CLAUSES, LEXICAL, SENTENCES, directory};

/// Most findings a report lists; more are only counted.
const LISTED: usize = 100;
/// Passages of each lane that are searched for.
const SAMPLE: usize = 64;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Checked {
    /// Whether nothing is wrong, after repairs where they were asked for.
    pub sound: bool,
    /// The model that the library was made with.
    pub model: CheckedModel,
    /// Vectors of another model that wait to take the place of these: an interrupted `yiju reembed`.
    pub staged: Option<StagedCheck>,
    /// The generation that was checked.
    pub generation: u64,
    /// Documents read.
    pub documents: u64,
    /// Clauses read.
    pub clauses: u64,
    /// Passages read, with their vectors.
    pub passages: u64,
    /// Clauses whose token vectors were read.
    pub token_vectors: u64,
    /// Bytes of text hashed.
    pub text_bytes: u64,
    /// The saved indexes.
    pub indexes: Vec<IndexCheck>,
    /// What was repaired, in words.
    pub repaired: Vec<String>,
    /// The first hundred findings.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub finding_count: u64,
}

/// The model that a library was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedModel {
    /// Its name.
    pub name: String,
    /// What identifies it.
    pub fingerprint: String,
    /// Length of its vectors.
    pub dimension: usize,
}

impl From<Model> for CheckedModel {
    fn from(model: Model) -> Self {
        let Model { fingerprint, name, dimension } = model;
        Self { name, fingerprint, dimension }
    }
}

/// What an interrupted `yiju reembed` has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StagedCheck {
    /// The model that it embeds with.
    pub model: CheckedModel,
    /// Documents embedded.
    pub documents: u64,
}

/// One saved index.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IndexCheck {
    /// `clauses`, `sentences` or `lexical`.
    pub name: &'static str,
    /// Its state against the library's.
    pub state: IndexState,
    /// The generation it shows, where it can be read.
    pub generation: Option<u64>,
    /// How many entries it has, where it can be read.
    pub entries: Option<u64>,
}

/// The state of a saved index against the library's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexState {
    /// It shows the library's generation and holds what the library does.
    Current,
    /// It shows an earlier generation; it is caught up when the library is opened.
    Behind,
    /// There is none; it is made when the library is opened.
    Absent,
    /// It is damaged, or does not hold what the library does.
    Damaged,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Where: `library`, `document 3f…`, `index lexical`.
    pub place: String,
    /// What is wrong there.
    pub what: String,
    /// What to do.
    pub advice: Advice,
}

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Advice {
    /// `yiju check --repair` makes it again.
    Repair,
    /// Remove the document and add its source again, or restore a backup.
    Replace {
        /// The document's id.
        document: Option<String>,
        /// Its source.
        source: Option<String>,
    },
    /// Restore a backup, or add the documents to a new library.
    Restore,
}

impl From<Remedy> for Advice {
    fn from(remedy: Remedy) -> Self {
        match remedy {
            Remedy::Repair => Self::Repair,
            Remedy::Replace { document, source } => Self::Replace { document, source },
            _ => Self::Restore,
        }
    }
}

impl Checked {
    fn add(&mut self, place: String, what: String, advice: Advice) {
        self.finding_count += 1;
        if self.findings.len() < LISTED {
            self.findings.push(Finding { place, what, advice });
        }
    }
}

/// Reads all of a library and of its saved indexes and verifies it: hashes, checksums, spans,
/// vectors, token vectors, counts, and that the indexes hold what the library does. With `repair`,
/// what is derived is made again where it is wrong; content is never changed. Without, the library
/// may be in use meanwhile.
///
/// # Errors
/// The library cannot be opened; with `repair` also where another process has it open. Damage is no
/// error but a finding.
pub fn check(library: &Path, repair: bool) -> Result<Checked, EngineError> {
    if !repair {
        return look(&Store::open(library, Access::ReadOnly, None)?);
    }
    let store = Store::open(library, Access::ReadWrite, None)?;
    let before = look(&store)?;
    let mut repaired = Vec::new();
    if before.findings.iter().any(|f| f.advice == Advice::Repair) {
        repaired = store.repair()?;
        let indexes = before.indexes.iter();
        let damaged = indexes.filter(|index| index.state == IndexState::Damaged).count();
        if damaged > 0 {
            std::fs::remove_dir_all(directory(&store, &store.state()?.library_id)).or_else(
                |source| match source.kind() {
                    std::io::ErrorKind::NotFound => Ok(()),
                    _ => {
                        Err(yiju_store::StoreError::NotWritable { path: store.index_dir(), source })
                    }
                },
            )?;
            // They need sound vectors and texts; where these are damaged, that is found below.
            if let Ok(mut indexes) = Indexes::open(&store) {
                indexes.save(&store)?;
            }
            repaired.push("made the indexes again".to_owned());
        }
    }
    let mut after = look(&store)?;
    after.repaired = repaired;
    Ok(after)
}

fn look(store: &Store) -> Result<Checked, EngineError> {
    let report = store.check()?;
    let mut checked = Checked {
        sound: false,
        model: store.model().clone().into(),
        staged: store
            .staged()?
            .map(|staged| StagedCheck { model: staged.model.into(), documents: staged.documents }),
        generation: report.generation,
        documents: report.documents,
        clauses: report.clauses,
        passages: report.passages,
        token_vectors: 0,
        text_bytes: report.text_bytes,
        indexes: Vec::new(),
        repaired: Vec::new(),
        findings: Vec::new(),
        finding_count: 0,
    };
    for problem in report.problems {
        checked.add(problem.place, problem.what, problem.remedy.into());
    }
    checked.finding_count = report.problem_count;
    // What the store found wrong is not looked at again: its rows cannot be read.
    if checked.finding_count == 0 {
        tokens(store, &mut checked)?;
    }
    let state = store.state()?;
    for name in [CLAUSES, SENTENCES, LEXICAL] {
        let (index, what) = steadily(|| index(store, &state, name));
        if let Some(what) = what {
            checked.add(format!("index {name}"), what, Advice::Repair);
        }
        checked.indexes.push(index);
    }
    checked.sound = checked.finding_count == 0;
    Ok(checked)
}

/// A process that has the library open may be saving its indexes just now: what looks damaged is
/// looked at again.
fn steadily<T>(look: impl Fn() -> (IndexCheck, Option<T>)) -> (IndexCheck, Option<T>) {
    let mut found = look();
    for _ in 0..3 {
        if found.1.is_none() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(150));
        found = look();
    }
    found
}

/// The token vectors: the store holds them for the engine without looking into them.
fn tokens(store: &Store, checked: &mut Checked) -> Result<(), EngineError> {
    let mut documents = Vec::new();
    store.for_each_document(|record| documents.push((record.id, record.source)))?;
    for (id, source) in documents {
        let Some((_, document)) = store.document(&id)? else {
            continue;
        };
        let passages = store.document_passages(&id)?;
        let ids: Vec<u64> = passages.iter().map(|passage| passage.id).collect();
        for (passage, codes) in passages.iter().zip(store.tokens(&ids)?) {
            let Some(codes) = codes else { continue };
            checked.token_vectors += 1;
            let clause = document.clauses.get(passage.clause as usize);
            let text = clause.map_or("", |clause| document.slice(clause.span));
            let wrong = match CodedTokens::read(&codes, store.model().dimension) {
                Err(error) => Some(error.to_string()),
                Ok(coded) => coded
                    .ranges()
                    .flatten()
                    .find(|range| text.get(range.clone()).is_none())
                    .map(|range| format!("a token at {range:?} is not in the clause's text")),
            };
            if let Some(wrong) = wrong {
                checked.add(
                    format!("document {id}"),
                    format!("clause {}: {wrong}", passage.clause),
                    Advice::Replace { document: Some(id.clone()), source: Some(source.clone()) },
                );
            }
        }
    }
    Ok(())
}

/// One saved index, and what is wrong with it.
fn index(store: &Store, state: &State, name: &'static str) -> (IndexCheck, Option<String>) {
    let dir = directory(store, &state.library_id).join(name);
    let mut check =
        IndexCheck { name, state: IndexState::Damaged, generation: None, entries: None };
    let opened = if name == LEXICAL {
        LexicalIndex::open_any(&dir).map(|index| {
            check.generation = index.generation();
            check.entries = Some(index.len() as u64);
            Opened::Words(Box::new(index))
        })
    } else {
        AdaptiveIndex::load_any(&dir, store.model().dimension).map(|(index, generation)| {
            check.generation = Some(generation);
            check.entries = Some(index.len() as u64);
            Opened::Vectors(Box::new(index))
        })
    };
    let opened = match opened {
        Ok(opened) => opened,
        Err(SnapshotError::Missing { .. }) => {
            check.state = IndexState::Absent;
            return (check, None);
        }
        Err(error) => return (check, Some(error.to_string())),
    };
    match check.generation {
        Some(shown) if shown < state.generation => {
            check.state = IndexState::Behind;
            return (check, None);
        }
        Some(shown) if shown > state.generation => {
            let what =
                format!("it shows generation {shown}, and the library is at {}", state.generation);
            return (check, Some(what));
        }
        _ => {}
    }
    let wrong = match &opened {
        Opened::Vectors(index) => vectors_differ(store, index, name == CLAUSES),
        Opened::Words(index) => words_differ(store, index),
    };
    match wrong {
        // The library moved on while it was read.
        _ if store.state().is_ok_and(|now| now != *state) => {
            check.state = IndexState::Behind;
            (check, None)
        }
        Ok(None) => {
            check.state = IndexState::Current;
            (check, None)
        }
        Ok(Some(what)) => (check, Some(what)),
        Err(error) => (check, Some(error.to_string())),
    }
}

enum Opened {
    Vectors(Box<AdaptiveIndex>),
    Words(Box<LexicalIndex>),
}

/// Every vector of the lane is compared, and some are searched for.
fn vectors_differ(
    store: &Store,
    index: &AdaptiveIndex,
    clauses: bool,
) -> Result<Option<String>, EngineError> {
    let mut wrong = None;
    let mut count = 0usize;
    let every = (index.len() / SAMPLE).max(1);
    let (mut asked, mut found) = (0usize, 0usize);
    store.for_each_passage(|passage, vector| {
        if wrong.is_some() || passage.sentence.is_none() != clauses {
            return;
        }
        if index.vector(passage.id) != Some(vector) {
            wrong = Some(format!("passage {} is not in it as it is in the library", passage.id));
        } else if count.is_multiple_of(every) {
            asked += 1;
            // An equal vector of another passage is as good.
            let best = index.search(vector, 1, None).ok().and_then(|hits| {
                let hit = hits.first()?;
                Some(hit.score >= 0.999)
            });
            found += usize::from(best == Some(true));
        }
        count += 1;
    })?;
    if wrong.is_none() && count != index.len() {
        wrong = Some(format!("it has {} entries, and the library has {count}", index.len()));
    }
    // A scan finds every vector; a graph may miss a few.
    let most_missed = if index.is_exact() { 0 } else { asked / 10 };
    if wrong.is_none() && asked - found > most_missed {
        wrong = Some(format!("of {asked} of its own vectors it found {found} when asked for them"));
    }
    Ok(wrong)
}

/// Every entry is accounted for, and some are searched for by their own words.
fn words_differ(store: &Store, index: &LexicalIndex) -> Result<Option<String>, EngineError> {
    let failed = |source| EngineError::Index { index: LEXICAL, source };
    let mut expected = Vec::new();
    store.for_each_passage(|passage, _| {
        if passage.sentence.is_none() {
            expected.push((passage.id, passage.document_id.to_owned(), passage.clause));
        }
    })?;
    let ids = index.ids().map_err(failed)?;
    if !ids.iter().eq(expected.iter().map(|(id, ..)| id)) {
        return Ok(Some(format!(
            "its {} entries are not the {} clauses of the library",
            ids.len(),
            expected.len()
        )));
    }
    let every = (expected.len() / SAMPLE).max(1);
    let mut sample: BTreeMap<&str, Vec<(u64, u32)>> = BTreeMap::new();
    for (id, document, clause) in expected.iter().step_by(every) {
        sample.entry(document).or_default().push((*id, *clause));
    }
    for (document, clauses) in sample {
        for (id, clause) in clauses {
            let Some(record) = store.clause(document, clause)? else {
                continue;
            };
            // Marks alone have no words.
            if yiju_text::terms(&record.text).is_empty() {
                continue;
            }
            let hits = index.search(&record.text, 1, Some(&Only(id))).map_err(failed)?;
            if hits.first().map(|hit| hit.id) != Some(id) {
                return Ok(Some(format!("clause {} is not found by its own words", record.id())));
            }
        }
    }
    Ok(None)
}

/// Accepts one id.
struct Only(u64);

impl Filter for Only {
    fn accepts(&self, id: u64) -> bool {
        id == self.0
    }
}

/// Writes one committed state of a library to `file`, in place of an earlier backup there, while the
/// library may be in use.
///
/// # Errors
/// As [`yiju_store::Store::backup`].
pub fn backup(library: &Path, file: &Path) -> Result<BackupOutcome, EngineError> {
    Ok(Store::open(library, Access::ReadOnly, None)?.backup(file)?)
}

/// Makes the library at `library` that of a backup.
///
/// # Errors
/// As [`yiju_store::restore`].
pub fn restore(file: &Path, library: &Path, replace: bool) -> Result<RestoreOutcome, EngineError> {
    Ok(yiju_store::restore(file, library, replace)?)
}
