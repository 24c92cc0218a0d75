//! The engines that run an encoder.

use std::sync::Arc;

use crate::error::EmbedError;
use crate::fast::FastEncoder;
use crate::gate::Gate;
use crate::reference::ReferenceEncoder;
use crate::weights::ModelWeights;

/// The arithmetic an [`Embedder`](crate::Embedder) runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Precision {
    /// The reference: f32 on candle.
    F32,
    /// Eight-bit arithmetic on the kernels of `yiju-kernels`.
    #[default]
    Int8,
}

/// The hidden states of a sequence: each `[tokens × hidden]`, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct HiddenStates {
    /// After the last layer.
    pub last: Vec<f32>,
    /// After three quarters of the layers, see [`middle_layer`].
    pub middle: Vec<f32>,
}

/// The layer, of `layers`, whose states are the middle ones: at three quarters.
pub(crate) fn middle_layer(layers: usize) -> usize {
    (3 * layers).div_ceil(4)
}

/// Runs token sequences through an encoder.
pub(crate) trait Engine: Send + Sync {
    /// The hidden states of each sequence. A sequence gives the same bits in any batch. With a gate, the work gives way
    /// to questions on its way, where the engine can.
    fn forward(
        &self,
        sequences: &[&[u32]],
        gate: Option<&Gate>,
    ) -> Result<Vec<HiddenStates>, EmbedError>;
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
    fn forward(
        &self,
        sequences: &[&[u32]],
        _: Option<&Gate>,
    ) -> Result<Vec<HiddenStates>, EmbedError> {
        Self::forward(self, sequences)
    }
}

impl Engine for FastEncoder {
    fn forward(
        &self,
        sequences: &[&[u32]],
        gate: Option<&Gate>,
    ) -> Result<Vec<HiddenStates>, EmbedError> {
        Self::forward(self, sequences, gate)
    }
}
