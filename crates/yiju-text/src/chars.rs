//! Classes of characters: Chinese characters, marks that end a sentence, brackets and quotes, printed width.

/// Whether `c` is a Chinese character. Segmentation, language detection and headings all use this one class:
///
/// - the unified ideographs and the compatibility ideographs (U+F900 to U+FAFF), which print like them;
/// - 々, which repeats the character before it, and 〇, the digit of 二〇二五: both stand inside words;
/// - planes 2 and 3 whole: Unicode reserves them for ideographs and adds blocks to them.
///
/// The hexagrams between the blocks (U+4DC0 to U+4DFF) are symbols.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{F900}'..='\u{FAFF}'
        | '々' | '〇' | '\u{20000}'..='\u{3FFFD}')
}

/// Whether `c` is set without spaces around it: Han, kana, CJK punctuation, full-width forms.
pub fn is_cjk(c: char) -> bool {
    is_han(c)
        || matches!(c as u32, 0x2E80..=0x2FDF | 0x3000..=0x30FF | 0x31C0..=0x33FF | 0xFF00..=0xFFEF)
        || matches!(c, '“' | '”' | '‘' | '’' | '…' | '—')
}

/// Columns that `c` takes in fixed-width print.
pub fn columns(c: char) -> usize {
    if is_cjk(c) || matches!(c as u32, 0xAC00..=0xD7AF | 0x1F300..=0x1FAFF) { 2 } else { 1 }
}

/// Columns of a whole line.
pub fn width(line: &str) -> usize {
    line.chars().map(columns).sum()
}

/// Whether `c` ends a sentence. The ASCII full stop is not among them: it depends on the context.
pub fn is_final(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '!' | '?' | '｡' | '．' | '‼' | '⁉' | '⁈')
}

/// Whether `c` closes a quotation or a bracket.
pub fn is_closing(c: char) -> bool {
    matches!(
        c,
        '”' | '’'
            | '」'
            | '』'
            | '）'
            | ')'
            | '》'
            | '〉'
            | '】'
            | ']'
            | '］'
            | '〕'
            | '}'
            | '"'
            | '\''
            | '»'
            | '｣'
            | '〗'
    )
}

/// The mark that closes the bracket or quotation that `c` opens; `None` where it opens none.
pub fn closer_of(c: char) -> Option<char> {
    Some(match c {
        '“' => '”',
        '‘' => '’',
        '「' => '」',
        '『' => '』',
        '（' => '）',
        '(' => ')',
        '《' => '》',
        '〈' => '〉',
        '【' => '】',
        '［' => '］',
        '[' => ']',
        '〔' => '〕',
        _ => return None,
    })
}

/// Whether a paragraph ends with a sentence's end, not counting closing quotes and brackets after it.
pub fn ends_finally(text: &str) -> bool {
    let body = text.trim_end().trim_end_matches(is_closing);
    match body.chars().next_back() {
        Some(c) => is_final(c) || matches!(c, '.' | '…'),
        // Nothing but closing marks.
        None => true,
    }
}

/// Whether a paragraph ends with a bracketed remark after a whole sentence: `…。（完）`.
pub fn ends_with_remark(text: &str) -> bool {
    let text = text.trim_end();
    if !text.ends_with(['）', ')']) {
        return false;
    }
    let open = text.char_indices().rev().take(80).find(|(_, c)| matches!(c, '（' | '('));
    open.is_some_and(|(at, _)| at > 0 && ends_finally(&text[..at]))
}

/// The last character that is not white space.
pub fn last_char(text: &str) -> Option<char> {
    text.trim_end().chars().next_back()
}

/// The number of characters, or `limit` if there are more.
pub fn length_up_to(text: &str, limit: usize) -> usize {
    text.chars().take(limit).count()
}

/// Whether the text has more than `limit` characters.
pub fn longer_than(text: &str, limit: usize) -> bool {
    text.chars().nth(limit).is_some()
}

/// The text without white space.
pub fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether a bracket or quotation is still open at the end of `text`. Only the last 2,000 bytes count: one that
/// opened earlier does not show that a line is broken.
pub fn left_open(text: &str) -> bool {
    let mut start = text.len().saturating_sub(2_000);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let mut open: Vec<char> = Vec::new();
    for c in text[start..].chars() {
        if let Some(closer) = closer_of(c) {
            open.push(closer);
        } else if let Some(at) = open.iter().rposition(|&o| o == c) {
            open.truncate(at);
        } else if matches!(c, '）' | ')') {
            // （ may be closed by ): the printed text mixes widths.
            if let Some(at) = open.iter().rposition(|&o| matches!(o, '）' | ')')) {
                open.truncate(at);
            }
        }
    }
    !open.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn han_is_one_class() {
        for c in
            ['一', '龥', '㐀', '々', '〇', '\u{F900}', '\u{FA0E}', '𠀀', '\u{2A6DF}', '\u{323AF}']
        {
            assert!(is_han(c) && is_cjk(c), "{c}");
        }
        for c in ['〆', '䷀', '⼀', '⺀', 'ア', '한', '○', '、', 'a', '１', '\u{1F600}'] {
            assert!(!is_han(c), "{c}");
        }
    }

    #[test]
    fn ends() {
        for text in ["完。", "完。”", "（见附件。）", "What?", "etc.", "等等……"] {
            assert!(ends_finally(text), "{text}");
        }
        for text in ["发挥债券市场、", "推进国家区", "如下：", "and"] {
            assert!(!ends_finally(text), "{text}");
        }
    }

    #[test]
    fn open_brackets() {
        assert!(left_open("依照《中华人民共和国"));
        assert!(!left_open("（见附件)和“x”"));
        assert!(ends_with_remark("创历史新高。（完）"));
        assert!(!ends_with_remark("可持续发展城市奖（上海奖）"));
    }
}
