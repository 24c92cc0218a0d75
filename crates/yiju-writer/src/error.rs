//! What can go wrong while a model writes.

use std::path::PathBuf;
use std::time::Duration;

/// Why nothing, or not all, was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriterError {
    /// The endpoint's address or the settings beside it cannot be used.
    #[error("the writer's address `{url}` cannot be used: {reason}")]
    Address {
        /// The address as given, without a password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The model's file cannot be used.
    #[error("the writer {} cannot be used: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What is sent was to be logged, and cannot be; nothing was sent.
    #[error("the writer's log {} cannot be written: {reason}", path.display())]
    Log {
        /// The log.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// There is no connection to the endpoint.
    #[error("the writer at {host} cannot be reached: {reason}")]
    Unreachable {
        /// Its host and port.
        host: String,
        /// What happened.
        reason: String,
    },
    /// The endpoint was too slow with one thing.
    #[error("the writer gave no {what} within {} s", after.as_secs_f64())]
    Slow {
        /// What it did not give: `connection`, `first word`, `next word`.
        what: &'static str,
        /// How long was waited.
        after: Duration,
    },
    /// The time for the whole answer was up.
    #[error("the writer's time was up before it was done")]
    OutOfTime,
    /// The endpoint refused.
    #[error("the writer refused with status {status}{}", colon(said))]
    Status {
        /// The HTTP status.
        status: u16,
        /// What it said, shortened; may be empty.
        said: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// What the endpoint answered cannot be read.
    #[error("the writer's answer cannot be read: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
    /// The endpoint stopped in the middle.
    #[error("the writer broke off in the middle: {reason}")]
    BrokenOff {
        /// What happened.
        reason: String,
    },
    /// As many wait for the writer as may.
    #[error("{waiting} wait for the writer already, which is as many as may")]
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// The prompt leaves the local model no room to write.
    #[error("the prompt has {tokens} tokens, and this model reads and writes at most {most}")]
    TooLong {
        /// Of the prompt.
        tokens: usize,
        /// Of prompt and answer.
        most: usize,
    },
    /// The local model failed.
    #[error("the local writer failed: {reason}")]
    Model {
        /// What happened.
        reason: String,
    },
    /// Nobody wanted the text any more.
    #[error("the writing was given up")]
    Cancelled,
}

fn colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

impl WriterError {
    /// The error in words for a client on another machine: without addresses, paths and what the endpoint said.
    pub fn told_to_clients(&self) -> String {
        match self {
            Self::Address { .. } | Self::File { .. } | Self::Log { .. } | Self::Model { .. } => {
                "the writer does not work; the server's log has the cause".to_owned()
            }
            Self::Unreachable { .. } => "the writer cannot be reached".to_owned(),
            Self::Status { status, .. } => format!("the writer refused with status {status}"),
            Self::Unreadable { .. } => "the writer's answer cannot be read".to_owned(),
            Self::BrokenOff { .. } => "the writer broke off in the middle".to_owned(),
            _ => self.to_string(),
        }
    }

    /// Whether trying again may help, and how long the endpoint asks to wait.
    pub(crate) fn again(&self) -> Option<Option<Duration>> {
        match self {
            Self::Unreachable { .. } | Self::BrokenOff { .. } => Some(None),
            Self::Slow { what: "connection", .. } => Some(None),
            Self::Status { status: 408 | 429 | 500..=599, retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }
}
