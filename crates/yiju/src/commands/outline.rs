//! `yiju outline`

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use yiju_engine::EngineError;

use super::{Context, print_json};
use crate::failure::Failure;
use crate::files;

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
        let shown = self.file.display();
        if self.file.is_dir() {
            return Err(Failure::new(format!("{shown} is a directory"))
                .hint("name one file: `yiju outline FILE`")
                .into());
        }
        let (found, mut failures) = files::collect(std::slice::from_ref(&self.file));
        let file = match (found.into_iter().next(), failures.pop()) {
            (Some(file), _) => file,
            (None, Some(failure)) => return Err(failure.into()),
            (None, None) => return Err(Failure::new(format!("cannot read {shown}")).into()),
        };
        let bytes = files::read_bytes(&file)?;
        let documents = yiju_document::parse_file(&file.name, &bytes)
            .map_err(|source| EngineError::Document { source_name: file.name.clone(), source })?;
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
