//! The embedder: a model directory opened for use.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::config::ModelConfig;
use crate::engine::{self, Engine, HiddenStates, Precision};
use crate::error::EmbedError;
use crate::gate::Gate;
use crate::pooled::{Input, Pooled, Prepared};
use crate::sample::sample;
use crate::settings::{Pooling, Settings};
use crate::tokenizer::{Token, Tokenizer};
use crate::weights::ModelWeights;
use crate::windows::windows;

/// Most tokens of all sequences in a forward call; a longer sequence goes alone.
const TOKENS_PER_CALL: usize = 4096;

/// Whether a text is a question or a passage; some models embed them differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputType {
    /// A question.
    Query,
    /// A text that may answer one.
    Passage,
}

/// How to open an [`Embedder`].
#[derive(Debug, Clone, Default)]
pub struct EmbedderOptions {
    /// The arithmetic; 8 bits by default.
    pub precision: Precision,
    /// Threads for one call; 0 takes one for each core.
    pub threads: usize,
}

/// The vector of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// [`Embedder::dimension`] numbers, of unit length.
    pub vector: Vec<f32>,
    /// How many tokens the text has, prefix and special tokens included, counted once however
    /// many windows it took.
    pub tokens: usize,
}

/// The vectors of a text's tokens, for late interaction.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenVectors {
    /// In the text's order; prefix and special tokens are left out.
    pub tokens: Vec<TokenVector>,
}

/// The vector of a token.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenVector {
    /// The token's bytes in the text; a token that includes the space before a word has that
    /// space in its range.
    pub range: Range<usize>,
    /// The token's id.
    pub id: u32,
    /// Its last hidden state: [`Embedder::dimension`] numbers, of unit length.
    pub vector: Vec<f32>,
    /// For matching tokens with tokens: the sum of its last hidden state and that after three
    /// quarters of the layers, both of unit length, scaled to unit length. The middle layers keep
    /// more of the word itself and of its counterparts in other languages (docs/retrieval.md).
    pub matching: Vec<f32>,
}

/// How much of a text the model reads at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Tokens of the whole text, prefix and special tokens included.
    pub tokens: usize,
    /// The text up to this byte is read at once: its length where all of it is.
    pub first: usize,
    /// The text from this byte on is read at once: 0 where all of it is.
    pub last: usize,
}

/// A model directory opened for use. It can be shared between threads.
pub struct Embedder {
    name: String,
    precision: Precision,
    fingerprint: String,
    dimension: usize,
    max_tokens: usize,
    settings: Settings,
    tokenizer: Tokenizer,
    engine: Box<dyn Engine>,
}

impl Embedder {
    /// Opens a Hugging Face model directory of a BERT or XLM-R encoder: `config.json`,
    /// `tokenizer.json`, and `model.gguf` or `model.safetensors`. Pooling and prefixes are read from `yiju.toml`, `1_Pooling/config.json` and
    /// `config_sentence_transformers.json`, in this order.
    ///
    /// # Errors
    /// The directory or a file is missing, damaged, or needs something unsupported.
    pub fn open(directory: &Path, options: EmbedderOptions) -> Result<Self, EmbedError> {
        if !directory.is_dir() {
            return Err(EmbedError::UnknownModel { path: directory.to_path_buf() });
        }
        let config_path = directory.join("config.json");
        if !config_path.is_file() {
            return Err(EmbedError::MissingFile {
                directory: directory.to_path_buf(),
                file: "config.json",
            });
        }
        let config = ModelConfig::read(&config_path)?;
        let settings = Settings::read(directory)?;
        let tokenizer = Tokenizer::open(directory)?;
        let weights = Arc::new(ModelWeights::open(directory, config)?);
        let config = weights.config();
        if tokenizer.vocabulary() > config.vocab {
            return Err(EmbedError::InvalidFile {
                path: directory.join("tokenizer.json"),
                reason: format!(
                    "it has {} ids, but the word table only {} rows",
                    tokenizer.vocabulary(),
                    config.vocab
                ),
            });
        }
        let max_tokens =
            settings.max_tokens.map_or(config.max_tokens(), |limit| limit.min(config.max_tokens()));
        check_room(&settings, &tokenizer, max_tokens)?;
        Ok(Self {
            name: name(directory, &settings),
            precision: options.precision,
            fingerprint: fingerprint(&weights, &tokenizer, &settings, max_tokens),
            dimension: config.hidden,
            max_tokens,
            engine: engine::load(options.precision, Arc::clone(&weights), options.threads)?,
            settings,
            tokenizer,
        })
    }

