//! `yiju serve`

use std::future::Future;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;
use yiju_api::{AppState, Limits, Policy, Stopped, Tls, origins};
use yiju_engine::Access;

use super::{Context, key};
use crate::config::{LogFormat, ServeFile, Settings};
use crate::failure::{Failure, INTERNAL};
use crate::library;
use crate::logging;

/// Where the server listens unless told otherwise.
const LISTEN: &str = "127.0.0.1:8700";

/// Serve the HTTP API
///
/// Without access keys it listens on this machine only; `yiju key add` makes one. /docs shows the
/// routes. SIGTERM and SIGINT stop it: what was accepted is finished first. Logs go to standard error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju serve\n  \
    yiju serve --listen 127.0.0.1:9000\n  \
    yiju serve --listen 0.0.0.0:8700 --tls-certificate cert.pem --tls-key key.pem\n  \
    curl -s localhost:8700/v1/ask -H 'content-type: application/json' -d '{\"question\": \"…\"}'")]
pub(crate) struct Serve {
    /// Address and port to listen on; port 0 for any that is free [default: 127.0.0.1:8700]
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "YIJU_LISTEN",
        hide_env_values = true
    )]
    listen: Option<String>,
    /// Engine calls that run at once [default: the machine's cores]
    #[arg(
        long,
        value_name = "N",
        env = "YIJU_CONCURRENT",
        hide_env_values = true
    )]
    concurrent: Option<usize>,
    /// Requests that may wait; more are answered 429 [default: 256]
    #[arg(long, value_name = "N", env = "YIJU_QUEUE", hide_env_values = true)]
    queue: Option<usize>,
    /// Time for a request, waiting included [default: 30]
    #[arg(
        long,
        value_name = "SECONDS",
        env = "YIJU_DEADLINE_SECONDS",
        hide_env_values = true
    )]
    deadline_seconds: Option<f64>,
    /// Longest document in bytes [default: 33554432]
    #[arg(
        long,
        value_name = "BYTES",
        env = "YIJU_MAX_DOCUMENT_BYTES",
        hide_env_values = true
    )]
    max_document_bytes: Option<usize>,
    /// Time to finish what was accepted when told to stop [default: 30]
    #[arg(
        long,
        value_name = "SECONDS",
        env = "YIJU_GRACE_SECONDS",
        hide_env_values = true
    )]
    grace_seconds: Option<f64>,
    #[command(flatten)]
    server: key::ServerData,
    /// Most collections beside the default one [default: 100]
    #[arg(
        long,
        value_name = "N",
        env = "YIJU_MAX_COLLECTIONS",
        hide_env_values = true
    )]
    max_collections: Option<usize>,
    /// Requests a minute for keys without a limit of their own [default: any number]
    #[arg(
        long,
        value_name = "N",
        env = "YIJU_REQUESTS_PER_MINUTE",
        hide_env_values = true
    )]
    requests_per_minute: Option<NonZeroU32>,
    /// Origin of web pages that may call the API, as `https://example.org`; may be repeated [default: none]
    #[arg(long = "cors-origin", value_name = "ORIGIN")]
    cors_origins: Vec<String>,
    /// Certificate to serve TLS with, PEM
    #[arg(
        long,
        value_name = "FILE",
        env = "YIJU_TLS_CERTIFICATE",
        hide_env_values = true
    )]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(
        long,
        value_name = "FILE",
        env = "YIJU_TLS_KEY",
        hide_env_values = true
    )]
    tls_key: Option<PathBuf>,
    /// Write questions and queries to the log
    #[arg(long)]
    log_questions: bool,
    /// How log lines look [default: text]
    #[arg(
        long,
        value_name = "FORMAT",
        env = "YIJU_LOG_FORMAT",
        hide_env_values = true
    )]
    log_format: Option<LogFormat>,
    /// Where an OpenTelemetry collector takes spans, as http://127.0.0.1:4318/v1/traces
    #[arg(
        long,
        value_name = "URL",
        env = "YIJU_OTLP_ENDPOINT",
        hide_env_values = true
    )]
    otlp_endpoint: Option<String>,
}

