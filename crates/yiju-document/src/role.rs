//! What each sentence of a document is for: its role, from its place, its marks and its wording.
//!
//! A rule is one line of [`clause_roles`] or of a function it calls; `data/roles.txt` has the words. The rules read a
//! finished document, so that one made before roles were kept can be given them.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::asking::{ends_asking, heading_asks, line_asks};
use crate::label::parse_label;
use crate::spans::Offsets;
use crate::{Clause, Document, Span, UnitKind, signs, words};
use yiju_text::chars::{ends_finally, is_han, longer_than};
use yiju_text::dates::{date_line, dates};

/// What a paragraph or a sentence is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The document's title.
    Title,
    /// To whom it is sent: 各区人民政府：
    Addressee,
    /// What announces the text: 现就有关事项通知如下。
    Opening,
    /// A heading.
    Heading,
    /// What leads in to items: 有下列情形之一的，不予受理：
    LeadIn,
    /// Anything that says something.
    Body,
    /// A member of a list.
    Item,
    /// A question that the text answers.
    Question,
    /// What follows a question.
    Answer,
    /// Source, author, 文号 and dates of the head.
    ByLine,
    /// How to reach somebody.
    Contact,
    /// The list of what is attached.
    Attachment,
    /// Who signs, and the date.
    Signature,
}

impl Role {
    /// The word for people: `lead-in`.
    pub fn name(self) -> &'static str {
        match self {
            Role::Title => "title",
            Role::Addressee => "addressee",
            Role::Opening => "opening",
            Role::Heading => "heading",
            Role::LeadIn => "lead-in",
            Role::Body => "body",
            Role::Item => "item",
            Role::Question => "question",
            Role::Answer => "answer",
            Role::ByLine => "by-line",
            Role::Contact => "contact",
            Role::Attachment => "attachment",
            Role::Signature => "signature",
        }
    }
}

impl Document {
    /// Gives every clause and every line outside the clauses its roles, and every clause the one that leads in to it.
    /// [`crate::parse`] has done so; a document stored before roles were kept needs it.
    pub fn assign_roles(&mut self) {
        let opening = opening(self);
        let signed = signature_from(self);
        let mut roles = Vec::with_capacity(self.clauses.len());
        for (at, clause) in self.clauses.iter().enumerate() {
            roles.push(if signed.contains(&at) {
                vec![Role::Signature; clause.sentences.len()]
            } else {
                clause_roles(self, clause, opening.contains(&at) || in_preface(self, clause))
            });
        }
        let leads = leads(self);
        for ((clause, roles), lead) in self.clauses.iter_mut().zip(roles).zip(leads) {
            clause.roles = roles;
            clause.lead = lead;
            if lead.is_some() {
                for role in clause.roles.iter_mut().filter(|role| **role == Role::Body) {
                    *role = Role::Item;
                }
            }
        }
        // A clause that leads in to others ends with its lead-in.
        let leading: Vec<usize> = self.clauses.iter().filter_map(|clause| clause.lead).collect();
        for at in leading {
            if let Some(last) = self.clauses.get_mut(at).and_then(|clause| clause.roles.last_mut())
            {
                *last = Role::LeadIn;
            }
        }
        self.outside = outside(self);
    }

    /// Every line of the text with its role, in order. A line whose sentences differ has that of the first sentence
    /// that is no heading, or else of its heading.
    pub fn paragraphs(&self) -> Vec<(Span, Role)> {
        let mut lines: Vec<(Span, Role)> = self.outside.clone();
        for section in &self.sections {
            let asks = heading_asks(self.slice(section.span));
            lines.push((section.span, if asks { Role::Question } else { Role::Heading }));
        }
        let offsets = Offsets::new(&self.text);
        for clause in &self.clauses {
            let text = self.slice(clause.span);
            let mut start = clause.span.byte_start;
            for line in text.split('\n') {
                let range = start..start + line.len();
                start = range.end + 1;
                let within = |span: &Span| range.contains(&span.byte_start);
                let mut inside = clause
                    .sentences
                    .iter()
                    .zip(&clause.roles)
                    .filter(|(s, _)| within(s))
                    .map(|(_, r)| *r);
                let first = inside.next().unwrap_or(Role::Body);
                let role = if matches!(first, Role::Heading | Role::Question) {
                    inside.find(|role| *role != first).unwrap_or(first)
                } else {
                    first
                };
                lines.push((offsets.span(range), role));
            }
        }
        lines.sort_by_key(|(span, _)| span.byte_start);
        lines
    }
}

/// The clauses that announce the text or say why it was made: those before the first number or heading, where one of
/// their sentences announces.
fn opening(document: &Document) -> Range<usize> {
    let body = document.clauses.iter().position(|clause| {
        clause.kind != UnitKind::Unnumbered || clause.section.is_some() || clause.heading.is_some()
    });
    let end = body.unwrap_or(document.clauses.len());
    let announces = |at: &usize| words::ANNOUNCES.is_in(document.slice(document.clauses[*at].span));
    let last = (0..end).rev().find(announces);
    match (last, body) {
        (Some(_), Some(_)) => 0..end,
        // What goes before a list of questions says what it is about.
        (None, Some(_)) if document.clauses.iter().filter(|c| asks(c)).count() >= 2 => 0..end,
        // A text without numbers is announced by its first paragraphs only.
        (Some(_), None) => 0..(0..end.min(3)).rev().find(announces).map_or(0, |at| at + 1),
        (None, _) => 0..0,
    }
}

