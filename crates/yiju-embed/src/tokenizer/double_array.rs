//! A double-array trie of byte strings, in the unit layout of darts-clone.
//!
//! One 32-bit unit a node: a prefix search touches one word a byte and needs no other memory.
//! The layout is the one SentencePiece uses for its normaliser, so one builder serves both the
//! `precompiled_charsmap` of a `tokenizer.json` and the pieces of the compact tokenizer.
//!
//! A unit is either a node (bits 0–7: the byte that leads to it, bit 8: it has a value, bit 9:
//! the offset is shifted by 8, bits 10–30: the offset) or, with bit 31 set, a value.

use std::ops::Range;

/// Units are placed in blocks of this many; an array's length is a multiple of it, so that
/// `node ^ byte` never leaves the array.
const BLOCK: usize = 256;
/// How many blocks at the end are searched for free units. Older holes are given up.
const OPEN_BLOCKS: usize = 16;
const HAS_VALUE: u32 = 1 << 8;
const SHIFTED: u32 = 1 << 9;
const IS_VALUE: u32 = 1 << 31;
/// Offsets below this are stored as they are; larger ones must be multiples of 256.
const DIRECT_OFFSETS: usize = 1 << 21;

/// Builds the units for `keys`, which must be sorted by bytes, without duplicates, not empty and
/// free of NUL bytes; values must be below 2³¹. `None` where they are not, or where the array
/// would outgrow the layout.
pub fn build_double_array(keys: &[(&[u8], u32)]) -> Option<Vec<u32>> {
    let sorted = keys.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let valid =
        keys.iter().all(|(key, value)| !key.is_empty() && !key.contains(&0) && *value < IS_VALUE);
    if !sorted || !valid {
        return None;
    }
    let mut builder = Builder::default();
    builder.grow();
    builder.take(0);
    if !keys.is_empty() {
        builder.place(keys, 0..keys.len(), 0, 0)?;
    }
    Some(builder.units)
}

#[derive(Default)]
struct Builder {
    units: Vec<u32>,
    /// Whether a unit is in use.
    taken: Vec<bool>,
    /// Whether a node's children already start at this offset. Two nodes may not share one: a
    /// child is known by its byte alone.
    offsets: Vec<bool>,
}

impl Builder {
    fn grow(&mut self) {
        let length = self.units.len() + BLOCK;
        // The label of an unused unit must match no byte that can lead to it: a value unit's
        // top bit does that.
        self.units.resize(length, IS_VALUE);
        self.taken.resize(length, false);
        self.offsets.resize(length, false);
    }

    fn take(&mut self, unit: usize) {
        self.taken[unit] = true;
    }

    /// Places the children of `node`, whose keys share their first `depth` bytes.
    fn place(
        &mut self,
        keys: &[(&[u8], u32)],
        range: Range<usize>,
        depth: usize,
        node: usize,
    ) -> Option<()> {
        let mut children: Vec<(u8, Range<usize>)> = Vec::new();
        for index in range {
            // A key that ends here is the child by the byte 0, which no key contains.
            let byte = keys[index].0.get(depth).copied().unwrap_or(0);
            match children.last_mut() {
                Some((last, range)) if *last == byte => range.end = index + 1,
                _ => children.push((byte, index..index + 1)),
            }
        }
        let base = self.find_base(node, &children)?;
        let offset = node ^ base;
        let label = self.units[node] & 0xff;
        self.units[node] = label | encode_offset(offset)?;
        self.offsets[base] = true;
        for (byte, _) in &children {
            let child = base ^ usize::from(*byte);
            self.take(child);
            self.units[child] = u32::from(*byte);
        }
        for (byte, range) in children {
            let child = base ^ usize::from(byte);
            if byte == 0 {
                self.units[node] |= HAS_VALUE;
                self.units[child] = IS_VALUE | keys[range.start].1;
            } else {
                self.place(keys, range, depth + 1, child)?;
            }
        }
        Some(())
    }

