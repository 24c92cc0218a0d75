//! `POST /v1/bench` and `POST /v1/eval`: how fast and how well a collection answers, measured by its server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use yiju_access::Scope;
use yiju_engine::{Engine, Filter};
use yiju_eval::bench::{
    BenchError, BenchReport, LibraryTask, Machine, Phase, Settings, derive_questions,
    measure_library,
};
use yiju_eval::{Dataset, EvalError, EvalOptions, Progress, Query, evaluate};

use super::ask::accepts_events;
use crate::error::{ApiError, Failures};
use crate::extract::Json;
use crate::following::{FollowedEvent, follow};
use crate::request_id::RequestId;
use crate::target::{Target, Writing};

/// Most seconds for one measurement: the others who ask meanwhile wait behind it.
const SECONDS: f64 = 10.0;
/// Rounds that a measurement is divided into, as on the command line.
const ROUNDS: usize = 5;
/// Most callers that ask at once.
const CALLERS: usize = 16;
/// Most questions of a set.
const QUESTIONS: usize = 2_000;

/// What to measure.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BenchBody {
    /// Seconds for each measurement, 0.1 to 10.
    #[serde(default = "two_seconds")]
    #[schema(default = 2.0, minimum = 0.1, maximum = 10)]
    seconds: f64,
    /// How many ask at once, one measurement each: 1 to 4 numbers from 1 to 16.
    #[serde(default = "one_caller")]
    #[schema(min_items = 1, max_items = 4)]
    callers: Vec<usize>,
    /// The questions, up to 200; left out, they are derived from headings and clauses.
    #[serde(default)]
    #[schema(max_items = 200)]
    questions: Vec<String>,
}

fn two_seconds() -> f64 {
    2.0
}

fn one_caller() -> Vec<usize> {
    vec![1]
}

/// A question set.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvalBody {
    /// The set's name.
    #[serde(default = "set_name")]
    #[schema(default = "questions")]
    name: String,
    /// The questions, 1 to 2,000, each as a line of a file for `yiju eval`: `q`, and `evidence`, `quotes` or `items`, or
    /// `gold` with ids of clauses; a question with none of these has no answer in the collection.
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 2000)]
    questions: Vec<Value>,
    /// Most citations of an answer, 1 to 20.
    #[serde(default = "three")]
    #[schema(default = 3, minimum = 1, maximum = 20)]
    limit: usize,
    /// Least confidence at which a question counts as answered, 0 to 1; 0.5 where it is left out.
    #[schema(minimum = 0, maximum = 1)]
    threshold: Option<f32>,
    /// Whether to ask again with the clauses taken out that hold the answer.
    #[serde(default = "yes")]
    #[schema(default = true)]
    without_gold: bool,
}

fn set_name() -> String {
    "questions".into()
}

fn three() -> usize {
    3
}

fn yes() -> bool {
    true
}

/// How far a measurement has come.
#[derive(Clone, Serialize)]
struct MeasureProgress {
    /// What is being done.
    what: &'static str,
    /// How much of it is done: seconds of a bench, questions of an evaluation.
    done: f64,
    /// Of how much.
    total: f64,
}

/// Measures how fast the collection answers: `yiju bench` from inside its server.
///
/// Asks in a closed loop with each number of callers, then at a fixed rate, and times every step. Others who ask
/// meanwhile are served too, and show in the figures. The report is what `yiju bench --out` writes, so that
/// `yiju bench --compare` reads it. One measurement runs at a time. Needs the scopes `read` and, since it loads the machine, `write`.
#[utoipa::path(
    post, path = "/v1/bench", tag = "measure", request_body = BenchBody,
    responses(
        (status = 200, description = "The report; or events with the progress and then the report, where they are asked for", content(
            (Object = "application/json"), (FollowedEvent = "text/event-stream"))),
        Failures,
    ),
)]
pub(crate) async fn bench(
    Writing(target): Writing,
    request_id: RequestId,
    headers: HeaderMap,
    Json(body): Json<BenchBody>,
) -> Result<Response, ApiError> {
    let cores = target.state.limits().concurrent;
    let settings = settings(&body, cores)?;
    let command = format!("POST {}", target.path("/bench"));
    let work = move |engine: &Engine, told: &Told, stop: &AtomicBool| {
        let derived = body.questions.is_empty();
        let questions = if derived { derive_questions(engine)? } else { body.questions };
        let from = if derived { "derived from the clauses" } else { "given" };
        let task = LibraryTask {
            engine,
            questions,
            questions_from: from.into(),
            filter: Filter::default(),
            open_seconds: None,
            shared: true,
            cold: &|_| Err(BenchError::Process("a server starts none".into())),
        };
        let watch = |phase: &Phase| {
            told.tell(MeasureProgress { what: phase.what, done: phase.done, total: phase.total });
        };
        let mut report = BenchReport::new(
            env!("CARGO_PKG_VERSION"),
            jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            command,
            Machine::here(),
            settings,
        );
        report.library = Some(measure_library(&task, &report.settings, &watch, stop)?);
        Ok::<_, BenchError>(report)
    };
    measured(target, request_id, &headers, work).await
}

