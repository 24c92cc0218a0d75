//! How the lines begin that begin a paragraph in every layout: with the number of an item or a clause.

/// Whether a line begins with a number of a clause or a part and a gap: `第三条　`, `第二章 总则`.
pub(crate) fn begins_clause(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('第') else { return false };
    let rest = rest.trim_start_matches(|c: char| {
        "一二三四五六七八九十百千零〇两０１２３４５６７８９ \u{3000}".contains(c)
            || c.is_ascii_digit()
    });
    let mut rest = rest.chars();
    rest.next().is_some_and(|c| "编章节条款部".contains(c))
        && rest.next().is_none_or(char::is_whitespace)
}

/// Whether a line begins with the number of an item: `一、`, `（二）`, `3.`, `(4)`, `①`.
pub(crate) fn begins_item(text: &str) -> bool {
    let numeral = |c: char| "一二三四五六七八九十百零〇".contains(c) || c.is_ascii_digit();
    let open = text.strip_prefix(['（', '(']);
    let rest = open.unwrap_or(text);
    let after = rest.trim_start_matches(numeral);
    let first = after.chars().next();
    let numbered = after.len() < rest.len();
    match first {
        _ if text.starts_with(|c| matches!(c, '①'..='⑳' | '●' | '•' | '■' | '◆' | '—')) => {
            true
        }
        Some('）' | ')') => numbered,
        Some('、' | '．') => numbered && open.is_none(),
        // `3.5` is a number.
        Some('.') => {
            numbered && open.is_none() && !after.chars().nth(1).is_some_and(|c| c.is_ascii_digit())
        }
        _ => begins_clause(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_are_known() {
        for text in ["第一条　为了", "第十二章 附则", "第3节"] {
            assert!(begins_clause(text), "{text}");
        }
        for text in ["第一条的规定", "第三方", "依照第一条"] {
            assert!(!begins_clause(text), "{text}");
        }
        for text in ["一、总则", "（二）条件", "3. 材料", "(4)其他", "①申请", "第一条　为了"]
        {
            assert!(begins_item(text), "{text}");
        }
        for text in ["2035年", "3.5倍", "一是", "（以下简称）"] {
            assert!(!begins_item(text), "{text}");
        }
    }
}
