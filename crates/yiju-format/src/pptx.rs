//! Office Open XML slides, .pptx (ECMA-376 part 1 §19). A slide's title is a heading.

use crate::archive::Archive;
use crate::block::{Block, Facts, Reading, TextRole};
use crate::clock::Clock;
use crate::grid::{Join, Piece};
use crate::lines::{self, BREAK, Content};
use crate::lists::spaced;
use crate::numerals::Numerals;
use crate::xml::{Event, Ns, Tag, Xml, decode};
use crate::{Format, FormatError, Limits, Reader, opc};

/// The reader of PPTX.
pub(crate) struct Pptx;

impl Reader for Pptx {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let clock = Clock::new(limits);
        let format = Format::Pptx;
        let mut archive = Archive::open(bytes, format, limits, clock)?;
        let main = opc::main_part(&mut archive, "ppt/presentation.xml", format, limits, clock)?;
        let links = opc::links(&mut archive, &main, format, limits, clock)?;
        let part = archive.need(&main)?;
        let text = decode(&part);
        let slides = order(&mut Xml::new(&text, &main, format, limits, clock))?;
        if slides.len() > limits.pages {
            return Err(FormatError::TooLarge {
                what: "slides",
                size: slides.len(),
                limit: limits.pages,
            });
        }
        let mut reading = Reading::default();
        let (mut hidden, mut notes) = (0, 0);
        let mut counts = Counts::default();
        for id in slides {
            let Some(name) = links.by_id(&id) else { continue };
            let Some(bytes) = archive.part(name)? else { continue };
            let text = decode(&bytes);
            let mut slide = Slide::default();
            if !slide.read(&mut Xml::new(&text, name, format, limits, clock))? {
                hidden += 1;
                continue;
            }
            counts.pictures += slide.counts.pictures;
            counts.drawings += slide.counts.drawings;
            reading.blocks.append(&mut slide.titles);
            reading.blocks.append(&mut slide.blocks);
            let of_slide = opc::links(&mut archive, name, format, limits, clock)?;
            notes += usize::from(of_slide.of_kind("notesSlide").is_some());
        }
        let title = opc::title(&mut archive, opc::PROPERTIES, format, limits, clock)?;
        reading.facts = Facts { title, ..Facts::default() };
        let unread = [
            lines::unread(counts.pictures, "picture", "pictures", "text in them is not read"),
            lines::unread(
                counts.drawings,
                "chart or diagram",
                "charts or diagrams",
                "text in them is not read",
            ),
            lines::unread(hidden, "hidden slide", "hidden slides", "not read"),
            lines::unread(
                notes,
                "page of a speaker's notes",
                "pages of a speaker's notes",
                "not read",
            ),
        ];
        reading.unread = unread.into_iter().flatten().collect();
        Ok(reading)
    }
}

/// The ids of the slides in their order.
fn order(xml: &mut Xml<'_>) -> Result<Vec<String>, FormatError> {
    let mut ids = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(tag) if tag.is(Ns::Slide, "sldId") => {
                ids.push(tag.get_in(Ns::Link, "id").unwrap_or_default().to_owned());
            }
            Event::Done => return Ok(ids),
            _ => {}
        }
    }
}

#[derive(Debug, Default)]
struct Counts {
    pictures: usize,
    drawings: usize,
}

/// A slide that is being read.
#[derive(Debug, Default)]
struct Slide {
    titles: Vec<Block>,
    blocks: Vec<Block>,
    counts: Counts,
}

/// The automatic numbers of one text body, by level.
#[derive(Debug, Default)]
struct Numbers([Option<(String, u32)>; 9]);

impl Slide {
    /// Reads a slide; `false` for one that is not shown.
    fn read(&mut self, xml: &mut Xml<'_>) -> Result<bool, FormatError> {
        loop {
            match xml.next()? {
                Event::Start(tag) if tag.is(Ns::Slide, "sld") => {
                    if matches!(tag.get("show"), Some("0" | "false")) {
                        return Ok(false);
                    }
                }
                Event::Start(tag) if tag.is(Ns::Slide, "spTree") => self.shapes(xml)?,
                Event::Done => return Ok(true),
                _ => {}
            }
        }
    }

