//! The commands, one file each.

pub(crate) mod add;
pub(crate) mod ask;
pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod chat;
pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod embed;
pub(crate) mod eval;
pub(crate) mod filter;
pub(crate) mod ground;
pub(crate) mod key;
pub(crate) mod list;
pub(crate) mod mcp;
pub(crate) mod model;
pub(crate) mod open;
pub(crate) mod outline;
pub(crate) mod page;
mod reading;
pub(crate) mod reembed;
pub(crate) mod remove;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod text;
pub(crate) mod verify;
mod written;

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::cli::{Cli, Command, Global};
use crate::config::{LogFormat, Settings};
use crate::failure;
use crate::logging;
use crate::render::View;
use crate::terminal::{self, Paint, Style};

/// Settings and output of the running command.
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) json: bool,
    pub(crate) notes: Notes,
    global: Global,
}

impl Context {
    /// How results are shown on standard output.
    pub(crate) fn view(&self) -> View {
        View { columns: terminal::width(), paint: Paint::for_stdout(self.global.color) }
    }
}

/// Messages to the user on standard error.
pub(crate) struct Notes {
    quiet: bool,
    paint: Paint,
    /// Whether messages are log lines, for a server whose log is JSON: whoever reads it reads nothing else.
    logged: bool,
}

impl Notes {
    pub(crate) fn quiet(&self) -> bool {
        self.quiet
    }

    /// A message that `--quiet` suppresses.
    pub(crate) fn say(&self, text: &str) {
        if self.logged {
            tracing::info!("{text}");
        } else if !self.quiet {
            // A closed standard error must not stop the command.
            let _ = writeln!(io::stderr(), "{}", crate::text::clean(text));
        }
    }

    /// A warning: the command goes on and can succeed.
    pub(crate) fn warn(&self, error: &anyhow::Error) {
        let text = failure::messages(error).join(": ");
        if self.logged {
            let hint = failure::hint(error);
            tracing::warn!(hint, "{text}");
            return;
        }
        let mut err = io::stderr().lock();
        let _ = writeln!(
            err,
            "{} {}",
            self.paint.paint(Style::Warning, "warning:"),
            crate::text::clean(&text)
        );
        if let Some(hint) = failure::hint(error) {
            self.hint(&hint);
        }
    }

    /// An error: the command goes on, but fails in the end.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        let _ = failure::write(error, &mut io::stderr().lock(), self.paint);
    }

    /// Logs why the command failed; the code to exit with.
    fn log_failure(&self, error: &anyhow::Error) -> ExitCode {
        let hint = failure::hint(error);
        tracing::error!(hint, "{}", failure::messages(error).join(": "));
        ExitCode::from(failure::code(error))
    }

    /// Advice, which `--quiet` suppresses.
    pub(crate) fn hint(&self, hint: &str) {
        if !self.quiet {
            let label = self.paint.paint(Style::Hint, "hint:");
            let _ = writeln!(io::stderr(), "{label} {}", crate::text::clean(hint));
        }
    }
}

/// Runs the command.
///
/// # Errors
/// The command failed; [`failure::report`] prints why.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let Cli { global, command } = cli;
    let settings = Settings::load(&global)?;
    let server = match &command {
        Command::Serve(serve) => Some(serve.log(&settings.serve)),
        Command::Open(_) => Some(serve::Serve::default().log(&settings.serve)),
        _ => None,
    };
    let _log = logging::start(&global, server.as_ref())?;
    let context = Context {
        settings,
        json: global.json,
        notes: Notes {
            quiet: global.quiet,
            paint: Paint::for_stderr(global.color),
            logged: server.is_some_and(|server| server.format == LogFormat::Json),
        },
        global,
    };
    match command.run(&context) {
        Err(error) if context.notes.logged => Ok(context.notes.log_failure(&error)),
        ended => ended,
    }
}

impl Command {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self {
            Self::Ask(ask) => ask.run(context),
            Self::Chat(chat) => chat.run(context),
            Self::Search(search) => search.run(context),
            Self::Add(add) => add.run(context),
            Self::List(list) => list.run(context),
            Self::Diff(diff) => diff.run(context),
            Self::Remove(remove) => remove.run(context),
            Self::Outline(outline) => outline.run(context),
            Self::Text(text) => text.run(context),
            Self::Page(page) => page.run(context),
            Self::Embed(embed) => embed.run(context),
            Self::Model(model) => model.run(context),
            Self::Eval(eval) => eval.run(context),
            Self::Bench(bench) => bench.run(context),
            Self::Verify(verify) => verify.run(context),
            Self::Ground(ground) => ground.run(context),
            Self::Serve(serve) => serve.run(context),
            Self::Open(open) => open.run(context),
            Self::Mcp(mcp) => mcp.run(context),
            Self::Key(key) => key.run(context),
            Self::Check(check) => check.run(context),
            Self::Reembed(reembed) => reembed.run(context),
            Self::Backup(backup) => backup.run(context),
            Self::Restore(restore) => restore.run(context),
        }
    }
}

/// Prints `value` as indented JSON with a line end.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}
