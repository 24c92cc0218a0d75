//! The tree of a document, printed for a person.

use std::fmt::Write;

use crate::{Clause, Document, UnitKind};
use yiju_text::chars::columns;

/// How many columns of a paragraph without a heading are shown: 30 Chinese characters.
const SHOWN: usize = 60;

/// A document's outline: title, issuer, 文号, date and counts, then the tree of sections and
/// clauses, two spaces for each level, a plain paragraph after `·`. Ends with a line end.
pub fn outline(document: &Document) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = head(document, &mut out);
    let mut sections = document.sections.iter().enumerate().peekable();
    for clause in &document.clauses {
        while let Some((at, section)) =
            sections.next_if(|(_, s)| s.span.byte_start <= clause.span.byte_start)
        {
            section_line(document, at, &section.label, &section.title, &mut out);
        }
        clause_line(document, clause, &mut out);
    }
    for (at, section) in sections {
        section_line(document, at, &section.label, &section.title, &mut out);
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
    let numbered = document.clauses.iter().filter(|c| c.kind != UnitKind::Unnumbered).count();
    let plain = document.clauses.len() - numbered;
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

fn clause_line(document: &Document, clause: &Clause, out: &mut String) {
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
    let paragraphs = clause.paragraphs.len();
    let mut notes = Vec::new();
    if paragraphs > 1 {
        notes.push(format!("{paragraphs} paragraphs"));
    }
    match clause.items.len() {
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
