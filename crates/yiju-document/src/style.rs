//! Numbers at the head of lines as a type: their style, value and place among the others.

use crate::model::UnitKind;
use yiju_text::numerals::{decimal, leading_number};

/// How a number is written; finer than `UnitKind`, in the order of the usual nesting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Style {
    /// 第一编
    Book,
    /// 第一部分, Part 1
    Part,
    /// 第一分编
    SubBook,
    /// 第一章
    Chapter,
    /// 第一节
    Section,
    /// 第一条
    Article,
    /// 一、
    Ideographic,
    /// （一）
    Parenthesized,
    /// 1., or 1 above 1.1
    Arabic,
    /// 1.1
    Decimal2,
    /// 1.1.1
    Decimal3,
    /// 1.1.1.1
    Decimal4,
    /// （1）
    ParenthesizedArabic,
    /// 1）
    HalfParenthesis,
    /// ①
    Circled,
    /// 甲、
    Stem,
    /// (a), a)
    Letter,
    /// (i), i)
    Roman,
}

/// How many styles there are.
pub(crate) const STYLES: usize = Style::Roman as usize + 1;

impl Style {
    pub(crate) fn kind(self) -> UnitKind {
        match self {
            Style::Book | Style::Part | Style::SubBook => UnitKind::Book,
            Style::Chapter => UnitKind::Chapter,
            Style::Section => UnitKind::Section,
            Style::Article => UnitKind::Article,
            Style::Ideographic => UnitKind::Ideographic,
            Style::Parenthesized => UnitKind::Parenthesized,
            Style::Arabic | Style::Decimal2 | Style::Decimal3 | Style::Decimal4 => UnitKind::Arabic,
            Style::ParenthesizedArabic
            | Style::HalfParenthesis
            | Style::Circled
            | Style::Stem
            | Style::Letter
            | Style::Roman => UnitKind::ParenthesizedArabic,
        }
    }

    /// 1.1, 1.1.1 and deeper.
    pub(crate) fn is_decimal(self) -> bool {
        matches!(self, Style::Decimal2 | Style::Decimal3 | Style::Decimal4)
    }

    /// 编, 章 and 节: always headings of what follows.
    pub(crate) fn is_division(self) -> bool {
        self < Style::Article
    }
}

/// A number found at the head of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) style: Style,
    pub(crate) number: u32,
    /// 之一 of 第十七条之一.
    pub(crate) sub: Option<u32>,
    /// The label in normal form.
    pub(crate) text: String,
    /// Bytes of the line up to the label's own text, white space included.
    pub(crate) end: usize,
    /// Whether white space, a colon or the line's end stands between the number and the text, so
    /// that it cannot be a reference in running text.
    pub(crate) separated: bool,
}

impl Label {
    /// Whether the label reads 2A, which may be 2 and the first word of `A person…`.
    pub(crate) fn ends_with_article(&self) -> bool {
        self.style <= Style::Article && self.sub == Some(1) && self.text.ends_with('A')
    }

    /// The label as 2 of `2A person…`; `line` is the line that it heads.
    pub(crate) fn without_article(&self, line: &str) -> Label {
        Label {
            sub: None,
            text: self.text.trim_end_matches('A').to_string(),
            end: line[..self.end].trim_end().len() - 1,
            separated: true,
            ..self.clone()
        }
    }
}

/// Completes a label: swallows the separator after `end`.
pub(crate) fn finish(
    line: &str,
    style: Style,
    number: u32,
    sub: Option<u32>,
    text: String,
    end: usize,
) -> Label {
    let rest = &line[end..];
    let trimmed = rest.trim_start();
    let mut at = line.len() - trimmed.len();
    let mut separated = trimmed.len() < rest.len() || trimmed.is_empty();
    // 第一条：为了…, Article 1. Scope, Chapter I – Scope
    let marks: &[char] = if style <= Style::Article {
        &['：', ':', '.', '．', '、', '—', '–', '-']
    } else {
        &['、', '．']
    };
    if let Some(c) = trimmed.chars().next().filter(|c| marks.contains(c)) {
        let mark_end = at + c.len_utf8();
        let after = &line[mark_end..];
        // 第十条、第十一条, 第十条—第十二条 and 第五条、前条 are references.
        if !after.trim_start().starts_with(['第', '前']) && !after.starts_with(c) {
            at = line.len() - after.trim_start().len();
            separated = true;
        }
    }
    if line[at..].starts_with('【') {
        separated = true;
    }
    Label { style, number, sub, text, end: at, separated }
}

/// `-1`, `之1`, `之一` at the start of `text`, behind the number or the unit: the number of an
/// article put in later, and the length.
pub(crate) fn sub_number(text: &str) -> Option<(u32, usize)> {
    let mut at = spaces(text);
    let mark = text[at..].chars().next().filter(|c| "-－—–之".contains(*c))?;
    at += mark.len_utf8();
    at += spaces(&text[at..]);
    let (value, len) = leading_number(&text[at..])?;
    let digits = mark == '之' || text[at..].starts_with(|c| decimal(c).is_some());
    (digits && (1..1000).contains(&value)).then_some((value, at + len))
}

pub(crate) fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\u{3000}', '\u{a0}', '\t']).len()
}
