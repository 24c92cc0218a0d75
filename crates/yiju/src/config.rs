//! Settings. Flags override `YIJU_*` variables (`clap` reads both), these override `yiju.toml`, and that
//! overrides the defaults.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use directories::ProjectDirs;
use serde::Deserialize;

use crate::cli::{Global, Precision, Recognise};
use crate::failure::Failure;

/// Name of the configuration file.
const FILE: &str = "yiju.toml";

/// The keys of `yiju.toml`. Paths are relative to its directory.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    library: Option<PathBuf>,
    model: Option<PathBuf>,
    reranker: Option<PathBuf>,
    recognise: Option<Recognise>,
    recogniser: Option<PathBuf>,
    threads: Option<usize>,
    precision: Option<Precision>,
    pub(crate) writer: WriterSettings,
    pub(crate) serve: ServeSettings,
}

/// Who writes answers: flags of the commands that answer, and the keys of the table `[writer]`. An endpoint's key is taken
/// from the environment only.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "Written answers")]
pub(crate) struct WriterSettings {
    /// Model on this machine that writes: a GGUF file of the architecture Qwen2 or Llama, an instruct model
    #[arg(id = "writer", long = "writer", value_name = "FILE", env = "YIJU_WRITER")]
    pub(crate) file: Option<PathBuf>,
    /// Endpoint that writes, of OpenAI's API, as http://127.0.0.1:11434/v1: it is sent the question and the quotes. Its
    /// key is taken from YIJU_WRITER_KEY
    #[arg(id = "writer-url", long = "writer-url", value_name = "URL", env = "YIJU_WRITER_URL")]
    pub(crate) url: Option<String>,
    /// The endpoint's model
    #[arg(
        id = "writer-model",
        long = "writer-model",
        value_name = "NAME",
        env = "YIJU_WRITER_MODEL"
    )]
    pub(crate) model: Option<String>,
    /// Write down each request to the endpoint in FILE before it is sent, a JSON object a line
    #[arg(id = "writer-log", long = "writer-log", value_name = "FILE", env = "YIJU_WRITER_LOG")]
    pub(crate) log: Option<PathBuf>,
    /// Time for a written answer [default: 120, with a file 300]
    #[arg(
        id = "writer-seconds",
        long = "writer-seconds",
        value_name = "SECONDS",
        env = "YIJU_WRITER_SECONDS"
    )]
    pub(crate) seconds: Option<f64>,
    /// Longest wait for each word of the endpoint [default: 30]
    #[arg(
        id = "writer-word-seconds",
        long = "writer-word-seconds",
        value_name = "SECONDS",
        env = "YIJU_WRITER_WORD_SECONDS"
    )]
    pub(crate) word_seconds: Option<f64>,
    /// Requests to the endpoint at once [default: 4]
    #[arg(
        id = "writer-at-once",
        long = "writer-at-once",
        value_name = "N",
        env = "YIJU_WRITER_AT_ONCE"
    )]
    pub(crate) at_once: Option<usize>,
}

impl WriterSettings {
    /// These settings, with those of `file` for the ones not given. Who names a file means no endpoint, and the other way
    /// round.
    pub(crate) fn over(self, file: &Self) -> Self {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let path = |path: Option<PathBuf>| path.filter(|path| !path.as_os_str().is_empty());
        let (own_file, own_url) = (path(self.file), given(self.url));
        let none = own_file.is_none() && own_url.is_none();
        let file = file.clone();
        Self {
            file: own_file.or(file.file.filter(|_| none)),
            url: own_url.or(given(file.url).filter(|_| none)),
            model: given(self.model).or(given(file.model)),
            log: path(self.log).or(file.log),
            seconds: self.seconds.or(file.seconds),
            word_seconds: self.word_seconds.or(file.word_seconds),
            at_once: self.at_once.or(file.at_once),
        }
    }
}

