//! `yiju add`

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use jiff::civil::Date;
use serde::Serialize;
use yiju_engine::{Access, AddOutcome, DateKind, DocumentSummary, Told};

use super::Context;
use crate::failure::{self, Failure, USER};
use crate::files::{self, Form, SourceFile};
use crate::library::{self, Known, count};

/// Number of passages from which building the indexes takes long enough to be announced.
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
///
/// Each file in a ZIP archive is a source of its own, named ARCHIVE/PATH; those that cannot be read are named.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  yiju add policies/\n  yiju add 意见.txt 通知.md\n  yiju add laws.jsonl.gz\n  \
        yiju add 办法2023.txt --replaces 3f0c… --effective 2023-11-01"
)]
pub(crate) struct Add {
    /// Files, or directories to search for text, Markdown, PDF, Word, OFD, web pages, sheets and ZIP archives (*.jsonl only where named)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Keep what was read of PDF, Word and the like, and not the files themselves
    #[arg(long)]
    discard_originals: bool,
    #[command(flatten)]
    told: ToldArgs,
}

/// What is said of the time of one document, beside or against what its text says.
#[derive(Debug, Args)]
#[command(next_help_heading = "When the document is in force (for one file that is one document)")]
struct ToldArgs {
    /// The day since when this text is in force
    #[arg(long, value_name = "YYYY-MM-DD")]
    effective: Option<Date>,
    /// The first day on which it is in force no more
    #[arg(long, value_name = "YYYY-MM-DD")]
    repealed: Option<Date>,
    /// The last day on which it is in force
    #[arg(long, value_name = "YYYY-MM-DD")]
    expires: Option<Date>,
    /// Another of its days: adopted, promulgated, amended; may be repeated
    #[arg(long = "date", value_name = "KIND=YYYY-MM-DD", value_parser = kind_and_day)]
    dates: Vec<(DateKind, Date)>,
    /// Id of a document whose place it takes when it comes into force; may be repeated
    #[arg(long, value_name = "ID")]
    replaces: Vec<String>,
}

impl ToldArgs {
    fn told(&self) -> Told {
        let named = [
            (DateKind::Effective, self.effective),
            (DateKind::Repealed, self.repealed),
            (DateKind::Expires, self.expires),
        ];
        let named = named.into_iter().filter_map(|(kind, day)| Some((kind, day?)));
        let days = self.dates.iter().copied().chain(named).collect();
        Told { days, replaces: self.replaces.clone() }
    }
}

/// `adopted=2015-06-01`
fn kind_and_day(text: &str) -> Result<(DateKind, Date), String> {
    let (name, day) = text.split_once('=').ok_or("it is not KIND=YYYY-MM-DD")?;
    let kind = DateKind::ALL
        .into_iter()
        .find(|kind| kind.name() == name)
        .ok_or_else(|| format!("the kinds are {}", DateKind::ALL.map(DateKind::name).join(", ")))?;
    Ok((kind, day.parse().map_err(|_| format!("{day} is not a day as 2015-06-01"))?))
}

/// What `--json` prints for each file.
#[derive(Serialize)]
struct Line<'a> {
    source: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<&'a [DocumentSummary]>,
    /// What of the file could not be read.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unread: &'a [String],
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
        let told = self.told.told();
        let one = files.len() == 1 && missing == 0 && files[0].form() == Form::Text;
        if !told.is_empty() && !one {
            return Err(Failure::new(
                "days and --replaces are told of one document, not of several",
            )
            .hint("add each file by itself, with what is to be told of it")
            .into());
        }
        // Opened first: an unusable library matters more than a missing file.
        let engine = library::open(&context.settings, Access::ReadWrite)?;
        engine.keep_originals(!self.discard_originals);
        for failure in failures {
            context.notes.error(&failure.into());
        }
        let given = files.len() + missing;
        let files = files.into_iter().map(|file| (file, Known::Nothing));
        let quiet = context.notes.quiet();
        let mut total = library::add(&engine, files.collect(), &told, quiet, |file, outcome| {
            match &outcome {
                Ok(outcome) => library::say_unread(&context.notes, file, &outcome.unread),
                Err(error) => {
                    context.notes.error(error);
                    worst = worst.max(failure::code(error));
                }
            }
            acknowledge(file, &outcome, context.json)
        })?;
        total.failed += missing;
        if total.passages >= MANY {
            context.notes.say("building the indexes");
        }
        let start = Instant::now();
        // Indexes are derived: without them the next start only takes longer.
        if let Err(error) = engine.save_indexes() {
            context.notes.warn(&error.into());
        }
        total.seconds += start.elapsed().as_secs_f64();
        // If the only file failed, its error says it all.
        if given > 1 || total.failed == 0 {
            context.notes.say(&library::summary(&total));
        }
        Ok(ExitCode::from(worst))
    }
}

/// Prints what became of a file, and flushes the line.
fn acknowledge(
    file: &SourceFile,
    outcome: &anyhow::Result<AddOutcome>,
    json: bool,
) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        let line = match outcome {
            Ok(outcome) => Line {
                source: &file.name,
                status: outcome.status.name(),
                documents: Some(&outcome.documents),
                unread: &outcome.unread,
                error: None,
            },
            Err(error) => Line {
                source: &file.name,
                status: "failed",
                documents: None,
                unread: &[],
                error: Some(Reason {
                    message: failure::messages(error).join(": "),
                    hint: failure::hint(error),
                }),
            },
        };
        serde_json::to_writer(&mut out, &line)?;
        writeln!(out)?;
    } else if let Ok(outcome) = outcome {
        let clauses: usize = outcome.documents.iter().map(|document| document.clauses).sum();
        writeln!(
            out,
            "{:<9}  {}  ({}, {})",
            outcome.status.name(),
            crate::text::clean(&file.name),
            count(outcome.documents.len(), "document"),
            count(clauses, "clause")
        )?;
    }
    out.flush()?;
    Ok(())
}
