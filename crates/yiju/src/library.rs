//! Opens the library, and brings files into it.

use std::path::PathBuf;

use sha2::{Digest, Sha256};
use yiju_document::group_corpus;
use yiju_engine::{
    Access, AddOutcome, AddStatus, CrossEncoder, Engine, EngineError, EngineOptions, Source,
};

use crate::cli;
use crate::config::Settings;
use crate::failure::Failure;
use crate::files::{self, Form, SourceFile};
use crate::model;
use crate::progress::AddProgress;

/// Opens the library of these settings.
///
/// # Errors
/// An unknown model, a library of another version or model, one that another process writes to.
pub(crate) fn open(settings: &Settings, access: Access) -> anyhow::Result<Engine> {
    let options = EngineOptions {
        library: settings.library()?,
        model: model::find(settings.model.as_deref())?,
        access,
        threads: settings.threads,
        precision: precision(settings.precision),
    };
    tracing::debug!(library = %options.library.display(), model = %options.model.display(), "opening");
    let engine = Engine::open(options)?;
    let Some(reranker) = &settings.reranker else {
        return Ok(engine);
    };
    Ok(engine.with_reranker(CrossEncoder::open(reranker).map_err(EngineError::from)?))
}

/// The model crate's word for it.
pub(crate) fn precision(precision: cli::Precision) -> yiju_embed::Precision {
    match precision {
        cli::Precision::Int8 => yiju_embed::Precision::Int8,
        cli::Precision::F32 => yiju_embed::Precision::F32,
    }
}

/// What became of one file.
pub(crate) enum Outcome {
    /// It is in the library.
    In(AddOutcome),
    /// It is not, and this is why.
    Failed(anyhow::Error),
}

/// Adds `files` one by one, each durable before the next, and gives each outcome to `each` as soon
/// as it is known.
///
/// # Errors
/// Only those of `each`; a file that fails does not stop the others.
pub(crate) fn add(
    engine: &Engine,
    files: &[SourceFile],
    quiet: bool,
    mut each: impl FnMut(&SourceFile, Outcome) -> anyhow::Result<()>,
) -> anyhow::Result<Total> {
    let mut total = Total::default();
    let progress = AddProgress::new(
        files.len(),
        files.iter().map(|file| file.bytes).sum(),
        quiet,
    );
    let held = engine.hold_rebuilds();
    for file in files {
        let outcome = match add_one(engine, file, &progress) {
            Ok(outcome) => Outcome::In(outcome),
            Err(error) => Outcome::Failed(error),
        };
        total.count(&outcome);
        let unchanged = matches!(&outcome, Outcome::In(it) if it.status == AddStatus::Unchanged);
        progress.file_done(file.bytes, unchanged);
        progress.aside(|| each(file, outcome))?;
    }
    drop(held);
    total.passages = progress.passages();
    total.seconds = progress.elapsed().as_secs_f64();
    Ok(total)
}

fn add_one(
    engine: &Engine,
    file: &SourceFile,
    progress: &AddProgress,
) -> anyhow::Result<AddOutcome> {
    if file.form() == Form::Corpus {
        let entries = files::read_entries(file)?;
        let outcome = engine.add_corpus(&file.prefix(), &entries, &|at| {
            progress.at_corpus(&file.name, file.bytes, at);
        })?;
        return Ok(AddOutcome {
            status: outcome.status,
            documents: outcome.documents,
        });
    }
    let bytes = files::read(file)?;
    let source = Source {
        name: file.name.clone(),
        title: None,
        bytes,
    };
    Ok(engine.add(source, &|at| progress.at(&file.name, file.bytes, at))?)
}

/// What an add of several files came to.
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
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Failed(_) => self.failed += 1,
            Outcome::In(outcome) => {
                self.documents += outcome.documents.len();
                match outcome.status {
                    AddStatus::Added => self.added += 1,
                    AddStatus::Replaced => self.replaced += 1,
                    AddStatus::Unchanged => self.unchanged += 1,
                }
            }
        }
    }
}

