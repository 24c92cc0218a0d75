//! A page's elements and texts, as browsers build them (HTML standard §13.2).

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName, local_name, ns, parse_document};

use crate::clock::Clock;
use crate::{FormatError, Limits};

/// Where a node is in its tree.
pub(super) type Id = usize;

/// How many bytes are parsed between two looks at the clock.
const CHUNK: usize = 4096;

/// Elements stand in elements this many times deeper than other things: editors leave `<font>` and `<span>` open for
/// hundreds of levels, and nothing here calls itself for a level.
const DEEPER: usize = 16;

/// A page has more elements and texts than an archive has files; each takes about 150 bytes.
const MORE: usize = 5;

/// The attributes that are looked at; the others, most of them styles and scripts, are not kept.
const KEPT: &[&str] = &[
    "align", "alt", "border", "charset", "class", "colspan", "content", "hidden", "href", "id",
    "name", "property", "reversed", "role", "rowspan", "src", "start", "style", "title", "type",
    "value",
];

#[derive(Debug)]
struct Node {
    name: QualName,
    text: Option<String>,
    attributes: Vec<(String, String)>,
    parent: Option<Id>,
    children: Vec<Id>,
    depth: usize,
}

/// A parsed page.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Parses a page.
    ///
    /// # Errors
    /// If it has too many elements, is too deep or takes too long.
    pub(super) fn parse(page: &str, limits: &Limits, clock: &Clock) -> Result<Self, FormatError> {
        let mut parser = parse_document(Sink::default(), ParseOpts::default());
        // A part of a table alone keeps its cells only inside of a table.
        if ["tbody", "thead", "tr", "td", "th"].contains(&first_tag(page).as_str()) {
            parser.process(StrTendril::from("<table>"));
        }
        let mut rest = page;
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(rest.floor_char_boundary(CHUNK.min(rest.len())));
            rest = after;
            parser.process(StrTendril::from(chunk));
            let sink = &parser.tokenizer.sink.sink;
            let most = limits.parts.saturating_mul(MORE);
            if sink.nodes.borrow().len() > most {
                return Err(FormatError::TooLarge {
                    what: "elements",
                    size: sink.nodes.borrow().len(),
                    limit: most,
                });
            }
            let deepest = limits.depth.saturating_mul(DEEPER);
            if sink.deepest.get() > deepest {
                let size = sink.deepest.get();
                return Err(FormatError::TooLarge {
                    what: "elements in one another",
                    size,
                    limit: deepest,
                });
            }
            clock.check()?;
        }
        Ok(parser.finish())
    }

    /// The node that holds all others.
    pub(super) fn root(&self) -> Id {
        0
    }

    /// An element's name, empty for everything else.
    pub(super) fn tag(&self, id: Id) -> &str {
        self.nodes.get(id).map_or("", |node| &node.name.local)
    }

    /// The characters of a text node.
    pub(super) fn text(&self, id: Id) -> Option<&str> {
        self.nodes.get(id)?.text.as_deref()
    }

    pub(super) fn children(&self, id: Id) -> &[Id] {
        self.nodes.get(id).map_or(&[], |node| &node.children)
    }

    pub(super) fn parent(&self, id: Id) -> Option<Id> {
        self.nodes.get(id)?.parent
    }

    pub(super) fn attribute(&self, id: Id, name: &str) -> Option<&str> {
        let node = self.nodes.get(id)?;
        node.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The names in `class`.
    pub(super) fn classes(&self, id: Id) -> impl Iterator<Item = &str> {
        self.attribute(id, "class").unwrap_or_default().split_ascii_whitespace()
    }

    /// A node and all below it, in the page's order. Subtrees for which `enter` is false are left out.
    pub(super) fn walk(&self, from: Id, mut enter: impl FnMut(Id) -> bool) -> Vec<Id> {
        let mut order = Vec::new();
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            if !enter(id) {
                continue;
            }
            order.push(id);
            open.extend(self.children(id).iter().rev());
        }
        order
    }
}

