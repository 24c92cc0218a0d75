//! Measures a library of documents.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use yiju_engine::{AskRequest, Engine, Filter, InputType, Step, StepTimes, traced};

use super::report::{Cold, LibraryFigures, Settings, StepLatency};
use super::sweep::{self, NEIGHBOURS};
use super::{BenchError, Latency, Plan, Watch, loads};

/// Planned seconds for a fresh process.
const PROCESS_SECONDS: f64 = 0.3;

/// A library to measure, and its questions.
pub struct LibraryTask<'a> {
    /// The library.
    pub engine: &'a Engine,
    /// The questions, asked in turn.
    pub questions: Vec<String>,
    /// Where they come from, for people.
    pub questions_from: String,
    /// Which documents are asked.
    pub filter: Filter,
    /// Seconds that opening the library took; `None` where it has been open for long.
    pub open_seconds: Option<f64>,
    /// Whether others ask the library meanwhile: then the width of its graph search is not varied.
    pub shared: bool,
    /// Asks a question in a fresh process.
    pub cold: &'a dyn Fn(&AskRequest) -> Result<ColdRun, BenchError>,
}

/// The first question of a fresh process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColdRun {
    /// From the start of the process to its end, milliseconds; 0 in what the process itself reports.
    pub process_ms: f64,
    /// Opening library and model, milliseconds.
    pub open_ms: f64,
    /// The question, milliseconds.
    pub total_ms: f64,
    /// The steps that ran, milliseconds.
    pub steps_ms: Vec<(Step, f64)>,
}

/// Asks one question of a library that was just opened: the work of a fresh process.
///
/// # Errors
/// The engine failed.
pub fn first_question(
    engine: &Engine,
    request: &AskRequest,
    open: Duration,
) -> Result<ColdRun, BenchError> {
    let start = Instant::now();
    let (answer, times) = traced(|| engine.ask(request));
    let total = start.elapsed();
    answer?;
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    Ok(ColdRun {
        process_ms: 0.0,
        open_ms: milliseconds(open),
        total_ms: milliseconds(total),
        steps_ms: Step::ALL
            .into_iter()
            .map(|step| (step, milliseconds(times.get(step))))
            .filter(|(_, time)| *time > 0.0)
            .collect(),
    })
}

/// Asks a library's questions: cold, in closed loops, in an open one; and sweeps its clause vectors.
///
/// # Errors
/// A setting is out of its range, the library is empty, the engine failed, or `cancel` was set.
pub fn measure_library(
    task: &LibraryTask<'_>,
    settings: &Settings,
    watch: &Watch<'_>,
    cancel: &AtomicBool,
) -> Result<LibraryFigures, BenchError> {
    super::check(settings)?;
    let (engine, size, lanes) = (task.engine, task.engine.size()?, task.engine.lane_figures()?);
    if lanes.clauses == 0 || task.questions.is_empty() {
        return Err(BenchError::Empty);
    }
    let scanned = lanes.clauses_scanned;
    let widths = widths(scanned, task.shared);
    let each = settings.seconds / 5.0;
    let total = settings.cold as f64 * PROCESS_SECONDS
        + loads::seconds(settings)
        + widths.len() as f64 * each;
    let mut plan = Plan::new(watch, cancel, total);
    // Only these two are used on several threads.
    let (questions, filter) = (&task.questions, &task.filter);
    let request = |number: usize| AskRequest {
        filter: filter.clone(),
        ..AskRequest::new(questions[number % questions.len()].clone())
    };

    let mut runs = Vec::with_capacity(settings.cold);
    for number in 0..settings.cold {
        plan.at("asking fresh processes", 0.0)?;
        // Questions spread evenly over the list.
        let at = number * task.questions.len() / settings.cold;
        runs.push((task.cold)(&request(at))?);
        plan.pass(PROCESS_SECONDS);
    }

    // Each question once, to count the answers.
    let answered = AtomicUsize::new(0);
    for number in 0..task.questions.len() {
        plan.at("asking every question once", 0.0)?;
        let answer = engine.ask(&request(number))?;
        answered.fetch_add(usize::from(answer.answered), Ordering::Relaxed);
    }
    let ask = |number: usize| -> Result<StepTimes, BenchError> {
        let request = request(number);
        let (answer, times) = traced(|| engine.ask(&request));
        answer?;
        Ok(times)
    };
    let (closed, open) = loads::measure(&ask, settings, &mut plan, cancel)?;
    let memory = yiju_machine::resident();
    let sweep = sweep_clauses(task, &widths, each, &mut plan, cancel)?;
    Ok(LibraryFigures {
        documents: size.documents,
        clauses: lanes.clauses,
        sentences: lanes.sentences,
        model: engine.model_name().to_owned(),
        dimension: engine.dimension(),
        precision: engine.arithmetic(),
        reranker: engine.reranker_name().map(str::to_owned),
        questions: task.questions.len(),
        questions_from: task.questions_from.clone(),
        answered: answered.into_inner(),
        open_seconds: task.open_seconds,
        database_bytes: size.database_bytes,
        index_bytes: size.index_bytes,
        vector_bytes: lanes.search_bytes,
        resident_bytes: memory.map(|(now, _)| now),
        peak_bytes: memory.map(|(_, peak)| peak),
        cold: (!runs.is_empty()).then(|| cold(&runs)),
        closed,
        open,
        scanned,
        sweep,
    })
}

