//! Sentence splitting for Chinese and English, by byte range.

use std::ops::Range;

use crate::chars::{closer_of, is_cjk, is_closing, is_final, is_han};
use crate::words::WordList;

const WORDS: &str = include_str!("../data/sentences.txt");
static SAID: WordList = WordList::section(WORDS, "said");
static TITLES: WordList = WordList::section(WORDS, "titles");
static BEFORE_NUMBER: WordList = WordList::section(WORDS, "before a number");

/// Sentences over this many characters are split at their semicolons.
const LONG: usize = 300;
/// Pieces of a long sentence have at least this many characters if possible.
const PIECE: usize = 80;

/// Splits a text into sentences: byte ranges in order, without overlap, on character boundaries;
/// only white space lies outside them.
///
/// A line end always ends a sentence. Closing quotes and brackets stay with the sentence that they
/// close; a quotation or a bracketed remark is not split. Decimals, abbreviations, `No. 5`, list
/// numbers and addresses do not end a sentence. A sentence of more than 300 characters is split at
/// its semicolons, or, where it has none, inside its quotations.
pub fn split_sentences(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        split_line(line, start, &mut out);
        start += line.len();
    }
    out
}

fn split_line(line: &str, base: usize, out: &mut Vec<Range<usize>>) {
    let chars: Vec<(usize, char)> = line.char_indices().collect();
    let depth = depths(&chars);
    let byte = |i: usize| chars.get(i).map_or(line.len(), |&(at, _)| at);
    let mut start = 0;
    let mut i = 0;
    while i < chars.len() {
        let next = end_after(&chars, &depth, start, i);
        if let Some(end) = next {
            push(line, &chars, &depth, start..end, base, &byte, out);
            start = end;
            i = end;
        } else {
            i += 1;
        }
    }
    push(line, &chars, &depth, start..chars.len(), base, &byte, out);
}

/// The nesting depth of each character in quotes and brackets. A mark without its partner in the line does not
/// count, so that one lost quote does not swallow the line.
fn depths(chars: &[(usize, char)]) -> Vec<u32> {
    let mut change = vec![0i32; chars.len() + 1];
    let mut open: Vec<(usize, char)> = Vec::new();
    for (i, &(_, c)) in chars.iter().enumerate() {
        if let Some(closer) = closer_of(c) {
            // The bound keeps the search below linear; prose does not nest deeper.
            if open.len() == 32 {
                open.remove(0);
            }
            open.push((i, closer));
        } else if is_closing(c) {
            let same = |o: char| o == c || (matches!(o, '）' | ')') && matches!(c, '）' | ')'));
            if let Some(at) = open.iter().rposition(|&(_, o)| same(o)) {
                let from = open[at].0;
                open.truncate(at);
                change[from + 1] += 1;
                change[i + 1] -= 1;
            }
        }
    }
    let mut depth = 0i32;
    change
        .iter()
        .take(chars.len())
        .map(|c| {
            depth += c;
            depth.max(0) as u32
        })
        .collect()
}

/// The end of the sentence that began at `start`, if the character at `i` ends it.
fn end_after(chars: &[(usize, char)], depth: &[u32], start: usize, i: usize) -> Option<usize> {
    let c = chars[i].1;
    let at = |j: usize| chars.get(j).map(|&(_, c)| c);
    if depth[i] > 0 {
        // “…。” ends a sentence where the quote itself closes after a final mark.
        let closes = is_closing(c) && depth.get(i + 1).copied().unwrap_or(0) == 0;
        let quote = matches!(c, '”' | '」' | '』' | '’');
        if !(closes && quote && i > 0 && is_final(chars[i - 1].1)) {
            return None;
        }
        let end = closing_run(chars, i + 1);
        return (!attributed(chars, end)).then_some(end);
    }
    let ends = match c {
        '.' => full_stop_ends(chars, start, i),
        '．' => !(i > start && chars[i - 1].1.is_alphanumeric() && !is_han(chars[i - 1].1)),
        '!' | '?' => match at(closing_run(chars, i + 1)) {
            None => true,
            Some(next) => next.is_whitespace() || is_cjk(next),
        },
        c => is_final(c),
    };
    if !ends {
        return None;
    }
    let mut end = i + 1;
    while at(end).is_some_and(|c| is_final(c) || matches!(c, '…')) {
        end += 1;
    }
    Some(closing_run(chars, end))
}

fn closing_run(chars: &[(usize, char)], mut i: usize) -> usize {
    while chars.get(i).is_some_and(|&(_, c)| is_closing(c)) {
        i += 1;
    }
    i
}

/// Whether a quotation is followed by who said it: `“…。”张三说`.
fn attributed(chars: &[(usize, char)], from: usize) -> bool {
    let after: String = chars
        .iter()
        .skip(from)
        .map(|&(_, c)| c)
        .take(48)
        .take_while(|&c| !matches!(c, '，' | '。' | '；' | '！' | '？' | '：' | '\n'))
        .collect();
    let spoken = SAID.is_in(&after) || after.chars().nth(2).is_none();
    spoken && after.starts_with(|c: char| !c.is_whitespace())
}

