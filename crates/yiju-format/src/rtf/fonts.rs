//! Fonts and the code pages of their bytes (specification 1.9.1, "Font Table", "Code Page Support").

use std::collections::HashMap;

use encoding_rs::Encoding;

use crate::symbols;

/// A font of the font table.
#[derive(Clone, Debug, Default)]
pub(super) struct Font {
    pub(super) name: String,
    pub(super) charset: Option<i32>,
    pub(super) page: Option<i32>,
}

/// The fonts of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Fonts {
    pub(super) fonts: HashMap<i32, Font>,
    /// The code page of the file, `\ansicpg`.
    pub(super) page: Option<i32>,
    /// The font of text that names none, `\deff`.
    pub(super) default: i32,
}

impl Fonts {
    /// The characters of bytes in a font.
    pub(super) fn decode(&self, font: i32, bytes: &[u8]) -> String {
        let known = self.fonts.get(&font);
        if let Some(known) = known.filter(|known| symbols::is_symbol_font(&known.name)) {
            let sign = |&byte: &u8| {
                symbols::symbol(&known.name, u32::from(byte)).unwrap_or(char::from(byte))
            };
            return bytes.iter().map(sign).collect();
        }
        let page =
            known.and_then(|font| font.page.or_else(|| font.charset.and_then(page_of_charset)));
        let encoding = page.and_then(encoding_of_page);
        if let Some(encoding) = encoding {
            return encoding.decode_without_bom_handling(bytes).0.into_owned();
        }
        // Fonts of the western or the default charset hold text of the file's code page in files of many programs; what
        // is none in it is western.
        let encoding = self.page.and_then(encoding_of_page).unwrap_or(encoding_rs::WINDOWS_1252);
        match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
            Some(text) => text.into_owned(),
            None => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
        }
    }

    /// A character given by its Unicode number, which in a symbol font is a code of that font.
    pub(super) fn character(&self, font: i32, code: u32) -> Option<char> {
        if (0xf020..=0xf0ff).contains(&code) {
            let name = self.fonts.get(&font).map_or("", |font| font.name.as_str());
            let sign = char::from_u32(code)?;
            return symbols::symbol(name, code).or_else(|| symbols::guessed(sign)).or(Some(sign));
        }
        char::from_u32(code)
    }
}

/// The code page of `\fcharset`; none for the western and the default charset.
fn page_of_charset(charset: i32) -> Option<i32> {
    Some(match charset {
        77 => 10_000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}

/// The encoding of a code page of Windows.
fn encoding_of_page(page: i32) -> Option<&'static Encoding> {
    Some(match page {
        874 => encoding_rs::WINDOWS_874,
        932 => encoding_rs::SHIFT_JIS,
        936 | 54_936 => encoding_rs::GB18030,
        949 => encoding_rs::EUC_KR,
        950 => encoding_rs::BIG5,
        1250 => encoding_rs::WINDOWS_1250,
        1251 => encoding_rs::WINDOWS_1251,
        1252 => encoding_rs::WINDOWS_1252,
        1253 => encoding_rs::WINDOWS_1253,
        1254 => encoding_rs::WINDOWS_1254,
        1255 => encoding_rs::WINDOWS_1255,
        1256 => encoding_rs::WINDOWS_1256,
        1257 => encoding_rs::WINDOWS_1257,
        1258 => encoding_rs::WINDOWS_1258,
        10_000 => encoding_rs::MACINTOSH,
        65_001 => encoding_rs::UTF_8,
        _ => return None,
    })
}
