//! Checks before the interpreter runs: what it would unpack, and arrays and strings that it would expand without limit.

use std::time::Instant;

use flate2::{Decompress, FlushDecompress, Status};
use hayro_interpret::hayro_syntax::Filter;
use hayro_interpret::hayro_syntax::content::UntypedIter;
use hayro_interpret::hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, Stream};
use hayro_interpret::hayro_syntax::page::Page;

use crate::{FormatError, Limits};

/// A small file may be unpacked to this many bytes whatever its ratio: a page of a scan that is blank packs to a
/// thousandth.
const SMALL: usize = 64 << 20;
/// Pictures are unpacked by nobody here; their sizes only count so many times less.
const PICTURES: usize = 16;
/// Bytes of the strings of one operator: all its glyphs are held at once, and a real one has a line's.
const OPERANDS: usize = 1 << 16;
/// LZW unpacks a code of 12 bits to at most 4096 bytes (ISO 32000-2 §7.4.4).
const LZW: usize = 2731;
/// The longest dictionary that is looked for before a stream.
const BEFORE: usize = 1024;

/// Refuses a file whose streams unpack to more than is taken, before anything of it is read: the cross-reference and
/// object streams are unpacked on opening. Returns how many streams are damaged: the interpreter takes what it can of
/// those without a word.
///
/// # Errors
/// [`FormatError::TooLarge`] and [`FormatError::Slow`].
pub(super) fn unpacked(
    bytes: &[u8],
    limits: &Limits,
    until: Instant,
) -> Result<usize, FormatError> {
    let limit = limits.unpacked.min(bytes.len().saturating_mul(limits.ratio).max(SMALL));
    let (mut total, mut pictures, mut broken) = (0_usize, 0_usize, 0);
    // What is encrypted may look like packed data.
    let plain = find(bytes, b"/Encrypt").is_none();
    let mut buffer = vec![0; 1 << 16];
    let mut at = 0;
    while let Some(found) = find(bytes.get(at..).unwrap_or_default(), b"stream") {
        let word = at + found;
        at = word + 6;
        let data = bytes.get(at..).unwrap_or_default();
        let data = data.strip_prefix(b"\r").unwrap_or(data);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        // The header of zlib data (RFC 1950 §2.2).
        let [first, second, ..] = *data else { break };
        if first & 0x0F != 8 || !(u16::from(first) << 8 | u16::from(second)).is_multiple_of(31) {
            continue;
        }
        let dict = bytes.get(word.saturating_sub(BEFORE)..word).unwrap_or_default();
        let dict = rfind(dict, b" obj").and_then(|obj| dict.get(obj..)).unwrap_or(dict);
        let picture = find(dict, b"/Image").is_some() && find(dict, b"/Width").is_some();
        let opened = find(dict, b"/ObjStm").is_some() || find(dict, b"/XRef").is_some();
        if opened && count(dict, b"FlateDecode") + count(dict, b"LZWDecode") > 1 {
            return Err(super::damaged("it is packed twice"));
        }
        let mut inflate = Decompress::new(true);
        let mut size = 0;
        loop {
            let before = inflate.total_in() as usize;
            let rest = data.get(before..).unwrap_or_default();
            let status = inflate.decompress(rest, &mut buffer, FlushDecompress::None);
            let out = inflate.total_out() as usize;
            let moved = out > size || inflate.total_in() as usize > before;
            size = out;
            let over = if picture { size > limit } else { total + size > limit };
            if over {
                let size = total + size;
                return Err(FormatError::TooLarge { what: "bytes unpacked", size, limit });
            }
            if Instant::now() >= until {
                return Err(FormatError::Slow { seconds: limits.time.as_secs() });
            }
            match status {
                Ok(Status::Ok) if moved => {}
                Ok(Status::StreamEnd) => break,
                Ok(_) | Err(_) => {
                    broken +=
                        usize::from(plain && !picture && find(dict, b"FlateDecode").is_some());
                    break;
                }
            }
        }
        if picture {
            pictures += size;
        } else {
            total += size;
        }
        if pictures / PICTURES > limit {
            return Err(FormatError::TooLarge { what: "bytes of pictures", size: pictures, limit });
        }
        at += inflate.total_in() as usize;
    }
    Ok(broken)
}