/// Measures how well the collection answers a set of questions: `yiju eval` from inside its server.
///
/// Needs the scopes `read` and, since it loads the machine, `write`. One measurement runs at a time.
#[utoipa::path(
    post, path = "/v1/eval", tag = "measure", request_body = EvalBody,
    responses(
        (status = 200, description = "The report, as `yiju eval --json` prints it; or events with the progress and then the report, where they are asked for", content(
            (Object = "application/json"), (FollowedEvent = "text/event-stream"))),
        Failures,
    ),
)]
pub(crate) async fn eval(
    Writing(target): Writing,
    request_id: RequestId,
    headers: HeaderMap,
    Json(body): Json<EvalBody>,
) -> Result<Response, ApiError> {
    let set = Dataset::of_questions(body.name, queries(body.questions)?);
    if set.queries.is_empty() {
        return Err(ApiError::invalid("`questions` has none with a letter or digit"));
    }
    if !(1..=20).contains(&body.limit) {
        return Err(ApiError::invalid(format!("`limit` is {}, but must be 1 to 20", body.limit)));
    }
    if body.threshold.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
        return Err(ApiError::invalid("`threshold` must be 0 to 1"));
    }
    target.grant.charge(u32::try_from(set.queries.len() - 1).unwrap_or(u32::MAX))?;
    let options = EvalOptions {
        limit: body.limit,
        refusals: body.without_gold,
        threshold: body.threshold,
        ..EvalOptions::default()
    };
    // Waiting for the model ends with its lane's turn, so that no flag is needed.
    let work = move |engine: &Engine, told: &Told, _: &AtomicBool| {
        let tell = |at: Progress| {
            let (done, total) = (at.done as f64, at.total as f64);
            told.tell(MeasureProgress { what: "asking", done, total });
        };
        evaluate(engine, &set, &set.own_clauses(), &options, &tell)
    };
    measured(target, request_id, &headers, work).await
}

/// Where a measurement says how far it has come.
struct Told(watch::Sender<Option<MeasureProgress>>);

impl Told {
    fn tell(&self, now: MeasureProgress) {
        _ = self.0.send_replace(Some(now));
    }
}

/// Runs a measurement when no other runs, and answers with its result or its events. It stops when its client goes.
async fn measured<T, E>(
    target: Target,
    request_id: RequestId,
    headers: &HeaderMap,
    work: impl FnOnce(&Engine, &Told, &AtomicBool) -> Result<T, E> + Send + 'static,
) -> Result<Response, ApiError>
where
    T: Serialize + Send + 'static,
    E: Send + 'static,
    ApiError: From<E>,
{
    // The report says what the documents hold.
    target.grant.allows(Scope::Read)?;
    target.grant.all_documents()?;
    let state = target.state.clone();
    let (sender, progress) = watch::channel(None);
    let call = Box::pin(async move {
        let stop = Arc::new(AtomicBool::new(false));
        let _gone = StopOnDrop(Arc::clone(&stop));
        let collection = Arc::clone(&target.collection);
        let run = move || work(&collection.engine, &Told(sender), &stop);
        Ok::<T, ApiError>(target.state.measurements().run(target.grant.share(), run).await??)
    });
    if accepts_events(headers) {
        return follow(&state, request_id, progress, call).await;
    }
    Ok(axum::Json(call.await?).into_response())
}

/// Stops a measurement whose result nobody waits for.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn settings(body: &BenchBody, cores: usize) -> Result<Settings, ApiError> {
    if !(0.1..=SECONDS).contains(&body.seconds) {
        let said = format!("`seconds` is {}, but must be 0.1 to {SECONDS}", body.seconds);
        return Err(ApiError::invalid(said));
    }
    if !(1..=4).contains(&body.callers.len())
        || body.callers.iter().any(|callers| !(1..=CALLERS).contains(callers))
    {
        return Err(ApiError::invalid(format!(
            "`callers` must be 1 to 4 numbers from 1 to {CALLERS}"
        )));
    }
    if body.questions.len() > 200 {
        let said = format!("`questions` has {}, but may have 200", body.questions.len());
        return Err(ApiError::invalid(said));
    }
    let mut callers = body.callers.clone();
    callers.sort_unstable();
    callers.dedup();
    Ok(Settings {
        seconds: body.seconds,
        rounds: ROUNDS,
        callers,
        rate: None,
        model_threads: cores,
        cold: 0,
    })
}

/// The questions of a body; the error names the first that is none.
fn queries(values: Vec<Value>) -> Result<Vec<Query>, ApiError> {
    if !(1..=QUESTIONS).contains(&values.len()) {
        return Err(ApiError::invalid(format!(
            "`questions` has {}, but must have 1 to {QUESTIONS}",
            values.len()
        )));
    }
    let each = values.into_iter().enumerate().map(|(at, value)| {
        let query: Query = serde_json::from_value(value).map_err(|error| {
            ApiError::invalid(format!("`questions[{at}]`: {error}"))
                .hint("each is an object with `q` and what must be found, as docs/eval.md says")
        })?;
        Ok(Query {
            id: Some(query.id).filter(|id| !id.is_empty()).unwrap_or((at + 1).to_string()),
            ..query
        })
    });
    each.collect()
}

impl From<BenchError> for ApiError {
    fn from(error: BenchError) -> Self {
        match error {
            BenchError::Engine(error) => error.into(),
            BenchError::Empty => Self::invalid(error.to_string()).hint("add documents first"),
            BenchError::OutOfRange { .. } | BenchError::NoQuestions(_) => {
                Self::invalid(error.to_string())
            }
            error => Self::internal(error.to_string()),
        }
    }
}

impl From<EvalError> for ApiError {
    fn from(error: EvalError) -> Self {
        match error {
            EvalError::Engine(error) => error.into(),
            error => Self::internal(error.to_string()),
        }
    }
}