/// The flags of `yiju serve`, which are also the keys of the table `[serve]`.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServeSettings {
    /// Address and port to listen on; port 0 for any that is free [default: 127.0.0.1:8700]
    #[arg(long, value_name = "ADDRESS", env = "YIJU_LISTEN")]
    pub(crate) listen: Option<String>,
    /// Engine calls that run at once [default: the machine's cores]
    #[arg(long, value_name = "N", env = "YIJU_CONCURRENT")]
    pub(crate) concurrent: Option<usize>,
    /// Requests that may wait; more are answered 429 [default: 256]
    #[arg(long, value_name = "N", env = "YIJU_QUEUE")]
    pub(crate) queue: Option<usize>,
    /// Time for a request, waiting included [default: 30]
    #[arg(long, value_name = "SECONDS", env = "YIJU_DEADLINE_SECONDS")]
    pub(crate) deadline_seconds: Option<f64>,
    /// Longest document in bytes [default: 33554432]
    #[arg(long, value_name = "BYTES", env = "YIJU_MAX_DOCUMENT_BYTES")]
    pub(crate) max_document_bytes: Option<usize>,
    /// Time to finish what was accepted when told to stop [default: 30]
    #[arg(long, value_name = "SECONDS", env = "YIJU_GRACE_SECONDS")]
    pub(crate) grace_seconds: Option<f64>,
    /// Directory of the server's access keys and collections [default: the library's, with `-server` after its name]
    #[arg(long, value_name = "DIR", env = "YIJU_SERVER_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Most collections beside the default one [default: 100]
    #[arg(long, value_name = "N", env = "YIJU_MAX_COLLECTIONS")]
    pub(crate) max_collections: Option<usize>,
    /// Requests a minute for keys without a limit of their own [default: any number]
    #[arg(long, value_name = "N", env = "YIJU_REQUESTS_PER_MINUTE")]
    pub(crate) requests_per_minute: Option<NonZeroU32>,
    /// Origin of web pages that may call the API, as `https://example.org`; may be repeated [default: none]
    #[arg(long = "cors-origin", value_name = "ORIGIN")]
    pub(crate) cors_origins: Vec<String>,
    /// Certificate to serve TLS with, PEM
    #[arg(long, value_name = "FILE", env = "YIJU_TLS_CERTIFICATE")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(long, value_name = "FILE", env = "YIJU_TLS_KEY")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Write questions and queries to the log
    #[arg(long)]
    pub(crate) log_questions: bool,
    /// Keep what was read of PDF, Word and the like, and not the files themselves
    #[arg(long)]
    pub(crate) discard_originals: bool,
    /// How log lines look [default: text]
    #[arg(long, value_name = "FORMAT", env = "YIJU_LOG_FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// Address that is told, by a signed POST, when a task has ended
    #[arg(long, value_name = "URL", env = "YIJU_WEBHOOK_URL")]
    pub(crate) webhook_url: Option<String>,
    /// The secret that signs what the webhook gets: `whsec_` and base64, or at least 24 characters
    #[arg(long, value_name = "SECRET", env = "YIJU_WEBHOOK_SECRET", hide_env_values = true)]
    pub(crate) webhook_secret: Option<String>,
    /// Where an OpenTelemetry collector takes spans, as http://127.0.0.1:4318/v1/traces
    #[arg(long, value_name = "URL", env = "YIJU_OTLP_ENDPOINT")]
    pub(crate) otlp_endpoint: Option<String>,
}

impl ServeSettings {
    /// These settings, with those of `file` for the ones not given.
    pub(crate) fn over(self, file: &Self) -> Self {
        let file = file.clone();
        Self {
            listen: self.listen.or(file.listen),
            concurrent: self.concurrent.or(file.concurrent),
            queue: self.queue.or(file.queue),
            deadline_seconds: self.deadline_seconds.or(file.deadline_seconds),
            max_document_bytes: self.max_document_bytes.or(file.max_document_bytes),
            grace_seconds: self.grace_seconds.or(file.grace_seconds),
            data: self.data.or(file.data),
            max_collections: self.max_collections.or(file.max_collections),
            requests_per_minute: self.requests_per_minute.or(file.requests_per_minute),
            cors_origins: if self.cors_origins.is_empty() {
                file.cors_origins
            } else {
                self.cors_origins
            },
            tls_certificate: self.tls_certificate.or(file.tls_certificate),
            tls_key: self.tls_key.or(file.tls_key),
            log_questions: self.log_questions || file.log_questions,
            discard_originals: self.discard_originals || file.discard_originals,
            log_format: self.log_format.or(file.log_format),
            webhook_url: self.webhook_url.or(file.webhook_url),
            webhook_secret: self.webhook_secret.or(file.webhook_secret),
            otlp_endpoint: self.otlp_endpoint.or(file.otlp_endpoint),
        }
    }
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
    /// The library's directory, if given.
    library: Option<PathBuf>,
    /// The model as given: a directory or a name.
    pub(crate) model: Option<PathBuf>,
    /// The directory of a cross-encoder, if given.
    pub(crate) reranker: Option<PathBuf>,
    /// Which pictures of pages are read.
    pub(crate) recognise: Recognise,
    /// The models that read them as given: a directory or a name.
    pub(crate) recogniser: Option<PathBuf>,
    /// Model threads; 0 for one per core.
    pub(crate) threads: usize,
    pub(crate) precision: Precision,
    /// Who writes answers, as the configuration file says.
    pub(crate) writer: WriterSettings,
    pub(crate) serve: ServeSettings,
}

