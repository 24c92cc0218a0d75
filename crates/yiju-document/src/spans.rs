//! Byte offsets to spans with both counts.

use std::ops::Range;

use crate::Span;

/// Bytes between two remembered character counts.
const BLOCK: usize = 256;

/// Counts characters up to any byte of one text, in constant time.
pub(crate) struct Offsets<'a> {
    bytes: &'a [u8],
    /// Characters that begin before each multiple of `BLOCK`.
    blocks: Vec<usize>,
}

impl<'a> Offsets<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut blocks = Vec::with_capacity(bytes.len() / BLOCK + 1);
        let mut count = 0;
        for block in bytes.chunks(BLOCK) {
            blocks.push(count);
            count += starts(block);
        }
        blocks.push(count);
        Offsets { bytes, blocks }
    }

    fn characters(&self, byte: usize) -> usize {
        let block = byte / BLOCK;
        self.blocks[block] + starts(&self.bytes[block * BLOCK..byte])
    }

    /// The span of a byte range that lies in the text on character boundaries.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span {
            char_start: self.characters(range.start),
            char_end: self.characters(range.end),
            byte_start: range.start,
            byte_end: range.end,
        }
    }
}

/// How many characters begin in these bytes of UTF-8.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&b| b & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_agree(text in ".{0,400}") {
            let offsets = Offsets::new(&text);
            for (count, (at, _)) in text.char_indices().enumerate() {
                prop_assert_eq!(offsets.characters(at), count);
            }
            prop_assert_eq!(offsets.characters(text.len()), text.chars().count());
        }
    }
}
