//! `yiju ask`

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use yiju_engine::{AskRequest, confidence_fit, similar_rates};

use super::filter::{FilterArgs, words};
use super::written::write;
use super::{Context, print_json};
use crate::config::WriterSettings;
use crate::{library, writer};

/// Answer a question with the clauses the answer rests on
///
/// The answer consists of verbatim sentences of the documents, each with a marker; below it, each cited
/// clause is shown with the quoted sentence in brackets. If the documents do not answer the question, the
/// command says so and shows the nearest clauses; the exit code is 0 then, too.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju ask \"到2030年的主要目标是什么？\"\n  \
    yiju ask --docs policies \"第（十九）条讲的是什么？\"\n  \
    yiju ask --json --limit 5 \"How are super-large cities to develop?\"\n  \
    yiju ask --write --writer-url http://127.0.0.1:11434/v1 --writer-model qwen2.5:7b \"押金最多收几个月？\"")]
pub(crate) struct Ask {
    /// Put the files here into the library, and answer only from them; may be repeated
    #[arg(long, value_name = "PATH")]
    docs: Vec<PathBuf>,
    /// Most citations to give, 1 to 20
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=20))]
    limit: u8,
    /// Least confidence at which an answer is given, 0 to 1; --help shows the error rates
    #[arg(long, value_name = "X", value_parser = share, long_help = threshold_help())]
    threshold: Option<f32>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Have the answer written by a model from the quotes; each sentence is checked before it is shown
    #[arg(long)]
    write: bool,
    /// The question
    question: Vec<String>,
    // Last, for what comes after would stand under its heading.
    #[command(flatten)]
    writer: WriterSettings,
}

/// Error rates by threshold, on the sets that the confidence model was trained on.
fn threshold_help() -> String {
    // Opening the library says what is wrong with it.
    let Ok(fit) = confidence_fit() else {
        return "Least confidence at which an answer is given, 0 to 1".to_owned();
    };
    let mut help = format!(
        "Least confidence at which an answer is given, 0 to 1 [default: {}]\n\n\
         Error rates on development sets: in the documents' script, and across scripts (an English \
         question on a Chinese text). `yiju eval` gives them for your own documents.\n\n\
         threshold  refused though it has   answered though not  |  across: refused, answered\n",
        fit.threshold
    );
    // Every second row is enough.
    for row in fit
        .error_rates
        .iter()
        .filter(|row| row.threshold == fit.threshold || row.threshold * 10.0 % 1.0 < 1e-3)
    {
        let _ = writeln!(
            help,
            "{:>9.2}  {:>23.3}  {:>19.3}  |  {:>15.3}  {:>8.3}",
            row.threshold,
            row.within.refused_answerable,
            row.within.answered_unanswerable,
            row.across.refused_answerable,
            row.across.answered_unanswerable,
        );
    }
    help.push_str(&similar_help());
    help
}

/// The same where documents resemble each other, by the half of the set that no weight saw.
fn similar_help() -> String {
    let Ok(similar) = similar_rates() else { return String::new() };
    let mut help = String::from(
        "\nWhere documents resemble each other (the same matter for other cities, years and groups), for \
         questions that no weight saw. Answered though not: only a document of another city, year or \
         group has it, or the clause that has it is taken out.\n\n\
         threshold  refused though it has   wrong clause  |  answered: another has it, taken out\n",
    );
    for row in &similar.error_rates {
        let _ = writeln!(
            help,
            "{:>9.2}  {:>21.3}   {:>12.3}  |  {:>24.3}  {:>9.3}",
            row.threshold,
            row.kept.refused_answerable,
            row.kept.answered_wrongly,
            row.kept.answered_unanswerable,
            row.kept.answered_without_gold,
        );
    }
    help
}

pub(super) fn share(text: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| "it is not a number".to_owned())?;
    if (0.0..=1.0).contains(&number) {
        Ok(number)
    } else {
        Err("it must be from 0 to 1".to_owned())
    }
}

impl Ask {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let question = words(&self.question, "question")?;
        let settings = self.writer.over(&context.settings.writer);
        let writer = self.write.then(|| writer::wanted(&settings)).transpose()?;
        let library = library::with_docs(&context.settings, &self.docs, &context.notes)?;
        let request = AskRequest {
            limit: usize::from(self.limit),
            as_of: self.filter.as_of,
            filter: self.filter.with_sources(library.sources),
            threshold: self.threshold,
            ..AskRequest::new(question)
        };
        let answer = library.engine.ask(&request)?;
        let answer = if let Some(writer) = writer {
            write(context, &library.engine, &*writer, answer)?
        } else {
            if context.json {
                print_json(&answer)?;
            } else {
                context.view().answer(&answer, &mut io::stdout().lock())?;
            }
            answer
        };
        if !answer.answered && library.engine.documents(None, 1)?.documents.is_empty() {
            let hint = "the library is empty: add documents with `yiju add PATH`";
            context.notes.hint(hint);
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_says_what_thresholds_stand_for_on_both_kinds_of_corpora() {
        let help = threshold_help();
        for part in ["Error rates on development sets", "resemble each other", "taken out"] {
            assert!(help.contains(part), "{help}");
        }
        let rows = help.lines().filter(|line| line.trim_start().starts_with("0."));
        let similar = similar_rates().unwrap().error_rates.len();
        assert!(rows.count() >= similar + 3, "{help}");
    }
}