/// Whether a file ends as it should: with the place of its table of objects (ISO 32000-2 §7.5.5).
pub(super) fn whole(bytes: &[u8]) -> bool {
    let end = bytes.get(bytes.len().saturating_sub(2048)..).unwrap_or(bytes);
    let Some(at) = rfind(end, b"startxref") else { return false };
    let number = end.get(at + 9..).unwrap_or_default();
    let digits: String = number
        .iter()
        .skip_while(|byte| byte.is_ascii_whitespace())
        .take_while(|byte| byte.is_ascii_digit())
        .map(|&byte| char::from(byte))
        .collect();
    // Offsets count from the header, which other bytes may stand before.
    let header =
        find(bytes.get(..1029.min(bytes.len())).unwrap_or_default(), b"%PDF-").unwrap_or(0);
    let table = |offset: usize| {
        let table = bytes.get(offset..).unwrap_or_default();
        let table: Vec<u8> =
            table.iter().copied().skip_while(u8::is_ascii_whitespace).take(32).collect();
        table.starts_with(b"xref")
            || table.first().is_some_and(u8::is_ascii_digit) && find(&table, b"obj").is_some()
    };
    digits
        .parse::<usize>()
        .is_ok_and(|offset| table(offset) || table(offset.saturating_add(header)))
}

/// Refuses a stream that is packed in ways that [`unpacked`] could not measure.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn stream(stream: &Stream<'_>) -> Result<(), String> {
    let filters = stream.filters();
    let packing = |filter: &&Filter| {
        matches!(filter, Filter::FlateDecode | Filter::LzwDecode | Filter::RunLengthDecode)
    };
    if filters.iter().filter(packing).count() > 1 {
        return Err("it is packed twice".to_owned());
    }
    if filters.contains(&Filter::LzwDecode) && stream.raw_data().len() > SMALL / LZW * PICTURES {
        return Err("its content is too large".to_owned());
    }
    Ok(())
}

/// Refuses a page whose content is too large or holds what would be expanded without limit.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn page(page: &Page<'_>, limits: &Limits) -> Result<(), String> {
    let contents = page.raw();
    if let Some(single) = contents.get::<Stream<'_>>("Contents") {
        stream(&single)?;
        if single.dict().get::<Name<'_>>("Subtype").is_some_and(|name| name.as_ref() == b"Image") {
            return Err("its content is a picture's data".to_owned());
        }
    } else if let Some(parts) = contents.get::<Array<'_>>("Contents") {
        // The parts are put together in memory, one part as often as it is named.
        let mut size = 0;
        for part in parts.raw_iter() {
            let part = match part {
                MaybeRef::Ref(id) => page.xref().get::<Stream<'_>>(id.into()),
                MaybeRef::NotRef(_) => None,
            };
            let Some(part) = part else { continue };
            stream(&part)?;
            size += part.decoded_data().map_or(0, |data| data.len()) + 1;
            if size > limits.unpacked {
                return Err("its content is too large".to_owned());
            }
        }
    }
    match page.page_stream() {
        Some(data) => content(data),
        None if contents.contains_key("Contents") => {
            Err("its content cannot be unpacked".to_owned())
        }
        None => Ok(()),
    }
}

/// Refuses content with an operator that shows more than a page's text.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn content(content: &[u8]) -> Result<(), String> {
    if content.len() <= OPERANDS {
        return Ok(());
    }
    let mut operations = UntypedIter::new(content);
    while let Some(operation) = operations.next() {
        let size: usize = operation
            .operands()
            .map(|operand| match operand {
                Object::String(text) => text.as_bytes().len(),
                Object::Array(array) => array.data().len(),
                _ => 0,
            })
            .sum();
        if size > OPERANDS {
            return Err("it shows too much text at once".to_owned());
        }
    }
    Ok(())
}

/// Refuses a font for Chinese whose table of widths names more characters than there are: `W` and `W2` hold ranges
/// (ISO 32000-2 §9.7.4.3), and the interpreter writes a number for each member of a range.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn widths(font: &Dict<'_>) -> Result<(), String> {
    for key in ["W", "W2"] {
        let Some(widths) = font.get::<Array<'_>>(key) else { continue };
        // `first [widths]` or `first last width`.
        let mut numbers: Vec<u64> = Vec::new();
        let mut named = 0_u64;
        for item in widths.iter::<Object<'_>>() {
            match item {
                Object::Number(number) => {
                    numbers.push(number.as_f64().clamp(0.0, f64::from(u32::MAX)) as u64);
                }
                _ => numbers.clear(),
            }
            let members = if key == "W" { 3 } else { 5 };
            if numbers.len() == members {
                if let [first, last, ..] = numbers[..] {
                    named += (last + 1).saturating_sub(first);
                }
                numbers.clear();
            }
        }
        // There are 65 536 CIDs; some programs name them more than once.
        if named > 1 << 20 {
            return Err("a font's widths name more characters than there are".to_owned());
        }
    }
    Ok(())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn rfind(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).rposition(|window| window == what)
}

fn count(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).filter(|window| *window == what).count()
}
