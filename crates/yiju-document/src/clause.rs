//! Builds the tree: headings become sections, everything else clauses.
//!
//! In a law 第X条 is the clause; its 款 and 项 stand in it. Elsewhere a numbered line without text
//! of its own is a section and a numbered paragraph a clause. A numbered paragraph with a heading
//! under which further numbered paragraphs stand becomes a section, and its remaining text an
//! unnumbered clause; where it leads in with a colon, they are its items.

use std::ops::Range;

use crate::chars::{ends_finally, longer_than, squeeze};
use crate::front::Front;
use crate::label::{Label, Style};
use crate::sequence::{Line, keep_sequences};
use crate::signs;
use crate::spans::Offsets;
use crate::{Clause, Section, UnitKind, split_sentences};

/// The sections and clauses of a text whose lines are its paragraphs.
pub(crate) fn tree(text: &str, front: &Front) -> (Vec<Section>, Vec<Clause>) {
    let mut start = 0;
    let mut lines: Vec<Line> = Vec::new();
    for (i, paragraph) in text.split('\n').enumerate() {
        let flag = |flags: &[bool]| flags.get(i).copied().unwrap_or(false);
        let outside = flag(&front.outside) || paragraph.is_empty();
        lines.push(Line::new(paragraph, start, outside, flag(&front.signature)));
        start += paragraph.len() + 1;
    }
    keep_sequences(&mut lines);
    let mut builder = Builder::new(&lines);
    for i in 0..lines.len() {
        builder.line(i);
    }
    builder.finish(text)
}

/// How a section on the stack was announced, which says what it closes.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    Markdown(u8),
    Attachment,
    Numbered(Style),
    Plain,
}

/// A section before its span is counted in characters.
struct DraftSection {
    kind: UnitKind,
    number: Option<u32>,
    label: String,
    title: String,
    parent: Option<usize>,
    range: Range<usize>,
}

/// A clause before its spans are counted.
#[derive(Default)]
struct DraftClause {
    label: Option<Label>,
    heading: Option<String>,
    /// Where the text behind the heading begins.
    heading_end: usize,
    section: Option<usize>,
    range: Range<usize>,
    paragraphs: Vec<Range<usize>>,
    items: Vec<(u32, Range<usize>)>,
    item_style: Option<Style>,
    signature: bool,
    /// A list of what is attached.
    attachment: bool,
    /// Whether its last line leads in with a colon to what follows.
    leads_in: bool,
}

impl DraftClause {
    fn style(&self) -> Option<Style> {
        self.label.as_ref().map(|l| l.style)
    }

    fn add_paragraph(&mut self, line: &Line) {
        self.paragraphs.push(line.start..line.end());
        self.range.end = line.end();
        self.item_style = None;
        self.leads_in = leads_in(line);
    }

    fn add_item(&mut self, line: &Line, label: &Label) {
        match self.item_style {
            // 1. under （一） belongs to the item.
            Some(style) if label.style > style => {
                if let Some((_, range)) = self.items.last_mut() {
                    range.end = line.end();
                }
            }
            _ => {
                self.items.push((label.number, line.start..line.end()));
                self.item_style = Some(label.style);
            }
        }
        match self.paragraphs.last_mut() {
            Some(paragraph) => paragraph.end = line.end(),
            None => self.paragraphs.push(line.start..line.end()),
        }
        self.range.end = line.end();
    }
}

struct Builder<'a> {
    lines: &'a [Line<'a>],
    /// For each line, the next line at or after it that has a label.
    next_label: Vec<usize>,
    /// The last line that is body and not an 附件 line.
    last_body: usize,
    sections: Vec<DraftSection>,
    clauses: Vec<DraftClause>,
    stack: Vec<(usize, Level)>,
    /// Whether the last clause may take further paragraphs and items.
    open: bool,
}

