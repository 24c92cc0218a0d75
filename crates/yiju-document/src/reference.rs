//! References to numbered units in a question, and where they lead in a document.

mod chinese;
mod english;
mod follow;
mod list;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::style::Style;
use crate::{Span, UnitKind};
use yiju_text::numerals::{decimal, is_chinese_numeral};

/// What the number of a reference may count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A labelled section or clause of this kind.
    Kind(UnitKind),
    /// 款: a paragraph of a clause.
    Paragraph,
    /// 项: a numbered item of a clause.
    Item,
    /// 句: a sentence of a clause, a paragraph or an item.
    Sentence,
}

/// One step of a reference: 第三章 of 第三章第二节.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it may mean, likeliest first: 第（十九）条 is clause （十九） or Article 19. The first
    /// that the document uses at all decides.
    pub units: Vec<Unit>,
    /// The number, from 1; 0 where the question says 第〇条, which leads nowhere.
    pub number: u32,
    /// For 第十七条之一: 1.
    pub sub_number: Option<u32>,
}

/// A numbered unit that a question names: 第（十九）条, 第五部分, 第十七条第二款第三项, Article 12.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// From the outermost to the innermost, at least one.
    pub steps: Vec<Step>,
    /// Where it stands in the question, in bytes. The references of one list or range (第八、九条,
    /// 第八条至第十条) all have the range of the whole.
    pub range: Range<usize>,
}

/// Where a reference leads in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Index in `Document::sections`.
    Section(usize),
    /// Index in `Document::clauses`.
    Clause(usize),
    /// 款 of a clause: the clause's index and the paragraph's span.
    Paragraph(usize, Span),
    /// 项 of a clause: the clause's index and the item's span.
    Item(usize, Span),
    /// 句 of a clause: the clause's index and the sentence's span.
    Sentence(usize, Span),
}

