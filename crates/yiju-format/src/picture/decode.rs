//! PNG, JPEG and TIFF to shades of grey.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use tiff::decoder::{Decoder, DecodingResult, Limits as TiffLimits};
use tiff::{ColorType, TiffError};

use super::Shades;
use crate::{Format, FormatError, Limits};

/// Bytes of a pixel at most: four samples of two bytes.
const BYTES: usize = 8;

fn damaged(what: impl std::fmt::Display) -> FormatError {
    FormatError::Damaged { format: Format::Picture, what: what.to_string() }
}

fn checked(width: u32, height: u32, limits: &Limits) -> Result<(), FormatError> {
    let size = (width as usize).saturating_mul(height as usize);
    if size > limits.pixels {
        return Err(FormatError::TooLarge { what: "pixels", size, limit: limits.pixels });
    }
    if size == 0 {
        return Err(damaged("it has no pixels"));
    }
    Ok(())
}

/// Passes the pictures of a file to `each`, one at a time.
///
/// # Errors
/// [`FormatError`], those of `each` too.
pub(crate) fn pages(
    bytes: &[u8],
    limits: &Limits,
    mut each: impl FnMut(Shades) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    if bytes.starts_with(b"II") || bytes.starts_with(b"MM") {
        return tiff(bytes, limits, &mut each);
    }
    each(one(bytes, limits)?)
}

/// The picture in a file, the first of several.
///
/// # Errors
/// [`FormatError::Damaged`], [`FormatError::NotRead`] and [`FormatError::TooLarge`].
pub(crate) fn one(bytes: &[u8], limits: &Limits) -> Result<Shades, FormatError> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(damaged)?;
    match reader.format() {
        Some(ImageFormat::Png | ImageFormat::Jpeg) => {}
        _ if bytes.starts_with(b"II") || bytes.starts_with(b"MM") => {
            let mut first = None;
            tiff(bytes, limits, &mut |picture| {
                first.get_or_insert(picture);
                Ok(())
            })?;
            return first.ok_or_else(|| damaged("it has no pixels"));
        }
        _ => return Err(FormatError::NotRead { format: Format::Picture }),
    }
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    checked(width, height, limits)?;
    // A picture of a telephone says which way up it was held.
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    // What is clear is white paper.
    if picture.color().has_alpha() {
        let mut samples = picture.to_luma_alpha8();
        for pixel in samples.pixels_mut() {
            let [shade, alpha] = pixel.0.map(u32::from);
            pixel.0[0] = ((shade * alpha + 255 * (255 - alpha)) / 255) as u8;
        }
        picture = DynamicImage::ImageLumaA8(samples);
    }
    picture.apply_orientation(orientation);
    let grey = picture.into_luma8();
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    Ok(Shades { width, height, samples: grey.into_raw() })
}

fn tiff(
    bytes: &[u8],
    limits: &Limits,
    each: &mut dyn FnMut(Shades) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let broken = |error: TiffError| match error {
        TiffError::UnsupportedError(what) => {
            damaged(format!("it is packed in a way that is not known: {what}"))
        }
        error => damaged(error),
    };
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(broken)?;
    let mut most = TiffLimits::default();
    most.decoding_buffer_size = limits.pixels.saturating_mul(BYTES);
    most.intermediate_buffer_size = most.decoding_buffer_size;
    decoder = decoder.with_limits(most);
    let mut number = 0;
    loop {
        number += 1;
        if number > limits.pages {
            return Err(FormatError::TooLarge { what: "pages", size: number, limit: limits.pages });
        }
        let (width, height) = decoder.dimensions().map_err(broken)?;
        checked(width, height, limits)?;
        let colour = decoder.colortype().map_err(broken)?;
        let samples = decoder.read_image().map_err(broken)?;
        let (width, height) = (width as usize, height as usize);
        each(shades(width, height, colour, samples)?)?;
        if !decoder.more_images() {
            return Ok(());
        }
        decoder.next_image().map_err(broken)?;
    }
}