impl<'a> Builder<'a> {
    fn new(lines: &'a [Line<'a>]) -> Self {
        let mut next_label = vec![lines.len(); lines.len() + 1];
        for i in (0..lines.len()).rev() {
            next_label[i] = if lines[i].label.is_some() {
                i
            } else {
                next_label[i + 1]
            };
        }
        Builder {
            lines,
            next_label,
            last_body: lines
                .iter()
                .rposition(|l| !l.outside && !l.attachment)
                .unwrap_or(0),
            sections: Vec::new(),
            clauses: Vec::new(),
            stack: Vec::new(),
            open: false,
        }
    }

    fn line(&mut self, i: usize) {
        let line = &self.lines[i];
        if line.outside {
            self.open = false;
        } else if line.signature {
            self.signature(i);
        } else if signs::is_sign_off(line.text) {
            self.plain_clause(line, None);
            self.open = false;
        } else if line.attachment {
            self.attachment(i);
        } else if let Some(marks) = line
            .markdown
            .filter(|_| line.style() != Some(Style::Article))
        {
            self.push_section(line, Level::Markdown(marks), line.end());
        } else if let Some(label) = &line.label {
            self.labelled(i, label);
        } else {
            self.unlabelled(i);
        }
    }

    fn open_clause(&mut self) -> Option<&mut DraftClause> {
        if self.open {
            self.clauses.last_mut()
        } else {
            None
        }
    }

    fn open_style(&self) -> Option<Style> {
        if self.open {
            self.clauses.last().and_then(DraftClause::style)
        } else {
            None
        }
    }

    fn signature(&mut self, i: usize) {
        let line = &self.lines[i];
        let goes_on = i > 0 && self.lines[i - 1].signature;
        match self.clauses.last_mut().filter(|c| goes_on && c.signature) {
            Some(clause) => clause.add_paragraph(line),
            None => {
                self.stack.clear();
                self.plain_clause(line, None);
                if let Some(clause) = self.clauses.last_mut() {
                    clause.signature = true;
                }
            }
        }
        self.open = false;
    }

    /// `附件：1. …` before the signature lists what is attached; another 附件 line is its heading.
    fn attachment(&mut self, i: usize) {
        let line = &self.lines[i];
        let signed = self.lines[i + 1..]
            .iter()
            .take(12)
            .take_while(|l| !l.attachment)
            .any(|l| l.signature);
        let last = i >= self.last_body;
        let listed = signs::attachment_rest(line.text).is_some_and(|rest| {
            crate::label::parse_label(rest).is_some()
                || longer_than(rest, 60)
                || ends_finally(rest) && !rest.is_empty()
        });
        self.stack.clear();
        if signed || last || listed {
            self.plain_clause(line, None);
            if let Some(clause) = self.clauses.last_mut() {
                clause.attachment = true;
            }
            self.open = true;
        } else {
            self.push_section(line, Level::Attachment, line.end());
        }
    }

    fn labelled(&mut self, i: usize, label: &Label) {
        let line = &self.lines[i];
        let heading = line.is_heading();
        if label.style == Style::Article {
            return self.article(i, label);
        }
        if label.style.is_division() && (heading || label.separated && !ends_finally(line.text)) {
            return self.push_section(line, Level::Numbered(label.style), line.end());
        }
        match self.open_style() {
            Some(Style::Article) => {
                let section =
                    label.style == Style::Ideographic && heading && self.stands_over(i, label);
                if !section {
                    if let Some(clause) = self.open_clause() {
                        clause.add_item(line, label);
                    }
                    return;
                }
            }
            Some(style) if style < label.style => {
                if self.takes_item(label) {
                    if let Some(clause) = self.open_clause() {
                        clause.add_item(line, label);
                    }
                    return;
                }
                self.open_to_section();
            }
            // An open 附件 list, or a lead-in to （1） or (a).
            None if self.open
                && (label.style >= Style::ParenthesizedArabic || self.lists_attachments()) =>
            {
                if let Some(clause) = self.open_clause() {
                    clause.add_item(line, label);
                }
                return;
            }
            _ => {}
        }
        if heading && self.stands_over(i, label) {
            self.push_section(line, Level::Numbered(label.style), line.end());
        } else {
            self.numbered_clause(line, label);
        }
    }

    fn lists_attachments(&self) -> bool {
        self.clauses.last().is_some_and(|c| c.attachment)
    }

    /// Whether a deeper number is an item of the open clause.
    fn takes_item(&self, label: &Label) -> bool {
        let Some(clause) = self.clauses.last() else {
            return false;
        };
        let whole = clause.heading.is_none() && !clause.paragraphs.is_empty();
        clause.item_style.is_some()
            || clause.leads_in
            || label.style >= Style::ParenthesizedArabic
            || whole
    }

    /// Whether something stands under the heading at `i`: text or deeper numbers.
    fn stands_over(&self, i: usize, label: &Label) -> bool {
        let Some(next) = self.lines.get(i + 1) else {
            return false;
        };
        if next.outside || next.signature || next.attachment || signs::is_sign_off(next.text) {
            return false;
        }
        match next.style() {
            Some(style) => style > label.style || style == Style::Article,
            None => true,
        }
    }

    fn article(&mut self, i: usize, label: &Label) {
        let line = &self.lines[i];
        self.numbered_clause(line, label);
        // 第一条 立法目的 over text of its own; 第一条 alone.
        let rest = line.rest();
        let over_text = self.lines.get(i + 1).is_some_and(|next| {
            !next.outside && next.style() != Some(Style::Article) && next.markdown.is_none()
        });
        if let Some(clause) = self.clauses.last_mut() {
            if rest.is_empty() {
                clause.paragraphs.clear();
            } else if line.is_heading()
                && over_text
                && !rest.ends_with(['：', ':'])
                && !longer_than(rest, 40)
            {
                clause.heading = Some(rest.trim_matches(['*', ' ', '【', '】']).to_string());
                clause.heading_end = line.end();
                clause.paragraphs.clear();
            }
        }
    }

    fn numbered_clause(&mut self, line: &Line, label: &Label) {
        let rest = line.rest();
        let from = line.end() - rest.len();
        let heading = clause_heading(rest, label.style);
        // 三、 closes 二、 even where it is no heading; an article stands in whatever is open.
        if label.style != Style::Article {
            self.enter(Level::Numbered(label.style));
        }
        let mut clause = DraftClause {
            label: Some(label.clone()),
            section: self.stack.last().map(|&(section, _)| section),
            range: line.start..line.end(),
            leads_in: leads_in(line),
            ..DraftClause::default()
        };
        if !rest.is_empty() {
            clause.paragraphs.push(from..line.end());
        }
        if let Some((heading, length)) = heading {
            clause.heading = Some(heading);
            clause.heading_end = from + length;
        }
        self.clauses.push(clause);
        self.open = true;
    }

    /// The open clause has numbered clauses under it: its heading becomes a section, its further
    /// text an unnumbered clause of that section.
    fn open_to_section(&mut self) {
        let Some(clause) = self.clauses.pop() else {
            return;
        };
        let Some(label) = clause.label else { return };
        let title = clause.heading.clone().unwrap_or_default();
        let end = if clause.heading.is_some() {
            clause.heading_end
        } else {
            clause.range.end
        };
        self.enter(Level::Numbered(label.style));
        let parent = self.stack.last().map(|&(section, _)| section);
        self.sections.push(DraftSection {
            kind: label.style.kind(),
            number: Some(label.number),
            label: label.text,
            title,
            parent,
            range: clause.range.start..end,
        });
        let section = self.sections.len() - 1;
        self.stack.push((section, Level::Numbered(label.style)));
        self.open = false;
        if end < clause.range.end {
            let mut paragraphs = clause.paragraphs;
            if let Some(first) = paragraphs.first_mut() {
                first.start = first.start.max(end);
            }
            paragraphs.retain(|p| p.start < p.end);
            self.clauses.push(DraftClause {
                section: Some(section),
                range: end..clause.range.end,
                paragraphs,
                items: clause.items,
                ..DraftClause::default()
            });
        }
    }

    fn unlabelled(&mut self, i: usize) {
        let line = &self.lines[i];
        let next = self.lines.get(i + 1).filter(|l| !l.outside && !l.signature);
        let in_article = self.open_style() == Some(Style::Article);
        let over = next.is_some_and(|next| match next.style() {
            Some(style) => !in_article || style == Style::Article || style.is_division(),
            None => {
                !in_article
                    && !next.attachment
                    && !signs::is_sign_off(next.text)
                    && (ends_finally(next.text)
                        || longer_than(next.text, 40)
                        || next.text.ends_with('：'))
            }
        });
        // 销项税额＝销售额×税率 under a lead-in is text.
        let text = in_article
            && (line.text.contains(['＝', '=', '×', '%', '％', '+', '＋'])
                || longer_than(line.text, 24));
        let led_in = self.open && self.clauses.last().is_some_and(|c| c.leads_in);
        if over && !text && !led_in && signs::is_subheading(line.text) {
            // The supplementary provisions of a law stand beside its outermost parts.
            if matches!(squeeze(line.text).as_str(), "附则" | "附則") {
                self.stack.clear();
            }
            return self.push_section(line, Level::Plain, line.end());
        }
        if in_article || self.belongs_to_open(i) {
            if let Some(clause) = self.open_clause() {
                clause.add_paragraph(line);
            }
            return;
        }
        let section = self.stack.last().map(|&(section, _)| section);
        self.plain_clause(line, section);
        self.open = leads_in(line);
    }

    /// Whether an unnumbered paragraph goes on with the open clause: the next number in the text
    /// is that clause's successor or stands under it. After the last of its kind it is a clause
    /// of its section.
    fn belongs_to_open(&self, i: usize) -> bool {
        let Some(label) = self
            .clauses
            .last()
            .filter(|_| self.open)
            .and_then(|c| c.label.as_ref())
        else {
            return false;
        };
        let Some(next) = self
            .lines
            .get(self.next_label[i])
            .and_then(|l| l.label.as_ref())
        else {
            return false;
        };
        let successor = next.style == label.style && next.number == label.number.saturating_add(1);
        successor || (next.style > label.style && next.number == 1)
    }

    fn plain_clause(&mut self, line: &Line, section: Option<usize>) {
        self.clauses.push(DraftClause {
            section,
            range: line.start..line.end(),
            paragraphs: vec![line.start..line.end()],
            ..DraftClause::default()
        });
    }

    /// Leaves the sections that a heading of this level closes.
    fn enter(&mut self, level: Level) {
        // Numbers start anew under an attachment or a Markdown heading.
        let base = self
            .stack
            .iter()
            .rposition(|(_, l)| matches!(l, Level::Markdown(_) | Level::Attachment))
            .map_or(0, |at| at + 1);
        let cut = match level {
            Level::Attachment => Some(0),
            Level::Markdown(marks) => self
                .stack
                .iter()
                .position(|(_, l)| matches!(l, Level::Markdown(m) if *m >= marks))
                .or(Some(base)),
            Level::Numbered(style) => self.stack[base..]
                .iter()
                .position(|(_, l)| matches!(l, Level::Numbered(s) if *s >= style))
                .map(|at| at + base),
            Level::Plain => self.stack[base..]
                .iter()
                .position(|(_, l)| *l == Level::Plain)
                .map(|at| at + base),
        };
        if let Some(cut) = cut {
            self.stack.truncate(cut);
        }
    }

    fn push_section(&mut self, line: &Line, level: Level, end: usize) {
        self.enter(level);
        let parent = self.stack.last().map(|&(section, _)| section);
        let title = line
            .rest()
            .trim_matches(['*', ' '])
            .trim_end_matches(['：', ':']);
        let label = line.label.as_ref();
        self.sections.push(DraftSection {
            kind: label.map_or(UnitKind::Unnumbered, |l| l.style.kind()),
            number: label.map(|l| l.number),
            label: label.map(|l| l.text.clone()).unwrap_or_default(),
            title: title.split_whitespace().collect::<Vec<_>>().join(" "),
            parent,
            range: line.start..end,
        });
        self.stack.push((self.sections.len() - 1, level));
        self.open = false;
    }

    fn finish(self, text: &str) -> (Vec<Section>, Vec<Clause>) {
        let offsets = Offsets::new(text);
        let trimmed = |range: Range<usize>| {
            let part = text.get(range.clone()).unwrap_or("");
            let start = range.start + (part.len() - part.trim_start().len());
            start..start.max(range.end - (part.len() - part.trim_end().len()))
        };
        let span = |range: Range<usize>| offsets.span(trimmed(range));
        let sections = self.sections.into_iter().map(|s| Section {
            kind: s.kind,
            number: s.number,
            label: s.label,
            title: s.title,
            parent: s.parent,
            span: span(s.range),
        });
        let clauses = self.clauses.into_iter().map(|mut c| {
            let range = trimmed(c.range);
            if c.paragraphs.is_empty() {
                c.paragraphs.push(range.clone());
            }
            let sentences = split_sentences(text.get(range.clone()).unwrap_or(""))
                .into_iter()
                .map(|s| offsets.span(range.start + s.start..range.start + s.end))
                .collect();
            let (kind, number, sub_number, label) = match c.label {
                Some(l) => (l.style.kind(), Some(l.number), l.sub, l.text),
                None => (UnitKind::Unnumbered, None, None, String::new()),
            };
            Clause {
                kind,
                number,
                sub_number,
                label,
                heading: c.heading,
                section: c.section,
                span: offsets.span(range),
                sentences,
                paragraphs: c.paragraphs.into_iter().map(&span).collect(),
                items: c
                    .items
                    .into_iter()
                    .map(|(number, range)| (number, span(range)))
                    .collect(),
            }
        });
        (sections.collect(), clauses.collect())
    }
}

