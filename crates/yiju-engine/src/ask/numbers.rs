//! The numbers of a text, in digits and in Chinese numerals.

use std::ops::Range;

/// The numbers of `text`, in order, by byte range: `1.13`, `12,000`, `二十三`, `百分之五` (its 五).
pub(crate) fn quantities(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(c) = text[at..].chars().next() {
            let start = at;
            if c.is_ascii_digit() {
                let end = at + digits_len(&text[at..]);
                // 万亿 of 1.13万亿 belongs to the number.
                at = end + numeral_len(&text[end..]);
                return Some(start..end);
            }
            if is_numeral(c) {
                at += numeral_len(&text[at..]);
                if counts(text, start, at) {
                    return Some(start..at);
                }
                continue;
            }
            at += c.len_utf8();
        }
        None
    })
}

fn digits_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut len = 0;
    while len < bytes.len() {
        let inner =
            matches!(bytes[len], b'.' | b',') && bytes.get(len + 1).is_some_and(u8::is_ascii_digit);
        if !(bytes[len].is_ascii_digit() || inner) {
            break;
        }
        len += 1;
    }
    len
}

fn is_numeral(c: char) -> bool {
    "零〇一二三四五六七八九十百千万亿两半".contains(c)
}

fn numeral_len(text: &str) -> usize {
    text.char_indices()
        .find(|&(_, c)| !is_numeral(c))
        .map_or(text.len(), |(at, _)| at)
}

/// A Chinese numeral counts as an amount only with a unit after it (三年, 五名) or 分之 before it:
/// 一体, 统一 and 一是 are words.
fn counts(text: &str, start: usize, end: usize) -> bool {
    let numeral = &text[start..end];
    if text[..start].ends_with("分之") {
        return true;
    }
    let Some(next) = text[end..].chars().next() else {
        return numeral.chars().count() > 1;
    };
    let unit = "个名人位户年月日天次项条家所座岁倍元角分件亩台辆种级层小周世篇部款章届米吨斤克公里平方度伏瓦升秒点成号届轮艘支枚张片场门".contains(next);
    if text[end..].starts_with("分之") {
        return false;
    }
    let single_one =
        numeral == "一" || numeral == "万" || numeral == "千" || numeral == "百" || numeral == "半";
    (unit && !(single_one && "体个些点种次级部条方门".contains(next)))
        || numeral.chars().count() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_and_words_with_numerals_are_not() {
        let found = |text: &str| {
            quantities(text)
                .map(|r| text[r].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(found("总额1.13万亿元,12,000人"), ["1.13", "12,000"]);
        assert_eq!(found("一体化推进统一市场,一是家庭"), Vec::<String>::new());
        assert_eq!(found("三年内建成五个基地"), ["三", "五"]);
        assert_eq!(found("百分之五"), ["五"]);
    }
}
