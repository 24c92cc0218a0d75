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
use crate::config::Settings;
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
}

impl Notes {
    pub(crate) fn quiet(&self) -> bool {
        self.quiet
    }

    /// A message that `--quiet` suppresses.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            // A closed standard error must not stop the command.
            let _ = writeln!(io::stderr(), "{}", crate::text::clean(text));
        }
    }

    /// A warning: the command goes on and can succeed.
    pub(crate) fn warn(&self, error: &anyhow::Error) {
        let text = failure::messages(error).join(": ");
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
        notes: Notes { quiet: global.quiet, paint: Paint::for_stderr(global.color) },
        global,
    };
    match command {
        Command::Ask(ask) => ask.run(&context),
        Command::Chat(chat) => chat.run(&context),
        Command::Search(search) => search.run(&context),
        Command::Add(add) => add.run(&context),
        Command::List(list) => list.run(&context),
        Command::Diff(diff) => diff.run(&context),
        Command::Remove(remove) => remove.run(&context),
        Command::Outline(outline) => outline.run(&context),
        Command::Text(text) => text.run(&context),
        Command::Page(page) => page.run(&context),
        Command::Embed(embed) => embed.run(&context),
        Command::Model(model) => model.run(&context),
        Command::Eval(eval) => eval.run(&context),
        Command::Bench(bench) => bench.run(&context),
        Command::Verify(verify) => verify.run(&context),
        Command::Ground(ground) => ground.run(&context),
        Command::Serve(serve) => serve.run(&context),
        Command::Open(open) => open.run(&context),
        Command::Mcp(mcp) => mcp.run(&context),
        Command::Key(key) => key.run(&context),
        Command::Check(check) => check.run(&context),
        Command::Reembed(reembed) => reembed.run(&context),
        Command::Backup(backup) => backup.run(&context),
        Command::Restore(restore) => restore.run(&context),
    }
}

/// Prints `value` as indented JSON with a line end.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}