    /// Numbers of a vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The longest sequence the model reads at once, prefix and special tokens included. Longer
    /// texts are read in windows.
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// How the vectors of a text's tokens become one: `mean`, or `cls` for the first token's.
    pub fn pooling(&self) -> &'static str {
        match self.settings.pooling {
            Pooling::Mean => "mean",
            Pooling::Cls => "cls",
        }
    }

    /// The model's name: from `yiju.toml`, or the directory's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The arithmetic and the kernels that do it, for people: `int8 on avx512 kernels`, `f32`.
    pub fn arithmetic(&self) -> String {
        match (self.precision, yiju_kernels::Variant::detect()) {
            (Precision::F32, _) => "f32".into(),
            (Precision::Int8, Ok(kernels)) => format!("int8 on {} kernels", kernels.name()),
            (Precision::Int8, Err(_)) => "int8".into(),
        }
    }

    /// Identifies weights, tokenizer, pooling and prefixes, in hex. Vectors of different
    /// fingerprints do not belong together. It comes from samples of the big files, not from
    /// every byte, so it tells models apart but does not prove a file intact.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Embeds texts. Each vector is the one the text alone would get, bit for bit. A text longer
    /// than [`max_tokens`](Self::max_tokens) is read in windows, and its vector is their mean,
    /// weighted by their tokens.
    ///
    /// # Errors
    /// The tokenizer or the engine fails on the model's files; never because of a text.
    pub fn embed(
        &self,
        input_type: InputType,
        texts: &[&str],
    ) -> Result<Vec<Embedding>, EmbedError> {
        let prepared = self.prepare(input_type, texts)?;
        let made = self.run(&prepared, false)?;
        Ok(made.into_iter().map(|(embedding, _)| embedding).collect())
    }

    /// Embeds texts and each of their tokens, in one pass.
    ///
    /// # Errors
    /// As [`embed`](Self::embed).
    pub fn embed_tokens(
        &self,
        input_type: InputType,
        texts: &[&str],
    ) -> Result<Vec<(Embedding, TokenVectors)>, EmbedError> {
        self.run(&self.prepare(input_type, texts)?, true)
    }

    /// The tokens of a text alone: no prefix, no special tokens, nothing cut.
    ///
    /// # Errors
    /// The model's tokenizer fails.
    pub fn tokenize(&self, text: &str) -> Result<Vec<Token>, EmbedError> {
        self.tokenizer.encode(text)
    }

    /// The ids that the model reads for a text of at most [`max_tokens`](Self::max_tokens)
    /// tokens, and those of a longer one as if it were read at once: special tokens, prefix,
    /// text.
    ///
    /// # Errors
    /// The model's tokenizer fails.
    pub fn input_ids(&self, input_type: InputType, text: &str) -> Result<Vec<u32>, EmbedError> {
        let input = self.prepare_one(self.prefix(input_type), text)?;
        let special = self.tokenizer.special_tokens();
        let mut ids = special.before.clone();
        ids.extend(input.tokens.iter().map(|token| token.id));
        ids.extend_from_slice(&special.after);
        Ok(ids)
    }

    /// How much of a text the model reads at once, from its start and from its end.
    ///
    /// # Errors
    /// The model's tokenizer fails.
    pub fn reach(&self, input_type: InputType, text: &str) -> Result<Reach, EmbedError> {
        let prefix = self.prefix(input_type);
        let input = self.prepare_one(prefix, text)?;
        let tokens = input.tokens.len() + input.special;
        if tokens <= self.max_tokens {
            return Ok(Reach { tokens, first: text.len(), last: 0 });
        }
        let room = self.max_tokens - input.special;
        // The prefix counts on both sides.
        let before =
            input.tokens.iter().take_while(|token| token.range.end <= prefix.len()).count();
        let after = input.tokens.len() - (room - before);
        let byte = |at: usize| at.saturating_sub(prefix.len());
        Ok(Reach {
            tokens,
            first: byte(input.tokens[room - 1].range.end),
            last: byte(input.tokens[after].range.start),
        })
    }

    /// The ids that the model puts before and after a text.
    pub fn special_ids(&self) -> (&[u32], &[u32]) {
        let special = self.tokenizer.special_tokens();
        (&special.before, &special.after)
    }

    fn prefix(&self, input_type: InputType) -> &str {
        match input_type {
            InputType::Query => &self.settings.query_prefix,
            InputType::Passage => &self.settings.passage_prefix,
        }
    }

    /// Tokenises texts and cuts them into windows.
    pub(crate) fn prepare(
        &self,
        input_type: InputType,
        texts: &[&str],
    ) -> Result<Prepared, EmbedError> {
        let prefix = self.prefix(input_type);
        let inputs = texts
            .iter()
            .map(|text| self.prepare_one(prefix, text))
            .collect::<Result<Vec<Input>, EmbedError>>()?;
        Ok(Prepared::new(inputs))
    }

    fn prepare_one(&self, prefix: &str, text: &str) -> Result<Input, EmbedError> {
        let tokens = self.tokenizer.encode(&format!("{prefix}{text}"))?;
        // A token that reaches into the text (the space that ends a prefix, and the first word)
        // is the text's.
        let prefix_tokens = tokens
            .iter()
            .take_while(|token| token.range.end <= prefix.len() && !prefix.is_empty())
            .count();
        let special = self.tokenizer.special_tokens();
        if tokens.is_empty() && special.before.is_empty() && special.after.is_empty() {
            return Err(EmbedError::Tokenize(format!(
                "the text {text:?} has no tokens, and the model puts none around it"
            )));
        }
        Ok(Input {
            windows: windows(&tokens, prefix_tokens, special, self.max_tokens),
            special: special.before.len() + special.after.len(),
            prefix: prefix.len(),
            tokens,
        })
    }

    /// Collects the hidden states of prepared texts.
    pub(crate) fn pooled<'a>(&self, prepared: &'a Prepared, tokens: bool) -> Pooled<'a> {
        Pooled::new(self.dimension, self.settings.pooling, prepared, tokens)
    }

    /// The hidden states of each sequence of ids, in one batch; with a gate, the batch gives way to questions.
    pub(crate) fn forward(
        &self,
        sequences: &[&[u32]],
        gate: Option<&Gate>,
    ) -> Result<Vec<HiddenStates>, EmbedError> {
        self.engine.forward(sequences, gate)
    }

    fn run(
        &self,
        prepared: &Prepared,
        tokens: bool,
    ) -> Result<Vec<(Embedding, TokenVectors)>, EmbedError> {
        let mut pooled = self.pooled(prepared, tokens);
        let mut next = 0;
        while next < prepared.len() {
            let mut total = 0;
            let fitting = (next..prepared.len()).take_while(|&at| {
                total += prepared.ids(at).len();
                total <= TOKENS_PER_CALL
            });
            let batch = next..next + fitting.count().max(1);
            let sequences: Vec<&[u32]> = batch.clone().map(|at| prepared.ids(at)).collect();
            for (at, states) in batch.clone().zip(self.forward(&sequences, None)?) {
                pooled.take(at, &states);
            }
            next = batch.end;
        }
        Ok(pooled.finish())
    }
}