fn leads_in(line: &Line) -> bool {
    line.text.ends_with(['：', ':'])
}

/// The heading in front of a numbered paragraph and its length in bytes: a short first sentence
/// with more text behind it, or 【…】.
fn clause_heading(rest: &str, style: Style) -> Option<(String, usize)> {
    if let Some(inner) = rest.strip_prefix('【') {
        let close = inner.find('】').filter(|&at| at <= 120)?;
        let length = '【'.len_utf8() + close + '】'.len_utf8();
        return Some((inner[..close].to_string(), length));
    }
    if style == Style::Article {
        return None;
    }
    let bold = rest.trim_start_matches('*');
    let first = split_first(bold)?;
    let heading = first.trim_end_matches(['。', '.', '*', '．']).trim();
    let length = rest.len() - bold.len() + first.len();
    let latin = heading.is_ascii();
    let short = if latin {
        heading.split_whitespace().count() <= 8 && !is_english_sentence(heading)
    } else {
        !longer_than(heading, 44)
    };
    let plain = !heading.is_empty() && !heading.contains(['：', '；', ':', ';', '\n']);
    let more = !rest[length..].trim().is_empty();
    (short && plain && more).then(|| (heading.to_string(), length))
}

/// A heading in English has no verb; these give most sentences away.
fn is_english_sentence(text: &str) -> bool {
    const VERBS: [&str; 16] = [
        "is", "are", "was", "were", "be", "has", "have", "had", "shall", "may", "must", "will",
        "can", "should", "does", "do",
    ];
    text.split_whitespace()
        .any(|word| VERBS.contains(&word.to_ascii_lowercase().as_str()))
}

/// The first sentence up to its full stop, in Chinese or English.
fn split_first(text: &str) -> Option<&str> {
    let end = text
        .char_indices()
        .nth(100)
        .map_or(text.len(), |(at, _)| at);
    let head = &text[..end];
    let chinese = head.find('。').map(|at| at + '。'.len_utf8());
    let english = head.find(". ").map(|at| at + 1);
    let at = chinese.into_iter().chain(english).min()?;
    let closed = head[at..].starts_with("**");
    Some(&text[..if closed { at + 2 } else { at }])
}