impl Settings {
    /// Reads the configuration file and puts the flags over it.
    ///
    /// # Errors
    /// The file cannot be read or has an unknown key.
    pub(crate) fn load(global: &Global) -> anyhow::Result<Self> {
        let file = File::find(global.config.as_deref())?;
        let given =
            |path: &Option<PathBuf>| path.clone().filter(|path| !path.as_os_str().is_empty());
        Ok(Self {
            library: given(&global.library).or(file.library),
            model: given(&global.model).or(file.model),
            reranker: given(&global.reranker).or(file.reranker),
            recognise: global.recognise.or(file.recognise).unwrap_or_default(),
            recogniser: given(&global.recogniser).or(file.recogniser),
            threads: global.threads.or(file.threads).unwrap_or(0),
            precision: global.precision.or(file.precision).unwrap_or_default(),
            writer: file.writer,
            serve: file.serve,
        })
    }

    /// The library's directory.
    ///
    /// # Errors
    /// None is given and the platform has no data directory.
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

    /// The server's data directory: access keys and collections.
    ///
    /// # Errors
    /// As [`Settings::library`].
    pub(crate) fn server_data(&self, given: Option<&Path>) -> anyhow::Result<PathBuf> {
        match given.or(self.serve.data.as_deref()) {
            Some(given) => Ok(given.to_owned()),
            None => self.beside("server")?.library(),
        }
    }

    /// The same settings with the library in this directory.
    pub(crate) fn at(&self, library: PathBuf) -> Self {
        Self { library: Some(library), ..self.clone() }
    }

    /// The same settings with another library beside this one, `<library>-<name>`.
    ///
    /// # Errors
    /// As [`Settings::library`].
    pub(crate) fn beside(&self, name: &str) -> anyhow::Result<Self> {
        let mut path = self.library()?.into_os_string();
        path.push(format!("-{name}"));
        Ok(Self { library: Some(path.into()), ..self.clone() })
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
        let found =
            [Some(PathBuf::from(FILE)), platform].into_iter().flatten().find(|path| path.is_file());
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
                "the keys are library, model, reranker, recognise, recogniser, threads, precision and the tables [writer] and [serve]",
            )
        })?;
        for path in [
            &mut file.library,
            &mut file.reranker,
            &mut file.writer.file,
            &mut file.writer.log,
            &mut file.serve.data,
            &mut file.serve.tls_certificate,
            &mut file.serve.tls_key,
        ] {
            *path = path.take().map(|path| base.join(path));
        }
        // A single word is a model's name, not a path.
        for model in [&mut file.model, &mut file.recogniser] {
            *model = model
                .take()
                .map(|model| if model.components().count() > 1 { base.join(model) } else { model });
        }
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
    fn a_writer_that_is_named_takes_the_place_of_the_files() {
        let text = "[writer]\nurl = \"http://a/v1\"\nmodel = \"m\"\nlog = \"l\"\nat_once = 2\n";
        let file = File::parse(text, Path::new("/etc")).unwrap().writer;
        let over = |settings: WriterSettings| settings.over(&file);
        let same = over(WriterSettings::default());
        assert_eq!((same.url.as_deref(), same.at_once), (Some("http://a/v1"), Some(2)));
        assert_eq!(same.log.as_deref(), Some(Path::new("/etc/l")));
        let local = over(WriterSettings { file: Some("x.gguf".into()), ..Default::default() });
        assert_eq!((local.url, local.file), (None, Some("x.gguf".into())));
        let other = over(WriterSettings { url: Some("http://b".into()), ..Default::default() });
        assert_eq!((other.url.as_deref(), other.model.as_deref()), (Some("http://b"), Some("m")));
    }

    #[test]
    fn unknown_keys_are_named() {
        let error = File::parse("libary = \"x\"", Path::new("")).unwrap_err();
        assert!(error.to_string().contains("libary"), "{error}");
    }
}