/// A page without the comments and the declaration of XML before its document type.
pub(super) fn from_doctype(page: &str) -> &str {
    let mut rest = page.trim_start();
    loop {
        let end = match rest {
            rest if rest.starts_with("<!--") => "-->",
            rest if rest.starts_with("<?xml") => "?>",
            rest => return rest,
        };
        match rest.split_once(end) {
            Some((_, after)) => rest = after.trim_start(),
            None => return rest,
        }
    }
}

/// The name of the first tag, comments and declarations passed over.
pub(super) fn first_tag(page: &str) -> String {
    let mut rest = page.trim_start();
    loop {
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<!") || rest.starts_with("<?") {
            ">"
        } else {
            break;
        };
        let Some((_, after)) = rest.split_once(end) else { break };
        rest = after.trim_start();
    }
    let Some(rest) = rest.strip_prefix('<') else { return String::new() };
    rest.chars()
        .take_while(char::is_ascii_alphanumeric)
        .take(16)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// What the parser builds the tree with.
struct Sink {
    nodes: RefCell<Vec<Node>>,
    deepest: Cell<usize>,
}

impl Default for Sink {
    fn default() -> Self {
        let sink = Self { nodes: RefCell::default(), deepest: Cell::new(0) };
        sink.add(nameless(), None, Vec::new());
        sink
    }
}

fn nameless() -> QualName {
    QualName::new(None, ns!(), local_name!(""))
}

fn kept(attributes: Vec<Attribute>) -> impl Iterator<Item = (String, String)> {
    attributes.into_iter().filter_map(|attribute| {
        let name = &*attribute.name.local;
        KEPT.contains(&name).then(|| (name.to_owned(), attribute.value.to_string()))
    })
}

impl Sink {
    fn add(&self, name: QualName, text: Option<String>, attributes: Vec<(String, String)>) -> Id {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { name, text, attributes, parent: None, children: Vec::new(), depth: 0 });
        nodes.len() - 1
    }

    /// Puts a node or text below `parent`, before its child at `at` or last.
    fn insert(&self, parent: Id, at: Option<usize>, child: NodeOrText<Id>) {
        let child = match child {
            NodeOrText::AppendNode(id) => id,
            NodeOrText::AppendText(text) => {
                let mut nodes = self.nodes.borrow_mut();
                let children = nodes.get(parent).map_or(&[][..], |node| &node.children);
                let before = at
                    .unwrap_or(children.len())
                    .checked_sub(1)
                    .and_then(|at| children.get(at).copied());
                if let Some(Node { text: Some(before), .. }) =
                    before.and_then(|id| nodes.get_mut(id))
                {
                    before.push_str(&text);
                    return;
                }
                drop(nodes);
                self.add(nameless(), Some(text.to_string()), Vec::new())
            }
        };
        self.detach(child);
        let mut nodes = self.nodes.borrow_mut();
        let Some(node) = nodes.get_mut(parent) else { return };
        let depth = node.depth + 1;
        let at = at.unwrap_or(node.children.len()).min(node.children.len());
        node.children.insert(at, child);
        if let Some(node) = nodes.get_mut(child) {
            node.parent = Some(parent);
            node.depth = depth;
        }
        self.deepest.set(self.deepest.get().max(depth));
    }

    fn detach(&self, id: Id) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(parent) = nodes.get_mut(id).and_then(|node| node.parent.take()) else { return };
        if let Some(parent) = nodes.get_mut(parent) {
            // From the end, where it nearly always is.
            if let Some(at) = parent.children.iter().rposition(|&child| child == id) {
                parent.children.remove(at);
            }
        }
    }

    fn place(&self, id: Id) -> Option<(Id, usize)> {
        let nodes = self.nodes.borrow();
        let parent = nodes.get(id)?.parent?;
        let at = nodes.get(parent)?.children.iter().rposition(|&child| child == id)?;
        Some((parent, at))
    }
}

