//! Which part of a page is its document: without navigation, buttons, lists of other pages and the foot.
//!
//! Sites of governments are made with few systems, whose containers are known (`data/page-containers.txt`). Any other
//! page is read whole, but what is plainly no document is dropped (by its element, its name, or because it consists of
//! links), and of what is left the innermost element that holds nearly all of it is taken.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::facts;
use super::shown::{is_block, is_shown, is_space};
use super::table::is_layout;
use super::tree::{Id, Tree};
use crate::FormatError;
use crate::clock::Clock;

/// A container with fewer characters is a leftover of a template.
const FEWEST: usize = 8;

/// An element is gone into while it holds at least this part of the text, of 100.
const NEARLY_ALL: usize = 90;

/// A block is links if there are so many of them, and this part of its characters, of 100, is in them.
const LINKS: usize = 3;
const LINK_PART: usize = 60;

/// A block of more characters is no foot, whatever words it has.
const LONGEST_FOOT: usize = 400;

/// A credit of the page's editor is short: `责任编辑：某某`.
const LONGEST_CREDIT: usize = 12;

/// The document's part of a page.
#[derive(Debug)]
pub(super) struct Content {
    /// The elements that hold the document, in the page's order.
    pub(super) roots: Vec<Id>,
    /// What is not read in them.
    pub(super) dropped: HashSet<Id>,
}

fn words(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# "))
}

static CONTAINERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    words(include_str!("../../data/page-containers.txt")).map(str::to_ascii_lowercase).collect()
});
static FURNITURE: LazyLock<HashSet<&str>> =
    LazyLock::new(|| words(include_str!("../../data/page-furniture.txt")).collect());
static FEET: LazyLock<Vec<&str>> =
    LazyLock::new(|| words(include_str!("../../data/page-feet.txt")).collect());
static CONTROLS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| words(include_str!("../../data/page-controls.txt")).collect());

/// Whether a line is a control of the page, such as 【打印本页】.
pub(super) fn is_control(line: &str) -> bool {
    let bare: String = line
        .chars()
        .filter(|c| !c.is_whitespace() && !"【】[]［］（）()|｜".contains(*c))
        .collect();
    let credit = bare.trim_start_matches("我要纠错").strip_prefix("责任编辑");
    CONTROLS.contains(bare.as_str())
        || credit.is_some_and(|rest| {
            rest.starts_with([':', '：']) && rest.chars().count() <= LONGEST_CREDIT
        })
}

/// Finds the document of a page.
///
/// # Errors
/// If the time is over.
pub(super) fn find(tree: &Tree, clock: &Clock) -> Result<Content, FormatError> {
    let measure = Measure::new(tree, clock)?;
    if let Some(roots) = known_containers(tree, &measure) {
        let mut dropped = HashSet::new();
        // The document's own lists of links stay; what shares and prints goes. What holds most of the text is no
        // furniture, whatever it is called.
        for &root in &roots {
            let small = |id: Id| measure.text(id) * 2 <= measure.text(root);
            let beside = |id: Id| id != root && small(id) && is_furniture(tree, id);
            for id in tree.walk(root, |id| is_shown(tree, id) && !beside(id)) {
                dropped.extend(tree.children(id).iter().copied().filter(|&child| beside(child)));
            }
        }
        return Ok(Content { roots, dropped });
    }
    let body =
        measure.order.iter().copied().find(|&id| tree.tag(id) == "body").unwrap_or(tree.root());
    let dropped = furniture(tree, body, &measure, clock)?;
    let left = left(tree, body, &dropped);
    if left.get(body).copied().unwrap_or(0) < FEWEST {
        // A page that is nothing but links is read as it is.
        return Ok(Content { roots: vec![body], dropped: HashSet::new() });
    }
    let root = innermost(tree, body, &left, clock)?;
    Ok(Content { roots: vec![root], dropped })
}

/// How many shown characters and links each element holds.
struct Measure {
    order: Vec<Id>,
    text: Vec<usize>,
    linked: Vec<usize>,
    links: Vec<usize>,
}