impl Serve {
    /// How it logs.
    pub(crate) fn log(&self, file: &ServeFile) -> logging::Server {
        logging::Server {
            format: self.log_format.or(file.log_format).unwrap_or_default(),
            otlp: self
                .otlp_endpoint
                .clone()
                .or(file.otlp_endpoint.clone())
                .filter(|endpoint| !endpoint.is_empty()),
        }
    }

    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let file = &context.settings.serve;
        let limits = self.limits(file)?;
        let grace = seconds(
            "grace-seconds",
            self.grace_seconds.or(file.grace_seconds),
            30.0,
        )?;
        let listen = self
            .listen
            .as_deref()
            .or(file.listen.as_deref())
            .unwrap_or(LISTEN);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start the server's threads")?;
        let address = address(listen)?;
        let data = self.server.directory(context)?;
        let keys = key::file(&data);
        let tls = self.tls(file)?;
        let policy = self.policy(file, keys, tls.is_some())?;
        let state = AppState::with_policy(limits, policy).map_err(key::failure)?;
        if !address.ip().is_loopback() && state.is_open() {
            return Err(Failure::new(format!(
                "without access keys only this machine is served, and {address} can be reached by others"
            ))
            .hint("make a key with `yiju key add NAME`, or listen on 127.0.0.1")
            .into());
        }
        let server = Server {
            address,
            data,
            tls,
            grace,
        };
        let code = runtime.block_on(server.run(context, state))?;
        // Work that outlived the grace period must not hold up the exit.
        runtime.shutdown_background();
        Ok(code)
    }

    fn limits(&self, file: &ServeFile) -> Result<Limits, Failure> {
        let mut limits = Limits::default();
        limits.concurrent = self
            .concurrent
            .or(file.concurrent)
            .unwrap_or(limits.concurrent);
        limits.queue = self.queue.or(file.queue).unwrap_or(limits.queue);
        limits.document_bytes = self
            .max_document_bytes
            .or(file.max_document_bytes)
            .unwrap_or(limits.document_bytes);
        let deadline = self.deadline_seconds.or(file.deadline_seconds);
        limits.deadline = seconds("deadline-seconds", deadline, limits.deadline.as_secs_f64())?;
        if limits.concurrent == 0 {
            return Err(Failure::new("`--concurrent` is 0, and must be 1 or more"));
        }
        limits.collections = self
            .max_collections
            .or(file.max_collections)
            .unwrap_or(limits.collections);
        Ok(limits)
    }

    fn policy(
        &self,
        file: &ServeFile,
        keys: yiju_access::KeyFile,
        tls: bool,
    ) -> Result<Policy, Failure> {
        let mut policy = Policy::default();
        policy.keys = Some(keys);
        policy.requests_per_minute = self.requests_per_minute.or(file.requests_per_minute);
        let listed = if self.cors_origins.is_empty() {
            &file.cors_origins
        } else {
            &self.cors_origins
        };
        policy.cors_origins = origins(listed).map_err(|origin| {
            Failure::new(format!("`{origin}` is not an origin"))
                .hint("write it as https://example.org, without a path; port and all")
        })?;
        policy.log_questions = self.log_questions || file.log_questions;
        policy.tls = tls;
        Ok(policy)
    }

    fn tls(&self, file: &ServeFile) -> Result<Option<Tls>, Failure> {
        let certificate = self
            .tls_certificate
            .as_ref()
            .or(file.tls_certificate.as_ref());
        let key = self.tls_key.as_ref().or(file.tls_key.as_ref());
        match (certificate, key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => {
                let tls = Tls::read(certificate, key).map_err(|error| {
                    Failure::new(format!("TLS cannot be served: {error}"))
                        .hint("give a certificate chain and its private key, both in PEM")
                })?;
                Ok(Some(tls))
            }
            _ => Err(
                Failure::new("TLS takes a certificate and its key, and one is missing")
                    .hint("give both --tls-certificate and --tls-key"),
            ),
        }
    }
}

