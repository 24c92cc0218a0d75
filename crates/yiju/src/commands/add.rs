//! `yiju add`

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use serde::Serialize;
use yiju_engine::{Access, AddStatus, DocumentSummary};

use super::Context;
use crate::failure::{self, USER};
use crate::files::{self, SourceFile};
use crate::library::{self, Outcome, count};

/// From so many passages on, building the indexes takes long enough to be said.
const MANY: usize = 20_000;

/// Add files to the library, or replace them
///
/// A file that the library holds with the same bytes is skipped. Each file is safe on disk before its
/// line is printed; one that cannot be read is reported, and the others are added all the same. With
/// --json, a line of JSON for each file.
///
/// Files in JSON Lines (*.jsonl) hold many texts, one a line: `text`, and `title`, or `law`, `article`
/// and `version`. What has one title becomes one document, with each article under its number. Each
/// document is safe on its own: an interrupted add goes on where it was. Any file may be packed with
/// gzip (*.gz).
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  yiju add policies/\n  yiju add 意见.txt 通知.md\n  yiju add laws.jsonl.gz"
)]
pub(crate) struct Add {
    /// Files, or directories to search for *.txt and *.md (*.jsonl only where named)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// What `--json` prints for each file.
#[derive(Serialize)]
struct Line<'a> {
    source: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<&'a [DocumentSummary]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Reason>,
}

#[derive(Serialize)]
struct Reason {
    message: String,
    hint: Option<String>,
}

impl Add {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (files, failures) = files::collect(&self.paths);
        let missing = failures.len();
        let mut worst = if missing > 0 { USER } else { 0 };
        if files.is_empty() {
            for failure in failures {
                context.notes.error(&failure.into());
            }
            return Ok(ExitCode::from(worst));
        }
        // Opened before anything is reported: where the library is not usable, that is the news.
        let engine = library::open(&context.settings, Access::ReadWrite)?;
        for failure in failures {
            context.notes.error(&failure.into());
        }
        let mut total = library::add(&engine, &files, context.notes.quiet(), |file, outcome| {
            if let Outcome::Failed(error) = &outcome {
                context.notes.error(error);
                worst = worst.max(failure::code(error));
            }
            acknowledge(file, &outcome, context.json)
        })?;
        total.failed += missing;
        if total.passages >= MANY {
            context.notes.say("building the indexes");
        }
        let start = Instant::now();
        // They are derived: without them the next start takes longer, and nothing is lost.
        if let Err(error) = engine.save_indexes() {
            context.notes.warn(&error.into());
        }
        total.seconds += start.elapsed().as_secs_f64();
        // Where the only file failed, that has been said.
        if files.len() + missing > 1 || total.failed == 0 {
            context.notes.say(&library::summary(&total));
        }
        Ok(ExitCode::from(worst))
    }
}

/// Prints what became of a file; the line is out when this returns.
fn acknowledge(file: &SourceFile, outcome: &Outcome, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        let line = match outcome {
            Outcome::In(outcome) => Line {
                source: &file.name,
                status: word(outcome.status),
                documents: Some(&outcome.documents),
                error: None,
            },
            Outcome::Failed(error) => Line {
                source: &file.name,
                status: "failed",
                documents: None,
                error: Some(Reason {
                    message: failure::messages(error).join(": "),
                    hint: failure::hint(error),
                }),
            },
        };
        serde_json::to_writer(&mut out, &line)?;
        writeln!(out)?;
    } else if let Outcome::In(outcome) = outcome {
        let clauses = outcome
            .documents
            .iter()
            .map(|document| document.clauses)
            .sum();
        writeln!(
            out,
            "{:<9}  {}  ({}, {})",
            word(outcome.status),
            crate::text::clean(&file.name),
            count(outcome.documents.len(), "document"),
            count(clauses, "clause")
        )?;
    }
    out.flush()?;
    Ok(())
}

fn word(status: AddStatus) -> &'static str {
    match status {
        AddStatus::Added => "added",
        AddStatus::Replaced => "replaced",
        AddStatus::Unchanged => "unchanged",
    }
}
