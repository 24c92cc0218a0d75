//! What a page states of its document in fields: meta tags and the table of properties above it.
//!
//! The meta names are those of the State Council's rules for government sites (政府网站发展指引, 国办发〔2017〕47号,
//! annex: ArticleTitle, PubDate, ContentSource); the properties are those of the pages for open information
//! (索引号, 发文机关, 成文日期, 发文字号).

use std::collections::HashSet;
use std::sync::LazyLock;

use super::shown::{is_block, is_shown, is_space};
use super::tree::{Id, Tree};
use crate::clock::Clock;
use crate::{Facts, FormatError};

/// A value of more characters is a text that happens to stand after a label.
const LONGEST: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Title,
    Number,
    Issuer,
    Date,
    Other,
}

static LABELS: LazyLock<Vec<(&str, Field)>> = LazyLock::new(|| {
    let lines =
        include_str!("../../data/page-labels.txt").lines().filter(|line| !line.starts_with('#'));
    let labels = lines.filter_map(|line| {
        let (field, label) = line.split_once(' ')?;
        let field = match field {
            "title" => Field::Title,
            "number" => Field::Number,
            "issuer" => Field::Issuer,
            "date" => Field::Date,
            _ => Field::Other,
        };
        Some((label, field))
    });
    labels.collect()
});

/// Reads the fields of a page; those of properties only outside of `roots`, where the document itself is, and in what
/// is `dropped` there.
///
/// # Errors
/// If the time is over.
pub(super) fn read(
    tree: &Tree,
    roots: &[Id],
    dropped: &HashSet<Id>,
    clock: &Clock,
) -> Result<Facts, FormatError> {
    let mut nodes = tree.walk(tree.root(), |id| is_shown(tree, id) && !roots.contains(&id));
    let inside = roots.iter().flat_map(|&root| tree.walk(root, |id| is_shown(tree, id)));
    let mut inside: Vec<Id> = inside.filter(|id| dropped.contains(id)).collect();
    // What is dropped in something that is dropped is already there.
    inside.retain(|&id| nodes_above(tree, id).all(|above| !dropped.contains(&above)));
    nodes.extend(inside.into_iter().flat_map(|id| tree.walk(id, |id| is_shown(tree, id))));
    let stated = properties(tree, &nodes, clock)?;
    let property = |field| {
        // A number and a date have digits; what has none is something else that stands there.
        let fits = |value: &str| {
            !matches!(field, Field::Number | Field::Date) || value.chars().any(|c| c.is_numeric())
        };
        // The labels are in order of preference: 成文日期 before 发布日期.
        LABELS.iter().filter(|(_, of)| *of == field).find_map(|(label, _)| {
            stated
                .iter()
                .find(|(known, value)| known == label && fits(value))
                .map(|(_, value)| value.clone())
        })
    };
    let source = || meta(tree, &["ContentSource"]).filter(|source| !is_medium(source));
    let (tag, tag_number) =
        title(tree).map_or((None, None), |(title, number)| (Some(title), number));
    Ok(Facts {
        title: meta(tree, &["ArticleTitle"])
            .or_else(|| property(Field::Title))
            .or_else(|| meta(tree, &["DC.title", "og:title"]))
            .or(tag),
        issuer: property(Field::Issuer).or_else(source),
        number: property(Field::Number).or(tag_number),
        date: property(Field::Date)
            .or_else(|| meta(tree, &["PubDate", "firstpublishedtime", "publishdate"])),
    })
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn tidy(text: &str) -> Option<String> {
    let text = text
        .split(|c| is_space(c) || c == '\u{a0}')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let text = text.trim();
    (!text.is_empty() && text.chars().count() <= LONGEST).then(|| text.to_owned())
}

fn meta(tree: &Tree, names: &[&str]) -> Option<String> {
    let metas: Vec<Id> =
        tree.walk(tree.root(), |_| true).into_iter().filter(|&id| tree.tag(id) == "meta").collect();
    names.iter().find_map(|name| {
        metas.iter().find_map(|&id| {
            let said = tree.attribute(id, "name").or_else(|| tree.attribute(id, "property"))?;
            said.trim()
                .eq_ignore_ascii_case(name)
                .then(|| tidy(tree.attribute(id, "content")?))
                .flatten()
        })
    })
}

/// `<title>` up to the name of the site, and the number that it ends with: `…的通知（国办发〔2019〕3号）_中国政府网`.
fn title(tree: &Tree) -> Option<(String, Option<String>)> {
    let id = tree.walk(tree.root(), |_| true).into_iter().find(|&id| tree.tag(id) == "title")?;
    let text: String = tree.children(id).iter().filter_map(|&id| tree.text(id)).collect();
    let end = ["_", " - ", " | ", "-", "|", "——"].iter().find_map(|sign| {
        text.split_once(sign).map(|(before, _)| before).filter(|before| !before.trim().is_empty())
    });
    let title = tidy(end.unwrap_or(&text))?;
    let number = title.strip_suffix(['）', ')']).and_then(|title| title.rsplit_once(['（', '(']));
    let number = number.filter(|(before, number)| {
        !before.is_empty()
            && number.ends_with('号')
            && number.contains(['〔', '［', '['])
            && !number.contains(['《', '》'])
    });
    Some(match number {
        Some((before, number)) => (before.trim_end().to_owned(), tidy(number)),
        None => (title, None),
    })
}

/// A source that is a newspaper or site reports the document, it did not issue it.
fn is_medium(source: &str) -> bool {
    let source = squeeze(source);
    source.starts_with("http")
        || ["网", "网站", "社", "报", "台", "客户端", "频道", "公众号", "平台"]
            .iter()
            .any(|end| source.ends_with(end))
}

fn nodes_above(tree: &Tree, id: Id) -> impl Iterator<Item = Id> {
    std::iter::successors(tree.parent(id), |&id| tree.parent(id))
}

/// Labels and their values, in the page's order.
fn properties(
    tree: &Tree,
    nodes: &[Id],
    clock: &Clock,
) -> Result<Vec<(&'static str, String)>, FormatError> {
    let pieces = pieces(tree, nodes, clock)?;
    let mut found: Vec<_> = stated(tree, &pieces)
        .into_iter()
        .filter_map(|(label, value, _)| Some((label, value?)))
        .collect();
    // One label alone (`来源：…`) is in many lists; the table of properties has several.
    if found.len() < 2 {
        found.clear();
    }
    Ok(found)
}

/// Labels, their values, and how many pieces each takes.
fn stated(tree: &Tree, pieces: &[Piece]) -> Vec<(&'static str, Option<String>, usize)> {
    let above = |piece: &Piece| piece.line.and_then(|line| tree.parent(line));
    let mut found = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let Some((label, value)) = labelled(piece) else { continue };
        // The value stands after the label in its line, or in the next line or cell beside it.
        let next = pieces
            .get(at + 1)
            .filter(|next| next.line == piece.line || above(piece) == above(next));
        match (value, next) {
            ("", Some(next)) if labelled(next).is_none() => {
                found.push((label, tidy(&next.text), 2))
            }
            (value, _) => found.push((label, tidy(value), 1)),
        }
    }
    found
}

