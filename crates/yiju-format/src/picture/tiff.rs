//! TIFF 6.0: its pages, whose strips are unpacked where PDF's pictures are.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::sheets::{Sheet, Strip};

/// Strips of a page at most: one for each row of a large page.
const MAX_STRIPS: usize = 50_000;

/// Tags (§8): names as there.
const WIDTH: u16 = 256;
const LENGTH: u16 = 257;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const STRIP_OFFSETS: u16 = 273;
const ORIENTATION: u16 = 274;
const SAMPLES: u16 = 277;
const ROWS: u16 = 278;
const STRIP_BYTES: u16 = 279;
const PLANAR: u16 = 284;
const T4_OPTIONS: u16 = 292;
const PREDICTOR: u16 = 317;
const COLORS: u16 = 320;
const JPEG_TABLES: u16 = 347;

/// The bytes with their order.
#[derive(Clone, Copy)]
struct File<'a> {
    bytes: &'a [u8],
    little: bool,
}

/// Fields of a page: the numbers of each.
type Fields = HashMap<u16, Vec<u32>>;

impl<'a> File<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        match bytes.get(..4)? {
            b"II*\0" => Some(Self { bytes, little: true }),
            b"MM\0*" => Some(Self { bytes, little: false }),
            _ => None,
        }
    }

    fn number(&self, at: usize, size: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let add = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        Some(match self.little {
            true => bytes.iter().rev().fold(0, add),
            false => bytes.iter().fold(0, add),
        })
    }

    /// The fields of the directory at a place (§2), and the place of the next.
    fn directory(&self, at: usize) -> Option<(Fields, usize)> {
        let count = self.number(at, 2)? as usize;
        let mut fields = Fields::new();
        for entry in (0..count).map(|index| at + 2 + 12 * index) {
            let tag = self.number(entry, 2)? as u16;
            let size = match self.number(entry + 2, 2)? {
                1 | 7 => 1,
                3 => 2,
                4 => 4,
                // Fractions and texts are not needed.
                _ => continue,
            };
            let count = self.number(entry + 4, 4)? as usize;
            let length = count.checked_mul(size)?;
            let from = match length <= 4 {
                true => entry + 8,
                false => self.number(entry + 8, 4)? as usize,
            };
            // The bytes must be there before numbers are made of them.
            self.bytes.get(from..from.checked_add(length)?)?;
            let numbers = (0..count).map_while(|index| self.number(from + index * size, size));
            fields.insert(tag, numbers.collect());
        }
        Some((fields, self.number(at + 2 + 12 * count, 4)? as usize))
    }
}

/// By how much a picture is turned clockwise to be upright, if its first directory says so (§8, Orientation).
pub(super) fn orientation(bytes: &[u8]) -> Option<u16> {
    let file = File::of(bytes)?;
    let (fields, _) = file.directory(file.number(4, 4)? as usize)?;
    turned(&fields)
}

fn turned(fields: &Fields) -> Option<u16> {
    match fields.get(&ORIENTATION)?.first()? {
        3 => Some(180),
        6 => Some(90),
        8 => Some(270),
        _ => None,
    }
}

/// The pages of a file.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn sheets(bytes: &[u8], pixels: usize, pages: usize) -> Result<Vec<Sheet>, String> {
    let damaged = || "its directory is damaged".to_owned();
    let file = File::of(bytes).ok_or("it is of a kind that is not known (BigTIFF)")?;
    let mut at = file.number(4, 4).ok_or_else(damaged)? as usize;
    let mut sheets = Vec::new();
    let mut seen = std::collections::HashSet::new();
    while at != 0 {
        if !seen.insert(at) {
            return Err(damaged());
        }
        if sheets.len() >= pages {
            return Err(format!("it has more than {pages} pages"));
        }
        let (fields, next) = file.directory(at).ok_or_else(damaged)?;
        sheets.push(sheet(&file, &fields, pixels)?);
        at = next;
    }
    Ok(sheets)
}

