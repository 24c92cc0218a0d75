//! Which elements are shown, and how their white space is.

use super::tree::{Id, Tree};

/// Elements whose content is not text of the page: not shown, or something to press and fill in.
const NOT_TEXT: &[&str] = &[
    "applet", "area", "audio", "base", "button", "canvas", "datalist", "embed", "head", "iframe",
    "input", "link", "map", "math", "meta", "noembed", "noframes", "noscript", "object", "option",
    "param", "script", "select", "source", "style", "svg", "template", "textarea", "title",
    "track", "video", "wbr",
];

/// Elements that begin and end a line (HTML standard §15.3, `display: block` and what belongs to lists and tables).
const BLOCK: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "listing",
    "main",
    "menu",
    "nav",
    "ol",
    "optgroup",
    "p",
    "plaintext",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
    "xmp",
];

/// Whether what is in the element is text that is shown. Text that was deleted (`<del>`) is none.
pub(super) fn is_shown(tree: &Tree, id: Id) -> bool {
    let tag = tree.tag(id);
    if tag.is_empty() {
        return true;
    }
    !(NOT_TEXT.contains(&tag)
        || tag == "del"
        || tree.attribute(id, "hidden").is_some()
        || style(tree, id, "display").is_some_and(|value| value == "none")
        || style(tree, id, "mso-hide").is_some_and(|value| value == "all"))
}

pub(super) fn is_block(tag: &str) -> bool {
    BLOCK.contains(&tag)
}

/// A property in the element's `style`, in small letters.
pub(super) fn style(tree: &Tree, id: Id, property: &str) -> Option<String> {
    let style = tree.attribute(id, "style")?;
    style.split(';').rev().find_map(|declaration| {
        let (name, value) = declaration.split_once(':')?;
        name.trim()
            .eq_ignore_ascii_case(property)
            .then(|| value.trim().trim_end_matches("!important").trim_end().to_ascii_lowercase())
    })
}

/// White space of the page's source: what CSS may collapse. U+3000 and U+00A0 are none.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

/// A line under construction, its white space collapsed as CSS Text §4.1 says.
#[derive(Debug, Default)]
pub(super) struct Line {
    text: String,
    /// White space that is shown if more text follows: none, a space, or a line break of the source.
    pending: Pending,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Pending {
    #[default]
    None,
    Space,
    Break,
}

impl Line {
    pub(super) fn push(&mut self, text: &str) {
        for c in text.chars() {
            if is_space(c) {
                if self.pending != Pending::Break {
                    self.pending =
                        if matches!(c, '\n' | '\r') { Pending::Break } else { Pending::Space };
                }
                continue;
            }
            self.open(c);
            self.text.push(c);
        }
    }

    /// Text whose white space is shown as it is.
    pub(super) fn push_kept(&mut self, text: &str) {
        if let Some(first) = text.chars().next() {
            self.open(first);
        }
        self.text.extend(text.chars().map(|c| if is_space(c) { ' ' } else { c }));
    }

    /// A space if more text follows, for something that parts words.
    pub(super) fn space(&mut self) {
        self.pending = Pending::Space;
    }

    /// A line break of the source if more text follows: a space, but none between two wide characters.
    pub(super) fn soft_break(&mut self) {
        if self.pending == Pending::None {
            self.pending = Pending::Break;
        }
    }

    fn open(&mut self, next: char) {
        let pending = std::mem::take(&mut self.pending);
        let Some(last) = self.text.chars().next_back() else { return };
        // CSS Text §4.1.2: a break between two wide characters is taken away.
        if pending == Pending::Space
            || pending == Pending::Break && !(is_wide(last) && is_wide(next))
        {
            self.text.push(' ');
        }
    }

    /// Its bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.chars().all(char::is_whitespace)
    }

    /// The line without white space at its ends; the line is empty after it.
    pub(super) fn take(&mut self) -> String {
        self.pending = Pending::None;
        let text = std::mem::take(&mut self.text);
        text.trim().to_owned()
    }
}

/// Characters of East Asian width wide or full, as far as they are in policy documents.
pub(crate) fn is_wide(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{33ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff01}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}'
        | '\u{20000}'..='\u{3ffff}' | '“' | '”' | '‘' | '’' | '…' | '—')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(parts: &[&str]) -> String {
        let mut line = Line::default();
        for part in parts {
            line.push(part);
        }
        line.take()
    }

    #[test]
    fn white_space_collapses_as_in_a_browser() {
        assert_eq!(
            line(&["  各省、\n      自治区  2019\n年 ", " 和 GB\n\t50180 "]),
            "各省、自治区 2019 年 和 GB 50180"
        );
        assert_eq!(line(&["总理　　李克强\u{a0}\u{a0}"]), "总理　　李克强");
        assert_eq!(line(&["主\u{a0}\u{a0}任"]), "主\u{a0}\u{a0}任");
    }

    #[test]
    fn hidden_elements_are_not_shown() {
        let limits = crate::Limits::default();
        let page = "<p style='color:red; DISPLAY : None'>a<p hidden>b<del>c</del><p style='display:block'>d";
        let tree = Tree::parse(page, &limits, &crate::clock::Clock::new(&limits)).unwrap();
        let shown = tree.walk(tree.root(), |id| is_shown(&tree, id));
        let text: String = shown.into_iter().filter_map(|id| tree.text(id)).collect();
        assert_eq!(text, "d");
    }
}
