//! Late interaction: the token vectors of a clause in 4 bits, and how well they meet those of a
//! question.
//!
//! Each token of the question takes its best match among a clause's tokens (MaxSim; Khattab and
//! Zaharia, "ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction
//! over BERT", 2020). The token vectors of one clause have much in common, and that part would use
//! up the codes, so the mean is stored in full and only the difference from it is coded.
//!
//! Bytes of a coded clause, little-endian: magic `YTV2` (`YTV1`: of a model's last states alone), `u16` dimension, `u16` zero, `u32` tokens,
//! `f32` mean for each dimension; then by token `u32` start and `u32` end (bytes of the clause's
//! text), `f32` step, and the codes, two dimensions a byte, the even one in the low half, each the
//! value divided by the step plus 8.

use std::ops::Range;

use yiju_kernels::Kernels;

const MAGIC: &[u8; 4] = b"YTV2";
/// Version 1: vectors for matching were not yet distinct from last states.
const EARLIER: &[u8; 4] = b"YTV1";
const HEADER: usize = 12;
const TOKEN_HEADER: usize = 12;
/// Stands for the place of a token of the headings.
const ABOVE: u32 = u32::MAX;
/// The step between codes as a share of the mean absolute coded value: with 16 levels
/// this loses least for values spread like a bell curve (Max, "Quantizing for minimum
/// distortion", 1960, gives 0.335 of the standard deviation).
const STEP: f32 = 0.42;

/// A token to encode: its place and unit vector.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenVector {
    /// Bytes of the clause's text; `None` for a token of the headings above it.
    pub range: Option<Range<usize>>,
    /// A unit vector.
    pub vector: Vec<f32>,
}

/// Why coded token vectors cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the coded token vectors are damaged: {0}; add the document again")]
pub struct LateError(String);

/// What the token vectors of a clause are; they are compared with those of their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A model's last states: tokens of version 1.
    Last,
    /// Its vectors for matching tokens with tokens.
    Matching,
}

/// Codes the token vectors of a clause, of the kind [`TokenKind::Matching`].
///
/// All vectors must have `dimension` components; those that do not are left out. Positions over
/// 4 GiB are left out too.
pub fn encode_tokens(tokens: &[TokenVector], dimension: usize) -> Vec<u8> {
    let usable: Vec<_> = tokens
        .iter()
        .filter(|t| t.vector.len() == dimension)
        .filter(|t| t.range.as_ref().is_none_or(|range| range.end < ABOVE as usize))
        .collect();
    let mut mean = vec![0.0f32; dimension];
    for token in &usable {
        for (sum, x) in mean.iter_mut().zip(&token.vector) {
            *sum += x;
        }
    }
    if !usable.is_empty() {
        mean.iter_mut().for_each(|x| *x /= usable.len() as f32);
    }
    let mut out = Vec::with_capacity(
        HEADER + dimension * 4 + usable.len() * (TOKEN_HEADER + dimension.div_ceil(2)),
    );
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&(dimension as u16).to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&(usable.len() as u32).to_le_bytes());
    mean.iter().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
    for token in usable {
        let rest: Vec<f32> = token.vector.iter().zip(&mean).map(|(x, m)| x - m).collect();
        let step = STEP * rest.iter().map(|x| x.abs()).sum::<f32>() / dimension.max(1) as f32;
        let (start, end) = token
            .range
            .as_ref()
            .map_or((ABOVE, ABOVE), |range| (range.start as u32, range.end as u32));
        out.extend_from_slice(&start.to_le_bytes());
        out.extend_from_slice(&end.to_le_bytes());
        out.extend_from_slice(&step.to_le_bytes());
        let code = |x: f32| {
            if step > 0.0 { ((x / step).round().clamp(-8.0, 7.0) + 8.0) as u8 } else { 8 }
        };
        out.extend(
            rest.chunks(2).map(|pair| code(pair[0]) | (pair.get(1).map_or(8, |&x| code(x)) << 4)),
        );
    }
    out
}

/// The coded token vectors of a clause, checked and ready to compare.
pub struct CodedTokens<'a> {
    kind: TokenKind,
    dimension: usize,
    count: usize,
    mean: Vec<f32>,
    tokens: &'a [u8],
}

