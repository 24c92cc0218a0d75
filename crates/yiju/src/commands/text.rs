//! `yiju text`

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use yiju_engine::{documents, reading};

use crate::files;

/// Print the text of a file as Yiju reads it, a paragraph or table row a line
///
/// Needs no library and no model. Before the first line of each page stands its number, `— 3 —`. What could not be
/// read is said on the error output.
#[derive(Debug, Args)]
pub(crate) struct Text {
    /// The file: text, Markdown, PDF, Word, OFD, a web page, a sheet …
    file: PathBuf,
}

impl Text {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let source = files::one(&self.file)?;
        let mut out = io::stdout().lock();
        let Some(reading) = reading(&source)? else {
            for document in documents(&source)? {
                writeln!(out, "{}", crate::text::clean(&document.text))
                    .context("cannot write the text")?;
            }
            return Ok(ExitCode::SUCCESS);
        };
        let printed = reading.printed();
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
                writeln!(out, "— {page} —").context("cannot write the text")?;
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
