//! Heads inside running text, where line breaks are lost: 第三条, 二、, （一）, Article 3.
//!
//! Every number at a place where a head could stand is a candidate, those at the heads of lines
//! too. For each style, outermost first, the best consistent reading of the whole text is the
//! chain of candidates with the highest score: each continues the number before it, better places
//! weigh more, gaps and new starts cost. A reference (依照本法第三条) stands in the middle of a
//! sentence and continues nothing, so that it is in no chain. Where two candidates fit a chain
//! equally well, neither is cut: the doubtful part stays text of what is before it.

use std::ops::Range;

use crate::DoubtKind;
use crate::chain::{Candidate, Reading, choose};
use crate::label::parse_label;
use crate::opening;
use crate::signs;
use crate::style::{Label, STYLES, Style};
use crate::words;
use yiju_text::chars::{is_cjk, is_closing, is_final, longer_than};

/// A paragraph, and whether it begins where the source has no line break.
#[derive(Debug)]
pub(crate) struct Paragraph {
    pub(crate) text: String,
    pub(crate) inferred: bool,
    pub(crate) doubts: Vec<Mark>,
}

/// A doubtful number in a paragraph.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// Bytes of the paragraph that the number takes.
    pub(crate) range: Range<usize>,
    /// The number in normal form.
    pub(crate) seen: String,
    pub(crate) why: DoubtKind,
}

/// Weights of places, in tenths.
const LINE: i32 = 30;
const AFTER_MARK: i32 = 20;
const AFTER_HEAD: i32 = 15;
const AFTER_SPACE: i32 = 10;
const FIRST: i32 = 5;

/// The styles whose numbers are read, outermost first; divisions are read from what follows them.
const CHAINS: [Style; 8] = [
    Style::Article,
    Style::Ideographic,
    Style::Parenthesized,
    Style::Arabic,
    Style::ParenthesizedArabic,
    Style::HalfParenthesis,
    Style::Circled,
    Style::Letter,
];

/// Cuts paragraphs before the heads inside them, and the opening of a text on one line into its
/// title, number and the like.
pub(crate) fn cut(paragraphs: Vec<String>) -> Vec<Paragraph> {
    let candidates = candidates(&paragraphs);
    let mut reading = Reading::new(candidates.len());
    if candidates.iter().any(|c| !c.line) {
        for style in CHAINS {
            choose(&candidates, style, &mut reading);
        }
        choose_divisions(&paragraphs, &candidates, &mut reading);
        keep_lists_of_running_text(&paragraphs, &candidates, &mut reading.chosen);
    }
    let Reading { chosen, doubts } = reading;
    let mut out = Vec::with_capacity(paragraphs.len());
    let mut heads = candidates.iter().zip(chosen.iter().zip(&doubts)).peekable();
    let count = paragraphs.len();
    for (i, paragraph) in paragraphs.into_iter().enumerate() {
        let mut cuts: Vec<(usize, Option<Style>)> = Vec::new();
        let mut marks: Vec<Mark> = Vec::new();
        while let Some((head, (chosen, doubt))) = heads.next_if(|(head, _)| head.paragraph == i) {
            if *chosen && (!head.line || !cuts.is_empty()) {
                cuts.push((head.at, Some(head.label.style)));
            }
            // A list that stays in its sentence leaves no doubt.
            if let Some(why) = doubt.filter(|why| *chosen || *why != DoubtKind::Gap) {
                let end = paragraph[..head.at + head.label.end].trim_end().len();
                marks.push(Mark { range: head.at..end, seen: head.label.text.clone(), why });
            }
        }
        // Where nothing was cut, the paragraph was read as it stands.
        marks.retain(|mark| !cuts.is_empty() || mark.why == DoubtKind::Gap);
        push(&mut out, paragraph, i, i + 1 == count, &cuts, &marks);
    }
    out
}

