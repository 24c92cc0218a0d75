//! The tokens of a GGUF file: byte-level pairs (GPT-2's kind, as of Qwen2, Llama 3 and SmolLM2) from its own metadata;
//! for any other kind, the `tokenizer.json` beside it.
//!
//! Special tokens (`<|im_end|>`) are never read from a text: only the template puts them, by their ids. So no document
//! can end its message and begin another.

use std::collections::HashMap;
use std::path::Path;

use candle_core::quantized::gguf_file::{Content, Value};
use tokenizers::decoders::byte_level::ByteLevel as ByteLevelDecoder;
use tokenizers::models::bpe::{BPE, Merges, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer};

/// Where Qwen2 cuts words; the patterns are those of the models' own tokenizer.json.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Where Llama 3 does.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// The type of control tokens in GGUF.
const CONTROL: i64 = 3;

/// Text to tokens and back.
pub(super) struct Vocabulary {
    tokenizer: Tokenizer,
    /// Tokens that no text is read as.
    special: HashMap<String, u32>,
    /// The token that the file says texts end with.
    end: Option<u32>,
    /// The token that the file says to begin with, where it does.
    begin: Option<u32>,
}

impl Vocabulary {
    /// The vocabulary of the file at `path`.
    ///
    /// # Errors
    /// It has none that is known, and no `tokenizer.json` is beside it; or that is damaged.
    pub(super) fn open(content: &Content, path: &Path) -> Result<Self, String> {
        let number = |key: &str| {
            let value = content.metadata.get(&format!("tokenizer.ggml.{key}"))?;
            value.to_u64().ok().and_then(|value| u32::try_from(value).ok())
        };
        let begins = content.metadata.get("tokenizer.ggml.add_bos_token");
        let begins = begins.is_some_and(|value| matches!(value, Value::Bool(true)));
        let begin = number("bos_token_id").filter(|_| begins);
        let end = number("eos_token_id");
        let (tokenizer, special) = match of_metadata(content)? {
            Some(read) => read,
            None => beside(path)?,
        };
        Ok(Self { tokenizer, special, end, begin })
    }

    /// The tokens of a text, none of them special.
    pub(super) fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoded = self.tokenizer.encode_fast(text, false).map_err(|error| error.to_string())?;
        Ok(encoded.get_ids().to_vec())
    }

    /// The text of tokens; special ones have none.
    pub(super) fn decode(&self, tokens: &[u32]) -> Result<String, String> {
        let plain: Vec<u32> =
            tokens.iter().copied().filter(|token| !self.is_special(*token)).collect();
        self.tokenizer.decode(&plain, true).map_err(|error| error.to_string())
    }

    /// The id of a special token.
    pub(super) fn special(&self, token: &str) -> Option<u32> {
        self.special.get(token).copied()
    }

    /// The token that texts begin with, where they do.
    pub(super) fn begin(&self) -> Option<u32> {
        self.begin
    }

    /// Whether a text ends with this token.
    pub(super) fn ends(&self, token: u32) -> bool {
        self.end == Some(token)
            || ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>"]
                .into_iter()
                .any(|end| self.special(end) == Some(token))
    }

    fn is_special(&self, token: u32) -> bool {
        self.special.values().any(|&special| special == token)
    }
}

type Read = (Tokenizer, HashMap<String, u32>);

/// The tokenizer that the metadata describe; `None` where they describe one of another kind.
fn of_metadata(content: &Content) -> Result<Option<Read>, String> {
    let get = |key: &str| content.metadata.get(&format!("tokenizer.ggml.{key}"));
    let text = |key: &str| get(key).and_then(|value| value.to_string().ok()).map(String::as_str);
    if text("model") != Some("gpt2") {
        return Ok(None);
    }
    let Some(cuts) = cuts(text("pre").unwrap_or("default"))? else {
        return Ok(None);
    };
    let list = |key: &'static str| {
        get(key).and_then(|value| value.to_vec().ok()).ok_or_else(|| format!("it has no {key}"))
    };
    let word = |value: &Value| value.to_string().cloned().map_err(|error| error.to_string());
    let types = list("token_type").map(Vec::as_slice).unwrap_or_default();
    let mut vocab = Vocab::default();
    let mut special = HashMap::new();
    for (id, token) in (0u32..).zip(list("tokens")?) {
        let token = word(token)?;
        let kind = types.get(id as usize).and_then(|kind| match kind {
            Value::I32(kind) => Some(i64::from(*kind)),
            Value::U32(kind) => Some(i64::from(*kind)),
            _ => None,
        });
        // Tokens of users' own (4) are written as they are, like control tokens; no byte-level pair gives them.
        if kind.is_some_and(|kind| kind >= CONTROL) {
            special.insert(token.clone(), id);
        }
        vocab.insert(token, id);
    }
    let mut merges: Merges = Vec::new();
    for merge in list("merges")? {
        let merge = word(merge)?;
        let Some((left, right)) = merge.split_once(' ') else {
            return Err(format!("the merge `{merge}` is not two tokens"));
        };
        merges.push((left.to_owned(), right.to_owned()));
    }
    let model = BPE::builder()
        .vocab_and_merges(vocab, merges)
        .ignore_merges(cuts.whole_words)
        .build()
        .map_err(|error| format!("its merges do not fit its tokens: {error}"))?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(Sequence::new(cuts.steps)));
    tokenizer.with_decoder(Some(ByteLevelDecoder::default()));
    if cuts.composes {
        tokenizer.with_normalizer(Some(NFC)).map_err(|error| error.to_string())?;
    }
    Ok(Some((tokenizer, special)))
}

/// How texts are cut to words before pairs are joined.
struct Cuts {
    steps: Vec<PreTokenizerWrapper>,
    /// Whether a word that is a token is that token, whatever pairs say.
    whole_words: bool,
    /// Whether characters are composed first (NFC).
    composes: bool,
}

/// The cuts that `tokenizer.ggml.pre` names; `None` for a name that is not known.
fn cuts(name: &str) -> Result<Option<Cuts>, String> {
    let bytes = |regex| PreTokenizerWrapper::from(ByteLevel::new(false, true, regex));
    let split = |pattern: &str| {
        let pattern = SplitPattern::Regex(pattern.to_owned());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false);
        split.map(PreTokenizerWrapper::from).map_err(|error| error.to_string())
    };
    let (steps, whole_words, composes) = match name {
        "default" | "gpt-2" => (vec![bytes(true)], false, false),
        "smollm" => (vec![Digits::new(true).into(), bytes(true)], false, false),
        "qwen2" | "deepseek-r1-qwen" => (vec![split(QWEN2)?, bytes(false)], false, true),
        "llama-bpe" | "llama3" | "llama-v3" => (vec![split(LLAMA3)?, bytes(false)], true, false),
        _ => return Ok(None),
    };
    Ok(Some(Cuts { steps, whole_words, composes }))
}

/// The `tokenizer.json` in the file's directory.
fn beside(path: &Path) -> Result<Read, String> {
    let file = path.with_file_name("tokenizer.json");
    if !file.is_file() {
        return Err(
            "it describes a tokenizer that is not known, and there is no tokenizer.json beside it"
                .to_owned(),
        );
    }
    let mut tokenizer =
        Tokenizer::from_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let special = tokenizer
        .get_added_tokens_decoder()
        .into_iter()
        .filter(|(_, token)| token.special)
        .map(|(id, token)| (token.content, id))
        .collect();
    tokenizer.set_encode_special_tokens(true);
    Ok((tokenizer, special))
}
