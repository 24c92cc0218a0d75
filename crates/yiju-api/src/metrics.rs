//! Counters for Prometheus. Every label has a bounded set of values.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use yiju_engine::Timings;

/// Upper bounds in seconds: questions take milliseconds, adds minutes.
const BUCKETS: [f64; 16] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0,
    600.0,
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
struct LaneLabels {
    lane: &'static str,
}

#[derive(Clone)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(BUCKETS)
    }
}

/// What `/metrics` reports at the moment it is asked.
pub(crate) struct Now {
    pub(crate) ready: bool,
    pub(crate) waiting: [usize; 2],
    pub(crate) running: [usize; 2],
}

/// The counters.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, Buckets>,
    steps: Family<StepLabels, Histogram, Buckets>,
    refusals: Counter,
    answers: Counter,
    embedded_tokens: Counter,
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
            durations: Family::new_with_constructor(Buckets),
            steps: Family::new_with_constructor(Buckets),
            refusals: Counter::default(),
            answers: Counter::default(),
            embedded_tokens: Counter::default(),
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
            "Time of each step of a question or search",
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

    pub(crate) fn request(&self, route: &str, method: &'static str, status: u16, took: Duration) {
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

    pub(crate) fn steps(&self, timings: &Timings) {
        for (step, ms) in [
            ("embed", timings.embed),
            ("retrieve", timings.retrieve),
            ("rank", timings.rank),
        ] {
            self.steps
                .get_or_create(&StepLabels { step })
                .observe(ms / 1000.0);
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
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
