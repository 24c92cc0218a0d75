//! The default encoder: BERT and XLM-R on the kernels of `yiju-kernels`, in 8-bit arithmetic.
//!
//! Weights stored as Q4_0 stay in four bits, bit for bit, and are unpacked in registers; others
//! are quantised to eight bits at load. Activations are quantised to eight bits before each
//! matrix product, one scale for every 32 values of a row; sums, residuals, layer norms, the
//! softmax and everything else are f32.
//!
//! A batch is its sequences' tokens one after the other, without padding. Each row's arithmetic
//! is the same at any place in the batch, so a batch gives the bits that single texts give, on
//! any number of threads.

mod attention;
mod layers;
mod load;
mod plan;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use crate::config::ModelConfig;
use crate::engine::HiddenStates;
use crate::error::EmbedError;
use crate::gate::Gate;
use crate::weights::ModelWeights;
use yiju_kernels::{Kernels, Norm, Pool, Variant};

use layers::{Layer, Scratch};
use plan::{Exec, groups};

/// An encoder whose weights are packed for this processor.
#[derive(Debug)]
pub(crate) struct FastEncoder {
    kernels: Kernels,
    pool: Pool,
    config: ModelConfig,
    /// The word table is read from the mapped file, row by row.
    weights: Arc<ModelWeights>,
    /// Position and token type (row 0) added up, `hidden` numbers for each position.
    positions: Vec<f32>,
    embedding_norm: Norm,
    layers: Vec<Layer>,
    /// Buffers of passes that are over.
    spare: Mutex<Vec<Scratch>>,
}

impl FastEncoder {
    /// Packs the weights for the best kernels of this processor (`YIJU_KERNELS` may name others,
    /// see [`Variant::detect`]). `threads` 0 means one for each core.
    pub(crate) fn load(weights: Arc<ModelWeights>, threads: usize) -> Result<Self, EmbedError> {
        Self::load_variant(weights, threads, Variant::detect()?)
    }

    /// The same, with the kernels given.
    pub(crate) fn load_variant(
        weights: Arc<ModelWeights>,
        threads: usize,
        variant: Variant,
    ) -> Result<Self, EmbedError> {
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            given => given,
        };
        let pool = Pool::new(threads);
        let config = weights.config().clone();
        let encoder = Self {
            kernels: Kernels::new(variant),
            positions: load::positions(&weights)?,
            embedding_norm: load::norm(&weights, "token_embd_norm")?,
            layers: load::layers(&weights, &pool)?,
            pool,
            config,
            weights,
            spare: Mutex::new(Vec::new()),
        };
        tracing::debug!(
            kernels = encoder.variant().name(),
            threads = encoder.threads(),
            "packed the weights"
        );
        Ok(encoder)
    }

    /// The kernels in use.
    pub(crate) fn variant(&self) -> Variant {
        self.kernels.variant()
    }

    /// Threads in use, the caller's among them.
    pub(crate) fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// The hidden states of each sequence of token ids.
    ///
    /// Fails on an empty sequence, on one longer than the position table allows, and on an id
    /// outside the vocabulary.
    pub(crate) fn forward(
        &self,
        sequences: &[&[u32]],
        gate: Option<&Gate>,
    ) -> Result<Vec<HiddenStates>, EmbedError> {
        for sequence in sequences {
            let limit = self.config.max_tokens();
            if sequence.is_empty() || sequence.len() > limit {
                return Err(EmbedError::Compute(format!(
                    "a sequence of {} tokens; the model takes 1 to {limit}",
                    sequence.len()
                )));
            }
        }
        let threads = self.pool.threads();
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.len()).collect();
        let groups = groups(&lengths, threads);
        let mut states = vec![HiddenStates::default(); sequences.len()];
        if groups.len() < threads.max(2) {
            // Few tokens: all threads share each layer's columns.
            for group in groups {
                let members: Vec<&[u32]> = group.iter().map(|&index| sequences[index]).collect();
                let results = self.pass(&members, Exec::Shared(&self.pool), gate)?;
                for (index, state) in group.into_iter().zip(results) {
                    states[index] = state;
                }
            }
            return Ok(states);
        }
        // Many: each thread takes whole groups through all layers, without waiting for others.
        let mut tasks: Vec<_> = groups.into_iter().map(|group| (group, Ok(Vec::new()))).collect();
        self.pool.for_each(&mut tasks, |_, (group, result)| {
            let members: Vec<&[u32]> = group.iter().map(|&index| sequences[index]).collect();
            *result = self.pass(&members, Exec::Alone, gate);
        });
        for (group, result) in tasks {
            for (index, state) in group.into_iter().zip(result?) {
                states[index] = state;
            }
        }
        Ok(states)
    }

    /// One pass of some sequences through all layers.
    fn pass(
        &self,
        sequences: &[&[u32]],
        exec: Exec<'_>,
        gate: Option<&Gate>,
    ) -> Result<Vec<HiddenStates>, EmbedError> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut scratch = spare.unwrap_or_default();
        let result = self.run_layers(sequences, exec, gate, &mut scratch);
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < self.pool.threads() {
            spare.push(scratch);
        }
        result
    }
}
