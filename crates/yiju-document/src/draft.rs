//! Sections and clauses while the tree is built, and their completion: spans and sentences.

use std::ops::Range;

use crate::sequence::Line;
use crate::spans::Offsets;
use crate::style::{Label, Style};
use crate::{Clause, Section, UnitKind};
use yiju_text::split_sentences;

/// A section before its span is counted in characters.
pub(crate) struct DraftSection {
    pub(crate) kind: UnitKind,
    pub(crate) number: Option<u32>,
    pub(crate) label: String,
    pub(crate) title: String,
    pub(crate) parent: Option<usize>,
    pub(crate) range: Range<usize>,
}

/// A clause before its spans are counted.
#[derive(Default)]
pub(crate) struct DraftClause {
    pub(crate) label: Option<Label>,
    pub(crate) heading: Option<String>,
    /// Where the text behind the heading begins.
    pub(crate) heading_end: usize,
    /// The whole text, where it is as short as a heading: `三、落实责任。`
    pub(crate) short_text: Option<String>,
    pub(crate) section: Option<usize>,
    pub(crate) range: Range<usize>,
    pub(crate) paragraphs: Vec<Range<usize>>,
    pub(crate) items: Vec<(u32, Range<usize>)>,
    pub(crate) item_style: Option<Style>,
    pub(crate) signature: bool,
    /// A list of what is attached.
    pub(crate) attachment: bool,
    /// Rows of a table or entries of a list.
    pub(crate) listed: bool,
    /// Whether its last line leads in with a colon to what follows.
    pub(crate) leads_in: bool,
    /// Its last line is of a series whose members end with semicolons.
    pub(crate) series: bool,
    /// Its heading asks, and its text answers.
    pub(crate) question: bool,
    /// It goes on with the clause before it, which is too long for one.
    pub(crate) continues: bool,
    /// Its head begins where the source has no line break.
    pub(crate) inferred: bool,
}

impl DraftClause {
    pub(crate) fn style(&self) -> Option<Style> {
        self.label.as_ref().map(|l| l.style)
    }

    pub(crate) fn add_paragraph(&mut self, line: &Line) {
        self.paragraphs.push(line.start..line.end());
        self.range.end = line.end();
        self.item_style = None;
        self.leads_in = leads_in(line);
    }

    pub(crate) fn add_item(&mut self, line: &Line, label: &Label) {
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

/// Whether a line leads in with a colon to what follows.
pub(crate) fn leads_in(line: &Line) -> bool {
    line.text.ends_with(['：', ':'])
}

/// Counts the spans and splits the sentences.
pub(crate) fn finish(
    text: &str,
    sections: Vec<DraftSection>,
    clauses: Vec<DraftClause>,
) -> (Vec<Section>, Vec<Clause>) {
    let offsets = Offsets::new(text);
    let trimmed = |range: Range<usize>| {
        let part = text.get(range.clone()).unwrap_or("");
        let start = range.start + (part.len() - part.trim_start().len());
        start..start.max(range.end - (part.len() - part.trim_end().len()))
    };
    let span = |range: Range<usize>| offsets.span(trimmed(range));
    let sections = sections.into_iter().map(|s| Section {
        kind: s.kind,
        number: s.number,
        label: s.label,
        title: s.title,
        parent: s.parent,
        span: span(s.range),
    });
    let clauses = clauses.into_iter().map(|mut c| {
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
            items: c.items.into_iter().map(|(number, range)| (number, span(range))).collect(),
            continues: c.continues,
            inferred: c.inferred,
            roles: Vec::new(),
            lead: None,
        }
    });
    (sections.collect(), clauses.collect())
}