impl Measure {
    fn new(tree: &Tree, clock: &Clock) -> Result<Self, FormatError> {
        let order = tree.walk(tree.root(), |id| is_shown(tree, id));
        let size = order.iter().max().map_or(0, |last| last + 1);
        let mut measure =
            Self { order, text: vec![0; size], linked: vec![0; size], links: vec![0; size] };
        // From the last to the first, so that children are added up before their parents.
        for (at, &id) in measure.order.iter().rev().enumerate() {
            if at % 4096 == 0 {
                clock.check()?;
            }
            let own = tree.text(id).map_or(0, characters);
            let of = |counts: &[usize], id: Id| counts.get(id).copied().unwrap_or(0);
            let text = of(&measure.text, id) + own;
            // A table of contents leads to places of the same page; it belongs to the document.
            let is_link = tree.tag(id) == "a"
                && tree.attribute(id, "href").is_some_and(|to| !to.trim_start().starts_with('#'));
            let linked = if is_link { text } else { of(&measure.linked, id) };
            let links = of(&measure.links, id) + usize::from(is_link);
            let parent = tree.parent(id);
            for (counts, count, add) in [
                (&mut measure.text, text, text),
                (&mut measure.linked, linked, linked),
                (&mut measure.links, links, links),
            ] {
                if let Some(own) = counts.get_mut(id) {
                    *own = count;
                }
                if let Some(above) = parent.and_then(|parent| counts.get_mut(parent)) {
                    *above += add;
                }
            }
        }
        Ok(measure)
    }

    fn text(&self, id: Id) -> usize {
        self.text.get(id).copied().unwrap_or(0)
    }

    fn is_links(&self, id: Id) -> bool {
        let of = |counts: &[usize]| counts.get(id).copied().unwrap_or(0);
        of(&self.links) >= LINKS && of(&self.linked) * 100 >= self.text(id) * LINK_PART
    }
}

fn characters(text: &str) -> usize {
    text.chars().filter(|&c| !is_space(c) && c != '\u{a0}' && c != '\u{3000}').count()
}

/// The outermost elements with the name of a container that has text; if they are of several names, those of the name
/// that has the most.
fn known_containers(tree: &Tree, measure: &Measure) -> Option<Vec<Id>> {
    let mut found: Vec<(usize, Id)> = Vec::new();
    let mut inside = HashSet::new();
    for &id in &measure.order {
        if tree.parent(id).is_some_and(|parent| inside.contains(&parent)) {
            inside.insert(id);
        } else if let Some(name) = container(tree, id).filter(|_| measure.text(id) >= FEWEST) {
            inside.insert(id);
            found.push((name, id));
        }
    }
    let total = |name| {
        found
            .iter()
            .filter(|(other, _)| *other == name)
            .map(|&(_, id)| measure.text(id))
            .sum::<usize>()
    };
    let best = found
        .iter()
        .map(|&(name, _)| name)
        .max_by_key(|&name| (total(name), std::cmp::Reverse(name)))?;
    // Some pages hold the same text twice, for screens and for telephones.
    let mut seen = HashSet::new();
    let same =
        found.into_iter().filter(|&(name, id)| name == best && seen.insert(bare_text(tree, id)));
    Some(same.map(|(_, id)| id).collect())
}

fn bare_text(tree: &Tree, id: Id) -> String {
    let nodes = tree.walk(id, |id| is_shown(tree, id));
    nodes
        .into_iter()
        .filter_map(|id| tree.text(id))
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect()
}

fn container(tree: &Tree, id: Id) -> Option<usize> {
    let tag = tree.tag(id);
    if !is_block(tag) || ["body", "html"].contains(&tag) {
        return None;
    }
    let is = |sign: char, name: &str| {
        let name = name.to_ascii_lowercase();
        CONTAINERS.iter().position(|container| container.strip_prefix(sign) == Some(name.as_str()))
    };
    let by_id = tree.attribute(id, "id").and_then(|name| is('#', name.trim()));
    by_id.or_else(|| tree.classes(id).find_map(|name| is('.', name)))
}

