//! The secret that a client sends.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::error::AccessError;

/// The prefix of every token, so that secret scanners recognise a leaked one.
pub const PREFIX: &str = "yiju_";

/// Random bytes of a token.
const BYTES: usize = 32;

/// A token: `yiju_` and 43 characters of base64. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub(crate) fn make() -> Result<Self, AccessError> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|error| AccessError::Random(error.to_string()))?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The token itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({PREFIX}…)")
    }
}

/// SHA-256 of a token as 64 lower-case hex digits.
pub(crate) fn hash(token: &str) -> String {
    base16ct::lower::encode_string(&Sha256::digest(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_hide_themselves() {
        let (one, other) = (Token::make().unwrap(), Token::make().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.reveal().len(), PREFIX.len() + 43);
        assert_eq!(format!("{one:?}"), "Token(yiju_…)");
    }

    #[test]
    fn the_hash_is_of_the_whole_token() {
        assert_eq!(hash("")[..8], *"e3b0c442");
        assert_ne!(hash("yiju_a"), hash("a"));
    }
}
