//! Logs go to standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::cli::Global;

/// Starts logging: warnings, with `-v` what is done, with `-vv` details; a server says what is done
/// without being asked. `YIJU_LOG` holds a filter that goes before all of it.
pub(crate) fn start(global: &Global, server: bool) {
    let level = match (global.verbose, global.quiet) {
        (_, true) => "error",
        (0, _) if server => "info",
        (0, _) => "warn",
        (1, _) => "info",
        _ => "debug",
    };
    // The libraries' own accounts are of use only where details are wanted.
    let default = format!(
        "warn,yiju={level},yiju_api={level},yiju_engine={level},yiju_store={level},yiju_index={level},yiju_embed={level},yiju_document={level}"
    );
    let filter = std::env::var("YIJU_LOG")
        .ok()
        .and_then(|filter| EnvFilter::try_new(filter).ok())
        .unwrap_or_else(|| EnvFilter::new(default));
    let paint = crate::terminal::Paint::for_stderr(global.color);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !paint.end().is_empty());
    // A second start is refused, and there is none.
    let _ = if server && global.json {
        log.json().try_init()
    } else {
        log.with_target(false).try_init()
    };
}