/// Adds the parts of a paragraph: its opening or start, and a part for each cut.
fn push(
    out: &mut Vec<Paragraph>,
    paragraph: String,
    i: usize,
    last: bool,
    cuts: &[(usize, Option<Style>)],
    marks: &[Mark],
) {
    let text = paragraph.as_str();
    let first = cuts.first().map_or(text.len(), |cut| cut.0);
    let mut at: Vec<usize> = Vec::new();
    // The head of a document, where the text on its first lines goes on with its body.
    if i < 3 && (!cuts.is_empty() || longer_than(text, 120) || signs::title_field(text).is_some()) {
        at.extend(opening::cuts(&text[..first]));
    }
    for (n, &(cut, style)) in cuts.iter().enumerate() {
        at.push(cut);
        let end = cuts.get(n + 1).map_or(text.len(), |next| next.0);
        if style.is_some_and(|style| matches!(style, Style::Ideographic | Style::Parenthesized)) {
            at.extend(heading_end(&text[cut..end]).map(|end| cut + end));
        }
    }
    if last && (!cuts.is_empty() || longer_than(text, 400)) {
        let from = at.last().copied().unwrap_or(0);
        at.extend(opening::signature(&text[from..]).map(|cut| from + cut));
    }
    let marks_in = |range: Range<usize>| {
        let inside = marks.iter().filter(|mark| range.contains(&mark.range.start));
        let shifted = inside.map(|mark| Mark {
            range: mark.range.start - range.start..mark.range.end - range.start,
            ..mark.clone()
        });
        shifted.collect()
    };
    if at.is_empty() {
        let doubts = marks_in(0..text.len());
        return out.push(Paragraph { text: paragraph, inferred: false, doubts });
    }
    let mut start = 0;
    for end in at.into_iter().chain([text.len()]) {
        let part = text[start..end].trim();
        if !part.is_empty() {
            let from = end - text[start..end].trim_start().len();
            let doubts = marks_in(from..end);
            out.push(Paragraph { text: part.to_string(), inferred: start > 0, doubts });
        }
        start = end;
    }
}

/// Where the heading behind a number ends, if a space parts it from its text: `一、总体要求 坚持…`.
fn heading_end(text: &str) -> Option<usize> {
    let label = parse_label(text)?;
    let rest = &text[label.end..];
    let end = rest.find(char::is_whitespace)?;
    let heading = &rest[..end];
    let short = !heading.is_empty() && !longer_than(heading, 40);
    let plain = !heading.contains(|c: char| is_final(c) || "，；：、,;:（".contains(c));
    (short && plain && heading.chars().all(is_cjk)).then_some(label.end + end)
}

fn candidates(paragraphs: &[String]) -> Vec<Candidate> {
    let mut out = Vec::new();
    let mut articles = false;
    for (paragraph, text) in paragraphs.iter().enumerate() {
        let start = signs::markdown_heading(text).map_or(0, |(_, at)| at);
        if let Some(mut label) = parse_label(&text[start..]) {
            label.end += start;
            articles |= label.style == Style::Article;
            out.push(Candidate { paragraph, at: 0, label, weight: LINE, line: true });
        }
        if start == 0 && text.len() > 100 && !text.starts_with('|') && !text.contains('\t') {
            inside(paragraph, text, &mut articles, &mut out);
        }
    }
    out
}

/// The candidates inside a paragraph.
fn inside(paragraph: usize, text: &str, articles: &mut bool, out: &mut Vec<Candidate>) {
    // The last character that is no space, and whether a space follows it.
    let (mut before, mut gap) = (' ', false);
    // Where a quotation began: a quoted head is none of this text.
    let mut quoted: Option<usize> = None;
    // The style and end of the last candidate while what follows may be its heading.
    let mut heading: Option<(Style, usize)> =
        out.last().filter(|c| c.paragraph == paragraph).map(|c| (c.label.style, c.label.end));
    let mut skip = heading.map_or(0, |(_, end)| end);
    for (at, c) in text.char_indices() {
        if at < skip {
            if !c.is_whitespace() {
                before = c;
            }
            continue;
        }
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        if quoted.is_some_and(|from| at - from > 1_500) {
            quoted = None;
        }
        let free = gap || !before.is_ascii_alphanumeric();
        if quoted.is_none() && at > 0 && may_begin(c, free, &text[at..]) {
            // No space stands before a capital: a line ended here.
            let broken = !gap
                && (before.is_ascii_alphanumeric() || matches!(before, ')' | '"' | '\'' | '”'))
                && is_head_word(&text[at..]);
            let place = match broken {
                true => Place::Mark,
                false => place(before, gap, heading.filter(|(_, end)| at - end <= 120)),
            };
            if let Some(found) = candidate(&text[at..], &text[..at], place, *articles) {
                let (label, weight) = found;
                *articles |= label.style == Style::Article;
                heading = Some((label.style, at + label.end));
                skip = at + label.end.max(c.len_utf8());
                out.push(Candidate { paragraph, at, label, weight, line: false });
            }
        }
        match c {
            '“' | '「' | '『' => quoted = Some(at),
            '”' | '」' | '』' => quoted = None,
            _ => {}
        }
        if is_final(c) || "；：;:".contains(c) {
            heading = None;
        }
        (before, gap) = (c, false);
    }
}

