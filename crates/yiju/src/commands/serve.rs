//! `yiju serve`

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
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
use crate::config::{ServeSettings, Settings, WriterSettings};
use crate::failure::{Failure, INTERNAL};
use crate::library;
use crate::logging;
use crate::webhook;
use crate::writer;

/// Default address and port.
const LISTEN: &str = "127.0.0.1:8700";

/// Serve the HTTP API
///
/// Without access keys it listens on this machine only; `yiju key add` makes one. /docs shows the
/// routes, / is a page to ask on. SIGTERM and SIGINT stop it: what was accepted is finished first. Logs go to standard error.
#[derive(Debug, Default, Args)]
#[command(after_help = "Examples:\n  \
    yiju serve\n  \
    yiju serve --listen 127.0.0.1:9000\n  \
    yiju serve --listen 0.0.0.0:8700 --tls-certificate cert.pem --tls-key key.pem\n  \
    curl -s localhost:8700/v1/ask -H 'content-type: application/json' -d '{\"question\": \"…\"}'")]
pub(crate) struct Serve {
    #[command(flatten)]
    settings: ServeSettings,
    #[command(flatten)]
    writer: WriterSettings,
}

impl Serve {
    /// How it logs, with `file` where the flags say nothing.
    pub(crate) fn log(&self, file: &ServeSettings) -> logging::Server {
        let settings = self.settings.clone().over(file);
        logging::Server {
            format: settings.log_format.unwrap_or_default(),
            otlp: settings.otlp_endpoint.filter(|url| !url.is_empty()),
        }
    }

    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let writer = self.writer.over(&context.settings.writer);
        serve(self.settings.over(&context.settings.serve), &writer, context, false)
    }
}

/// Serves until it is told to stop; with `browse`, opens the page in the browser.
pub(super) fn serve(
    settings: ServeSettings,
    writer: &WriterSettings,
    context: &Context,
    browse: bool,
) -> anyhow::Result<ExitCode> {
    let mut limits = limits(&settings)?;
    let writer = writer::open(writer)?.inspect(|writer| {
        // Waiting for the others and checking take time, too.
        limits.writing_deadline = writer.patience() + limits.deadline;
    });
    let grace = seconds("grace-seconds", settings.grace_seconds, 30.0)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the server's threads")?;
    let address = address(settings.listen.as_deref().unwrap_or(LISTEN))?;
    let data = context.settings.server_data(settings.data.as_deref())?;
    let tls = tls(&settings)?;
    let policy = policy(&settings, key::file(&data), tls.is_some())?;
    let state = AppState::with_policy(limits, policy).map_err(key::failure)?;
    if let Some(writer) = writer {
        state.set_writer(writer);
    }
    if let Some(webhook) = webhook::of(&settings)? {
        state.set_webhook(webhook);
    }
    if !address.ip().is_loopback() && state.is_open() {
        return Err(Failure::new(format!(
            "without access keys only this machine is served, and {address} can be reached by others"
        ))
        .hint("make a key with `yiju key add NAME`, or listen on 127.0.0.1")
        .into());
    }
    let server = Server { address, data, tls, grace, browse };
    let code = runtime.block_on(server.run(context, state))?;
    // Work that exceeded the grace period must not delay the exit.
    runtime.shutdown_background();
    Ok(code)
}

fn limits(settings: &ServeSettings) -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    let given = settings.deadline_seconds;
    limits.deadline = seconds("deadline-seconds", given, limits.deadline.as_secs_f64())?;
    for (limit, given) in [
        (&mut limits.concurrent, settings.concurrent),
        (&mut limits.queue, settings.queue),
        (&mut limits.document_bytes, settings.max_document_bytes),
        (&mut limits.collections, settings.max_collections),
    ] {
        *limit = given.unwrap_or(*limit);
    }
    fit_open_files(&mut limits);
    if limits.concurrent == 0 {
        return Err(Failure::new("`--concurrent` is 0, and must be 1 or more"));
    }
    Ok(limits)
}

/// Files that may be open beside connections: the library's, its indexes', the model's.
const OTHER_FILES: u64 = 512;