/// Whether an element is beside the document by what it is or is called.
fn is_furniture(tree: &Tree, id: Id) -> bool {
    let tag = tree.tag(id);
    if ["nav", "footer", "aside", "dialog", "menu"].contains(&tag) {
        return true;
    }
    if !is_block(tag) && !["span", "a", "ins"].contains(&tag) || ["body", "html"].contains(&tag) {
        return false;
    }
    if [
        "navigation",
        "contentinfo",
        "search",
        "banner",
        "complementary",
        "dialog",
        "toolbar",
        "menu",
    ]
    .contains(&tree.attribute(id, "role").unwrap_or_default())
    {
        return true;
    }
    // LibreOffice writes the head and foot of a text document so.
    if tag == "div"
        && ["header", "footer"].contains(&tree.attribute(id, "title").unwrap_or_default())
    {
        return true;
    }
    let names = tree.classes(id).chain(tree.attribute(id, "id"));
    names.flat_map(name_words).any(|word| FURNITURE.contains(word.as_str()))
}

/// `shareBox-left` is `share`, `box`, `left`.
fn name_words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars().take(200) {
        if !c.is_ascii_alphabetic() || c.is_ascii_uppercase() && small {
            words.push(String::new());
        }
        small = c.is_ascii_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphabetic()) {
            word.push(c.to_ascii_lowercase());
        }
    }
    words
}

/// The elements below `body` that are no part of the document.
fn furniture(
    tree: &Tree,
    body: Id,
    measure: &Measure,
    clock: &Clock,
) -> Result<HashSet<Id>, FormatError> {
    let mut dropped = HashSet::new();
    let all = measure.text(body);
    let mut open = vec![body];
    while let Some(id) = open.pop() {
        // Each look into a block may be long.
        clock.check()?;
        for &child in tree.children(id).iter().rev().filter(|&&child| is_shown(tree, child)) {
            // What holds most of the page is no furniture, whatever it is called.
            let small = measure.text(child) * 2 <= all;
            let block = is_block(tree.tag(child));
            if small
                && (is_furniture(tree, child) || block && is_beside(tree, child, measure, clock)?)
            {
                dropped.insert(child);
            } else {
                open.push(child);
            }
        }
    }
    Ok(dropped)
}

/// Whether a block is beside the document by what is in it.
fn is_beside(tree: &Tree, id: Id, measure: &Measure, clock: &Clock) -> Result<bool, FormatError> {
    /// A table of properties is short.
    const LONGEST: usize = 800;
    if measure.is_links(id) {
        return Ok(true);
    }
    // An element around nothing but this one had the same answer.
    let same = tree.parent(id).is_some_and(|parent| measure.text(parent) == measure.text(id));
    if same || measure.text(id) > LONGEST {
        return Ok(false);
    }
    Ok(is_foot(tree, id, measure) || facts::is_properties(tree, id, clock)?)
}

fn is_foot(tree: &Tree, id: Id, measure: &Measure) -> bool {
    if measure.text(id) > LONGEST_FOOT {
        return false;
    }
    let text = bare_text(tree, id);
    // One such word may be in a document; two, or one that only a site's registration has, make the foot.
    let count = FEET.iter().filter(|word| text.contains(*word)).count();
    count >= 2 || ["ICP备", "公网安备", "网站标识码"].iter().any(|word| text.contains(word))
}

/// How many characters are left in each element, those of links apart.
fn left(tree: &Tree, body: Id, dropped: &HashSet<Id>) -> Vec<usize> {
    let order = tree.walk(body, |id| {
        let leads_away = tree.tag(id) == "a"
            && tree.attribute(id, "href").is_some_and(|to| !to.starts_with('#'));
        is_shown(tree, id) && !dropped.contains(&id) && !leads_away
    });
    let mut left = vec![0; order.iter().max().map_or(0, |last| last + 1)];
    // From the last to the first, so that children are added up before their parents.
    for id in order.into_iter().rev() {
        let all = left.get(id).copied().unwrap_or(0) + tree.text(id).map_or(0, characters);
        if let Some(own) = left.get_mut(id) {
            *own = all;
        }
        if let Some(above) = tree.parent(id).and_then(|parent| left.get_mut(parent)) {
            *above += all;
        }
    }
    left
}

