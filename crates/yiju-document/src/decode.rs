//! Bytes to text: UTF-8, UTF-16 with a byte order mark, GB18030 where there is no doubt.

use std::borrow::Cow;

use crate::DocumentError;

/// Most bytes taken from one source: 64 MiB.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Decodes a source. The byte order mark is dropped, nothing else.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, DocumentError> {
    if bytes.len() > MAX_BYTES {
        return Err(DocumentError::TooLarge { size: bytes.len(), limit: MAX_BYTES });
    }
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xFE, 0xFF, rest @ ..] => return utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Some(what) = binary(bytes) {
        return Err(DocumentError::Binary { what });
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => gb18030(bytes)
            .map(Cow::Owned)
            .ok_or(DocumentError::NotUtf8 { offset: error.valid_up_to() }),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DocumentError> {
    let broken = |units: usize| DocumentError::BrokenUtf16 { offset: 2 + units * 2 };
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
    let mut read = 0;
    for decoded in char::decode_utf16(units) {
        match decoded {
            Ok('\0') => {
                let what = format!("a NUL character at byte {}", 2 + read * 2);
                return Err(DocumentError::Binary { what });
            }
            Ok(c) => {
                read += c.len_utf16();
                text.push(c);
            }
            Err(_) => return Err(broken(read)),
        }
    }
    if bytes.len() % 2 == 1 { Err(broken(read)) } else { Ok(text) }
}

/// What kind of binary data this is, where it is any.
fn binary(bytes: &[u8]) -> Option<String> {
    const MAGIC: [(&[u8], &str); 11] = [
        (b"%PDF-", "a PDF file"),
        (b"PK\x03\x04", "a ZIP archive or an Office document"),
        (b"\xD0\xCF\x11\xE0", "an old Office document"),
        (b"\x7FELF", "a program"),
        (b"\x89PNG", "an image"),
        (b"\xFF\xD8\xFF", "an image"),
        (b"GIF8", "an image"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"7z\xBC\xAF", "a 7z archive"),
        (b"SQLite format 3\0", "a database"),
        (b"{\\rtf", "an RTF document"),
    ];
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some((*what).to_string());
    }
    if let Some(at) = bytes.iter().position(|&b| b == 0) {
        return Some(format!("a NUL byte at {at}"));
    }
    let controls = bytes
        .iter()
        .filter(|&&b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0B | 0x0C | 0x1B))
        .count();
    (controls * 10 > bytes.len()).then(|| format!("{controls} control bytes of {}", bytes.len()))
}

/// Strictly valid GB18030 most of whose pairs are common Chinese characters and marks. Other 8-bit
/// text is seldom valid, and if it is, its pairs fall elsewhere.
fn gb18030(bytes: &[u8]) -> Option<String> {
    let text = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes)?;
    let (mut pairs, mut common, mut i) = (0usize, 0usize, 0usize);
    while i < bytes.len() {
        let lead = bytes[i];
        if lead < 0x80 {
            i += 1;
            continue;
        }
        let trail = bytes.get(i + 1).copied().unwrap_or(0);
        pairs += 1;
        // GB 2312 level 1 in order of frequency class, and its rows of marks.
        if trail >= 0xA1 && matches!(lead, 0xA1 | 0xA3 | 0xB0..=0xD7) {
            common += 1;
        }
        // The second byte of a four-byte sequence is a digit.
        i += if (0x30..=0x39).contains(&trail) { 4 } else { 2 };
    }
    (pairs >= 2 && common * 10 >= pairs * 8).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let text = "第一条　为了推动城市高质量发展，制定本办法。";
        assert_eq!(decode(text.as_bytes()).unwrap(), text);
        assert_eq!(decode(format!("\u{feff}{text}").as_bytes()).unwrap(), text);
        let (gb, _, _) = encoding_rs::GB18030.encode(text);
        assert_eq!(decode(&gb).unwrap(), text);
        for little in [true, false] {
            let mut bytes = if little { vec![0xFF, 0xFE] } else { vec![0xFE, 0xFF] };
            for unit in text.encode_utf16() {
                bytes.extend(if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
            }
            assert_eq!(decode(&bytes).unwrap(), text);
            bytes.pop();
            assert_eq!(decode(&bytes), Err(DocumentError::BrokenUtf16 { offset: bytes.len() - 1 }));
        }
    }

    #[test]
    fn refusals() {
        assert!(matches!(decode(b"%PDF-1.7\n"), Err(DocumentError::Binary { .. })));
        assert!(matches!(decode(b"ab\0cd"), Err(DocumentError::Binary { .. })));
        assert!(matches!(decode(&[1u8; 40]), Err(DocumentError::Binary { .. })));
        // Latin-1 for "café, naïve" is no Chinese, though its pairs decode.
        assert_eq!(decode(b"caf\xE9, na\xEFve"), Err(DocumentError::NotUtf8 { offset: 3 }));
        assert_eq!(decode(b"na\xEFve \xEFve"), Err(DocumentError::NotUtf8 { offset: 2 }));
        let large = vec![b'a'; MAX_BYTES + 1];
        assert!(matches!(decode(&large), Err(DocumentError::TooLarge { .. })));
    }
}
