//! `yiju list`

use std::io;
use std::process::ExitCode;

use clap::Args;
use yiju_engine::{Access, DocumentPage, Shelf};

use super::{Context, print_json};

/// List the documents of the library
#[derive(Debug, Args)]
pub(crate) struct List {}

impl List {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let shelf = Shelf::open(&context.settings.library()?, Access::ReadOnly)?;
        let documents = shelf.documents()?;
        if context.json {
            print_json(&DocumentPage { documents, next_cursor: None })?;
        } else if documents.is_empty() {
            context.notes.say("the library is empty");
            context.notes.hint("add documents with `yiju add PATH`");
        } else {
            context.view().documents(&documents, &mut io::stdout().lock())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
