//! Saved pages with their parts: MHTML (RFC 2557), mail's form (RFC 2045, 2046, 5322) with a page as its first part.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::page;
use crate::clock::Clock;
use crate::{Format, FormatError, Limits, Reader, Reading};

/// Some writers leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How far the header of a saved page is looked at.
const HEAD: usize = 8192;

/// Reads a saved page.
pub(crate) struct Mhtml;

/// A part: its header fields and its body as it is in the file.
#[derive(Clone, Debug)]
struct Part<'a> {
    fields: Vec<(String, String)>,
    body: &'a [u8],
}

impl Reader for Mhtml {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let clock = Clock::new(limits);
        let mut parts = Vec::new();
        let root = part(bytes);
        let start = root.parameter("content-type", "start");
        leaves(root, limits, &clock, &mut parts)?;
        let pages: Vec<&Part> = parts.iter().filter(|part| part.is_page()).collect();
        let first = start.and_then(|start| {
            pages.iter().position(|part| part.field("content-id") == Some(&start))
        });
        let Some(first) = pages.get(first.unwrap_or(0)) else {
            let what = "no part of it is a web page".to_owned();
            return Err(FormatError::Damaged { format: Format::Mhtml, what });
        };
        let mut reading = match read_part(first, limits, &clock) {
            // A page of frames alone holds nothing itself; its frames are the other pages.
            Ok(reading) if !reading.blocks.is_empty() => reading,
            other => {
                let readings = pages.iter().filter_map(|part| read_part(part, limits, &clock).ok());
                let longest = readings.max_by_key(|reading| reading.printed().text.len());
                return longest.filter(|reading| !reading.blocks.is_empty()).map_or(other, Ok);
            }
        };
        let others = pages.len() - 1;
        if others > 0 {
            reading
                .unread
                .push(format!("{others} more saved pages (frames of this one) are not read"));
        }
        Ok(reading)
    }
}

fn read_part(part: &Part, limits: &Limits, clock: &Clock) -> Result<Reading, FormatError> {
    let charset = part.parameter("content-type", "charset");
    page(&part.decoded(), charset.as_deref(), Format::Mhtml, limits, clock)
}

/// Whether bytes begin with the header of a saved page.
pub(crate) fn is_mhtml(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(HEAD)).unwrap_or_default();
    let part = part(head);
    if part.field("mime-version").is_none() && part.field("snapshot-content-location").is_none() {
        return false;
    }
    let kind = part.field("content-type").unwrap_or_default().to_ascii_lowercase();
    kind.starts_with("multipart/related")
        || kind.starts_with("multipart/alternative")
        || kind.starts_with("text/html")
}

/// A line and what follows it.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|&byte| byte == b'\n') {
        Some(end) => {
            let (line, rest) = bytes.split_at(end);
            (line.strip_suffix(b"\r").unwrap_or(line), rest.get(1..).unwrap_or_default())
        }
        None => (bytes, &[]),
    }
}

/// Parts the header from the body.
fn part(bytes: &[u8]) -> Part<'_> {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    loop {
        let (text, after) = line(rest);
        if text.is_empty() {
            return Part { fields, body: after };
        }
        let text = String::from_utf8_lossy(text);
        match (fields.last_mut(), text.split_once(':')) {
            // RFC 5322 §2.2.3: a line that begins with white space goes on.
            (Some((_, value)), _) if text.starts_with([' ', '\t']) => {
                value.push(' ');
                value.push_str(text.trim());
            }
            (_, Some((name, value)))
                if !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic()) =>
            {
                fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            // No header: all of it is the body.
            _ => return Part { fields, body: rest },
        }
        rest = after;
    }
}

