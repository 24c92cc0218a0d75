//! `yiju eval`

use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use yiju_document::Entry;
use yiju_engine::{Access, Engine, Filter};
use yiju_eval::{
    Asked, ClauseIds, Dataset, EvalOptions, Records, add_corpus, corpus_name, evaluate,
    evaluate_grounding, find_added_corpus, find_corpus,
};

use super::ask::share;
use super::{Context, print_json};
use crate::failure::Failure;
use crate::library;
use crate::progress::Steps;

/// Measure retrieval, evidence and refusals on a question set
///
/// A set is a folder with corpus.jsonl (`id`, `title`, `text` a line) and queries.jsonl (`id`, `q`,
/// `gold`, `answers` a line), either perhaps with .gz; or a file of questions (`q`, `evidence` a line)
/// on the documents given with --docs or in the library. A corpus that `yiju add` put into the library
/// is asked there; otherwise it is kept in a separate library beside it, LIBRARY-eval-SET, and embedded
/// only once.
///
/// Printed for each language: recall, MRR and nDCG of the ranking; how often citations are right
/// and the quote holds the answer; exact match and F1 of the part marked as the answer, as CMRC
/// computes them; refusals at the threshold used and at others, and how well confidence tells
/// questions from the same ones with their gold passages taken out; latencies.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju eval --docs policies --failures questions.jsonl\n  \
    yiju eval laws/ --corpus corpus-small --ablate\n  \
    yiju eval xquad --with cmrc --out report.json")]
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
    /// Least confidence at which a question counts as answered, 0 to 1 [default: the engine's own]
    #[arg(long, value_name = "X", value_parser = share)]
    threshold: Option<f32>,
    /// Rank by each lane alone, too
    #[arg(long)]
    ablate: bool,
    /// Do not ask again with the gold passages taken out
    #[arg(long)]
    keep_gold: bool,
    /// Name each question that went wrong
    #[arg(long)]
    failures: bool,
    /// Write the report with what each question showed as JSON to FILE, too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write what confidence is computed from, a question a line, to FILE, and measure nothing
    #[arg(long, value_name = "FILE")]
    signals: Option<PathBuf>,
    /// Write what the reader of answers is learnt from to files in DIR, and measure nothing
    #[arg(long, value_name = "DIR")]
    readings: Option<PathBuf>,
    /// Write the figures of each question's best 100 clauses, a question a line, to FILE, and measure
    /// nothing
    #[arg(long, value_name = "FILE")]
    candidates: Option<PathBuf>,
    /// The set is a file of sentences with the clauses that they cite (`id`, `kind`, `claim`, `cites` a line,
    /// sources.jsonl beside it): measure how `yiju ground` tells faithful ones from corrupted ones
    #[arg(long)]
    ground: bool,
    /// The set
    set: PathBuf,
}

