//! Whether a line asks: a question in an interview or a list of questions, or a heading that asks.

use crate::label::parse_label;
use crate::words;
use yiju_text::chars::{is_closing, longer_than};
use yiju_text::words::WordList;

/// No question is longer, in characters.
const LONGEST: usize = 160;
/// No heading that asks without a question mark is longer.
const LONGEST_HEADING: usize = 40;

/// Whether a whole line asks: it ends with a question mark, or opens with 问：.
pub(crate) fn line_asks(line: &str) -> bool {
    if longer_than(line, LONGEST) {
        return false;
    }
    let text = bare(line);
    ends_asking(text) && !text.contains(['。', '；'])
        || opens(text, &words::QUESTION_MARKS).is_some()
}

/// Whether a heading asks, with or without a mark: `怎样申请延期`, `什么是公共租赁住房`.
pub(crate) fn heading_asks(heading: &str) -> bool {
    let text = bare(heading);
    line_asks(heading)
        || !longer_than(text, LONGEST_HEADING)
            && !text.contains(['。', '；', '：', '，'])
            && words::ASKING_HEADING.is_in(text)
}

/// Whether a sentence ends with a question mark.
pub(crate) fn ends_asking(sentence: &str) -> bool {
    sentence
        .trim_end_matches(|c: char| is_closing(c) || c.is_whitespace() || c == '*')
        .ends_with(['？', '?'])
}

/// What stands behind the mark and its colon, where the line opens with one: 问：, Q1:.
fn opens<'l>(line: &'l str, marks: &WordList) -> Option<&'l str> {
    marks.iter().find_map(|mark| {
        let rest = line.strip_prefix(mark)?;
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        rest.strip_prefix(['：', ':', '.', '、'])
    })
}

/// A line without its list marks and its number.
fn bare(line: &str) -> &str {
    let line = line.trim_start_matches(['#', '*', '-', '>', ' ', '【', '[']);
    let text = match parse_label(line) {
        Some(label) => line.get(label.end..).unwrap_or(line),
        None => line,
    };
    text.trim_matches(['*', ' ', '】', ']'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_known_by_their_end_their_opening_or_their_words() {
        for line in [
            "三、24小时自助终端出故障怎么办？",
            "问：办法什么时候施行",
            "Q: Can I extend my trip?",
            "**5. What happens if a claim is late?**",
            "记者：为什么要修订条例？",
        ] {
            assert!(line_asks(line), "{line}");
        }
        for heading in ["二、怎样申请延期", "什么是公共租赁住房", "（三）补贴有多少"]
        {
            assert!(heading_asks(heading) && !line_asks(heading), "{heading}");
        }
        for line in [
            "一、总体要求",
            "问题导向：坚持问题导向。",
            "谁会先复工？记者从发布会获悉，将分三个时段推进。",
            "第三条　申请人应当说明为什么需要补办，主管部门应当受理。",
        ] {
            assert!(!line_asks(line) && !heading_asks(line), "{line}");
        }
    }
}
