//! A cheap check that a big file has not changed: its length and a hash of samples.

use sha2::{Digest, Sha256};

/// Files up to this size are hashed whole.
const WHOLE: usize = 64 * 1024;
/// Of larger ones, this many blocks of `BLOCK` bytes, evenly spread, with both ends.
const BLOCKS: usize = 32;
const BLOCK: usize = 2 * 1024;

/// The length of a file and the SHA-256 of its samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sample {
    pub length: u64,
    pub digest: [u8; 32],
}

impl Sample {
    /// Reads a header of 40 bytes: the length, then the digest.
    pub(crate) fn from_header(header: &[u8]) -> Self {
        let mut length = [0; 8];
        let mut digest = [0; 32];
        if header.len() == 40 {
            length.copy_from_slice(&header[..8]);
            digest.copy_from_slice(&header[8..]);
        }
        Self { length: u64::from_le_bytes(length), digest }
    }
}

/// Samples a file's bytes. It detects another length and any change within a
/// sample, so another model, a truncated or an older file; not a single flipped bit.
pub(crate) fn sample(bytes: &[u8]) -> Sample {
    let mut hash = Sha256::new();
    if bytes.len() <= WHOLE {
        hash.update(bytes);
    } else {
        let last = bytes.len() - BLOCK;
        for index in 0..BLOCKS {
            let start = last / (BLOCKS - 1) * index;
            hash.update(&bytes[start..start + BLOCK]);
        }
        hash.update(&bytes[last..]);
    }
    Sample { length: bytes.len() as u64, digest: hash.finalize().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_both_ends_count() {
        let mut bytes = vec![7u8; 1_000_003];
        let original = sample(&bytes);
        assert_eq!(original, sample(&bytes.clone()));
        assert_ne!(original, sample(&bytes[..1_000_002]));
        bytes[1_000_002] = 8;
        assert_ne!(original, sample(&bytes));
        bytes[1_000_002] = 7;
        bytes[0] = 8;
        assert_ne!(original, sample(&bytes));
    }
}
