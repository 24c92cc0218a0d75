//! Which of the numbers at the heads of lines are labels: those that continue their sequence.

use crate::label::{Label, STYLES, Style, parse_label};
use crate::signs;
use yiju_text::chars::{longer_than, width};

/// A paragraph of a document's body.
pub(crate) struct Line<'a> {
    /// The paragraph as printed.
    pub(crate) text: &'a str,
    /// Where it starts in the document's text, in bytes.
    pub(crate) start: usize,
    /// The number of `#` of a Markdown heading.
    pub(crate) markdown: Option<u8>,
    /// The label, where the number in front is one; `end` counts from the start of `text`.
    pub(crate) label: Option<Label>,
    /// Title, date, number or table of contents: belongs to no clause.
    pub(crate) outside: bool,
    /// Part of the signature.
    pub(crate) signature: bool,
    /// `附件…`
    pub(crate) attachment: bool,
}

impl<'a> Line<'a> {
    pub(crate) fn new(text: &'a str, start: usize, outside: bool, signature: bool) -> Self {
        let markdown = signs::markdown_heading(text);
        let at = markdown.map_or(0, |(_, at)| at);
        let body = text[at..].trim_start_matches('*');
        let shift = text.len() - body.len();
        let label = if outside || signature {
            None
        } else {
            parse_label(body)
        };
        Line {
            text,
            start,
            markdown: markdown.map(|(marks, _)| marks),
            label: label.map(|l| Label {
                end: l.end + shift,
                ..l
            }),
            outside,
            signature,
            attachment: !outside && signs::is_attachment(text),
        }
    }

    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(crate) fn style(&self) -> Option<Style> {
        self.label.as_ref().map(|l| l.style)
    }

    /// The text behind the label, or behind the `#`.
    pub(crate) fn rest(&self) -> &'a str {
        match &self.label {
            Some(label) => &self.text[label.end..],
            None => self.text.trim_start_matches('#').trim_start(),
        }
    }

    /// Whether the text behind the label is a heading: short and no sentence. A colon may end
    /// the shortest.
    pub(crate) fn is_heading(&self) -> bool {
        let rest = self.rest().trim_end_matches(['*', ' ']);
        let division = self.style().is_some_and(Style::is_division);
        let limit = if division { 100 } else { 80 };
        if rest.is_empty() || longer_than(rest, limit) || width(rest) > limit {
            return rest.is_empty();
        }
        let last = rest.chars().next_back().unwrap_or(' ');
        let colon = matches!(last, '：' | ':') && width(rest) <= 40;
        let mark = matches!(
            last,
            '。' | '；' | '，' | '、' | '：' | ':' | ';' | ',' | '.' | '！' | '!' | '…'
        );
        (colon || !mark)
            && !rest.contains(['。', '；'])
            && (division || rest.split('，').count() <= 3)
    }
}

/// Takes the labels away that do not continue a sequence: a year, 第三条道路, a stray number.
pub(crate) fn keep_sequences(lines: &mut [Line]) {
    let mut last: [Option<u32>; STYLES] = [None; STYLES];
    for line in lines.iter_mut() {
        if line.attachment {
            last = [None; STYLES];
        }
        let heading = line.is_heading();
        let Some(label) = &line.label else { continue };
        let slot = &mut last[label.style as usize];
        if continues(label, *slot, heading) {
            *slot = Some(label.number);
        } else {
            line.label = None;
        }
    }
}

fn continues(label: &Label, last: Option<u32>, heading: bool) -> bool {
    let number = label.number;
    // How many numbers may be missing: misprinted, repealed or lost.
    let within = |gap: u32| last.is_some_and(|last| number > last && number - last <= gap + 1);
    match label.style {
        style if style.is_division() => {
            (label.separated || heading) && (number == 1 || last.is_none() || within(5))
        }
        Style::Article => {
            let sub = label.sub.is_some() && last == Some(number);
            let first = number == 1 && (last.is_none() || label.separated);
            // An excerpt leaves articles out; a space after the number shows that it is one.
            let later = label.separated && last.is_none_or(|last| number > last);
            within(0) || first || sub || later
        }
        Style::Ideographic | Style::Parenthesized => number == 1 || last.is_none() || within(2),
        _ => number == 1 || within(1) || (last.is_none() && number <= 3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lines: &[&str]) -> Vec<bool> {
        let mut lines: Vec<Line> = lines
            .iter()
            .map(|l| Line::new(l, 0, false, false))
            .collect();
        keep_sequences(&mut lines);
        lines.iter().map(|l| l.label.is_some()).collect()
    }

    #[test]
    fn strays_are_text() {
        assert_eq!(
            kept(&[
                "第一条　甲。",
                "第二条　乙。",
                "第三十五条道路很长。",
                "第三条　丙。",
                "第三条之一　丁。",
                "第九十条　戊。"
            ]),
            [true, true, false, true, true, true]
        );
        assert_eq!(
            kept(&["1. 甲。", "30. 乙。", "2. 丙。"]),
            [true, false, true]
        );
        assert_eq!(
            kept(&["（一）甲。", "附件1", "（一）乙。"]),
            [true, false, true]
        );
    }
}
