//! Metrics for Prometheus. Every label has a bounded set of values.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};
use yiju_engine::{LibrarySize, QueueFigures, Step, StepTimes};

use crate::codes::ErrorCode;

/// Upper bounds in seconds: questions take milliseconds, adds minutes.
const BUCKETS: [f64; 16] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0,
    600.0,
];

/// The same for a step of a question: some take a few hundredths of a millisecond.
const STEP_BUCKETS: [f64; 18] = [
    0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.25, 0.5, 1.0, 2.5, 5.0, 30.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    /// The route's pattern, never the path; `other` if no route matched.
    route: String,
    method: &'static str,
    status: u16,
}

/// One label with its name: a step, an error's code or a lane.
type Label = [(&'static str, &'static str); 1];

/// The label `route` (see [`RequestLabels::route`]), or `collection`, which has as many values as
/// `Limits::collections` allows.
type OwnedLabel = [(&'static str, String); 1];

/// Upper bounds of a family's histograms.
#[derive(Clone)]
struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// What `/metrics` reports at the moment it is asked.
pub(crate) struct Now {
    pub(crate) ready: bool,
    /// The lanes: name, calls that wait, calls that run.
    pub(crate) lanes: [(&'static str, usize, usize); 5],
    pub(crate) sizes: Vec<Size>,
    /// What the model's queue has counted.
    pub(crate) model: QueueFigures,
}

/// How much a collection holds.
pub(crate) struct Size {
    pub(crate) collection: String,
    pub(crate) size: LibrarySize,
}

/// The metrics, in the order in which they are shown.
pub(crate) struct Metrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<OwnedLabel, Histogram, Buckets>,
    steps: Family<Label, Histogram, Buckets>,
    answers: Counter,
    refusals: Counter,
    embedded_tokens: Counter,
    batches: Counter,
    batch_tokens: Counter,
    model_refused: Counter,
    model_waiting_tokens: Gauge,
    model_callers: Gauge,
    errors: Family<Label, Counter>,
    documents: Family<OwnedLabel, Gauge>,
    passages: Family<OwnedLabel, Gauge>,
    generation: Family<OwnedLabel, Gauge>,
    database_bytes: Family<OwnedLabel, Gauge>,
    index_bytes: Family<OwnedLabel, Gauge>,
    resident_memory: Gauge,
    waiting: Family<Label, Gauge>,
    running: Family<Label, Gauge>,
    ready: Gauge,
    registry: Registry,
}

/// Makes a metric and registers it.
fn metric<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

/// As [`metric`], in bytes.
fn bytes<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register_with_unit(name, help, Unit::Bytes, metric.clone());
    metric
}

/// As [`metric`], of times in seconds.
fn times<L: Clone + Hash + Eq + EncodeLabelSet + Debug + Send + Sync + 'static>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    buckets: &'static [f64],
) -> Family<L, Histogram, Buckets> {
    let family = Family::new_with_constructor(Buckets(buckets));
    registry.register_with_unit(name, help, Unit::Seconds, family.clone());
    family
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("yiju");
        let r = &mut registry;
        Self {
            requests: metric(r, "requests", "Requests answered"),
            durations: times(
                r,
                "request_duration",
                "Time from a request's arrival to its response",
                &BUCKETS,
            ),
            steps: times(
                r,
                "step_duration",
                "Time of each step of a question or search, where it ran",
                &STEP_BUCKETS,
            ),
            answers: metric(r, "answers", "Questions answered"),
            refusals: metric(r, "refusals", "Questions refused"),
            embedded_tokens: metric(
                r,
                "embedded_tokens",
                "Tokens embedded for the routes that embed and rerank texts",
            ),
            batches: metric(r, "batches", "Batches that the model ran"),
            batch_tokens: metric(r, "batch_tokens", "Tokens in these batches"),
            model_refused: metric(
                r,
                "model_refused",
                "Calls of the model turned away because its queue was full",
            ),
            model_waiting_tokens: metric(
                r,
                "model_waiting_tokens",
                "Tokens that wait for the model",
            ),
            model_callers: metric(r, "model_callers", "Calls of the model that wait or are served"),
            errors: metric(r, "errors", "Requests that failed, by the code of the error"),
            documents: metric(r, "documents", "Documents"),
            passages: metric(r, "passages", "Clauses and sentences indexed"),
            generation: metric(r, "generation", "Writes so far"),
            database_bytes: bytes(r, "database", "Size of the database on disk"),
            index_bytes: bytes(r, "index", "Size of the saved indexes on disk"),
            resident_memory: bytes(
                r,
                "resident_memory",
                "Memory of the process, 0 where the system does not tell",
            ),
            waiting: metric(r, "queue_depth", "Requests waiting for their turn"),
            running: metric(r, "running", "Engine calls running"),
            ready: metric(r, "ready", "1 once the model and indexes are loaded"),
            registry,
        }
    }

    pub(crate) fn request(
        &self,
        route: &str,
        method: &'static str,
        status: u16,
        took: Duration,
        error: Option<ErrorCode>,
    ) {
        if let Some(error) = error {
            self.error(error);
        }
        let route = route.to_owned();
        let labels = RequestLabels { route: route.clone(), method, status };
        self.requests.get_or_create(&labels).inc();
        self.durations.get_or_create(&[("route", route)]).observe(took.as_secs_f64());
    }

    /// Counts a failure.
    pub(crate) fn error(&self, error: ErrorCode) {
        self.errors.get_or_create(&[("code", error.name())]).inc();
    }

    /// Counts the time of each step that ran.
    pub(crate) fn steps(&self, times: &StepTimes) {
        for step in Step::ALL {
            let took = times.get(step);
            if took > Duration::ZERO {
                self.steps.get_or_create(&[("step", step.label())]).observe(took.as_secs_f64());
            }
        }
    }

    pub(crate) fn answer(&self, answered: bool) {
        if answered {
            self.answers.inc()
        } else {
            self.refusals.inc()
        };
    }

    pub(crate) fn embedded(&self, tokens: usize) {
        self.embedded_tokens.inc_by(tokens as u64);
    }

    /// The text that Prometheus reads.
    pub(crate) fn render(&self, now: &Now) -> Result<String, std::fmt::Error> {
        self.ready.set(i64::from(now.ready));
        for (lane, waiting, running) in now.lanes {
            let gauge = |family: &Family<Label, Gauge>, value: usize| {
                let value = i64::try_from(value).unwrap_or(i64::MAX);
                family.get_or_create(&[("lane", lane)]).set(value);
            };
            gauge(&self.waiting, waiting);
            gauge(&self.running, running);
        }
        let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        type Part = fn(&LibrarySize) -> u64;
        let parts: [(&Family<OwnedLabel, Gauge>, Part); 5] = [
            (&self.documents, |size| size.documents),
            (&self.passages, |size| size.passages),
            (&self.generation, |size| size.generation),
            (&self.database_bytes, |size| size.database_bytes),
            (&self.index_bytes, |size| size.index_bytes),
        ];
        for (family, part) in parts {
            // Removed collections are no longer reported.
            family.clear();
            for Size { collection, size } in &now.sizes {
                let gauge = family.get_or_create(&[("collection", collection.clone())]);
                gauge.set(whole(part(size)));
            }
        }
        for (counter, value) in [
            (&self.batches, now.model.batches),
            (&self.batch_tokens, now.model.batched_tokens),
            (&self.model_refused, now.model.refused),
        ] {
            counter.inner().store(value, Ordering::Relaxed);
        }
        for (gauge, value) in [
            (&self.model_waiting_tokens, now.model.waiting_tokens),
            (&self.model_callers, now.model.callers),
        ] {
            gauge.set(whole(value as u64));
        }
        let resident = yiju_machine::resident().map_or(0, |(now, _)| now);
        self.resident_memory.set(whole(resident));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
