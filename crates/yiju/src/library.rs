//! Opens the library and adds files to it.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use yiju_embed::{Embedder, EmbedderOptions};
use yiju_engine::{
    Access, AddOutcome, AddStatus, CrossEncoder, DocumentSummary, Engine, EngineError,
    EngineOptions, Recognise, Recognition, Shelf, Told,
};

use crate::cli;
use crate::config::Settings;
use crate::failure::Failure;
use crate::files::{self, Content, SourceFile};
use crate::model;
use crate::progress::AddProgress;

/// Opens the library with its model.
///
/// # Errors
/// The model is unknown, the library has another version or model, or another process is writing to it.
pub(crate) fn open(settings: &Settings, access: Access) -> anyhow::Result<Engine> {
    let options = EngineOptions {
        library: settings.library()?,
        model: model::find(settings.model.as_deref())?,
        access,
        threads: settings.threads,
        precision: precision(settings.precision),
    };
    tracing::debug!(library = %options.library.display(), model = %options.model.display(), "opening");
    let engine = Engine::open(options)?.with_recognition(recognition(settings));
    let Some(reranker) = &settings.reranker else {
        return Ok(engine);
    };
    Ok(engine.with_reranker(CrossEncoder::open(reranker).map_err(EngineError::from)?))
}

/// An engine over an empty library, which is gone with the directory, for what needs the model only.
///
/// # Errors
/// As [`open()`], or there is no place for temporary files.
pub(crate) fn nowhere(settings: &Settings) -> anyhow::Result<(TempDir, Engine)> {
    let directory = tempfile::tempdir()?;
    let engine = open(&settings.at(directory.path().join("library")), Access::ReadWrite)?;
    Ok((directory, engine))
}

/// How pictures of pages are read. The models are opened with the first picture.
pub(crate) fn recognition(settings: &Settings) -> Recognition {
    let when = match settings.recognise {
        cli::Recognise::Auto => Recognise::Auto,
        cli::Recognise::Never => Recognise::Never,
        cli::Recognise::Always => Recognise::Always,
    };
    let given = settings.recogniser.clone();
    Recognition::new(when, move || model::find_recogniser(given.as_deref()))
}

/// Opens the embedding model in `directory`, without a library.
///
/// # Errors
/// It is no model directory, or its files are damaged.
pub(crate) fn embedder(settings: &Settings, directory: &Path) -> Result<Embedder, EngineError> {
    let options =
        EmbedderOptions { precision: precision(settings.precision), threads: settings.threads };
    Ok(Embedder::open(directory, options)?)
}

/// The setting as `yiju_embed` names it.
fn precision(precision: cli::Precision) -> yiju_embed::Precision {
    match precision {
        cli::Precision::Int8 => yiju_embed::Precision::Int8,
        cli::Precision::F32 => yiju_embed::Precision::F32,
    }
}

/// Whether the library's directory has anything in it.
pub(crate) fn exists(settings: &Settings) -> anyhow::Result<bool> {
    let library = settings.library()?;
    Ok(library.read_dir().is_ok_and(|mut entries| entries.next().is_some()))
}

/// What is known of a file before it is added.
pub(crate) enum Known {
    /// Nothing yet: it is read when it is added.
    Nothing,
    /// The library holds it unchanged, as these documents.
    Held(Vec<DocumentSummary>),
    /// It was read, or reading failed; the library does not hold it unchanged.
    Read(Result<Content, Failure>),
}

/// Adds `files` one by one, each durable before the next begins, and passes each outcome to `each`; `told` is said of the
/// time of each that is a text.
///
/// # Errors
/// Only errors of `each`; a file that fails does not stop the others.
pub(crate) fn add(
    engine: &Engine,
    files: Vec<(SourceFile, Known)>,
    told: &Told,
    quiet: bool,
    mut each: impl FnMut(&SourceFile, anyhow::Result<AddOutcome>) -> anyhow::Result<()>,
) -> anyhow::Result<Total> {
    let mut total = Total::default();
    let progress =
        AddProgress::new(files.len(), files.iter().map(|(file, _)| file.bytes).sum(), quiet);
    let held = engine.hold_rebuilds();
    for (file, known) in files {
        let outcome = add_one(engine, &file, known, told, &progress);
        total.count(&outcome);
        let unchanged = matches!(&outcome, Ok(it) if it.status == AddStatus::Unchanged);
        progress.file_done(file.bytes, unchanged);
        progress.aside(|| each(&file, outcome))?;
    }
    drop(held);
    total.passages = progress.passages();
    total.seconds = progress.elapsed();
    Ok(total)
}

fn add_one(
    engine: &Engine,
    file: &SourceFile,
    known: Known,
    told: &Told,
    progress: &AddProgress,
) -> anyhow::Result<AddOutcome> {
    let content = match known {
        Known::Held(documents) => {
            return Ok(AddOutcome::unchanged(documents));
        }
        Known::Read(content) => content?,
        Known::Nothing => files::read(file)?,
    };
    match content {
        Content::Corpus(entries) => {
            let outcome = engine.add_corpus(&file.prefix(), &entries, &|at| {
                progress.at_corpus(&file.name, file.bytes, at);
            })?;
            Ok(AddOutcome {
                status: outcome.status,
                documents: outcome.documents,
                unread: Vec::new(),
            })
        }
        Content::Text(source) => {
            Ok(engine.add_told(source, told, &|at| progress.at(&file.name, file.bytes, at))?)
        }
    }
}

/// The result of adding several files.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Total {
    pub(crate) added: usize,
    pub(crate) replaced: usize,
    pub(crate) unchanged: usize,
    pub(crate) failed: usize,
    pub(crate) documents: usize,
    pub(crate) passages: usize,
    pub(crate) seconds: f64,
}

