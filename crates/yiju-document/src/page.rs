//! What is printed around a text and is no part of it: page numbers, rules, comments, a web page's
//! own words, front matter.

use std::borrow::Cow;

use crate::facts::Facts;
use crate::words;
use yiju_text::chars::longer_than;
use yiju_text::dates::dates;

/// `— 3 —`, `- 2 -`, `第 3 页 共 9 页`, `Page 3 of 9`.
pub(crate) fn is_page_number(line: &str) -> bool {
    if longer_than(line, 24) || !line.contains(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let bare: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    let dash = |c: char| "—–-－―·".contains(c);
    let inner = bare.trim_matches(dash);
    let digits =
        |text: &str| (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits(inner) {
        return bare.starts_with(dash) && bare.ends_with(dash);
    }
    let counted = |text: &str, of: &str| match text.split_once(of) {
        Some((page, all)) => digits(page) && digits(all),
        None => digits(text),
    };
    let chinese = bare
        .strip_prefix('第')
        .and_then(|rest| rest.strip_suffix(['页', '頁']))
        .map(|rest| rest.replace(['页', '頁', '，', ',', '/', '第'], ""));
    let english = bare.to_ascii_lowercase();
    chinese.is_some_and(|rest| counted(&rest, "共"))
        || english.strip_prefix("page").is_some_and(|rest| counted(rest, "of"))
}

/// A line drawn across the page, or below a heading in Markdown: `----`, `====`.
pub(crate) fn is_rule(line: &str) -> bool {
    let mut chars = line.chars();
    let first = chars.next().unwrap_or(' ');
    "-=_*—".contains(first)
        && line.len() >= 3
        && !longer_than(line, 200)
        && chars.all(|c| c == first)
}

/// A line of a web page's own words: `下载`, `【字号：`, `首页 > 政策`.
pub(crate) fn is_site_words(line: &str) -> bool {
    if longer_than(line, 60) {
        return false;
    }
    // A path of links: the first names the page's place in the site.
    if line.contains(['>', '＞', '»']) {
        let first = line.split(['>', '＞', '»', '：', ':']).next().unwrap_or("");
        return words::SITE_WORDS.contains(first.trim());
    }
    line.split(|c: char| c.is_whitespace() || "【】[]（）()：:|│/·".contains(c))
        .filter(|word| !word.is_empty())
        .all(|word| words::SITE_WORDS.contains(word))
}

/// The text without the comments of HTML and Markdown.
pub(crate) fn without_comments(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        let Some((_, after)) = comment.split_once("-->") else {
            break;
        };
        out.push_str(before);
        rest = after;
    }
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The text of an HTML page or fragment: blocks as lines, no tags, entities as characters. Other
/// texts stay as they are.
pub(crate) fn without_markup(text: &str) -> Cow<'_, str> {
    const FIRST: [&str; 12] = [
        "<!doctype",
        "<html",
        "<head",
        "<body",
        "<div",
        "<p>",
        "<p ",
        "<table",
        "<tbody",
        "<section",
        "<article",
        "<h1",
    ];
    let start: String = text.trim_start().chars().take(12).collect();
    let start = start.to_ascii_lowercase();
    if !FIRST.iter().any(|tag| start.starts_with(tag)) || !text.contains("</") {
        return Cow::Borrowed(text);
    }
    const BLOCKS: [&str; 14] = [
        "p", "div", "br", "tr", "li", "ul", "ol", "table", "title", "h1", "h2", "h3", "h4",
        "section",
    ];
    const HIDDEN: [&str; 2] = ["script", "style"];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('>') else {
            break;
        };
        let tag = rest[open + 1..open + close].trim_start_matches('/').to_ascii_lowercase();
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        rest = &rest[open + close + 1..];
        if BLOCKS.contains(&name) {
            out.push('\n');
        } else if matches!(name, "td" | "th") {
            out.push('\t');
        } else if HIDDEN.contains(&name) {
            rest = rest.find("</").map_or("", |end| &rest[end..]);
        }
    }
    if !rest.starts_with('<') {
        out.push_str(rest);
    }
    for (entity, character) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&ldquo;", "“"),
        ("&rdquo;", "”"),
        ("&mdash;", "—"),
        ("&hellip;", "…"),
        ("&#160;", " "),
        ("&amp;", "&"),
    ] {
        out = out.replace(entity, character);
    }
    Cow::Owned(out)
}

/// Takes the front matter off: the lines from a first `---` to the next, where they are keys and
/// values.
pub(crate) fn front_matter(text: &str) -> (Facts, &str) {
    let none = (Facts::default(), text);
    let Some(body) = text.trim_start().strip_prefix("---\n") else {
        return none;
    };
    let Some(end) = body.find("\n---") else {
        return none;
    };
    let (block, rest) = body.split_at(end);
    let rest = &rest["\n---".len()..];
    let key = |line: &str| {
        let name = line.split(':').next().unwrap_or("");
        line.contains(':')
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    };
    let known =
        |line: &str| key(line) || line.starts_with([' ', '-', '#']) || line.trim().is_empty();
    if longer_than(block, 4_000)
        || !(rest.is_empty() || rest.starts_with('\n'))
        || !block.lines().all(known)
    {
        return none;
    }
    let value = |name: &str| {
        block.lines().find_map(|line| {
            let value = line.strip_prefix(name)?.strip_prefix(':')?;
            let value = value.trim().trim_matches(['"', '\'']);
            (!value.is_empty()).then(|| value.to_string())
        })
    };
    let date = value("date").and_then(|date| dates(&date).first().copied());
    (Facts { title: value("title"), date, ..Facts::default() }, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for line in
            ["— 3 —", "- 2 -", "-12-", "第 3 页 共 9 页", "第3页", "第3页，共9页", "Page 3 of 9"]
        {
            assert!(is_page_number(line), "{line}");
        }
        for line in ["3", "- 2", "第三页", "2024-01-02", "第3页的表", "1.2"] {
            assert!(!is_page_number(line), "{line}");
        }
        assert!(is_rule("====") && is_rule("---") && !is_rule("--") && !is_rule("-=-"));
        for line in
            ["下载", "【字号：", "】", "首页 > 政策 > 正文", "【字号：大 中 小】", "打印 | 关闭"]
        {
            assert!(is_site_words(line), "{line}");
        }
        for line in ["下载办法", "打印费", "成本 > 收益"] {
            assert!(!is_site_words(line), "{line}");
        }
        assert_eq!(without_comments("甲<!-- x\ny -->乙<!--"), "甲乙<!--");
    }

    #[test]
    fn front_matter_is_taken_off() {
        let (matter, rest) =
            front_matter("---\ntitle: \"甲办法\"\ndate: 2024-05-06\ntags:\n  - 乙\n---\n\n正文");
        assert_eq!(matter.title.as_deref(), Some("甲办法"));
        assert_eq!(matter.date, Some(jiff::civil::date(2024, 5, 6)));
        assert_eq!(rest.trim(), "正文");
        let text = "---\n正文。\n---\n";
        assert_eq!(front_matter(text), (Facts::default(), text));
    }
}