impl Eval {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        if self.ground {
            return self.grounding(context);
        }
        let set = read(&self.set, self.corpus.as_deref())?;
        if set.blank > 0 {
            context.notes.say(&format!(
                "left out {} without a letter or digit",
                library::count(set.blank, "question")
            ));
        }
        let (engine, clauses, filter) = self.library(&set, context)?;
        let records = [
            (&self.signals, Records::Signals),
            (&self.candidates, Records::Candidates),
            (&self.readings, Records::Readings),
        ];
        let asked = Asked {
            engine: &engine,
            set: &set,
            clauses: &clauses,
            filter: &filter,
            most: self.questions,
        };
        for (path, records) in records {
            let Some(path) = path else { continue };
            let steps = Steps::new("questions", context.notes.quiet());
            asked.write(records, path, &|at| steps.at(at.done, at.total))?;
            return Ok(ExitCode::SUCCESS);
        }
        let options = EvalOptions {
            limit: usize::from(self.limit),
            refusals: !self.keep_gold,
            lanes: self.ablate,
            most: self.questions,
            filter,
            threshold: self.threshold,
        };
        let steps = Steps::new("questions", context.notes.quiet());
        let report = evaluate(&engine, &set, &clauses, &options, &|progress| {
            steps.at(progress.done, progress.total)
        })?;
        drop(steps);
        self.give(&report, report.failures(), context)
    }

    /// Measures the check of written sentences.
    fn grounding(&self, context: &Context) -> anyhow::Result<ExitCode> {
        let (_nowhere, engine) = library::nowhere(&context.settings)?;
        let steps = Steps::new("sentences", context.notes.quiet());
        let report = evaluate_grounding(&engine, &self.set, self.questions, &|progress| {
            steps.at(progress.done, progress.total)
        })?;
        drop(steps);
        self.give(&report, report.failures(), context)
    }

    /// Writes a report to the file asked for and prints it, with what went wrong where that is asked for.
    fn give(
        &self,
        report: &(impl Serialize + Display),
        failures: impl Iterator<Item = String>,
        context: &Context,
    ) -> anyhow::Result<ExitCode> {
        if let Some(path) = &self.out {
            let mut out = create(path)?;
            serde_json::to_writer_pretty(&mut out, report)?;
            writeln!(out).and_then(|()| out.flush()).with_context(|| cannot_write(path))?;
        }
        if context.json {
            print_json(report)?;
        } else {
            write!(io::stdout().lock(), "{report}")?;
        }
        if self.failures {
            let mut err = io::stderr().lock();
            for failure in failures {
                writeln!(err, "{}", crate::text::clean(&failure))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The library to ask, the clause of each entry of the corpus, and which documents to look in.
    fn library(
        &self,
        set: &Dataset,
        context: &Context,
    ) -> anyhow::Result<(Engine, ClauseIds, Filter)> {
        let mut corpus = set.corpus.clone();
        let mut names = vec![match &self.corpus {
            Some(corpus) => format!("{}.{}", set.name, corpus_name(corpus)),
            None => set.name.clone(),
        }];
        for other in &self.with {
            let other = read(other, None)?;
            corpus.extend(other.corpus);
            names.push(other.name);
        }
        if corpus.is_empty() {
            let library = library::with_docs(&context.settings, &self.docs, &context.notes)?;
            let filter = Filter { sources: library.sources, ..Filter::default() };
            return Ok((library.engine, ClauseIds::new(), filter));
        }
        if !self.docs.is_empty() {
            return Err(Failure::new(format!(
                "the set {} has a corpus of its own, so --docs has no place",
                set.name
            ))
            .hint("give either a folder with a corpus, or a file of questions with --docs")
            .into());
        }
        // The same sets in another order are the same corpus.
        names.sort();
        names.dedup();
        corpus_library(&names.join("+"), &corpus, context)
    }
}

/// # Errors
/// What is wrong with the set, which the user can fix.
fn read(set: &Path, corpus: Option<&str>) -> Result<Dataset, Failure> {
    Dataset::read(set, corpus).map_err(|error| {
        Failure::new(error.to_string()).hint("`yiju eval --help` says what a set is made of")
    })
}

/// If the library already holds the corpus, it is asked there. Otherwise the corpus gets a separate library,
/// so that it does not mix with the user's documents. A complete one is opened for reading only, so that
/// several evaluations can share it.
fn corpus_library(
    name: &str,
    corpus: &[Entry],
    context: &Context,
) -> anyhow::Result<(Engine, ClauseIds, Filter)> {
    // If the library cannot be opened (it may have another model), the corpus still gets its own.
    if library::exists(&context.settings)?
        && let Ok(engine) = library::open(&context.settings, Access::ReadOnly)
        && let Some((clauses, filter)) = find_added_corpus(&engine, corpus)?
    {
        return Ok((engine, clauses, filter));
    }
    let settings = context.settings.beside(&format!("eval-{name}"))?;
    if library::exists(&settings)? {
        let engine = library::open(&settings, Access::ReadOnly)?;
        if let Some(clauses) = find_corpus(&engine, corpus)? {
            return Ok((engine, clauses, Filter::default()));
        }
    }
    let engine = library::open(&settings, Access::ReadWrite)?;
    let steps = Steps::new("KiB of text", context.notes.quiet());
    let clauses = add_corpus(&engine, corpus, &|progress| steps.at(progress.done, progress.total))?;
    Ok((engine, clauses, Filter::default()))
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create(path).with_context(|| cannot_write(path))?))
}