/// Whether an element is a table or list of properties: hardly anything else is in it.
pub(super) fn is_properties(tree: &Tree, id: Id, clock: &Clock) -> Result<bool, FormatError> {
    const FEWEST: usize = 3;
    let pieces = pieces(tree, &tree.walk(id, |id| is_shown(tree, id)), clock)?;
    let stated = stated(tree, &pieces);
    let labels: HashSet<&str> = stated.iter().map(|(label, ..)| *label).collect();
    let taken: usize = stated.iter().map(|(.., pieces)| pieces).sum();
    Ok(labels.len() >= FEWEST && taken * 5 >= pieces.len() * 4)
}

/// A label at the beginning of a piece, and what stands after it.
fn labelled(piece: &Piece) -> Option<(&'static str, &str)> {
    let colon = piece.text.find([':', '：']);
    let (before, after) = match colon {
        Some(at) => {
            let (before, after) = piece.text.split_at(at);
            (before, after.trim_start_matches([':', '：']))
        }
        // A cell needs no colon to be a label.
        None if piece.cell => (piece.text.as_str(), ""),
        None => return None,
    };
    let before = squeeze(before.trim_matches(['[', ']', '【', '】']));
    let (label, _) = LABELS.iter().find(|(label, _)| *label == before)?;
    Some((label, after.trim()))
}

struct Piece {
    text: String,
    /// It is in a cell or term, where a label needs no colon.
    cell: bool,
    /// The innermost element around it that is a line of its own.
    line: Option<Id>,
}

/// The texts of nodes, a line or cell each, parted after a label and before the next.
fn pieces(tree: &Tree, nodes: &[Id], clock: &Clock) -> Result<Vec<Piece>, FormatError> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut last = None;
    for (at, &id) in nodes.iter().enumerate() {
        if at.is_multiple_of(1024) {
            clock.check()?;
        }
        let Some(text) = tree.text(id).filter(|text| !text.trim().is_empty()) else { continue };
        let line = line(tree, id);
        let cell = line.is_some_and(|line| ["td", "th", "dt", "dd"].contains(&tree.tag(line)));
        let new = Piece { text: text.to_owned(), cell: false, line };
        match pieces.last_mut() {
            Some(piece) if last == line && !is_closed(&piece.text) && labelled(&new).is_none() => {
                piece.text.push_str(text);
            }
            _ => pieces.push(Piece { cell, ..new }),
        }
        last = line;
    }
    Ok(pieces)
}