fn sheet(file: &File<'_>, fields: &Fields, pixels: usize) -> Result<Sheet, String> {
    let one = |tag: u16| fields.get(&tag).and_then(|numbers| numbers.first()).copied();
    let (Some(width), Some(height)) = (one(WIDTH), one(LENGTH)) else {
        return Err("its size is missing".to_owned());
    };
    let (width, height) = (width as usize, height as usize);
    super::checked(width, height, pixels)?;
    let (Some(offsets), Some(lengths)) = (fields.get(&STRIP_OFFSETS), fields.get(&STRIP_BYTES))
    else {
        return Err("it is not kept in strips".to_owned());
    };
    if one(PLANAR) == Some(2) {
        return Err("its colours are kept apart".to_owned());
    }
    let rows = one(ROWS).map_or(height, |rows| rows as usize).clamp(1, height);
    let needed = height.div_ceil(rows);
    if offsets.len() < needed || lengths.len() < needed || needed > MAX_STRIPS {
        return Err(format!("it has {} strips instead of {needed}", offsets.len()));
    }
    let mut strips = Vec::new();
    for (index, (&offset, &length)) in offsets.iter().zip(lengths).take(needed).enumerate() {
        let rows = rows.min(height - index * rows);
        let range = offset as usize..(offset as usize).saturating_add(length as usize);
        let data = file.bytes.get(range).ok_or("it is not whole")?;
        let (entries, data) = packing(fields, data, width, rows)?;
        strips.push(Strip { rows, entries, data, cover: None });
    }
    Ok(Sheet { width, height, turned: turned(fields).unwrap_or(0), strips })
}

/// A strip as a PDF's picture is packed.
fn packing(
    fields: &Fields,
    data: &[u8],
    width: usize,
    rows: usize,
) -> Result<(String, Vec<u8>), String> {
    let one = |tag: u16| fields.get(&tag).and_then(|numbers| numbers.first()).copied();
    let bits = one(BITS).unwrap_or(1);
    let samples = one(SAMPLES).unwrap_or(1);
    let photometric = one(PHOTOMETRIC).unwrap_or(0);
    let compression = one(COMPRESSION).unwrap_or(1);
    if !matches!(bits, 1 | 2 | 4 | 8 | 16) {
        return Err(format!("it has {bits} bits a sample"));
    }
    let mut entries = format!("/BitsPerComponent {bits}");
    let mut data = data.to_vec();
    // The lowest bit may be the first (§8, FillOrder).
    if one(FILL_ORDER) == Some(2) {
        data.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
    }
    let fax = matches!(compression, 2..=4);
    let colours = match (photometric, samples) {
        (0 | 1, 1) if fax => "/ColorSpace/DeviceGray".to_owned(),
        (0, 1) => "/ColorSpace/DeviceGray/Decode[1 0]".to_owned(),
        (1, 1) => "/ColorSpace/DeviceGray".to_owned(),
        (2, 3) => "/ColorSpace/DeviceRGB".to_owned(),
        (3, 1) if bits <= 8 => palette(fields.get(&COLORS), bits)?,
        (5, 4) => "/ColorSpace/DeviceCMYK".to_owned(),
        (6, 3) if compression == 7 => "/ColorSpace/DeviceRGB".to_owned(),
        _ => {
            return Err(format!(
                "its colours are of a kind that is not known ({photometric}, {samples})"
            ));
        }
    };
    entries.push_str(&colours);
    let filter = match compression {
        1 => String::new(),
        2..=4 => {
            let options = one(T4_OPTIONS).unwrap_or(0);
            let (k, aligned) = match compression {
                2 => (0, true),
                3 => (i32::from(options & 1 == 1), options & 4 == 4),
                _ => (-1, false),
            };
            format!(
                "/Filter/CCITTFaxDecode/DecodeParms<</K {k}/Columns {width}/Rows {rows}\
                 /EncodedByteAlign {aligned}/EndOfBlock false/BlackIs1 {}>>",
                photometric == 1
            )
        }
        5 => "/Filter/LZWDecode".to_owned(),
        7 => {
            if let Some(tables) = fields.get(&JPEG_TABLES) {
                data = with_tables(tables, &data);
            }
            "/Filter/DCTDecode".to_owned()
        }
        8 | 32946 => "/Filter/FlateDecode".to_owned(),
        32773 => "/Filter/RunLengthDecode".to_owned(),
        other => return Err(format!("it is packed in a way that is not known ({other})")),
    };
    entries.push_str(&filter);
    if matches!(compression, 5 | 8 | 32946) {
        match one(PREDICTOR).unwrap_or(1) {
            1 => {}
            2 => {
                // Writing to a string does not fail.
                let _ = write!(
                    entries,
                    "/DecodeParms<</Predictor 2/Colors {samples}/BitsPerComponent {bits}/Columns {width}>>"
                );
            }
            other => return Err(format!("its predictor is not known ({other})")),
        }
    }
    Ok((entries, data))
}

