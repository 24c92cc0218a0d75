//! From the elements of a document to its paragraphs, headings, list members and tables.

use std::collections::HashSet;

use super::content::is_control;
use super::list::List;
use super::shown::{Line, is_block, is_shown, style};
use super::table;
use super::tree::{Id, Tree};
use crate::clock::Clock;
use crate::{Block, FormatError, Limits, Text, TextRole};

/// What a document's elements say.
#[derive(Debug, Default)]
pub(super) struct Flow {
    pub(super) blocks: Vec<Block>,
    /// The pictures that are shown, by their address without its folders.
    pub(super) pictures: Vec<String>,
    /// Files that are linked to, by what the link says.
    pub(super) files: Vec<String>,
    /// How many frames show another page.
    pub(super) frames: usize,
}

/// Ends of the addresses of files that are documents themselves.
const FILES: &[&str] = &[
    "pdf", "doc", "docx", "wps", "xls", "xlsx", "et", "ppt", "pptx", "ofd", "rtf", "txt", "zip",
    "rar", "7z", "ceb",
];

/// A member of a list whose first line has not come yet.
#[derive(Debug)]
struct Member {
    list: usize,
    id: Id,
    waits: bool,
}

struct Walker<'a> {
    tree: &'a Tree,
    flow: Flow,
    line: Line,
    /// The level of the heading that is open.
    heading: Option<u8>,
    lists: Vec<List>,
    members: Vec<Member>,
    kept_space: usize,
}

/// Reads what is below `roots`, without `dropped`.
///
/// # Errors
/// If the time is over or a table is too large.
pub(super) fn read(
    tree: &Tree,
    roots: &[Id],
    dropped: &HashSet<Id>,
    limits: &Limits,
    clock: &Clock,
) -> Result<Flow, FormatError> {
    let mut walker = Walker {
        tree,
        flow: Flow::default(),
        line: Line::default(),
        heading: None,
        lists: Vec::new(),
        members: Vec::new(),
        kept_space: 0,
    };
    for &root in roots {
        let mut open = vec![(root, false)];
        let mut steps = 0_usize;
        while let Some((id, leave)) = open.pop() {
            steps += 1;
            if steps.is_multiple_of(1024) {
                clock.check()?;
            }
            if leave {
                walker.leave(id);
                continue;
            }
            if dropped.contains(&id) {
                continue;
            }
            if !is_shown(tree, id) {
                walker.note(id);
                continue;
            }
            if let Some(text) = tree.text(id) {
                walker.text(text);
                continue;
            }
            if tree.tag(id) == "table" {
                clock.check()?;
            }
            // The root was taken for the document, so a cell that is one has no table.
            if tree.tag(id) == "table" && !table::is_layout(tree, id) {
                walker.table(id, limits, clock)?;
                continue;
            }
            walker.enter(id);
            open.push((id, true));
            open.extend(tree.children(id).iter().rev().map(|&child| (child, false)));
        }
        walker.end_line();
    }
    Ok(walker.flow)
}