/// Lets the process open as many files as the limit of connections needs, or lowers that to what the system allows.
fn fit_open_files(limits: &mut Limits) {
    let wanted = (limits.connections as u64).saturating_add(OTHER_FILES);
    match rlimit::increase_nofile_limit(wanted) {
        Ok(allowed) if allowed < wanted => {
            let connections = allowed.saturating_sub(OTHER_FILES).max(allowed / 2);
            limits.connections = usize::try_from(connections).unwrap_or(usize::MAX).max(1);
            tracing::info!(
                allowed,
                connections = limits.connections,
                "fewer connections, for the files that may be open"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of open files stays as it is"),
    }
}

fn policy(
    settings: &ServeSettings,
    keys: yiju_access::KeyFile,
    tls: bool,
) -> Result<Policy, Failure> {
    let mut policy = Policy::default();
    policy.keys = Some(keys);
    policy.requests_per_minute = settings.requests_per_minute;
    policy.cors_origins = origins(&settings.cors_origins).map_err(|origin| {
        Failure::new(format!("`{origin}` is not an origin"))
            .hint("write it as https://example.org, without a path; port and all")
    })?;
    policy.log_questions = settings.log_questions;
    policy.tls = tls;
    Ok(policy)
}

fn tls(settings: &ServeSettings) -> Result<Option<Tls>, Failure> {
    match (&settings.tls_certificate, &settings.tls_key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            let tls = Tls::read(certificate, key).map_err(|error| {
                Failure::new(format!("TLS cannot be served: {error}"))
                    .hint("give a certificate chain and its private key, both in PEM")
            })?;
            Ok(Some(tls))
        }
        _ => Err(Failure::new("TLS takes a certificate and its key, and one is missing")
            .hint("give both --tls-certificate and --tls-key")),
    }
}

fn seconds(name: &str, given: Option<f64>, default: f64) -> Result<Duration, Failure> {
    let value = given.unwrap_or(default);
    if value > 0.0 && value <= 86_400.0 {
        return Ok(Duration::from_secs_f64(value));
    }
    Err(Failure::new(format!("`--{name}` is {value}, and must be above 0 and at most 86400")))
}

/// A server that is ready to start.
struct Server {
    address: SocketAddr,
    /// The server's data directory.
    data: PathBuf,
    tls: Option<Tls>,
    grace: Duration,
    /// Whether to open the page in the browser.
    browse: bool,
}

impl Server {
    async fn run(self, context: &Context, state: AppState) -> anyhow::Result<ExitCode> {
        let stop = stop_signal()?;
        let listener = bind(self.address).await?;
        let address = listener.local_addr().context("the socket has no address")?;
        // The socket is opened before the library, so that a port in use is reported at once and
        // /healthz answers while the model loads.
        let secure = self.tls.is_some();
        reload_on_hangup(self.tls.clone())?;
        let serving = yiju_api::serve(listener, state.clone(), self.tls, stop, self.grace);
        let mut server = tokio::spawn(serving);
        announce(context, address, secure, state.is_open());

        let (settings, data) = (context.settings.clone(), self.data.clone());
        let mut loading = tokio::task::spawn_blocking(move || load(&settings, &state, &data));
        let page = format!("{}://{address}/", if secure { "https" } else { "http" });
        let browsing = browse(context, self.browse.then_some(page));
        let serving = async {
            tokio::select! {
                ready = &mut loading => {
                    context.notes.say(&ready.context("loading failed")??);
                    anyhow::Ok(server.await)
                }
                // Stopped before it was ready. Loading can be cut off: its writes are atomic.
                ended = &mut server => Ok(ended),
            }
        };
        let ended = tokio::select! {
            ended = serving => ended?,
            never = browsing => match never {},
        };
        match ended.context("the server failed")?.context("the server's socket failed")? {
            Stopped::Finished => {
                context.notes.say("stopped; everything accepted was finished");
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

/// Opens the page in the browser, or says where it is; never completes, since some browsers run as long as their
/// window is open.
async fn browse(context: &Context, page: Option<String>) -> Infallible {
    if let Some(page) = page {
        let there = page.clone();
        let opened = tokio::task::spawn_blocking(move || open::that(there)).await;
        match opened {
            Ok(Ok(())) => context.notes.say(&format!("opened {page} in the browser")),
            _ => context
                .notes
                .say(&format!("no browser could be opened: go to {page} in one on this machine")),
        }
    }
    std::future::pending().await
}

/// Opens the library, the collections and the tasks in the server's data directory; returns the message to print.
fn load(settings: &Settings, state: &AppState, data: &Path) -> anyhow::Result<String> {
    let engine = library::open(settings, Access::ReadWrite)?;
    engine.keep_originals(!settings.serve.discard_originals);
    let ready = format!("ready with the model {}", engine.model_name());
    state.set_engine(Arc::new(engine));
    let (collections, tasks) = (data.join("collections"), data.join("tasks"));
    state
        .open_collections(&collections)
        .with_context(|| format!("cannot open the collections in {}", collections.display()))?;
    state
        .open_tasks(&tasks)
        .with_context(|| format!("cannot open the tasks in {}", tasks.display()))?;
    Ok(ready)
}

fn address(listen: &str) -> Result<SocketAddr, Failure> {
    listen.replace("localhost", "127.0.0.1").parse().map_err(|_| {
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
    let reach = if address.ip().is_loopback() { ", reachable from this machine only" } else { "" };
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

/// Reads the certificate anew at each SIGHUP, which would end the process otherwise. Keys are read anew by themselves;
/// other settings need a restart.
fn reload_on_hangup(tls: Option<Tls>) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangups = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                match tls.as_ref().map(Tls::reload) {
                    Some(Ok(())) => tracing::info!("SIGHUP: the certificate was read anew"),
                    Some(Err(error)) => {
                        tracing::error!(%error, "SIGHUP: the certificate stays as it was");
                    }
                    None => tracing::info!(
                        "SIGHUP: keys are read anew by themselves; other settings need a restart"
                    ),
                }
            }
        });
    }
    Ok(())
}

/// Completes on SIGTERM or SIGINT.
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
