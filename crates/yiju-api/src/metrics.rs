//! Counters for Prometheus. Every label has a bounded set of values.

use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
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
    /// The route's pattern, never the path itself; `other` where no route matched.
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabels {
    step: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ErrorLabels {
    /// A name of the table of errors.
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CollectionLabels {
    /// As many as `Limits::collections` allows.
    collection: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LaneLabels {
    lane: &'static str,
}

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
    pub(crate) waiting: [usize; 2],
    pub(crate) running: [usize; 2],
    pub(crate) sizes: Vec<Size>,
    /// What the model's queue has done; it keeps count itself.
    pub(crate) model: QueueFigures,
}

/// How much a collection holds.
pub(crate) struct Size {
    pub(crate) collection: String,
    pub(crate) size: LibrarySize,
}

/// The counters.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, Buckets>,
    steps: Family<StepLabels, Histogram, Buckets>,
    refusals: Counter,
    answers: Counter,
    errors: Family<ErrorLabels, Counter>,
    embedded_tokens: Counter,
    batches: Counter,
    batch_tokens: Counter,
    model_refused: Counter,
    model_waiting_tokens: Gauge,
    model_callers: Gauge,
    documents: Family<CollectionLabels, Gauge>,
    passages: Family<CollectionLabels, Gauge>,
    generation: Family<CollectionLabels, Gauge>,
    database_bytes: Family<CollectionLabels, Gauge>,
    index_bytes: Family<CollectionLabels, Gauge>,
    resident_memory: Gauge,
    waiting: Family<LaneLabels, Gauge>,
    running: Family<LaneLabels, Gauge>,
    ready: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("yiju");
        let metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(Buckets(&BUCKETS)),
            steps: Family::new_with_constructor(Buckets(&STEP_BUCKETS)),
            refusals: Counter::default(),
            answers: Counter::default(),
            errors: Family::default(),
            embedded_tokens: Counter::default(),
            batches: Counter::default(),
            batch_tokens: Counter::default(),
            model_refused: Counter::default(),
            model_waiting_tokens: Gauge::default(),
            model_callers: Gauge::default(),
            documents: Family::default(),
            passages: Family::default(),
            generation: Family::default(),
            database_bytes: Family::default(),
            index_bytes: Family::default(),
            resident_memory: Gauge::default(),
            waiting: Family::default(),
            running: Family::default(),
            ready: Gauge::default(),
        };
        registry.register("requests", "Requests answered", metrics.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time from a request's arrival to its response",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register_with_unit(
            "step_duration",
            "Time of each step of a question or search, where it ran",
            Unit::Seconds,
            metrics.steps.clone(),
        );
        registry.register("answers", "Questions answered", metrics.answers.clone());
        registry.register("refusals", "Questions refused", metrics.refusals.clone());
        registry.register(
            "embedded_tokens",
            "Tokens embedded for /v1/embeddings",
            metrics.embedded_tokens.clone(),
        );
        for (name, help, counter) in [
            ("batches", "Batches that the model ran", &metrics.batches),
            (
                "batch_tokens",
                "Tokens in these batches",
                &metrics.batch_tokens,
            ),
            (
                "model_refused",
                "Calls of the model turned away because its queue was full",
                &metrics.model_refused,
            ),
        ] {
            registry.register(name, help, counter.clone());
        }
        for (name, help, gauge) in [
            (
                "model_waiting_tokens",
                "Tokens that wait for the model",
                &metrics.model_waiting_tokens,
            ),
            (
                "model_callers",
                "Calls of the model that wait or are served",
                &metrics.model_callers,
            ),
        ] {
            registry.register(name, help, gauge.clone());
        }
        registry.register(
            "errors",
            "Requests that failed, by the code of the error",
            metrics.errors.clone(),
        );
        for (name, help, gauge) in [
            ("documents", "Documents", &metrics.documents),
            (
                "passages",
                "Clauses and sentences indexed",
                &metrics.passages,
            ),
            ("generation", "Writes so far", &metrics.generation),
        ] {
            registry.register(name, help, gauge.clone());
        }
        for (name, help, gauge) in [
            (
                "database",
                "Size of the database on disk",
                &metrics.database_bytes,
            ),
            (
                "index",
                "Size of the saved indexes on disk",
                &metrics.index_bytes,
            ),
        ] {
            registry.register_with_unit(name, help, Unit::Bytes, gauge.clone());
        }
        registry.register_with_unit(
            "resident_memory",
            "Memory of the process, 0 where the system does not tell",
            Unit::Bytes,
            metrics.resident_memory.clone(),
        );
        registry.register(
            "queue_depth",
            "Requests waiting for their turn",
            metrics.waiting.clone(),
        );
        registry.register("running", "Engine calls running", metrics.running.clone());
        registry.register(
            "ready",
            "1 once the model and indexes are loaded",
            metrics.ready.clone(),
        );
        Self {
            registry,
            ..metrics
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
        let labels = RequestLabels {
            route: route.clone(),
            method,
            status,
        };
        self.requests.get_or_create(&labels).inc();
        self.durations
            .get_or_create(&RouteLabels { route })
            .observe(took.as_secs_f64());
    }

    /// Counts a failure.
    pub(crate) fn error(&self, error: ErrorCode) {
        let code = error.name();
        self.errors.get_or_create(&ErrorLabels { code }).inc();
    }

    /// Counts the time of each step that ran.
    pub(crate) fn steps(&self, times: &StepTimes) {
        for step in Step::ALL {
            let took = times.get(step);
            if took > Duration::ZERO {
                let step = step.label();
                self.steps
                    .get_or_create(&StepLabels { step })
                    .observe(took.as_secs_f64());
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
        for (index, lane) in ["read", "write"].into_iter().enumerate() {
            let gauge = |family: &Family<LaneLabels, Gauge>, value: usize| {
                let value = i64::try_from(value).unwrap_or(i64::MAX);
                family.get_or_create(&LaneLabels { lane }).set(value);
            };
            gauge(&self.waiting, now.waiting[index]);
            gauge(&self.running, now.running[index]);
        }
        let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        type Part = fn(&LibrarySize) -> u64;
        let parts: [(&Family<CollectionLabels, Gauge>, Part); 5] = [
            (&self.documents, |size| size.documents),
            (&self.passages, |size| size.passages),
            (&self.generation, |size| size.generation),
            (&self.database_bytes, |size| size.database_bytes),
            (&self.index_bytes, |size| size.index_bytes),
        ];
        for (family, part) in parts {
            // A collection that was removed is not told of any more.
            family.clear();
            for Size { collection, size } in &now.sizes {
                let collection = collection.clone();
                let gauge = family.get_or_create(&CollectionLabels { collection });
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
