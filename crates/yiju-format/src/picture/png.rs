//! PNG (W3C Portable Network Graphics, third edition) to shades of grey on white, or to colours.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::Colours;
use super::sheets::{Sheet, Strip};

pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// How samples are kept (§11.2.1).
struct Header {
    width: usize,
    height: usize,
    depth: usize,
    colour: u8,
    interlaced: bool,
}

/// Pixels of a picture in colours, at most; larger ones are kept in shades of grey, since samples are held several times
/// while they are drawn.
const COLOURED: usize = 16_000_000;

/// The page that the picture is.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn sheet(bytes: &[u8], pixels: usize, colours: Colours) -> Result<Sheet, String> {
    let (mut samples, mut cover) = (Vec::new(), Vec::new());
    let mut size = (0, 0);
    let mut coloured = false;
    decode(bytes, pixels, &mut |part| match part {
        Part::Size(width, height) => {
            size = (width, height);
            coloured = colours == Colours::All && width * height <= COLOURED;
            samples = vec![255; width * height * if coloured { 3 } else { 1 }];
            cover = vec![255; if coloured { width * height } else { 0 }];
        }
        Part::Pixel(at, colour, alpha) if coloured => {
            if let Some(place) = samples.get_mut(3 * at..3 * at + 3) {
                place.copy_from_slice(&colour);
            }
            if let Some(place) = cover.get_mut(at) {
                *place = alpha;
            }
        }
        Part::Pixel(at, colour, alpha) => {
            if let Some(place) = samples.get_mut(at) {
                *place = shade(colour, alpha);
            }
        }
    })?;
    let space = if coloured { "RGB" } else { "Gray" };
    let strip = Strip {
        rows: size.1,
        entries: format!("/ColorSpace/Device{space}/BitsPerComponent 8"),
        data: samples,
        cover: Some(cover).filter(|cover| cover.iter().any(|&alpha| alpha < 255)),
    };
    Ok(Sheet { width: size.0, height: size.1, turned: 0, strips: vec![strip] })
}

/// What is told of a picture: first its size.
enum Part {
    /// Width and height.
    Size(usize, usize),
    /// A pixel's number, its red, green and blue, and how much it covers.
    Pixel(usize, [u8; 3], u8),
}

