//! The structure that a tagged PDF says it has (ISO 32000-2 §14.7, §14.8).
//!
//! The tree's leaves name marked content of pages; the order of the leaves is the order of reading. Of the elements those
//! are kept that make a block of text: paragraphs, headings, list items, notes and the cells of tables.

use std::collections::{HashMap, HashSet};

use hayro_interpret::hayro_syntax::Pdf as File;
use hayro_interpret::hayro_syntax::object::{
    Array, Dict, MaybeRef, Name, Object, ObjectIdentifier,
};
use hayro_interpret::hayro_syntax::xref::XRef;

use crate::Limits;

/// Cells that the tables of a document have at most, each counted as often as the places it covers.
const CELLS: usize = 1 << 20;

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Paragraph,
    /// Text that only groupings hold: where its paragraphs begin is not said.
    Loose,
    Heading(u8),
    Item,
    Note,
    /// A cell of a table of [`Tags::tables`].
    Cell(usize),
}

/// A cell of a table in the structure.
#[derive(Clone, Copy, Debug)]
pub(super) struct TagCell {
    /// The element that its text belongs to.
    pub(super) element: usize,
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) header: bool,
}

/// The structure of a document.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// The roles of the elements.
    pub(super) elements: Vec<Role>,
    /// The rows of each table.
    pub(super) tables: Vec<Vec<Vec<TagCell>>>,
    /// Of a page (from 0) and its marked content: the element and the place in the order of reading.
    marks: HashMap<(usize, i32), (usize, usize)>,
}

/// What is still to be walked.
enum Step<'a> {
    /// A kid: an element, a number of marked content or a dictionary that names it.
    Kid(Object<'a>, Option<ObjectIdentifier>, Place),
    /// The end of the paragraph that an item's label is put before.
    ItemFilled(usize),
}

/// Where in the structure a kid is.
#[derive(Clone, Copy)]
struct Place {
    page: Option<usize>,
    /// The block that text belongs to.
    block: Option<usize>,
    /// Whether that is a paragraph and not a grouping.
    firm: bool,
    /// The item that its first paragraph belongs to.
    item: Option<usize>,
    /// In a cell all text is the cell's.
    cell: bool,
    table: Option<usize>,
    depth: usize,
}

struct Walk<'a> {
    xref: &'a XRef,
    tags: Tags,
    pages: HashMap<ObjectIdentifier, usize>,
    roles: Dict<'a>,
    seen: HashSet<ObjectIdentifier>,
    filled: HashSet<usize>,
    steps: Vec<Step<'a>>,
}

impl Tags {
    /// Reads the structure; `None` if there is none.
    pub(super) fn read(file: &File, limits: &Limits) -> Option<Self> {
        let catalog = file.xref().get::<Dict<'_>>(file.xref().root_id())?;
        let root = catalog.get::<Dict<'_>>("StructTreeRoot")?;
        let pages = file.pages().iter().enumerate();
        let mut walk = Walk {
            xref: file.xref(),
            tags: Tags::default(),
            pages: pages.filter_map(|(index, page)| Some((page.raw().obj_id()?, index))).collect(),
            roles: root.get::<Dict<'_>>("RoleMap").unwrap_or_default(),
            seen: HashSet::new(),
            filled: HashSet::new(),
            steps: Vec::new(),
        };
        let place = Place {
            page: None,
            block: None,
            firm: false,
            item: None,
            cell: false,
            table: None,
            depth: 0,
        };
        walk.kids(&root, place, None);
        let mut work = 0_usize;
        while let Some(step) = walk.steps.pop() {
            work += 1;
            if work > limits.parts.saturating_mul(4) {
                return None;
            }
            match step {
                Step::ItemFilled(item) => {
                    walk.filled.insert(item);
                }
                Step::Kid(kid, id, place) => walk.kid(kid, id, place, limits.depth),
            }
        }
        // Cells over more rows and columns than there can be are not taken at their word.
        let spans =
            walk.tags.tables.iter().flatten().flatten().map(|cell| cell.columns * cell.rows);
        let wide = |rows: &Vec<Vec<TagCell>>| {
            let width = rows.iter().map(|row| row.iter().map(|cell| cell.columns).sum::<usize>());
            rows.len() * width.max().unwrap_or(0)
        };
        if spans.sum::<usize>() > CELLS || walk.tags.tables.iter().map(wide).sum::<usize>() > CELLS
        {
            return None;
        }
        (!walk.tags.marks.is_empty()).then_some(walk.tags)
    }

