//! Text embeddings on the CPU, from the files of a Hugging Face model directory.
//!
//! [`Embedder`] opens a BERT or XLM-R model and turns texts into vectors of unit length, and
//! their tokens too where late interaction wants them. It runs in 8 bits on the kernels of
//! `yiju-kernels` ([`Precision::Int8`]) or, as the reference, in f32 on candle
//! ([`Precision::F32`]).
//! [`EmbedQueue`] shares one between many callers.
//!
//! ```no_run
//! use std::path::Path;
//! use yiju_embed::{Embedder, EmbedderOptions, InputType};
//!
//! # fn main() -> Result<(), yiju_embed::EmbedError> {
//! let model = Path::new("models/yiju-e5-small-q8");
//! let embedder = Embedder::open(model, EmbedderOptions::default())?;
//! let question = embedder.embed(InputType::Query, &["超大特大城市应该怎样发展？"])?;
//! let passage = embedder.embed(InputType::Passage, &["推动超大特大城市做强做精核心功能。"])?;
//! let cosine: f32 = question[0]
//!     .vector
//!     .iter()
//!     .zip(&passage[0].vector)
//!     .map(|(a, b)| a * b)
//!     .sum();
//! println!("{cosine}");
//! # Ok(())
//! # }
//! ```

mod cancel;
mod config;
mod cross_encoder;
mod embedder;
mod engine;
mod error;
mod fast;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod gguf;
mod pooled;
mod queue;
mod reference;
mod sample;
mod settings;
mod tokenizer;
mod weights;
mod windows;

pub use cancel::Cancel;
pub use config::check_architecture;
pub use cross_encoder::CrossEncoder;
pub use embedder::{
    Embedder, EmbedderOptions, Embedding, InputType, Reach, TokenVector, TokenVectors,
};
pub use engine::Precision;
pub use error::EmbedError;
pub use gate::Foreground;
pub use queue::{EmbedQueue, PreparedTexts, Priority, QueueFigures, QueueOptions};
pub use tokenizer::{CompactSource, Token, build_compact, build_double_array};