    fn shapes(&mut self, xml: &mut Xml<'_>) -> Result<(), FormatError> {
        while let Some(tag) = xml.child()? {
            match (tag.ns, tag.name.as_str()) {
                (Ns::Slide, "sp" | "cxnSp") => self.shape(xml)?,
                (Ns::Drawing, "tbl") => self.table(xml)?,
                (_, "blip") => {
                    self.counts.pictures += 1;
                    xml.skip()?;
                }
                (_, "chart" | "relIds") => {
                    self.counts.drawings += 1;
                    xml.skip()?;
                }
                // Of alternatives the first is what current programs show.
                (Ns::Compatible, "AlternateContent") => {
                    let mut done = false;
                    while xml.child()?.is_some() {
                        if std::mem::replace(&mut done, true) {
                            xml.skip()?;
                        } else {
                            self.shapes(xml)?;
                        }
                    }
                }
                _ => self.shapes(xml)?,
            }
        }
        Ok(())
    }

    fn shape(&mut self, xml: &mut Xml<'_>) -> Result<(), FormatError> {
        let mut kind = String::new();
        while let Some(tag) = xml.child()? {
            match (tag.ns, tag.name.as_str()) {
                (Ns::Slide, "nvSpPr") => kind = placeholder(xml)?,
                (Ns::Slide, "txBody") => {
                    let mut blocks = body(xml)?;
                    match kind.as_str() {
                        // Date, footer and number are of the page, not of the text (§19.7.10).
                        "dt" | "ftr" | "sldNum" => {}
                        "title" | "ctrTitle" => {
                            let text = lines::cell(blocks, &mut Vec::new());
                            lines::paragraph(TextRole::Heading(1), "", &text, &mut self.titles);
                        }
                        _ => self.blocks.append(&mut blocks),
                    }
                }
                (Ns::Slide, "spPr") => self.shapes(xml)?,
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn table(&mut self, xml: &mut Xml<'_>) -> Result<(), FormatError> {
        let mut rows: Vec<Vec<Content>> = Vec::new();
        let mut header = 0;
        while let Some(tag) = xml.child()? {
            match (tag.ns, tag.name.as_str()) {
                (Ns::Drawing, "tblPr") => {
                    header = usize::from(matches!(tag.get("firstRow"), Some("1" | "true")));
                    xml.skip()?;
                }
                (Ns::Drawing, "tr") => {
                    let mut row = Vec::new();
                    while let Some(tag) = xml.child()? {
                        if tag.is(Ns::Drawing, "tc") {
                            cell(&tag, xml, &mut row)?;
                        } else {
                            xml.skip()?;
                        }
                    }
                    rows.push(row);
                }
                _ => xml.skip()?,
            }
        }
        lines::add_table(rows, header, 0, &mut self.blocks);
        Ok(())
    }
}

/// A cell of a table; one that another covers to the left or above says so (§21.1.3.16).
fn cell(tag: &Tag, xml: &mut Xml<'_>, row: &mut Vec<Content>) -> Result<(), FormatError> {
    let on = |name: &str| matches!(tag.get(name), Some("1" | "true"));
    let mut blocks = Vec::new();
    while let Some(tag) = xml.child()? {
        if tag.is(Ns::Drawing, "txBody") {
            blocks = body(xml)?;
        } else {
            xml.skip()?;
        }
    }
    match row.last_mut() {
        Some((before, all)) if on("hMerge") => {
            before.to += 1;
            all.append(&mut blocks);
        }
        before => {
            let from = before.map_or(0, |(before, _)| before.to);
            let join = if on("vMerge") { Join::Above } else { Join::Own };
            row.push((Piece { from, to: from + 1, join, ..Piece::default() }, blocks));
        }
    }
    Ok(())
}

/// The kind of placeholder that a shape is, from its properties.
fn placeholder(xml: &mut Xml<'_>) -> Result<String, FormatError> {
    let mut kind = String::new();
    let mut open = 1_usize;
    while open > 0 {
        match xml.next()? {
            Event::Start(tag) => {
                open += 1;
                if tag.is(Ns::Slide, "ph") {
                    kind = tag.get("type").unwrap_or("obj").to_owned();
                }
            }
            Event::End => open -= 1,
            Event::Text(_) => {}
            Event::Done => break,
        }
    }
    Ok(kind)
}

/// The paragraphs of a text body.
fn body(xml: &mut Xml<'_>) -> Result<Vec<Block>, FormatError> {
    let mut blocks = Vec::new();
    let mut numbers = Numbers::default();
    while let Some(tag) = xml.child()? {
        if tag.is(Ns::Drawing, "p") {
            paragraph(xml, &mut numbers, &mut blocks)?;
        } else {
            xml.skip()?;
        }
    }
    Ok(blocks)
}

fn paragraph(
    xml: &mut Xml<'_>,
    numbers: &mut Numbers,
    blocks: &mut Vec<Block>,
) -> Result<(), FormatError> {
    let mut text = String::new();
    let mut scheme: Option<(String, u32)> = None;
    let mut level = 0_usize;
    while let Some(tag) = xml.child()? {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Drawing, "pPr") => {
                level = tag.number("lvl").unwrap_or(0);
                while let Some(tag) = xml.child()? {
                    if tag.is(Ns::Drawing, "buAutoNum") {
                        let kind = tag.get("type").unwrap_or_default().to_owned();
                        scheme = Some((kind, tag.number("startAt").unwrap_or(1)));
                    }
                    xml.skip()?;
                }
            }
            (Ns::Drawing, "r" | "fld") => {
                while let Some(tag) = xml.child()? {
                    if tag.is(Ns::Drawing, "t") {
                        text.push_str(&xml.text()?);
                    } else {
                        xml.skip()?;
                    }
                }
            }
            (Ns::Drawing, "br") => {
                text.push(BREAK);
                xml.skip()?;
            }
            // Formulas stand in extensions.
            (Ns::Math, _) => text.push_str(&xml.text()?),
            _ => xml.skip()?,
        }
    }
    // Paragraphs without text have no number (as PowerPoint counts).
    if text.trim().is_empty() {
        return Ok(());
    }
    let label = numbers.next(level, scheme);
    let role = if label.is_empty() { TextRole::Paragraph } else { TextRole::Item };
    lines::paragraph(role, &label, &text, blocks);
    Ok(())
}

impl Numbers {
    /// The label of the next paragraph: it counts on while scheme and level stay.
    fn next(&mut self, level: usize, scheme: Option<(String, u32)>) -> String {
        let level = level.min(8);
        for deeper in self.0.iter_mut().skip(level + 1) {
            *deeper = None;
        }
        let Some(place) = self.0.get_mut(level) else { return String::new() };
        let Some((kind, start)) = scheme else {
            *place = None;
            return String::new();
        };
        let number = match place {
            Some((before, last)) if *before == kind => last.saturating_add(1),
            _ => start,
        };
        let label = label(&kind, number);
        *place = Some((kind, number));
        label
    }
}

/// A number by a scheme (§20.1.10.61): its kind of numbers, then what is around them.
fn label(scheme: &str, number: u32) -> String {
    let (numerals, around) = [
        ("alphaLc", "lowerLetter"),
        ("alphaUc", "upperLetter"),
        ("romanLc", "lowerRoman"),
        ("romanUc", "upperRoman"),
        ("arabicDb", "decimalFullWidth"),
        ("arabic", "decimal"),
        ("circleNum", "decimalEnclosedCircle"),
        ("ea1Chs", "chineseCounting"),
        ("ea1Cht", "taiwaneseCounting"),
        ("ea1JpnChsDb", "ideographDigital"),
        ("ea1Jpn", "japaneseCounting"),
    ]
    .iter()
    .find_map(|(name, numerals)| Some((Numerals::named(numerals), scheme.strip_prefix(name)?)))
    .unwrap_or((Numerals::Decimal, ""));
    let number = numerals.write(number);
    spaced(match around {
        "Period" if scheme.starts_with("ea1") => format!("{number}．"),
        "Period" => format!("{number}."),
        "ParenBoth" => format!("({number})"),
        "ParenR" => format!("{number})"),
        "Minus" => format!("- {number} -"),
        _ => number,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::made::archive;

    const NS: &str = "xmlns:p='http://schemas.openxmlformats.org/presentationml/2006/main' \
        xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main' \
        xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'";

    fn file(slide: &str) -> Vec<u8> {
        let main = format!(
            "<p:presentation {NS}><p:sldIdLst><p:sldId r:id='b'/><p:sldId r:id='a'/></p:sldIdLst></p:presentation>"
        );
        let links = "<Relationships><Relationship Id='a' Type='x/slide' Target='slides/1.xml'/>\
            <Relationship Id='b' Type='x/slide' Target='slides/2.xml'/></Relationships>";
        let slide = format!("<p:sld {NS}><p:cSld><p:spTree>{slide}</p:spTree></p:cSld></p:sld>");
        let hidden = format!("<p:sld {NS} show='0'/>");
        archive(&[
            ("ppt/presentation.xml", main.as_bytes()),
            ("ppt/_rels/presentation.xml.rels", links.as_bytes()),
            ("ppt/slides/1.xml", slide.as_bytes()),
            ("ppt/slides/2.xml", hidden.as_bytes()),
        ])
    }

    fn shape(kind: &str, paragraphs: &str) -> String {
        format!(
            "<p:sp><p:nvSpPr><p:nvPr><p:ph type='{kind}'/></p:nvPr></p:nvSpPr><p:txBody>{paragraphs}</p:txBody></p:sp>"
        )
    }

    fn p(properties: &str, text: &str) -> String {
        format!("<a:p><a:pPr>{properties}</a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>")
    }

    #[test]
    fn slides_have_titles_numbers_and_tables() {
        let number = "<a:buAutoNum type='ea1ChsPeriod'/>";
        let slide = [
            shape("body", &[p(number, "甲"), p(number, "乙"), p("", "丙"), p(number, "丁")].concat()),
            format!("<p:grpSp>{}</p:grpSp>", shape("x", &p("", "组内"))),
            shape("title", &p("", "标题")),
            shape("sldNum", &p("", "7")),
            "<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tblPr firstRow='1'/><a:tr><a:tc gridSpan='2'><a:txBody>".to_owned(),
            p("", "头"),
            "</a:txBody></a:tc><a:tc hMerge='1'/></a:tr><a:tr><a:tc><a:txBody>".to_owned(),
            p("", "左"),
            "</a:txBody></a:tc><a:tc><a:txBody>".to_owned(),
            p("", "右"),
            "</a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>".to_owned(),
        ];
        let reading = Pptx.read(&file(&slide.concat()), &Limits::default()).unwrap();
        assert_eq!(reading.printed().text, "标题\n一．甲\n二．乙\n丙\n一．丁\n组内\n头\n左\t右\n");
        assert_eq!(reading.unread, ["1 hidden slide: not read"]);
    }

    #[test]
    fn schemes_of_numbers() {
        for (scheme, text) in [
            ("arabicPeriod", "3. "),
            ("alphaLcParenR", "c) "),
            ("romanUcParenBoth", "(III) "),
            ("circleNumDbPlain", "③ "),
            ("ea1JpnChsDbPeriod", "三．"),
        ] {
            assert_eq!(label(scheme, 3), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn damaged_slides_never_panic(at in 0_usize..400, with in "[<>&'/0-9a-z:=]{0,3}") {
            let mut slide = shape("body", &p("<a:buAutoNum type='x' startAt='9'/>", "a"));
            let at = at % slide.len();
            slide.replace_range(at..at + 1, &with);
            let _ = Pptx.read(&file(&slide), &Limits::default());
        }
    }
}
