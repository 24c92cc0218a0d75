//! Office Open XML sheets, .xlsx (ECMA-376 part 1 §18).

use crate::archive::Archive;
use crate::block::{Block, Facts, Reading, TextRole};
use crate::clock::Clock;
use crate::xml::{Event, Ns, Xml, decode};
use crate::{Format, FormatError, Limits, Reader, lines, opc};

use super::{Room, Sheet, format};

/// The reader of XLSX.
pub(crate) struct Xlsx;

/// A workbook that is being read.
struct Workbook<'a, 'b> {
    archive: &'a mut Archive<'b>,
    limits: &'a Limits,
    clock: Clock,
    strings: Vec<String>,
    /// The format of each style of cells.
    formats: Vec<String>,
    since_1904: bool,
    pictures: usize,
    charts: usize,
}

impl Reader for Xlsx {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let clock = Clock::new(limits);
        let mut archive = Archive::open(bytes, Format::Xlsx, limits, clock)?;
        let main = opc::main_part(&mut archive, "xl/workbook.xml", Format::Xlsx, limits, clock)?;
        if main.ends_with(".bin") {
            let what =
                "it is a binary workbook (.xlsb), which is not read; save it as .xlsx".to_owned();
            return Err(FormatError::Damaged { format: Format::Xlsx, what });
        }
        let links = opc::links(&mut archive, &main, Format::Xlsx, limits, clock)?;
        let title = opc::title(&mut archive, opc::PROPERTIES, Format::Xlsx, limits, clock)?;
        let mut workbook = Workbook {
            archive: &mut archive,
            limits,
            clock,
            strings: Vec::new(),
            formats: Vec::new(),
            since_1904: false,
            pictures: 0,
            charts: 0,
        };
        workbook.strings =
            workbook.part(links.of_kind("sharedStrings"), strings)?.unwrap_or_default();
        workbook.formats = workbook.part(links.of_kind("styles"), formats)?.unwrap_or_default();
        let (sheets, since_1904) =
            workbook.part(Some(&main), sheets)?.ok_or_else(|| FormatError::Damaged {
                format: Format::Xlsx,
                what: format!("the part {main} is missing"),
            })?;
        workbook.since_1904 = since_1904;
        let mut blocks = Vec::new();
        let mut unread = Vec::new();
        let mut room = Room::new(limits);
        for entry in sheets {
            if entry.hidden {
                unread.push(format!("the hidden sheet {}: not read", entry.name));
                continue;
            }
            // Sheets of charts and macros are parts of other kinds.
            let Some(part) = links.by_id(&entry.id).map(str::to_owned) else { continue };
            let mut sheet = Sheet { name: entry.name, room, ..Sheet::default() };
            workbook.sheet(&part, &mut sheet)?;
            room = sheet.room;
            sheet.add(&clock, &mut blocks)?;
        }
        unread.extend(lines::unread(
            workbook.pictures,
            "picture",
            "pictures",
            "text in them is not read",
        ));
        unread.extend(lines::unread(
            workbook.charts,
            "chart or diagram",
            "charts or diagrams",
            "text in them is not read",
        ));
        Ok(Reading {
            blocks,
            facts: Facts { title, ..Facts::default() },
            unread,
            ..Reading::default()
        })
    }
}

