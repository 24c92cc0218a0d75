//! Folding: one form for the ways of writing the same text.
//!
//! Width, case, quotation marks, brackets, dashes, white space and Traditional characters are folded one by one, so
//! that every folded character keeps the bytes of the source that it came from.

mod simplified;

use std::ops::Range;

use unicode_normalization::char::decompose_compatible;

use simplified::simplify;

/// A folded character and the bytes of the source it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// The character.
    pub char: char,
    /// Bytes of the one source character; several folded ones may come from it (㎡).
    pub source: Range<usize>,
}

/// Folds `text` character by character, as [`normalize`] does, but keeps one space for every white
/// space character.
pub fn fold(text: &str) -> Vec<Folded> {
    let mut folded: Vec<Folded> = Vec::with_capacity(text.len() / 2);
    for (start, c) in text.char_indices() {
        let source = start..start + c.len_utf8();
        let mut push = |c: char| folded.push(Folded { char: c, source: source.clone() });
        match c {
            'a'..='z' | '0'..='9' | '\u{4E00}'..='\u{9FFF}' => push(c),
            'A'..='Z' => push(c.to_ascii_lowercase()),
            _ if c.is_whitespace() => push(' '),
            // Marks without width: zero-width spaces and joiners, soft hyphen, byte order mark.
            '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' => {}
            '“' | '”' | '„' | '‟' | '〝' | '〞' | '〟' | '「' | '」' | '『' | '』' | '﹁'
            | '﹂' | '﹃' | '﹄' => push('"'),
            '‘' | '’' | '‚' | '‛' => push('\''),
            '【' | '〔' | '〖' | '［' => push('['),
            '】' | '〕' | '〗' | '］' => push(']'),
            '《' | '〈' => push('<'),
            '》' | '〉' => push('>'),
            '—' | '–' | '‐' | '‑' | '‒' | '―' | '−' => push('-'),
            '～' | '〜' => push('~'),
            _ if is_compatibility(c) => {
                decompose_compatible(c, |part| part.to_lowercase().for_each(&mut push))
            }
            _ if c.is_uppercase() => c.to_lowercase().for_each(push),
            _ => push(c),
        }
    }
    simplify(&mut folded);
    folded
}

/// Characters with a compatibility decomposition: full and half widths, circled numbers, Roman numerals, units,
/// CJK duplicates. Blocks whose decomposition would lose a letter (accents, Hangul) are left out.
fn is_compatibility(c: char) -> bool {
    matches!(c,
        '\u{00B2}' | '\u{00B3}' | '\u{00B9}' | '\u{2070}'..='\u{209F}' | '\u{2100}'..='\u{218F}'
        | '\u{2460}'..='\u{24FF}' | '\u{2E80}'..='\u{2FDF}' | '\u{3200}'..='\u{33FF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{FB00}'..='\u{FB06}' | '\u{FE30}'..='\u{FE4F}'
        | '\u{FF00}'..='\u{FFEF}' | '\u{1D400}'..='\u{1D7FF}' | '\u{1F100}'..='\u{1F1FF}'
        | '\u{2F800}'..='\u{2FA1F}')
}

/// The normal form in which texts are compared: compatibility forms and full width folded, lower case,
/// Simplified characters, one kind of quotation mark, bracket and dash, and single
/// spaces with none at the ends.
///
/// ```
/// assert_eq!(yiju_text::normalize("「ＡＢＣ」　第１條（後）"), "\"abc\" 第1条(后)");
/// ```
pub fn normalize(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for folded in fold(text) {
        if folded.char != ' ' || !(normal.is_empty() || normal.ends_with(' ')) {
            normal.push(folded.char);
        }
    }
    normal.truncate(normal.trim_end().len());
    normal
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn traditional_becomes_simplified_by_context() {
        for (from, to) in [
            ("乾淨的乾隆", "干净的乾隆"),
            ("以後皇后", "以后皇后"),
            ("裡面、公里、鄰里", "里面、公里、邻里"),
            ("頭髮發展", "头发发展"),
            ("臺灣的舞臺", "台湾的舞台"),
            ("沿著、隨著、著名、著作權", "沿着、随着、著名、著作权"),
            ("重疊", "重叠"),
            ("計畫", "计划"),
            ("關係、聯繫、系統", "关系、联系、系统"),
            ("超大特大城市應該怎樣發展", "超大特大城市应该怎样发展"),
            ("複雜、反覆、批覆、恢復、覆蓋", "复杂、反复、批复、恢复、覆盖"),
        ] {
            assert_eq!(normalize(from), to);
        }
    }

    #[test]
    fn simplified_text_stays_as_it_is() {
        let text = "后来公里里程碑上着干部、面条、系统、范围、云南、台州、于是、征收、余额、冬天的松树和了解瞭望塔";
        assert_eq!(normalize(text), text);
    }

    #[test]
    fn widths_quotes_brackets_and_spaces_meet() {
        assert_eq!(normalize("（Ａ）"), normalize("(a)"));
        assert_eq!(normalize("『好』「好」"), normalize("“好”„好‟"));
        assert_eq!(normalize("〔2025〕【1】［２］"), "[2025][1][2]");
        assert_eq!(normalize(" a\u{3000}\n b\u{200B}c "), "a bc");
        assert_eq!(normalize("５０㎡ ① Ⅳ ５０％"), "50m2 1 iv 50%");
        assert_eq!(normalize("é한국"), "é한국");
    }

    proptest! {
        #[test]
        fn folding_keeps_places(text in "\\PC*") {
            let mut last = 0;
            for folded in fold(&text) {
                prop_assert!(text.get(folded.source.clone()).is_some_and(|s| s.chars().count() == 1));
                prop_assert!(folded.source.start >= last);
                last = folded.source.start;
            }
        }

        #[test]
        fn normal_text_is_stable(text in "[a-zA-Z0-9一-龥「」（）　 \n，。０-９]*") {
            let once = normalize(&text);
            prop_assert_eq!(normalize(&once), once.clone());
        }
    }
}
