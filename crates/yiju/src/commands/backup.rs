//! `yiju backup` and `yiju restore`

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{Context, print_json};
use crate::library::count;

/// Write the library to one file, while it may be in use
///
/// The file holds one committed state, checked before the file gets its name. An earlier backup
/// under the name is replaced; any other file is left alone.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  yiju backup /backups/policies.yiju")]
pub(crate) struct Backup {
    /// Where to write it
    file: PathBuf,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Written<'a> {
    file: &'a PathBuf,
    generation: u64,
    documents: u64,
    passages: u64,
    bytes: u64,
}

impl Backup {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let done = yiju_engine::backup(&context.settings.library()?, &self.file)?;
        if context.json {
            print_json(&Written {
                file: &self.file,
                generation: done.generation,
                documents: done.documents,
                passages: done.passages,
                bytes: done.bytes,
            })?;
        } else {
            writeln!(
                io::stdout().lock(),
                "backed up  {}  ({}, {} bytes, generation {})",
                crate::text::clean(&self.file.display().to_string()),
                count(done.documents, "document"),
                done.bytes,
                done.generation
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Restore the library from a backup
///
/// A new library is made whole or not at all. One that holds documents is overwritten only with
/// --replace, in one step, also while a server has it open: the server answers from the old documents
/// until the new ones are in place.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju restore /backups/policies.yiju\n  \
    yiju --library other restore /backups/policies.yiju")]
pub(crate) struct Restore {
    /// The backup
    file: PathBuf,
    /// Overwrite the documents that are in the library
    #[arg(long)]
    replace: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Restored {
    library: PathBuf,
    generation: u64,
    documents: u64,
    passages: u64,
    replaced_documents: Option<u64>,
}

impl Restore {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let library = context.settings.library()?;
        let done = yiju_engine::restore(&self.file, &library, self.replace)?;
        if context.json {
            print_json(&Restored {
                library,
                generation: done.generation,
                documents: done.documents,
                passages: done.passages,
                replaced_documents: done.replaced,
            })?;
        } else {
            writeln!(
                io::stdout().lock(),
                "restored  {}  ({}, generation {})",
                crate::text::clean(&library.display().to_string()),
                count(done.documents, "document"),
                done.generation
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
