//! Finds the directories of the models.

use std::path::{Path, PathBuf};

use crate::config;
use crate::failure::Failure;

/// The bundled model.
const DEFAULT: &str = "yiju-e5-small-q8";
/// The bundled models that read pictures of pages.
const RECOGNISER: &str = "pp-ocrv6-small";
/// A file that they have.
const DETECTOR: &str = "PP-OCRv6_det_small.onnx";

/// The directory of the models that read pictures, looked for as [`find`] does.
///
/// # Errors
/// There is none; the message goes to clients of a server, too, and names no directory of this machine.
pub(crate) fn find_recogniser(given: Option<&Path>) -> Result<PathBuf, String> {
    let name = match given {
        Some(given) if given.is_dir() => return Ok(given.to_owned()),
        Some(given) => given,
        None => Path::new(RECOGNISER),
    };
    let mut found = places().into_iter().map(|place| place.join("models").join(name));
    found.find(|place| place.join(DETECTOR).is_file()).ok_or_else(|| {
        "the models that read pictures are missing: there is no directory models/pp-ocrv6-small beside the program, \
         here or above either, and none is named with `--recogniser DIR`"
            .to_owned()
    })
}

/// Where `models` directories may be: beside the program, the current directory or a parent of either, and the platform's
/// data directory.
fn places() -> Vec<PathBuf> {
    let (starts, data) = starts();
    let above = starts.iter().flat_map(|start| start.ancestors()).map(Path::to_owned);
    above.chain(data).collect()
}

/// Where the program is and the current directory; and the platform's data directory.
fn starts() -> (Vec<PathBuf>, Option<PathBuf>) {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(Path::parent).map(Path::to_owned);
    let starts = program.into_iter().chain(std::env::current_dir().ok()).collect();
    (starts, config::dirs().map(|dirs| dirs.data_dir().to_owned()))
}

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
    let mut found = places().into_iter().map(|place| place.join("models").join(name));
    found.find(|place| place.join("config.json").is_file()).ok_or_else(|| unknown(name))
}

fn unknown(name: &Path) -> Failure {
    let wanted = Path::new("models").join(name);
    let (starts, data) = starts();
    let mut places: Vec<String> =
        starts.iter().map(|start| format!("{} and its parents", start.display())).collect();
    places.extend(data.map(|data| data.display().to_string()));
    Failure::new(format!(
        "unknown model: found no {} in {}",
        wanted.display(),
        places.join("; in ")
    ))
    .hint("name a model directory with `--model DIR` or YIJU_MODEL")
}
