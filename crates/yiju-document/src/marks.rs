//! Paragraph marks that are not line breaks: `\n` spelt out, `<br>`, two ideographic spaces.

use std::borrow::Cow;

use yiju_text::chars::is_han;

/// The text with line breaks for the marks that stand for them, where it has hardly any line
/// breaks of its own.
pub(crate) fn with_breaks(text: &str) -> Cow<'_, str> {
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    if lines > 20 && text.len() < 600 * lines {
        return Cow::Borrowed(text);
    }
    let spelt = |mark: &str| text.matches(mark).count();
    let mut text = Cow::Borrowed(text);
    for marks in
        [&["\\r\\n", "\\n"][..], &["<br>", "<br/>", "<br />", "</p><p>", "</p>", "<p>"][..]]
    {
        if marks.iter().map(|mark| spelt(mark)).sum::<usize>() >= lines.max(1) {
            for mark in marks {
                text = Cow::Owned(text.replace(mark, "\n"));
            }
            text = Cow::Owned(text.replace("&nbsp;", " "));
        }
    }
    let wide = wide_spaces(&text);
    if wide.len() < lines.max(1) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in wide {
        out.push_str(&text[from..start]);
        out.push('\n');
        from = end;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// Runs of two or more ideographic or no-break spaces that part paragraphs; 总　　则 is one word.
fn wide_spaces(text: &str) -> Vec<(usize, usize)> {
    let wide = |c: char| matches!(c, '\u{3000}' | '\u{a0}');
    let mut runs = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(wide).map(|found| at + found) {
        let run =
            text[start..].find(|c: char| !wide(c)).map_or(text.len(), |length| start + length);
        at = run;
        let space = |c: char| c.is_whitespace();
        let before = text[..start].chars().rev().take(2).collect::<Vec<_>>();
        let after = text[run..].chars().take(2).collect::<Vec<_>>();
        let alone = |side: &[char]| {
            side.first().is_some_and(|c| is_han(*c)) && side.get(1).is_none_or(|c| space(*c))
        };
        let one_word = alone(&before) && alone(&after);
        let edge = before.first().is_none_or(|c| *c == '\n') || after.is_empty();
        if text[start..run].chars().nth(1).is_some() && !one_word && !edge {
            runs.push((start, run));
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        for (text, broken) in [
            ("甲。\\n乙。\\r\\n丙。", "甲。\n乙。\n丙。"),
            ("甲。<br>乙。<br/>丙。", "甲。\n乙。\n丙。"),
            ("办法　　一、甲办。　　二、乙办。", "办法\n一、甲办。\n二、乙办。"),
            ("第一章 总　　则", "第一章 总　　则"),
            ("甲。\n乙\\n。\n丙。", "甲。\n乙\\n。\n丙。"),
            ("　　甲甲。\n　　乙乙。", "　　甲甲。\n　　乙乙。"),
        ] {
            assert_eq!(with_breaks(text), broken);
        }
    }
}