impl Part<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `boundary` of `multipart/related; type="text/html"; boundary="x;y"`.
    fn parameter(&self, field: &str, name: &str) -> Option<String> {
        let mut rest = self.field(field)?;
        loop {
            let (_, after) = rest.split_once(';')?;
            let (key, value) = after.split_once('=')?;
            let value = value.trim_start();
            let (value, next) = match value.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => {
                    let end = value.find(';').unwrap_or(value.len());
                    let (value, next) = value.split_at(end);
                    (value.trim(), next)
                }
            };
            if key.trim().eq_ignore_ascii_case(name) {
                return Some(value.to_owned());
            }
            rest = next;
        }
    }

    fn kind(&self) -> String {
        let kind = self.field("content-type").unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    fn is_page(&self) -> bool {
        ["text/html", "application/xhtml+xml"].contains(&self.kind().as_str())
    }

    fn decoded(&self) -> Vec<u8> {
        match self
            .field("content-transfer-encoding")
            .unwrap_or_default()
            .to_ascii_lowercase()
            .as_str()
        {
            "quoted-printable" => quoted_printable(self.body),
            "base64" => base64(self.body),
            _ => self.body.to_vec(),
        }
    }
}

/// The parts that hold no others.
fn leaves<'a>(
    root: Part<'a>,
    limits: &Limits,
    clock: &Clock,
    out: &mut Vec<Part<'a>>,
) -> Result<(), FormatError> {
    let mut open = vec![(root, 0)];
    while let Some((whole, depth)) = open.pop() {
        clock.check()?;
        let boundary =
            whole.parameter("content-type", "boundary").filter(|boundary| !boundary.is_empty());
        let Some(boundary) = boundary.filter(|_| whole.kind().starts_with("multipart/")) else {
            out.push(whole);
            continue;
        };
        if depth >= limits.depth {
            return Err(FormatError::TooLarge {
                what: "parts in one another",
                size: depth + 1,
                limit: limits.depth,
            });
        }
        let parts = split(whole.body, boundary.as_bytes(), clock)?;
        let size = parts.len() + out.len() + open.len();
        if size > limits.parts {
            return Err(FormatError::TooLarge { what: "parts", size, limit: limits.parts });
        }
        open.extend(parts.into_iter().rev().map(|bytes| (part(bytes), depth + 1)));
    }
    Ok(())
}

/// What stands between the lines `--boundary` (RFC 2046 §5.1.1). A file that ends early keeps its last part.
fn split<'a>(body: &'a [u8], boundary: &[u8], clock: &Clock) -> Result<Vec<&'a [u8]>, FormatError> {
    let mut parts = Vec::new();
    let mut begin: Option<usize> = None;
    let mut rest = body;
    let mut count = 0_usize;
    while !rest.is_empty() {
        count += 1;
        if count.is_multiple_of(4096) {
            clock.check()?;
        }
        let at = body.len() - rest.len();
        let (text, after) = line(rest);
        if let Some(end) = text.strip_prefix(b"--").and_then(|text| text.strip_prefix(boundary)) {
            let last = end.starts_with(b"--");
            if last || end.trim_ascii().is_empty() {
                parts.extend(begin.take().and_then(|begin| body.get(begin..at)));
                if last {
                    return Ok(parts);
                }
                begin = Some(body.len() - after.len());
            }
        }
        rest = after;
    }
    parts.extend(begin.and_then(|begin| body.get(begin..)));
    Ok(parts)
}

/// RFC 2045 §6.7. What is no escape stays as it is.
fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let (text, after) = line(rest);
        let broken = rest.len() > text.len();
        let trimmed = text.trim_ascii_end();
        let (text, soft) = match trimmed.strip_suffix(b"=") {
            Some(text) => (text, true),
            None => (trimmed, false),
        };
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            let hex = |at: usize| text.get(at).and_then(|&byte| char::from(byte).to_digit(16));
            match (byte, hex(at + 1), hex(at + 2)) {
                (b'=', Some(high), Some(low)) => {
                    out.push((high * 16 + low) as u8);
                    at += 3;
                }
                _ => {
                    out.push(byte);
                    at += 1;
                }
            }
        }
        if broken && !soft {
            out.push(b'\n');
        }
        rest = after;
    }
    out
}

