//! Text that was wrapped at a width, by hand or machine: which lines go on with their paragraphs.

use crate::label::parse_label;
use crate::lines::{Line, opens_paragraph};
use crate::signs;
use crate::style::{Label, STYLES, Style};
use yiju_text::chars::{ends_finally, ends_with_remark, is_cjk, is_closing, longer_than};
use yiju_text::dates::date_line;

/// The last number of each style at the head of a paragraph.
#[derive(Default)]
pub(crate) struct Numbers([Option<u32>; STYLES]);

impl Numbers {
    pub(crate) fn read(&mut self, paragraph: &str) {
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
pub(crate) struct Wrap {
    /// The width in columns.
    pub(crate) limit: usize,
    /// Whether every line holds as much as fits: cut by a machine.
    pub(crate) greedy: bool,
    /// The indent of the first line of each paragraph, where the others have less.
    pub(crate) first_indent: Option<usize>,
}

/// The indent that opens paragraphs: full lines with it are followed by lines with less.
fn first_indent(lines: &[Line], limit: usize) -> Option<usize> {
    let full: Vec<(usize, usize)> = pairs(lines)
        .filter(|(line, next)| is_full(line, next, limit, slack(limit)))
        .map(|(line, next)| (line.indent, next.indent))
        .collect();
    let opening = full.iter().filter(|(this, next)| this > next);
    let hanging = full.iter().filter(|(this, next)| this < next).count();
    let enough = opening.clone().count() > 2 * hanging + 1;
    let indent = opening.map(|&(this, _)| this).min().filter(|_| enough)?;
    // What follows a line that was not full begins a paragraph: most have the indent, not only the chapters.
    let begins: Vec<usize> = pairs(lines)
        .filter(|(line, next)| !is_full(line, next, limit, slack(limit)))
        .map(|(_, next)| next.indent)
        .collect();
    let indented = begins.iter().filter(|&&begin| begin >= indent).count();
    (indented * 2 >= begins.len()).then_some(indent)
}

impl Wrap {
    /// How a text was wrapped by hand or machine; `None` where each line is a paragraph.
    pub(crate) fn of(lines: &[Line]) -> Option<Wrap> {
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

/// Lines of prose and those that follow them without a blank line between.
fn pairs<'a>(lines: &'a [Line<'a>]) -> impl Iterator<Item = (&'a Line<'a>, &'a Line<'a>)> {
    lines
        .windows(2)
        .filter(|pair| {
            !pair[1].after_blank && !pair.iter().any(|line| signs::is_table_row(line.text))
        })
        .map(|pair| (&pair[0], &pair[1]))
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
pub(crate) fn is_filled(line: &Line, next: &Line, limit: usize) -> bool {
    let width = line.columns();
    width <= limit + 2 && width + first_word_width(next.text) > limit
}

/// Whether `line` goes on with a paragraph of wrapped text.
pub(crate) fn continues_wrapped(
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
