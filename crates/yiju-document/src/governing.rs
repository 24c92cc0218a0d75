//! What a sentence cannot be quoted without, and what list it is part of.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::label::parse_label;
use crate::style::Style;
use crate::{Clause, Role, signs, words};

/// A sentence of a clause, as the rules here see it.
struct Sentence<'a> {
    text: &'a str,
    role: Role,
    /// Index of its line.
    line: usize,
    begins_line: bool,
}

/// A line of a clause.
struct Line {
    /// How it is numbered; `None` without a number.
    style: Option<Style>,
    /// A bullet or a row of a table.
    entry: bool,
    row: bool,
}

/// A clause's text by sentences and lines.
struct Parts<'a> {
    sentences: Vec<Sentence<'a>>,
    lines: Vec<Line>,
}

impl<'a> Parts<'a> {
    /// `text` is the clause's.
    fn of(clause: &Clause, text: &'a str) -> Self {
        let base = clause.span.byte_start;
        let mut lines: Vec<(Range<usize>, Line)> = Vec::new();
        let mut at = 0;
        for line in text.split('\n') {
            let style = parse_label(line.trim_start_matches(['#', '*'])).map(|label| label.style);
            // The clause's number governs all numbers in it, whatever its style.
            let style = if lines.is_empty() && !clause.label.is_empty() { None } else { style };
            let row = signs::is_table_row(line);
            lines.push((
                at..at + line.len(),
                Line { style, entry: signs::is_short_entry(line), row },
            ));
            at += line.len() + 1;
        }
        let sentences = clause
            .sentences
            .iter()
            .enumerate()
            .map(|(index, span)| {
                let range =
                    span.byte_start.saturating_sub(base)..span.byte_end.saturating_sub(base);
                let line =
                    lines.iter().rposition(|(line, _)| line.start <= range.start).unwrap_or(0);
                let begins_line = index == 0
                    || lines.get(line).is_some_and(|(line, _)| {
                        text.get(line.start..range.start)
                            .is_none_or(|before| before.trim().is_empty())
                    });
                Sentence {
                    text: text.get(range).unwrap_or(""),
                    role: clause.roles.get(index).copied().unwrap_or(Role::Body),
                    line,
                    begins_line,
                }
            })
            .collect::<Vec<Sentence>>();
        let mut lines: Vec<Line> = lines.into_iter().map(|(_, line)| line).collect();
        // Members of a series without numbers are entries of a list too.
        for sentence in sentences.iter().filter(|s| s.role == Role::Item && s.begins_line) {
            if let Some(line) = lines.get_mut(sentence.line).filter(|line| line.style.is_none()) {
                line.entry = true;
            }
        }
        Self { sentences, lines }
    }

    fn line(&self, sentence: usize) -> Option<&Line> {
        self.lines.get(self.sentences.get(sentence)?.line)
    }

    /// How deep a sentence's line is: unnumbered lines 0, numbered ones by their style, entries of a list deepest.
    fn depth(&self, sentence: usize) -> usize {
        self.line(sentence).map_or(0, |line| match (line.style, line.entry) {
            (_, true) => usize::MAX,
            (Some(style), _) => style as usize + 1,
            (None, _) => 0,
        })
    }

    /// The lead-ins above a sentence, innermost first.
    fn leads(&self, sentence: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut depth = self.depth(sentence);
        for before in (0..sentence).rev() {
            let here = self.depth(before);
            if depth == 0 {
                break;
            }
            if here >= depth
                || !self.sentences[before].begins_line
                    && self.sentences[before].role != Role::LeadIn
            {
                continue;
            }
            if self.sentences[before].role == Role::LeadIn {
                found.push(before);
                depth = here;
            } else if here < depth && self.sentences[before].line != self.sentences[sentence].line {
                // The head of the item that this one is under, or a paragraph between: no lead-in above governs.
                if here == 0 {
                    break;
                }
                depth = here;
            }
        }
        found
    }

    /// The first and last sentence of the lines that a lead-in leads in to, itself included.
    fn led_by(&self, lead: usize) -> Range<usize> {
        let depth = self.depth(lead);
        let end = (lead + 1..self.sentences.len())
            .find(|&next| self.depth(next) <= depth)
            .unwrap_or(self.sentences.len());
        lead..end
    }
}