impl Walker<'_> {
    fn enter(&mut self, id: Id) {
        let tag = self.tree.tag(id);
        match tag {
            "br" => return self.line_break(),
            "img" => return self.picture(id),
            "a" => self.link(id),
            _ => {}
        }
        if !is_block(tag) {
            return;
        }
        self.end_line();
        match tag {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.heading = tag.get(1..).and_then(|level| level.parse().ok());
            }
            "ol" | "ul" | "menu" | "dir" => self.lists.push(List::open(self.tree, id)),
            "li" => {
                if let Some(list) = self.lists.len().checked_sub(1) {
                    self.members.push(Member { list, id, waits: true });
                }
            }
            "pre" | "listing" | "xmp" | "plaintext" => self.kept_space += 1,
            _ => {}
        }
    }

    fn leave(&mut self, id: Id) {
        let tag = self.tree.tag(id);
        if !is_block(tag) {
            return;
        }
        self.end_line();
        match tag {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading = None,
            "ol" | "ul" | "menu" | "dir" => {
                self.lists.pop();
            }
            "li" if self.members.last().is_some_and(|member| member.id == id) => {
                // A member without text has a number, too, and the next one counts on.
                if let Some(member) = self.members.pop().filter(|member| member.waits) {
                    self.label(&member, "");
                }
            }
            "pre" | "listing" | "xmp" | "plaintext" => {
                self.kept_space = self.kept_space.saturating_sub(1)
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.kept_space == 0 {
            return self.line.push(text);
        }
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.end_line();
            }
            self.line.push_kept(line);
        }
    }

    /// A heading over several lines is one heading; any other line stands alone.
    fn line_break(&mut self) {
        match self.heading {
            Some(_) => self.line.soft_break(),
            None => self.end_line(),
        }
    }

    fn label(&mut self, member: &Member, text: &str) -> String {
        let list = self.lists.get_mut(member.list);
        list.map(|list| list.label(self.tree, member.id, text)).unwrap_or_default()
    }

    fn end_line(&mut self) {
        if self.line.is_empty() {
            self.line.take();
            return;
        }
        let text = self.line.take();
        if is_control(&text) {
            return;
        }
        let mut role = self.heading.map_or(TextRole::Paragraph, TextRole::Heading);
        let mut label = String::new();
        if self
            .members
            .last()
            .is_some_and(|member| member.waits && member.list + 1 == self.lists.len())
        {
            if let Some(mut member) = self.members.pop() {
                label = self.label(&member, &text);
                member.waits = false;
                self.members.push(member);
            }
            if role == TextRole::Paragraph {
                role = TextRole::Item;
            }
        }
        self.push(role, label + &text);
    }

    fn push(&mut self, role: TextRole, text: String) {
        self.flow.blocks.push(Block::Text(Text { role, text, places: Vec::new() }));
    }

    fn table(&mut self, id: Id, limits: &Limits, clock: &Clock) -> Result<(), FormatError> {
        self.end_line();
        let (caption, table) = table::read(self.tree, id, limits, clock)?;
        if let Some(caption) = caption {
            self.push(TextRole::Paragraph, caption);
        }
        if table.rows.iter().flatten().any(|cell| !cell.text.is_empty()) {
            self.flow.blocks.push(Block::Table(table));
        }
        for inner in self.tree.walk(id, |id| is_shown(self.tree, id)) {
            match self.tree.tag(inner) {
                "img" => self.picture(inner),
                "a" => self.link(inner),
                _ => {}
            }
        }
        Ok(())
    }

    /// Notes what shows another page.
    fn note(&mut self, id: Id) {
        if ["iframe", "object", "embed"].contains(&self.tree.tag(id))
            && style(self.tree, id, "display").is_none()
        {
            self.flow.frames += 1;
        }
    }

    fn picture(&mut self, id: Id) {
        let address = self.tree.attribute(id, "src").unwrap_or_default();
        let name =
            if address.starts_with("data:") { "a picture in the page" } else { file_name(address) };
        self.flow.pictures.push(name.to_owned());
    }

    fn link(&mut self, id: Id) {
        let Some(address) = self.tree.attribute(id, "href") else { return };
        let Some((_, end)) = file_name(address).rsplit_once('.') else { return };
        if FILES.contains(&end.to_ascii_lowercase().as_str()) {
            let text = table::one_line(self.tree, id);
            self.flow.files.push(if text.is_empty() {
                file_name(address).to_owned()
            } else {
                text
            });
        }
    }
}

fn file_name(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(page: &str) -> Flow {
        let limits = Limits::default();
        let clock = Clock::new(&limits);
        let tree = Tree::parse(page, &limits, &clock).unwrap();
        read(&tree, &[tree.root()], &HashSet::new(), &limits, &clock).unwrap()
    }

    fn lines(page: &str) -> Vec<String> {
        let blocks = flow(page).blocks.into_iter().map(|block| match block {
            Block::Text(text) => format!("{:?} {}", text.role, text.text),
            Block::Table(table) => format!("Table {}", table.rows.len()),
        });
        blocks.collect()
    }

    #[test]
    fn paragraphs_headings_and_breaks() {
        let page = "<h1>国务院办公厅<br>关于某事的通知</h1><div>甲<p>乙<br>丙</p>丁</div><h3>GB<br>50180</h3>";
        assert_eq!(
            lines(page),
            [
                "Heading(1) 国务院办公厅关于某事的通知",
                "Paragraph 甲",
                "Paragraph 乙",
                "Paragraph 丙",
                "Paragraph 丁",
                "Heading(3) GB 50180"
            ]
        );
    }

    #[test]
    fn members_of_lists_have_their_numbers() {
        let page = "<ol><li>甲<p>乙</p><li><p>丙</p><ol type=a><li>丁</ol>戊<li><li>己</ol><ul><li>庚</ul>";
        assert_eq!(
            lines(page),
            [
                "Item 1. 甲",
                "Paragraph 乙",
                "Item 2. 丙",
                "Item a. 丁",
                "Paragraph 戊",
                "Item 4. 己",
                "Item 庚"
            ]
        );
    }

    #[test]
    fn kept_white_space_keeps_its_lines() {
        assert_eq!(
            lines("<pre>第一条\n  甲  乙\n</pre>"),
            ["Paragraph 第一条", "Paragraph 甲  乙"]
        );
    }

    #[test]
    fn tables_stand_where_they_are() {
        let page = "<p>一</p><table><caption>清单</caption><tr><td>序号<td>事项<tr><td>1<td>甲</table><p>二</p>";
        assert_eq!(lines(page), ["Paragraph 一", "Paragraph 清单", "Table 2", "Paragraph 二"]);
    }

    #[test]
    fn what_is_not_read_is_noted() {
        let flow = flow(
            "<p>见<a href='/a/P02.PDF?x=1'>附件</a><a href=b.html>页</a><img src='/x/1.png'></p><iframe src=x></iframe><p>【打印】</p>",
        );
        assert_eq!(flow.files, ["附件"]);
        assert_eq!(flow.pictures, ["1.png"]);
        assert_eq!(flow.frames, 1);
        assert_eq!(flow.blocks.len(), 1);
    }
}
