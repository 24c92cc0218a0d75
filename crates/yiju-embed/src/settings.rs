//! The settings of a model: pooling, prefixes and window length.
//!
//! The files of a model directory; for each setting the first that has it wins:
//!
//! 1. `yiju.toml` (ours): `name`, `pooling = "mean" | "cls"`, `max_tokens`, and
//!    `[prefixes] query = "…" passage = "…"`
//! 2. `1_Pooling/config.json` for the pooling, `config_sentence_transformers.json` for the
//!    prefixes (its `prompts`), `sentence_bert_config.json` for the window (`max_seq_length`)
//! 3. mean pooling, no prefixes, as many tokens as the position table has room for
//!
//! Vectors are always given at unit length, whether or not `modules.json` lists a `Normalize`.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::EmbedError;

/// How a text's vector is made from its tokens' vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pooling {
    /// The mean of all tokens, special ones included.
    Mean,
    /// The first token.
    Cls,
}

/// The settings of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The model's name, where `yiju.toml` gives one.
    pub name: Option<String>,
    pub pooling: Pooling,
    /// The prefix of a question.
    pub query_prefix: String,
    /// The prefix of a passage.
    pub passage_prefix: String,
    /// The longest window, where the files limit it.
    pub max_tokens: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct YijuFile {
    name: Option<String>,
    pooling: Option<Pooling>,
    max_tokens: Option<usize>,
    prefixes: Prefixes,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Prefixes {
    query: Option<String>,
    passage: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PoolingFile {
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    /// Every other key; a `pooling_mode_…: true` among them is refused.
    #[serde(flatten)]
    others: HashMap<String, serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PromptsFile {
    prompts: HashMap<String, Option<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SentenceBertFile {
    max_seq_length: Option<usize>,
}

#[derive(Deserialize)]
struct Module {
    r#type: String,
}

impl Settings {
    /// Reads the settings of a model directory.
    pub(crate) fn read(directory: &Path) -> Result<Self, EmbedError> {
        check_modules(directory)?;
        let own = read_own(&directory.join("yiju.toml"))?;
        let pooling = match own.pooling {
            Some(pooling) => pooling,
            None => read_pooling(directory)?.unwrap_or(Pooling::Mean),
        };
        let prompts =
            read_json::<PromptsFile>(&directory.join("config_sentence_transformers.json"))?
                .unwrap_or_default()
                .prompts;
        let prompt = |names: &[&str]| {
            names.iter().find_map(|name| prompts.get(*name).cloned().flatten()).unwrap_or_default()
        };
        let max_tokens = match own.max_tokens {
            Some(limit) => Some(limit),
            None => {
                read_json::<SentenceBertFile>(&directory.join("sentence_bert_config.json"))?
                    .unwrap_or_default()
                    .max_seq_length
            }
        };
        Ok(Self {
            name: own.name,
            pooling,
            query_prefix: own.prefixes.query.unwrap_or_else(|| prompt(&["query", "search_query"])),
            passage_prefix: own
                .prefixes
                .passage
                .unwrap_or_else(|| prompt(&["passage", "document", "search_document", "corpus"])),
            max_tokens,
        })
    }
}

/// A layer after the pooling would be lost silently, so it is refused.
fn check_modules(directory: &Path) -> Result<(), EmbedError> {
    let modules = read_json::<Vec<Module>>(&directory.join("modules.json"))?.unwrap_or_default();
    for module in modules {
        let kind = module.r#type.rsplit('.').next().unwrap_or_default();
        if !matches!(kind, "Transformer" | "Pooling" | "Normalize") {
            return Err(EmbedError::Unsupported {
                what: "module of modules.json",
                value: module.r#type,
                supported: "Transformer, Pooling, Normalize",
            });
        }
    }
    Ok(())
}

fn read_own(path: &Path) -> Result<YijuFile, EmbedError> {
    match read_text(path)? {
        None => Ok(YijuFile::default()),
        Some(text) => toml::from_str(&text).map_err(|error| EmbedError::InvalidFile {
            path: path.to_path_buf(),
            reason: error.message().to_owned(),
        }),
    }
}

fn read_pooling(directory: &Path) -> Result<Option<Pooling>, EmbedError> {
    let Some(file) = read_json::<PoolingFile>(&directory.join("1_Pooling/config.json"))? else {
        return Ok(None);
    };
    let mut modes: Vec<&str> = file
        .others
        .iter()
        .filter(|(key, value)| key.starts_with("pooling_mode_") && **value == true)
        .map(|(key, _)| key.as_str())
        .collect();
    modes.sort_unstable();
    match (file.pooling_mode_mean_tokens, file.pooling_mode_cls_token) {
        (true, false) if modes.is_empty() => Ok(Some(Pooling::Mean)),
        (false, true) if modes.is_empty() => Ok(Some(Pooling::Cls)),
        (false, false) if modes.is_empty() => Ok(None),
        (mean, cls) => {
            modes.extend(mean.then_some("pooling_mode_mean_tokens"));
            modes.extend(cls.then_some("pooling_mode_cls_token"));
            Err(EmbedError::Unsupported {
                what: "pooling",
                value: modes.join(" + "),
                supported: "pooling_mode_mean_tokens or pooling_mode_cls_token, alone",
            })
        }
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, EmbedError> {
    let Some(text) = read_text(path)? else {
        return Ok(None);
    };
    match serde_json::from_str(&text) {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            Err(EmbedError::InvalidFile { path: path.to_path_buf(), reason: error.to_string() })
        }
    }
}

fn read_text(path: &Path) -> Result<Option<String>, EmbedError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(EmbedError::io(path)(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        directory
    }

    fn read(files: &[(&str, &str)]) -> Result<Settings, EmbedError> {
        Settings::read(directory(files).path())
    }

    #[test]
    fn without_files_it_is_mean_pooling_without_prefixes() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.pooling, Pooling::Mean);
        assert_eq!((settings.query_prefix.as_str(), settings.max_tokens), ("", None));
    }

    #[test]
    fn our_file_wins_over_theirs_setting_by_setting() {
        let theirs = [
            (
                "1_Pooling/config.json",
                r#"{"pooling_mode_cls_token": true, "word_embedding_dimension": 8}"#,
            ),
            (
                "config_sentence_transformers.json",
                r#"{"prompts": {"query": "q: ", "document": "d: "}}"#,
            ),
            ("sentence_bert_config.json", r#"{"max_seq_length": 256}"#),
        ];
        let settings = read(&theirs).unwrap();
        assert_eq!(settings.pooling, Pooling::Cls);
        assert_eq!(settings.query_prefix, "q: ");
        assert_eq!(settings.passage_prefix, "d: ");
        assert_eq!(settings.max_tokens, Some(256));
        let mut all = theirs.to_vec();
        all.push(("yiju.toml", "pooling = \"mean\"\nmax_tokens = 64\n[prefixes]\nquery = \"\""));
        let settings = read(&all).unwrap();
        assert_eq!(settings.pooling, Pooling::Mean);
        assert_eq!(settings.query_prefix, "");
        assert_eq!(settings.passage_prefix, "d: ");
        assert_eq!(settings.max_tokens, Some(64));
    }

    #[test]
    fn what_is_not_done_is_refused_by_name() {
        let message = |files: &[(&str, &str)]| read(files).unwrap_err().to_string();
        assert!(
            message(&[("1_Pooling/config.json", r#"{"pooling_mode_max_tokens": true}"#)])
                .contains("pooling_mode_max_tokens")
        );
        assert!(
            message(&[("modules.json", r#"[{"type": "sentence_transformers.models.Dense"}]"#)])
                .contains("Dense")
        );
        assert!(message(&[("yiju.toml", "poling = \"mean\"")]).contains("poling"));
        assert!(message(&[("1_Pooling/config.json", "{")]).contains("config.json"));
    }
}
