//! What runs an encoder.

use std::sync::Arc;

use crate::error::EmbedError;
use crate::fast::FastEncoder;
use crate::reference::ReferenceEncoder;
use crate::weights::ModelWeights;

/// The arithmetic an [`Embedder`](crate::Embedder) runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Precision {
    /// The reference: f32 on candle.
    F32,
    /// Eight-bit arithmetic on the crate's own kernels.
    #[default]
    Int8,
}

/// Runs token sequences through an encoder.
pub(crate) trait Engine: Send + Sync {
    /// The last hidden states of each sequence, `[tokens × hidden]`, row by row. A sequence
    /// gives the same bits in any company.
    fn forward(&self, sequences: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// Loads the engine for a precision.
pub(crate) fn load(
    precision: Precision,
    weights: Arc<ModelWeights>,
    threads: usize,
) -> Result<Box<dyn Engine>, EmbedError> {
    Ok(match precision {
        Precision::F32 => Box::new(ReferenceEncoder::load(weights, threads)?),
        Precision::Int8 => Box::new(FastEncoder::load(weights, threads)?),
    })
}

impl Engine for ReferenceEncoder {
    fn forward(&self, sequences: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Self::forward(self, sequences)
    }
}

impl Engine for FastEncoder {
    fn forward(&self, sequences: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Self::forward(self, sequences)
    }
}
