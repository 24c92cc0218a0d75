//! What fields of Word show that have no stored result (ECMA-376 part 1 §17.16.5), from DOCX, DOC and RTF alike.

use crate::numerals::Numerals;
use crate::symbols;

/// What the instruction of a field itself shows; `None` if that is not in it.
pub(crate) fn shown(instruction: &str) -> Option<String> {
    let instruction = instruction.trim();
    let (name, rest) = instruction.split_once([' ', '\\']).unwrap_or((instruction, ""));
    match name.to_ascii_uppercase().as_str() {
        // The backslash that ended the name belongs to the rest.
        "EQ" => formula(instruction.get(name.len()..).unwrap_or_default()),
        "SYMBOL" => {
            let mut words = rest.split_whitespace();
            let code = words.next()?;
            let code = match code.strip_prefix("0x") {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => code.parse().ok()?,
            };
            let font = rest.split_once("\\f").map(|(_, font)| font.trim().trim_start_matches('"'));
            let font = font.and_then(|font| font.split('"').next()).unwrap_or_default();
            symbols::symbol(font, code).or(char::from_u32(code)).map(String::from)
        }
        _ => None,
    }
}

/// Whether a field shows a number that is nowhere stored.
pub(crate) fn is_number(instruction: &str) -> bool {
    let name = instruction.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    matches!(name.as_str(), "LISTNUM" | "AUTONUM" | "AUTONUMLGL" | "AUTONUMOUT" | "SEQ")
}

/// What an EQ field shows. Chinese Word makes numbers in circles so: `\o\ac(○,1)`.
fn formula(rest: &str) -> Option<String> {
    let inside = rest.split_once('(')?.1;
    let inside = inside.rsplit_once(')').map_or(inside, |(inside, _)| inside);
    let parts: Vec<&str> = inside.split([',', ';']).map(str::trim).collect();
    let rest = rest.to_ascii_lowercase();
    if rest.contains("\\o") {
        if let ["○" | "〇" | "◯", number] = parts.as_slice()
            && let Ok(number) = number.parse()
        {
            return Some(Numerals::named("decimalEnclosedCircle").write(number));
        }
        return Some(parts.concat());
    }
    Some(parts.join(if rest.contains("\\f") { "/" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_fractions_and_symbols() {
        assert_eq!(shown(r" eq \o\ac(○,3) ").as_deref(), Some("③"));
        assert_eq!(shown(r"EQ\f(1,2)").as_deref(), Some("1/2"));
        assert_eq!(shown(r#"SYMBOL 254 \f "Wingdings" \s 12"#).as_deref(), Some("☑"));
        assert_eq!(shown("PAGE"), None);
        assert!(is_number(" LISTNUM x"));
    }
}
