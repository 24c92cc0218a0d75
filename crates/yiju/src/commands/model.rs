//! `yiju model`

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base16ct::lower::encode_string as hexadecimal;
use clap::{Args, Subcommand};
use hf_hub::api::sync::{Api, ApiBuilder, ApiError, ApiRepo};
use hf_hub::{Cache, Repo, RepoType};
use serde::Serialize;
use sha2::{Digest, Sha256};
use yiju_embed::InputType;
use yiju_engine::EngineError;

use super::{Context, print_json};
use crate::config;
use crate::failure::Failure;
use crate::library;
use crate::progress::Download;

/// Files that are fetched if the hub has them.
const OPTIONAL: [&str; 5] = [
    "modules.json",
    "1_Pooling/config.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "README.md",
];
/// Weight files, in order of preference.
const WEIGHTS: [&str; 2] = ["model.safetensors", "model.gguf"];

/// Fetch embedding models
#[derive(Debug, Args)]
pub(crate) struct Model {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Pull(Pull),
}

/// Fetch a model from the Hugging Face hub, and check that it runs
///
/// The only command that uses the network. An interrupted download is resumed. The environment variable
/// HF_ENDPOINT names another hub with the same files.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju model pull intfloat/multilingual-e5-base\n  \
    yiju --model multilingual-e5-base ask --docs seeds \"…\"")]
struct Pull {
    /// The model's name on the hub
    #[arg(value_name = "OWNER/NAME")]
    name: String,
    /// Directory to make [default: models/NAME in the platform's data directory]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Branch, tag or commit
    #[arg(long, value_name = "REVISION", default_value = "main")]
    revision: String,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Pulled<'a> {
    model: &'a str,
    directory: &'a Path,
    commit: &'a str,
    dimension: usize,
    files: &'a [String],
}

impl Model {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Pull(pull) => pull.run(context),
        }
    }
}

