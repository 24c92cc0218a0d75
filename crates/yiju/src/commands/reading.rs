//! What the commands that look at a file read of it: in a ZIP archive, of each file.

use std::ops::ControlFlow;
use std::path::Path;

use yiju_engine::{
    EngineError, FileReading, Format, FormatError, Source, SourcePart, each_file, reading,
};

use super::Context;
use crate::{files, library};

/// A file that was read.
pub(super) struct ReadFile {
    /// Its path in the archive; `None` where the file is none.
    pub(super) path: Option<String>,
    pub(super) source: Source,
    /// What it holds; `None` for plain text.
    pub(super) reading: Option<FileReading>,
}

/// Reads the file at `path`, or each file in it. Those in an archive that cannot be read are named on the error output.
///
/// # Errors
/// The file cannot be read, or none of those in it; errors of `each`, except those of one file of an archive.
pub(super) fn each_read(
    context: &Context,
    path: &Path,
    mut each: impl FnMut(&ReadFile) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let source = files::one(path)?;
    let whole = source.name.clone();
    let recognition = library::recognition(&context.settings);
    let (mut read, mut unread, mut fatal) = (0, Vec::new(), None);
    each_file(source, &mut |SourcePart { path, source, format }| {
        let one = || -> anyhow::Result<()> {
            let source = source.map_err(|error| {
                let source_name = path.clone().unwrap_or_default();
                EngineError::Format { source_name, source: error }
            })?;
            let reading = reading(&source, format, &recognition)?;
            each(&ReadFile { path: path.clone(), source, reading })
        };
        match (one(), &path) {
            (Ok(()), _) => read += 1,
            (Err(error), Some(path)) => match of_file(&error) {
                Some(why) => {
                    let why = format!("{path}: {why}");
                    say_unread(&why);
                    unread.push(why);
                }
                None => fatal = Some(error),
            },
            (Err(error), None) => fatal = Some(error),
        }
        if fatal.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if let Some(error) = fatal {
        return Err(error);
    }
    if read == 0 {
        let source = FormatError::nothing_read(Format::Zip, &unread);
        return Err(EngineError::Format { source_name: whole, source }.into());
    }
    Ok(())
}

/// Says what could not be read.
pub(super) fn say_unread(what: &str) {
    eprintln!("not read: {}", crate::text::clean(what));
}

/// Why a file cannot be read, where that is its own fault.
fn of_file(error: &anyhow::Error) -> Option<String> {
    match error.downcast_ref::<EngineError>()? {
        EngineError::Format { source, .. } => Some(source.to_string()),
        EngineError::Document { source, .. } => Some(source.to_string()),
        _ => None,
    }
}
