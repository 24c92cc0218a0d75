//! Which of the numbers at the heads of lines are labels: those that continue their sequence.

use crate::label::parse_label;
use crate::signs;
use crate::style::{Label, STYLES, Style, finish};
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
    /// Begins where the source has no line break.
    pub(crate) inferred: bool,
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
        let label = if outside || signature { None } else { parse_label(body) };
        Line {
            text,
            start,
            markdown: markdown.map(|(marks, _)| marks),
            label: label.map(|l| Label { end: l.end + shift, ..l }),
            outside,
            inferred: false,
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

/// Takes the labels away that do not continue a sequence: a year, 第三条道路, a stray number. Gives
/// labels to bare numbers above decimals: `1 总则` above `1.1 目的`.
pub(crate) fn keep_sequences(lines: &mut [Line]) {
    label_bare_numbers(lines);
    let mut last: [Option<u32>; STYLES] = [None; STYLES];
    // The open outline of decimals: 1, 1.2, 1.2.3.
    let mut outline: Vec<u32> = Vec::new();
    let mut last_sub = None;
    for i in 0..lines.len() {
        if lines[i].attachment {
            last = [None; STYLES];
            outline.clear();
        }
        let heading = lines[i].is_heading();
        let inferred = lines[i].inferred;
        let followed = lines[i].style() == Some(Style::Stem) && has_second(&lines[i..]);
        let Some(label) = &mut lines[i].label else {
            continue;
        };
        if label.style == Style::Roman {
            as_letter(label, last[Style::Letter as usize]);
        }
        let slot = &mut last[label.style as usize];
        // 2A follows 2.
        if label.ends_with_article() && *slot != Some(label.number) {
            *label = label.without_article(lines[i].text);
        }
        let kept = match label.style {
            Style::Decimal2 | Style::Decimal3 | Style::Decimal4 => {
                let path = decimal_path(&label.text);
                let kept = follows(&outline, &path);
                if kept {
                    outline = path;
                }
                kept
            }
            Style::Stem => followed || slot.is_some_and(|last| label.number == last + 1),
            // The head of an inferred line was chosen in the reading of the whole text.
            Style::Article if inferred && slot.is_some_and(|last| label.number > last) => true,
            _ => continues(label, *slot, heading),
        };
        // 第三条之一 comes once, and before 第三条之二.
        let again = label.style == Style::Article
            && label.sub.is_some()
            && *slot == Some(label.number)
            && label.sub <= last_sub;
        if kept && !again {
            if label.style == Style::Article {
                last_sub = label.sub;
            }
            *slot = Some(label.number);
            if label.style == Style::Arabic {
                outline = vec![label.number];
            }
        } else {
            lines[i].label = None;
        }
    }
}

/// Labels lines that hold nothing but the next article's number.
pub(crate) fn label_bare_articles(lines: &mut [Line]) {
    let mut next = 1;
    for line in lines.iter_mut().filter(|line| !line.outside) {
        if line.text.parse() == Ok(next) && line.text.bytes().all(|b| b.is_ascii_digit()) {
            let text = line.text.to_string();
            line.label = Some(finish(line.text, Style::Article, next, None, text, line.text.len()));
            next += 1;
        }
    }
}

/// (i), (v) and (x) are letters where (h), (u) or (w) precede.
fn as_letter(label: &mut Label, last: Option<u32>) {
    let printed = label.text.trim_matches(['(', ')']).as_bytes();
    if let [letter] = printed {
        let number = u32::from(letter - b'a') + 1;
        if last == Some(number - 1) {
            label.style = Style::Letter;
            label.number = number;
        }
    }
}

/// Whether 乙、 comes after this 甲、 and before another.
fn has_second(lines: &[Line]) -> bool {
    let number = |line: &Line| line.label.as_ref().map(|l| (l.style, l.number));
    number(&lines[0]) == Some((Style::Stem, 1))
        && lines[1..].iter().filter_map(number).find(|(style, _)| *style == Style::Stem)
            == Some((Style::Stem, 2))
}

fn decimal_path(text: &str) -> Vec<u32> {
    text.split('.').filter_map(|part| part.parse().ok()).collect()
}

/// Whether a decimal goes on with the outline: 1.3 or 1.2.1 after 1.2, 1.1 under 1 or at the start.
fn follows(outline: &[u32], path: &[u32]) -> bool {
    let (Some(last), Some(parent)) = (path.last(), path.get(..path.len().saturating_sub(1))) else {
        return false;
    };
    match outline.get(parent.len()) {
        Some(before) if outline.starts_with(parent) => *last > *before && last - before <= 3,
        _ if outline.starts_with(parent) => *last == 1,
        // 2.1 without a line for 2.
        _ => {
            *last == 1
                && parent.len() == 1
                && outline.first().is_none_or(|first| parent[0] == first + 1)
        }
    }
}

/// Labels `1 总则` where 1.1 is the next label.
fn label_bare_numbers(lines: &mut [Line]) {
    let mut next: Option<u32> = None;
    for line in lines.iter_mut().rev() {
        if let Some(label) = &line.label {
            next = (label.style == Style::Decimal2 && label.number == 1)
                .then(|| decimal_path(&label.text)[0]);
            continue;
        }
        let digits = line.text.bytes().take_while(u8::is_ascii_digit).count();
        let number = line.text[..digits].parse::<u32>().ok();
        let spaced = line.text[digits..].starts_with([' ', '\u{3000}', '\t']);
        if let Some(number) = number.filter(|_| spaced && number == next && !line.outside) {
            let label = finish(line.text, Style::Arabic, number, None, number.to_string(), digits);
            line.label = Some(label);
            if !line.is_heading() {
                line.label = None;
            }
            next = None;
        }
    }
}

fn continues(label: &Label, last: Option<u32>, heading: bool) -> bool {
    let number = label.number;
    // How many numbers may be missing: misprinted, repealed or lost.
    let within = |gap: u32| last.is_some_and(|last| number > last && number - last <= gap + 1);
    match label.style {
        style if style.is_division() => {
            let inserted = label.sub.is_some() && last == Some(number);
            (label.separated || heading) && (number == 1 || last.is_none() || within(5) || inserted)
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
        let mut lines: Vec<Line> = lines.iter().map(|l| Line::new(l, 0, false, false)).collect();
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
        assert_eq!(kept(&["1. 甲。", "30. 乙。", "2. 丙。"]), [true, false, true]);
        assert_eq!(kept(&["（一）甲。", "附件1", "（一）乙。"]), [true, false, true]);
    }
}
