//! The network of a GGUF file: Llama's or Qwen2's architecture, on candle.

use std::io::{Read, Seek};

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_llama, quantized_qwen2};

/// Most tokens of prompt and answer, whatever the file allows: candle's table of positions of Llama ends there, and the
/// masks that it keeps grow with the square.
const MOST_TOKENS: usize = 4096;
/// Most tokens that are read at once.
const AT_ONCE: usize = 128;

/// A network that reads tokens and says how likely each is next.
pub(super) struct Network {
    kind: Kind,
    most: usize,
    /// Tokens read so far.
    read: usize,
}

enum Kind {
    Llama(quantized_llama::ModelWeights),
    Qwen2(quantized_qwen2::ModelWeights),
}

impl Network {
    /// Reads the network of a file.
    ///
    /// # Errors
    /// The architecture is another, or the file is damaged.
    pub(super) fn open<R: Read + Seek>(content: Content, file: &mut R) -> Result<Self, String> {
        let architecture = content.metadata.get("general.architecture");
        let architecture = architecture.and_then(|value| value.to_string().ok()).cloned();
        let architecture = architecture.unwrap_or_default();
        let said = |error: candle_core::Error| error.to_string();
        let context = check(&content, &architecture)?;
        let kind = match architecture.as_str() {
            "llama" => Kind::Llama(
                quantized_llama::ModelWeights::from_gguf(content, file, &Device::Cpu)
                    .map_err(said)?,
            ),
            _ => Kind::Qwen2(
                quantized_qwen2::ModelWeights::from_gguf(content, file, &Device::Cpu)
                    .map_err(said)?,
            ),
        };
        Ok(Self { kind, most: context.min(MOST_TOKENS), read: 0 })
    }

    /// Most tokens of prompt and answer.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Forgets what was read.
    pub(super) fn forget(&mut self) {
        self.read = 0;
        match &mut self.kind {
            Kind::Llama(model) => model.clear_kv_cache(),
            Kind::Qwen2(model) => model.clear_kv_cache(),
        }
    }

    /// Reads the first of `tokens`, and gives the others. candle keeps a mask for each pair of lengths that it sees;
    /// powers of two at their multiples keep these few.
    pub(super) fn step<'a>(&mut self, tokens: &'a [u32]) -> Result<(&'a [u32], Tensor), String> {
        let mut take = AT_ONCE;
        while take > tokens.len() || !self.read.is_multiple_of(take) {
            take /= 2;
        }
        let (now, rest) = tokens.split_at(take);
        let said = |error: candle_core::Error| error.to_string();
        let input = Tensor::new(now, &Device::Cpu).and_then(|input| input.unsqueeze(0));
        let input = input.map_err(said)?;
        let logits = match &mut self.kind {
            Kind::Llama(model) => model.forward(&input, self.read),
            Kind::Qwen2(model) => model.forward(&input, self.read),
        };
        self.read += take;
        Ok((rest, logits.map_err(said)?))
    }
}

/// The likeliest token.
pub(super) fn likeliest(logits: &Tensor) -> Result<u32, String> {
    let said = |error: candle_core::Error| error.to_string();
    let logits: Vec<f32> = logits.flatten_all().and_then(|all| all.to_vec1()).map_err(said)?;
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    let best = best.filter(|(_, value)| value.is_finite()).map(|(at, _)| at);
    best.and_then(|at| u32::try_from(at).ok())
        .ok_or_else(|| "its numbers are not finite: the file is damaged".to_owned())
}

/// Checks the numbers that candle divides by; gives the most tokens that the file allows.
fn check(content: &Content, architecture: &str) -> Result<usize, String> {
    if !matches!(architecture, "llama" | "qwen2") {
        return Err(format!(
            "its architecture is `{architecture}`, and only llama and qwen2 are read"
        ));
    }
    let number = |name: &str| {
        let key = format!("{architecture}.{name}");
        let value = content.metadata.get(&key).and_then(|value| value.to_u64().ok());
        let value = value.and_then(|value| usize::try_from(value).ok());
        value.filter(|value| (1..=1 << 20).contains(value)).ok_or_else(|| {
            let found = content.metadata.get(&key).map(|value: &Value| format!("{value:?}"));
            format!("`{key}` is {}", found.unwrap_or_else(|| "missing".to_owned()))
        })
    };
    let (heads, groups) = (number("attention.head_count")?, number("attention.head_count_kv")?);
    let (width, _) = (number("embedding_length")?, number("block_count")?);
    let head = width / heads;
    if !width.is_multiple_of(heads) || !heads.is_multiple_of(groups) || !head.is_multiple_of(2) {
        return Err(format!("{width} numbers a token do not fit {heads} heads in {groups} groups"));
    }
    number("context_length")
}
