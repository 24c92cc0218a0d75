//! `yiju serve`

use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;
use yiju_api::{AppState, Limits, Stopped};
use yiju_engine::Access;

use super::Context;
use crate::config::ServeFile;
use crate::failure::{Failure, INTERNAL};
use crate::library;

/// Where the server listens unless told otherwise.
const LISTEN: &str = "127.0.0.1:8700";

/// Serve the HTTP API
///
/// Listens on this machine only unless told otherwise. /docs shows the routes. SIGTERM and SIGINT
/// stop it: what was accepted is finished first. Logs go to standard error, with --json as JSON.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju serve\n  \
    yiju serve --listen 127.0.0.1:9000\n  \
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
}

impl Serve {
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
        let code = runtime.block_on(serve(context, listen, limits, grace))?;
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
        Ok(limits)
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

async fn serve(
    context: &Context,
    listen: &str,
    limits: Limits,
    grace: Duration,
) -> anyhow::Result<ExitCode> {
    let stop = stop_signal()?;
    let listener = bind(listen).await?;
    let address = listener.local_addr().context("the socket has no address")?;
    // The library is opened after the socket, so that a taken port is noticed at once, and /healthz
    // answers while the model loads.
    let state = AppState::new(limits);
    let server = tokio::spawn(yiju_api::serve(listener, state.clone(), stop, grace));
    announce(context, address);

    let opened =
        tokio::task::block_in_place(|| library::open(&context.settings, Access::ReadWrite));
    let engine = opened?;
    let ready = format!("ready with the model {}", engine.model_name());
    state.set_engine(Arc::new(engine));
    drop(state);
    context.notes.say(&ready);

    match server
        .await
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
                grace.as_secs_f64()
            ));
            Ok(ExitCode::from(INTERNAL))
        }
    }
}

async fn bind(listen: &str) -> anyhow::Result<TcpListener> {
    let address: SocketAddr = listen
        .replace("localhost", "127.0.0.1")
        .parse()
        .map_err(|_| {
            Failure::new(format!("`{listen}` is not an address and port"))
                .hint("write it as 127.0.0.1:8700 or [::1]:8700")
        })?;
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(format!("cannot listen on {address}: {error}"))
            .hint("choose another with `--listen ADDRESS:PORT`; port 0 takes any that is free")
            .into()
    })
}

fn announce(context: &Context, address: SocketAddr) {
    let notes = &context.notes;
    if address.ip().is_loopback() {
        notes.say(&format!(
            "listening on http://{address}, reachable from this machine only"
        ));
    } else {
        notes.say(&format!("listening on http://{address}"));
        notes.warn(&anyhow::anyhow!(
            "the API has no access keys, and anyone who reaches {address} can read, add and remove documents"
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
