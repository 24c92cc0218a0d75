//! Errors of loading a model and embedding a text.

use std::path::{Path, PathBuf};

/// An error of this crate. Messages name the value, the limit and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The model directory does not exist.
    #[error(
        "unknown model: there is no directory {}; give the path of a directory with config.json, tokenizer.json and model.gguf or model.safetensors",
        path.display()
    )]
    UnknownModel {
        /// The directory given.
        path: PathBuf,
    },
    /// The directory lacks a file every model directory has.
    #[error("the model directory {} lacks {file}", directory.display())]
    MissingFile {
        /// The model directory.
        directory: PathBuf,
        /// The file name, or the names of which one is needed.
        file: &'static str,
    },
    /// The operating system refused a file.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A model file is damaged or incomplete.
    #[error("{} is not usable: {reason}", path.display())]
    InvalidFile {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// `config.json` names an architecture that this crate does not run.
    #[error(
        "the architecture `{found}` is not supported; BERT (`bert`) and XLM-RoBERTa (`xlm-roberta`) are"
    )]
    UnknownArchitecture {
        /// `model_type`, as the file has it.
        found: String,
    },
    /// A setting has a value that this crate does not support.
    #[error("{what} `{value}` is not supported; supported: {supported}")]
    Unsupported {
        /// The setting.
        what: &'static str,
        /// Its value.
        value: String,
        /// The values that work.
        supported: &'static str,
    },
    /// `YIJU_KERNELS` names kernels that do not exist or that this processor lacks.
    #[error(transparent)]
    Kernels(#[from] yiju_kernels::UnknownVariant),
    /// A weight tensor is missing.
    #[error("the weights have no tensor `{name}`, which config.json calls for")]
    MissingTensor {
        /// Its name, in the naming of GGUF.
        name: String,
    },
    /// A weight tensor has another shape than `config.json` says.
    #[error("tensor `{name}` has shape {found:?}, but config.json calls for {expected:?}")]
    WrongShape {
        /// Its name, in the naming of GGUF.
        name: String,
        /// The shape in the file.
        found: Vec<usize>,
        /// The shape that follows from `config.json`.
        expected: Vec<usize>,
    },
    /// A weight is not a finite number.
    #[error("tensor `{name}` holds a value that is not finite (NaN or infinite) at {index}")]
    NotFinite {
        /// Its name, in the naming of GGUF.
        name: String,
        /// Which weight, or which block of a quantised tensor.
        index: usize,
    },
    /// A token id is outside the model's vocabulary.
    #[error("token id {id} is outside the model's vocabulary of {vocabulary}")]
    TokenOutOfRange {
        /// The id.
        id: u32,
        /// How many rows the word table has.
        vocabulary: usize,
    },
    /// The tokenizer refused a text.
    #[error("the tokenizer failed: {0}")]
    Tokenize(String),
    /// Too many tokens already wait for the model.
    #[error(
        "the model is busy: {waiting} tokens wait, and with {tokens} more they would be over the limit of {limit}; try again in a few seconds"
    )]
    Busy {
        /// Tokens of the request.
        tokens: usize,
        /// Tokens that wait.
        waiting: usize,
        /// Most that may wait.
        limit: usize,
    },
    /// The call was cancelled before its turn.
    #[error("the request was withdrawn before the model came to it")]
    Cancelled,
    /// The engine failed; this is a defect of the software or of the model files.
    #[error("the model failed to run: {0}")]
    Compute(String),
}

impl EmbedError {
    /// Names the file in an error of the operating system.
    pub(crate) fn io(path: &Path) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }
}

impl From<candle_core::Error> for EmbedError {
    fn from(error: candle_core::Error) -> Self {
        Self::Compute(error.to_string())
    }
}
