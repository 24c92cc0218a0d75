//! `yiju bench`

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::Args;
use yiju_engine::{Access, AskRequest, Engine, Filter};
use yiju_eval::Dataset;
use yiju_eval::bench::{
    self, BenchError, BenchReport, ColdRun, Comparison, LibraryTask, Machine, MadeTask, Phase,
    Settings, derive_questions, first_question, made_seconds, measure_library, measure_made,
};
use yiju_files::Readers;

use super::{Context, print_json};
use crate::cli::Precision;
use crate::failure::Failure;
use crate::progress::Planned;
use crate::{library, model};

/// Dimension of generated vectors: that of the bundled model.
const DIMENSION: usize = 384;
/// Exit code after Ctrl-C, as shells report it.
const INTERRUPTED: u8 = 130;

/// Measure how fast questions are answered, and how cost grows with size
///
/// Asks the library's questions by the engine's own path and times each step: cold in fresh processes,
/// in a closed loop by several callers at once, and in an open loop at a fixed rate, where latency counts
/// from the arrival. Or makes data of given sizes, builds the indexes over it, and measures dense, lexical
/// and fusion, recall against speed, building, memory and disk.
///
/// The model's threads are set with --threads, as for every command.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju bench --docs seeds\n  \
    yiju bench --callers 1,2,4 --rate 50 --out before.json --html before.html\n  \
    yiju bench --made 1000,10000,100000 --html growth.html\n  \
    yiju bench --compare before.json after.json")]
pub(crate) struct Bench {
    /// Put the files here into the library, and ask only of them; may be repeated
    #[arg(long, value_name = "PATH")]
    docs: Vec<PathBuf>,
    /// Ask the questions of this file, in the shape of `yiju eval` [default: derived from the clauses]
    #[arg(long, value_name = "FILE")]
    questions: Option<PathBuf>,
    /// Measure made data instead: so many clauses, 1,000 to 1,000,000 each
    #[arg(long, value_name = "N,N", value_delimiter = ',', conflicts_with_all = ["docs", "questions"])]
    made: Vec<usize>,
    /// Sentence vectors for each made clause, 0 to 10
    #[arg(long, value_name = "N", default_value_t = 0, requires = "made")]
    sentences: usize,
    /// How many ask at once, one measurement each [default: 1, 2, 4 … to twice the cores]
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    callers: Vec<usize>,
    /// Questions a second of the open loop [default: half of what the closed loop reaches]
    #[arg(long, value_name = "QPS")]
    rate: Option<f64>,
    /// Seconds for each measurement
    #[arg(long, value_name = "S", default_value_t = 5.0)]
    seconds: f64,
    /// Rounds that each measurement is divided into, to tell differences from noise
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Fresh processes that are asked one question each
    #[arg(long, value_name = "N", default_value_t = 5)]
    cold: usize,
    /// Write the figures as JSON to FILE, too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the figures with plots to FILE, a page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Compare two files written with --out, and measure nothing
    #[arg(long, value_names = ["BEFORE", "AFTER"], num_args = 2,
        conflicts_with_all = ["docs", "questions", "made", "callers", "rate", "out", "html"])]
    compare: Vec<PathBuf>,
    /// Answer the request on standard input and say how long it took: what a fresh process is asked
    #[arg(long, hide = true)]
    first: bool,
}

impl Bench {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        if self.first {
            return first(context);
        }
        if let [before, after] = self.compare.as_slice() {
            let read = |path: &Path| BenchReport::read(path).map_err(user);
            let comparison = Comparison::new(&read(before)?, &read(after)?);
            write!(io::stdout().lock(), "{comparison}")?;
            return Ok(ExitCode::SUCCESS);
        }
        let cancel = stop_on_interrupt();
        match self.measure(context, &cancel) {
            Err(error) if is_stopped(&error) => {
                context.notes.say("stopped; nothing was written");
                Ok(ExitCode::from(INTERRUPTED))
            }
            Err(error) => Err(error),
            Ok(report) => {
                self.write(&report, context)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }

    fn settings(&self, context: &Context) -> Result<Settings, Failure> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = context.settings.threads;
        let mut callers = self.callers.clone();
        if callers.is_empty() {
            let doubled = std::iter::successors(Some(1), |n| Some(2 * n));
            callers.extend(doubled.take_while(|n| *n <= 2 * cores).take(5));
        }
        callers.sort_unstable();
        callers.dedup();
        let settings = Settings {
            seconds: self.seconds,
            rounds: self.rounds,
            callers,
            rate: self.rate,
            model_threads: if threads == 0 { cores } else { threads },
            cold: self.cold,
        };
        bench::check(&settings).map_err(user)?;
        Ok(settings)
    }

