//! Characters of symbol fonts, which have codes of their own (U+F020 to U+F0FF or one byte) instead of Unicode's.
//!
//! Symbol after Adobe's table of its encoding; Wingdings after the names of its signs, only those that Unicode has.

/// The character that a code of a symbol font shows; `None` if the font is none of the known ones.
pub(crate) fn symbol(font: &str, code: u32) -> Option<char> {
    let code = if (0xf020..=0xf0ff).contains(&code) { code - 0xf000 } else { code };
    let row = match font.trim().to_ascii_lowercase().as_str() {
        "symbol" => SYMBOL,
        "wingdings" => WINGDINGS,
        "wingdings 2" => return wingdings_2(code),
        _ => return None,
    };
    let at = usize::try_from(code.checked_sub(0x20)?).ok()?;
    row.chars().nth(at).filter(|&sign| sign != GAP)
}

/// Whether a font has codes of its own.
pub(crate) fn is_symbol_font(font: &str) -> bool {
    let font = font.trim();
    ["symbol", "wingdings", "wingdings 2"].iter().any(|known| font.eq_ignore_ascii_case(known))
}

/// A text in a symbol font with Unicode's characters; of codes that are not known, what they are.
pub(crate) fn mapped(font: &str, text: &str) -> String {
    text.chars().map(|sign| symbol(font, u32::from(sign)).unwrap_or(sign)).collect()
}

/// A character of the area for private use without its font. `None` for others; bullets for what lists use most.
pub(crate) fn guessed(sign: char) -> Option<char> {
    match u32::from(sign) {
        0xf0b7 => Some('•'),
        code @ 0xf020..=0xf0ff => symbol("Wingdings", code),
        _ => None,
    }
}

const GAP: char = '\u{fffd}';

// Each row has the codes 0x20 to 0xff in order; U+FFFD where there is no sign.
const SYMBOL: &str = concat!(
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?",
    "≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_",
    "\u{fffd}αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼\u{fffd}",
    "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
    "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…\u{fffd}\u{fffd}↵",
    "ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓",
    "◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\u{fffd}〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭\u{fffd}",
);

const WINGDINGS: &str = concat!(
    " ✏✂✁👓🕭📖🕯☎✆✉🖃📪📫📬📭",
    "📁📂📄🗏🗐🗄⌛🖮🖰🖲🖳🖴🖫🖬✇✍",
    "✎✌👌👍👎☜☞☝☟✋☺😐☹💣☠⚐",
    "🏱✈☼💧❄🕆✞🕈✠✡☪☯ॐ☸♈♉",
    "♊♋♌♍♎♏♐♑♒♓🙰🙵●❍■□",
    "🞐❑❒⬧⧫◆❖⬥⌧⍓⌘❀✿❝❞\u{fffd}",
    "⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹",
    "❺❻❼❽❾❿🙢🙠🙡🙣🙞🙜🙝🙟·•",
    "▪○🞆🞈◉◎🔿▪□🟂✦★✶✴✹✵",
    "⯐⌖⟡⌑⯑✪✰🕐🕑🕒🕓🕔🕕🕖🕗🕘",
    "🕙🕚🕛⮰⮱⮲⮳⮴⮵⮶⮷🙪🙫🙕🙔🙗",
    "🙖🙐🙑🙒🙓⌫⌦⮘➢⮙⮛⮈⮊⮉⮋🡨",
    "🡪🡩🡫🡬🡭🡯🡮🡸🡺🡹🡻🡼🡽🡿🡾⇦",
    "⇨⇧⇩⬄⇳⬀⬁⬃⬂▭▫✗✓☒☑\u{fffd}",
);

/// The ticks, boxes and numbers of Wingdings 2; its other signs are ornaments.
fn wingdings_2(code: u32) -> Option<char> {
    match code {
        0x4f | 0x51 => Some('✗'),
        0x50 => Some('✓'),
        0x52 => Some('☑'),
        0x53 | 0x54 => Some('☒'),
        0x6a..=0x73 => char::from_u32(0x2460 + code - 0x6a),
        0x75..=0x7e => char::from_u32(0x2776 + code - 0x75),
        0xa2 => Some('■'),
        0xa3 => Some('□'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_a_sign_for_each_code() {
        assert_eq!(SYMBOL.chars().count(), 224);
        assert_eq!(WINGDINGS.chars().count(), 224);
        assert_eq!(symbol("Symbol", 0x61), Some('α'));
        assert_eq!(symbol("Symbol", 0xf0b7), Some('•'));
        assert_eq!(symbol("symbol", 0xb3), Some('≥'));
        assert_eq!(symbol("Symbol", 0xe5), Some('∑'));
        assert_eq!(symbol("Symbol", 0xf2), Some('∫'));
    }

    #[test]
    fn boxes_ticks_and_circles_of_wingdings() {
        for (code, sign) in [
            (0x36, '⌛'),
            (0x4a, '☺'),
            (0x6c, '●'),
            (0x6e, '■'),
            (0x6f, '□'),
            (0x75, '◆'),
            (0x76, '❖'),
            (0x81, '①'),
            (0x8a, '⑩'),
            (0x8c, '❶'),
            (0x9f, '•'),
            (0xa7, '▪'),
            (0xa8, '□'),
            (0xab, '★'),
            (0xd8, '➢'),
            (0xfb, '✗'),
            (0xfc, '✓'),
            (0xfd, '☒'),
            (0xfe, '☑'),
        ] {
            assert_eq!(symbol("Wingdings", code), Some(sign), "{code:#x}");
        }
        assert_eq!(symbol("Wingdings 2", 0x52), Some('☑'));
        assert_eq!(symbol("Wingdings 2", 0x50), Some('✓'));
    }

    #[test]
    fn other_fonts_and_codes_stay() {
        assert_eq!(symbol("Arial", 0x61), None);
        assert_eq!(mapped("Wingdings", "þ中"), "☑中");
        assert_eq!(guessed('\u{f0b7}'), Some('•'));
        assert_eq!(guessed('中'), None);
    }
}
