//! Texts before and after the model: cut into windows, then pooled.

use crate::embedder::{Embedding, TokenVector, TokenVectors};
use crate::engine::HiddenStates;
use crate::settings::Pooling;
use crate::tokenizer::Token;
use crate::windows::Window;

/// Texts, tokenised and cut into windows.
pub(crate) struct Prepared {
    inputs: Vec<Input>,
    /// Text and window, the longest windows first.
    order: Vec<(usize, usize)>,
}

impl Prepared {
    pub(crate) fn new(inputs: Vec<Input>) -> Self {
        let mut order: Vec<(usize, usize)> = inputs
            .iter()
            .enumerate()
            .flat_map(|(input, it)| (0..it.windows.len()).map(move |window| (input, window)))
            .collect();
        // Stable, so the windows of one text, which may differ by a token in length, are summed
        // up in an order that depends on that text alone.
        order.sort_by_key(|&(input, window)| {
            std::cmp::Reverse(inputs[input].windows[window].ids.len())
        });
        Self { inputs, order }
    }

    /// How many tokens its windows have.
    pub(crate) fn tokens(&self) -> usize {
        (0..self.len()).map(|at| self.ids(at).len()).sum()
    }

    /// How many windows there are.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// The ids of window `at`.
    pub(crate) fn ids(&self, at: usize) -> &[u32] {
        let (input, window) = self.order[at];
        &self.inputs[input].windows[window].ids
    }
}

/// Hidden states of windows, pooled as they come in.
pub(crate) struct Pooled<'a> {
    dimension: usize,
    pooling: Pooling,
    prepared: &'a Prepared,
    sums: Vec<Sum>,
    /// Empty where they are not wanted.
    tokens: Vec<Vec<Option<TokenVector>>>,
}

impl<'a> Pooled<'a> {
    pub(crate) fn new(
        dimension: usize,
        pooling: Pooling,
        prepared: &'a Prepared,
        tokens: bool,
    ) -> Self {
        let inputs = &prepared.inputs;
        let wanted = if tokens { inputs.as_slice() } else { &[] };
        Self {
            dimension,
            pooling,
            prepared,
            sums: inputs.iter().map(|_| Sum::new(dimension)).collect(),
            tokens: wanted.iter().map(|input| vec![None; input.tokens.len()]).collect(),
        }
    }

    /// Takes the states of window `at`. Windows must come in order.
    pub(crate) fn take(&mut self, at: usize, states: &HiddenStates) {
        let (index, window) = self.prepared.order[at];
        let input = &self.prepared.inputs[index];
        let window = &input.windows[window];
        let dimension = self.dimension;
        self.sums[index].add(window, &states.last, self.pooling, dimension);
        if let Some(tokens) = self.tokens.get_mut(index) {
            let last = states.last.chunks_exact(dimension);
            let rows = last.zip(states.middle.chunks_exact(dimension));
            for (place, (last, middle)) in window.tokens.clone().zip(rows.skip(window.own.start)) {
                tokens[place] = input.token_vector(place, last, middle);
            }
        }
    }

    /// The embeddings, and the vectors of the tokens where they are wanted.
    pub(crate) fn finish(self) -> Vec<(Embedding, TokenVectors)> {
        let tokens = self.tokens.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
        std::iter::zip(&self.prepared.inputs, self.sums)
            .zip(tokens)
            .map(|((input, sum), tokens)| {
                let tokens = tokens.into_iter().flatten().flatten().collect();
                (input.embedding(sum), TokenVectors { tokens })
            })
            .collect()
    }
}

/// A tokenised text.
pub(crate) struct Input {
    /// The tokens of prefix and text together.
    pub(crate) tokens: Vec<Token>,
    pub(crate) windows: Vec<Window>,
    /// Special tokens around a window.
    pub(crate) special: usize,
    /// Bytes of the prefix.
    pub(crate) prefix: usize,
}

impl Input {
    fn embedding(&self, sum: Sum) -> Embedding {
        Embedding { vector: unit(sum.values), tokens: self.tokens.len() + self.special }
    }

    fn token_vector(&self, place: usize, last: &[f32], middle: &[f32]) -> Option<TokenVector> {
        let token = self.tokens.get(place)?;
        let start = token.range.start.max(self.prefix) - self.prefix;
        let end = token.range.end.checked_sub(self.prefix)?;
        let vector = unit(last.to_vec());
        let mut matching = unit(middle.to_vec());
        matching.iter_mut().zip(&vector).for_each(|(sum, value)| *sum += value);
        Some(TokenVector {
            range: start..end.max(start),
            id: token.id,
            vector,
            matching: unit(matching),
        })
    }
}

/// The sum of a text's pooled windows, weighted by their tokens.
struct Sum {
    values: Vec<f32>,
}

impl Sum {
    fn new(dimension: usize) -> Self {
        Self { values: vec![0.0; dimension] }
    }

    fn add(&mut self, window: &Window, states: &[f32], pooling: Pooling, dimension: usize) {
        let weight = window.tokens.len().max(1) as f32;
        match pooling {
            Pooling::Cls => {
                let first = states.iter().take(dimension);
                self.values.iter_mut().zip(first).for_each(|(sum, value)| *sum += weight * value);
            }
            Pooling::Mean => {
                let mut mean = vec![0.0f32; dimension];
                for row in states.chunks_exact(dimension) {
                    mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                }
                let share = weight / window.ids.len().max(1) as f32;
                self.values.iter_mut().zip(&mean).for_each(|(sum, value)| *sum += share * value);
            }
        }
    }
}

/// Scales to unit length; a vector too short to have a direction becomes the first axis.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let square: f64 = vector.iter().map(|value| f64::from(*value).powi(2)).sum();
    let length = square.sqrt();
    if length > 1e-30 && length.is_finite() {
        vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    } else {
        vector.fill(0.0);
        if let Some(first) = vector.first_mut() {
            *first = 1.0;
        }
    }
    vector
}
