//! References to numbered units in a question, and where they lead in a document.

use std::ops::Range;

use crate::label::Style;
use crate::numerals::{decimal, leading_number, parse_english_number};
use crate::{Span, UnitKind};

use Unit::{Item, Kind, Paragraph};
use UnitKind::{
    Arabic, Article, Book, Chapter, Ideographic, Parenthesized, ParenthesizedArabic, Section,
};

/// What the number of a reference may count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A labelled section or clause of this kind.
    Kind(UnitKind),
    /// 款: a paragraph of a clause.
    Paragraph,
    /// 项: a numbered item of a clause.
    Item,
}

/// One step of a reference: 第三章 of 第三章第二节.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it may mean, likeliest first: 第（十九）条 is clause （十九） or Article 19. The first
    /// that the document uses at all decides.
    pub units: Vec<Unit>,
    /// The number, from 1.
    pub number: u32,
    /// For 第十七条之一: 1.
    pub sub_number: Option<u32>,
}

/// A numbered unit that a question names: 第（十九）条, 第五部分, 第十七条第二款第三项, Article 12.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// From the outermost to the innermost, at least one.
    pub steps: Vec<Step>,
    /// Where it stands in the question, in bytes.
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
}

/// The references in a question, in order. They do not overlap.
///
/// Understands 第X条/款/项/章/节/编/部分 with Chinese, ASCII and full-width numbers, bracketed or not,
/// nested (第三章第二节); （八） alone; `Article 12`, `section 5`, `part five`, `the fifth part`,
/// `Article 17, paragraph 2`, `Section 2 of Chapter 3`.
pub fn find_references(question: &str) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    let mut at = 0;
    while at < question.len() {
        match step_at(question, at) {
            Some(parsed) => {
                let range = at..parsed.end;
                at = parsed.end;
                match found.last_mut() {
                    Some(last)
                        if joins(last, &parsed.step, &question[last.range.end..range.start]) =>
                    {
                        last.steps.push(parsed.step);
                        last.range.end = range.end;
                    }
                    Some(last)
                        if inverted(&question[last.range.end..range.start], &parsed.step, last) =>
                    {
                        last.steps.insert(0, parsed.step);
                        last.range.end = range.end;
                    }
                    _ => found.push(Reference {
                        steps: vec![parsed.step],
                        range,
                    }),
                }
            }
            None => at += question[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

struct Parsed {
    step: Step,
    end: usize,
}

/// Whether `step` narrows `last`: 第三章的第二节, Article 17, paragraph 2.
fn joins(last: &Reference, step: &Step, between: &str) -> bool {
    let glue = matches!(
        between.trim().to_ascii_lowercase().as_str(),
        "" | "的" | "之" | "中" | "中的" | "里" | "里的" | "，" | ","
    );
    glue && last
        .steps
        .last()
        .is_some_and(|outer| rank(step) > rank(outer))
}

/// `Section 2 of Chapter 3`.
fn inverted(between: &str, step: &Step, last: &Reference) -> bool {
    matches!(
        between.trim().to_ascii_lowercase().as_str(),
        "of" | "in" | "of the" | "under"
    ) && last
        .steps
        .first()
        .is_some_and(|inner| rank(step) < rank(inner))
}

fn rank(step: &Step) -> u32 {
    match step.units.first() {
        Some(Unit::Kind(kind)) => *kind as u32,
        Some(Unit::Paragraph) => 100,
        Some(Unit::Item) | None => 101,
    }
}

/// The reference step that begins exactly at byte `at`.
fn step_at(question: &str, at: usize) -> Option<Parsed> {
    let rest = &question[at..];
    let first = rest.chars().next()?;
    match first {
        '第' => chinese(rest),
        '（' | '(' => bracketed(
            rest,
            at == 0 || !question[..at].ends_with(char::is_alphanumeric) || first == '（',
        ),
        '①'..='⑳' => Some(Parsed {
            step: step(
                &[Unit::Item, Unit::Kind(UnitKind::ParenthesizedArabic)],
                first as u32 - '①' as u32 + 1,
            ),
            end: first.len_utf8(),
        }),
        c if c.is_ascii_alphabetic() => {
            let inside = question[..at].ends_with(|c: char| c.is_alphanumeric() && c.is_ascii());
            if inside { None } else { english(rest) }
        }
        c if at == 0 && crate::numerals::is_chinese_numeral(c) => leading_part(rest),
        _ => None,
    }
    .map(|parsed| Parsed {
        end: parsed.end + at,
        ..parsed
    })
}

fn step(units: &[Unit], number: u32) -> Step {
    Step {
        units: units.to_vec(),
        number,
        sub_number: None,
    }
}

fn chinese(rest: &str) -> Option<Parsed> {
    let mut at = '第'.len_utf8() + spaces(&rest['第'.len_utf8()..]);
    let bracket = rest[at..]
        .chars()
        .next()
        .filter(|c| matches!(c, '（' | '('));
    if let Some(c) = bracket {
        at += c.len_utf8();
        at += spaces(&rest[at..]);
    }
    let arabic = rest[at..]
        .chars()
        .next()
        .is_some_and(|c| decimal(c).is_some());
    let (number, length) = leading_number(&rest[at..])?;
    at += length + spaces(&rest[at + length..]);
    if bracket.is_some() {
        at += rest[at..]
            .chars()
            .next()
            .filter(|c| matches!(c, '）' | ')'))?
            .len_utf8();
        at += spaces(&rest[at..]);
    }
    let bracketed = if arabic {
        ParenthesizedArabic
    } else {
        Parenthesized
    };
    let units: &[(&str, &[Unit])] = &[
        (
            "大部分",
            &[
                Kind(Book),
                Kind(Ideographic),
                Kind(Chapter),
                Kind(Arabic),
                Kind(Parenthesized),
            ],
        ),
        (
            "部分",
            &[
                Kind(Book),
                Kind(Ideographic),
                Kind(Chapter),
                Kind(Arabic),
                Kind(Parenthesized),
            ],
        ),
        (
            "大点",
            &[Kind(Ideographic), Kind(Parenthesized), Kind(Arabic)],
        ),
        (
            "大项",
            &[Kind(Ideographic), Kind(Parenthesized), Kind(Arabic)],
        ),
        (
            "方面",
            &[Kind(Ideographic), Kind(Parenthesized), Kind(Arabic)],
        ),
        ("分编", &[Kind(Book)]),
        ("编", &[Kind(Book)]),
        ("編", &[Kind(Book)]),
        ("篇", &[Kind(Book)]),
        ("章", &[Kind(Chapter), Kind(Ideographic)]),
        ("节", &[Kind(Section)]),
        ("節", &[Kind(Section)]),
        (
            "条",
            &[
                Kind(Article),
                Kind(Parenthesized),
                Kind(Arabic),
                Kind(Ideographic),
            ],
        ),
        (
            "條",
            &[
                Kind(Article),
                Kind(Parenthesized),
                Kind(Arabic),
                Kind(Ideographic),
            ],
        ),
        ("款", &[Paragraph, Kind(Parenthesized), Kind(Arabic)]),
        (
            "项",
            &[Item, Kind(Parenthesized), Kind(Arabic), Kind(Ideographic)],
        ),
        (
            "項",
            &[Item, Kind(Parenthesized), Kind(Arabic), Kind(Ideographic)],
        ),
        (
            "点",
            &[Kind(Parenthesized), Kind(Arabic), Kind(Ideographic)],
        ),
        (
            "點",
            &[Kind(Parenthesized), Kind(Arabic), Kind(Ideographic)],
        ),
        ("目", &[Item]),
    ];
    let (name, units) = units
        .iter()
        .find(|(name, _)| rest[at..].starts_with(name))?;
    at += name.len();
    // 第三条道路, 第二部分析: words that only look like it.
    let other = [
        "道路",
        "生产线",
        "生產線",
        "战线",
        "戰線",
        "腿",
        "线路",
        "析",
        "目标",
        "目的",
        "标",
    ];
    if other.iter().any(|word| rest[at..].starts_with(word)) {
        return None;
    }
    let mut parsed = step(units, number);
    if bracket.is_some() && parsed.units[0] == Kind(Article) {
        // The brackets are the text's own: （十九） is what is meant where there is one.
        parsed.units = vec![Kind(bracketed), Kind(Article)];
        if arabic {
            parsed.units.insert(1, Kind(Parenthesized));
        }
    }
    if let Some(sub) = rest[at..].strip_prefix('之')
        && let Some((value, length)) = leading_number(sub).filter(|_| matches!(*name, "条" | "條"))
    {
        parsed.sub_number = Some(value);
        at += '之'.len_utf8() + length;
    }
    Some(Parsed {
        step: parsed,
        end: at,
    })
}

/// （八）, but neither `f(8)` nor （2025年）.
fn bracketed(rest: &str, free: bool) -> Option<Parsed> {
    let open = rest.chars().next()?.len_utf8();
    let mut at = open + spaces(&rest[open..]);
    let arabic = rest[at..]
        .chars()
        .next()
        .is_some_and(|c| decimal(c).is_some());
    let (number, length) = leading_number(&rest[at..])?;
    at += length + spaces(&rest[at + length..]);
    at += rest[at..]
        .chars()
        .next()
        .filter(|c| matches!(c, '）' | ')'))?
        .len_utf8();
    if !free || number == 0 || number > 999 {
        return None;
    }
    // （十九）条 and （八）部分 take their noun along.
    for noun in ["条", "條", "项", "項", "款", "点", "部分"] {
        if rest[at..].starts_with(noun) {
            at += noun.len();
            break;
        }
    }
    let units: &[Unit] = if arabic {
        &[Kind(ParenthesizedArabic), Kind(Parenthesized), Item]
    } else {
        &[Kind(Parenthesized), Item, Kind(ParenthesizedArabic)]
    };
    Some(Parsed {
        step: step(units, number),
        end: at,
    })
}

/// `五、` at the very start of a question.
fn leading_part(rest: &str) -> Option<Parsed> {
    let label = crate::label::parse_label(rest).filter(|l| l.style == Style::Ideographic)?;
    let end = rest
        .find(['、', '．', '.', '﹑'])
        .map(|i| i + rest[i..].chars().next().map_or(1, char::len_utf8))?;
    Some(Parsed {
        step: step(&[Kind(Ideographic)], label.number),
        end,
    })
}

/// The units that an English noun may name.
fn english_units(noun: &str) -> Option<&'static [Unit]> {
    Some(match noun {
        "book" | "books" => &[Kind(Book)],
        "part" | "parts" => &[
            Kind(Book),
            Kind(Ideographic),
            Kind(Chapter),
            Kind(Arabic),
            Kind(Parenthesized),
        ],
        "chapter" | "chapters" => &[Kind(Chapter), Kind(Ideographic)],
        "section" | "sections" | "sec" => &[
            Kind(Section),
            Kind(Ideographic),
            Kind(Chapter),
            Kind(Arabic),
            Kind(Parenthesized),
        ],
        "article" | "articles" | "art" => &[Kind(Article), Kind(Parenthesized), Kind(Arabic)],
        "clause" | "clauses" => &[
            Kind(Article),
            Kind(Parenthesized),
            Kind(Arabic),
            Kind(Ideographic),
        ],
        "point" | "provision" => &[
            Kind(Parenthesized),
            Kind(Article),
            Kind(Arabic),
            Kind(Ideographic),
        ],
        "paragraph" | "para" => &[Paragraph, Kind(Parenthesized), Kind(Article), Kind(Arabic)],
        "item" | "subparagraph" => &[Item, Kind(Parenthesized), Kind(Arabic)],
        _ => return None,
    })
}

fn english(rest: &str) -> Option<Parsed> {
    let word = |text: &str| -> usize {
        text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .unwrap_or(text.len())
    };
    let end = word(rest);
    let first = rest[..end].to_ascii_lowercase();
    let gap = &rest[end..];
    let skipped = gap.len()
        - gap
            .trim_start_matches(['.', ' ', '\u{a0}', '(', '（', '#'])
            .len();
    let second_at = end + skipped;
    // `Article 12`, `part five`, `clause (19)`
    if let Some(units) = english_units(&first).filter(|_| skipped > 0) {
        let second = &rest[second_at..];
        let chinese = leading_number(second);
        let (number, length) = match chinese {
            Some((number, length)) => (number, length),
            None => {
                let length = word(second);
                let printed = &second[..length];
                // "section I need": a capital I is a number only where the noun has a capital too.
                let pronoun = printed == "I" && !rest.starts_with(|c: char| c.is_ascii_uppercase());
                let small =
                    printed.len() == 1 && printed.starts_with(|c: char| c.is_ascii_lowercase());
                if pronoun || small {
                    return None;
                }
                (parse_english_number(printed)?, length)
            }
        };
        let mut at = second_at + length;
        if gap[..skipped].contains(['(', '（']) {
            at += rest[at..]
                .chars()
                .next()
                .filter(|c| matches!(c, ')' | '）'))
                .map_or(0, char::len_utf8);
        }
        return (number > 0).then(|| Parsed {
            step: step(units, number),
            end: at,
        });
    }
    // `fifth part`, `3rd article`
    let ordinal = first.ends_with("th")
        || first.ends_with("st")
        || first.ends_with("nd")
        || first.ends_with("rd");
    let number = parse_english_number(&first).filter(|_| ordinal)?;
    let noun_end = second_at + word(&rest[second_at..]);
    let units = english_units(&rest[second_at..noun_end].to_ascii_lowercase())?;
    Some(Parsed {
        step: step(units, number),
        end: noun_end,
    })
}

fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\u{3000}']).len()
}
