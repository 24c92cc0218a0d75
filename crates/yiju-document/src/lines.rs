//! Decoded text to paragraphs: stray characters dropped, broken and wrapped paragraphs joined.

use crate::label::parse_label;
use crate::style::{Label, STYLES, Style};
use crate::{page, signs};
use yiju_text::chars::{
    ends_finally, ends_with_remark, is_cjk, is_closing, is_han, last_char, left_open, longer_than,
    width,
};
use yiju_text::dates::date_line;

/// No printed paragraph is longer, in bytes; past it nothing more is joined, so that joining stays
/// linear.
const MAX_PARAGRAPH: usize = 16 * 1024;

struct Line<'a> {
    /// Without white space at its ends.
    text: &'a str,
    /// Columns of white space in front.
    indent: usize,
    /// Whether a blank line stands before it.
    after_blank: bool,
    width: usize,
}

impl Line<'_> {
    /// Columns up to its end.
    fn columns(&self) -> usize {
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
    for line in &lines {
        let joined = match (out.last(), last) {
            (Some(paragraph), Some(previous)) if paragraph.len() < MAX_PARAGRAPH => {
                match wrap.as_ref().filter(|_| !line.after_blank) {
                    // A machine indents the first line of each paragraph, and no other.
                    Some(Wrap { greedy: true, first_indent: Some(indent), limit }) => {
                        line.indent < *indent
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

/// The last number of each style at the head of a paragraph.
#[derive(Default)]
struct Numbers([Option<u32>; STYLES]);

impl Numbers {
    fn read(&mut self, paragraph: &str) {
        if let Some(label) = parse_label(paragraph) {
            self.0[label.style as usize] = Some(label.number);
        }
    }

    /// Whether a label goes on with the numbers before it. `first`: whether numbers may begin here.
    fn go_on_with(&self, label: &Label, first: bool) -> bool {
        let first = first || label.style.is_division();
        match self.0[label.style as usize] {
            Some(last) if label.number == last + 1 => true,
            Some(last) => label.sub.is_some() && label.number == last || first && label.number == 1,
            None => first || label.style == Style::Article,
        }
    }
}

/// How a text was wrapped.
struct Wrap {
    /// The width in columns.
    limit: usize,
    /// Whether every line holds as much as fits: cut by a machine.
    greedy: bool,
    /// The indent of the first line of each paragraph, where the others have less.
    first_indent: Option<usize>,
}

/// The indent that opens paragraphs: full lines with it are followed by lines with less.
fn first_indent(lines: &[Line], limit: usize) -> Option<usize> {
    let full: Vec<(usize, usize)> = pairs(lines)
        .filter(|(line, next)| is_full(line, next, limit, slack(limit)))
        .map(|(line, next)| (line.indent, next.indent))
        .collect();
    let opening = full.iter().filter(|(this, next)| this > next);
    let hanging = full.iter().filter(|(this, next)| this < next).count();
    (opening.clone().count() > 2 * hanging + 1)
        .then(|| opening.map(|&(this, _)| this).min())
        .flatten()
}

impl Wrap {
    /// How a text was wrapped by hand or machine; `None` where each line is a paragraph.
    fn of(lines: &[Line]) -> Option<Wrap> {
        let mut widths: Vec<usize> = pairs(lines).map(|(line, _)| line.columns()).collect();
        if widths.len() < 3 {
            return None;
        }
        widths.sort_unstable();
        let longest = widths[widths.len() - 1];
        // One long address or table row must not hide the width of the rest.
        let most = widths[widths.len() - 1 - widths.len() / 20];
        let at = |limit| Wrap::at(lines, limit, widths.len());
        at(longest).filter(|wrap| wrap.greedy).or_else(|| at(most))
    }

    /// Whether text was wrapped at `limit` columns: most of the `count` lines that are followed by
    /// another are full, the next word would not have fitted, and sentences go on in the next.
    fn at(lines: &[Line], limit: usize, count: usize) -> Option<Wrap> {
        if !(26..=130).contains(&limit) {
            return None;
        }
        let first_indent = first_indent(lines, limit);
        let (mut full, mut open, mut long, mut filled, mut cut) = (0, 0, 0, 0, 0);
        // Lines inside paragraphs, by their indent, and those that a filled line is before.
        let (mut inner, mut inner_filled) = (0, 0);
        for (line, next) in pairs(lines) {
            let ends = ends_finally(line.text);
            let fills = is_filled(line, next, limit);
            if is_full(line, next, limit, slack(limit)) {
                full += 1;
                open += usize::from(!ends);
            }
            long += usize::from(line.columns() * 5 > limit * 4);
            filled += usize::from(fills);
            cut += usize::from(fills && !ends);
            let inside = first_indent.is_some_and(|indent| next.indent < indent);
            inner += usize::from(inside);
            inner_filled += usize::from(inside && fills);
        }
        let most = full * 2 >= count && open * 2 >= full;
        // A machine leaves no line short but the last of a paragraph.
        let hung = cut >= 2 && inner_filled * 10 >= inner * 9 && inner_filled * 10 >= filled * 7;
        let even = cut >= 3 && cut * 2 >= filled && filled * 10 >= long * 6;
        let greedy = filled * 20 >= full * 17 && even || inner > 0 && hung;
        (most || greedy).then_some(Wrap { limit, greedy, first_indent })
    }
}

/// Lines and those that follow them without a blank line between.
fn pairs<'a>(lines: &'a [Line<'a>]) -> impl Iterator<Item = (&'a Line<'a>, &'a Line<'a>)> {
    lines.windows(2).filter(|pair| !pair[1].after_blank).map(|pair| (&pair[0], &pair[1]))
}

fn slack(limit: usize) -> usize {
    limit / 12
}

/// Whether the next line's first word would not have fitted at the end of this line.
fn is_full(line: &Line, next: &Line, limit: usize, slack: usize) -> bool {
    line.columns() + first_word_width(next.text) + slack >= limit
}

fn first_word_width(text: &str) -> usize {
    let mut total = 0;
    for (i, c) in text.chars().enumerate() {
        let wide = is_cjk(c);
        if c.is_whitespace() || (i > 0 && wide && !(is_closing(c) || "，。、；：！？".contains(c)))
        {
            break;
        }
        total += if wide { 2 } else { 1 };
    }
    // A word that is not Chinese needs a space in front.
    total + usize::from(text.starts_with(|c: char| !is_cjk(c)))
}

/// Whether the next line's first word does not fit within the width.
fn is_filled(line: &Line, next: &Line, limit: usize) -> bool {
    let width = line.columns();
    width <= limit + 2 && width + first_word_width(next.text) > limit
}

/// Whether `line` goes on with a paragraph of wrapped text.
fn continues_wrapped(
    paragraph: &str,
    previous: &Line,
    line: &Line,
    wrap: &Wrap,
    numbers: &Numbers,
) -> bool {
    let limit = wrap.limit;
    if wrap.first_indent.is_some_and(|indent| line.indent >= indent) {
        return false;
    }
    let finished = ends_finally(paragraph)
        || paragraph.ends_with(['：', ':', '；', ';'])
        || ends_with_remark(paragraph);
    let slack = if finished { 0 } else { slack(limit) };
    // A line over the limit was not wrapped: it is a paragraph of its own.
    let full = match wrap.greedy {
        true => is_filled(previous, line, limit),
        false => is_full(previous, line, limit, slack),
    };
    if previous.columns() > limit + 8 || !full {
        return false;
    }
    // A first-line indent opens a paragraph; under a list item, an indent hangs.
    let hanging = parse_label(paragraph).is_some() || signs::is_list_item(paragraph);
    if line.indent > previous.indent && !hanging {
        return false;
    }
    if signs::is_catalogue_line(paragraph)
        && (date_line(paragraph).is_some() || line.text.bytes().all(|b| b.is_ascii_digit()))
    {
        return false;
    }
    let label = parse_label(line.text);
    // …若干问题的解释⏎（一）
    let bare = label.as_ref().is_some_and(|l| l.style > Style::Article && l.end == line.text.len());
    if finished || ends_division(paragraph) && !bare {
        // A line that is full goes on itself.
        let organ = line.columns() + 2 <= limit
            && signs::is_short_line(line.text, 40)
            && signs::names_organ(line.text);
        return !opens_paragraph(line.text)
            && !opens_header(paragraph, line.text)
            && !organ
            && !leads_in(paragraph);
    }
    // A full line without an end runs on even into what looks like a number: 依照本法⏎第十七条规定,
    // under⏎Article 7, 前款第⏎（一）项.
    let one_line = paragraph.len() == previous.text.len();
    match label {
        // So does a decimal: by no more than⏎3.5 percent.
        Some(label) => {
            label.style <= Style::Article && !label.separated
                || label.style.is_decimal()
                || bare
                || paragraph.ends_with('第')
                || !numbers.go_on_with(&label, one_line)
        }
        // take effect on⏎May 1, 2024.
        None if paragraph.ends_with(|c: char| c.is_ascii_lowercase() || c == ',') => {
            line.text.ends_with('.') || date_line(line.text).is_none()
        }
        None => !opens_paragraph(line.text) && !opens_header(paragraph, line.text),
    }
}

/// `各省、自治区、直辖市人民政府：`, `有关事项通知如下：`: what follows is a paragraph.
fn leads_in(paragraph: &str) -> bool {
    let Some(before) = paragraph.strip_suffix(['：', ':']) else {
        return false;
    };
    let addressed = before.starts_with('各') || before.split(['、', '，']).all(signs::names_organ);
    before.ends_with("如下") || addressed && !before.contains(['。', '；'])
}

/// Whether a line begins the header under a title: `2001年11月29日 某市人民代表大会…`.
fn opens_header(paragraph: &str, line: &str) -> bool {
    let bracket = line.starts_with(['（', '(']);
    let date = line.trim_start_matches(['（', '(']);
    let digits = date.bytes().take_while(u8::is_ascii_digit).count();
    let Some((_, after)) = date.split_once('日').filter(|(day, _)| !longer_than(day, 10)) else {
        return false;
    };
    let dated = digits == 4 && date[digits..].starts_with('年');
    dated
        && (bracket && signs::is_official_title(paragraph) || after.starts_with([' ', '\u{3000}']))
}

/// `第一章 总则` and `# Scope` are whole, however long.
fn ends_division(paragraph: &str) -> bool {
    signs::markdown_heading(paragraph).is_some()
        || parse_label(paragraph)
            .is_some_and(|l| l.style.is_division() && l.separated && !longer_than(paragraph, 30))
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
        || signs::is_table_row(paragraph)
        || signs::is_table_row(next)
        || date_line(paragraph).is_some()
        || signs::ends_with_sign_off(paragraph)
        || signs::is_byline(paragraph)
        || ends_with_remark(paragraph)
        || signs::is_law_header(paragraph) && !left_open(paragraph)
    {
        return false;
    }
    // No paragraph opens with these.
    if matches!(
        first,
        '，' | '。' | '、' | '；' | '：' | '！' | '？' | '”' | '）' | '》' | '」' | '』' | '＞'
    ) && !ends_finally(paragraph)
    {
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
        // 依照本法第十条、⏎⏎第十一条规定 is one paragraph.
        let reference =
            parse_label(next).is_some_and(|l| l.style <= Style::Article && !l.separated);
        return reference && (connected || open);
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
fn opens_paragraph(line: &str) -> bool {
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
