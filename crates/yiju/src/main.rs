//! The `yiju` command: asks documents, keeps the library, serves the API.

mod cli;
mod commands;
mod config;
mod failure;
mod files;
mod library;
mod logging;
mod model;
mod progress;
mod render;
mod terminal;
mod text;
mod webhook;
mod writer;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::parse() {
        Ok(cli) => {
            let color = cli.global.color;
            commands::run(cli).unwrap_or_else(|error| failure::report(&error, color))
        }
        Err(code) => code,
    }
}
