//! The number at the head of a line: 第十七条, （八）, 一、, 1., Chapter 3.

use crate::label_english;
use crate::model::UnitKind;
use yiju_text::chars::is_han;
use yiju_text::numerals::{decimal, leading_number, to_chinese};

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
    /// 1.
    Arabic,
    /// （1）
    ParenthesizedArabic,
    /// 1）
    HalfParenthesis,
    /// ①
    Circled,
    /// (a)
    Letter,
}

/// How many styles there are.
pub(crate) const STYLES: usize = Style::Letter as usize + 1;

impl Style {
    pub(crate) fn kind(self) -> UnitKind {
        match self {
            Style::Book | Style::Part | Style::SubBook => UnitKind::Book,
            Style::Chapter => UnitKind::Chapter,
            Style::Section => UnitKind::Section,
            Style::Article => UnitKind::Article,
            Style::Ideographic => UnitKind::Ideographic,
            Style::Parenthesized => UnitKind::Parenthesized,
            Style::Arabic => UnitKind::Arabic,
            Style::ParenthesizedArabic
            | Style::HalfParenthesis
            | Style::Circled
            | Style::Letter => UnitKind::ParenthesizedArabic,
        }
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

/// The label at the head of `line`, which has no white space in front.
pub(crate) fn parse_label(line: &str) -> Option<Label> {
    let first = line.chars().next()?;
    match first {
        '第' => ordinal(line),
        '（' | '(' | '〔' | '﹙' => bracketed(line),
        '①'..='⑳' => Some(finish(
            line,
            Style::Circled,
            first as u32 - '①' as u32 + 1,
            None,
            first.to_string(),
            first.len_utf8(),
        )),
        '⑴'..='⒇' => {
            let number = first as u32 - '⑴' as u32 + 1;
            let text = format!("（{number}）");
            Some(finish(
                line,
                Style::ParenthesizedArabic,
                number,
                None,
                text,
                first.len_utf8(),
            ))
        }
        '㈠'..='㈩' => {
            let number = first as u32 - '㈠' as u32 + 1;
            let text = format!("（{}）", to_chinese(number));
            Some(finish(
                line,
                Style::Parenthesized,
                number,
                None,
                text,
                first.len_utf8(),
            ))
        }
        '⒈'..='⒛' => {
            let number = first as u32 - '⒈' as u32 + 1;
            Some(finish(
                line,
                Style::Arabic,
                number,
                None,
                format!("{number}."),
                first.len_utf8(),
            ))
        }
        '§' => {
            let rest = line[first.len_utf8()..].trim_start();
            let (number, len) = leading_number(rest)?;
            let end = line.len() - rest.len() + len;
            Some(finish(
                line,
                Style::Section,
                number,
                None,
                format!("§ {number}"),
                end,
            ))
        }
        c if c.is_ascii_alphabetic() => label_english::label(line),
        _ => listed(line),
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
        // 第十条、第十一条 and 第十条—第十二条 are references.
        if !after.trim_start().starts_with('第') && !after.starts_with(c) {
            at = line.len() - after.trim_start().len();
            separated = true;
        }
    }
    if line[at..].starts_with('【') {
        separated = true;
    }
    Label {
        style,
        number,
        sub,
        text,
        end: at,
        separated,
    }
}

fn ordinal(line: &str) -> Option<Label> {
    let mut at = '第'.len_utf8();
    at += spaces(&line[at..]);
    // 第（十九）条 is how people name a clause; a text that prints it so means an article.
    let bracket = line[at..]
        .chars()
        .next()
        .filter(|c| matches!(c, '（' | '('));
    if let Some(c) = bracket {
        at += c.len_utf8();
    }
    let (number, len) = leading_number(&line[at..])?;
    at += len;
    if bracket.is_some() {
        let closing = line[at..]
            .chars()
            .next()
            .filter(|c| matches!(c, '）' | ')'))?;
        at += closing.len_utf8();
    }
    at += spaces(&line[at..]);
    const UNITS: [(&str, Style, &str); 13] = [
        ("部分", Style::Part, "部分"),
        ("分编", Style::SubBook, "分编"),
        ("分編", Style::SubBook, "分編"),
        ("编", Style::Book, "编"),
        ("編", Style::Book, "編"),
        ("篇", Style::Book, "篇"),
        ("卷", Style::Book, "卷"),
        ("章", Style::Chapter, "章"),
        ("节", Style::Section, "节"),
        ("節", Style::Section, "節"),
        ("条", Style::Article, "条"),
        ("條", Style::Article, "條"),
        ("条款", Style::Article, "条"),
    ];
    let (printed, style, unit) = UNITS
        .into_iter()
        .find(|(name, ..)| line[at..].starts_with(name))?;
    at += printed.len();
    let mut text = format!("第{}{unit}", to_chinese(number));
    let mut sub = None;
    if let Some(rest) = line[at..].strip_prefix('之')
        && let Some((value, len)) = leading_number(rest).filter(|_| style == Style::Article)
    {
        sub = Some(value);
        text.push_str(&format!("之{}", to_chinese(value)));
        at += '之'.len_utf8() + len;
    }
    // 第三条规定的, 第二章的规定, 第三条第一款, 第三部分中: a reference, not a label.
    let rest = &line[at..];
    let reference = [
        "规定",
        "規定",
        "的",
        "第",
        "至第",
        "和第",
        "、第",
        "及第",
        "及其",
        "或第",
        "或者",
        "所称",
        "所列",
        "所述",
        "所规定",
        "中的",
        "中规定",
        "以上",
        "以下",
        "以外",
        "以内",
    ]
    .iter()
    .any(|w| rest.starts_with(w));
    if reference {
        return None;
    }
    Some(finish(line, style, number, sub, text, at))
}

fn bracketed(line: &str) -> Option<Label> {
    let open = line.chars().next()?;
    let mut at = open.len_utf8();
    at += spaces(&line[at..]);
    let first = line[at..].chars().next()?;
    if first.is_ascii_lowercase() {
        let end = at + 1;
        let rest = &line[end..];
        let closing = rest.chars().next().filter(|c| matches!(c, ')' | '）'))?;
        let number = u32::from(first as u8 - b'a') + 1;
        let end = end + closing.len_utf8();
        return Some(finish(
            line,
            Style::Letter,
            number,
            None,
            format!("({first})"),
            end,
        ));
    }
    let (number, len) = leading_number(&line[at..])?;
    at += len;
    at += spaces(&line[at..]);
    let closing = line[at..]
        .chars()
        .next()
        .filter(|c| matches!(c, '）' | ')' | '〕' | '﹚'))?;
    at += closing.len_utf8();
    if number == 0 || number > 999 {
        return None;
    }
    let (style, text) = if decimal(first).is_some() {
        (Style::ParenthesizedArabic, format!("（{number}）"))
    } else {
        (Style::Parenthesized, format!("（{}）", to_chinese(number)))
    };
    Some(finish(line, style, number, None, text, at))
}

/// `一、`, `1.`, `1、`, `1）`.
fn listed(line: &str) -> Option<Label> {
    let first = line.chars().next()?;
    let (number, len) = leading_number(line)?;
    if number == 0 || number > 999 {
        return None;
    }
    let after = len + spaces(&line[len..]);
    let mark = line[after..].chars().next()?;
    let end = after + mark.len_utf8();
    let next = line[end..].chars().next();
    if decimal(first).is_none() {
        // 一、二线城市 and 三、四条 are enumerations.
        let listed = matches!(mark, '、' | '．' | '.' | '﹑');
        let enumeration = leading_number(&line[end..])
            .is_some_and(|(_, len)| !line[end + len..].starts_with('、'))
            && number < 10
            && after == len
            && line[end..]
                .chars()
                .nth(1)
                .is_none_or(|c| !is_han(c) || "线批级类期次条项款是届".contains(c));
        if !listed || enumeration {
            return None;
        }
        let text = format!("{}、", to_chinese(number));
        return Some(finish(line, Style::Ideographic, number, None, text, end));
    }
    match mark {
        '.' | '．' | '、' | '﹑' => {
            // 3.5亿元 and 1.1 are decimals; 1、2、3月 is an enumeration.
            if next.is_some_and(|c| decimal(c).is_some()) {
                return None;
            }
            Some(finish(
                line,
                Style::Arabic,
                number,
                None,
                format!("{number}."),
                end,
            ))
        }
        '）' | ')' => Some(finish(
            line,
            Style::HalfParenthesis,
            number,
            None,
            format!("{number}）"),
            end,
        )),
        _ => None,
    }
}

fn spaces(text: &str) -> usize {
    text.len()
        - text
            .trim_start_matches([' ', '\u{3000}', '\u{a0}', '\t'])
            .len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels() {
        for (line, style, number, text, rest) in [
            ("第一编　总则", Style::Book, 1, "第一编", "总则"),
            ("第三分编 担保", Style::SubBook, 3, "第三分编", "担保"),
            ("第十二章总则", Style::Chapter, 12, "第十二章", "总则"),
            ("第 3 節 通則", Style::Section, 3, "第三節", "通則"),
            (
                "第一百零五条　为了",
                Style::Article,
                105,
                "第一百零五条",
                "为了",
            ),
            ("第17条：为了", Style::Article, 17, "第十七条", "为了"),
            ("一、总体要求", Style::Ideographic, 1, "一、", "总体要求"),
            ("二十三．要求", Style::Ideographic, 23, "二十三、", "要求"),
            ("(二) 增强", Style::Parenthesized, 2, "（二）", "增强"),
            (
                "（ 二十三 ）加强",
                Style::Parenthesized,
                23,
                "（二十三）",
                "加强",
            ),
            ("1. 加强", Style::Arabic, 1, "1.", "加强"),
            ("１２、加强", Style::Arabic, 12, "12.", "加强"),
            ("（3）加强", Style::ParenthesizedArabic, 3, "（3）", "加强"),
            ("③加强", Style::Circled, 3, "③", "加强"),
            ("3）加强", Style::HalfParenthesis, 3, "3）", "加强"),
            (
                "Chapter III General",
                Style::Chapter,
                3,
                "Chapter 3",
                "General",
            ),
            (
                "ARTICLE 12. Scope",
                Style::Article,
                12,
                "Article 12",
                "Scope",
            ),
            ("Part Five: Finance", Style::Part, 5, "Part 5", "Finance"),
            ("IV. Finance", Style::Ideographic, 4, "IV.", "Finance"),
            ("(b) rent", Style::Letter, 2, "(b)", "rent"),
        ] {
            let label = parse_label(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(
                (label.style, label.number, label.text.as_str()),
                (style, number, text),
                "{line}"
            );
            assert_eq!(&line[label.end..], rest, "{line}");
        }
        // White space may be lost.
        assert!(parse_label("第一条中华人民共和国公民").is_some());
        let label = parse_label("第十七条之一　国家").unwrap();
        assert_eq!((label.sub, label.text.as_str()), (Some(1), "第十七条之一"));
    }

    #[test]
    fn running_text_is_no_label() {
        for line in [
            "2025. The",
            "2025年8月",
            "3.5亿元",
            "第三条规定的",
            "一是家庭",
            "一、二线城市发展",
            "Section 5 of the Act",
            "第五代移动通信",
            "第十条、第十一条",
            "1、2、3月",
            "Article 3, paragraph 2",
            "part of it",
            "（2025年8月15日）",
        ] {
            let label = parse_label(line);
            assert!(
                label
                    .as_ref()
                    .is_none_or(|l| !l.separated && l.style == Style::Article),
                "{line}: {label:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_line_is_safe(line in "(?s)[第（(一十百1９条章编之、.）)Part ①a].{0,20}") {
            if let Some(label) = parse_label(&line) {
                prop_assert!(line.is_char_boundary(label.end));
            }
        }
    }
}
