//! Language models that write: an endpoint that speaks OpenAI's API, or a GGUF file on this machine.
//!
//! A [`Writer`] gets a [`Prompt`] and gives its text piece by piece, until it is done, it has written as much as it may,
//! its time is up, or nobody wants it any more. What the text says is no concern of this crate: it knows no documents.
//!
//! ```no_run
//! use std::time::{Duration, Instant};
//! use yiju_writer::{Call, Endpoint, EndpointOptions, Next, Prompt, Writer};
//!
//! let writer = Endpoint::open(EndpointOptions::new("http://127.0.0.1:11434/v1", "qwen2.5:7b"))?;
//! let prompt = Prompt { system: "Answer in one sentence.".into(), user: "What is a clause?".into() };
//! let deadline = Instant::now() + Duration::from_secs(60);
//! let call = Call { most_tokens: 200, deadline, cancelled: &|| false };
//! writer.write(&prompt, &call, &mut |piece| {
//!     print!("{piece}");
//!     Next::GoOn
//! })?;
//! # Ok::<(), yiju_writer::WriterError>(())
//! ```

mod endpoint;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod local;
mod thinking;

use std::time::{Duration, Instant};

pub use endpoint::{Endpoint, EndpointOptions};
pub use error::WriterError;
pub use local::{Local, LocalOptions};

/// A language model. Safe to share between threads.
pub trait Writer: Send + Sync {
    /// The model's name, as those who read its text may see it.
    fn model(&self) -> &str;

    /// How long all that is written for one answer may take.
    fn patience(&self) -> Duration;

    /// Writes an answer to `prompt`, and gives each piece of it to `piece` as it comes. What a model thinks before it
    /// answers (`<think>…</think>`) is no part of it.
    ///
    /// # Errors
    /// The model cannot be reached, refuses, breaks off, gives what cannot be read or too much; the deadline passed, too
    /// many wait already, or the call was cancelled. Pieces given before an error stay given.
    fn write(
        &self,
        prompt: &Prompt,
        call: &Call<'_>,
        piece: &mut dyn FnMut(&str) -> Next,
    ) -> Result<Finish, WriterError>;
}

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What the model is told of its task.
    pub system: String,
    /// What it is asked.
    pub user: String,
}

/// The limits of one call.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Most tokens to write.
    pub most_tokens: u32,
    /// When to give up.
    pub deadline: Instant,
    /// Whether nobody wants the text any more; asked about fifty times a second.
    pub cancelled: &'a dyn Fn() -> bool,
}

/// Whether a writer is to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More is wanted.
    GoOn,
    /// This is enough.
    Stop,
}

/// Why a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The model was done.
    Done,
    /// It had written as much as it may.
    Length,
    /// Its reader had enough.
    Stopped,
}

impl Call<'_> {
    /// The time left.
    ///
    /// # Errors
    /// None is left, or the call was cancelled.
    fn left(&self) -> Result<Duration, WriterError> {
        if (self.cancelled)() {
            return Err(WriterError::Cancelled);
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(WriterError::OutOfTime) } else { Ok(left) }
    }
}
