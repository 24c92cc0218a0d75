//! `yiju outline`

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use yiju_document::Document;

use super::reading::each_read;
use super::{Context, print_json};

/// Print the outline of a file: its documents, sections and clauses
///
/// Needs no library and no model. With --json, the parsed documents with all spans
/// and roles. Of a ZIP archive each file stands under its name; with --json, its path as `file` beside its `documents`.
#[derive(Debug, Args)]
pub(crate) struct Outline {
    /// The file
    file: PathBuf,
    /// Print each line after its role instead: title, opening, heading, lead-in, item, question, answer …
    #[arg(long)]
    roles: bool,
}

/// The documents of a file in an archive, with --json.
#[derive(Serialize)]
struct Held {
    /// Its path in the archive.
    file: String,
    documents: Vec<Document>,
}

impl Outline {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut out = io::stdout().lock();
        let (mut plain, mut held) = (Vec::new(), Vec::new());
        let mut first = true;
        each_read(context, &self.file, |file| {
            let documents = yiju_engine::documents_of(&file.source, file.reading.as_ref())?;
            let named = |what: String| match &file.path {
                Some(path) => format!("{}: {what}", crate::text::clean(path)),
                None => what,
            };
            for page in file.reading.iter().flat_map(|reading| reading.recognised()) {
                let how = crate::text::recognised(page.confidence);
                let what = format!("page {} was {how}; it may be misread", page.page);
                context.notes.say(&named(what));
            }
            if context.json {
                match &file.path {
                    Some(path) => held.push(Held { file: path.clone(), documents }),
                    None => plain = documents,
                }
                return Ok(());
            }
            let mut text = String::new();
            if let Some(path) = &file.path {
                text.push_str(&format!("== {} ==\n", crate::text::clean(path)));
            }
            let print =
                if self.roles { yiju_document::outline_roles } else { yiju_document::outline };
            let outlines: Vec<String> = documents
                .iter()
                .map(|document| crate::text::clean(&print(document)).trim_end().to_owned() + "\n")
                .collect();
            text.push_str(&outlines.join("\n"));
            let gap = if first { "" } else { "\n" };
            first = false;
            write!(out, "{gap}{text}").context("cannot write the outline")
        })?;
        drop(out);
        match (context.json, held.is_empty()) {
            (true, true) => print_json(&plain)?,
            (true, false) => print_json(&held)?,
            (false, _) => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}
