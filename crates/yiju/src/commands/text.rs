//! `yiju text`

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use yiju_engine::{RecognisedPage, documents_of, reading};

use super::Context;
use crate::{files, library};

/// Print the text of a file as Yiju reads it, a paragraph or table row a line
///
/// Needs no library and no model. Before the first line of each page stands its number, `— 3 —`. What could not be
/// read is said on the error output. Of pages that were recognised in pictures it says so, and how surely: `— 3
/// (recognised, 0.98) —`.
#[derive(Debug, Args)]
pub(crate) struct Text {
    /// The file: text, Markdown, PDF, Word, OFD, a web page, a sheet …
    file: PathBuf,
}

impl Text {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let source = files::one(&self.file)?;
        let mut out = io::stdout().lock();
        let recognition = library::recognition(&context.settings);
        let Some(reading) = reading(&source, &recognition)? else {
            for document in documents_of(&source, None)? {
                writeln!(out, "{}", crate::text::clean(&document.text))
                    .context("cannot write the text")?;
            }
            return Ok(ExitCode::SUCCESS);
        };
        let printed = reading.printed();
        let recognised = reading.recognised();
        let mut places = printed.places.iter().peekable();
        let (mut at, mut page) = (0, 0);
        for line in printed.text.split_inclusive('\n') {
            let end = at + line.len();
            let mut first = None;
            while let Some(place) = places.next_if(|place| place.range.start < end) {
                first = first.or(Some(place.page));
            }
            if let Some(here) = first.filter(|&here| here > page) {
                page = here;
                let mark = recognised.iter().find(|found| found.page == page).map(mark);
                writeln!(out, "— {page}{} —", mark.unwrap_or_default())
                    .context("cannot write the text")?;
            }
            let cells: Vec<String> = line.split('\t').map(crate::text::clean).collect();
            write!(out, "{}", cells.join("\t")).context("cannot write the text")?;
            at = end;
        }
        for unread in &reading.unread {
            eprintln!("not read: {}", crate::text::clean(unread));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What stands beside the number of a page that was recognised.
fn mark(page: &RecognisedPage) -> String {
    match page.confidence {
        Some(sure) => format!(" (recognised, {})", crate::text::sureness(sure)),
        None => " (recognised)".to_owned(),
    }
}
