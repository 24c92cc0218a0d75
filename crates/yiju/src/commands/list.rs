//! `yiju list`

use std::io;
use std::process::ExitCode;

use clap::Args;
use yiju_engine::{Access, DocumentPage, DocumentSummary, Engine};

use super::{Context, print_json};
use crate::library;

/// List the documents of the library
#[derive(Debug, Args)]
pub(crate) struct List {}

impl List {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let engine = library::open(&context.settings, Access::ReadOnly)?;
        let documents = all(&engine)?;
        if context.json {
            print_json(&DocumentPage {
                documents,
                next_cursor: None,
            })?;
        } else if documents.is_empty() {
            context.notes.say("the library is empty");
            context
                .notes
                .hint(Some("add documents with `yiju add PATH`".to_owned()));
        } else {
            context
                .view()
                .documents(&documents, &mut io::stdout().lock())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// All documents of the library.
pub(crate) fn all(engine: &Engine) -> anyhow::Result<Vec<DocumentSummary>> {
    const PAGE: usize = 500;
    let mut documents = Vec::new();
    let mut cursor = None;
    loop {
        let page = engine.documents(cursor.as_deref(), PAGE)?;
        documents.extend(page.documents);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(documents);
        }
    }
}