/// Unpacks a picture.
fn decode(bytes: &[u8], pixels: usize, tell: &mut dyn FnMut(Part)) -> Result<(), String> {
    let mut rest = bytes.get(SIGNATURE.len()..).unwrap_or_default();
    let mut header = None;
    let (mut palette, mut clear, mut packed) = (&[][..], &[][..], Vec::new());
    while let Some((&[a, b, c, d], after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let Some((kind, after)) = after.split_first_chunk::<4>() else { break };
        let data = after.get(..length).ok_or("it is not whole")?;
        match kind {
            b"IHDR" => header = Some(self::header(data, pixels)?),
            b"PLTE" => palette = data,
            b"tRNS" => clear = data,
            b"IDAT" => packed.extend_from_slice(data),
            b"IEND" => break,
            _ => {}
        }
        // A checksum follows.
        rest = after.get(length + 4..).unwrap_or_default();
    }
    let header = header.ok_or("it has no header")?;
    let channels = match header.colour {
        0 | 3 => 1,
        4 => 2,
        2 => 3,
        _ => 4,
    };
    let bits = channels * header.depth;
    let whole = (header.width, header.height);
    // Adam7 (§8.1): where each pass begins and how far its pixels are apart.
    let passes: &[[usize; 4]] = match header.interlaced {
        false => &[[0, 0, 1, 1]],
        true => &[
            [0, 0, 8, 8],
            [4, 0, 8, 8],
            [0, 4, 4, 8],
            [2, 0, 4, 4],
            [0, 2, 2, 4],
            [1, 0, 2, 2],
            [0, 1, 1, 2],
        ],
    };
    let mut inflate = ZlibDecoder::new(packed.as_slice());
    tell(Part::Size(whole.0, whole.1));
    for &[left, top, across, down] in passes {
        let width = whole.0.saturating_sub(left).div_ceil(across);
        let height = whole.1.saturating_sub(top).div_ceil(down);
        if width == 0 || height == 0 {
            continue;
        }
        let mut above = vec![0; (width * bits).div_ceil(8)];
        let mut row = above.clone();
        for y in 0..height {
            let mut filter = [0];
            let read = inflate.read_exact(&mut filter).and_then(|()| inflate.read_exact(&mut row));
            read.map_err(|_| "its pixels cannot be unpacked whole")?;
            unfilter(filter[0], &mut row, &above, bits.div_ceil(8))?;
            for x in 0..width {
                let (colour, alpha) = pixel(&row, x, &header, channels, palette, clear);
                tell(Part::Pixel((top + y * down) * whole.0 + left + x * across, colour, alpha));
            }
            std::mem::swap(&mut row, &mut above);
        }
    }
    Ok(())
}

fn header(data: &[u8], pixels: usize) -> Result<Header, String> {
    let &[a, b, c, d, e, f, g, h, depth, colour, 0, 0, interlaced] = data else {
        return Err("its header is of a kind that is not known".to_owned());
    };
    let width = u32::from_be_bytes([a, b, c, d]) as usize;
    let height = u32::from_be_bytes([e, f, g, h]) as usize;
    let known = match colour {
        0 => matches!(depth, 1 | 2 | 4 | 8 | 16),
        3 => matches!(depth, 1 | 2 | 4 | 8),
        2 | 4 | 6 => matches!(depth, 8 | 16),
        _ => false,
    };
    if !known {
        return Err(format!(
            "its colours are of a kind that is not known ({colour}, {depth} bits)"
        ));
    }
    super::checked(width, height, pixels)?;
    Ok(Header { width, height, depth: depth.into(), colour, interlaced: interlaced == 1 })
}

/// Undoes the filter of a row (§9.2); `step` is the bytes of a pixel, at least one.
fn unfilter(filter: u8, row: &mut [u8], above: &[u8], step: usize) -> Result<(), String> {
    for at in 0..row.len() {
        let left = at.checked_sub(step).and_then(|at| row.get(at)).copied().unwrap_or(0);
        let up = above.get(at).copied().unwrap_or(0);
        let corner = at.checked_sub(step).and_then(|at| above.get(at)).copied().unwrap_or(0);
        let guess = match filter {
            0 => 0,
            1 => left,
            2 => up,
            3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
            4 => {
                let [a, b, c] = [left, up, corner].map(i16::from);
                let near = a + b - c;
                let [da, db, dc] = [a, b, c].map(|side| (near - side).abs());
                if da <= db && da <= dc {
                    left
                } else if db <= dc {
                    up
                } else {
                    corner
                }
            }
            other => return Err(format!("a row has the filter {other}")),
        };
        if let Some(byte) = row.get_mut(at) {
            *byte = byte.wrapping_add(guess);
        }
    }
    Ok(())
}

/// The colour of a pixel and how much it covers.
fn pixel(
    row: &[u8],
    x: usize,
    header: &Header,
    channels: usize,
    palette: &[u8],
    clear: &[u8],
) -> ([u8; 3], u8) {
    let depth = header.depth;
    let raw = |channel: usize| {
        let at = (x * channels + channel) * depth;
        let byte = row.get(at / 8).copied().unwrap_or(0);
        // Of two bytes the first is enough.
        if depth >= 8 { byte } else { byte >> (8 - depth - at % 8) & ((1 << depth) - 1) }
    };
    match header.colour {
        0 => {
            let full = if depth >= 8 { 255 } else { (1_u16 << depth) - 1 };
            let grey = (u16::from(raw(0)) * 255 / full) as u8;
            ([grey; 3], 255)
        }
        3 => {
            let index = usize::from(raw(0));
            let part = |at: usize| palette.get(3 * index + at).copied().unwrap_or(0);
            ([part(0), part(1), part(2)], clear.get(index).copied().unwrap_or(255))
        }
        4 => ([raw(0); 3], raw(1)),
        2 => ([raw(0), raw(1), raw(2)], 255),
        _ => ([raw(0), raw(1), raw(2)], raw(3)),
    }
}

/// The shade of a colour; what is clear is white paper.
fn shade(colour: [u8; 3], alpha: u8) -> u8 {
    let [red, green, blue] = colour.map(u32::from);
    let (grey, alpha) = ((red * 299 + green * 587 + blue * 114 + 500) / 1000, u32::from(alpha));
    ((grey * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn png(header: [u8; 5], size: (u32, u32), rows: &[u8], more: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut out = SIGNATURE.to_vec();
        let mut chunk = |kind: &[u8; 4], data: &[u8]| {
            out.extend((data.len() as u32).to_be_bytes());
            out.extend(kind);
            out.extend(data);
            out.extend([0; 4]);
        };
        let sides = [size.0.to_be_bytes(), size.1.to_be_bytes()].concat();
        chunk(b"IHDR", &[&sides[..], &header[..]].concat());
        for (kind, data) in more {
            chunk(kind, data);
        }
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(rows).unwrap();
        chunk(b"IDAT", &packed.finish().unwrap());
        chunk(b"IEND", b"");
        out
    }

    fn strip(bytes: &[u8], colours: Colours) -> Strip {
        sheet(bytes, 1000, colours).unwrap().strips.remove(0)
    }

    fn read(bytes: &[u8]) -> Vec<u8> {
        strip(bytes, Colours::Grey).data
    }

    fn shades(bytes: &[u8], pixels: usize) -> Result<Sheet, String> {
        sheet(bytes, pixels, Colours::Grey)
    }

    #[test]
    fn colours_are_kept_where_asked_for() {
        let seen = |bytes: &[u8]| {
            let Strip { data, cover, .. } = strip(bytes, Colours::All);
            (data, cover)
        };
        let red = png([8, 2, 0, 0, 0], (2, 1), &[0, 255, 0, 0, 0, 0, 255], &[]);
        assert_eq!(seen(&red), (vec![255, 0, 0, 0, 0, 255], None));
        let half = png([8, 4, 0, 0, 0], (2, 1), &[0, 0, 255, 7, 128], &[]);
        assert_eq!(seen(&half), (vec![0, 0, 0, 7, 7, 7], Some(vec![255, 128])));
    }

    #[test]
    fn kinds_of_samples() {
        // Grey of 2 bits: 0, 1, 2, 3.
        assert_eq!(read(&png([2, 0, 0, 0, 0], (4, 1), &[0, 0b0001_1011], &[])), [0, 85, 170, 255]);
        // Red and blue; half clear black; a palette with a clear entry.
        assert_eq!(read(&png([8, 2, 0, 0, 0], (2, 1), &[0, 255, 0, 0, 0, 0, 255], &[])), [76, 29]);
        assert_eq!(read(&png([8, 4, 0, 0, 0], (2, 1), &[0, 0, 255, 0, 128], &[])), [0, 127]);
        assert_eq!(read(&png([8, 6, 0, 0, 0], (1, 1), &[0, 9, 9, 9, 0], &[])), [255]);
        let palette: [(&[u8; 4], &[u8]); 2] =
            [(b"PLTE", &[0, 0, 0, 8, 8, 8]), (b"tRNS", &[255, 0])];
        assert_eq!(read(&png([1, 3, 0, 0, 0], (2, 1), &[0, 0b0100_0000], &palette)), [0, 255]);
        // 16 bits.
        assert_eq!(read(&png([16, 0, 0, 0, 0], (1, 1), &[0, 0x12, 0x34], &[])), [0x12]);
    }

    #[test]
    fn filters_and_passes() {
        let rows = [1, 10, 5, 5, 2, 1, 1, 1, 3, 5, 0, 0, 4, 1, 1, 1];
        let expected = [10, 15, 20, 11, 16, 21, 10, 13, 17, 11, 14, 18];
        assert_eq!(read(&png([8, 0, 0, 0, 0], (3, 4), &rows, &[])), expected);
        // Of 2 × 2 pixels the first, sixth and seventh pass have some.
        let passes = [0, 1, 0, 2, 0, 3, 4];
        assert_eq!(read(&png([8, 0, 0, 0, 1], (2, 2), &passes, &[])), [1, 2, 3, 4]);
    }

    #[test]
    fn damaged_and_large_ones_are_named() {
        let whole = png([8, 0, 0, 0, 0], (3, 4), &[0; 16], &[]);
        assert!(shades(&whole, 11).unwrap_err().contains("12 pixels"));
        assert!(shades(&whole[..45], 1000).is_err());
        assert!(shades(&png([8, 0, 0, 0, 0], (3, 4), &[0; 7], &[]), 1000).is_err());
        assert!(shades(&png([8, 0, 0, 0, 0], (1, 1), &[9, 0], &[]), 1000).is_err());
        assert!(shades(&png([3, 0, 0, 0, 0], (1, 1), &[0, 0], &[]), 1000).is_err());
        assert!(shades(SIGNATURE, 1000).is_err());
    }
}
