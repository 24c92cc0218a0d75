//! Text strings of PDF objects (ISO 32000-2 §7.9.2.2).

/// The text of a string: UTF-16 or UTF-8 where its first bytes say so, else PDFDocEncoding, of which only what it shares
/// with Latin-1 is taken.
pub(super) fn decode(bytes: &[u8]) -> String {
    let units = |pairs: &[u8], unit: fn([u8; 2]) -> u16| -> String {
        let units: Vec<u16> = pairs.as_chunks::<2>().0.iter().map(|&pair| unit(pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xFE, 0xFF, rest @ ..] => units(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn strings_say_their_encoding() {
        assert_eq!(decode(b"\xFE\xFF\x67\x61\x00a"), "条a");
        assert_eq!(decode(b"\xFF\xFE\x61\x67"), "条");
        assert_eq!(decode("\u{FEFF}条".as_bytes()), "条");
        assert_eq!(decode(b"plain"), "plain");
        assert_eq!(decode(b"\xFE\xFF\x67"), "", "half a unit is nothing");
    }
}
