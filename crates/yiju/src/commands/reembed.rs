//! `yiju reembed`

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use yiju_engine::{Origin, Reembedding};

use super::{Context, print_json};
use crate::library::{self, count};
use crate::model;
use crate::progress::ReembedProgress;
use crate::text::clean;

/// Embed the library anew with another model
///
/// For a library made with an earlier model: the bundled one, or the one given with --model, takes its place.
/// Documents, their ids and their files stay as they are. The library can be used with its old model
/// meanwhile, also to add and remove; in the end the new vectors take the place of the old ones at once, for
/// which no other process may have the library open for writing.
///
/// What is done is kept when it is interrupted: run again, it goes on there. A server's collections are
/// libraries of their own: name each with --library.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  yiju reembed\n  yiju reembed --model models/multilingual-e5-base"
)]
pub(crate) struct Reembed {}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    /// `reembedded`, or `unchanged` where the library has vectors of this model already.
    status: &'static str,
    model: &'a str,
    model_before: &'a str,
    /// What the library holds, where it was embedded anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passages: Option<u64>,
    /// Documents embedded by this run; an interrupted one did the others.
    embedded: usize,
    seconds: f64,
}

impl Reembed {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let notes = &context.notes;
        let library = context.settings.library()?;
        let directory = model::find(context.settings.model.as_deref())?;
        let embedder = library::embedder(&context.settings, &directory)?;
        let name = embedder.name().to_owned();
        let mut reembedding = Reembedding::open(&library, embedder)?;
        match reembedding.origin() {
            Origin::New | Origin::Own(None) => {}
            Origin::Continued => notes.say("going on where an earlier run stopped"),
            Origin::Other(other) | Origin::Own(Some(other)) => {
                notes.say(&format!(
                    "dropped what an earlier run made with the model {}",
                    other.name
                ));
            }
        }
        let progress = ReembedProgress::new(notes.quiet());
        let outcome = reembedding.run(&|at| progress.at(at));
        let seconds = progress.elapsed();
        drop(progress);
        if outcome.is_err() {
            notes.say("what is embedded is kept; `yiju reembed` goes on there");
        }
        let outcome = outcome?;
        let before = reembedding.model_before();
        if context.json {
            print_json(&Report {
                status: if outcome.is_some() { "reembedded" } else { "unchanged" },
                model: &name,
                model_before: before,
                documents: outcome.map(|done| done.documents),
                passages: outcome.map(|done| done.passages),
                embedded: outcome.map_or(0, |done| done.embedded),
                seconds,
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        let name = clean(&name);
        let line = match outcome {
            None => format!("nothing to do: the library was made with the model {name}"),
            Some(done) => format!(
                "embedded anew with {name}, in the place of {}: {}, {} in {seconds:.1} s",
                clean(before),
                count(done.documents, "document"),
                count(done.passages, "passage"),
            ),
        };
        writeln!(io::stdout().lock(), "{line}")?;
        Ok(ExitCode::SUCCESS)
    }
}
