//! The names of fonts ([MS-DOC] §2.9.88), for symbols and bullets.

use crate::cfb::u16_at;

/// Reads the names in their order.
pub(super) fn read(bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = bytes.get(4..).unwrap_or_default();
    while let Some((&size, after)) = rest.split_first() {
        let Some(entry) = after.get(..usize::from(size)) else { break };
        // The name follows 39 bytes of weight, family and the like, and ends with 0.
        let units =
            (0..).map_while(|index| u16_at(entry, 39 + index * 2)).take_while(|&unit| unit != 0);
        names.push(
            char::decode_utf16(units)
                .map(|sign| sign.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
        );
        rest = after.get(usize::from(size)..).unwrap_or_default();
    }
    names
}
