//! Adding a ZIP archive: each file in it is a source, named by the archive and its path there.

use std::cell::Cell;
use std::collections::HashSet;
use std::ops::ControlFlow;

use yiju_format::{Format, FormatError, Limits, Packed, detect, each_packed};
use yiju_store::{Told, check_name};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::keep::corpus::remove_sources;
use crate::keep::ingest::{self, AddOutcome, AddStatus, Source, source_hash};
use crate::keep::passages::Progress;

/// Whether a source is an archive of files.
pub(crate) fn is_archive(source: &Source) -> bool {
    detect(&source.bytes) == Format::Zip
}

/// What the names of the sources in an archive of this name begin with.
fn prefix(name: &str) -> String {
    format!("{name}/")
}

/// Adds what is in an archive. Files that cannot be read are named in the outcome; what was read of them before stays.
/// Sources of the archive that are no longer in it are removed in the end.
///
/// # Errors
/// If it is no whole archive or none of its files can be read; and as adding a file, if that is no fault of the file.
pub(crate) fn add(
    engine: &Engine,
    source: &Source,
    progress: &dyn Fn(Progress),
) -> Result<AddOutcome, EngineError> {
    if let Some(title) = &source.title {
        return Err(EngineError::OutOfRange {
            what: "the title of a ZIP archive",
            range: "left out: each of its files has its own".into(),
            value: format!("`{title}`"),
        });
    }
    let prefix = prefix(&source.name);
    let mut outcome = AddOutcome::unchanged(Vec::new());
    let mut fatal = None;
    let mut names = HashSet::new();
    let embedded = Cell::new(0);
    let opened = each_packed(&source.bytes, &Limits::default(), &mut |packed| {
        let Packed { name, bytes, format, part } = packed;
        let before = embedded.get();
        let within = |at: Progress| {
            embedded.set(before + at.passages_done);
            progress(Progress {
                passages_done: before + at.passages_done,
                passages_total: before + at.passages_total,
                share: part.start + (part.end - part.start) * at.share,
            });
        };
        let whole = format!("{prefix}{name}");
        match one(engine, whole.clone(), bytes, format, &within) {
            Ok(Ok(added)) => merge(&mut outcome, &name, added),
            Ok(Err(why)) => outcome.unread.push(format!("{name}: {why}")),
            Err(error) => {
                fatal = Some(error);
                return ControlFlow::Break(());
            }
        }
        names.insert(whole);
        ControlFlow::Continue(())
    });
    if let Some(error) = fatal {
        return Err(error);
    }
    let refused = |error| EngineError::Format { source_name: source.name.clone(), source: error };
    opened.map_err(refused)?;
    if outcome.documents.is_empty() {
        return Err(refused(FormatError::nothing_read(Format::Zip, &outcome.unread)));
    }
    let gone = |source: &str| source.starts_with(&prefix) && !names.contains(source);
    if remove_sources(&engine.library, gone)? {
        outcome.status = AddStatus::Replaced;
    }
    Ok(outcome)
}

/// Adds a file of an archive; the inner error is one of the file alone, in words.
fn one(
    engine: &Engine,
    name: String,
    bytes: Result<Vec<u8>, FormatError>,
    format: Format,
    progress: &dyn Fn(Progress),
) -> Result<Result<AddOutcome, String>, EngineError> {
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(error.to_string())),
    };
    if let Err(reason) = check_name(&name) {
        return Ok(Err(reason));
    }
    let told = Told::default();
    match ingest::add(engine, Source { name, title: None, bytes }, format, &told, progress) {
        Ok(added) => Ok(Ok(added)),
        Err(EngineError::Format { source, .. }) => Ok(Err(source.to_string())),
        Err(EngineError::Document { source, .. }) => Ok(Err(source.to_string())),
        Err(error) => Err(error),
    }
}

/// Counts what became of a file.
fn merge(outcome: &mut AddOutcome, name: &str, added: AddOutcome) {
    outcome.status = match (outcome.status, added.status) {
        (AddStatus::Replaced, _) | (_, AddStatus::Replaced) => AddStatus::Replaced,
        (AddStatus::Added, _) | (_, AddStatus::Added) => AddStatus::Added,
        (AddStatus::Unchanged, AddStatus::Unchanged) => AddStatus::Unchanged,
    };
    outcome.documents.extend(added.documents);
    outcome.unread.extend(added.unread.into_iter().map(|what| format!("{name}: {what}")));
}

/// A file of a source: the source itself, or one in it where it is an archive.
#[derive(Clone, Debug)]
pub struct SourcePart {
    /// Its path in the archive; `None` where the source is none.
    pub path: Option<String>,
    /// The file as a source of its own, or why it cannot be had.
    pub source: Result<Source, FormatError>,
    /// The format of its bytes.
    pub format: Format,
}

/// Gives the files of a source, as adding it takes them: those in an archive one by one, in their order.
///
/// # Errors
/// [`EngineError::Format`] if it is an archive that is damaged or over a limit.
pub fn each_file(
    source: Source,
    each: &mut dyn FnMut(SourcePart) -> ControlFlow<()>,
) -> Result<(), EngineError> {
    let format = detect(&source.bytes);
    if format != Format::Zip {
        let _ = each(SourcePart { path: None, source: Ok(source), format });
        return Ok(());
    }
    let prefix = prefix(&source.name);
    let opened = each_packed(&source.bytes, &Limits::default(), &mut |packed| {
        let Packed { name: path, bytes, format, .. } = packed;
        let name = format!("{prefix}{path}");
        let source = bytes.map(|bytes| Source { name, title: None, bytes });
        each(SourcePart { path: Some(path), source, format })
    });
    opened.map_err(|error| EngineError::Format { source_name: source.name, source: error })
}

/// The names of the sources in an archive and the hashes under which they are kept; `None` if one cannot be unpacked.
pub(crate) fn contents(source: &Source) -> Option<Vec<(String, String)>> {
    let prefix = prefix(&source.name);
    let mut contents = Some(Vec::new());
    let opened = each_packed(&source.bytes, &Limits::default(), &mut |packed| {
        let Ok(bytes) = packed.bytes else {
            contents = None;
            return ControlFlow::Break(());
        };
        let file = Source { name: format!("{prefix}{}", packed.name), title: None, bytes };
        let sha256 = source_hash(&file);
        contents.get_or_insert_default().push((file.name, sha256));
        ControlFlow::Continue(())
    });
    contents.filter(|_| opened.is_ok())
}