impl Total {
    fn count(&mut self, outcome: &anyhow::Result<AddOutcome>) {
        let Ok(outcome) = outcome else {
            self.failed += 1;
            return;
        };
        self.documents += outcome.documents.len();
        match outcome.status {
            AddStatus::Added => self.added += 1,
            AddStatus::Replaced => self.replaced += 1,
            AddStatus::Unchanged => self.unchanged += 1,
        }
    }
}

/// Compares files with the library up to the first that differs, so that no more than one file is in
/// memory; the rest are read when they are added.
///
/// # Errors
/// The library cannot be read.
fn compare(shelf: &Shelf, files: Vec<SourceFile>) -> anyhow::Result<Vec<(SourceFile, Known)>> {
    let mut all_held = true;
    let compared = files.into_iter().map(|file| {
        if !all_held {
            return Ok((file, Known::Nothing));
        }
        let content = files::read(&file);
        let held = match &content {
            Ok(Content::Text(source)) => shelf.held(source)?,
            Ok(Content::Corpus(entries)) => shelf.held_corpus(&file.prefix(), entries)?,
            Err(_) => None,
        };
        all_held = held.is_some();
        Ok((file, held.map_or(Known::Read(content), Known::Held)))
    });
    compared.collect()
}

/// The library after adding files, and the names of their sources.
pub(crate) struct WithDocs {
    pub(crate) engine: Engine,
    /// Names of the sources; empty if no paths were given.
    pub(crate) sources: Vec<String>,
}

/// Opens the library and adds the files under `docs`. If it holds them all unchanged, it is opened for
/// reading only, so that it can be asked while a server has it open. The model is opened once and each
/// file is read once.
///
/// # Errors
/// The library cannot be opened, or none of the files can be added.
pub(crate) fn with_docs(
    settings: &Settings,
    docs: &[PathBuf],
    notes: &crate::commands::Notes,
) -> anyhow::Result<WithDocs> {
    if docs.is_empty() {
        return Ok(WithDocs { engine: open(settings, Access::ReadOnly)?, sources: Vec::new() });
    }
    let (files, failures) = files::collect(docs);
    if files.is_empty() {
        let first = failures.into_iter().next();
        return Err(first.unwrap_or_else(|| Failure::new("there are no documents to ask")).into());
    }
    for failure in failures {
        notes.warn(&failure.into());
    }
    let files = if exists(settings)? {
        compare(&Shelf::open(&settings.library()?, Access::ReadOnly)?, files)?
    } else {
        files.into_iter().map(|file| (file, Known::Nothing)).collect()
    };
    if files.iter().all(|(_, known)| matches!(known, Known::Held(_))) {
        let engine = open(settings, Access::ReadOnly)?;
        notes.say(&format!("{} unchanged", count(files.len(), "file")));
        let documents = files.into_iter().filter_map(|(_, known)| match known {
            Known::Held(documents) => Some(documents),
            _ => None,
        });
        let mut sources: Vec<String> = documents.flatten().map(|one| one.source).collect();
        sources.dedup();
        return Ok(WithDocs { engine, sources });
    }
    let engine = open(settings, Access::ReadWrite)?;
    let mut sources = Vec::new();
    let mut failed = Vec::new();
    let total = add(&engine, files, &Told::default(), notes.quiet(), |file, outcome| {
        match outcome {
            Ok(outcome) => {
                say_unread(notes, file, &outcome.unread);
                sources.extend(outcome.documents.into_iter().map(|one| one.source));
            }
            Err(error) => failed.push(error),
        }
        Ok(())
    })?;
    // Documents of one source are adjacent.
    sources.dedup();
    // If no file could be added, the last failure is the error; otherwise all are warnings.
    let fatal = if sources.is_empty() { failed.pop() } else { None };
    for error in &failed {
        notes.warn(error);
    }
    if let Some(error) = fatal {
        return Err(error);
    }
    notes.say(&summary(&total));
    Ok(WithDocs { engine, sources })
}

/// Says what of a file could not be read.
pub(crate) fn say_unread(notes: &crate::commands::Notes, file: &SourceFile, unread: &[String]) {
    for what in unread {
        notes.say(&format!("{}: {}", crate::text::clean(&file.name), crate::text::clean(what)));
    }
}

/// One line that sums up adding several files.
pub(crate) fn summary(total: &Total) -> String {
    let mut parts = Vec::new();
    for (number, what) in [
        (total.added, "added"),
        (total.replaced, "replaced"),
        (total.unchanged, "unchanged"),
        (total.failed, "failed"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    let files = total.added + total.replaced + total.unchanged + total.failed;
    let mut line = format!("{}: {}", count(files, "file"), parts.join(", "));
    if total.passages > 0 {
        line.push_str(&format!(
            " ({}, {} in {:.1} s)",
            count(total.documents, "document"),
            count(total.passages, "passage"),
            total.seconds
        ));
    }
    line
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: impl TryInto<u64> + Copy + Display, what: &str) -> String {
    let one = number.try_into().is_ok_and(|number| number == 1);
    format!("{number} {what}{}", if one { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_every_file() {
        let total = Total {
            added: 9,
            failed: 1,
            documents: 13,
            passages: 400,
            seconds: 12.34,
            ..Total::default()
        };
        assert_eq!(
            summary(&total),
            "10 files: 9 added, 1 failed (13 documents, 400 passages in 12.3 s)"
        );
        let total = Total { unchanged: 1, documents: 5, ..Total::default() };
        assert_eq!(summary(&total), "1 file: 1 unchanged");
    }
}
