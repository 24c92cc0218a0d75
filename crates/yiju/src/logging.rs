//! Logs on standard error, and spans to an OpenTelemetry collector where one is configured.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::cli::Global;
use crate::config::LogFormat;
use crate::failure::Failure;

/// The server's log settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) format: LogFormat,
    /// The URL at which an OpenTelemetry collector receives spans over HTTP.
    pub(crate) otlp: Option<String>,
}

/// Keeps the exporter alive; sends the remaining spans when dropped.
pub(crate) struct Logging {
    #[cfg(feature = "otlp")]
    spans: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

impl Drop for Logging {
    fn drop(&mut self) {
        #[cfg(feature = "otlp")]
        if let Some(spans) = &self.spans
            && let Err(error) = spans.shutdown()
        {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// Starts logging at level warn; info with `-v` and for a server, debug with `-vv`, error with `-q`.
/// A filter in `YIJU_LOG` overrides all of these.
///
/// # Errors
/// A collector is configured, and this build cannot send spans or its URL is not valid.
pub(crate) fn start(global: &Global, server: Option<&Server>) -> Result<Logging, Failure> {
    let level = match (global.verbose, global.quiet) {
        (_, true) => "error",
        (0, _) if server.is_some() => "info",
        (0, _) => "warn",
        (1, _) => "info",
        _ => "debug",
    };
    // Dependencies log warnings only. The prefix `yiju` covers all crates of the workspace.
    let default = format!("warn,yiju={level}");
    let filter = std::env::var("YIJU_LOG")
        .ok()
        .and_then(|filter| EnvFilter::try_new(filter).ok())
        .unwrap_or_else(|| EnvFilter::new(default));
    let paint = crate::terminal::Paint::for_stderr(global.color);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !paint.end().is_empty());
    let lines = match server.map(|server| server.format) {
        Some(LogFormat::Json) => lines.json().flatten_event(true).boxed(),
        _ => lines.with_target(false).boxed(),
    };
    let lines = lines.with_filter(filter);
    let (spans, logging) = spans(server.and_then(|server| server.otlp.as_deref()))?;
    // Fails only where logging was started before, which `main` never does.
    let _ = tracing_subscriber::registry().with(lines).with(spans).try_init();
    Ok(logging)
}

type Spans<S> = Option<Box<dyn Layer<S> + Send + Sync>>;

#[cfg(feature = "otlp")]
fn spans<S>(endpoint: Option<&str>) -> Result<(Spans<S>, Logging), Failure>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::{SpanExporter, WithExportConfig};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::filter::{LevelFilter, Targets};

    let Some(endpoint) = endpoint else {
        return Ok((None, Logging { spans: None }));
    };
    let exporter =
        SpanExporter::builder().with_http().with_endpoint(endpoint).build().map_err(|error| {
            Failure::new(format!("spans cannot be sent to `{endpoint}`: {error}"))
                .hint("write it as http://127.0.0.1:4318/v1/traces")
        })?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("yiju").build())
        .build();
    // Spans are exported at debug level, whatever level the log lines have.
    let ours = Targets::new()
        .with_target("yiju_api", LevelFilter::DEBUG)
        .with_target("yiju_engine", LevelFilter::DEBUG);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("yiju"))
        .with_filter(ours)
        .boxed();
    let logging = Logging { spans: Some(provider) };
    Ok((Some(layer), logging))
}

#[cfg(not(feature = "otlp"))]
fn spans<S>(endpoint: Option<&str>) -> Result<(Spans<S>, Logging), Failure>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    match endpoint {
        None => Ok((None, Logging {})),
        Some(_) => Err(Failure::new("this build sends no spans to a collector").hint(
            "build it with `cargo build --release --features otlp`, or leave --otlp-endpoint out",
        )),
    }
}