    /// A base at which all children find a free unit, and whose distance from `node` fits.
    fn find_base(&mut self, node: usize, children: &[(u8, Range<usize>)]) -> Option<usize> {
        let first = usize::from(children.first()?.0);
        loop {
            let open = self.units.len().saturating_sub(OPEN_BLOCKS * BLOCK);
            for unit in open..self.units.len() {
                if self.taken[unit] {
                    continue;
                }
                let base = unit ^ first;
                let free = !self.offsets[base]
                    && encode_offset(node ^ base).is_some()
                    && children.iter().all(|(byte, _)| !self.taken[base ^ usize::from(*byte)]);
                if free {
                    return Some(base);
                }
            }
            if self.units.len() >= 1 << 29 {
                return None;
            }
            self.grow();
        }
    }
}

fn encode_offset(offset: usize) -> Option<u32> {
    if offset < DIRECT_OFFSETS {
        Some((offset as u32) << 10)
    } else if offset & 0xff == 0 && offset >> 8 < DIRECT_OFFSETS {
        Some((offset as u32 >> 8) << 10 | SHIFTED)
    } else {
        None
    }
}

/// Calls `found(length, value)` for every key that is a prefix of `text`, the shortest first.
/// `unit(i)` is the array's unit `i`, or `None` past its end, which ends the search.
pub(crate) fn prefixes(
    unit: impl Fn(usize) -> Option<u32>,
    text: &[u8],
    mut found: impl FnMut(usize, u32),
) {
    let offset =
        |unit: u32| ((unit >> 10) as usize & (DIRECT_OFFSETS - 1)) << ((unit & SHIFTED) >> 6);
    let Some(root) = unit(0) else { return };
    let mut node = offset(root);
    for (index, &byte) in text.iter().enumerate() {
        node ^= usize::from(byte);
        let Some(current) = unit(node) else { return };
        if byte == 0 || current & (IS_VALUE | 0xff) != u32::from(byte) {
            return;
        }
        node ^= offset(current);
        if current & HAS_VALUE != 0 {
            let Some(value) = unit(node) else { return };
            found(index + 1, value & !IS_VALUE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn search(units: &[u32], text: &[u8]) -> Vec<(usize, u32)> {
        let mut hits = Vec::new();
        prefixes(
            |index| units.get(index).copied(),
            text,
            |length, value| hits.push((length, value)),
        );
        hits
    }

    #[test]
    fn keys_that_cannot_be_stored_are_refused() {
        assert!(build_double_array(&[(b"b", 0), (b"a", 1)]).is_none());
        assert!(build_double_array(&[(b"a", 0), (b"a", 1)]).is_none());
        assert!(build_double_array(&[(b"", 0)]).is_none());
        assert!(build_double_array(&[(b"a\0", 0)]).is_none());
        assert!(build_double_array(&[(b"a", 1 << 31)]).is_none());
        assert_eq!(search(&build_double_array(&[]).unwrap(), b"a"), []);
    }

    proptest! {
        #[test]
        fn every_prefix_is_found_and_nothing_else(
            keys in prop::collection::btree_map(prop::collection::vec(1u8..6, 1..6), 0u32..1000, 0..300),
            wide in prop::collection::btree_map(prop::collection::vec(1u8..=255, 1..4), 0u32..1000, 0..300),
            texts in prop::collection::vec(prop::collection::vec(0u8..7, 0..8), 20),
        ) {
            let keys: BTreeMap<Vec<u8>, u32> = keys.into_iter().chain(wide).collect();
            let list: Vec<(&[u8], u32)> = keys.iter().map(|(key, value)| (key.as_slice(), *value)).collect();
            let units = build_double_array(&list).unwrap();
            prop_assert!(units.len().is_multiple_of(BLOCK));
            for text in texts.iter().chain(keys.keys()) {
                let expected: Vec<(usize, u32)> = (1..=text.len())
                    .filter_map(|length| keys.get(&text[..length]).map(|value| (length, *value)))
                    .collect();
                prop_assert_eq!(search(&units, text), expected);
            }
        }
    }
}