    fn measure(&self, context: &Context, cancel: &AtomicBool) -> anyhow::Result<BenchReport> {
        let settings = self.settings(context)?;
        for path in [&self.out, &self.html].into_iter().flatten() {
            // Checked before measuring, which takes minutes.
            check_place(path)?;
        }
        if cfg!(debug_assertions) {
            let slow = "this is a debug build: build with --release to measure";
            context.notes.warn(&Failure::new(slow).into());
        }
        let mut report = BenchReport::new(
            env!("CARGO_PKG_VERSION"),
            jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            command_line(),
            Machine::here(),
            settings,
        );
        if self.made.is_empty() {
            report.library = Some(self.library(&report.settings, context, cancel)?);
            return Ok(report);
        }
        let mut sizes = self.made.clone();
        sizes.sort_unstable();
        sizes.dedup();
        let tasks: Vec<MadeTask<'_>> = sizes
            .iter()
            .map(|&clauses| MadeTask {
                clauses,
                sentences: self.sentences,
                dimension: DIMENSION,
                directory: Path::new(""),
            })
            .collect();
        for task in &tasks {
            task.check().map_err(user)?;
        }
        let planned: Vec<f64> =
            tasks.iter().map(|task| made_seconds(task, &report.settings)).collect();
        let total = planned.iter().sum();
        let progress = Planned::new(context.notes.quiet());
        let mut before = 0.0;
        for (task, seconds) in tasks.into_iter().zip(planned) {
            let directory = tempfile::Builder::new()
                .prefix("yiju-bench-")
                .tempdir()
                .context("cannot make a directory for the indexes")?;
            let task = MadeTask { directory: directory.path(), ..task };
            let watch = |phase: &Phase| progress.at(phase.what, before + phase.done, total);
            report.made.push(measure_made(&task, &report.settings, &watch, cancel).map_err(told)?);
            before += seconds;
        }
        Ok(report)
    }

    fn library(
        &self,
        settings: &Settings,
        context: &Context,
        cancel: &AtomicBool,
    ) -> anyhow::Result<bench::LibraryFigures> {
        let sources = if self.docs.is_empty() {
            Vec::new()
        } else {
            // Closed again, so that opening a library at rest is what is measured.
            library::with_docs(&context.settings, &self.docs, &context.notes)?.sources
        };
        let start = Instant::now();
        let engine = library::open(&context.settings, Access::ReadOnly)?;
        let open_seconds = start.elapsed().as_secs_f64();
        let (questions, questions_from) = self.questions(&engine)?;
        let cold = |request: &AskRequest| fresh_process(request, context);
        let task = LibraryTask {
            engine: &engine,
            questions,
            questions_from,
            filter: Filter { sources, ..Filter::default() },
            open_seconds: Some(open_seconds),
            shared: false,
            cold: &cold,
        };
        let progress = Planned::new(context.notes.quiet());
        let watch = |phase: &Phase| progress.at(phase.what, phase.done, phase.total);
        measure_library(&task, settings, &watch, cancel).map_err(told)
    }

    fn questions(&self, engine: &Engine) -> anyhow::Result<(Vec<String>, String)> {
        let Some(path) = &self.questions else {
            let questions = derive_questions(engine).map_err(told)?;
            return Ok((questions, "derived from the clauses".into()));
        };
        let set = Dataset::read(path, None).map_err(|error| {
            Failure::new(error.to_string()).hint("a line for each question: {\"q\": \"…\"}")
        })?;
        let questions: Vec<String> = set.queries.into_iter().map(|query| query.q).collect();
        if questions.is_empty() {
            return Err(told(BenchError::NoQuestions(path.clone())));
        }
        Ok((questions, format!("of {}", set.name)))
    }

