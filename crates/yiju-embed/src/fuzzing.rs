//! Doors for the fuzz targets: the readers of model files, one by one.

use std::path::Path;

use crate::config::ModelConfig;
use crate::gguf;
use crate::settings::Settings;
use crate::tokenizer::Tokenizer;
use crate::weights::ModelWeights;

/// Reads each file of a model directory that is there, whatever becomes of the others, and uses what
/// could be read.
pub fn model_files(directory: &Path) {
    if let Ok(bytes) = std::fs::read(directory.join("model.gguf")) {
        let _ = gguf::read(&bytes);
    }
    let _ = Settings::read(directory);
    if let Ok(tokenizer) = Tokenizer::open(directory) {
        for text in ["", "控制超大城市规模。 a\u{2581}b\u{301}ﬁ", "x".repeat(300).as_str()]
        {
            if let Ok(tokens) = tokenizer.encode(text) {
                for token in tokens {
                    assert!(text.get(token.range.clone()).is_some(), "{:?}", token.range);
                }
            }
        }
    }
    if let Ok(config) = ModelConfig::read(&directory.join("config.json"))
        && let Ok(weights) = ModelWeights::open(directory, config)
    {
        let hidden = weights.config().hidden;
        if hidden < 1 << 16 {
            let mut row = vec![0.0; hidden];
            for id in [0, 1, u32::MAX] {
                if weights.token_row(id, &mut row).is_ok() {
                    assert!(row.iter().all(|x| x.is_finite()));
                }
            }
        }
    }
}
