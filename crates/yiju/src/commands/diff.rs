//! `yiju diff`

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use yiju_document::Document;
use yiju_engine::{Access, Comparison, DiffEntry, EntryKind, Piece, PieceKind, Shelf, Side};

use super::{Context, print_json};
use crate::failure::Failure;
use crate::terminal::Style;
use crate::text::{clean, wrap};
use crate::{files, library};

/// Compare two versions of a document, clause by clause
///
/// What changed, split, merged, is new or gone, with [-the old words-] and {+the new words+}; and what stands under another
/// number or elsewhere. Needs no model.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  yiju diff 办法2015.txt 办法2023.txt\n  yiju diff 811f41aef1b48c2d b943f526a5d784fa"
)]
pub(crate) struct Diff {
    /// The old version: a file, or the id of a document of the library
    old: String,
    /// The new version
    new: String,
    /// Also what is the same
    #[arg(long)]
    all: bool,
}

impl Diff {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let old = document(context, &self.old)?;
        let new = document(context, &self.new)?;
        let comparison = yiju_diff::compare(&old, &new);
        if context.json {
            print_json(&comparison)?;
        } else {
            show(context, &comparison, self.all, &mut io::stdout().lock())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The one document of a file, or that of an id.
fn document(context: &Context, name: &str) -> anyhow::Result<Document> {
    let path = Path::new(name);
    if path.exists() {
        let source = files::one(path)?;
        let reading = yiju_engine::reading(
            &source,
            yiju_engine::detect(&source.bytes),
            &library::recognition(&context.settings),
        )?;
        let mut documents = yiju_engine::documents_of(&source, reading.as_ref())?;
        if documents.len() > 1 {
            let count = documents.len();
            return Err(Failure::new(format!("{name} is {count} documents, and one is compared"))
                .hint("add the file to a library, and compare by the ids that `yiju list` shows")
                .into());
        }
        let none = || Failure::new(format!("{name} has no document"));
        return Ok(documents.pop().ok_or_else(none)?);
    }
    let shelf = Shelf::open(&context.settings.library()?, Access::ReadOnly)?;
    let found = shelf.document(name)?;
    Ok(found.ok_or_else(|| {
        Failure::new(format!("{name} is neither a file nor the id of a document"))
            .hint("`yiju list` shows the ids")
    })?)
}

fn show(
    context: &Context,
    comparison: &Comparison,
    all: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let view = context.view();
    for entry in &comparison.entries {
        let still = entry.kind == EntryKind::Same && !entry.moved && !entry.renumbered;
        if still && !all {
            continue;
        }
        writeln!(out, "{}", view.paint.paint(Style::Title, &clean(&head(entry))))?;
        let words = match entry.kind {
            EntryKind::Same => String::new(),
            EntryKind::Added => text_of(&entry.new),
            EntryKind::Removed => text_of(&entry.old),
            EntryKind::Changed | EntryKind::Split | EntryKind::Merged => marked(&entry.pieces),
        };
        if !words.is_empty() {
            writeln!(out, "{}", wrap(&clean(&words), view.columns, "    "))?;
        }
    }
    let counts = comparison.counts;
    let mut said: Vec<String> = Vec::new();
    for (number, what) in [
        (counts.changed, "changed"),
        (counts.split, "split"),
        (counts.merged, "merged"),
        (counts.added, "added"),
        (counts.removed, "removed"),
        (counts.same, "of the same words"),
        (counts.renumbered, "renumbered"),
        (counts.moved, "moved"),
    ] {
        if number > 0 {
            said.push(format!("{number} {what}"));
        }
    }
    context.notes.say(&said.join(", "));
    Ok(())
}

/// What became of which clauses: `第二条 > 第三条  changed, renumbered`.
fn head(entry: &DiffEntry) -> String {
    let labels = |sides: &[Side]| {
        let named = sides.iter().map(|side| match side.label.as_str() {
            "" => side.path.last().map_or("-", String::as_str).to_owned(),
            label => label.to_owned(),
        });
        named.collect::<Vec<_>>().join("、")
    };
    let (old, new) = (labels(&entry.old), labels(&entry.new));
    let place = match (entry.old.is_empty(), entry.new.is_empty()) {
        (true, _) => new,
        (_, true) => old,
        _ if old == new => new,
        _ => format!("{old} > {new}"),
    };
    let mut what = vec![match entry.kind {
        EntryKind::Same => "same words",
        EntryKind::Changed => "changed",
        EntryKind::Split => "split",
        EntryKind::Merged => "merged",
        EntryKind::Added => "added",
        EntryKind::Removed => "removed",
    }];
    what.extend(entry.renumbered.then_some("renumbered"));
    what.extend(entry.moved.then_some("moved"));
    format!("{place}  {}", what.join(", "))
}

fn text_of(sides: &[Side]) -> String {
    sides.iter().map(|side| side.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// The words with their changes marked, as `wdiff` marks them.
fn marked(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece.kind {
            PieceKind::Equal => piece.text.clone(),
            PieceKind::Delete => format!("[-{}-]", piece.text),
            PieceKind::Insert => format!("{{+{}+}}", piece.text),
        })
        .collect()
}
