//! Finds the model directory.

use std::path::{Path, PathBuf};

use crate::config;
use crate::failure::Failure;

/// The bundled model.
const DEFAULT: &str = "multilingual-e5-small-q4";

/// The directory of the model `given`: a directory, or a name under a `models` directory beside the
/// program, the current directory or a parent of either, or in the platform's data directory.
///
/// # Errors
/// There is none; the message lists the places searched.
pub(crate) fn find(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let name = match given {
        Some(given) if given.is_dir() => return Ok(given.to_owned()),
        Some(given) if given.components().count() > 1 => {
            return Err(Failure::new(format!(
                "unknown model: there is no directory {}",
                given.display()
            ))
            .hint("give a directory with config.json, tokenizer.json and model.gguf or model.safetensors; `yiju model pull OWNER/NAME` makes one"));
        }
        Some(given) => given,
        None => Path::new(DEFAULT),
    };
    let program = std::env::current_exe().ok();
    let here = std::env::current_dir().ok();
    let data = config::dirs().map(|dirs| dirs.data_dir().to_owned());
    let above = [program.as_deref().and_then(Path::parent), here.as_deref()];
    let above = above.into_iter().flatten().flat_map(Path::ancestors);
    let found = above
        .chain(data.as_deref())
        .map(|place| place.join("models").join(name))
        .find(|place| place.join("config.json").is_file());
    found.ok_or_else(|| {
        unknown(name, [program.as_deref().and_then(Path::parent), here.as_deref()], data.as_deref())
    })
}

fn unknown(name: &Path, above: [Option<&Path>; 2], data: Option<&Path>) -> Failure {
    let wanted = Path::new("models").join(name);
    let mut places: Vec<String> = Vec::new();
    for place in above.into_iter().flatten() {
        places.push(format!("{} and its parents", place.display()));
    }
    places.extend(data.map(|data| data.display().to_string()));
    Failure::new(format!(
        "unknown model: found no {} in {}",
        wanted.display(),
        places.join("; in ")
    ))
    .hint("name a model directory with `--model DIR` or YIJU_MODEL")
}