/// RFC 2045 §6.8. What is not of the alphabet is passed over; of a damaged end all whole groups are kept.
fn base64(bytes: &[u8]) -> Vec<u8> {
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || [b'+', b'/'].contains(byte);
    let mut text: Vec<u8> = bytes.iter().copied().filter(known).collect();
    if text.len() % 4 == 1 {
        text.pop();
    }
    BASE64.decode(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;

    use super::*;

    fn saved(kind: &str, encoding: &str, body: &str) -> String {
        format!(
            "From: <Saved by Blink>\r\nSnapshot-Content-Location: http://www.example.cn/1.htm\r\nSubject: =?utf-8?Q?a?=\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype=\"text/html\";\r\n\tboundary=\"----Multi;part--x\"\r\n\r\n\
             \r\n------Multi;part--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n\
             ------Multi;part--x\r\nContent-Type: {kind}\r\nContent-ID: <frame-1@mhtml.blink>\r\n\
             Content-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n------Multi;part--x--\r\nafter"
        )
    }

    fn text(file: &[u8]) -> String {
        assert!(is_mhtml(file));
        Mhtml.read(file, &Limits::default()).unwrap().printed().text
    }

    fn escaped(text: &[u8]) -> String {
        let mut out = String::new();
        for (at, byte) in text.iter().enumerate() {
            out += &format!("={byte:02X}");
            if at % 20 == 19 {
                out += "=\r\n";
            }
        }
        out
    }

    #[test]
    fn quoted_printable_pages() {
        let page = escaped("<p>第一条　为了某事，制定本办法。</p>".as_bytes());
        assert_eq!(
            text(saved("text/html; charset=utf-8", "quoted-printable", &page).as_bytes()),
            "第一条　为了某事，制定本办法。\n"
        );
        assert_eq!(quoted_printable(b"a=3D1 =\r\nb  \r\n=zz=4"), b"a=1 b\n=zz=4");
    }

    #[test]
    fn base64_pages_in_another_encoding() {
        let page = GB18030.encode("<p>国务院办公厅</p>").0.into_owned();
        let encoded = base64::engine::general_purpose::STANDARD.encode(page);
        let (one, two) = encoded.split_at(9);
        let file = saved("text/html; charset=\"gb2312\"", "Base64", &format!("{one}\r\n{two}"));
        assert_eq!(text(file.as_bytes()), "国务院办公厅\n");
    }

    #[test]
    fn a_page_without_other_parts() {
        let file = "MIME-Version: 1.0\nContent-Type: text/html;\n charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n<p>甲</p>";
        assert_eq!(text(file.as_bytes()), "甲\n");
    }

    #[test]
    fn a_page_of_frames_is_read_by_its_longest_frame() {
        let file = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n\
            <frameset><frame src=a></frameset>\n--b\nContent-Type: text/html\n\n<p>甲</p>\n--b\nContent-Type: text/html\n\n<p>乙乙</p>";
        assert_eq!(text(file.as_bytes()), "乙乙\n");
    }

    #[test]
    fn what_is_no_saved_page() {
        assert!(!is_mhtml("标题：甲\nMIME-Version: 1.0\n".as_bytes()));
        assert!(!is_mhtml(b"Subject: a\n\nContent-Type: text/html"));
        let file = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\n\nx";
        assert!(matches!(Mhtml.read(file, &Limits::default()), Err(FormatError::Damaged { .. })));
    }

    #[test]
    fn parts_in_parts_are_limited() {
        let mut file = String::from("MIME-Version: 1.0\n");
        for depth in 0..100 {
            file += &format!("Content-Type: multipart/related; boundary=b{depth}\n\n--b{depth}\n");
        }
        assert!(matches!(
            Mhtml.read(file.as_bytes(), &Limits::default()),
            Err(FormatError::TooLarge { .. })
        ));
    }
}
