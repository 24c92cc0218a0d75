//! The reader's weights and its arithmetic.
//!
//! A safetensors file with f32 tensors, all little-endian: `mean` and `scale` [features]; `whole` and
//! `asking` [rank, dimension], the projections of the question's two vectors, with `whole_bias` and
//! `asking_bias` [rank]; `token` [2 × rank, dimension], first the projection that is multiplied with the
//! question's, then one of the token alone, with `token_bias` [2 × rank]; `hidden` [width, features + 3
//! × rank], `hidden_bias` [width]; `out` [2, width] and `direct` [2, features]. Its metadata names the
//! model and says what the weights were learnt from.

use safetensors::SafeTensors;

use crate::ask::embedded::Embedded;

/// A feature further than this from its mean, in its own scale, counts as this far.
const FURTHEST: f32 = 5.0;

pub(crate) struct Weights {
    /// The model whose vectors these weights read.
    pub model: String,
    pub dimension: usize,
    pub features: usize,
    rank: usize,
    mean: Vec<f32>,
    scale: Vec<f32>,
    whole: Vec<f32>,
    whole_bias: Vec<f32>,
    asking: Vec<f32>,
    asking_bias: Vec<f32>,
    /// Two projections of a token, row by row.
    pub token_rows: Vec<f32>,
    token_bias: Vec<f32>,
    hidden: Vec<f32>,
    hidden_bias: Vec<f32>,
    out: Vec<f32>,
    direct: Vec<f32>,
}

impl Weights {
    /// Reads a weights file.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let model = header
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get("model").cloned())
            .ok_or("the metadata do not name the model")?;
        let tensor = |name: &str| -> Result<(Vec<usize>, Vec<f32>), String> {
            let view = file.tensor(name).map_err(|error| error.to_string())?;
            if view.dtype() != safetensors::Dtype::F32 {
                return Err(format!("{name} is not in f32"));
            }
            let values = view
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect();
            Ok((view.shape().to_vec(), values))
        };
        let shaped = |name: &str, shape: &[usize]| -> Result<Vec<f32>, String> {
            let (found, values) = tensor(name)?;
            if found == shape {
                Ok(values)
            } else {
                Err(format!("{name} has the shape {found:?} instead of {shape:?}"))
            }
        };
        let (mean_shape, mean) = tensor("mean")?;
        let (whole_shape, whole) = tensor("whole")?;
        let (hidden_shape, hidden) = tensor("hidden")?;
        let ([features], [rank, dimension], [width, _]) =
            (&mean_shape[..], &whole_shape[..], &hidden_shape[..])
        else {
            return Err("mean, whole or hidden has another number of dimensions".into());
        };
        let (features, rank, dimension, width) = (*features, *rank, *dimension, *width);
        if hidden_shape != [width, features + 3 * rank] {
            return Err(format!("hidden has the shape {hidden_shape:?}"));
        }
        Ok(Self {
            model,
            dimension,
            features,
            rank,
            mean,
            scale: shaped("scale", &[features])?,
            whole,
            whole_bias: shaped("whole_bias", &[rank])?,
            asking: shaped("asking", &[rank, dimension])?,
            asking_bias: shaped("asking_bias", &[rank])?,
            token_rows: shaped("token", &[2 * rank, dimension])?,
            token_bias: shaped("token_bias", &[2 * rank])?,
            hidden,
            hidden_bias: shaped("hidden_bias", &[width])?,
            out: shaped("out", &[2, width])?,
            direct: shaped("direct", &[2, features])?,
        })
    }

    /// The projections of a question's two vectors.
    pub(crate) fn asked(&self, question: &Embedded) -> [Vec<f32>; 2] {
        let project = |rows: &[f32], bias: &[f32], vector: &[f32]| {
            rows.chunks_exact(self.dimension)
                .zip(bias)
                .map(|(row, bias)| bias + dot(row, vector))
                .collect()
        };
        [
            project(&self.whole, &self.whole_bias, &question.vector),
            project(&self.asking, &self.asking_bias, &question.asking_vector),
        ]
    }

    /// Appends the normalised features to `input`.
    pub(crate) fn normalised(&self, values: &[f32], input: &mut Vec<f32>) {
        let each = values.iter().zip(&self.mean).zip(&self.scale);
        input.extend(
            each.map(|((value, mean), scale)| ((value - mean) * scale).clamp(-FURTHEST, FURTHEST)),
        );
    }

    /// Appends the products of the question's projections with the token's, and the token's own.
    /// `row` gives the token's cosine with a row of [`Self::token_rows`].
    pub(crate) fn products(
        &self,
        asked: &[Vec<f32>; 2],
        row: impl Fn(usize) -> f32,
        input: &mut Vec<f32>,
    ) {
        let token: Vec<f32> =
            self.token_bias.iter().enumerate().map(|(r, bias)| bias + row(r)).collect();
        let (meeting, own) = token.split_at(self.rank.min(token.len()));
        for part in asked {
            input.extend(part.iter().zip(meeting).map(|(a, b)| a * b));
        }
        input.extend_from_slice(own);
    }

    /// The two logits of a token: of `input`, the first `features` are its normalised features.
    pub(crate) fn logits(&self, input: &[f32]) -> (f32, f32) {
        let hidden: Vec<f32> = self
            .hidden
            .chunks_exact(self.features + 3 * self.rank)
            .zip(&self.hidden_bias)
            .map(|(row, bias)| gelu(bias + dot(row, input)))
            .collect();
        let plain = input.get(..self.features).unwrap_or(input);
        let width = self.hidden_bias.len();
        let logit = |at: usize| {
            let of = |rows: &[f32], width: usize, input: &[f32]| {
                rows.get(at * width..(at + 1) * width).map_or(0.0, |row| dot(row, input))
            };
            of(&self.out, width, &hidden) + of(&self.direct, self.features, plain)
        };
        (logit(0), logit(1))
    }
}

