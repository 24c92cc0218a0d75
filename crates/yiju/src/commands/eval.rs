//! `yiju eval`

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use yiju_engine::{Access, Engine, Filter, SearchRequest};
use yiju_eval::{Dataset, EvalOptions, add_corpus, evaluate};

use super::{Context, print_json};
use crate::library;
use crate::progress::Steps;

/// Measure retrieval, evidence and refusals on a question set
///
/// A set is a folder with corpus.jsonl (`id`, `title`, `text` a line) and queries.jsonl (`id`, `q`,
/// `gold`, `answers` a line), either perhaps with .gz; or a file of questions (`q`, `evidence` a line)
/// on the documents given with --docs or in the library. A corpus is kept in a library of its own
/// beside the one named, so that it is embedded only once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju eval --docs seeds questions.jsonl\n  \
    yiju eval laws/ --with cases/")]
pub(crate) struct Eval {
    /// Put the files here into the library, and ask only of them; may be repeated
    #[arg(long, value_name = "PATH")]
    docs: Vec<PathBuf>,
    /// Another set whose corpus is added to search in; may be repeated
    #[arg(long, value_name = "SET")]
    with: Vec<PathBuf>,
    /// Name of the set's corpus file, without .jsonl
    #[arg(long, value_name = "NAME")]
    corpus: Option<String>,
    /// Ask only the first N questions
    #[arg(long, value_name = "N")]
    questions: Option<usize>,
    /// Most citations of an answer, 1 to 20
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=20))]
    limit: u8,
    /// Name each question that went wrong
    #[arg(long)]
    failures: bool,
    /// Write what confidence is computed from, a question a line, to FILE
    #[arg(long, value_name = "FILE")]
    signals: Option<PathBuf>,
    /// The set
    set: PathBuf,
}

impl Eval {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let set = Dataset::read(&self.set, self.corpus.as_deref())?;
        if set.blank > 0 {
            context.notes.say(&format!(
                "left out {} questions without a letter or digit",
                set.blank
            ));
        }
        let mut corpus = set.corpus.clone();
        for other in &self.with {
            corpus.extend(Dataset::read(other, None)?.corpus);
        }
        let (engine, sources) = if corpus.is_empty() {
            let library = library::with_docs(&context.settings, &self.docs, &context.notes)?;
            (library.engine, library.sources)
        } else {
            // A corpus has a library of its own: it is nothing to be asked beside one's documents.
            let settings = context.settings.beside(&format!("eval-{}", set.name))?;
            (library::open(&settings, Access::ReadWrite)?, Vec::new())
        };
        let filter = Filter {
            sources,
            ..Filter::default()
        };
        let clauses = if corpus.is_empty() {
            HashMap::new()
        } else {
            let steps = Steps::new("documents", context.notes.quiet());
            add_corpus(&engine, &corpus, &|progress| {
                steps.at(progress.done, progress.total)
            })?
        };
        if let Some(path) = &self.signals {
            write_signals(&engine, &set, &clauses, self.questions, path)?;
        }
        let options = EvalOptions {
            limit: usize::from(self.limit),
            refusals: true,
            most: self.questions,
            filter,
        };
        let steps = Steps::new("questions", context.notes.quiet());
        let report = evaluate(&engine, &set, &clauses, &options, &|progress| {
            steps.at(progress.done, progress.total)
        })?;
        drop(steps);
        if context.json {
            print_json(&report)?;
        } else {
            write!(io::stdout().lock(), "{report}")?;
        }
        if self.failures {
            let mut err = io::stderr().lock();
            for failure in report.failures() {
                writeln!(err, "{failure}")?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A line for each question, and one more with its gold taken out: features of the best candidate,
/// and whether that candidate is right.
fn write_signals(
    engine: &Engine,
    set: &Dataset,
    clauses: &HashMap<String, String>,
    most: Option<usize>,
    path: &PathBuf,
) -> anyhow::Result<()> {
    let named = || format!("cannot write {}", path.display());
    let mut out = BufWriter::new(std::fs::File::create(path).with_context(named)?);
    for query in set.queries.iter().take(most.unwrap_or(usize::MAX)) {
        let gold: Vec<String> = query
            .gold
            .iter()
            .flatten()
            .filter_map(|id| clauses.get(id).cloned())
            .collect();
        let takes: &[bool] = if gold.is_empty() {
            &[false]
        } else {
            &[false, true]
        };
        for &taken_out in takes {
            let without = if taken_out { gold.as_slice() } else { &[] };
            let signals = engine.signals(&SearchRequest::new(&query.q), without)?;
            let Some(best) = signals.first() else {
                continue;
            };
            let features: serde_json::Map<_, _> = best
                .features
                .iter()
                .map(|&(name, value)| (name.to_owned(), json!(value)))
                .collect();
            let line = json!({
                "id": query.id, "q": query.q, "lang": query.lang, "without": taken_out,
                "answerable": query.answerable() && !taken_out,
                "right": gold.contains(&best.clause_id),
                "features": features,
            });
            writeln!(out, "{line}").with_context(named)?;
        }
    }
    out.flush().with_context(named)
}