/// A picture of a TIFF in shades of grey; the decoder has turned negatives already.
fn shades(
    width: usize,
    height: usize,
    colour: ColorType,
    samples: DecodingResult,
) -> Result<Shades, FormatError> {
    let unknown = || damaged(format!("its samples are of a kind that is not known: {colour:?}"));
    let samples: Vec<u8> = match samples {
        DecodingResult::U8(samples) => samples,
        DecodingResult::U16(samples) => samples.into_iter().map(|v| (v >> 8) as u8).collect(),
        _ => return Err(unknown()),
    };
    let luma = |pixel: &[u8]| {
        let [red, green, blue] = [0, 1, 2].map(|at| pixel.get(at).map_or(0, |&v| u32::from(v)));
        ((red * 299 + green * 587 + blue * 114 + 500) / 1000) as u8
    };
    let samples: Vec<u8> = match colour {
        // Rows of packed bits begin with a byte of their own.
        ColorType::Gray(1) => {
            let row = width.div_ceil(8);
            let bit = |bytes: &[u8], x: usize| {
                bytes
                    .get(x / 8)
                    .map_or(255, |byte| if byte >> (7 - x % 8) & 1 == 1 { 255 } else { 0 })
            };
            samples
                .chunks(row.max(1))
                .take(height)
                .flat_map(|bytes| (0..width).map(move |x| bit(bytes, x)))
                .collect()
        }
        ColorType::Gray(8 | 16) => samples,
        ColorType::GrayA(8 | 16) => samples.chunks_exact(2).map(|pixel| pixel[0]).collect(),
        ColorType::RGB(8 | 16) => samples.chunks_exact(3).map(luma).collect(),
        ColorType::RGBA(8 | 16) => samples.chunks_exact(4).map(luma).collect(),
        ColorType::CMYK(8 | 16) => {
            let shade = |pixel: &[u8]| {
                let ink = |at: usize| 255 - pixel.get(at).map_or(0, |&v| u32::from(v));
                (luma(&[0, 1, 2].map(|at| ink(at) as u8)) as u32 * ink(3) / 255) as u8
            };
            samples.chunks_exact(4).map(shade).collect()
        }
        _ => return Err(unknown()),
    };
    if samples.len() != width * height {
        return Err(damaged("its samples are not as many as its size says"));
    }
    Ok(Shades { width, height, samples })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, Luma, LumaA};
    use tiff::encoder::{TiffEncoder, colortype};

    use super::*;

    /// A picture of 3 × 2 pixels in a format.
    fn made(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let grey =
            image::GrayImage::from_fn(3, 2, |x, y| Luma([if x == 0 && y == 0 { 0 } else { 250 }]));
        DynamicImage::ImageLuma8(grey).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn pictures_are_read_to_shades_of_grey() {
        let png = one(&made(ImageFormat::Png), &Limits::default()).unwrap();
        assert_eq!((png.width, png.height), (3, 2));
        assert_eq!(png.samples, [0, 250, 250, 250, 250, 250]);
        let jpeg = one(&made(ImageFormat::Jpeg), &Limits::default()).unwrap();
        assert!(jpeg.samples[0] < 60 && jpeg.samples[5] > 200, "{jpeg:?}");
    }

    #[test]
    fn what_is_clear_is_white() {
        let clear = image::GrayAlphaImage::from_pixel(1, 1, LumaA([0, 0]));
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageLumaA8(clear).write_to(&mut bytes, ImageFormat::Png).unwrap();
        assert_eq!(one(&bytes.into_inner(), &Limits::default()).unwrap().samples, [255]);
    }

    #[test]
    fn each_page_of_a_tiff_is_read() {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        encoder.write_image::<colortype::Gray8>(2, 1, &[7, 9]).unwrap();
        encoder.write_image::<colortype::RGB8>(1, 1, &[255, 0, 0]).unwrap();
        encoder.write_image::<colortype::Gray16>(1, 1, &[0x1234]).unwrap();
        let bytes = bytes.into_inner();
        let mut found = Vec::new();
        pages(&bytes, &Limits::default(), |picture| {
            found.push(picture.samples);
            Ok(())
        })
        .unwrap();
        assert_eq!(found, [vec![7, 9], vec![76], vec![0x12]]);
        let limits = Limits { pages: 2, ..Limits::default() };
        let error = pages(&bytes, &limits, |_| Ok(())).unwrap_err();
        assert!(matches!(error, FormatError::TooLarge { what: "pages", .. }), "{error}");
    }

    #[test]
    fn bilevel_faxes_are_black_on_white() {
        // 8 × 1, black on the left half: white is 0 (PhotometricInterpretation 0), not packed.
        let entry = |tag: u16, kind: u16, value: u32| {
            let mut entry = tag.to_le_bytes().to_vec();
            entry.extend(kind.to_le_bytes());
            entry.extend(1u32.to_le_bytes());
            entry.extend(value.to_le_bytes());
            entry
        };
        for (photometric, byte) in [(0, 0xF0), (1, 0x0F)] {
            let mut bytes = b"II*\0\x08\0\0\0\x08\0".to_vec();
            for (tag, kind, value) in [
                (256, 3, 8),
                (257, 3, 1),
                (258, 3, 1),
                (259, 3, 1),
                (262, 3, photometric),
                (273, 4, 110),
                (278, 3, 1),
                (279, 4, 1),
            ] {
                bytes.extend(entry(tag, kind, value));
            }
            bytes.extend([0; 4]);
            bytes.push(byte);
            let fax = one(&bytes, &Limits::default()).unwrap();
            assert_eq!(fax.samples, [0, 0, 0, 0, 255, 255, 255, 255], "{photometric}");
        }
    }

    #[test]
    fn damaged_and_large_pictures_are_named() {
        let whole = made(ImageFormat::Png);
        let error = one(&whole[..40], &Limits::default()).unwrap_err();
        assert!(matches!(error, FormatError::Damaged { format: Format::Picture, .. }), "{error}");
        let limits = Limits { pixels: 5, ..Limits::default() };
        assert_eq!(
            one(&whole, &limits).unwrap_err(),
            FormatError::TooLarge { what: "pixels", size: 6, limit: 5 }
        );
        let other = one(b"GIF89a and more", &Limits::default()).unwrap_err();
        assert_eq!(other, FormatError::NotRead { format: Format::Picture });
    }
}