impl Workbook<'_, '_> {
    fn part<T>(
        &mut self,
        name: Option<&str>,
        parse: impl FnOnce(&mut Xml<'_>) -> Result<T, FormatError>,
    ) -> Result<Option<T>, FormatError> {
        let Some(name) = name else { return Ok(None) };
        let Some(bytes) = self.archive.part(name)? else { return Ok(None) };
        let text = decode(&bytes);
        parse(&mut Xml::new(&text, name, Format::Xlsx, self.limits, self.clock)).map(Some)
    }

    fn sheet(&mut self, part: &str, sheet: &mut Sheet) -> Result<(), FormatError> {
        let Some(bytes) = self.archive.part(part)? else { return Ok(()) };
        let text = decode(&bytes);
        let mut xml = Xml::new(&text, part, Format::Xlsx, self.limits, self.clock);
        // Cells that do not say where they are follow each other.
        let mut row = 0_u32;
        let mut column = 0_u32;
        loop {
            match xml.next()? {
                Event::Start(tag) if tag.is(Ns::Sheet, "row") => {
                    row = tag.number::<u32>("r").map_or(row, |row| row.saturating_sub(1));
                    column = 0;
                }
                Event::Start(tag) if tag.is(Ns::Sheet, "c") => {
                    if let Some((at_row, at_column)) = tag.get("r").and_then(place) {
                        (row, column) = (at_row, at_column);
                    }
                    let style = tag.number("s").unwrap_or(0);
                    let text = self.cell(tag.get("t").unwrap_or("n"), style, &mut xml)?;
                    sheet.put(row, column, text)?;
                    column = column.saturating_add(1);
                }
                Event::Start(tag) if tag.is(Ns::Sheet, "mergeCell") => {
                    let range = tag.get("ref").and_then(|range| range.split_once(':'));
                    if let Some((from, to)) =
                        range.and_then(|(from, to)| Some((place(from)?, place(to)?)))
                    {
                        sheet.merges.push((from.0, from.1, to.0.max(from.0), to.1.max(from.1)));
                    }
                }
                Event::Start(tag) if tag.is(Ns::Sheet, "sheetData") => row = 0,
                Event::Done => break,
                _ => {}
            }
        }
        let links = opc::links(self.archive, part, Format::Xlsx, self.limits, self.clock)?;
        for drawing in links.all_of_kind("drawing") {
            let (blocks, pictures, charts) = self.part(Some(drawing), boxes)?.unwrap_or_default();
            sheet.boxes.extend(blocks);
            self.pictures += pictures;
            self.charts += charts;
        }
        Ok(())
    }

    /// What a cell of a type shows, from its start tag to its end (§18.3.1.4, §18.18.11).
    fn cell(&self, kind: &str, style: usize, xml: &mut Xml<'_>) -> Result<String, FormatError> {
        let mut value = String::new();
        while let Some(tag) = xml.child()? {
            match (tag.ns, tag.name.as_str()) {
                (Ns::Sheet, "v") => value = xml.text()?,
                (Ns::Sheet, "is") => value = rich(xml)?,
                _ => xml.skip()?,
            }
        }
        Ok(match kind {
            "s" => value
                .trim()
                .parse::<usize>()
                .ok()
                .and_then(|at| self.strings.get(at))
                .cloned()
                .unwrap_or_default(),
            "str" | "inlineStr" | "e" => value,
            "b" => if value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            // A date as ISO 8601 writes it.
            "d" => value.replace("T00:00:00", "").replace('T', " "),
            _ => match value.trim().parse::<f64>() {
                Ok(number) => {
                    let code = self.formats.get(style).map_or("General", String::as_str);
                    format::shown(number, code, self.since_1904)
                }
                Err(_) => value,
            },
        })
    }
}

/// Row and column of `B3`, from 0.
fn place(reference: &str) -> Option<(u32, u32)> {
    let reference = reference.trim_start_matches('$');
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, row) = reference.split_at_checked(letters)?;
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let column = letters
        .bytes()
        .fold(0_u32, |all, letter| all * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    let row: u32 = row.trim_start_matches('$').parse().ok()?;
    Some((row.checked_sub(1)?, column - 1))
}

struct Entry {
    name: String,
    id: String,
    hidden: bool,
}

fn sheets(xml: &mut Xml<'_>) -> Result<(Vec<Entry>, bool), FormatError> {
    let mut sheets = Vec::new();
    let mut since_1904 = false;
    loop {
        match xml.next()? {
            Event::Start(tag) if tag.is(Ns::Sheet, "workbookPr") => {
                since_1904 = matches!(tag.get("date1904"), Some("1" | "true"));
            }
            Event::Start(tag) if tag.is(Ns::Sheet, "sheet") => sheets.push(Entry {
                name: tag.get("name").unwrap_or_default().to_owned(),
                id: tag.get_in(Ns::Link, "id").unwrap_or_default().to_owned(),
                hidden: tag.get("state").is_some_and(|state| state != "visible"),
            }),
            Event::Done => return Ok((sheets, since_1904)),
            _ => {}
        }
    }
}

fn strings(xml: &mut Xml<'_>) -> Result<Vec<String>, FormatError> {
    let mut strings = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(tag) if tag.is(Ns::Sheet, "si") => strings.push(rich(xml)?),
            Event::Done => return Ok(strings),
            _ => {}
        }
    }
}

/// The text of runs, without the guides of their sounds (§18.4.6).
fn rich(xml: &mut Xml<'_>) -> Result<String, FormatError> {
    let mut text = String::new();
    while let Some(tag) = xml.child()? {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Sheet, "t") => text.push_str(&xml.text()?),
            (Ns::Sheet, "r") => text.push_str(&rich(xml)?),
            _ => xml.skip()?,
        }
    }
    // Signs that XML cannot hold are written so (§22.4.2.4); a line's end is the one that comes.
    Ok(text.replace("_x000D_", "").replace("_x000a_", "\n"))
}

fn formats(xml: &mut Xml<'_>) -> Result<Vec<String>, FormatError> {
    let mut codes = std::collections::HashMap::new();
    let mut formats = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(tag) if tag.is(Ns::Sheet, "numFmt") => {
                let id: u32 = tag.number("numFmtId").unwrap_or(0);
                codes.insert(id, tag.get("formatCode").unwrap_or_default().to_owned());
            }
            Event::Start(tag) if tag.is(Ns::Sheet, "cellXfs") => {
                while let Some(tag) = xml.child()? {
                    let id: u32 = tag.number("numFmtId").unwrap_or(0);
                    let code = codes.get(&id).cloned();
                    formats.push(code.unwrap_or_else(|| format::built_in(id).to_owned()));
                    xml.skip()?;
                }
            }
            Event::Done => return Ok(formats),
            _ => {}
        }
    }
}