impl Clause {
    /// The sentences without which `sentence` (an index) does not say what the text says, as indexes in order, itself
    /// left out: the question that it answers, the lead-ins of an item, the header of a table's row, the sentence that 其, 该 or 但 points back to, and
    /// the 但 that takes something back. `text` is the clause's own.
    pub fn governing(&self, text: &str, sentence: usize) -> Vec<usize> {
        let parts = Parts::of(self, text);
        let mut found: BTreeSet<usize> = parts.leads(sentence).into_iter().collect();
        if parts.line(sentence).is_some_and(|line| line.row) {
            found.extend(header_of(&parts, sentence));
        }
        // The chain of sentences that point back, within one line or to the line before.
        let mut at = sentence;
        while let Some(this) = parts.sentences.get(at).filter(|_| at > 0) {
            let points = !self.label.is_empty() && at == 0 || !points_back(this.text);
            let before = &parts.sentences[at - 1];
            if points || matches!(before.role, Role::Heading | Role::Question) {
                break;
            }
            at -= 1;
            found.insert(at);
            found.extend(parts.leads(at));
        }
        // 三年，不收费 says nothing without 登记证能用几年？
        if parts.sentences.get(sentence).is_some_and(|this| this.role == Role::Answer) {
            let asks = |at: &usize| parts.sentences[*at].role == Role::Question;
            found.extend((0..sentence).rev().find(asks));
        }
        let next = sentence + 1;
        if parts.sentences.get(next).is_some_and(|next| {
            words::TAKES_BACK.prefix_of(next.text).is_some() && !next.begins_line
        }) {
            found.insert(next);
        }
        found.remove(&sentence);
        found.into_iter().collect()
    }

    /// The sentences (a range of indexes) of the list that `sentence` leads in to or is part of, its lead-in included;
    /// `None` where it is no part of a list. `text` is the clause's own.
    pub fn list_around(&self, text: &str, sentence: usize) -> Option<Range<usize>> {
        let parts = Parts::of(self, text);
        let role = parts.sentences.get(sentence)?.role;
        let lead = if role == Role::LeadIn {
            Some(sentence)
        } else {
            parts.leads(sentence).first().copied()
        };
        if let Some(lead) = lead {
            let led = parts.led_by(lead);
            return (led.len() > 1).then_some(led);
        }
        if parts.line(sentence).is_some_and(|line| line.row) {
            let line = |at: usize| parts.line(at).is_some_and(|line| line.row);
            let first = (0..sentence).rev().take_while(|&at| line(at)).last().unwrap_or(sentence);
            let end = (sentence..parts.sentences.len())
                .find(|&at| !line(at))
                .unwrap_or(parts.sentences.len());
            return (end - first > 1).then_some(first..end);
        }
        members_around(&parts, sentence)
    }
}

/// The header of a table's row, the first row of the run of rows, and the caption over it.
fn header_of(parts: &Parts, sentence: usize) -> impl Iterator<Item = usize> {
    let row = |at: usize| parts.line(at).is_some_and(|line| line.row);
    let header = (0..sentence).rev().take_while(|&at| row(at)).last();
    let above = header.and_then(|at| at.checked_sub(1));
    let caption =
        above.filter(|&at| parts.sentences.get(at).is_some_and(|s| s.role == Role::Heading));
    caption.into_iter().chain(header)
}

/// 一是…。二是…。三是…。 with the sentence before them.
fn members_around(parts: &Parts, sentence: usize) -> Option<Range<usize>> {
    let line = parts.sentences.get(sentence)?.line;
    let of_line = |at: &usize| parts.sentences.get(*at).is_some_and(|s| s.line == line);
    let member = |at: usize| {
        parts.sentences.get(at).is_some_and(|s| words::MEMBERS.prefix_of(s.text).is_some())
    };
    let first = (0..parts.sentences.len()).filter(of_line).find(|&at| member(at))?;
    let last = (first..parts.sentences.len()).filter(of_line).rfind(|&at| member(at))?;
    if last == first {
        return None;
    }
    let start = first.checked_sub(1).filter(of_line).unwrap_or(first);
    let start = match parts.sentences[start].role {
        Role::Heading | Role::Question => first,
        _ => start,
    };
    (start..last + 1).contains(&sentence).then_some(start..last + 1)
}

fn points_back(sentence: &str) -> bool {
    let text = sentence.trim_start();
    words::POINTS_BACK.prefix_of(text).is_some_and(|word| {
        // This and It are words, 其 a character: 其他 and 其中 say something themselves.
        let rest = &text[word.len()..];
        !(word.is_ascii() || word == "其" && rest.starts_with(['他', '它', '余', '次']))
            || word.is_ascii() && rest.starts_with(|c: char| !c.is_alphanumeric())
    })
}
