//! A check of SentencePiece charsmaps inside a `tokenizer.json`.
//!
//! The `tokenizers` crate follows a `precompiled_charsmap` without bounds checks and would panic
//! on a damaged one, so it is checked here first.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

#[derive(Deserialize)]
struct TokenizerFile {
    #[serde(default)]
    normalizer: Option<NormalizerFile>,
    /// Parsed, though not used: the `tokenizers` crate panics where it is not JSON, for instance
    /// with a name that is not UTF-8, and a reader that skips it would not notice.
    #[serde(default, rename = "decoder")]
    _decoder: serde_json::Value,
}

#[derive(Deserialize)]
struct NormalizerFile {
    #[serde(default)]
    normalizers: Vec<NormalizerFile>,
    #[serde(default)]
    precompiled_charsmap: Option<String>,
}

/// Checks every charsmap of the file's normaliser, and that the decoder is JSON.
pub(crate) fn check_normalizer(json: &[u8]) -> Result<(), String> {
    let file: TokenizerFile = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let mut open: Vec<NormalizerFile> = file.normalizer.into_iter().collect();
    while let Some(normalizer) = open.pop() {
        if let Some(charsmap) = &normalizer.precompiled_charsmap {
            let bytes = STANDARD
                .decode(charsmap)
                .map_err(|error| format!("precompiled_charsmap: {error}"))?;
            check_charsmap(&bytes).ok_or("precompiled_charsmap is damaged")?;
        }
        open.extend(normalizer.normalizers);
    }
    Ok(())
}

/// Walks all nodes of a charsmap: `u32` length of the trie, the trie, the replacements, each
/// ended by a NUL. `None` where a step would leave the trie or the replacements.
fn check_charsmap(bytes: &[u8]) -> Option<()> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    if !length.is_multiple_of(4) {
        return None;
    }
    let trie: Vec<u32> = bytes
        .get(4..length.checked_add(4)?)?
        .chunks_exact(4)
        .map(|unit| u32::from_le_bytes([unit[0], unit[1], unit[2], unit[3]]))
        .collect();
    let replacements = std::str::from_utf8(bytes.get(4 + length..)?).ok()?;
    let offset = |unit: u32| ((unit >> 10) as usize) << ((unit & (1 << 9)) >> 6);
    let mut open = vec![offset(*trie.first()?)];
    let mut seen = vec![false; trie.len()];
    while let Some(base) = open.pop() {
        // The search looks at `base ^ byte` for any byte.
        for byte in 1..=255usize {
            let child = base ^ byte;
            let unit = *trie.get(child)?;
            if unit & (1 << 31 | 0xff) != byte as u32 || std::mem::replace(&mut seen[child], true) {
                continue;
            }
            let next = child ^ offset(unit);
            if unit >> 8 & 1 == 1 {
                let value = *trie.get(next)? & !(1 << 31);
                replacements.get(value as usize..)?;
            }
            open.push(next);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenizer::build_double_array;

    fn charsmap() -> Vec<u8> {
        let units = build_double_array(&[("①".as_bytes(), 0), ("ﬁ".as_bytes(), 2)]).unwrap();
        let mut bytes = ((units.len() * 4) as u32).to_le_bytes().to_vec();
        units.iter().for_each(|unit| bytes.extend(unit.to_le_bytes()));
        bytes.extend(b"1\0fi\0");
        bytes
    }

    #[test]
    fn a_decoder_that_is_no_json_is_refused() {
        assert!(check_normalizer(br#"{"decoder":{"type":"Fuse"}}"#).is_ok());
        assert!(check_normalizer(b"{}").is_ok());
        assert!(check_normalizer(b"{\"decoder\":{\"t\xeaype\":1}}").is_err());
    }

    #[test]
    fn a_charsmap_is_walked_whole() {
        let good = charsmap();
        assert!(check_charsmap(&good).is_some());
        assert!(check_charsmap(&good[..40]).is_none());
        assert!(check_charsmap(b"").is_none());
        assert!(check_charsmap(&[0, 0, 0, 0]).is_none());
        let mut far = good.clone();
        far[4..8].copy_from_slice(&(5000u32 << 10).to_le_bytes());
        assert!(check_charsmap(&far).is_none());
        // The replacements gone: the values point past the end.
        let trie = u32::from_le_bytes([good[0], good[1], good[2], good[3]]) as usize + 4;
        assert!(check_charsmap(&good[..trie]).is_none());
    }
}
