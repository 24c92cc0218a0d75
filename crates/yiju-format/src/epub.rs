//! Electronic books, EPUB 2 and 3: the XHTML parts of the spine in their order (EPUB 3.3 §5, OCF §4.2.6.3.1).
//!
//! Books are well-formed XML by their standard, so that no reader of loose HTML is needed.

use std::collections::HashMap;

use crate::archive::Archive;
use crate::block::{Block, Facts, Reading, TextRole};
use crate::clock::Clock;
use crate::grid::{Join, Piece};
use crate::lines::{self, BREAK, Content};
use crate::numerals::Numerals;
use crate::xml::{Event, Ns, Tag, Xml, decode};
use crate::{Format, FormatError, Limits, Reader, opc};

/// The reader of EPUB.
pub(crate) struct Epub;

/// More columns than any table has; a cell that says it is wider is damaged.
const COLUMNS: i32 = 1000;

impl Reader for Epub {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let format = Format::Epub;
        let clock = Clock::new(limits);
        let mut archive = Archive::open(bytes, format, limits, clock)?;
        if let Some(bytes) = archive.part("META-INF/encryption.xml")? {
            // Fonts may be obscured; content that is encrypted cannot be read.
            let text = decode(&bytes);
            if text.contains("EncryptedData")
                && ["html", "htm\"", "xhtml"].iter().any(|kind| text.contains(kind))
            {
                return Err(FormatError::Encrypted { format });
            }
        }
        let container = archive.need("META-INF/container.xml")?;
        let text = decode(&container);
        let mut xml = Xml::new(&text, "META-INF/container.xml", format, limits, clock);
        let main = loop {
            match xml.next()? {
                Event::Start(tag) if tag.name == "rootfile" => {
                    break tag.get("full-path").unwrap_or_default().to_owned();
                }
                Event::Done => {
                    let what = "META-INF/container.xml names no book".to_owned();
                    return Err(FormatError::Damaged { format, what });
                }
                _ => {}
            }
        };
        let bytes = archive.need(&main)?;
        let text = decode(&bytes);
        let package = package(&mut Xml::new(&text, &main, format, limits, clock), &main)?;
        let mut reading = Reading::default();
        let mut pictures = 0;
        for part in package.parts {
            let Some(bytes) = archive.part(&part)? else {
                reading.unread.push(format!("the part {part} is missing"));
                continue;
            };
            let text = decode(&bytes);
            let mut page = Page::default();
            let mut xml = Xml::new(&text, &part, format, limits, clock);
            loop {
                match xml.next()? {
                    Event::Start(tag) if tag.name == "body" => page.content(&mut xml)?,
                    Event::Start(tag) if tag.name == "head" => xml.skip()?,
                    Event::Done => break,
                    _ => {}
                }
            }
            page.end_of_line();
            pictures += page.pictures;
            reading.blocks.append(&mut page.blocks);
        }
        reading.facts = Facts { title: package.title, ..Facts::default() };
        reading.unread.extend(lines::unread(
            pictures,
            "picture",
            "pictures",
            "text in them is not read",
        ));
        Ok(reading)
    }
}

#[derive(Debug, Default)]
struct Package {
    title: Option<String>,
    /// The parts to read, in order.
    parts: Vec<String>,
}

fn package(xml: &mut Xml<'_>, main: &str) -> Result<Package, FormatError> {
    let mut package = Package::default();
    let mut items: HashMap<String, (String, bool)> = HashMap::new();
    loop {
        match xml.next()? {
            Event::Start(tag) if tag.is(Ns::Dc, "title") && package.title.is_none() => {
                let title = xml.text()?;
                package.title = Some(title.trim().to_owned()).filter(|title| !title.is_empty());
            }
            Event::Start(tag) if tag.name == "item" => {
                let id = tag.get("id").unwrap_or_default().to_owned();
                let is_page = tag.get("media-type").is_some_and(|kind| kind.contains("html"));
                // The table of contents repeats the headings.
                let contents =
                    tag.get("properties").is_some_and(|all| all.split(' ').any(|one| one == "nav"));
                let name = unescaped(tag.get("href").unwrap_or_default());
                items.insert(id, (opc::resolve(main, &name), is_page && !contents));
            }
            Event::Start(tag) if tag.name == "itemref" => {
                let item = tag.get("idref").and_then(|id| items.get(id));
                package.parts.extend(item.filter(|(_, read)| *read).map(|(name, _)| name.clone()));
            }
            Event::Done => return Ok(package),
            _ => {}
        }
    }
}