fn innermost(tree: &Tree, body: Id, left: &[usize], clock: &Clock) -> Result<Id, FormatError> {
    const HOLDERS: &[&str] = &[
        "article", "body", "center", "div", "form", "main", "section", "table", "tbody", "td", "tr",
    ];
    // What is dropped has nothing left.
    let left = |id: Id| left.get(id).copied().unwrap_or(0);
    let mut at = body;
    loop {
        clock.check()?;
        let all = left(at);
        let inner = tree.children(at).iter().copied().find(|&child| {
            let tag = tree.tag(child);
            left(child) * 100 >= all * NEARLY_ALL
                && HOLDERS.contains(&tag)
                && (tag != "table" || is_layout(tree, child))
        });
        match inner {
            Some(inner) if all > 0 => at = inner,
            _ => return Ok(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn text(page: &str) -> String {
        let limits = Limits::default();
        let clock = Clock::new(&limits);
        let tree = Tree::parse(page, &limits, &clock).unwrap();
        let content = find(&tree, &clock).unwrap();
        let nodes = content.roots.iter().flat_map(|&root| {
            tree.walk(root, |id| is_shown(&tree, id) && !content.dropped.contains(&id))
        });
        nodes.filter_map(|id| tree.text(id)).flat_map(str::split_whitespace).collect()
    }

    const DOCUMENT: &str = "<p>各省、自治区、直辖市人民政府，国务院各部委、各直属机构：</p><p>现就有关事项通知如下。</p>";

    #[test]
    fn a_known_container_is_the_document() {
        let page = format!(
            "<body><div class=header>首页</div><div class='pages_content mhide'><div id=UCAP-CONTENT>{DOCUMENT}\
             <a href=1>附件</a><div class='share-box'>分享到微博</div></div></div><div>相关稿件一二三四五六七八</div></body>"
        );
        assert_eq!(
            text(&page),
            "各省、自治区、直辖市人民政府，国务院各部委、各直属机构：现就有关事项通知如下。附件"
        );
    }

    #[test]
    fn the_same_container_twice_is_read_once_and_two_are_read_both() {
        let page = format!(
            "<div class=TRS_Editor>{DOCUMENT}</div><div class=TRS_Editor>{DOCUMENT}</div><div class=TRS_Editor>附件的全部内容如下</div>"
        );
        assert_eq!(
            text(&page),
            "各省、自治区、直辖市人民政府，国务院各部委、各直属机构：现就有关事项通知如下。附件的全部内容如下"
        );
    }

    #[test]
    fn an_unknown_page_is_read_without_its_furniture() {
        let links: String =
            (1..9).map(|i| format!("<li><a href={i}>关于第{i}件事的通知</a></li>")).collect();
        let page = format!(
            "<body><header><ul>{links}</ul></header><div class=w1200><div id=topNav>首页 政务公开</div><div class=main>\
             <h1>某市人民政府通知</h1>{DOCUMENT}</div><ul>{links}</ul></div>\
             <div>主办单位：某市人民政府 京ICP备05070218号 网站标识码bm01000001</div></body>"
        );
        assert_eq!(
            text(&page),
            "某市人民政府通知各省、自治区、直辖市人民政府，国务院各部委、各直属机构：现就有关事项通知如下。"
        );
    }

    #[test]
    fn a_page_of_links_is_read_as_it_is() {
        let page =
            "<ul><li><a href=1>甲通知</a><li><a href=2>乙通知</a><li><a href=3>丙通知</a></ul>";
        assert_eq!(text(page), "甲通知乙通知丙通知");
    }

    #[test]
    fn contents_stay_and_the_head_of_a_converted_document_goes() {
        let contents: String =
            (1..9).map(|i| format!("<p><a href='#t{i}'>第{i}章</a></p>")).collect();
        let page = format!(
            "<body><div title=header><p>内部资料</p></div><div id=toc>{contents}</div>{DOCUMENT}\
             <div title=footer><p>3</p></div></body>"
        );
        assert!(text(&page).starts_with("第1章第2章"), "{}", text(&page));
        assert!(text(&page).ends_with("通知如下。"), "{}", text(&page));
    }

    #[test]
    fn controls_are_known_by_their_whole_line() {
        assert!(is_control("【 打印本页 】"));
        assert!(is_control("字体：[ 大 中 小 ]"));
        assert!(is_control("【我要纠错】 责任编辑：某某某"));
        assert!(!is_control("打印本页后盖章"));
    }

    #[test]
    fn names_are_split_into_words() {
        assert_eq!(name_words("shareBox-left"), ["share", "box", "left"]);
    }
}