fn seconds(name: &str, given: Option<f64>, default: f64) -> Result<Duration, Failure> {
    let value = given.unwrap_or(default);
    if value > 0.0 && value <= 86_400.0 {
        return Ok(Duration::from_secs_f64(value));
    }
    Err(Failure::new(format!(
        "`--{name}` is {value}, and must be above 0 and at most 86400"
    )))
}

/// Where and how to serve.
struct Server {
    address: SocketAddr,
    /// The directory of the server's own data.
    data: PathBuf,
    tls: Option<Tls>,
    grace: Duration,
}

impl Server {
    async fn run(self, context: &Context, state: AppState) -> anyhow::Result<ExitCode> {
        let stop = stop_signal()?;
        let listener = bind(self.address).await?;
        let address = listener.local_addr().context("the socket has no address")?;
        // The library is opened after the socket, so that a taken port is noticed at once, and
        // /healthz answers while the model loads.
        let secure = self.tls.is_some();
        let serving = yiju_api::serve(listener, state.clone(), self.tls, stop, self.grace);
        let mut server = tokio::spawn(serving);
        announce(context, address, secure, state.is_open());

        let (settings, collections) = (context.settings.clone(), self.data.join("collections"));
        let mut loading =
            tokio::task::spawn_blocking(move || load(&settings, &state, &collections));
        let ended = tokio::select! {
            ready = &mut loading => {
                context.notes.say(&ready.context("loading failed")??);
                server.await
            }
            // Told to stop before it was ready: what loading writes is whole or not there after any end.
            ended = &mut server => ended,
        };
        match ended
            .context("the server failed")?
            .context("the server's socket failed")?
        {
            Stopped::Finished => {
                context
                    .notes
                    .say("stopped; everything accepted was finished");
                Ok(ExitCode::SUCCESS)
            }
            Stopped::CutOff => {
                context.notes.say(&format!(
                    "stopped; some requests were not done after {} s and were cut off",
                    self.grace.as_secs_f64()
                ));
                Ok(ExitCode::from(INTERNAL))
            }
        }
    }
}

/// Opens the library and the collections, and says so.
fn load(settings: &Settings, state: &AppState, collections: &Path) -> anyhow::Result<String> {
    let engine = library::open(settings, Access::ReadWrite)?;
    let ready = format!("ready with the model {}", engine.model_name());
    state.set_engine(Arc::new(engine));
    state
        .open_collections(collections)
        .with_context(|| format!("cannot open the collections in {}", collections.display()))?;
    Ok(ready)
}

fn address(listen: &str) -> Result<SocketAddr, Failure> {
    listen
        .replace("localhost", "127.0.0.1")
        .parse()
        .map_err(|_| {
            Failure::new(format!("`{listen}` is not an address and port"))
                .hint("write it as 127.0.0.1:8700 or [::1]:8700")
        })
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(format!("cannot listen on {address}: {error}"))
            .hint("choose another with `--listen ADDRESS:PORT`; port 0 takes any that is free")
            .into()
    })
}

fn announce(context: &Context, address: SocketAddr, secure: bool, open: bool) {
    let scheme = if secure { "https" } else { "http" };
    let reach = if address.ip().is_loopback() {
        ", reachable from this machine only"
    } else {
        ""
    };
    let keys = if open {
        "; without access keys, so anyone on this machine may read and write"
    } else {
        "; access keys are needed"
    };
    let notes = &context.notes;
    notes.say(&format!("listening on {scheme}://{address}{reach}{keys}"));
    if !secure && !address.ip().is_loopback() {
        notes.warn(&anyhow::anyhow!(
            "keys and questions cross the network unencrypted: give --tls-certificate and --tls-key, or put a proxy with TLS before it"
        ));
    }
}

/// Completes when the process is told to stop.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .context("cannot listen for SIGTERM")?;
    #[cfg(unix)]
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
        .context("cannot listen for SIGINT")?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        tracing::info!("stopping");
    })
}