/// Whether a clause stands under a heading that says so: 编者说明.
fn in_preface(document: &Document, clause: &Clause) -> bool {
    let section = clause.section.and_then(|at| document.sections.get(at));
    section.is_some_and(|section| words::PREFACE.contains(&section.title))
}

/// Whether a clause is a question with its answer.
fn asks(clause: &Clause) -> bool {
    clause.heading.as_deref().is_some_and(heading_asks)
}

/// The clauses of the signature at the end: short lines of organs, people and a date.
fn signature_from(document: &Document) -> Range<usize> {
    let count = document.clauses.len();
    let signs = |clause: &Clause| {
        clause.kind == UnitKind::Unnumbered
            && document.slice(clause.span).lines().all(|line| {
                date_line(line).is_some()
                    || !longer_than(line, 60)
                        && !ends_finally(line)
                        && !line.contains(['，', '；', '：'])
                        && (signs::names_organ(line) || !dates(line).is_empty())
            })
    };
    // What is attached may follow the signature, so the last run of such clauses that holds a date is looked for.
    let dated = |at: &usize| {
        let clause = &document.clauses[*at];
        signs(clause) && document.slice(clause.span).lines().any(|line| !dates(line).is_empty())
    };
    let Some(last) = (1..count).rev().find(dated) else {
        return 0..0;
    };
    let mut first = last;
    // Whoever signs over a date may have a name that no list knows.
    let short = |clause: &Clause| {
        let text = document.slice(clause.span);
        clause.kind == UnitKind::Unnumbered
            && clause.section.is_none()
            && !longer_than(text, 40)
            && !ends_finally(text)
            && !text.contains(['，', '；', '：', '、', '|'])
    };
    let dated_alone = date_line(document.slice(document.clauses[last].span)).is_some();
    while first > 1
        && last - first < 4
        && (signs(&document.clauses[first - 1])
            || dated_alone && short(&document.clauses[first - 1]))
    {
        first -= 1;
    }
    first..last + 1
}

/// The roles of a clause's sentences.
fn clause_roles(document: &Document, clause: &Clause, opening: bool) -> Vec<Role> {
    let text = document.slice(clause.span);
    let attached = clause.kind == UnitKind::Unnumbered && signs::is_attachment(text);
    let count = clause.sentences.len();
    let mut roles: Vec<Role> = Vec::with_capacity(count);
    let mut contact = false;
    let mut asked = false;
    for (at, &sentence) in clause.sentences.iter().enumerate() {
        let words = document.slice(sentence);
        let begins_line = at == 0
            || document.text.as_bytes().get(sentence.byte_start.wrapping_sub(1)) == Some(&b'\n');
        let ends_line = at + 1 == count || document.slice(between(clause, at)).contains('\n');
        if begins_line {
            contact = is_contact(words);
        }
        let headed = at == 0 && clause.heading.is_some() && count > 1
            || at == 0 && ends_line && captions(document, clause);
        let in_series = begins_line
            && roles.last().is_some_and(|role| matches!(role, Role::LeadIn | Role::Item))
            && (words.trim_end().ends_with(['；', ';']) || ends_series(document, clause, at));
        let asks = if headed {
            clause.heading.as_deref().is_some_and(heading_asks) || line_asks(words)
        } else {
            (begins_line && ends_line && line_asks(words))
                || (ends_asking(words) && !longer_than(words, 60) && at + 1 < count)
        };
        let in_item = clause.items.iter().any(|(_, item)| {
            item.byte_start <= sentence.byte_start && sentence.byte_end <= item.byte_end
        });
        let leads = words.trim_end().ends_with(['：', ':']);
        let role = if attached {
            Role::Attachment
        } else if contact {
            Role::Contact
        } else if opening && is_addressee(text) {
            Role::Addressee
        } else if opening || is_purpose(words) {
            Role::Opening
        } else if signs::is_sign_off(words) || signs::is_byline(words) {
            Role::ByLine
        } else if asks {
            asked = true;
            Role::Question
        } else if headed {
            Role::Heading
        } else if leads && ends_line && at + 1 < count {
            Role::LeadIn
        } else if in_item || in_series || begins_line && signs::is_short_entry(words) {
            Role::Item
        } else if asked {
            Role::Answer
        } else {
            Role::Body
        };
        roles.push(role);
    }
    roles
}

/// Whether a clause begins with the caption of its table.
fn captions(document: &Document, clause: &Clause) -> bool {
    let mut lines = document.slice(clause.span).lines();
    lines.next().is_some_and(signs::is_caption) && lines.next().is_some_and(signs::is_table_row)
}