/// Those of `files` that the library does not hold with the same bytes. A file that cannot be read
/// is among them: adding it will say why.
///
/// # Errors
/// Where the library cannot be read.
pub(crate) fn changed(engine: &Engine, files: &[SourceFile]) -> anyhow::Result<Vec<SourceFile>> {
    let mut changed = Vec::new();
    for file in files {
        if !holds(engine, file)? {
            changed.push(file.clone());
        }
    }
    Ok(changed)
}

fn holds(engine: &Engine, file: &SourceFile) -> anyhow::Result<bool> {
    if file.form() == Form::Corpus {
        let Ok(entries) = files::read_entries(file) else {
            return Ok(false);
        };
        for group in group_corpus(&entries) {
            if !engine.holds(&format!("{}{}", file.prefix(), group.name), &group.sha256())? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    match files::read(file) {
        Ok(bytes) => Ok(engine.holds(&file.name, &sha256(&bytes))?),
        Err(_) => Ok(false),
    }
}

/// The names of the sources that the library has of `file`.
fn sources(engine: &Engine, file: &SourceFile) -> anyhow::Result<Vec<String>> {
    if file.form() == Form::Text {
        return Ok(vec![file.name.clone()]);
    }
    let prefix = file.prefix();
    let mut names = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = engine.documents(cursor.as_deref(), 1_000)?;
        let found = page.documents.into_iter().map(|document| document.source);
        names.extend(found.filter(|name| name.starts_with(&prefix)));
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(names),
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The library, with the files under `docs` in it, and the names of their sources.
pub(crate) struct WithDocs {
    pub(crate) engine: Engine,
    /// Names of the sources; empty where no paths were given.
    pub(crate) sources: Vec<String>,
}

/// Opens the library after bringing the files under `docs` into it; only for reading where it holds
/// them all already, so that it can be asked while a server has it open.
///
/// # Errors
/// Where the library cannot be opened or none of the files can be added.
pub(crate) fn with_docs(
    settings: &Settings,
    docs: &[PathBuf],
    notes: &crate::commands::Notes,
) -> anyhow::Result<WithDocs> {
    if docs.is_empty() {
        return Ok(WithDocs {
            engine: open(settings, Access::ReadOnly)?,
            sources: Vec::new(),
        });
    }
    let (files, failures) = files::collect(docs);
    if files.is_empty() {
        let first = failures.into_iter().next();
        return Err(first
            .unwrap_or_else(|| Failure::new("there are no documents to ask"))
            .into());
    }
    for failure in failures {
        notes.warn(&failure.into());
    }
    let exists = settings
        .library()?
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some());
    if exists {
        let engine = open(settings, Access::ReadOnly)?;
        if changed(&engine, &files)?.is_empty() {
            notes.say(&unchanged(&files));
            let mut sources = Vec::new();
            for file in &files {
                sources.extend(self::sources(&engine, file)?);
            }
            return Ok(WithDocs { engine, sources });
        }
    }
    let engine = open(settings, Access::ReadWrite)?;
    let mut sources = Vec::new();
    let mut failed = Vec::new();
    let total = add(&engine, &files, notes.quiet(), |file, outcome| {
        match outcome {
            Outcome::In(_) => sources.extend(self::sources(&engine, file)?),
            Outcome::Failed(error) => failed.push(error),
        }
        Ok(())
    })?;
    // With nothing to answer from, the last reason is the error; otherwise all are warnings.
    let fatal = if sources.is_empty() {
        failed.pop()
    } else {
        None
    };
    for error in &failed {
        notes.warn(error);
    }
    if let Some(error) = fatal {
        return Err(error);
    }
    notes.say(&summary(&total));
    Ok(WithDocs { engine, sources })
}

fn unchanged(files: &[SourceFile]) -> String {
    format!("{} unchanged", count(files.len(), "file"))
}

/// One line about an add of several files.
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
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
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
        let total = Total {
            unchanged: 1,
            documents: 5,
            ..Total::default()
        };
        assert_eq!(summary(&total), "1 file: 1 unchanged");
    }

    #[test]
    fn the_hash_is_lower_case_hex() {
        assert_eq!(sha256(b"")[..8], *"e3b0c442");
    }
}
