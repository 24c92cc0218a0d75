//! `yiju check`

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use yiju_engine::{Advice, Checked, CheckedModel, IndexState};

use super::{Context, print_json};
use crate::failure::USER;
use crate::library::{self, count};
use crate::model;
use crate::text::clean;

/// Verify the library, and repair derived data
///
/// Reads everything: texts and their SHA-256, spans, vectors, token vectors, counts and the saved
/// indexes. The exit code is 0 where all is sound, 1 where something is damaged. The library may be
/// in use meanwhile, but not with --repair.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  yiju check\n  yiju check --repair\n  yiju check --json")]
pub(crate) struct Check {
    /// Rebuild what is derived from the documents: indexes, counts, the lookup of clause numbers
    #[arg(long)]
    repair: bool,
}

impl Check {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let library = context.settings.library()?;
        let checked = yiju_engine::check(&library, self.repair)?;
        if context.json {
            print_json(&checked)?;
        } else {
            show(&checked, &mut io::stdout().lock())?;
            if let Some(model) = model_in_use(context, &checked) {
                context.notes.hint(&format!(
                    "`yiju reembed` takes the library over to the model {model}, which the commands use"
                ));
            }
            if checked.findings.iter().any(|finding| finding.advice == Advice::Repair)
                && !self.repair
            {
                context.notes.hint("`yiju check --repair` makes it again");
            }
        }
        Ok(if checked.sound { ExitCode::SUCCESS } else { ExitCode::from(USER) })
    }
}

/// The name of the model that the commands use with these settings, where it is not the library's. A check needs no
/// model: one that is missing or damaged says nothing about the library.
fn model_in_use(context: &Context, checked: &Checked) -> Option<String> {
    let directory = model::find(context.settings.model.as_deref()).ok()?;
    let model = library::embedder(&context.settings, &directory).ok()?;
    (model.fingerprint() != checked.model.fingerprint).then(|| clean(model.name()))
}

fn show(checked: &Checked, out: &mut impl Write) -> io::Result<()> {
    for done in &checked.repaired {
        writeln!(out, "repaired  {done}")?;
    }
    for finding in &checked.findings {
        writeln!(out, "damaged   {}: {}", clean(&finding.place), clean(&finding.what))?;
    }
    let unlisted = checked.finding_count - checked.findings.len() as u64;
    if unlisted > 0 {
        writeln!(out, "damaged   {unlisted} more")?;
    }
    let mut advice: Vec<&Advice> = checked.findings.iter().map(|f| &f.advice).collect();
    advice.sort_unstable();
    advice.dedup();
    for advice in advice {
        if let Some(text) = words(advice) {
            writeln!(out, "advice    {}", clean(&text))?;
        }
    }
    writeln!(
        out,
        "checked   {}, {}, {}, {} of token vectors, {} of text; generation {}",
        count(checked.documents, "document"),
        count(checked.clauses, "clause"),
        count(checked.passages, "passage"),
        count(checked.token_vectors, "row"),
        count(checked.text_bytes, "byte"),
        checked.generation
    )?;
    let CheckedModel { name, dimension, fingerprint } = &checked.model;
    writeln!(
        out,
        "model     {}, {} (fingerprint {})",
        clean(name),
        count(*dimension, "dimension"),
        clean(fingerprint)
    )?;
    if let Some(staged) = &checked.staged {
        writeln!(
            out,
            "staged    {} embedded with {}; `yiju reembed` goes on there",
            count(staged.documents, "document"),
            clean(&staged.model.name)
        )?;
    }
    let indexes: Vec<String> = checked
        .indexes
        .iter()
        .map(|index| {
            let state = match index.state {
                IndexState::Current => "current",
                IndexState::Behind => "behind (caught up at the next start)",
                IndexState::Absent => "not saved (made at each start)",
                IndexState::Damaged => "damaged",
            };
            format!("{} {state}", index.name)
        })
        .collect();
    writeln!(out, "indexes   {}", indexes.join(", "))?;
    writeln!(
        out,
        "{}",
        if checked.sound { "sound".to_owned() } else { count(checked.finding_count, "finding") }
    )
}

/// Advice in words; `None` for a repair, which the hint names.
fn words(advice: &Advice) -> Option<String> {
    match advice {
        Advice::Repair => None,
        Advice::Replace { document, source } => Some(format!(
            "`yiju remove {}`, then add {} again; or restore a backup",
            document.as_deref().unwrap_or("ID"),
            source.as_deref().unwrap_or("its source")
        )),
        Advice::Restore => Some(
            "`yiju restore FILE --replace` puts a backup in its place; without one, add the \
             documents to a new library"
                .to_owned(),
        ),
    }
}
