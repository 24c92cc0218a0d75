//! The parsed document: clean text, sections, clauses and sentences, all by span.

use serde::{Deserialize, Serialize};

use crate::Role;
use crate::outline::join_label;

/// A half-open range in a document's clean text, in Unicode scalar values and in UTF-8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Span {
    /// First character, counted in Unicode scalar values.
    pub char_start: usize,
    /// One past the last character, in Unicode scalar values.
    pub char_end: usize,
    /// First byte of the UTF-8 text.
    pub byte_start: usize,
    /// One past the last byte.
    pub byte_end: usize,
}

/// What kind of unit a number names, from the outermost to the innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// 第一编
    Book,
    /// 第一章
    Chapter,
    /// 第一节
    Section,
    /// 第十七条, Article 17
    Article,
    /// 一、
    Ideographic,
    /// （一）
    Parenthesized,
    /// 1. or 1、
    Arabic,
    /// （1）
    ParenthesizedArabic,
    /// A heading without a number.
    Unnumbered,
}

/// A heading and what stands under it. Sections nest through `parent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// The kind of its number.
    pub kind: UnitKind,
    /// Its number, where it has one: 2 for 二、.
    pub number: Option<u32>,
    /// The number as cited, in normal form: `二、`, `第三章`; empty without a number.
    pub label: String,
    /// The heading without its number: `优化现代化城市体系`.
    pub title: String,
    /// Index of the enclosing section in `Document::sections`.
    pub parent: Option<usize>,
    /// The heading as printed, number included.
    pub span: Span,
}

/// The smallest numbered unit that is cited, or an unnumbered paragraph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// The kind of its number; `Unnumbered` for a plain paragraph.
    pub kind: UnitKind,
    /// Its number, where it has one: 8 for （八）, 17 for 第十七条.
    pub number: Option<u32>,
    /// For 第十七条之一: 1.
    pub sub_number: Option<u32>,
    /// The number as cited, in normal form: `（八）`, `第十七条`; empty for a plain paragraph.
    pub label: String,
    /// The clause's own heading without number and full stop, where it has one:
    /// `系统推进“好房子”和完整社区建设`.
    pub heading: Option<String>,
    /// Index of the innermost enclosing section in `Document::sections`.
    pub section: Option<usize>,
    /// The whole clause as printed, number and heading included; may hold several paragraphs.
    pub span: Span,
    /// Its sentences in order, heading sentence included; they do not overlap, each lies in `span`.
    pub sentences: Vec<Span>,
    /// 款 (paragraphs) of the clause, in order, at least one; the first begins behind the number,
    /// each holds its items.
    pub paragraphs: Vec<Span>,
    /// 项 (（一）… inside a clause): number and span, in order; empty where there are none. Numbers
    /// start anew in each paragraph.
    pub items: Vec<(u32, Span)>,
    /// What each of its sentences is for, in their order; empty in a document stored before roles were kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Index of the clause that leads in to this one: `各单位应当：` over 1. and 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<usize>,
    /// Whether it goes on with the clause before it, which is too long for one: the parts have the
    /// same label and number, and the paragraph or item that a part cuts goes on in the next. Left
    /// out of JSON where false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continues: bool,
    /// Whether its head was found inside running text, by its number, where the source has no line
    /// break. Left out of JSON where false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
}

/// A number in running text that may or may not be a head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Where it stands.
    pub span: Span,
    /// The number in normal form: `第五条`.
    pub seen: String,
    /// Why it is doubtful.
    pub why: DoubtKind,
}

/// Why a number in running text is doubtful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoubtKind {
    /// It is a head, but a number before it was not found: its text is in what stands before.
    Gap,
    /// A head of this number stands before or behind it: this one is text.
    Double,
    /// Another place would serve as well: neither is a head.
    Ambiguous,
}

/// One source text, parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The title on one line: `中共中央 国务院关于推动城市高质量发展的意见`.
    pub title: String,
    /// Who issued it, where the text says so: `中共中央、国务院`.
    pub issuer: Option<String>,
    /// 文号 where the text has one: `国发〔2025〕1号`.
    pub number: Option<String>,
    /// The date of the document where the text has one.
    pub date: Option<jiff::civil::Date>,
    /// BCP 47 tag guessed from the text: `zh`, `zh-Hant`, `en`, or `und`.
    pub language: String,
    /// The clean text: the printed text with broken paragraphs joined, one on each line, no blank
    /// lines, line ends as `\n`.
    pub text: String,
    /// SHA-256 of `text` in lower-case hex.
    pub sha256: String,
    /// Where the numbering of running text left a doubt, in the order of the text; none in text that
    /// has its line breaks. Left out of JSON where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
    /// Sections in the order of the text.
    pub sections: Vec<Section>,
    /// Clauses in the order of the text. Every paragraph belongs to exactly one, but for the title,
    /// date, number and header lines, a table of contents, and the headings, which are sections.
    pub clauses: Vec<Clause>,
    /// The lines that are in no clause and no heading, with their roles: title, addressee, by-lines, table of contents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<(Span, Role)>,
}

impl Document {
    /// The clause `clause` and the parts that go on with it; empty where it is out of range.
    pub fn parts(&self, clause: usize) -> std::ops::Range<usize> {
        let Some(after) = self.clauses.get(clause + 1..) else {
            return clause..clause;
        };
        clause..clause + 1 + after.iter().take_while(|part| part.continues).count()
    }

    /// The text at `span`; empty where the span does not fit this text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.byte_start..span.byte_end).unwrap_or("")
    }

    /// The heading path of a clause, outermost first, its own label and heading last where it has
    /// them: `["二、优化现代化城市体系", "（二）增强超大特大城市综合竞争力"]`, `["第一章 总则", "第三条"]`.
    /// Empty where `clause` is out of range.
    pub fn path(&self, clause: usize) -> Vec<String> {
        let Some(clause) = self.clauses.get(clause) else {
            return Vec::new();
        };
        let mut path = Vec::new();
        let own = join_label(&clause.label, clause.heading.as_deref().unwrap_or(""));
        if !own.is_empty() {
            path.push(own);
        }
        let mut next = clause.section;
        while let Some(section) = next.and_then(|i| self.sections.get(i)) {
            path.push(join_label(&section.label, &section.title));
            next = section.parent;
        }
        path.reverse();
        path
    }
}