/// Whether a label may begin with `c`; letters only at the start of a word.
fn may_begin(c: char, free: bool, text: &str) -> bool {
    match c {
        '第' | '（' | '(' | '【' | '§' | '①'..='⑳' | '⑴'..='⒇' | '㈠'..='㈩' | '⒈'..='⒛' => {
            true
        }
        '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' => true,
        'A' | 'B' | 'C' | 'P' | 'S' | 'T' => free || is_head_word(text),
        'a'..='k' => free,
        '0'..='9' => free,
        _ => false,
    }
}

/// `Article 1`, behind whatever letter.
fn is_head_word(text: &str) -> bool {
    ["Article ", "Chapter ", "Section ", "Part "].iter().any(|word| text.starts_with(word))
}

/// How a place could hold a head.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Behind a mark that ends a sentence or part of one.
    Mark,
    /// Behind the heading of an outer head.
    Heading(Style),
    /// Behind a space only.
    Space,
    /// In the middle of a sentence.
    Inside,
}

fn place(before: char, gap: bool, heading: Option<(Style, usize)>) -> Place {
    // 《某法》第三条 and （试行）第三条 are references, as a rule.
    let bracket = matches!(before, '）' | ')');
    let closing = is_closing(before) && !bracket && !matches!(before, '》' | '〉');
    if is_final(before) || closing || matches!(before, '；' | '：' | ';' | ':' | '.') {
        Place::Mark
    } else if let Some((style, _)) = heading.filter(|_| !bracket) {
        Place::Heading(style)
    } else if (gap || bracket)
        && !matches!(before, '、' | '，' | ',' | '和' | '及' | '或' | '至' | '与')
    {
        Place::Space
    } else {
        Place::Inside
    }
}

/// The label at the start of `rest`, where it may be a head, and its weight. `articles`: whether
/// there was an article before.
fn candidate(rest: &str, before: &str, place: Place, articles: bool) -> Option<(Label, i32)> {
    let latin = before.trim_end().ends_with(|c: char| c.is_ascii_alphabetic());
    let first = rest.chars().next()?;
    // In the middle of a sentence only an ordinal may stand, and then hardly.
    let ordinal = matches!(first, '第' | '【' | 'A' | 'B' | 'C' | 'P' | 'S' | 'T');
    if place == Place::Inside && !ordinal {
        return None;
    }
    let label = parse_label(rest)?;
    let behind = &rest[label.end..];
    let refers = if label.separated {
        behind.starts_with("规定") || behind.starts_with("規定")
    } else {
        refers(behind)
    };
    if label.style <= Style::Article && refers || before.ends_with('第') {
        return None;
    }
    // A closing bracket ends no sentence: （试行）（一） may, GB（1） may not.
    let weight = match place {
        Place::Mark => AFTER_MARK,
        Place::Heading(outer) if outer < label.style => AFTER_HEAD,
        _ if latin && label.style > Style::Article => return None,
        _ if latin && preposition(before) => return None,
        Place::Heading(_) | Place::Space if before.ends_with(char::is_whitespace) && !latin => {
            AFTER_SPACE
        }
        Place::Space if before.ends_with(['）', ')']) => match label.style > Style::Article {
            true => AFTER_SPACE,
            false => FIRST,
        },
        _ if latin && label.style == Style::Article && articles => FIRST,
        _ if label.number == 1
            && label.style <= Style::Article
            && !articles
            && !refers_forward(before) =>
        {
            FIRST
        }
        // A division is chosen only right above another head.
        _ if label.style < Style::Article
            && (label.separated || rest.starts_with("第 "))
            && !refers_forward(before) =>
        {
            FIRST
        }
        // 机构与职责第八条 环保部门负责: a heading without a number before.
        _ if label.style == Style::Article
            && (label.separated || rest.starts_with("第 "))
            && !leads_to_reference(before) =>
        {
            FIRST
        }
        _ => return None,
    };
    Some((label, weight))
}