/// Whether the sentence before ends with a semicolon, so that this one is the last of a series.
fn ends_series(document: &Document, clause: &Clause, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| clause.sentences.get(before));
    before.is_some_and(|before| document.slice(*before).trim_end().ends_with(['；', ';']))
}

/// What lies between a sentence and the next.
fn between(clause: &Clause, at: usize) -> Span {
    let this = clause.sentences[at];
    let next = clause.sentences.get(at + 1).copied().unwrap_or(this);
    Span {
        char_start: this.char_end,
        byte_start: this.byte_end,
        char_end: next.char_start.max(this.char_end),
        byte_end: next.byte_start.max(this.byte_end),
    }
}

/// `联系人：张三`, `（联系电话：…）`.
pub(crate) fn is_contact(line: &str) -> bool {
    let line = line.trim_start_matches(['（', '(', '【', '*', ' ']);
    let Some((name, _)) = line.split_once(['：', ':']) else {
        return false;
    };
    // 市商务局联系电话： names whose it is.
    !longer_than(name, 24)
        && (words::CONTACT.prefix_of(name).is_some()
            || words::CONTACT.suffix_of(name.trim_end()).is_some())
}

/// `第一条　为了规范供水，制定本条例。`
fn is_purpose(sentence: &str) -> bool {
    let text = sentence.get(parse_label(sentence).map_or(0, |label| label.end)..).unwrap_or("");
    words::PURPOSE_OPENS.prefix_of(text.trim_start()).is_some() && words::PURPOSE_ENDS.is_in(text)
}

/// `各区人民政府，市政府各部门：`
fn is_addressee(paragraph: &str) -> bool {
    let Some(name) = paragraph
        .trim_end()
        .strip_suffix(['：', ':'])
        .or_else(|| paragraph.trim_end().strip_suffix(','))
    else {
        return false;
    };
    !longer_than(name, 200)
        && !name.contains(['。', '\n'])
        && !words::ANNOUNCES.is_in(paragraph)
        && (words::ADDRESSEE_OPENS.prefix_of(name).is_some()
            || signs::names_organ(name)
            || words::ADDRESSEE_ENDS.suffix_of(name).is_some())
}

/// For each clause the one that leads in to it: a clause that ends with a colon, before numbers that begin at 1 or
/// entries of a list.
fn leads(document: &Document) -> Vec<Option<usize>> {
    let clauses = &document.clauses;
    let mut leads = vec![None; clauses.len()];
    for at in 0..clauses.len() {
        let text = document.slice(clauses[at].span).trim_end();
        if !text.ends_with(['：', ':'])
            || is_addressee(text)
            || words::ANNOUNCES.is_in(last_line(text))
        {
            continue;
        }
        let Some(first) = clauses.get(at + 1) else { continue };
        let kind = first.kind;
        let deeper = kind > clauses[at].kind || clauses[at].kind == UnitKind::Unnumbered;
        if kind == UnitKind::Unnumbered
            || kind == UnitKind::Article
            || first.number != Some(1)
            || !deeper
        {
            continue;
        }
        for (next, number) in (at + 1..clauses.len()).zip(1..) {
            let clause = &clauses[next];
            if clause.kind != kind
                || clause.number != Some(number)
                || clause.section != first.section
            {
                break;
            }
            leads[next] = Some(at);
        }
    }
    leads
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or(text)
}

/// The lines that lie in no section's heading and in no clause, with their roles.
fn outside(document: &Document) -> Vec<(Span, Role)> {
    let offsets = Offsets::new(&document.text);
    let mut covered: Vec<Range<usize>> = document
        .sections
        .iter()
        .map(|section| section.span)
        .chain(document.clauses.iter().map(|clause| clause.span))
        .map(|span| span.byte_start..span.byte_end)
        .collect();
    covered.sort_by_key(|range| range.start);
    let title = document.particular(crate::Particular::Title).map(|place| place.line);
    let first_clause = document.clauses.first().map_or(usize::MAX, |clause| clause.span.byte_start);
    let mut lines = Vec::new();
    let mut at = 0;
    let mut next = 0;
    for line in document.text.split('\n') {
        let range = at..at + line.len();
        at = range.end + 1;
        while covered.get(next).is_some_and(|part| part.end <= range.start) {
            next += 1;
        }
        if line.is_empty() || covered.get(next).is_some_and(|part| part.start < range.end) {
            continue;
        }
        let in_title =
            title.is_some_and(|t| t.byte_start <= range.start && range.end <= t.byte_end);
        let role = if in_title || signs::title_field(line).is_some() {
            Role::Title
        } else if is_addressee(line) {
            Role::Addressee
        } else if range.start < first_clause && !is_entry(line) {
            Role::ByLine
        } else {
            Role::Heading
        };
        lines.push((offsets.span(range), role));
    }
    lines
}

/// A line of a table of contents.
fn is_entry(line: &str) -> bool {
    signs::is_contents(line)
        || parse_label(line).is_some()
            && line.chars().any(is_han)
            && !dates(line).iter().any(|_| true)
}