impl fmt::Debug for Embedder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Embedder")
            .field("name", &self.name)
            .field("fingerprint", &self.fingerprint)
            .field("dimension", &self.dimension)
            .field("max_tokens", &self.max_tokens)
            .finish_non_exhaustive()
    }
}

/// The prefixes must leave room for text in a window.
fn check_room(
    settings: &Settings,
    tokenizer: &Tokenizer,
    max_tokens: usize,
) -> Result<(), EmbedError> {
    let special = tokenizer.special_tokens();
    let special = special.before.len() + special.after.len();
    for prefix in [&settings.query_prefix, &settings.passage_prefix] {
        let taken = tokenizer.encode(prefix)?.len() + special;
        // One token may come on top, where the prefix meets the text.
        if taken + 2 > max_tokens {
            return Err(EmbedError::Unsupported {
                what: "prefix",
                value: prefix.clone(),
                supported: "prefixes that leave room for text in the model's window",
            });
        }
    }
    Ok(())
}

fn name(directory: &Path, settings: &Settings) -> String {
    let from_path = || {
        let path = directory.canonicalize().unwrap_or_else(|_| directory.to_path_buf());
        path.file_name()
            .map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned())
    };
    settings.name.clone().unwrap_or_else(from_path)
}

fn fingerprint(
    weights: &ModelWeights,
    tokenizer: &Tokenizer,
    settings: &Settings,
    max_tokens: usize,
) -> String {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(b"yiju-embed 1");
    for sample in [&sample(weights.file_bytes()), tokenizer.sample()] {
        add(&sample.length.to_le_bytes());
        add(&sample.digest);
    }
    let config = weights.config();
    for size in [
        config.hidden,
        config.layers,
        config.heads,
        config.ffn,
        config.vocab,
        config.max_positions,
        config.position_offset,
        max_tokens,
    ] {
        add(&(size as u64).to_le_bytes());
    }
    add(&config.eps.to_le_bytes());
    add(&[config.activation as u8, settings.pooling as u8]);
    add(settings.query_prefix.as_bytes());
    add(settings.passage_prefix.as_bytes());
    base16ct::lower::encode_string(&hash.finalize()[..16])
}
