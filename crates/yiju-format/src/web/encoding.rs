//! From the bytes of a page or XML file to its characters.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

/// How far a declaration is looked for; the HTML standard says 1024 bytes, pages with long comments need more.
const DECLARATION: usize = 8192;

/// The characters of a page, and how many of them stand for bytes that mean nothing in the page's encoding.
pub(crate) fn decode(bytes: &[u8], transport: Option<&str>) -> (String, usize) {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return lossy(encoding, bytes.get(length..).unwrap_or_default());
    }
    match bytes {
        [b'<', 0, ..] => return lossy(UTF_16LE, bytes),
        [0, b'<', ..] => return lossy(UTF_16BE, bytes),
        _ => {}
    }
    // Strict UTF-8 is hardly ever met by chance, and an editor that saves a page as UTF-8 leaves `charset=gb2312` in it.
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.to_owned(), 0);
    }
    let declared = transport.and_then(encoding).or_else(|| declared(bytes));
    if let Some(encoding) = declared {
        let (text, wrong) = lossy(encoding, bytes);
        if wrong == 0 {
            return (text, 0);
        }
    }
    let guess = lossy(guess(bytes), bytes);
    match declared {
        // The declaration is kept unless the guess is better.
        Some(encoding) => {
            let said = lossy(encoding, bytes);
            if said.1 <= guess.1 { said } else { guess }
        }
        None => guess,
    }
}

fn lossy(encoding: &'static Encoding, bytes: &[u8]) -> (String, usize) {
    let (text, errors) = encoding.decode_without_bom_handling(bytes);
    let wrong = if errors { text.matches('\u{fffd}').count().max(1) } else { 0 };
    (text.into_owned(), wrong)
}

/// An encoding by its label. GBK and GB 2312 are parts of GB 18030, and pages with either label use all of it.
fn encoding(label: &str) -> Option<&'static Encoding> {
    let found = Encoding::for_label(label.trim().as_bytes())?;
    if found == GBK {
        return Some(GB18030);
    }
    // HTML standard, prescan: a declaration that can be read as ASCII is not UTF-16.
    Some(if found == UTF_16LE || found == UTF_16BE { UTF_8 } else { found })
}

/// `charset=…` or `encoding="…"` near the beginning, outside of comments.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(DECLARATION))?;
    let head: String = head.iter().map(|&byte| char::from(byte).to_ascii_lowercase()).collect();
    let mut rest = head.as_str();
    if let Some(declaration) = rest.strip_prefix("<?xml") {
        let declaration = declaration.split("?>").next().unwrap_or_default();
        if let Some((_, after)) = declaration.split_once("encoding")
            && let Some(found) = label(after)
        {
            return Some(found);
        }
    }
    while let Some(at) = rest.find("<meta") {
        rest = rest.get(at + 5..)?;
        let tag = rest.split('>').next().unwrap_or_default();
        if let Some((_, after)) = tag.split_once("charset")
            && let Some(found) = label(after)
        {
            return Some(found);
        }
    }
    None
}

/// The label after `charset` or `encoding`: `= "gb2312"`.
fn label(after: &str) -> Option<&'static Encoding> {
    let value = after
        .trim_start()
        .strip_prefix('=')?
        .trim_start_matches([' ', '\t', '\n', '\r', '"', '\'']);
    let end = value
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c)))
        .unwrap_or(value.len());
    encoding(value.get(..end)?)
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let mut guess = detector.guess(None, Utf8Detection::Allow);
    if ![GBK, BIG5, UTF_8].contains(&guess) {
        // A short page: what is read here is Chinese.
        guess = detector.guess(Some(b"cn"), Utf8Detection::Allow);
    }
    if guess == GBK { GB18030 } else { guess }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "<p>国务院办公厅关于印发实施方案的通知，各省、自治区、直辖市人民政府</p>";

    #[test]
    fn declared_encodings_are_used() {
        let page = format!("<html><head><meta charset=gb2312></head>{TEXT}㐂𠀀");
        assert_eq!(decode(&GB18030.encode(&page).0, None), (page.clone(), 0));
        let page = "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=big5\"><p>國務院辦公廳</p>".to_owned();
        assert_eq!(decode(&BIG5.encode(&page).0, None), (page.clone(), 0));
        let page = format!("<?xml version=\"1.0\" encoding='GBK'?><html>{TEXT}");
        assert_eq!(decode(&GBK.encode(&page).0, None), (page.clone(), 0));
    }

    #[test]
    fn undeclared_encodings_are_guessed() {
        assert_eq!(decode(&GB18030.encode(TEXT).0, None), (TEXT.to_owned(), 0));
        let traditional = "<p>行政院關於發布實施辦法的通知，各直轄市、縣市政府應依本辦法辦理相關業務，並於期限內報告。</p>";
        assert_eq!(decode(&BIG5.encode(traditional).0, None), (traditional.to_owned(), 0));
        let utf16: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16, None).0, TEXT);
        let utf16: Vec<u8> =
            std::iter::once(0xfeff).chain(TEXT.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&utf16, None).0, TEXT);
    }

    #[test]
    fn the_transport_says_the_encoding_of_a_part() {
        assert_eq!(decode(&GB18030.encode(TEXT).0, Some("GBK")).0, TEXT);
        assert_eq!(decode(TEXT.as_bytes(), Some("gb2312")).0, TEXT);
    }

    #[test]
    fn a_wrong_declaration_gives_way_to_the_bytes() {
        let page = format!("<meta charset=gb2312>{TEXT}");
        assert_eq!(decode(page.as_bytes(), None), (page.clone(), 0));
        let page = format!("<meta charset=utf-8>{TEXT}");
        assert_eq!(decode(&GB18030.encode(&page).0, None), (page.clone(), 0));
    }

    #[test]
    fn broken_bytes_are_counted() {
        let mut bytes = format!("<meta charset=utf-8>{TEXT}").into_bytes();
        bytes.push(0xff);
        let (text, wrong) = decode(&bytes, None);
        assert!(text.contains("国务院办公厅"), "{text}");
        assert_eq!(wrong, 1);
    }
}
