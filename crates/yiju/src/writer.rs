//! Opens who writes answers.

use std::sync::Arc;
use std::time::Duration;

use yiju_writer::{Endpoint, EndpointOptions, Local, LocalOptions, Writer};

use crate::config::WriterSettings;
use crate::failure::Failure;

/// The variable that an endpoint's key is taken from.
const KEY: &str = "YIJU_WRITER_KEY";

/// The writer that the settings name; `None` where they name none.
///
/// # Errors
/// They contradict each other or are out of range, or the writer cannot be opened.
pub(crate) fn open(settings: &WriterSettings) -> anyhow::Result<Option<Arc<dyn Writer>>> {
    let total = settings.seconds.map(|value| seconds("writer-seconds", value)).transpose()?;
    let word = settings.word_seconds.map(|value| seconds("writer-word-seconds", value));
    let word = word.transpose()?;
    if settings.at_once == Some(0) {
        return Err(Failure::new("`--writer-at-once` is 0, and must be 1 or more").into());
    }
    match (&settings.file, &settings.url) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => {
            Err(Failure::new("a writer is a file or an endpoint, and both are named")
                .hint("leave out `--writer FILE` or `--writer-url URL`")
                .into())
        }
        (Some(file), None) => {
            let mut options = LocalOptions::new(file);
            options.total = total.unwrap_or(options.total);
            let writer = Local::open(options).map_err(|error| {
                Failure::new(error.to_string()).hint(
                    "name a GGUF file of an instruct model of the architecture Qwen2 or Llama",
                )
            })?;
            Ok(Some(Arc::new(writer)))
        }
        (None, Some(url)) => {
            let Some(model) = &settings.model else {
                return Err(Failure::new(
                    "the writer's endpoint is named, and no model to ask it for",
                )
                .hint("name one with `--writer-model NAME`")
                .into());
            };
            let mut options = EndpointOptions::new(url, model);
            options.key = std::env::var(KEY).ok();
            options.log.clone_from(&settings.log);
            options.total = total.unwrap_or(options.total);
            options.word = word.unwrap_or(options.word);
            options.at_once = settings.at_once.unwrap_or(options.at_once);
            let writer =
                Endpoint::open(options).map_err(|error| Failure::new(error.to_string()))?;
            Ok(Some(Arc::new(writer)))
        }
    }
}

/// The writer that `--write` needs.
///
/// # Errors
/// As [`open()`], or none is named.
pub(crate) fn wanted(settings: &WriterSettings) -> anyhow::Result<Arc<dyn Writer>> {
    open(settings)?.ok_or_else(|| {
        Failure::new("`--write` needs a model that writes, and none is named")
            .hint("name an endpoint with `--writer-url URL --writer-model NAME`, or a GGUF file with `--writer FILE`")
            .into()
    })
}

fn seconds(name: &str, value: f64) -> Result<Duration, Failure> {
    if value > 0.0 && value <= 86_400.0 {
        return Ok(Duration::from_secs_f64(value));
    }
    Err(Failure::new(format!("`--{name}` is {value}, and must be above 0 and at most 86400")))
}