/// The texts of boxes on a sheet, and how many pictures and charts are on it.
fn boxes(xml: &mut Xml<'_>) -> Result<(Vec<Block>, usize, usize), FormatError> {
    let (mut blocks, mut pictures, mut charts) = (Vec::new(), 0, 0);
    loop {
        match xml.next()? {
            Event::Start(tag) if tag.is(Ns::Drawing, "p") => {
                let text = xml.text()?;
                lines::paragraph(TextRole::Paragraph, "", &text, &mut blocks);
            }
            Event::Start(tag) if tag.name == "blip" => pictures += 1,
            Event::Start(tag) if matches!(tag.name.as_str(), "chart" | "relIds") => charts += 1,
            Event::Done => return Ok((blocks, pictures, charts)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::made::archive;

    const NS: &str = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' \
        xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'";

    fn file(cells: &str) -> Vec<u8> {
        let workbook = format!(
            "<workbook {NS}><sheets><sheet name='措施' r:id='a'/><sheet name='藏' state='hidden' r:id='b'/></sheets></workbook>"
        );
        let links = "<Relationships><Relationship Id='a' Type='x/worksheet' Target='worksheets/a.xml'/>\
            <Relationship Id='s' Type='x/styles' Target='styles.xml'/>\
            <Relationship Id='t' Type='x/sharedStrings' Target='strings.xml'/></Relationships>";
        let styles = format!(
            "<styleSheet {NS}><numFmts><numFmt numFmtId='170' formatCode='yyyy\"年\"m\"月\"d\"日\"'/></numFmts>\
             <cellXfs><xf numFmtId='0'/><xf numFmtId='170'/><xf numFmtId='9'/></cellXfs></styleSheet>"
        );
        let strings = format!(
            "<sst {NS}><si><t>事项</t></si><si><r><t>责任</t></r><r><t>单位</t></r><rPh><t>x</t></rPh></si></sst>"
        );
        let sheet = format!("<worksheet {NS}>{cells}</worksheet>");
        archive(&[
            ("xl/workbook.xml", workbook.as_bytes()),
            ("xl/_rels/workbook.xml.rels", links.as_bytes()),
            ("xl/styles.xml", styles.as_bytes()),
            ("xl/strings.xml", strings.as_bytes()),
            ("xl/worksheets/a.xml", sheet.as_bytes()),
        ])
    }

    #[test]
    fn cells_show_what_their_formats_make_of_them() {
        let cells = "<sheetData><row r='2'><c r='B2' t='s'><v>0</v></c><c t='s'><v>1</v></c><c r='D2' t='inlineStr'><is><t>时间</t></is></c></row>\
            <row><c r='B3' t='str'><f>x</f><v>落户</v></c><c r='C3' s='2'><v>0.5</v></c><c r='D3' s='1'><v>45657</v></c></row>\
            <row r='4'><c r='B4' t='b'><v>1</v></c><c r='C4' t='e'><v>#N/A</v></c><c r='D4'><v>1.50</v></c></row></sheetData>\
            <mergeCells><mergeCell ref='B4:B5'/></mergeCells>";
        let reading = Xlsx.read(&file(cells), &Limits::default()).unwrap();
        assert_eq!(
            reading.printed().text,
            "措施\n事项\t责任单位\t时间\n落户\t50%\t2024年12月31日\nTRUE\t#N/A\t1.5\n"
        );
        assert_eq!(reading.unread, ["the hidden sheet 藏: not read"]);
    }

    #[test]
    fn places_of_cells() {
        assert_eq!(place("A1"), Some((0, 0)));
        assert_eq!(place("$XFD$1048576"), Some((1_048_575, 16_383)));
        assert_eq!(place("A0"), None);
        assert_eq!(place("1"), None);
    }

    proptest::proptest! {
        #[test]
        fn damaged_sheets_never_panic(at in 0_usize..300, with in "[<>&'/0-9A-Z:=]{0,3}") {
            let mut cells = String::from("<sheetData><row r='2'><c r='B2' t='s'><v>0</v></c><c r='C2' s='1'><v>1e9</v></c></row></sheetData>\
                <mergeCells><mergeCell ref='B2:XFD1048576'/><mergeCell ref='A1:C3'/></mergeCells>");
            let at = at % cells.len();
            cells.replace_range(at..at + 1, &with);
            let _ = Xlsx.read(&file(&cells), &Limits::default());
        }
    }
}
