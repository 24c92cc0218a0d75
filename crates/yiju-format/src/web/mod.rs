//! Web pages: HTML in any encoding, and pages saved with their parts (MHTML).
//!
//! Kept: the document's own text in the order it is shown, headings, lists with their numbers, tables with merged cells
//! and their header, and what the page states of itself. Left out: navigation, controls, scripts, what is hidden or
//! deleted, and the look. Nothing that a page links to is fetched.

mod content;
mod encoding;
mod facts;
mod flow;
mod list;
mod mhtml;
mod shown;
mod table;
mod tree;

pub(crate) use encoding::decode;
pub(crate) use mhtml::{Mhtml, is_mhtml};
pub(crate) use shown::is_wide;

use crate::clock::Clock;
use crate::{Block, Facts, Format, FormatError, Limits, Reader, Reading, Text, TextRole};
use tree::{Id, Tree};

/// Reads a web page.
pub(crate) struct Html;

impl Reader for Html {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        page(bytes, None, Format::Html, limits, &Clock::new(limits))
    }
}

/// Reads a page; `charset` is what came with it.
fn page(
    bytes: &[u8],
    charset: Option<&str>,
    format: Format,
    limits: &Limits,
    clock: &Clock,
) -> Result<Reading, FormatError> {
    let (text, wrong) = encoding::decode(bytes, charset);
    let tree = Tree::parse(&text, limits, clock)?;
    let content = content::find(&tree, clock)?;
    let facts = facts::read(&tree, &content.roots, &content.dropped, clock)?;
    let flow = flow::read(&tree, &content.roots, &content.dropped, limits, clock)?;
    if flow.blocks.is_empty() && flow.pictures.is_empty() && flow.frames == 0 {
        return Err(FormatError::Empty { format });
    }
    let mut unread = Vec::new();
    if wrong > 0 {
        unread.push(format!(
            "{wrong} characters mean nothing in the page's encoding and stand as \u{fffd}"
        ));
    }
    note(&mut unread, "picture", &flow.pictures);
    note(&mut unread, "linked file", &flow.files);
    if flow.frames > 0 {
        unread.push(format!("{} frames with other pages are not read", flow.frames));
    }
    let mut blocks = flow.blocks;
    if let Some(title) = title(&tree, &content.roots, &facts, &blocks, clock)? {
        blocks.insert(0, title);
    }
    Ok(Reading { blocks, facts, unread, ..Reading::default() })
}

fn note(unread: &mut Vec<String>, what: &str, names: &[String]) {
    const NAMED: usize = 5;
    let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    match names.len() {
        0 => {}
        1 => unread.push(format!("1 {what} is not read: {}", shown.join(", "))),
        count if count <= NAMED => {
            unread.push(format!("{count} {what}s are not read: {}", shown.join(", ")))
        }
        count => unread.push(format!("{count} {what}s are not read: {}, …", shown.join(", "))),
    }
}

/// The title that the page shows above the container of its text: an `h1`, or what equals the title that it states.
fn title(
    tree: &Tree,
    roots: &[Id],
    facts: &Facts,
    blocks: &[Block],
    clock: &Clock,
) -> Result<Option<Block>, FormatError> {
    /// A title that is in the text is in its first lines.
    const FIRST: usize = 12;
    /// Bytes; what is longer is no title.
    const LONGEST: usize = 1000;
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let stated = facts.title.as_deref().map(bare);
    let outside = tree.walk(tree.root(), |id| shown::is_shown(tree, id) && !roots.contains(&id));
    let mut heads = Vec::new();
    let mut same = None;
    for id in outside {
        // A line of the page: cells and menus are none, and an element with many others in it is more than a title.
        let is_head = tree.tag(id) == "h1";
        let is_line = shown::is_block(tree.tag(id)) && tree.children(id).len() <= 8;
        if !is_head
            && (!is_line
                || same.is_some()
                || stated.is_none()
                || ["td", "li"].contains(&tree.tag(id)))
        {
            continue;
        }
        clock.check()?;
        let text = table::one_line_up_to(tree, id, LONGEST);
        // The heading of a page may be shorter or longer than what it states, by a subtitle.
        let equal = |stated: &String| {
            let text = bare(&text);
            text == *stated
                || is_head
                    && text.len().min(stated.len()) >= 24
                    && (text.starts_with(stated.as_str()) || stated.starts_with(&text))
        };
        if !text.is_empty() && stated.as_ref().is_some_and(equal) {
            same.get_or_insert(text);
        } else if is_head && !text.is_empty() {
            heads.push(text);
        }
    }
    // Without a stated title, one `h1` alone is the title.
    let only = if stated.is_none() && heads.len() == 1 { heads.pop() } else { None };
    let Some(title) = same.or(only) else { return Ok(None) };
    let first: String = blocks
        .iter()
        .take(FIRST)
        .map(|block| match block {
            Block::Text(text) => bare(&text.text),
            Block::Table(_) => String::new(),
        })
        .collect();
    if first.contains(&bare(&title)) {
        return Ok(None);
    }
    Ok(Some(Block::Text(Text { role: TextRole::Heading(1), text: title, places: Vec::new() })))
}