/// A name in a link, whose bytes may be written as `%20`.
fn unescaped(link: &str) -> String {
    let link = link.split(['#', '?']).next().unwrap_or_default();
    let mut bytes = Vec::with_capacity(link.len());
    let mut rest = link.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%').then(|| after.get(..2)).flatten();
        let code =
            code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A list that is open: how it is numbered, and the next number.
#[derive(Debug)]
struct List {
    numerals: Numerals,
    next: u32,
}

/// A part that is being read.
#[derive(Debug, Default)]
struct Page {
    blocks: Vec<Block>,
    text: String,
    role: Option<TextRole>,
    label: String,
    lists: Vec<List>,
    /// Whether white space is kept, as in `pre`.
    kept: bool,
    pictures: usize,
}

impl Page {
    fn content(&mut self, xml: &mut Xml<'_>) -> Result<(), FormatError> {
        loop {
            match xml.next()? {
                Event::Text(text) if self.kept => self.text.push_str(&text),
                Event::Text(text) => {
                    for sign in text.chars() {
                        let space = sign.is_ascii_whitespace();
                        if !(space && self.text.ends_with([' ', BREAK])) {
                            self.text.push(if space { ' ' } else { sign });
                        }
                    }
                }
                Event::Start(tag) => self.element(&tag, xml)?,
                Event::End | Event::Done => return Ok(()),
            }
        }
    }

    fn end_of_line(&mut self) {
        let text = std::mem::take(&mut self.text);
        let role = self.role.unwrap_or(TextRole::Paragraph);
        if text.trim().is_empty() {
            return;
        }
        let label = std::mem::take(&mut self.label);
        let role =
            if label.is_empty() || role != TextRole::Paragraph { role } else { TextRole::Item };
        lines::paragraph(role, &label, &text, &mut self.blocks);
    }

    fn element(&mut self, tag: &Tag, xml: &mut Xml<'_>) -> Result<(), FormatError> {
        let style = tag.get("style").unwrap_or_default().replace(' ', "");
        if tag.get("hidden").is_some() || style.contains("display:none") {
            return xml.skip();
        }
        match tag.name.as_str() {
            "script" | "style" | "template" | "rt" | "rp" | "nav" | "head" => xml.skip(),
            "br" => {
                self.text.push(BREAK);
                xml.skip()
            }
            "img" | "svg" | "video" | "audio" | "object" => {
                self.pictures += 1;
                xml.skip()
            }
            name @ ("h1" | "h2" | "h3" | "h4" | "h5" | "h6") => {
                self.end_of_line();
                let level = name.bytes().last().map_or(1, |digit| digit - b'0');
                self.role = Some(TextRole::Heading(level));
                self.content(xml)?;
                self.end_of_line();
                self.role = None;
                Ok(())
            }
            "ol" | "ul" => {
                self.end_of_line();
                let numerals = match (tag.name.as_str(), tag.get("type")) {
                    ("ul", _) => Numerals::Bullet,
                    (_, Some("a")) => Numerals::LowerLetter,
                    (_, Some("A")) => Numerals::UpperLetter,
                    (_, Some("i")) => Numerals::LowerRoman,
                    (_, Some("I")) => Numerals::UpperRoman,
                    _ => Numerals::Decimal,
                };
                let numerals = if style.contains("list-style:none")
                    || style.contains("list-style-type:none")
                {
                    Numerals::None
                } else {
                    numerals
                };
                self.lists.push(List { numerals, next: tag.number("start").unwrap_or(1) });
                self.content(xml)?;
                self.end_of_line();
                self.lists.pop();
                Ok(())
            }
            "li" => {
                self.end_of_line();
                if let Some(list) = self.lists.last_mut() {
                    let number = tag.number("value").unwrap_or(list.next);
                    list.next = number.saturating_add(1);
                    self.label = match list.numerals {
                        Numerals::None => String::new(),
                        Numerals::Bullet => "• ".to_owned(),
                        numerals => format!("{}. ", numerals.write(number)),
                    };
                }
                self.content(xml)?;
                self.end_of_line();
                self.label.clear();
                Ok(())
            }
            "table" => {
                self.end_of_line();
                let mut table = Grid::default();
                table.rows(xml, false, &mut self.pictures)?;
                self.blocks.append(&mut table.caption);
                lines::add_table(table.rows, table.header_rows, 0, &mut self.blocks);
                Ok(())
            }
            "pre" => {
                self.end_of_line();
                let kept = std::mem::replace(&mut self.kept, true);
                self.content(xml)?;
                self.end_of_line();
                self.kept = kept;
                Ok(())
            }
            "p" | "div" | "section" | "article" | "blockquote" | "dt" | "dd" | "dl" | "figure"
            | "figcaption" | "header" | "footer" | "main" | "aside" | "address" | "hr"
            | "caption" => {
                self.end_of_line();
                self.content(xml)?;
                self.end_of_line();
                Ok(())
            }
            _ => self.content(xml),
        }
    }
}

/// A table that is being read.
#[derive(Debug, Default)]
struct Grid {
    rows: Vec<Vec<Content>>,
    header_rows: usize,
    /// What stands above it.
    caption: Vec<Block>,
    /// By its first column, the width of a cell over several rows and how many of them are left.
    tall: HashMap<i32, (i32, u32)>,
}

impl Grid {
    fn rows(
        &mut self,
        xml: &mut Xml<'_>,
        header: bool,
        pictures: &mut usize,
    ) -> Result<(), FormatError> {
        while let Some(tag) = xml.child()? {
            match tag.name.as_str() {
                "thead" => self.rows(xml, true, pictures)?,
                "tbody" | "tfoot" => self.rows(xml, false, pictures)?,
                "tr" => self.row(xml, header, pictures)?,
                "caption" => {
                    let mut page = Page::default();
                    page.content(xml)?;
                    page.end_of_line();
                    *pictures += page.pictures;
                    self.caption.append(&mut page.blocks);
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn row(
        &mut self,
        xml: &mut Xml<'_>,
        header: bool,
        pictures: &mut usize,
    ) -> Result<(), FormatError> {
        let mut row = Vec::new();
        let mut at = 0;
        let mut all_headers = true;
        let mut next: HashMap<i32, (i32, u32)> = HashMap::new();
        while let Some(tag) = xml.child()? {
            if !matches!(tag.name.as_str(), "td" | "th") {
                xml.skip()?;
                continue;
            }
            all_headers &= tag.name == "th";
            self.above(&mut at, &mut row, &mut next);
            let wide = tag.number("colspan").unwrap_or(1).clamp(1, COLUMNS);
            let high: u32 = tag.number("rowspan").unwrap_or(1).max(1);
            let mut page = Page::default();
            page.content(xml)?;
            page.end_of_line();
            *pictures += page.pictures;
            if high > 1 {
                next.insert(at, (wide, high - 1));
            }
            row.push((Piece { from: at, to: at + wide, ..Piece::default() }, page.blocks));
            at = (at + wide).min(1 << 24);
        }
        self.above(&mut at, &mut row, &mut next);
        self.tall = next;
        if (header || all_headers) && !row.is_empty() && self.header_rows == self.rows.len() {
            self.header_rows += 1;
        }
        self.rows.push(row);
        Ok(())
    }

    /// The cells from above that stand here.
    fn above(&mut self, at: &mut i32, row: &mut Vec<Content>, next: &mut HashMap<i32, (i32, u32)>) {
        while let Some((wide, left)) = self.tall.remove(at) {
            row.push((
                Piece { from: *at, to: *at + wide, join: Join::Above, ..Piece::default() },
                Vec::new(),
            ));
            if left > 1 {
                next.insert(*at, (wide, left - 1));
            }
            *at += wide;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::made::archive;

    fn file(body: &str) -> Vec<u8> {
        let container =
            "<container><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>";
        let package = "<package xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata><dc:title> 书名 </dc:title></metadata>\
            <manifest><item id='n' href='nav.xhtml' media-type='application/xhtml+xml' properties='nav'/>\
            <item id='a' href='text/a%20b.xhtml' media-type='application/xhtml+xml'/></manifest>\
            <spine><itemref idref='n'/><itemref idref='a'/></spine></package>";
        let page = format!(
            "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>x</title></head><body>{body}</body></html>"
        );
        archive(&[
            ("mimetype", b"application/epub+zip"),
            ("META-INF/container.xml", container.as_bytes()),
            ("OEBPS/book.opf", package.as_bytes()),
            ("OEBPS/nav.xhtml", b"<html/>"),
            ("OEBPS/text/a b.xhtml", page.as_bytes()),
        ])
    }

    #[test]
    fn books_are_read_in_the_order_of_the_spine() {
        let body = "<h1>第一章 <br/>总则</h1>\n<div>前 <p>甲\n  <b>乙</b>&nbsp;</p>后</div><ol start='3'><li>子</li><li><p>丑</p></li></ol>\
            <ul><li>点</li></ul><p hidden='hidden'>藏</p><img/><ruby>汉<rt>han</rt></ruby>";
        let reading = Epub.read(&file(body), &Limits::default()).unwrap();
        assert_eq!(reading.printed().text, "第一章总则\n前\n甲 乙\n后\n3. 子\n4. 丑\n• 点\n汉\n");
        assert_eq!(reading.facts.title.as_deref(), Some("书名"));
        assert_eq!(reading.unread, ["1 picture: text in them is not read"]);
    }

    #[test]
    fn tables_keep_merged_cells_and_headers() {
        let body = "<table><caption>表一</caption><tr><th rowspan='2'>事项</th><th colspan='2'>安排</th></tr><tr><td>单位</td><td>时限</td></tr>\
            <tr><td>甲</td><td>乙</td><td>丙</td></tr></table>";
        let reading = Epub.read(&file(body), &Limits::default()).unwrap();
        assert_eq!(reading.printed().text, "表一\n事项\t安排\n\t单位\t时限\n甲\t乙\t丙\n");
        let Block::Table(table) = &reading.blocks[1] else { panic!() };
        assert_eq!((table.header_rows, table.rows[0][0].rows, table.rows[0][1].columns), (1, 2, 2));
    }

    proptest::proptest! {
        #[test]
        fn damaged_pages_never_panic(at in 0_usize..400, with in "[<>&'/0-9a-z:=]{0,3}") {
            let mut body = String::from("<table><tr><td rowspan='9' colspan='99999'>a</td></tr><tr><td>b</td></tr></table><ol start='4294967295'><li>c</li></ol>");
            let at = at % body.len();
            body.replace_range(at..at + 1, &with);
            let _ = Epub.read(&file(&body), &Limits::default());
        }
    }
}