    /// The element of marked content, and its place in the order of reading.
    pub(super) fn mark(&self, page: usize, mark: i32) -> Option<(usize, usize)> {
        self.marks.get(&(page, mark)).copied()
    }
}

impl<'a> Walk<'a> {
    /// Puts an element's kids on the stack so that the first is on top; before them what follows them.
    fn kids(&mut self, element: &Dict<'a>, place: Place, after: Option<Step<'a>>) {
        self.steps.extend(after);
        let start = self.steps.len();
        match element.get_raw::<Object<'a>>("K") {
            Some(MaybeRef::Ref(id)) => {
                if let Some(kid) = element.get::<Object<'a>>("K") {
                    match kid {
                        Object::Array(kids) => self.list(&kids, place),
                        kid => self.steps.push(Step::Kid(kid, Some(id.into()), place)),
                    }
                }
            }
            Some(MaybeRef::NotRef(Object::Array(kids))) => self.list(&kids, place),
            Some(MaybeRef::NotRef(kid)) => self.steps.push(Step::Kid(kid, None, place)),
            None => {}
        }
        if let Some(kids) = self.steps.get_mut(start..) {
            kids.reverse();
        }
    }

    fn list(&mut self, kids: &Array<'a>, place: Place) {
        for kid in kids.raw_iter() {
            let (id, kid) = match kid {
                MaybeRef::Ref(id) => (Some(id.into()), self.xref.get::<Object<'a>>(id.into())),
                MaybeRef::NotRef(kid) => (None, Some(kid)),
            };
            // What a reference leads to nowhere is left out.
            self.steps.extend(kid.map(|kid| Step::Kid(kid, id, place)));
        }
    }

    fn kid(&mut self, kid: Object<'a>, id: Option<ObjectIdentifier>, place: Place, depth: usize) {
        match kid {
            Object::Number(number) => self.mark(number.as_f64() as i32, place),
            Object::Dict(dict) => {
                let page = dict.get_ref("Pg").and_then(|id| self.pages.get(&id.into())).copied();
                let place = Place { page: page.or(place.page), depth: place.depth + 1, ..place };
                if let Some(mark) = dict.get::<i32>("MCID") {
                    self.mark(mark, place);
                } else if place.depth <= 4 * depth && id.is_none_or(|id| self.seen.insert(id)) {
                    self.element(&dict, place);
                }
            }
            _ => {}
        }
    }

    fn mark(&mut self, mark: i32, place: Place) {
        let Some(page) = place.page else { return };
        let element = match place.block {
            Some(element) => element,
            None => self.open(Role::Loose),
        };
        let order = self.tags.marks.len();
        self.tags.marks.entry((page, mark)).or_insert((element, order));
    }

    fn open(&mut self, role: Role) -> usize {
        self.tags.elements.push(role);
        self.tags.elements.len() - 1
    }

    /// The standard name of an element's type.
    fn name(&self, dict: &Dict<'a>) -> String {
        let mut name =
            dict.get::<Name<'_>>("S").map_or(String::new(), |name| name.as_str().to_owned());
        for _ in 0..8 {
            match self.roles.get::<Name<'_>>(name.as_bytes()) {
                Some(next) if next.as_str() != name => name = next.as_str().to_owned(),
                _ => break,
            }
        }
        name
    }

    fn element(&mut self, dict: &Dict<'a>, mut place: Place) {
        let name = self.name(dict);
        if place.cell {
            return self.kids(dict, place, None);
        }
        let mut after = None;
        match name.as_str() {
            "P" | "Caption" | "Code" | "Formula" | "BibEntry" | "TOCI" => {
                match place.item.filter(|item| !self.filled.contains(item)) {
                    Some(item) => {
                        place.block = Some(item);
                        after = Some(Step::ItemFilled(item));
                    }
                    None => {
                        let role = if name == "TOCI" { Role::Item } else { Role::Paragraph };
                        place.block = Some(self.open(role));
                    }
                }
                place.firm = true;
            }
            // Browsers write NonStruct for blocks and for runs of text alike.
            "Div" | "NonStruct" | "Private" | "Part" | "Sect" | "Art" | "Document" | "Index"
            | "TOC" | "Aside" | "Form" | "BlockQuote"
                if !place.firm =>
            {
                place.block = Some(self.open(Role::Loose));
            }
            "LI" => {
                let item = self.open(Role::Item);
                place.block = Some(item);
                place.item = Some(item);
                place.firm = true;
            }
            "L" => {
                place.block = Some(self.open(Role::Loose));
                place.item = None;
                place.firm = false;
            }
            "Note" | "FENote" => {
                place.block = Some(self.open(Role::Note));
                place.item = None;
                place.firm = true;
            }
            "H" | "Title" => {
                place.block = Some(self.open(Role::Heading(1)));
                place.firm = true;
            }
            "Table" => {
                place.table = table(dict, &|dict| self.name(dict)).then(|| {
                    self.tags.tables.push(Vec::new());
                    self.tags.tables.len() - 1
                });
            }
            "TR" => {
                if let Some(rows) = place.table.and_then(|table| self.tags.tables.get_mut(table)) {
                    rows.push(Vec::new());
                }
            }
            "TD" | "TH" => match place.table {
                Some(table) => {
                    let element = self.open(Role::Cell(table));
                    place.block = Some(element);
                    place.cell = true;
                    let cell = TagCell {
                        element,
                        columns: attribute(dict, "ColSpan"),
                        rows: attribute(dict, "RowSpan"),
                        header: name == "TH",
                    };
                    if let Some(row) =
                        self.tags.tables.get_mut(table).and_then(|rows| rows.last_mut())
                    {
                        row.push(cell);
                    }
                }
                None => {
                    place.block = Some(self.open(Role::Loose));
                    place.item = None;
                    place.firm = false;
                }
            },
            _ => {
                let level = name.strip_prefix('H').and_then(|level| level.parse::<u8>().ok());
                if let Some(level) = level.filter(|&level| level > 0) {
                    place.block = Some(self.open(Role::Heading(level)));
                    place.firm = true;
                }
            }
        }
        self.kids(dict, place, after);
    }
}