/// Whether a label ends here.
fn is_closed(text: &str) -> bool {
    text.trim_end().ends_with([':', '：'])
}

fn line(tree: &Tree, id: Id) -> Option<Id> {
    let mut at = tree.parent(id);
    while let Some(id) = at.filter(|&id| !is_block(tree.tag(id))) {
        at = tree.parent(id);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn facts(page: &str) -> Facts {
        let limits = Limits::default();
        let clock = Clock::new(&limits);
        let tree = Tree::parse(page, &limits, &clock).unwrap();
        let roots: Vec<Id> = tree
            .walk(tree.root(), |_| true)
            .into_iter()
            .filter(|&id| tree.attribute(id, "id") == Some("zoom"))
            .collect();
        read(&tree, &roots, &HashSet::new(), &clock).unwrap()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn meta_tags_of_government_sites() {
        let facts = facts(
            "<head><title>国务院办公厅关于某事的通知_中国政府网</title><meta name=ArticleTitle content='国务院办公厅关于某事的通知'>\
             <meta name='PubDate' content='2019-01-22 17:00'><meta name=ContentSource content='国务院办公厅'></head>",
        );
        assert_eq!(facts.title, some("国务院办公厅关于某事的通知"));
        assert_eq!(facts.issuer, some("国务院办公厅"));
        assert_eq!(facts.date, some("2019-01-22 17:00"));
        assert_eq!(facts.number, None);
    }

    #[test]
    fn a_medium_is_no_issuer() {
        assert_eq!(
            super::tests::facts("<meta name=ContentSource content=中国政府网>").issuer,
            None
        );
        assert_eq!(super::tests::facts("<meta name=ContentSource content=新华社>").issuer, None);
    }

    #[test]
    fn the_table_of_properties() {
        let page = "<title>a_b</title><table><tr><td><b>索&nbsp;引&nbsp;号：</b></td><td>000014349/2019-00003</td><td>主题分类：</td><td></td></tr>\
             <tr><td>发文机关：</td><td>国务院办公厅</td><td>成文日期：</td><td>2019年01月09日</td></tr>\
             <tr><td>标　　题：</td><td>国务院办公厅关于某事的通知</td></tr>\
             <tr><td>发文字号：</td><td>国办发〔2019〕<font>3号</font></td><td>发布日期：</td><td>2019年01月22日</td></tr></table>\
             <div id=zoom>文号：甲</div>";
        let facts = facts(page);
        assert_eq!(facts.title, some("国务院办公厅关于某事的通知"));
        assert_eq!(facts.number, some("国办发〔2019〕3号"));
        assert_eq!(facts.issuer, some("国务院办公厅"));
        assert_eq!(facts.date, some("2019年01月09日"));
    }

    #[test]
    fn properties_in_lists_and_lines() {
        let list = "<ul><li><span>索引号：</span>11/2<li><label>文号</label>：市政发〔2020〕1号<li>发布机构：<a>市政府</a><li>成文日期：2020-01-02</ul>";
        let read = facts(list);
        assert_eq!(
            (read.number, read.issuer, read.date),
            (some("市政发〔2020〕1号"), some("市政府"), some("2020-01-02"))
        );
        let line =
            "<p><b>发布机关：</b>市政府<b>成文日期：</b>2020-01-02 <b>文 号：</b></p><p>标题</p>";
        let read = facts(line);
        assert_eq!(
            (read.number, read.issuer, read.date),
            (None, some("市政府"), some("2020-01-02"))
        );
        let cells = "<table><tr><th>索引号</th><td>1</td><th>文号</th><td>国发〔2018〕1号</td></tr></table>";
        assert_eq!(facts(cells).number, some("国发〔2018〕1号"));
    }

    #[test]
    fn one_label_alone_is_no_table() {
        assert_eq!(facts("<p>发布时间：2020-01-01</p>").date, None);
    }

    #[test]
    fn a_title_tag_ends_before_the_site() {
        assert_eq!(facts("<title> 某市条例 - 某市人大 </title>").title, some("某市条例"));
        let read = facts("<title>某办法（试行）（国办发〔2019〕3号）_政府信息公开专栏</title>");
        assert_eq!((read.title, read.number), (some("某办法（试行）"), some("国办发〔2019〕3号")));
        assert_eq!(facts("<title>某办法（试行）_网</title>").title, some("某办法（试行）"));
    }
}
