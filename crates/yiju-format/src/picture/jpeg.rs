//! JPEG (ITU-T T.81): its size and how it was held; the samples are unpacked where PDF's are.

use super::sheets::{Sheet, Strip};
use super::tiff;

/// The page that the picture is.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn sheet(bytes: &[u8], pixels: usize) -> Result<Sheet, String> {
    let mut turned = 0;
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        // Segments begin with FF, which may stand there more than once (§B.1.1.2).
        let &[0xFF, kind, ref after @ ..] = rest else { return Err("it is not whole".to_owned()) };
        if kind == 0xFF {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let length =
            after.get(..2).map_or(0, |length| usize::from(length[0]) << 8 | usize::from(length[1]));
        let data = after.get(2..length).ok_or("it is not whole")?;
        match kind {
            // Frames of all kinds of coding (§B.2.2); C4, C8 and CC are none.
            0xC0..=0xCF if !matches!(kind, 0xC4 | 0xC8 | 0xCC) => {
                return frame(bytes, data, turned, pixels);
            }
            0xE1 => turned = exif(data).unwrap_or(turned),
            _ => {}
        }
        rest = after.get(length..).unwrap_or_default();
    }
}

fn frame(bytes: &[u8], frame: &[u8], turned: u16, pixels: usize) -> Result<Sheet, String> {
    let &[_, a, b, c, d, components, ..] = frame else { return Err("it is not whole".to_owned()) };
    let height = usize::from(u16::from_be_bytes([a, b]));
    let width = usize::from(u16::from_be_bytes([c, d]));
    super::checked(width, height, pixels)?;
    let entries = match components {
        1 => "/ColorSpace/DeviceGray",
        3 => "/ColorSpace/DeviceRGB",
        // Programs write the four colours of print as negatives.
        4 => "/ColorSpace/DeviceCMYK/Decode[1 0 1 0 1 0 1 0]",
        other => return Err(format!("it has {other} colours")),
    };
    let entries = format!("{entries}/BitsPerComponent 8/Filter/DCTDecode");
    let strips = vec![Strip { rows: height, entries, data: bytes.to_vec(), cover: None }];
    Ok(Sheet { width, height, turned, strips })
}

/// By how much a camera's picture is turned to be upright (Exif 2.32 §4.6.4): its fields are a TIFF's.
fn exif(data: &[u8]) -> Option<u16> {
    tiff::orientation(data.strip_prefix(b"Exif\0\0")?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn size_and_orientation_are_read() {
        let mut bytes = vec![0xFF, 0xD8];
        let exif = [
            b"Exif\0\0II*\0\x08\0\0\0\x01\0".as_slice(),
            &[0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0],
            &[0; 4],
        ]
        .concat();
        bytes.extend([0xFF, 0xE1]);
        bytes.extend((exif.len() as u16 + 2).to_be_bytes());
        bytes.extend(exif);
        bytes.extend([0xFF, 0xFF, 0xC2, 0, 11, 8, 0, 20, 0, 30, 1, 1, 0x11, 0]);
        let sheet = super::sheet(&bytes, 1000).unwrap();
        assert_eq!((sheet.width, sheet.height, sheet.turned), (30, 20, 90));
        assert!(super::sheet(&bytes, 599).unwrap_err().contains("600 pixels"));
        assert!(super::sheet(&bytes[..20], 1000).is_err());
        assert!(super::sheet(&[], 1000).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_refused_or_read(bytes: Vec<u8>) {
            let _ = super::sheet(&bytes, 1000);
            let _ = super::sheet(&[&[0xFF, 0xD8, 0xFF, 0xE1], &bytes[..]].concat(), 1000);
        }
    }
}