impl Pull {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let short = check_name(&self.name)?;
        let directory = match &self.to {
            Some(directory) => std::path::absolute(directory)?,
            None => config::dirs()
                .map(|dirs| dirs.data_dir().join("models").join(short))
                .ok_or_else(|| {
                    Failure::new("this machine has no data directory for models")
                        .hint("name one with `--to DIR`")
                })?,
        };
        if directory.exists() {
            return Err(Failure::new(format!("{} is there already", directory.display()))
                .hint("use it with `--model`, remove it, or name another with `--to DIR`")
                .into());
        }
        // Downloads go to a directory beside it, which is renamed once it is complete.
        let part = directory.with_file_name(format!(
            "{}.part",
            directory.file_name().unwrap_or_default().to_string_lossy()
        ));
        let hub = Hub::open(&self.name, &self.revision, &part)?;
        let (commit, there) = hub.list()?;
        let files = choose(&self.name, &there)?;
        let made = part.join("model");
        fs::create_dir_all(&made)?;
        let mut download = Download::new(context.notes.quiet());
        for name in &files {
            hub.fetch(name, &made.join(name), &mut download)?;
            if name == "config.json" {
                yiju_embed::check_architecture(&made.join(name)).map_err(EngineError::from)?;
            }
        }
        drop(download);
        let dimension = try_out(&made, context)?;
        fs::rename(&made, &directory)?;
        // Leftovers of the download are harmless.
        let _ = fs::remove_dir_all(&part);
        if context.json {
            print_json(&Pulled {
                model: &self.name,
                directory: &directory,
                commit: &commit,
                dimension,
                files: &files,
            })?;
        } else {
            writeln!(
                io::stdout().lock(),
                "{} is in {} (vectors of {dimension} numbers)",
                self.name,
                crate::text::clean(&directory.display().to_string())
            )?;
            context
                .notes
                .hint("use it with `--model` or YIJU_MODEL, and a library of its own: vectors of two models do not mix");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The model's name without its owner.
fn check_name(name: &str) -> Result<&str, Failure> {
    let parts: Vec<&str> = name.split('/').collect();
    let sound = |part: &&str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    match parts.as_slice() {
        [_, short] | [short] if parts.iter().all(sound) => Ok(short),
        _ => Err(Failure::new(format!("{name:?} is not the name of a model"))
            .hint("a name looks like intfloat/multilingual-e5-base")),
    }
}

/// The files to fetch, small ones first.
fn choose(model: &str, there: &[String]) -> Result<Vec<String>, Failure> {
    let has = |name: &str| there.iter().any(|file| file == name);
    let mut files = Vec::new();
    for name in ["config.json", "tokenizer.json"] {
        if !has(name) {
            return Err(Failure::new(format!("{model} has no {name}")).hint(
                "models need config.json, tokenizer.json and model.safetensors or model.gguf",
            ));
        }
        files.push(name.to_owned());
    }
    files.extend(OPTIONAL.into_iter().filter(|name| has(name)).map(str::to_owned));
    let Some(weights) = WEIGHTS.into_iter().find(|name| has(name)) else {
        let shards = there.iter().any(|file| file.ends_with(".safetensors"));
        let reason = if shards {
            "its weights are in several files, which are not read"
        } else {
            "it has neither model.safetensors nor model.gguf"
        };
        return Err(Failure::new(format!("{model} cannot be used: {reason}")));
    };
    files.push(weights.to_owned());
    Ok(files)
}

/// Embeds a text to see that the model runs; returns the dimension.
fn try_out(directory: &Path, context: &Context) -> anyhow::Result<usize> {
    let embedder = library::embedder(&context.settings, directory)?;
    embedder.embed(InputType::Query, &["试"]).map_err(EngineError::from)?;
    Ok(embedder.dimension())
}

/// One model of the hub.
struct Hub {
    name: String,
    endpoint: String,
    repo: ApiRepo,
}

impl Hub {
    fn open(name: &str, revision: &str, part: &Path) -> anyhow::Result<Self> {
        let endpoint =
            std::env::var("HF_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty()).map_or_else(
                || "https://huggingface.co".to_owned(),
                |endpoint| endpoint.trim_end_matches('/').to_owned(),
            );
        let api: Api = ApiBuilder::from_cache(Cache::new(part.join("download")))
            .with_endpoint(endpoint.clone())
            .with_progress(false)
            .with_user_agent("yiju", env!("CARGO_PKG_VERSION"))
            .build()?;
        let repo = Repo::with_revision(name.to_owned(), RepoType::Model, revision.to_owned());
        Ok(Self { name: name.to_owned(), endpoint, repo: api.repo(repo) })
    }

    /// The commit and the names of its files.
    fn list(&self) -> Result<(String, Vec<String>), Failure> {
        let info = self.repo.info().map_err(|error| self.failed(&error))?;
        let files = info.siblings.into_iter().map(|file| file.rfilename);
        Ok((info.sha, files.collect()))
    }

    /// Fetches a file to `to` and verifies its SHA-256 if the hub gives one, which it does for large files.
    fn fetch(&self, name: &str, to: &Path, download: &mut Download) -> anyhow::Result<()> {
        if to.is_file() {
            return Ok(());
        }
        let pointer = self
            .repo
            .download_with_progress(name, &mut *download)
            .map_err(|error| self.failed(&error))?;
        let blob = fs::canonicalize(pointer)?;
        let expected = blob.file_name().unwrap_or_default().to_string_lossy();
        if expected.len() == 64 && expected.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let found = sha256(&blob)?;
            if *expected != found {
                fs::remove_file(&blob)?;
                return Err(Failure::new(format!(
                    "{name} of {} arrived damaged: its SHA-256 is {found}, not {expected}",
                    self.name
                ))
                .fault()
                .hint("try again")
                .into());
            }
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::rename(&blob, to)?;
        Ok(())
    }

    fn failed(&self, error: &ApiError) -> Failure {
        let (name, endpoint) = (&self.name, &self.endpoint);
        let status = match error {
            ApiError::RequestError(error) => match **error {
                ureq::Error::StatusCode(status) => Some(status),
                _ => None,
            },
            _ => None,
        };
        match status {
            Some(401 | 403 | 404) => {
                Failure::new(format!("{endpoint} has no public model {name}, or not this revision"))
                    .hint("check the name and its owner; put the files of a private model in a directory by hand, and name it with `--model DIR`")
            }
            Some(status) => Failure::new(format!("{endpoint} answered {status} for {name}"))
                .fault()
                .hint("try again later"),
            None => Failure::new(format!("cannot reach {endpoint} for {name}: {error}"))
                .fault()
                .hint(format!(
                    "without a network, fetch config.json, tokenizer.json, model.safetensors (or \
                     model.gguf) and, where there are such, modules.json, 1_Pooling/config.json, \
                     config_sentence_transformers.json and sentence_bert_config.json from \
                     {endpoint}/{name} on another machine, put them in a directory, and name it \
                     with `--model DIR`"
                )),
        }
    }
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = fs::File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(buffer.get(..read).unwrap_or_default());
    }
    Ok(hexadecimal(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_before_they_become_paths() {
        assert_eq!(check_name("intfloat/multilingual-e5-base").unwrap(), "multilingual-e5-base");
        assert_eq!(check_name("gpt2").unwrap(), "gpt2");
        for bad in ["", "a/b/c", "../x", "a/..", "a b", "/a", "a/", "名/字"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_files_of_a_model_are_chosen_and_what_lacks_is_named() {
        let names = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let all = names(&[
            "model.gguf",
            "onnx/model.onnx",
            "pytorch_model.bin",
            "1_Pooling/config.json",
            "tokenizer.json",
            "model.safetensors",
            "config.json",
        ]);
        assert_eq!(
            choose("m", &all).unwrap(),
            ["config.json", "tokenizer.json", "1_Pooling/config.json", "model.safetensors"]
        );
        for (there, lacks) in [
            (&["config.json"][..], "tokenizer.json"),
            (&["config.json", "tokenizer.json"][..], "neither"),
            (
                &["config.json", "tokenizer.json", "model-00001-of-00002.safetensors"][..],
                "several files",
            ),
        ] {
            let error = choose("m", &names(there)).unwrap_err().to_string();
            assert!(error.contains(lacks), "{error}");
        }
    }
}
