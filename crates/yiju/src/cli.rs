//! The command line: global flags and the commands.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::failure::{INTERNAL, USER};
use crate::terminal::Color;

/// Answers questions about documents with the clauses the answers rest on
///
/// Documents are kept in a library, a directory on this machine. Nothing leaves the machine unless you name a
/// writer's endpoint; beside that, only `model pull` uses the network.
#[derive(Debug, Parser)]
#[command(
    name = "yiju",
    version,
    after_help = "Examples:\n  \
        yiju ask --docs seeds \"超大特大城市应该怎样发展？\"\n  \
        yiju add policies/\n  \
        yiju ask \"灵活就业人员能参加住房公积金吗？\"\n  \
        yiju open\n\n\
        Exit codes: 0 done (a refusal is an answer, too), 1 something to put right, 2 a fault",
    subcommand_required = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Directory of the library [default: the platform's data directory]
    #[arg(long, global = true, value_name = "DIR", env = "YIJU_LIBRARY")]
    pub(crate) library: Option<PathBuf>,
    /// Embedding model: a model directory, or a name under a `models` directory [default: yiju-e5-small-q8]
    #[arg(long, global = true, value_name = "DIR|NAME", env = "YIJU_MODEL")]
    pub(crate) model: Option<PathBuf>,
    /// Cross-encoder that reads the best clauses again: a model directory of a BERT or XLM-RoBERTa for
    /// sequence classification with one label
    #[arg(long, global = true, value_name = "DIR", env = "YIJU_RERANKER")]
    pub(crate) reranker: Option<PathBuf>,
    /// Which pictures of pages are read: those without text, none, or also those with another program's text under them
    /// [default: auto]
    #[arg(long, global = true, value_name = "WHEN", env = "YIJU_RECOGNISE")]
    pub(crate) recognise: Option<Recognise>,
    /// Models that read pictures: a directory, or a name under a `models` directory [default: pp-ocrv6-small]
    #[arg(long, global = true, value_name = "DIR|NAME", env = "YIJU_RECOGNISER")]
    pub(crate) recogniser: Option<PathBuf>,
    /// Threads of the model [default: the machine's cores]
    #[arg(long, global = true, value_name = "N", env = "YIJU_THREADS")]
    pub(crate) threads: Option<usize>,
    /// Arithmetic of the model [default: int8]
    #[arg(long, global = true, env = "YIJU_PRECISION")]
    pub(crate) precision: Option<Precision>,
    /// Configuration file [default: yiju.toml here, then in the platform's configuration directory]
    #[arg(long, global = true, value_name = "FILE", env = "YIJU_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say more about what is done; twice for still more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        env = "YIJU_COLOR",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(crate) color: Color,
}

/// Arithmetic of the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Precision {
    /// 8-bit integer kernels: the fast ones
    #[default]
    Int8,
    /// 32-bit floats: the reference
    F32,
}

/// Which pictures of pages are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Recognise {
    /// Pictures, and pages without text
    #[default]
    Auto,
    /// None
    Never,
    /// Also pages whose picture has another program's text under it
    Always,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Ask(commands::ask::Ask),
    Chat(commands::chat::Chat),
    Search(commands::search::Search),
    Verify(commands::verify::Verify),
    Ground(commands::ground::Ground),
    Add(commands::add::Add),
    List(commands::list::List),
    Diff(commands::diff::Diff),
    Remove(commands::remove::Remove),
    Outline(commands::outline::Outline),
    Text(commands::text::Text),
    Page(commands::page::Page),
    Embed(commands::embed::Embed),
    Model(commands::model::Model),
    Eval(commands::eval::Eval),
    Bench(commands::bench::Bench),
    Serve(commands::serve::Serve),
    Open(commands::open::Open),
    Mcp(commands::mcp::Mcp),
    #[command(subcommand)]
    Key(commands::key::Key),
    Check(commands::check::Check),
    Reembed(commands::reembed::Reembed),
    Backup(commands::backup::Backup),
    Restore(commands::backup::Restore),
}

/// Parses the command line.
///
/// # Errors
/// The exit code, after printing: 0 for help and version, 1 for a usage error.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    let parsed = command().try_get_matches();
    let parsed = parsed.and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| {
        let printed = error.print();
        match (error.exit_code(), printed) {
            (0, Ok(())) => ExitCode::SUCCESS,
            (0, Err(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            (0, Err(_)) => ExitCode::from(INTERNAL),
            _ => ExitCode::from(USER),
        }
    })
}

/// The command line. Its help shows the names of environment variables but not their values.
fn command() -> clap::Command {
    fn hide(command: clap::Command) -> clap::Command {
        let command = command.mut_args(|arg| arg.hide_env_values(true));
        command.mut_subcommands(hide)
    }
    hide(Cli::command())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }
}
