//! A newspaper page holds several documents: where does each begin?

use std::ops::Range;

use crate::label::parse_label;
use crate::signs;
use crate::style::Style;
use yiju_text::chars::{ends_finally, squeeze};
use yiju_text::dates::date_line;

/// The documents of a source as ranges of its paragraphs, in order; together they are the source.
///
/// A new document begins at a headline after a news sign-off, at a headline before a news dateline,
/// and at an official title that a date, a law's header or an addressee follows, unless the text
/// before it announced it: what is printed as an attachment belongs to the document it is attached to.
pub(crate) fn documents(paragraphs: &[String]) -> Vec<Range<usize>> {
    let mut starts = vec![0];
    let mut attached = Attached::default();
    for (i, paragraph) in paragraphs.iter().enumerate() {
        let start = starts[starts.len() - 1];
        if i > start && begins(paragraphs, start, i, &attached) {
            starts.push(i);
            attached = Attached::default();
        }
        attached.read(paragraph);
    }
    let ends = starts.iter().skip(1).copied().chain([paragraphs.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// What the document so far says it carries with it.
#[derive(Default)]
struct Attached {
    /// An 附件 line was seen.
    attachment: bool,
    /// Titles in 《》, white space removed, joined; bounded.
    titles: String,
}

impl Attached {
    fn read(&mut self, paragraph: &str) {
        self.attachment |= signs::is_attachment(paragraph);
        let mut rest = paragraph;
        while let Some(open) = rest.find('《') {
            rest = &rest[open + '《'.len_utf8()..];
            let Some(close) = rest.find('》') else { break };
            if close <= 300 && self.titles.len() < 16 * 1024 {
                self.titles.push_str(&squeeze(&rest[..close]));
                self.titles.push('\n');
            }
            rest = &rest[close..];
        }
        // 国务院关于印发…规划的通知 carries the 规划.
        let prints =
            ["印发", "印發", "发布", "公布", "转发", "批准"].iter().any(|w| paragraph.contains(w));
        if prints && signs::is_official_title(paragraph) {
            self.titles.push_str(&squeeze(paragraph));
            self.titles.push('\n');
        }
    }

    fn announces(&self, title: &str) -> bool {
        let title = squeeze(title.trim_matches(['#', '*', ' ']));
        self.attachment || self.titles.lines().any(|t| t.contains(title.as_str()))
    }
}

fn begins(paragraphs: &[String], start: usize, i: usize, attached: &Attached) -> bool {
    let before = &paragraphs[i - 1];
    let line = &paragraphs[i];
    // Most lines are prose.
    let prose = line.len() > 500 || line.ends_with(['。', '；', '：', '，', '.']);
    if prose || !(signs::is_headline(line) || signs::is_official_title(line)) {
        return false;
    }
    let after = &paragraphs[i + 1..];
    if after.is_empty() {
        return false;
    }
    // The headline's further lines, then the text.
    let lines = after.iter().take(3).take_while(|p| signs::is_headline(p)).count();
    let text = after.get(lines);
    let has_body = text.is_some();
    if signs::ends_with_sign_off(before) && has_body {
        return true;
    }
    // A headline's second line, or the document's own title.
    let own_title = i - start <= 12
        && paragraphs[start..i].iter().all(|p| signs::is_headline(p) || is_front(p));
    if own_title {
        return false;
    }
    let news = |t: &String| signs::starts_with_dateline(t) || signs::is_byline(t);
    if text.is_some_and(news) && !signs::is_headline(before) {
        return true;
    }
    if !signs::is_official_title(line) || attached.announces(line) {
        return false;
    }
    let header = text.is_some_and(|t| {
        signs::is_law_header(t) || (t.starts_with(['(', '（']) && date_line(t).is_some())
    });
    // Numbers that start anew below a title are another law's.
    let first = after
        .iter()
        .take(12)
        .find_map(|p| parse_label(p))
        .filter(|label| label.style <= Style::Article && label.number == 1);
    let numbered = |p: &String| parse_label(p).is_some_and(|l| l.style == Style::Article);
    let anew = first.is_some()
        && after
            .iter()
            .take(12)
            .take_while(|p| parse_label(p).is_none())
            .all(|p| is_front(p) || signs::is_headline(p) || signs::is_contents(p))
        && paragraphs[start..i].iter().rev().take(200).any(numbered)
        && ends_finally(before);
    let ended = date_line(before).is_some() || signs::ends_with_sign_off(before);
    let addressed = text.is_some_and(|t| {
        t.ends_with(['：', ':']) && !ends_finally(t) && parse_label(t).is_none()
            || signs::document_number(t).is_some()
            || date_line(t).is_some()
    });
    header || anew || (ended && addressed)
}

/// A line that may stand around a title.
fn is_front(line: &str) -> bool {
    date_line(line).is_some()
        || signs::document_number(line).is_some()
        || signs::is_bare_serial(line)
        || signs::is_law_header(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        let paragraphs: Vec<String> = text.lines().map(str::to_string).collect();
        documents(&paragraphs).into_iter().map(|r| paragraphs[r.start].clone()).collect()
    }

    #[test]
    fn news_pages() {
        let text = "甲市召开会议\n本报甲市8月1日讯 会议召开。\n（本报记者 张三）\n乙市开展活动\n活动开展。\n丙市出台措施\n新华社丙市8月2日电 措施出台。";
        assert_eq!(split(text), ["甲市召开会议", "乙市开展活动", "丙市出台措施"]);
    }

    #[test]
    fn attachments_stay() {
        let text = "甲市人民政府关于印发《住房租赁管理办法》的通知\n各区人民政府：\n现将办法印发给你们。\n甲市人民政府\n2024年1月1日\n住房租赁管理办法\n（2024年1月1日甲市人民政府公布）\n第一条　为了规范租赁。";
        assert_eq!(split(text).len(), 1);
        let text = "甲市人民政府关于加强供水的通知\n各区人民政府：\n一、加强供水。\n甲市人民政府\n2024年1月1日\n附件1\n供水保障标准\n2024年1月1日\n1. 水压。";
        assert_eq!(split(text).len(), 1);
    }

    #[test]
    fn two_official_documents() {
        let text = "甲市人民政府关于加强供水的通知\n各区人民政府：\n一、加强供水。\n甲市人民政府\n2024年1月1日\n甲市人民政府关于加强供电的通知\n各区人民政府：\n一、加强供电。\n甲市人民政府\n2024年2月1日";
        assert_eq!(split(text).len(), 2);
    }
}
