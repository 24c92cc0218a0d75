//! `yiju remove`

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use yiju_engine::{Access, DocumentSummary, Shelf};

use super::{Context, print_json};
use crate::failure::Failure;
use crate::files;

/// Remove documents from the library
///
/// Where one of the names is unknown, nothing is removed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  yiju remove 3f2a9c0d11e8b7a4\n  yiju remove policies/意见.txt"
)]
pub(crate) struct Remove {
    /// A document's id, or a source or corpus file, all of whose documents go
    #[arg(required = true, value_name = "ID|SOURCE")]
    names: Vec<String>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Removed {
    removed: Vec<DocumentSummary>,
}

impl Remove {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        // Without model and indexes, so that a document with damaged vectors can be removed, too.
        let shelf = Shelf::open(&context.settings.library()?, Access::ReadWrite)?;
        let going = match shelf.documents() {
            Ok(documents) => going(&documents, &self.names)?,
            // Even if the listing is damaged, documents can be removed by id.
            Err(error) => {
                for name in &self.names {
                    if !shelf.contains(name)? {
                        return Err(error.into());
                    }
                }
                for id in &self.names {
                    shelf.remove(id)?;
                }
                return removed(context, &self.names);
            }
        };
        for document in &going {
            shelf.remove(&document.id)?;
        }
        if context.json {
            print_json(&Removed { removed: going })?;
        } else {
            let mut out = io::stdout().lock();
            for document in going {
                writeln!(out, "removed  {}  {}", document.id, crate::text::clean(&document.title))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The documents with these ids or sources, without duplicates.
fn going(documents: &[DocumentSummary], names: &[String]) -> Result<Vec<DocumentSummary>, Failure> {
    let mut going: Vec<DocumentSummary> = Vec::new();
    for name in names {
        for document in choose(documents, name)? {
            if going.iter().all(|known| known.id != document.id) {
                going.push(document.clone());
            }
        }
    }
    Ok(going)
}

/// Prints removed documents of which only the id could be read.
fn removed(context: &Context, ids: &[String]) -> anyhow::Result<ExitCode> {
    if context.json {
        let removed: Vec<_> = ids.iter().map(|id| serde_json::json!({"id": id})).collect();
        print_json(&serde_json::json!({"removed": removed}))?;
    } else {
        let mut out = io::stdout().lock();
        for id in ids {
            writeln!(out, "removed  {}", crate::text::clean(id))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn choose<'a>(
    documents: &'a [DocumentSummary],
    name: &str,
) -> Result<Vec<&'a DocumentSummary>, Failure> {
    let here = std::env::current_dir().ok();
    let path = files::name(Path::new(name), here.as_deref()).ok();
    let chosen: Vec<_> = documents
        .iter()
        .filter(|document| {
            let is = |name: &str| files::is_source_of(&document.source, name);
            document.id == name || is(name) || path.as_deref().is_some_and(is)
        })
        .collect();
    if chosen.is_empty() {
        return Err(Failure::new(format!(
            "no document has the id or the source {name}; nothing was removed"
        ))
        .hint("`yiju list` shows the ids and sources"));
    }
    Ok(chosen)
}