impl<'a> CodedTokens<'a> {
    /// Reads what [`encode_tokens`] wrote.
    ///
    /// # Errors
    /// [`LateError`] where the bytes are not that, or of another dimension.
    pub fn read(bytes: &'a [u8], dimension: usize) -> Result<Self, LateError> {
        let word = |at: usize| {
            bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes)
        };
        let kind = match bytes.first_chunk() {
            Some(MAGIC) => TokenKind::Matching,
            Some(EARLIER) => TokenKind::Last,
            _ => return Err(LateError("they do not start as they must".into())),
        };
        let found = word(4).unwrap_or(0) as usize;
        if found != dimension {
            return Err(LateError(format!(
                "they have {found} dimensions, the model has {dimension}"
            )));
        }
        let count = word(8).unwrap_or(0) as usize;
        let stride = TOKEN_HEADER + dimension.div_ceil(2);
        let expected =
            count.checked_mul(stride).and_then(|n| n.checked_add(HEADER + dimension * 4));
        if expected != Some(bytes.len()) {
            return Err(LateError(format!("{} bytes do not hold {count} tokens", bytes.len())));
        }
        let (head, tokens) = bytes.split_at(HEADER + dimension * 4);
        let mean = head[HEADER..]
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        Ok(Self { kind, dimension, count, mean, tokens })
    }

    /// What the vectors are.
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The place of each token, in bytes of the clause's text; `None` for a token of the headings.
    pub fn ranges(&self) -> impl Iterator<Item = Option<Range<usize>>> + '_ {
        self.tokens.chunks_exact(TOKEN_HEADER + self.dimension.div_ceil(2)).map(|token| {
            let word = |at: usize| {
                u32::from_le_bytes([token[at], token[at + 1], token[at + 2], token[at + 3]])
            };
            (word(0) != ABOVE).then(|| word(0) as usize..word(4) as usize)
        })
    }

    /// The cosine of every query token with every token here, `query.len() × self.len()`, row by
    /// row. A NaN in damaged codes counts as -1.
    pub fn similarities(&self, query: &QueryTokens) -> Vec<f32> {
        let stride = TOKEN_HEADER + self.dimension.div_ceil(2);
        let kernels = Kernels::get();
        let base: Vec<f32> = query.rows().map(|row| kernels.dot(row, &self.mean)).collect();
        let mut out = vec![-1.0f32; query.count * self.count];
        let mut unpacked = vec![0.0f32; self.dimension.next_multiple_of(2)];
        for (t, token) in self.tokens.chunks_exact(stride).enumerate() {
            let step = f32::from_le_bytes([token[8], token[9], token[10], token[11]]);
            for (pair, &code) in unpacked.chunks_exact_mut(2).zip(&token[TOKEN_HEADER..]) {
                pair[0] = f32::from(code & 15) - 8.0;
                pair[1] = f32::from(code >> 4) - 8.0;
            }
            for (q, row) in query.rows().enumerate() {
                let cosine = base[q] + step * kernels.dot(row, &unpacked[..self.dimension]);
                out[q * self.count + t] = if cosine.is_finite() { cosine } else { -1.0 };
            }
        }
        out
    }
}

/// The token vectors of a question, in one matrix.
pub struct QueryTokens {
    dimension: usize,
    count: usize,
    values: Vec<f32>,
}

impl QueryTokens {
    /// Takes `vectors` of `dimension` components; others are left out.
    pub fn new<'v>(vectors: impl IntoIterator<Item = &'v [f32]>, dimension: usize) -> Self {
        let mut values = Vec::new();
        let mut count = 0;
        for vector in vectors.into_iter().filter(|v| v.len() == dimension) {
            values.extend_from_slice(vector);
            count += 1;
        }
        Self { dimension, count, values }
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.dimension.max(1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    fn unit(seed: u64, dimension: usize, shared: f32) -> Vec<f32> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut vector: Vec<f32> = (0..dimension)
            .map(|i| random.random_range(-0.5..0.5) + if i == 3 { shared } else { 0.0 })
            .collect();
        let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= norm);
        vector
    }

    #[test]
    fn similarities_are_close_to_the_cosines() {
        let dimension = 384;
        let tokens: Vec<_> = (0..40)
            .map(|i| TokenVector {
                range: (i > 0).then(|| i as usize * 3..i as usize * 3 + 3),
                vector: unit(i, dimension, 8.0),
            })
            .collect();
        let bytes = encode_tokens(&tokens, dimension);
        let coded = CodedTokens::read(&bytes, dimension).unwrap();
        assert_eq!(
            coded.ranges().collect::<Vec<_>>(),
            tokens.iter().map(|t| t.range.clone()).collect::<Vec<_>>()
        );
        let queries: Vec<_> = (100..110).map(|i| unit(i, dimension, 8.0)).collect();
        let query = QueryTokens::new(queries.iter().map(Vec::as_slice), dimension);
        let found = coded.similarities(&query);
        for (q, vector) in queries.iter().enumerate() {
            for (t, token) in tokens.iter().enumerate() {
                let exact = Kernels::get().dot(vector, &token.vector);
                let error = (found[q * tokens.len() + t] - exact).abs();
                assert!(error < 0.02, "{error} at {q}, {t}");
            }
        }
    }

    #[test]
    fn codes_of_before_are_read_and_told_apart() {
        let mut bytes = encode_tokens(&[], 3);
        assert_eq!(CodedTokens::read(&bytes, 3).unwrap().kind(), TokenKind::Matching);
        bytes[..4].copy_from_slice(EARLIER);
        assert_eq!(CodedTokens::read(&bytes, 3).unwrap().kind(), TokenKind::Last);
        bytes[3] = b'3';
        assert!(CodedTokens::read(&bytes, 3).is_err());
    }

    #[test]
    fn an_empty_clause_has_no_tokens() {
        let bytes = encode_tokens(&[], 384);
        assert!(CodedTokens::read(&bytes, 384).unwrap().is_empty());
        assert!(CodedTokens::read(&bytes, 383).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), honest in any::<bool>()) {
            if honest && bytes.len() >= 4 {
                bytes[..4].copy_from_slice(MAGIC);
            }
            if let Ok(coded) = CodedTokens::read(&bytes, 3) {
                let query = QueryTokens::new([[0.0, 1.0, 0.0].as_slice()], 3);
                prop_assert_eq!(coded.similarities(&query).len(), coded.len());
            }
        }

        #[test]
        fn odd_dimensions_and_lengths_round_trip(dimension in 1usize..70, count in 0usize..9) {
            let tokens: Vec<_> = (0..count)
                .map(|i| TokenVector { range: Some(i..i + 1), vector: unit(i as u64, dimension, 1.0) })
                .collect();
            let bytes = encode_tokens(&tokens, dimension);
            let coded = CodedTokens::read(&bytes, dimension).unwrap();
            prop_assert_eq!(coded.len(), count);
            let own = QueryTokens::new(tokens.iter().map(|t| t.vector.as_slice()), dimension);
            let found = coded.similarities(&own);
            for i in 0..count {
                prop_assert!(found[i * count + i] > 0.6, "{}", found[i * count + i]);
            }
        }
    }
}