/// Words that make the number before them a reference, where no space is between.
fn refers(behind: &str) -> bool {
    const WORDS: [&str; 13] =
        ["规定", "規定", "所列", "所称", "所稱", "所定", "之", "的", "款", "项", "項", "、", "，"];
    WORDS.iter().any(|word| behind.starts_with(word)) || behind.starts_with([',', ';', ')', '）'])
}

/// Whether what is before makes the first number a reference: a title may end with 法.
fn refers_forward(before: &str) -> bool {
    words::REFERS_FORWARD.suffix_of(before.trim_end()).is_some()
}

/// Whether what is before makes 第八条 a reference: 依照本法, 和.
fn leads_to_reference(before: &str) -> bool {
    const ENDS: &str = "法例定则章程照据反合的和及与或至、，（(《》”";
    before.trim_end().ends_with(|c: char| ENDS.contains(c) || !is_cjk(c))
}

/// `under Article 7`
fn preposition(before: &str) -> bool {
    const WORDS: [&str; 15] = [
        "under", "of", "in", "to", "with", "and", "or", "by", "per", "from", "see", "the",
        "through", "this", "that",
    ];
    let word = before.trim_end().rsplit(|c: char| !c.is_ascii_alphabetic()).next();
    word.is_some_and(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// 编, 章 and 节 stand right above a head that is chosen, with nothing but their heading between.
fn choose_divisions(paragraphs: &[String], candidates: &[Candidate], reading: &mut Reading) {
    let chosen = &mut reading.chosen;
    for i in (0..candidates.len()).rev() {
        let candidate = &candidates[i];
        if !candidate.label.style.is_division() {
            continue;
        }
        let text = &paragraphs[candidate.paragraph];
        let from = candidate.at + candidate.label.end;
        let next = (i + 1..candidates.len())
            .take(6)
            .find(|&next| chosen[next])
            .map(|next| &candidates[next]);
        let end = match next {
            Some(next) if next.paragraph == candidate.paragraph => next.at,
            Some(next) if next.paragraph == candidate.paragraph + 1 && next.at == 0 => text.len(),
            _ => continue,
        };
        let heading = text.get(from..end).unwrap_or("");
        chosen[i] = candidate.line
            || !longer_than(heading, 100) && !heading.contains(['。', '；', '：', '”']);
    }
    // The last number of each style of division, and whether it had a line.
    let mut last: [(u32, bool); STYLES] = [(0, true); STYLES];
    let heads = candidates.iter().zip(chosen.iter()).zip(&mut reading.doubts);
    for ((candidate, chosen), doubt) in heads {
        let Candidate { label, line, .. } = candidate;
        if *chosen && label.style.is_division() {
            let (before, had_line) = last[label.style as usize];
            if label.number > before + 1 && !(*line && had_line) {
                *doubt = Some(DoubtKind::Gap);
            }
            last[label.style as usize] = (label.number, *line);
        }
    }
}

/// Takes the lists back that stand in one line of a text that has its line breaks, but for those
/// that an article leads in: elsewhere its author wrote them as sentences.
fn keep_lists_of_running_text(
    paragraphs: &[String],
    candidates: &[Candidate],
    chosen: &mut [bool],
) {
    let characters: usize = paragraphs.iter().map(|p| p.len() / 3).sum();
    let running = characters > 300 * paragraphs.len();
    let mut cut = vec![false; paragraphs.len()];
    let mut article = vec![false; paragraphs.len()];
    for (candidate, _) in candidates.iter().zip(chosen.iter()).filter(|(_, chosen)| **chosen) {
        let style = candidate.label.style;
        cut[candidate.paragraph] |= style <= Style::Article && !candidate.line;
        article[candidate.paragraph] |= style == Style::Article;
    }
    for (candidate, chosen) in candidates.iter().zip(chosen) {
        let at = candidate.paragraph;
        let led_in = article[at] && paragraphs[at].contains('：');
        let kept = cut[at] || led_in || running && longer_than(&paragraphs[at], 200);
        if candidate.label.style > Style::Article && !candidate.line && !kept {
            *chosen = false;
        }
    }
}
