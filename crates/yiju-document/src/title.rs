//! A document's title: which of its first lines it is, and how they join.

use crate::label::parse_label;
use crate::style::Style;
use crate::{page, signs};
use yiju_text::chars::{is_cjk, is_han, left_open, longer_than, squeeze};
use yiju_text::dates::date_line;

/// How many paragraphs from the start may hold a document's head.
pub(crate) const HEAD: usize = 40;

/// The paragraphs that make up the title.
pub(crate) fn title_lines(
    paragraphs: &[&str],
    given: Option<&str>,
    signature: &[bool],
) -> Vec<usize> {
    // A title that was given may be printed too.
    if let Some(given) = given.map(squeeze).filter(|t| !t.is_empty()) {
        for start in 0..paragraphs.len().min(6) {
            let mut seen = String::new();
            for (len, paragraph) in paragraphs[start..].iter().take(5).enumerate() {
                if longer_than(paragraph, 200) {
                    break;
                }
                seen.push_str(&squeeze(paragraph.trim_matches(['#', '*', ' '])));
                if seen == given {
                    return (start..=start + len).collect();
                }
            }
        }
        // Then no other line is the title: a heading is a heading.
        return Vec::new();
    }
    let head = paragraphs.len().min(HEAD);
    // A law behind the decree that proclaims it: its title stands over its header.
    let decree = paragraphs.iter().take(3).any(|p| {
        let line = squeeze(p.get(..p.len().min(120)).unwrap_or(""));
        line.ends_with('令') || signs::document_number(p).is_some_and(|n| n.contains("令第"))
    });
    if decree {
        let law = (1..head).find(|&i| {
            signs::is_official_title(paragraphs[i])
                && paragraphs.get(i + 1).is_some_and(|next| {
                    signs::is_law_header(next)
                        || signs::is_contents(next)
                        || parse_label(next).is_some_and(|l| l.style.is_division())
                })
        });
        if let Some(law) = law {
            return vec![law];
        }
    }
    if let Some(only) = only_line(paragraphs) {
        return vec![only];
    }
    let mut lines: Vec<usize> = Vec::new();
    for (i, line) in paragraphs.iter().enumerate().take(12) {
        if signature[i] && lines.is_empty() {
            break;
        }
        let around = date_line(line).is_some()
            || signs::document_number(line).is_some()
            || signs::is_bare_serial(line)
            || is_letterhead(line)
            || page::is_site_words(line)
            || signs::is_catalogue_line(line);
        if around && lines.is_empty() {
            continue;
        }
        let markdown = signs::markdown_heading(line);
        let text = markdown.map_or(*line, |(_, at)| &line[at..]);
        let about = lines.is_empty()
            && (text.contains("关于") || text.contains("關於"))
            && signs::is_short_line(text, 200)
            && parse_label(text).is_none();
        let title = signs::is_official_title(text) || signs::is_headline(text) || about;
        // 《甲法⏎实施条例》有关规定 goes on.
        let open = lines.last().is_some_and(|&last| left_open(paragraphs[last]));
        let complete = lines.last().is_some_and(|&last| {
            signs::is_official_title(paragraphs[last]) && !open
                || signs::markdown_heading(paragraphs[last]).is_some()
        });
        // A title line stands over text; the last line of all is none.
        // 问：… under a title is text.
        let further = !lines.is_empty() && text.contains(['：', '？', '！', ':', '?']);
        if !title
            || complete
            || further
            || lines.len() == 4
            || markdown.is_some() && !lines.is_empty()
        {
            break;
        }
        lines.push(i);
    }
    // Many short lines are a list, not a title; so is a text of short lines alone.
    if lines.len() == 4 || lines.last() == Some(&(paragraphs.len() - 1)) {
        lines.truncate(1);
    }
    lines
}

/// The one line above the first numbered head, where there is no other.
fn only_line(paragraphs: &[&str]) -> Option<usize> {
    let first = *paragraphs.first()?;
    let second = *paragraphs.get(1)?;
    let begins = match parse_label(second) {
        Some(label) => label.number == 1 && label.style <= Style::Article,
        // `1 总则` above `1.1 目的`
        None => {
            let below = paragraphs.get(2).and_then(|third| parse_label(third));
            second.starts_with("1 ") && below.is_some_and(|label| label.text == "1.1")
        }
    };
    let line = !longer_than(first, 300)
        && !first.contains(['。', '；', '：'])
        && parse_label(first).is_none()
        && signs::markdown_heading(first).is_none()
        && !page::is_site_words(first)
        && !signs::is_law_header(first)
        && !signs::is_catalogue_line(first)
        && date_line(first).is_none()
        && signs::document_number(first).is_none()
        && !signs::is_contents(first)
        && (first.chars().any(is_han) || first.starts_with(char::is_uppercase));
    (begins && line).then_some(0)
}

/// `某市人民政府文件`, the printed head of a sheet.
pub(crate) fn is_letterhead(line: &str) -> bool {
    let line = squeeze_short(line);
    line.ends_with("文件") && !line.contains("关于") && !line.contains("關於")
}

pub(crate) fn squeeze_short(line: &str) -> String {
    if longer_than(line, 60) { String::new() } else { squeeze(line) }
}

/// Title lines as one: `中共中央 国务院` and `关于…的意见` run on, two headlines get a space.
pub(crate) fn join_title<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let lines: Vec<&str> = lines.collect();
    let whole = lines.concat();
    let official = signs::is_official_title(&whole);
    let mut title = String::new();
    for line in lines {
        let line = line.trim_matches(['#', '*', ' ']);
        let runs_on = official && title.ends_with(is_cjk) && line.starts_with(is_cjk);
        if !title.is_empty() && !runs_on {
            title.push(' ');
        }
        title.push_str(line);
    }
    tidy_title(&title)
}

/// One space for each run of white space, none before 关于.
pub(crate) fn tidy_title(title: &str) -> String {
    let title = title.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '*'));
    let one_spaced = title.split_whitespace().collect::<Vec<_>>().join(" ");
    ["关于", "關於"]
        .iter()
        .fold(one_spaced, |title, about| title.replacen(&format!(" {about}"), about, 1))
}

/// A title for a text that has none: its first words.
pub(crate) fn first_words(paragraphs: &[&str]) -> String {
    let Some(first) = paragraphs.first() else {
        return String::new();
    };
    let end = first
        .char_indices()
        .take(40)
        .find(|&(i, c)| i > 0 && matches!(c, '。' | '；' | '！' | '？'))
        .map(|(i, _)| i)
        .or_else(|| first.char_indices().nth(40).map(|(i, _)| i))
        .unwrap_or(first.len());
    tidy_title(&first[..end])
}
