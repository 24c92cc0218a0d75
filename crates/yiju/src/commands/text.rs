//! `yiju text`

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use yiju_engine::{FileReading, RecognisedPage, documents_of};

use super::Context;
use super::reading::{ReadFile, each_read, say_unread};

/// Print the text of a file as Yiju reads it, a paragraph or table row a line
///
/// Needs no library and no model. Before the first line of each page stands its number, `— 3 —`. What could not be
/// read is said on the error output. Of a ZIP archive each file stands under its name, `== a/b.docx ==`. Of pages that were recognised in pictures it says so, and how surely: `— 3
/// (recognised, 0.98) —`.
#[derive(Debug, Args)]
pub(crate) struct Text {
    /// The file: text, Markdown, PDF, Word, OFD, a web page, a sheet …
    file: PathBuf,
}

impl Text {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut out = io::stdout().lock();
        let mut first = true;
        each_read(context, &self.file, |file| {
            let text = match &file.reading {
                Some(reading) => with_pages(reading),
                None => plain(file)?,
            };
            if let Some(path) = &file.path {
                let gap = if first { "" } else { "\n" };
                writeln!(out, "{gap}== {} ==", crate::text::clean(path))
                    .context("cannot write the text")?;
            }
            first = false;
            write!(out, "{text}").context("cannot write the text")?;
            for what in file.reading.iter().flat_map(|reading| &reading.unread) {
                match &file.path {
                    Some(path) => say_unread(&format!("{path}: {what}")),
                    None => say_unread(what),
                }
            }
            Ok(())
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The clean text of a file that is plain text.
fn plain(file: &ReadFile) -> anyhow::Result<String> {
    let documents = documents_of(&file.source, None)?;
    let lines = documents.iter().map(|document| crate::text::clean(&document.text) + "\n");
    Ok(lines.collect())
}

/// The text of a file, with the number of each page before its first line.
fn with_pages(reading: &FileReading) -> String {
    let printed = reading.printed();
    let recognised = reading.recognised();
    let mut places = printed.places.iter().peekable();
    let (mut at, mut page) = (0, 0);
    let mut out = String::new();
    for line in printed.text.split_inclusive('\n') {
        let end = at + line.len();
        let mut first = None;
        while let Some(place) = places.next_if(|place| place.range.start < end) {
            first = first.or(Some(place.page));
        }
        if let Some(here) = first.filter(|&here| here > page) {
            page = here;
            let mark = recognised.iter().find(|found| found.page == page).map(mark);
            out.push_str(&format!("— {page}{} —\n", mark.unwrap_or_default()));
        }
        let cells: Vec<String> = line.split('\t').map(crate::text::clean).collect();
        out.push_str(&cells.join("\t"));
        at = end;
    }
    out
}

/// What stands beside the number of a page that was recognised.
fn mark(page: &RecognisedPage) -> String {
    match page.confidence {
        Some(sure) => format!(" (recognised, {})", crate::text::sureness(sure)),
        None => " (recognised)".to_owned(),
    }
}
