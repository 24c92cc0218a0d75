//! `yiju mcp`

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use yiju_api::{AppState, Limits, serve_stdio};
use yiju_engine::Access;

use super::Context;
use crate::library;

/// Serve the library to an agent over standard input and output (Model Context Protocol)
///
/// An agent's program starts this command itself: docs/clients.md has the registration for common ones. Its tools only
/// read: ask, search, get_clause, outline, verify_quote, list_documents. A running `yiju serve` has the same at /mcp.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju mcp\n  \
    yiju mcp --library policies.library\n  \
    claude mcp add yiju -- yiju mcp")]
pub(crate) struct Mcp {}

impl Mcp {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start the server's threads")?;
        let engine = library::open(&context.settings, Access::ReadOnly)?;
        let state = AppState::new(Limits::default());
        state.set_engine(Arc::new(engine));
        let served = runtime.block_on(serve_stdio(state));
        // A read of standard input cannot be interrupted.
        runtime.shutdown_background();
        served.context("the client's messages could not be served")?;
        Ok(ExitCode::SUCCESS)
    }
}
