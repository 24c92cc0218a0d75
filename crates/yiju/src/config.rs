//! Settings: defaults < `yiju.toml` < `YIJU_*` < flags. (`clap` reads the last two.)

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use directories::ProjectDirs;
use serde::Deserialize;

use crate::cli::{Global, Precision};
use crate::failure::Failure;

/// The file's name.
const FILE: &str = "yiju.toml";

/// What `yiju.toml` may say. Paths in it are relative to its directory.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    library: Option<PathBuf>,
    model: Option<PathBuf>,
    reranker: Option<PathBuf>,
    threads: Option<usize>,
    precision: Option<Precision>,
    pub(crate) serve: ServeFile,
}

/// The table `[serve]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServeFile {
    pub(crate) listen: Option<String>,
    pub(crate) concurrent: Option<usize>,
    pub(crate) queue: Option<usize>,
    pub(crate) deadline_seconds: Option<f64>,
    pub(crate) max_document_bytes: Option<usize>,
    pub(crate) grace_seconds: Option<f64>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) max_collections: Option<usize>,
    pub(crate) requests_per_minute: Option<NonZeroU32>,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) log_questions: bool,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) tls_certificate: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) otlp_endpoint: Option<String>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// The settings of this run.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The library's directory, where one is given.
    library: Option<PathBuf>,
    /// The model as given: a directory or a name.
    pub(crate) model: Option<PathBuf>,
    /// The directory of a cross-encoder, where one is named.
    pub(crate) reranker: Option<PathBuf>,
    /// 0 for the machine's cores.
    pub(crate) threads: usize,
    pub(crate) precision: Precision,
    pub(crate) serve: ServeFile,
}

impl Settings {
    /// Reads the configuration file and puts the flags over it.
    ///
    /// # Errors
    /// Where the file cannot be read or says something unknown.
    pub(crate) fn load(global: &Global) -> anyhow::Result<Self> {
        let file = File::find(global.config.as_deref())?;
        let given =
            |path: &Option<PathBuf>| path.clone().filter(|path| !path.as_os_str().is_empty());
        Ok(Self {
            library: given(&global.library).or(file.library),
            model: given(&global.model).or(file.model),
            reranker: given(&global.reranker).or(file.reranker),
            threads: global.threads.or(file.threads).unwrap_or(0),
            precision: global.precision.or(file.precision).unwrap_or_default(),
            serve: file.serve,
        })
    }

    /// The library's directory.
    ///
    /// # Errors
    /// Where none is given and the platform names no data directory.
    pub(crate) fn library(&self) -> anyhow::Result<PathBuf> {
        if let Some(library) = &self.library {
            return Ok(library.clone());
        }
        let dirs = dirs().ok_or_else(|| {
            Failure::new("there is no home directory to keep the library in")
                .hint("name a directory with `--library DIR` or YIJU_LIBRARY")
        })?;
        Ok(dirs.data_dir().join("library"))
    }

    /// The directory of what the server keeps beside the library: access keys and collections.
    ///
    /// # Errors
    /// As [`Settings::library`].
    pub(crate) fn server_data(&self, given: Option<&Path>) -> anyhow::Result<PathBuf> {
        match given.or(self.serve.data.as_deref()) {
            Some(given) => Ok(given.to_owned()),
            None => self.beside("server")?.library(),
        }
    }

    /// The same settings with another library beside this one, `<library>-<name>`.
    ///
    /// # Errors
    /// As [`Settings::library`].
    pub(crate) fn beside(&self, name: &str) -> anyhow::Result<Self> {
        let mut path = self.library()?.into_os_string();
        path.push(format!("-{name}"));
        Ok(Self {
            library: Some(path.into()),
            ..self.clone()
        })
    }
}

/// The platform's directories for Yiju.
pub(crate) fn dirs() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "yiju")
}

impl File {
    fn find(given: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = given.filter(|path| !path.as_os_str().is_empty()) {
            return Self::read(path);
        }
        let platform = dirs().map(|dirs| dirs.config_dir().join(FILE));
        let found = [Some(PathBuf::from(FILE)), platform]
            .into_iter()
            .flatten()
            .find(|path| path.is_file());
        found.map_or_else(|| Ok(Self::default()), |path| Self::read(&path))
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::new(format!("cannot read the configuration {shown}: {error}"))
        })?;
        let base = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, base).with_context(|| format!("the configuration {shown} is not usable"))
    }

    fn parse(text: &str, base: &Path) -> anyhow::Result<Self> {
        let mut file: Self = toml::from_str(text).map_err(|error| {
            Failure::new(error.to_string().trim_end().to_owned()).hint(
                "the keys are library, model, reranker, threads, precision and the table [serve]",
            )
        })?;
        file.library = file.library.map(|path| base.join(path));
        for path in [
            &mut file.serve.data,
            &mut file.serve.tls_certificate,
            &mut file.serve.tls_key,
        ] {
            *path = path.take().map(|path| base.join(path));
        }
        file.reranker = file.reranker.map(|path| base.join(path));
        // A plain word is a model's name, not a path.
        file.model = file.model.map(|model| {
            if model.components().count() > 1 {
                base.join(model)
            } else {
                model
            }
        });
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file() {
        let file = File::parse(
            "library = \"lib\"\nmodel = \"m\"\n[serve]\nqueue = 3\ndata = \"d\"\nlog_format = \"json\"\n",
            Path::new("/etc"),
        )
        .unwrap();
        assert_eq!(file.library.as_deref(), Some(Path::new("/etc/lib")));
        assert_eq!(file.model.as_deref(), Some(Path::new("m")));
        assert_eq!(file.serve.queue, Some(3));
        assert_eq!(file.serve.data.as_deref(), Some(Path::new("/etc/d")));
        assert_eq!(file.serve.log_format, Some(LogFormat::Json));
        let file = File::parse("model = \"models/m\"", Path::new("/etc")).unwrap();
        assert_eq!(file.model.as_deref(), Some(Path::new("/etc/models/m")));
    }

    #[test]
    fn unknown_keys_are_named() {
        let error = File::parse("libary = \"x\"", Path::new("")).unwrap_err();
        assert!(error.to_string().contains("libary"), "{error}");
    }
}
