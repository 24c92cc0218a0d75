//! The tree of a document, printed for a person.

use std::fmt::Write;

use crate::{Clause, Document, DoubtKind, UnitKind};
use yiju_text::chars::columns;

/// How many columns of a paragraph without a heading are shown: 30 Chinese characters.
const SHOWN: usize = 60;

/// A document's outline: title, issuer, 文号, date and counts, then the tree of sections and
/// clauses, two spaces for each level, a plain paragraph after `·`. The parts of a long clause are
/// one line. Doubtful numbers are listed below. Ends with a line end.
pub fn outline(document: &Document) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = head(document, &mut out);
    let mut sections = document.sections.iter().enumerate().peekable();
    for (at, clause) in document.clauses.iter().enumerate() {
        while let Some((at, section)) =
            sections.next_if(|(_, s)| s.span.byte_start <= clause.span.byte_start)
        {
            section_line(document, at, &section.label, &section.title, &mut out);
        }
        if !clause.continues {
            clause_line(document, at, clause, &mut out);
        }
    }
    for (at, section) in sections {
        section_line(document, at, &section.label, &section.title, &mut out);
    }
    if !document.doubts.is_empty() {
        out.push('\n');
    }
    let (mut from, mut line) = (0, 1);
    for doubt in &document.doubts {
        let why = match doubt.why {
            DoubtKind::Gap => "the number before it was not found",
            DoubtKind::Double => "read as text, the number is there twice",
            DoubtKind::Ambiguous => "read as text, another place fits as well",
        };
        let between = document.text.get(from..doubt.span.byte_start).unwrap_or("");
        line += between.matches('\n').count();
        from = doubt.span.byte_start;
        let _ = writeln!(out, "doubtful: {} in paragraph {line}: {why}", doubt.seen);
    }
    out
}

/// Each line of a document after its role, for a person: `lead-in    有下列情形之一的，不予受理：`. Ends with a line end.
pub fn outline_roles(document: &Document) -> String {
    let mut out = String::new();
    for (span, role) in document.paragraphs() {
        let _ = writeln!(out, "{:<10} {}", role.name(), start_of(document.slice(span)));
    }
    out
}

fn head(document: &Document, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{}", document.title)?;
    if let Some(issuer) = &document.issuer {
        writeln!(out, "issuer: {issuer}")?;
    }
    if let Some(number) = &document.number {
        writeln!(out, "number: {number}")?;
    }
    if let Some(date) = document.date {
        writeln!(out, "date: {date}")?;
    }
    let whole = || document.clauses.iter().filter(|c| !c.continues);
    let numbered = whole().filter(|c| c.kind != UnitKind::Unnumbered).count();
    let plain = whole().count() - numbered;
    let mut counts = Vec::new();
    for (count, one, many) in [
        (document.sections.len(), "section", "sections"),
        (numbered, "numbered clause", "numbered clauses"),
        (plain, "plain paragraph", "plain paragraphs"),
    ] {
        if count > 0 {
            counts.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    }
    let characters = document.text.chars().count();
    counts.push(format!("{characters} characters"));
    writeln!(out, "{} ({})\n", counts.join(", "), document.language)
}

fn indent(document: &Document, mut section: Option<usize>, out: &mut String) {
    while let Some(parent) = section.and_then(|i| document.sections.get(i)) {
        out.push_str("  ");
        section = parent.parent;
    }
}

fn section_line(document: &Document, at: usize, label: &str, title: &str, out: &mut String) {
    indent(document, document.sections.get(at).and_then(|s| s.parent), out);
    out.push_str(&join_label(label, title));
    out.push('\n');
}

fn clause_line(document: &Document, at: usize, clause: &Clause, out: &mut String) {
    indent(document, clause.section, out);
    let text = document.slice(clause.span);
    match (&clause.heading, clause.label.as_str()) {
        (Some(heading), label) => out.push_str(&join_label(label, heading)),
        (None, "") => {
            out.push_str("· ");
            out.push_str(&start_of(text));
        }
        (None, label) => {
            // The text behind the printed number.
            let body = clause.paragraphs.first().map_or(text, |p| document.slice(*p));
            out.push_str(&join_label(label, &start_of(body)));
        }
    }
    let mut notes = Vec::new();
    let parts = document.parts(at);
    if parts.len() > 1 {
        notes.push(format!("{} parts", parts.len()));
    }
    let (paragraphs, items) = document.counts(at);
    if paragraphs > 1 {
        notes.push(format!("{paragraphs} paragraphs"));
    }
    match items {
        0 => {}
        1 => notes.push("1 item".to_string()),
        n => notes.push(format!("{n} items")),
    }
    if clause.inferred {
        notes.push("inferred".to_string());
    }
    if !notes.is_empty() {
        let _ = write!(out, " [{}]", notes.join(", "));
    }
    out.push('\n');
}

fn start_of(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let mut shown = 0;
    let end = line.char_indices().find(|&(_, c)| {
        shown += columns(c);
        shown > SHOWN
    });
    match end {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_string(),
    }
}

/// A label and its heading: `二、优化…`, `第一章 总则`, `Chapter 1 Scope`.
pub(crate) fn join_label(label: &str, heading: &str) -> String {
    let tight = label.is_empty() || heading.is_empty() || label.ends_with(['、', '）']);
    if tight { format!("{label}{heading}") } else { format!("{label} {heading}") }
}