/// The widths of the graph search to measure; `None` leaves it as it is.
fn widths(scanned: bool, shared: bool) -> Vec<Option<usize>> {
    if scanned {
        vec![None]
    } else if shared {
        vec![Some(yiju_index::DEFAULT_EF)]
    } else {
        sweep::widths().into_iter().map(Some).collect()
    }
}

fn sweep_clauses(
    task: &LibraryTask<'_>,
    widths: &[Option<usize>],
    seconds: f64,
    plan: &mut Plan<'_>,
    cancel: &AtomicBool,
) -> Result<Vec<super::SweepPoint>, BenchError> {
    let engine = task.engine;
    let texts: Vec<&str> =
        task.questions.iter().take(sweep::QUESTIONS).map(String::as_str).collect();
    let queries: Vec<Vec<f32>> = engine
        .embed(InputType::Query, &texts)?
        .into_iter()
        .map(|embedding| embedding.vector)
        .collect();
    let mut truth = Vec::with_capacity(queries.len());
    for query in &queries {
        plan.at("comparing with every clause", 0.0)?;
        let hits = engine.nearest_clauses_exactly(query, NEIGHBOURS)?;
        truth.push(hits.into_iter().map(|hit| hit.id).collect());
    }
    let search = |query: &[f32]| -> Result<Vec<u64>, BenchError> {
        let hits = engine.nearest_clauses(query, NEIGHBOURS)?;
        Ok(hits.into_iter().map(|hit| hit.id).collect())
    };
    let mut points = Vec::with_capacity(widths.len());
    for &ef in widths {
        plan.at("recall against speed", 0.0)?;
        if let Some(ef) = ef {
            engine.set_search_width(ef);
        }
        let used = ef.is_none_or(|ef| ef == yiju_index::DEFAULT_EF);
        let time = Duration::from_secs_f64(seconds);
        points.push(sweep::point(&search, &queries, &truth, (ef, used), time, cancel)?);
        plan.pass(seconds);
    }
    engine.set_search_width(yiju_index::DEFAULT_EF);
    Ok(points)
}

fn cold(runs: &[ColdRun]) -> Cold {
    let of = |take: &dyn Fn(&ColdRun) -> Option<f64>| {
        let times = runs.iter().filter_map(take);
        Latency::of(times.map(|milliseconds| Duration::from_secs_f64(milliseconds / 1e3)))
    };
    Cold {
        process: of(&|run| Some(run.process_ms)),
        open: of(&|run| Some(run.open_ms)),
        total: of(&|run| Some(run.total_ms)),
        steps: Step::ALL
            .into_iter()
            .map(|step| StepLatency {
                step: Some(step),
                latency: of(&|run| {
                    let found = run.steps_ms.iter().find(|(one, _)| *one == step);
                    found.map(|(_, time)| *time)
                }),
            })
            .filter(|step| step.latency.count > 0)
            .collect(),
    }
}
