//! `yiju list`

use std::io;
use std::process::ExitCode;

use clap::Args;
use jiff::civil::Date;
use yiju_engine::{Access, DocumentPage, Shelf};

use super::{Context, print_json};

/// List the documents of the library
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only documents that have other versions, those of one law together, with when each is in force
    #[arg(long)]
    versions: bool,
    /// The day on which it counts whether a version is in force [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "versions")]
    as_of: Option<Date>,
}

impl List {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let shelf = Shelf::open(&context.settings.library()?, Access::ReadOnly)?;
        if self.versions {
            let families = shelf.families(self.as_of)?;
            if context.json {
                print_json(&families)?;
            } else if families.is_empty() {
                context.notes.say("no document has another version");
            } else {
                context.view().families(&families, &mut io::stdout().lock())?;
            }
            return Ok(ExitCode::SUCCESS);
        }
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