/// Whether an element of the type Table is one of data: it has a row of several cells. Others only place what is in them.
fn table<'a>(dict: &Dict<'a>, name: &dyn Fn(&Dict<'a>) -> String) -> bool {
    let kids = |dict: &Dict<'a>| -> Vec<Dict<'a>> {
        match dict.get::<Object<'a>>("K") {
            Some(Object::Array(kids)) => {
                let kids = kids.iter::<Object<'a>>().take(256);
                kids.filter_map(Object::into_dict).take(64).collect()
            }
            Some(Object::Dict(kid)) => vec![kid],
            _ => Vec::new(),
        }
    };
    let row = |dict: &Dict<'a>| {
        name(dict) == "TR"
            && kids(dict).iter().filter(|kid| matches!(name(kid).as_str(), "TD" | "TH")).count() > 1
    };
    kids(dict).iter().any(|kid| row(kid) || kids(kid).iter().any(row))
}

/// A number among an element's attributes, at least 1 (ISO 32000-2 §14.7.6).
fn attribute(dict: &Dict<'_>, key: &str) -> usize {
    let of = |attributes: &Dict<'_>| attributes.get::<u32>(key);
    let value = match dict.get::<Object<'_>>("A") {
        Some(Object::Dict(attributes)) => of(&attributes),
        Some(Object::Array(list)) => {
            list.iter::<Object<'_>>().filter_map(Object::into_dict).find_map(|list| of(&list))
        }
        _ => None,
    };
    // Nobody sets wider tables; a grid is made of it.
    value.map_or(1, |value| value.clamp(1, 1000) as usize)
}
