//! Signs of news: datelines, bylines, sign-offs.

use crate::words;
use yiju_text::chars::{ends_finally, longer_than};

/// `新华社北京8月28日电 …`, `据新华社…电`, `本报讯`, `BEIJING, Aug. 28 (Xinhua) --`: the line that
/// opens a news text.
pub(crate) fn starts_with_dateline(line: &str) -> bool {
    let line = line.trim_start_matches(['（', '(', '【', '[']);
    let line = line.strip_prefix(['据', '據']).unwrap_or(line);
    if let Some(rest) = words::AGENCIES.iter().find_map(|name| line.strip_prefix(name)) {
        let head: Vec<char> = rest.chars().take(24).collect();
        let sent = head.iter().position(|c| matches!(c, '电' | '電' | '讯' | '訊' | '，' | '。'));
        return sent.is_some_and(|at| {
            let open = |c: &char| {
                c.is_whitespace() || matches!(c, '（' | '(' | '：' | ':' | '】' | '—' | '，')
            };
            !matches!(head[at], '，' | '。') && head.get(at + 1).is_none_or(open)
        });
    }
    let head: String = line.chars().take(60).collect();
    head.starts_with(|c: char| c.is_ascii_uppercase())
        && ["(Xinhua)", "(Reuters)", "(AP)", "(AFP)"].iter().any(|name| head.contains(name))
}

/// `本报记者 王五`, `新华社记者张三`: who wrote a news text, on a line of its own.
pub(crate) fn is_byline(line: &str) -> bool {
    !longer_than(line, 40)
        && !ends_finally(line)
        && !line.contains(['，', '：'])
        && words::AGENCIES
            .iter()
            .filter_map(|name| line.strip_prefix(name))
            .any(|rest| rest.starts_with(['记', '記', ' ', '通', '评', '評']))
}

/// A bracketed line that closes a news text: `(新华社北京8月28日电)`, `（记者 王春涛）`, `（完）`.
pub(crate) fn is_sign_off(line: &str) -> bool {
    bracketed_sign_off(line.trim())
}

/// Whether a paragraph ends with a bracketed sign-off, or is one.
pub(crate) fn ends_with_sign_off(paragraph: &str) -> bool {
    let paragraph = paragraph.trim_end();
    if !paragraph.ends_with(['）', ')']) {
        return false;
    }
    let mut open = 0;
    for (at, c) in paragraph.char_indices().rev().take(64) {
        match c {
            '）' | ')' => open += 1,
            '（' | '(' => {
                open -= 1;
                if open == 0 {
                    return bracketed_sign_off(&paragraph[at..]);
                }
            }
            _ => {}
        }
    }
    false
}

fn bracketed_sign_off(line: &str) -> bool {
    if !line.starts_with(['（', '(']) || !line.ends_with(['）', ')']) || longer_than(line, 64) {
        return false;
    }
    let inner = line.trim_matches(['（', '(', '）', ')', ' ']);
    let inner = inner.strip_prefix(['据', '據']).unwrap_or(inner);
    if matches!(inner, "完" | "End" | "END") {
        return true;
    }
    let agency = words::AGENCIES.iter().any(|name| inner.starts_with(name));
    let word =
        ["电", "電", "讯", "訊", "记者", "記者", "报道", "供稿"].iter().any(|w| inner.contains(w));
    agency && word && !inner.contains(['。', '；'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news() {
        assert!(is_sign_off("(新华社北京8月28日电)"));
        assert!(is_sign_off("(新华社记者 (据新华社北京8月28日电))"));
        assert!(is_sign_off("(据新华社太原8月28日电)"));
        assert!(!is_sign_off("(2025年8月15日)"));
        assert!(ends_with_sign_off("贡献力量。（本报记者 张三）"));
        assert!(!ends_with_sign_off("全球可持续发展城市奖（上海奖）"));
        assert!(starts_with_dateline("据新华社北京8月28日电 近日，"));
        assert!(starts_with_dateline("新华社北京8月28日电(记者 王春涛) 应记者提问"));
        assert!(!starts_with_dateline("新华社是通讯社，电"));
    }
}
