//! `yiju outline`

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::{Context, print_json};
use crate::{files, library};

/// Print the outline of a file: its documents, sections and clauses
///
/// Needs no library and no model. With --json, the parsed documents with all spans
/// and roles.
#[derive(Debug, Args)]
pub(crate) struct Outline {
    /// The file
    file: PathBuf,
    /// Print each line after its role instead: title, opening, heading, lead-in, item, question, answer …
    #[arg(long)]
    roles: bool,
}

impl Outline {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let source = files::one(&self.file)?;
        let recognition = library::recognition(&context.settings);
        let reading = yiju_engine::reading(&source, &recognition)?;
        let documents = yiju_engine::documents_of(&source, reading.as_ref())?;
        for page in reading.iter().flat_map(|reading| reading.recognised()) {
            let how = crate::text::recognised(page.confidence);
            context.notes.say(&format!("page {} was {how}; it may be misread", page.page));
        }
        if context.json {
            return print_json(&documents).map(|()| ExitCode::SUCCESS);
        }
        let mut out = io::stdout().lock();
        for (index, document) in documents.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            let print =
                if self.roles { yiju_document::outline_roles } else { yiju_document::outline };
            let outline = crate::text::clean(&print(document));
            writeln!(out, "{}", outline.trim_end()).context("cannot write the outline")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