impl TreeSink for Sink {
    type Handle = Id;
    type Output = Tree;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Tree {
        Tree { nodes: self.nodes.into_inner() }
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Id {
        0
    }

    fn elem_name<'a>(&'a self, target: &'a Id) -> Ref<'a, QualName> {
        // Handles come from `add` only, so each is the place of a node.
        Ref::map(self.nodes.borrow(), |nodes| &nodes[*target].name)
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Id {
        self.add(name, None, kept(attributes).collect())
    }

    fn create_comment(&self, _: StrTendril) -> Id {
        self.add(nameless(), None, Vec::new())
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Id {
        self.add(nameless(), None, Vec::new())
    }

    fn append(&self, parent: &Id, child: NodeOrText<Id>) {
        self.insert(*parent, None, child);
    }

    fn append_based_on_parent_node(&self, element: &Id, prev_element: &Id, child: NodeOrText<Id>) {
        match self.place(*element) {
            Some((parent, at)) => self.insert(parent, Some(at), child),
            None => self.insert(*prev_element, None, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Id) -> Id {
        // What is in a template is not shown; it stays below the element, which is never entered.
        *target
    }

    fn same_node(&self, x: &Id, y: &Id) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Id, new_node: NodeOrText<Id>) {
        if let NodeOrText::AppendNode(id) = new_node {
            self.detach(id);
        }
        if let Some((parent, at)) = self.place(*sibling) {
            self.insert(parent, Some(at), new_node);
        }
    }

    fn add_attrs_if_missing(&self, target: &Id, attributes: Vec<Attribute>) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(node) = nodes.get_mut(*target) else { return };
        for (name, value) in kept(attributes) {
            if !node.attributes.iter().any(|(key, _)| *key == name) {
                node.attributes.push((name, value));
            }
        }
    }

    fn remove_from_parent(&self, target: &Id) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &Id, new_parent: &Id) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(children) = nodes.get_mut(*node).map(|node| std::mem::take(&mut node.children))
        else {
            return;
        };
        for &child in &children {
            if let Some(child) = nodes.get_mut(child) {
                child.parent = Some(*new_parent);
            }
        }
        if let Some(parent) = nodes.get_mut(*new_parent) {
            parent.children.extend(children);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(page: &str) -> Result<Tree, FormatError> {
        let limits = Limits::default();
        Tree::parse(page, &limits, &Clock::new(&limits))
    }

    fn shape(tree: &Tree) -> String {
        tree.walk(tree.root(), |_| true)
            .into_iter()
            .filter_map(|id| {
                tree.text(id).map(str::to_owned).or_else(|| Some(tree.tag(id).to_owned()))
            })
            .filter(|name| !name.trim().is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn the_tree_is_the_browsers() {
        let tree = parse("<p>一<p>二<b>三<i>四</b>五</i>").unwrap();
        assert_eq!(shape(&tree), "html head body p 一 p 二 b 三 i 四 i 五");
        // Text that is in a table but in no cell stands before the table.
        let tree = parse("<table><tr><td>格</td></tr>外</table>").unwrap();
        assert_eq!(shape(&tree), "html head body 外 table tbody tr td 格");
    }

    #[test]
    fn a_part_of_a_table_keeps_its_cells() {
        let tree = parse("<!-- x --> <tbody><tr><td id=UCAP-CONTENT>文</td></tr></tbody>").unwrap();
        assert!(shape(&tree).ends_with("table tbody tr td 文"), "{}", shape(&tree));
    }

    #[test]
    fn depth_and_number_are_limited() {
        assert!(parse(&"<div>".repeat(1000)).is_ok());
        let error = parse(&"<div>".repeat(5000)).unwrap_err();
        assert!(
            matches!(error, FormatError::TooLarge { what: "elements in one another", .. }),
            "{error}"
        );
        let limits = Limits { parts: 10, ..Limits::default() };
        let error = Tree::parse(&"<p>a".repeat(5000), &limits, &Clock::new(&limits)).unwrap_err();
        assert!(matches!(error, FormatError::TooLarge { what: "elements", .. }), "{error}");
    }
}