    fn write(&self, report: &BenchReport, context: &Context) -> anyhow::Result<()> {
        if let Some(path) = &self.out {
            let mut json = serde_json::to_vec_pretty(report)?;
            json.push(b'\n');
            write_whole(path, &json)?;
        }
        if let Some(path) = &self.html {
            write_whole(path, bench::html(report).as_bytes())?;
        }
        if context.json {
            return print_json(report);
        }
        Ok(write!(io::stdout().lock(), "{report}")?)
    }
}

/// The error with a hint on how to fix it.
fn user(error: BenchError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        BenchError::Empty => {
            failure.hint("add documents with `yiju add`, or give --docs PATH or --made N")
        }
        BenchError::NotAReport { .. } => failure.hint("`yiju bench --out FILE` writes one"),
        BenchError::OutOfRange { .. } => failure.hint("`yiju bench --help` says what each is"),
        _ => failure,
    }
}

fn told(error: BenchError) -> anyhow::Error {
    match error {
        BenchError::Engine(error) => error.into(),
        BenchError::OutOfRange { .. } | BenchError::Empty | BenchError::NoQuestions(_) => {
            user(error).into()
        }
        error => error.into(),
    }
}

fn is_stopped(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(BenchError::Stopped))
}

/// A flag that the first Ctrl-C sets, so that temporary files are removed; the second ends the process.
fn stop_on_interrupt() -> Arc<AtomicBool> {
    let cancel = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&cancel);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        // Without a runtime, Ctrl-C ends the process at once.
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                if seen.swap(true, Ordering::Relaxed) {
                    std::process::exit(i32::from(INTERRUPTED));
                }
            }
        });
    });
    cancel
}

/// Asks a question in a new process.
fn fresh_process(request: &AskRequest, context: &Context) -> Result<ColdRun, BenchError> {
    let settings = &context.settings;
    let precision = match settings.precision {
        Precision::Int8 => "int8",
        Precision::F32 => "f32",
    };
    let run = || -> anyhow::Result<ColdRun> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["bench", "--first", "--quiet", "--library"])
            .arg(settings.library()?)
            .arg("--model")
            .arg(model::find(settings.model.as_deref())?)
            .args(["--threads", &settings.threads.to_string()])
            .args(["--precision", precision]);
        if let Some(reranker) = &settings.reranker {
            command.arg("--reranker").arg(reranker);
        }
        let request = serde_json::to_vec(request)?;
        let start = Instant::now();
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // If the process has ended already, its standard error says why.
            let _ = stdin.write_all(&request);
        }
        let output = child.wait_with_output()?;
        let process_ms = start.elapsed().as_secs_f64() * 1e3;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let run: ColdRun = serde_json::from_slice(&output.stdout)?;
        Ok(ColdRun { process_ms, ..run })
    };
    run().map_err(|error| BenchError::Process(error.to_string()))
}

/// The child's side of [`fresh_process`].
fn first(context: &Context) -> anyhow::Result<ExitCode> {
    let mut request = Vec::new();
    io::stdin().lock().read_to_end(&mut request)?;
    let request: AskRequest = serde_json::from_slice(&request)
        .map_err(|error| Failure::new(format!("standard input holds no request: {error}")))?;
    let start = Instant::now();
    let engine = library::open(&context.settings, Access::ReadOnly)?;
    let run = first_question(&engine, &request, start.elapsed()).map_err(told)?;
    print_json(&run)?;
    Ok(ExitCode::SUCCESS)
}

/// The command line, quoted for a shell.
fn command_line() -> String {
    let mut words = vec!["yiju".to_owned()];
    words.extend(std::env::args_os().skip(1).map(|word| {
        let word = word.to_string_lossy();
        let plain = |c: char| c.is_alphanumeric() || "-_./,:=@%+".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.into_owned()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    }));
    words.join(" ")
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// # Errors
/// No file can be written there.
fn check_place(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::new(format!("cannot write {}: it is a directory", path.display())));
    }
    if !folder(path).is_dir() {
        return Err(Failure::new(format!(
            "cannot write {}: there is no such directory",
            path.display()
        )));
    }
    Ok(())
}

/// Replaces a file in one step: it has the old content or the new.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    yiju_files::replace(path, Readers::ByUmask, |file| file.write_all(bytes))
        .with_context(|| format!("cannot write {}", path.display()))
}