/// Sums in eight lanes, so that the compiler can use vector registers; the same on every machine.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 8];
    let (a_whole, a_rest) = a.split_at(a.len() - a.len() % 8);
    let (b_whole, b_rest) = b.split_at(a_whole.len().min(b.len()));
    for (x, y) in a_whole.chunks_exact(8).zip(b_whole.chunks_exact(8)) {
        for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += x * y;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f32>() + rest
}

/// GELU by tanh (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016), as the weights were learnt.
fn gelu(x: f32) -> f32 {
    let inner = (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
    // 0.5 × (1 + tanh inner), by an exponential, which is cheaper than tanh.
    x / (1.0 + (-2.0 * inner).exp())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use safetensors::Dtype;
    use safetensors::tensor::TensorView;

    use super::*;

    #[test]
    fn a_damaged_file_is_an_error() {
        let whole = include_bytes!("weights.safetensors");
        assert!(Weights::read(&whole[..whole.len() - 1]).is_err());
        assert!(Weights::read(&[]).is_err());
        assert!(Weights::read(&whole[..8]).is_err());
    }

    /// Numbers without a pattern, small enough for a network.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0
            })
            .collect()
    }

    #[test]
    fn logits_are_those_of_the_plain_formula() {
        let (features, rank, dimension, width) = (5, 3, 8, 4);
        let shapes: [(&str, Vec<usize>); 12] = [
            ("mean", vec![features]),
            ("scale", vec![features]),
            ("whole", vec![rank, dimension]),
            ("whole_bias", vec![rank]),
            ("asking", vec![rank, dimension]),
            ("asking_bias", vec![rank]),
            ("token", vec![2 * rank, dimension]),
            ("token_bias", vec![2 * rank]),
            ("hidden", vec![width, features + 3 * rank]),
            ("hidden_bias", vec![width]),
            ("out", vec![2, width]),
            ("direct", vec![2, features]),
        ];
        let bytes: Vec<Vec<u8>> = (1u32..)
            .zip(&shapes)
            .map(|(seed, (_, shape))| {
                let values = numbers(shape.iter().product(), seed);
                values.iter().flat_map(|x| x.to_le_bytes()).collect()
            })
            .collect();
        let views = shapes.iter().zip(&bytes).map(|((name, shape), bytes)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap();
            (*name, view)
        });
        let metadata = HashMap::from([("model".to_owned(), "made up".to_owned())]);
        let file = safetensors::serialize(views, Some(metadata)).unwrap();
        let w = Weights::read(&file).unwrap();
        assert_eq!(w.model, "made up");

        let token = numbers(dimension, 20);
        let (whole, asking) = (numbers(dimension, 21), numbers(dimension, 22));
        let values = numbers(features, 23);
        let product =
            |row: &[f32], x: &[f32]| -> f32 { row.iter().zip(x).map(|(a, b)| a * b).sum() };
        let rows = |m: &[f32], bias: &[f32], x: &[f32]| -> Vec<f32> {
            (0..bias.len())
                .map(|r| bias[r] + product(&m[r * x.len()..(r + 1) * x.len()], x))
                .collect()
        };
        let mut plain: Vec<f32> = (0..features)
            .map(|i| ((values[i] - w.mean[i]) * w.scale[i]).clamp(-5.0, 5.0))
            .collect();
        let of_token = rows(&w.token_rows, &w.token_bias, &token);
        let of_whole = rows(&w.whole, &w.whole_bias, &whole);
        let of_asking = rows(&w.asking, &w.asking_bias, &asking);
        plain.extend((0..rank).map(|r| of_whole[r] * of_token[r]));
        plain.extend((0..rank).map(|r| of_asking[r] * of_token[r]));
        plain.extend_from_slice(&of_token[rank..]);
        let hidden: Vec<f32> =
            rows(&w.hidden, &w.hidden_bias, &plain).into_iter().map(gelu).collect();
        let wanted: Vec<f32> = (0..2)
            .map(|at| {
                product(&w.out[at * width..(at + 1) * width], &hidden)
                    + product(&w.direct[at * features..(at + 1) * features], &plain[..features])
            })
            .collect();

        let mut input = Vec::new();
        w.normalised(&values, &mut input);
        let met = rows(&w.token_rows, &vec![0.0; 2 * rank], &token);
        w.products(&[of_whole, of_asking], |r| met[r], &mut input);
        let (begin, end) = w.logits(&input);
        assert!((begin - wanted[0]).abs() < 1e-4, "{begin} {wanted:?}");
        assert!((end - wanted[1]).abs() < 1e-4, "{end} {wanted:?}");
    }

    #[test]
    fn lanes_add_up() {
        let a: Vec<f32> = (0u8..19).map(f32::from).collect();
        let plain: f32 = a.iter().map(|x| x * x).sum();
        assert_eq!(dot(&a, &a), plain);
        assert_eq!(dot(&[], &[]), 0.0);
    }
}
