//! What can go wrong.

use std::path::PathBuf;

/// Why the text of a picture cannot be read, or the models not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecogniseError {
    /// A file of the models is missing or cannot be read.
    #[error(
        "the models that read pictures cannot be opened: {path}: {source}; put the files that models/pp-ocrv6-small/README.md names into this folder"
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not the model that it should be.
    #[error(
        "the model {path} is damaged or of another kind: {what}; make it again with `cargo xtask import-recogniser`"
    )]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// More pixels than are taken.
    #[error(
        "the picture has {width}×{height} pixels, the limit is {limit} in all; give it smaller"
    )]
    TooLarge {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// How many pixels are taken.
        limit: usize,
    },
    /// The samples are not as many as the size says.
    #[error("a picture of {width}×{height} pixels has {wanted} samples, not {given}")]
    Samples {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// How many samples there should be.
        wanted: usize,
        /// How many there are.
        given: usize,
    },
    /// A model failed while it ran.
    #[error("a model failed: {0}; report the picture")]
    Run(String),
    /// Whoever asked wants no answer any more.
    #[error("reading the picture was stopped")]
    Stopped,
}
