//! Decoded text to paragraphs: stray characters dropped, broken and wrapped paragraphs joined.

use crate::label::parse_label;
use crate::style::Style;
use crate::wrap::{Numbers, Wrap, continues_wrapped, is_filled};
use crate::{page, signs, words};
use yiju_text::chars::{
    ends_finally, ends_with_remark, is_cjk, is_han, last_char, left_open, longer_than, width,
};
use yiju_text::dates::{date_line, dates};

/// No printed paragraph is longer, in bytes; past it nothing more is joined, so that joining stays
/// linear.
const MAX_PARAGRAPH: usize = 16 * 1024;

/// A line of the source.
pub(crate) struct Line<'a> {
    /// Without white space at its ends.
    pub(crate) text: &'a str,
    /// Columns of white space in front.
    pub(crate) indent: usize,
    /// Whether a blank line stands before it.
    pub(crate) after_blank: bool,
    pub(crate) width: usize,
}

impl Line<'_> {
    /// Columns up to its end.
    pub(crate) fn columns(&self) -> usize {
        self.indent + self.width
    }
}

/// Line ends as `\n`, without characters that are no text: control characters, byte order marks,
/// zero-width spaces.
pub(crate) fn drop_stray(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\n' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\t' => out.push('\t'),
            c if c.is_control() || is_stray(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Byte order marks, zero-width spaces and marks that turn the direction of writing.
fn is_stray(c: char) -> bool {
    matches!(c, '\u{FEFF}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}')
}

/// The paragraphs of a text, joined where the print broke them. Each is one line without white
/// space at its ends; white space apart, together they are the whole text.
pub(crate) fn paragraphs(text: &str) -> Vec<String> {
    let lines = lines(text);
    let wrap = Wrap::of(&lines);
    let mut out: Vec<String> = Vec::new();
    // The line that the last paragraph ends with.
    let mut last: Option<&Line> = None;
    let mut numbers = Numbers::default();
    for (at, line) in lines.iter().enumerate() {
        let joined = match (out.last(), last) {
            (Some(_), Some(previous))
                if signs::is_table_row(previous.text) || signs::is_table_row(line.text) =>
            {
                false
            }
            (Some(paragraph), Some(_)) if field_goes_on(paragraph, line, lines.get(at + 1)) => true,
            (Some(paragraph), Some(previous)) if paragraph.len() < MAX_PARAGRAPH => {
                match wrap.as_ref().filter(|_| !line.after_blank) {
                    // A machine indents the first line of each paragraph, and no other.
                    Some(Wrap { greedy: true, first_indent: Some(indent), limit }) => {
                        goes_on_by_sign(paragraph, line)
                            || line.indent < *indent
                                && !(ends_finally(paragraph) && opens_division(line.text))
                                && (is_filled(previous, line, *limit)
                                    || continues_broken(paragraph, line, &out))
                    }
                    Some(wrap) if continues_wrapped(paragraph, previous, line, wrap, &numbers) => {
                        true
                    }
                    _ => continues_broken(paragraph, line, &out),
                }
            }
            _ => false,
        };
        match out.last_mut().filter(|_| joined) {
            Some(paragraph) => {
                paragraph.push_str(glue(paragraph, line.text));
                paragraph.push_str(line.text);
            }
            None => {
                numbers.read(line.text);
                out.push(line.text.to_string());
            }
        }
        last = Some(line);
    }
    out
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut after_blank = true;
    for raw in text.split('\n') {
        let from = raw.trim_start();
        let trimmed = from.trim_end();
        if trimmed.is_empty() {
            after_blank = true;
            continue;
        }
        if page::is_page_number(trimmed) || page::is_rule(trimmed) {
            continue;
        }
        let indent = width(&raw[..raw.len() - from.len()]);
        lines.push(Line { text: trimmed, indent, after_blank, width: width(trimmed) });
        after_blank = false;
    }
    lines
}

/// Whether `line` goes on with a field of the head, since what follows it is the next field or the first number:
/// 法規類別：行政 ＞ 文化部 ＞⏎組織目, 修正日期：民國 94 年 07⏎月 19 日.
fn field_goes_on(paragraph: &str, line: &Line, next: Option<&Line>) -> bool {
    let heads =
        |next: &Line| signs::is_catalogue_line(next.text) || parse_label(next.text).is_some();
    // An article's number can have a line for itself.
    let numbered = line.text.bytes().all(|b| b.is_ascii_digit());
    if line.after_blank || numbered || width(line.text) > 20 || !next.is_some_and(heads) {
        return false;
    }
    if let Some(date) = signs::date_field(paragraph) {
        return dates(date).is_empty() && !dates(&format!("{date}{}", line.text)).is_empty();
    }
    let steps = paragraph.contains('＞') && width(paragraph) >= 24;
    steps && signs::is_catalogue_line(paragraph) && !opens_paragraph(line.text)
}

/// 第二章 法院之管轄
fn opens_division(line: &str) -> bool {
    parse_label(line).is_some_and(|label| label.style.is_division() && label.separated)
}

/// Whether `line` begins with a sign that no paragraph opens with.
fn goes_on_by_sign(paragraph: &str, line: &Line) -> bool {
    let closes = |c| "，。、；：！？”）》」』＞".contains(c);
    line.text.starts_with(closes) && !ends_finally(paragraph)
}

/// Whether `line` goes on with a paragraph that a page or column break cut: no final mark before
/// the break, and nothing that opens a paragraph after it.
fn continues_broken(paragraph: &str, line: &Line, before: &[String]) -> bool {
    let next = line.text;
    let Some(last) = last_char(paragraph) else {
        return false;
    };
    let first = next.chars().next().unwrap_or(' ');
    if signs::markdown_heading(paragraph).is_some()
        || date_line(paragraph).is_some()
        || signs::ends_with_sign_off(paragraph)
        || signs::is_byline(paragraph)
        || ends_with_remark(paragraph)
        || signs::is_law_header(paragraph) && !left_open(paragraph)
    {
        return false;
    }
    if goes_on_by_sign(paragraph, line) {
        return true;
    }
    if ends_finally(paragraph) || matches!(last, '；' | '：' | ';' | ':') {
        return false;
    }
    // 法規名稱：某院某會⏎辦事細則
    if let Some(title) = signs::title_field(paragraph)
        && !signs::is_official_title(title)
        && !opens_paragraph(next)
        && signs::is_official_title(&format!("{title}{next}"))
    {
        return true;
    }
    let connected = matches!(last, '、' | '，' | ',');
    let open = !longer_than(paragraph, 4_000) && left_open(paragraph);
    if opens_paragraph(next) {
        // 依照本法第十条、⏎⏎第十一条规定 is one paragraph; so is 依据本规定第8条和⏎第9条收取的费用.
        let reference =
            parse_label(next).is_some_and(|l| l.style <= Style::Article && !l.separated);
        let joined = words::REFERS_FORWARD.suffix_of(paragraph).is_some();
        return reference && (connected || open || joined);
    }
    // （2019年3月1日某市…会议通过　根据2023年9月27⏎日…决定》修正）
    let dated =
        paragraph.trim_start_matches(['（', '(']).bytes().take(4).all(|b| b.is_ascii_digit());
    if open && dated && paragraph.starts_with(['（', '(']) && width(head(paragraph)) >= 40 {
        return true;
    }
    if !is_cjk(last) || !(is_cjk(first) || first.is_ascii_digit()) {
        return continues_latin(paragraph, last, first);
    }
    let columns = width(head(paragraph));
    if last == '、' && columns >= 12 {
        return true;
    }
    // A verse or a short line of a list may end with a comma; a line of prose is longer.
    if connected || open {
        return columns >= 40 || parse_label(paragraph).is_some();
    }
    let label = parse_label(paragraph);
    let body = label.as_ref().map_or(paragraph, |l| &paragraph[l.end..]);
    // A sentence has ended before and another has begun: no heading looks like that.
    if body.contains('。') || (body.contains('；') && columns >= 40) {
        return true;
    }
    if signs::is_official_title(paragraph) || label.is_some_and(|l| l.style.is_division()) {
        return false;
    }
    let inner = body.contains(['，', '、', '！', '？']);
    let prose_before = before.len() >= 2 && ends_finally(&before[before.len() - 2]);
    if inner && columns >= 60 && (prose_before || columns >= 90) {
        return true;
    }
    // A line that stops in the middle of a phrase: 在广阔前景中⏎⏎大显身手.
    let spaced = paragraph.split_whitespace().nth(1).is_some();
    let hanging = "的和与及在中对将为以从向把被并等由是使让或且于地得".contains(last);
    let prose_after = ends_finally(next) || longer_than(next, 30);
    if prose_before && prose_after && hanging && columns >= 32 && !spaced {
        return true;
    }
    columns >= 100 && prose_after && !paragraph.ends_with('）')
}

/// The first part of a paragraph: enough to judge its length.
fn head(paragraph: &str) -> &str {
    let end = paragraph.char_indices().nth(120).map_or(paragraph.len(), |(at, _)| at);
    &paragraph[..end]
}

/// English and the like: a small letter goes on with a line of prose.
fn continues_latin(paragraph: &str, last: char, first: char) -> bool {
    let prose = width(head(paragraph)) >= 40;
    let unfinished = last.is_alphanumeric() || matches!(last, ',' | '-' | '—' | '–');
    (prose || last == '-') && unfinished && first.is_lowercase() && !is_han(last)
}

/// Whether a line cannot go on with the paragraph before it.
pub(crate) fn opens_paragraph(line: &str) -> bool {
    parse_label(line).is_some_and(|l| l.number <= 999)
        || signs::is_list_item(line)
        || signs::markdown_heading(line).is_some()
        || signs::is_attachment(line)
        || signs::is_sign_off(line)
        || signs::starts_with_dateline(line)
        || signs::is_byline(line)
        || signs::is_contents(line)
        || signs::is_law_header(line)
        || signs::is_catalogue_line(line)
        || date_line(line).is_some()
        || signs::document_number(line).is_some()
}

/// What stands between two joined lines: nothing in Chinese, a space in English, nothing after a
/// hyphen that is printed.
fn glue(before: &str, after: &str) -> &'static str {
    let (Some(last), Some(first)) = (before.chars().next_back(), after.chars().next()) else {
        return "";
    };
    let hyphen = last == '-'
        && before.chars().rev().nth(1).is_some_and(char::is_alphabetic)
        && first.is_alphabetic();
    if is_cjk(last) || is_cjk(first) || hyphen { "" } else { " " }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined(text: &str) -> Vec<String> {
        paragraphs(&drop_stray(text))
    }

    #[test]
    fn page_breaks_are_joined() {
        for (text, count) in [
            (
                "（六） 建立体系。落实责任。强化供给，发挥债券市场、\n\n股票市场融资功能，鼓励保险。",
                1,
            ),
            ("(十六) 提高防控救治水平。推进国家区\n\n域公共卫生中心建设。", 1),
            (
                "富而有爱。\n\n期待以“500强”为代表的中国民营企业在广阔前景中\n\n大显身手，贡献力量。",
                1 + 1,
            ),
            ("一、总体要求\n\n坚持以人民为中心。", 2),
            ("现将有关事项通知如下：\n\n各地要加强领导。", 2),
            ("“2025中国民营企业500强”发布\n\n向创新发力的身影。", 2),
            (
                "贡献力量。\n\n决胜“十四五” 打好收官战\n\n在位于山西省临汾市的厂区，一片片光伏板。",
                3,
            ),
            ("春眠不觉晓，\n处处闻啼鸟。", 2),
            ("国务院办公厅\n2025年1月1日", 2),
            ("依照《中华人民共和国民法典》第十条、\n\n第十一条规定处理。", 1),
        ] {
            assert_eq!(joined(text).len(), count, "{:?}", joined(text));
        }
    }

    #[test]
    fn wrapped_text_is_joined() {
        let text = "The council adopts the following policy on housing, which\n\
                    applies to every city with more than one million people and\n\
                    shall be reviewed in the year after its adoption by the\n\
                    council.\n\n\
                    1. Cities publish and keep up to date, every year, a long-\n   \
                    term plan for housing, in which they set out what is to be\n   \
                    built, and where, and for whom it is built.\n";
        let paragraphs = joined(text);
        assert_eq!(paragraphs.len(), 2, "{paragraphs:#?}");
        assert!(paragraphs[1].contains("long-term plan"));
        assert!(paragraphs[0].contains("which applies"));
    }

    #[test]
    fn stray_characters() {
        assert_eq!(
            joined("\u{feff}甲\u{8}乙\u{200b}。\r\n丙。\u{0c}丁。"),
            ["甲乙。", "丙。", "丁。"]
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "(?s)[一-三、。，（）a-c \n\t1-3.第条]{0,200}|.{0,80}") {
            let clean = drop_stray(&text);
            prop_assert_eq!(yiju_text::chars::squeeze(&joined(&text).concat()), yiju_text::chars::squeeze(&clean));
        }
    }
}