/// The references in a question, in order. Their ranges are equal or do not overlap.
///
/// Understands 第X条/款/项/章/节/编/部分 with Chinese, ASCII and full-width numbers, bracketed or not,
/// nested (第三章第二节); 39条 and 2条1项 after a law's name, 39条 at the start; （八） alone; `Article 12`, `Sec. 12(1)(a)`, `section 5`, `part five`, `the fifth part`,
/// `Article 17, paragraph 2`, `Section 2 of Chapter 3`; lists and ranges (第八、九条,
/// 第八条至第十条, `Articles 5 to 7`), a range of more than 50 units as its two ends only. Words that
/// only look like references (第一条地铁, 第一条件, `point 5`) are none.
pub fn find_references(question: &str) -> Vec<Reference> {
    let mut found = Found::default();
    let mut at = 0;
    while at < question.len() {
        let last = found.references.last();
        let after_unit = last.is_some_and(|last| {
            let between = &question[last.range.end..at];
            between.is_empty() || question[at..].starts_with('第') && is_glue(between)
        });
        match steps_at(question, at, after_unit) {
            Some(parsed) => {
                found.add(question, at, &parsed);
                at = parsed.end;
            }
            None => at += question[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    found.references
}

/// What is at one place of a question: the steps of a list or range, mostly one.
struct Parsed {
    steps: Vec<Step>,
    end: usize,
    /// Whether it narrows what it directly follows, whatever that is: (a) of Section 12(1)(a).
    inner: bool,
}

impl Parsed {
    fn new(steps: Vec<Step>, end: usize) -> Self {
        Self { steps, end, inner: false }
    }
}

#[derive(Default)]
struct Found {
    references: Vec<Reference>,
    /// Where the references of the last list or range begin: 第八、九条第一款 narrows both.
    group: usize,
}

impl Found {
    fn add(&mut self, question: &str, start: usize, parsed: &Parsed) {
        let Some(step) = parsed.steps.first() else {
            return;
        };
        let mut outer = Vec::new();
        if let Some(last) = self.references.last() {
            let between = &question[last.range.end..start];
            if parsed.inner || joins(last, step, between) {
                return self.combine(parsed, false);
            }
            if inverted(between, step, last) {
                return self.combine(parsed, true);
            }
            if list::connects(between) {
                // 第十七条第一款、第三款: both of Article 17.
                let level = rank(step);
                if last.steps.last().is_some_and(|inner| rank(inner) >= level) {
                    outer.extend(last.steps.iter().filter(|s| rank(s) < level).cloned());
                }
                if list::ranges(between, &question[..last.range.start]) && self.fill(&outer, parsed)
                {
                    return;
                }
            }
        }
        self.group = self.references.len();
        // Very many ranges are no question any more: of those past a limit only the ends.
        let most = if self.group < list::MOST_REFERENCES { usize::MAX } else { 2 };
        for step in list::thinned(&parsed.steps, most) {
            let mut steps = outer.clone();
            steps.push(step.clone());
            self.references.push(Reference { steps, range: start..parsed.end });
        }
    }

    /// Narrows the references of the last group by each of the steps, or puts these before them.
    fn combine(&mut self, parsed: &Parsed, before: bool) {
        let group = self.references.split_off(self.group);
        let Some(start) = group.first().map(|first| first.range.start) else {
            return;
        };
        let most = list::MOST_UNITS / group.len().max(1);
        for reference in &group {
            for step in list::thinned(&parsed.steps, most) {
                let mut steps = reference.steps.clone();
                steps.insert(if before { 0 } else { steps.len() }, step.clone());
                self.references.push(Reference { steps, range: start..parsed.end });
            }
        }
    }

    /// 第八条至第十条: adds what lies between the last reference and this one, and this one. False
    /// where the two are no ends of a range.
    fn fill(&mut self, outer: &[Step], parsed: &Parsed) -> bool {
        let (Some(last), [to]) = (self.references.last(), parsed.steps.as_slice()) else {
            return false;
        };
        let Some(from) = last.steps.last() else {
            return false;
        };
        if from.units != to.units || last.steps.len() != outer.len() + 1 || from.number >= to.number
        {
            return false;
        }
        let range = last.range.start..parsed.end;
        let shared = last.range.clone();
        let mut between = Vec::new();
        if from.sub_number.is_none() && to.sub_number.is_none() {
            between = list::inside(from.number, to.number, self.references.len());
        }
        let start = self
            .references
            .iter()
            .rposition(|reference| reference.range != shared)
            .map_or(0, |i| i + 1);
        for reference in &mut self.references[start..] {
            reference.range = range.clone();
        }
        self.group = start;
        for number in between {
            self.push_in(outer, Step { number, ..to.clone() }, &range);
        }
        self.push_in(outer, to.clone(), &range);
        true
    }

    fn push_in(&mut self, outer: &[Step], step: Step, range: &Range<usize>) {
        let mut steps = outer.to_vec();
        steps.push(step);
        self.references.push(Reference { steps, range: range.clone() });
    }
}

/// What may stand between a unit and what narrows it: 第三章的第二节, Article 17, paragraph 2.
fn is_glue(between: &str) -> bool {
    matches!(between.trim(), "" | "的" | "之" | "中" | "中的" | "里" | "里的" | "，" | ",")
}

/// Whether `step` narrows `last`.
fn joins(last: &Reference, step: &Step, between: &str) -> bool {
    is_glue(between) && last.steps.last().is_some_and(|outer| rank(step) > rank(outer))
}

/// `Section 2 of Chapter 3`.
fn inverted(between: &str, step: &Step, last: &Reference) -> bool {
    matches!(between.trim().to_ascii_lowercase().as_str(), "of" | "in" | "of the" | "under")
        && last.steps.first().is_some_and(|inner| rank(step) < rank(inner))
}

fn rank(step: &Step) -> u32 {
    match step.units.first() {
        Some(Unit::Kind(kind)) => *kind as u32,
        Some(Unit::Paragraph) => 100,
        Some(Unit::Item) | None => 101,
        Some(Unit::Sentence) => 102,
    }
}

/// The reference steps that begin exactly at byte `at`; `after_unit` where a reference ends there.
fn steps_at(question: &str, at: usize, after_unit: bool) -> Option<Parsed> {
    let (before, rest) = question.split_at(at);
    let first = rest.chars().next()?;
    let parsed = match first {
        // 修正案（十二） is a name.
        '（' | '(' if before.trim_end().ends_with("修正案") => None,
        '(' if after_unit && before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == ')') => {
            english::inner(rest)
        }
        '第' => chinese::ordinal(before, rest, after_unit),
        '（' | '(' => chinese::bracketed(
            rest,
            at == 0 || !before.ends_with(char::is_alphanumeric) || first == '（',
        ),
        '①'..='⑳' => {
            let units = [Unit::Item, Unit::Kind(UnitKind::ParenthesizedArabic)];
            let only = step(&units, first as u32 - '①' as u32 + 1);
            Some(Parsed::new(vec![only], first.len_utf8()))
        }
        '§' => {
            let number = rest[first.len_utf8()..].trim_start();
            let (value, sub_number, length) = crate::label_english::number(number)?;
            let only = Step { sub_number, ..step(&[Unit::Kind(UnitKind::Article)], value) };
            Some(Parsed::new(vec![only], rest.len() - number.len() + length))
        }
        c if c.is_ascii_alphabetic() => {
            let inside = before.ends_with(|c: char| c.is_alphanumeric() && c.is_ascii());
            if inside { None } else { english::noun(rest) }
        }
        c if decimal(c).is_some() || is_chinese_numeral(c) => {
            let bare = chinese::bare(before, rest, after_unit);
            bare.or_else(
                || if at == 0 && is_chinese_numeral(c) { leading_part(rest) } else { None },
            )
        }
        _ => None,
    }?;
    Some(Parsed { end: parsed.end + at, ..parsed })
}

fn step(units: &[Unit], number: u32) -> Step {
    Step { units: units.to_vec(), number, sub_number: None }
}

/// `五、` at the very start of a question.
fn leading_part(rest: &str) -> Option<Parsed> {
    let label = crate::label::parse_label(rest).filter(|l| l.style == Style::Ideographic)?;
    let end = rest
        .find(['、', '．', '.', '﹑'])
        .map(|i| i + rest[i..].chars().next().map_or(1, char::len_utf8))?;
    if follow::is_enumeration(label.number, &rest[end..]) {
        return None;
    }
    let only = step(&[Unit::Kind(UnitKind::Ideographic)], label.number);
    Some(Parsed::new(vec![only], end))
}

fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\u{3000}']).len()
}