/// Whether bytes are a web page (WHATWG MIME Sniffing §7.1, more strictly: Markdown may begin with an element, too).
pub(crate) fn is_html(bytes: &[u8]) -> bool {
    const HEAD: usize = 4096;
    const SURE: &[&str] = &["html", "head", "body", "meta", "title", "frameset", "base"];
    const PART: &[&str] = &[
        "a",
        "article",
        "b",
        "blockquote",
        "br",
        "center",
        "div",
        "dl",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "iframe",
        "li",
        "link",
        "main",
        "ol",
        "p",
        "pre",
        "script",
        "section",
        "span",
        "strong",
        "style",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ];
    let head = bytes.get(..bytes.len().min(HEAD)).unwrap_or_default();
    let wide = matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<', 0, ..] | [0, b'<', ..]);
    // Tags are ASCII in every encoding that pages have.
    let ascii = |bytes: &[u8]| -> String {
        bytes
            .iter()
            .filter(|&&byte| !wide || byte != 0)
            .map(|&byte| char::from(byte).to_ascii_lowercase())
            .collect()
    };
    let begin = ascii(head);
    // White space, and the byte order marks of UTF-8 and UTF-16 as Latin-1 shows them.
    let begin = begin.trim_start_matches(|c: char| c.is_ascii_whitespace() || "ï»¿ÿþ".contains(c));
    // Comments and a declaration may stand before it.
    if tree::from_doctype(begin).starts_with("<!doctype html") {
        return true;
    }
    let tag = tree::first_tag(begin);
    if SURE.contains(&tag.as_str()) {
        return true;
    }
    if !PART.contains(&tag.as_str()) || begin.starts_with("<?xml") {
        return false;
    }
    // A part of a page ends with a tag, as Markdown with an element at its beginning does not.
    let tail = ascii(bytes.get(bytes.len().saturating_sub(64)..).unwrap_or_default());
    tail.trim_end().ends_with('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str) -> Reading {
        Html.read(page.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn a_page_of_a_government_site() {
        let page = "<!DOCTYPE html><html><head><meta charset=utf-8><meta name=ArticleTitle content='国务院关于某事的批复'>\
            <title>国务院关于某事的批复_政策_中国政府网</title><style>p{color:red}</style></head><body>\
            <div class=nav><a href=/>首页</a> &gt; <a href=/zc>政策</a></div><h1>国务院关于某事的批复</h1>\
            <table><tr><td>发文机关：</td><td>国务院</td><td>发文字号：</td><td>国函〔2020〕5号</td></tr></table>\
            <div id=UCAP-CONTENT><p>教育部：</p><p>&emsp;&emsp;你部请示收悉。<script>x()</script></p></div>\
            <div class=footer>版权所有 网站标识码bm01000001</div></body></html>";
        let reading = read(page);
        assert_eq!(reading.printed().text, "国务院关于某事的批复\n教育部：\n你部请示收悉。\n");
        assert_eq!(reading.facts.number.as_deref(), Some("国函〔2020〕5号"));
        assert_eq!(reading.facts.issuer.as_deref(), Some("国务院"));
        assert!(matches!(
            reading.blocks.first(),
            Some(Block::Text(Text { role: TextRole::Heading(1), .. }))
        ));
    }

    #[test]
    fn a_title_in_the_text_is_not_repeated() {
        let page =
            "<h1>关于某事的通知</h1><div id=zoom><p>关于某事</p><p>的通知</p><p>各单位：</p></div>";
        assert_eq!(read(page).printed().text, "关于某事\n的通知\n各单位：\n");
    }

    #[test]
    fn properties_are_facts_and_no_text_in_an_unknown_page_too() {
        let page = "<div><ul><li>索引号：1/2020<li>发布机构：市政府<li>文号：市政发〔2020〕1号</ul>\
            <h2>关于某事的通知</h2><p>各单位：现就有关事项通知如下，请认真贯彻执行，并于年底前报告落实情况。</p></div>";
        let reading = read(page);
        assert_eq!(reading.facts.number.as_deref(), Some("市政发〔2020〕1号"));
        assert!(reading.printed().text.starts_with("关于某事的通知\n各单位："));
    }

    #[test]
    fn an_empty_page_is_an_error() {
        let error = Html.read(b"<html><script>a</script></html>", &Limits::default()).unwrap_err();
        assert_eq!(error, FormatError::Empty { format: Format::Html });
    }

    #[test]
    fn pages_are_told_from_text() {
        for page in [
            "<!DOCTYPE HTML PUBLIC>x",
            " \n<HTML>",
            "<!-- saved -->\n<html>",
            "<?xml version='1.0'?><!DOCTYPE html><html>",
            "<tbody><tr><td>a</td></tr></tbody>\n",
            "\u{feff}<html lang=zh>",
            "<p>a</p>",
        ] {
            assert!(is_html(page.as_bytes()), "{page}");
        }
        let utf16: Vec<u8> =
            "\u{feff}<html><p>文".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(is_html(&utf16));
        for text in [
            "# 标题\n<p>a</p>",
            "<div align=center>图</div>\n\n# 标题\n正文",
            "<!-- 注 -->\n# 标题",
            "第一条 <html>",
            "",
            "<关于某事的通知>",
            "<?xml version='1.0'?><a/>",
            "<svg></svg>",
        ] {
            assert!(!is_html(text.as_bytes()), "{text}");
        }
    }
}