/// The colours that numbers stand for (§5): all reds, all greens, all blues, of two bytes.
fn palette(colors: Option<&Vec<u32>>, bits: u32) -> Result<String, String> {
    let count = 1_usize << bits;
    let colors =
        colors.filter(|colors| colors.len() == 3 * count).ok_or("its colours are missing")?;
    let mut entries = format!("/ColorSpace[/Indexed/DeviceRGB {} <", count - 1);
    for index in 0..count {
        for part in [index, count + index, 2 * count + index] {
            // Writing to a string does not fail.
            let _ = write!(entries, "{:02x}", colors.get(part).copied().unwrap_or(0) >> 8 & 0xFF);
        }
    }
    entries.push_str(">]");
    Ok(entries)
}

/// A strip of JPEG with the tables that all strips share (TIFF Technical Note 2): between their beginning and its own.
fn with_tables(tables: &[u32], data: &[u8]) -> Vec<u8> {
    let tables: Vec<u8> = tables.iter().map(|&byte| byte as u8).collect();
    let tables = tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(&tables);
    [tables, data.strip_prefix(&[0xFF, 0xD8]).unwrap_or(data)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fields of a directory, and the data of its strip.
    type Page<'a> = (&'a [(u16, u32)], &'a [u8]);

    /// A file of directories, each with the strip of its data.
    fn made(pages: &[Page<'_>]) -> Vec<u8> {
        let mut out = b"II*\0\x08\0\0\0".to_vec();
        for (index, (fields, data)) in pages.iter().enumerate() {
            let mut fields = fields.to_vec();
            let end = out.len() + 2 + 12 * (fields.len() + 2) + 4;
            fields.extend([(STRIP_OFFSETS, end as u32), (STRIP_BYTES, data.len() as u32)]);
            out.extend((fields.len() as u16).to_le_bytes());
            for (tag, value) in fields {
                out.extend(tag.to_le_bytes());
                out.extend([4, 0, 1, 0, 0, 0]);
                out.extend(value.to_le_bytes());
            }
            let next = if index + 1 < pages.len() { end + data.len() } else { 0 };
            out.extend((next as u32).to_le_bytes());
            out.extend(*data);
        }
        out
    }

    #[test]
    fn each_page_is_a_sheet() {
        let fax: &[(u16, u32)] = &[(WIDTH, 8), (LENGTH, 2), (COMPRESSION, 4), (ORIENTATION, 6)];
        let grey: &[(u16, u32)] =
            &[(WIDTH, 2), (LENGTH, 1), (BITS, 8), (PHOTOMETRIC, 1), (FILL_ORDER, 2)];
        let sheets = sheets(&made(&[(fax, b"fax"), (grey, &[1, 0x80])]), 100, 9).unwrap();
        assert_eq!((sheets.len(), sheets[0].turned), (2, 90));
        assert!(sheets[0].strips[0].entries.contains("/K -1/Columns 8/Rows 2"));
        assert_eq!(sheets[1].strips[0].data, [0x80, 1]);
    }

    #[test]
    fn what_is_not_known_is_named() {
        let read = |fields: &[(u16, u32)]| sheets(&made(&[(fields, b"x")]), 100, 9).unwrap_err();
        let size = [(WIDTH, 8), (LENGTH, 2)];
        assert!(read(&[(WIDTH, 80), (LENGTH, 2)]).contains("160 pixels"));
        assert!(read(&[size[0], size[1], (COMPRESSION, 9)]).contains("(9)"));
        assert!(read(&[size[0], size[1], (BITS, 7)]).contains("7 bits"));
        assert!(read(&[size[0], size[1], (PLANAR, 2)]).contains("apart"));
        assert!(read(&[size[0]]).contains("size"));
        assert!(read(&[size[0], size[1], (ROWS, 1)]).contains("1 strips instead of 2"));
        // A directory that follows itself.
        let mut round = made(&[(&size, b"x")]);
        let next = 8 + 2 + 12 * 4;
        round[next..next + 4].copy_from_slice(&8u32.to_le_bytes());
        assert!(sheets(&round, 100, 9).unwrap_err().contains("damaged"));
        assert!(sheets(b"II+\0", 100, 9).unwrap_err().contains("BigTIFF"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_refused_or_read(bytes: Vec<u8>) {
            let _ = sheets(&[b"II*\0\x08\0\0\0".as_slice(), &bytes].concat(), 1000, 9);
            let _ = orientation(&[b"MM\0*\0\0\0\x08".as_slice(), &bytes].concat());
        }
    }
}