/// Whether the ASCII full stop at `i` ends a sentence.
fn full_stop_ends(chars: &[(usize, char)], start: usize, i: usize) -> bool {
    let at = |j: usize| chars.get(j).map(|&(_, c)| c);
    let before = (i > start).then(|| chars[i - 1].1);
    let after = closing_run(chars, i + 1);
    match at(after) {
        None => return true,
        Some(c) if c.is_whitespace() => {}
        // A Chinese sentence with an ASCII stop runs on without a space.
        Some(c) if is_han(c) => return before.is_some_and(is_han),
        Some(_) => return false,
    }
    let next = chars.iter().skip(after).map(|&(_, c)| c).find(|c| !c.is_whitespace());
    if next.is_some_and(char::is_lowercase) {
        return false;
    }
    let word: String = {
        let mut from = i;
        while from > start && i - from < 12 && is_word(chars[from - 1].1) {
            from -= 1;
        }
        chars[from..i].iter().map(|&(_, c)| c).collect()
    };
    let leads = chars[start..i - word.chars().count().min(i - start)]
        .iter()
        .all(|&(_, c)| c.is_whitespace() || matches!(c, '#' | '(' | '*'));
    if word.is_empty() {
        return true;
    }
    // The number of a list item: `1. Scope`, `IV. Scope`.
    let numeric = word.chars().all(|c| c.is_ascii_digit());
    if leads && (numeric || word.chars().all(|c| "IVXLivxl".contains(c)) || word.len() == 1) {
        return false;
    }
    // Abbreviations with inner stops (U.S., e.g.) and initials.
    if word.contains('.') || (word.len() == 1 && word.starts_with(|c: char| c.is_ascii_uppercase()))
    {
        return false;
    }

    let lower = word.to_ascii_lowercase();
    if TITLES.contains(&lower) {
        return false;
    }
    let number_next = next.is_some_and(|c| c.is_numeric() || c == '(');
    !(number_next && BEFORE_NUMBER.contains(&lower))
}

fn is_word(c: char) -> bool {
    !is_cjk(c) && (c.is_alphanumeric() || matches!(c, '.' | '-' | '\''))
}

/// Adds a sentence, in pieces where it is very long.
fn push(
    line: &str,
    chars: &[(usize, char)],
    depth: &[u32],
    range: Range<usize>,
    base: usize,
    byte: &dyn Fn(usize) -> usize,
    out: &mut Vec<Range<usize>>,
) {
    if range.len() <= LONG {
        push_trimmed(line, byte(range.start)..byte(range.end), base, out);
        return;
    }
    let mut start = range.start;
    let outer = range.clone().any(|i| depth[i] == 0 && is_semicolon(chars[i].1));
    for i in range.clone() {
        let c = chars[i].1;
        let cut =
            if outer { depth[i] == 0 && is_semicolon(c) } else { is_semicolon(c) || is_final(c) };
        let end = if cut { closing_run(chars, i + 1).min(range.end) } else { 0 };
        if end > start && end - start >= PIECE && range.end - end >= PIECE {
            push_trimmed(line, byte(start)..byte(end), base, out);
            start = end;
        }
    }
    push_trimmed(line, byte(start)..byte(range.end), base, out);
}

fn is_semicolon(c: char) -> bool {
    matches!(c, '；' | ';')
}

fn push_trimmed(line: &str, range: Range<usize>, base: usize, out: &mut Vec<Range<usize>>) {
    let Some(part) = line.get(range.clone()) else {
        return;
    };
    let start = range.start + (part.len() - part.trim_start().len());
    let end = range.end - (part.len() - part.trim_end().len());
    if start < end {
        out.push(base + start..base + end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(text: &str) -> Vec<&str> {
        split_sentences(text).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn chinese() {
        assert_eq!(
            parts("(二) 增强超大特大城市综合竞争力。推动城市，做强核心。\n支持布局！"),
            ["(二) 增强超大特大城市综合竞争力。", "推动城市，做强核心。", "支持布局！"]
        );
        assert_eq!(parts("他说：“好。走吧。”然后走了。"), ["他说：“好。走吧。”", "然后走了。"]);
        assert_eq!(
            parts("“减排15.7万吨。”总经理张立刚说，围绕目标。"),
            ["“减排15.7万吨。”总经理张立刚说，围绕目标。"]
        );
        assert_eq!(
            parts("见《什么是城市？城市论》第3页。（完。）好"),
            ["见《什么是城市？城市论》第3页。", "（完。）好"]
        );
        assert_eq!(parts("增长8.23%……还有呢？！"), ["增长8.23%……还有呢？！"]);
        assert_eq!(parts("“没有关上。下一句。"), ["“没有关上。", "下一句。"]);
    }

    #[test]
    fn english() {
        assert_eq!(
            parts(
                "1. Scope applies. See No. 5 and Art. 12 of the U.S. code at 3.5 percent. Done? Yes!"
            ),
            [
                "1. Scope applies.",
                "See No. 5 and Art. 12 of the U.S. code at 3.5 percent.",
                "Done?",
                "Yes!"
            ]
        );
        assert_eq!(
            parts("Dr. Li said \"go.\" See www.example.org/a?b=c. End"),
            ["Dr. Li said \"go.\"", "See www.example.org/a?b=c.", "End"]
        );
    }

    #[test]
    fn long_sentences_are_split_at_semicolons() {
        let item = "为推进城市高质量发展而采取的各项措施都应当得到落实；".repeat(30);
        let parts = parts(&item);
        assert!(parts.len() > 3);
        assert!(parts.iter().all(|p| p.chars().count() <= LONG && p.ends_with('；')));
    }

    proptest! {
        #[test]
        fn ranges_cover_the_text(text in "(?s)[。！？.!?“”（）\"'《》；\n 　a-zA-Z0-9中文法条]{0,200}|.{0,100}") {
            let mut last = 0;
            for range in split_sentences(&text) {
                prop_assert!(range.start >= last && range.start < range.end);
                prop_assert!(text[last..range.start].chars().all(char::is_whitespace));
                prop_assert!(!text[range.clone()].contains('\n'));
                last = range.end;
            }
            prop_assert!(text[last..].chars().all(char::is_whitespace));
        }
    }
}
