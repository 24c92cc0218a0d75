//! The documents of an OFD archive: their pages with templates, and what is told of them outside of the pages
//! (GB/T 33190 §7.4 to §7.7, §15, §16, §18, §20).

use std::collections::{HashMap, HashSet};

use super::glyphs::{Composites, Objects, drop_doubles};
use super::lines::lines;
use super::package::{ENTRY, Package};
use super::paragraphs::{Sheet, paragraphs};
use super::scans::{self, Media, Pictured, media, pictured};
use super::tables::tables;
use super::xml::Element;
use crate::clock::Clock;
use crate::picture::Recognition;
use crate::{Facts, Format, FormatError, Limits, Page, Reading};

/// A4, for a document that does not say how large its pages are.
pub(super) const A4: [f64; 4] = [0.0, 0.0, 210.0, 297.0];

/// What is read of an archive, page by page.
#[derive(Default)]
struct Gathered {
    sheets: Vec<Sheet>,
    titles: Vec<HashSet<u64>>,
    facts: Facts,
    unread: Vec<String>,
    pictures: usize,
    /// Pages that are pictures, where these are read.
    scans: Vec<Pictured>,
}

/// The parts of a document that its pages refer to.
#[derive(Default)]
struct Shared {
    area: Option<[f64; 4]>,
    /// Templates by their identifiers, with the file each is in.
    templates: HashMap<String, String>,
    composites: Composites,
    media: Media,
}

pub(super) fn read(
    bytes: &[u8],
    limits: &Limits,
    recognition: Option<&Recognition<'_>>,
) -> Result<Reading, FormatError> {
    let clock = Clock::new(limits);
    let mut package = Package::open(bytes, limits, clock)?;
    let (entry, root) = root(&mut package)?;
    let mut gathered = Gathered::default();
    for (at, body) in root.all("DocBody").enumerate() {
        let place = place_of(&package, &entry, body, at)?;
        document(&mut package, &place, &mut gathered, recognition.is_some(), limits, &clock)?;
        if gathered.facts.title.is_none() {
            gathered.facts.title =
                body.child("DocInfo").and_then(|info| info.value("Title")).map(str::to_owned);
        }
        if let Some(list) =
            body.value("Signatures").and_then(|location| package.find(&entry, location))
        {
            let count = package.xml(&list).map_or(1, |list| list.all("Signature").count());
            if count > 0 {
                let s = if count == 1 { "" } else { "s" };
                gathered.unread.push(format!("{count} signature{s} or seal{s} not checked"));
            }
        }
    }
    let Gathered { sheets, titles, facts, mut unread, pictures, scans } = gathered;
    let pages: Vec<Page> = sheets.iter().map(Sheet::page).collect();
    let mut blocks = paragraphs(sheets, &titles);
    if let Some(recognition) = recognition.filter(|_| !scans.is_empty()) {
        blocks = scans::read(scans, pages.len(), recognition, limits, blocks, &mut unread)?;
    }
    if blocks.is_empty() && pictures == 0 {
        return Err(FormatError::Empty { format: Format::Ofd });
    }
    Ok(Reading { blocks, pages, facts, unread, ..Reading::default() })
}

/// The file that an archive begins with: its place and content.
///
/// # Errors
/// As [`Package::xml`], and if the archive is encrypted.
pub(super) fn root(package: &mut Package) -> Result<(String, Element), FormatError> {
    let entry = package.find("", ENTRY).unwrap_or_else(|| ENTRY.to_owned());
    let root = package.xml(&entry)?;
    if root.all("Encryptions").next().is_some() || package.find("", "Encryptions.xml").is_some() {
        // GM/T 0099: the parts themselves are enciphered.
        return Err(FormatError::Encrypted { format: Format::Ofd });
    }
    Ok((entry, root))
}

/// Where the document of a body is, the body being one of the archive's from 0.
///
/// # Errors
/// If it is missing.
pub(super) fn place_of(
    package: &Package,
    entry: &str,
    body: &Element,
    at: usize,
) -> Result<String, FormatError> {
    let place = body.value("DocRoot").and_then(|location| package.find(entry, location));
    place.ok_or_else(|| FormatError::Damaged {
        format: Format::Ofd,
        what: format!("document {} is missing", at + 1),
    })
}

/// The pages of a document, in their order.
pub(super) fn pages_of(document: &Element) -> Vec<&Element> {
    document.child("Pages").map(|pages| pages.all("Page").collect()).unwrap_or_default()
}

fn document(
    package: &mut Package,
    place: &str,
    gathered: &mut Gathered,
    recognise: bool,
    limits: &Limits,
    clock: &Clock,
) -> Result<(), FormatError> {
    let document = package.xml(place)?;
    let shared = shared(package, place, document.child("CommonData"))?;
    let pages = pages_of(&document);
    let tags = tags(package, place, &document, &mut gathered.unread);
    let marked: HashSet<&Reference> = tags.iter().map(|(_, reference)| reference).collect();
    let mut told = HashMap::new();
    let mut drawn = HashMap::new();
    for page in &pages {
        clock.check()?;
        if gathered.sheets.len() >= limits.pages {
            let size = gathered.sheets.len() + pages.len();
            return Err(FormatError::TooLarge { what: "pages", size, limit: limits.pages });
        }
        let id = page.attribute("ID").unwrap_or_default().trim();
        let number = gathered.sheets.len() + 1;
        let location = page.attribute("BaseLoc").unwrap_or_default();
        let Some(file) = package.find(place, location) else {
            gathered.unread.push(format!("page {number} is missing in the file"));
            gathered.sheets.push(sheet(shared.area.unwrap_or(A4), Objects::default()));
            gathered.titles.push(HashSet::new());
            continue;
        };
        let (area, objects) = page_of(package, &file, &shared, &mut drawn, limits, clock)?;
        let pictured = match recognise {
            true => pictured(package, &shared.media, &objects, number, [area[0], area[1]])?,
            false => None,
        };
        if pictured.is_none() {
            note(&mut gathered.unread, number, &objects);
        }
        gathered.scans.extend(pictured);
        gathered.pictures += objects.pictures;
        for run in &objects.runs {
            let key = (id.to_owned(), run.object);
            if marked.contains(&key) {
                told.entry(key).or_insert_with(String::new).push_str(run.text.trim());
            }
        }
        let titles = tags.iter().filter(|(kind, (page, _))| *kind == Tag::Title && page == id);
        gathered.titles.push(titles.map(|(_, (_, object))| *object).collect());
        gathered.sheets.push(sheet(area, objects));
    }
    facts(&mut gathered.facts, &tags, &told);
    outside(package, place, &document, &mut gathered.unread);
    Ok(())
}

fn sheet([left, top, width, height]: [f64; 4], objects: Objects) -> Sheet {
    let Objects { mut runs, rules, .. } = objects;
    drop_doubles(&mut runs);
    let tables = tables(&rules, &mut runs);
    Sheet { left, top, width, height, lines: lines(runs), tables }
}

fn note(unread: &mut Vec<String>, number: usize, objects: &Objects) {
    match (objects.runs.is_empty(), objects.pictures) {
        (true, 0) => unread.push(format!("page {number} holds no text")),
        (true, 1) => unread.push(format!("page {number} is a picture without text")),
        (true, count) => unread.push(format!("page {number} is {count} pictures without text")),
        (false, 0) => {}
        (false, 1) => unread.push(format!("1 picture on page {number} is not read")),
        (false, count) => unread.push(format!("{count} pictures on page {number} are not read")),
    }
    if objects.hidden > 0 {
        unread.push(format!(
            "{} characters on page {number} are marked as not shown",
            objects.hidden
        ));
    }
    if objects.unknown > 0 {
        unread
            .push(format!("{} graphics on page {number} are missing in the file", objects.unknown));
    }
}

/// A box of a positive size.
pub(super) fn area(holder: &Element) -> Option<[f64; 4]> {
    let text = holder.value("PhysicalBox").or_else(|| holder.value("ApplicationBox"))?;
    Element::numbers::<4>(text).filter(|[_, _, width, height]| *width > 0.0 && *height > 0.0)
}

fn shared(
    package: &mut Package,
    place: &str,
    common: Option<&Element>,
) -> Result<Shared, FormatError> {
    let mut shared = Shared::default();
    let Some(common) = common else { return Ok(shared) };
    shared.area = common.child("PageArea").and_then(area);
    for template in common.all("TemplatePage") {
        let id = template.attribute("ID").unwrap_or_default().trim().to_owned();
        if let Some(file) =
            template.attribute("BaseLoc").and_then(|location| package.find(place, location))
        {
            shared.templates.insert(id, file);
        }
    }
    for name in ["PublicRes", "DocumentRes"] {
        each_resource(package, place, common, name, &mut |package, file, resource| {
            media(package, file, &resource, &mut shared.media);
            composites(resource, &mut shared.composites);
        })?;
    }
    Ok(shared)
}

/// Gives the files of resources that `holder` in the file `place` names by elements of a name: each with its place.
///
/// # Errors
/// As [`Package::xml`]; what is missing is left out.
pub(super) fn each_resource(
    package: &mut Package,
    place: &str,
    holder: &Element,
    name: &str,
    each: &mut dyn FnMut(&Package, &str, Element),
) -> Result<(), FormatError> {
    for resource in holder.all(name) {
        if let Some(file) = package.find(place, resource.text.trim()) {
            let resource = package.xml(&file)?;
            each(package, &file, resource);
        }
    }
    Ok(())
}

/// Adds the composite graphics of a file of resources.
pub(super) fn composites(resource: Element, into: &mut Composites) {
    for holder in
        resource.children.into_iter().filter(|child| child.name == "CompositeGraphicUnits")
    {
        for graphic in holder.children {
            if let Some(id) = graphic.attribute("ID").map(|id| id.trim().to_owned()) {
                into.insert(id, graphic);
            }
        }
    }
}

/// A page's box and what is drawn on it, its templates included.
fn page_of(
    package: &mut Package,
    file: &str,
    shared: &Shared,
    drawn: &mut HashMap<String, Objects>,
    limits: &Limits,
    clock: &Clock,
) -> Result<([f64; 4], Objects), FormatError> {
    let page = package.xml(file)?;
    let mut own = None;
    each_resource(package, file, &page, "PageRes", &mut |_, _, resource| {
        composites(resource, own.get_or_insert_with(|| shared.composites.clone()));
    })?;
    let mut objects = Objects::default();
    let mut box_of_template = None;
    for template in page.all("Template") {
        let id = template.attribute("TemplateID").unwrap_or_default().trim();
        let Some(file) = shared.templates.get(id) else {
            objects.unknown += 1;
            continue;
        };
        if !drawn.contains_key(id) {
            let template = package.xml(file)?;
            box_of_template = box_of_template.or_else(|| template.child("Area").and_then(area));
            let mut of_template = Objects::default();
            if let Some(content) = template.child("Content") {
                of_template.add(content, &shared.composites, limits, clock)?;
            }
            drawn.insert(id.to_owned(), of_template);
        }
        if let Some(of_template) = drawn.get(id) {
            objects.runs.extend(of_template.runs.iter().cloned());
            objects.rules.extend(&of_template.rules);
            objects.hidden += of_template.hidden;
            objects.unknown += of_template.unknown;
            objects.pictures += of_template.pictures;
        }
    }
    if let Some(content) = page.child("Content") {
        objects.add(content, own.as_ref().unwrap_or(&shared.composites), limits, clock)?;
    }
    let own = page.child("Area").and_then(area);
    Ok((own.or(box_of_template).or(shared.area).unwrap_or(A4), objects))
}

/// What a custom tag marks (the elements of official documents that GB/T 9704 names).
#[derive(Clone, Copy, Debug, PartialEq)]
enum Tag {
    Title,
    Number,
    Signer,
    Mark,
    Date,
}

/// An object of a page: the page's identifier and its own.
type Reference = (String, u64);

/// Marks of official documents, in the order of the tag files.
fn tags(
    package: &mut Package,
    place: &str,
    document: &Element,
    unread: &mut Vec<String>,
) -> Vec<(Tag, Reference)> {
    let mut tags = Vec::new();
    let Some(list) =
        document.value("CustomTags").and_then(|location| package.find(place, location))
    else {
        return tags;
    };
    let files: Vec<String> = match package.xml(&list) {
        Ok(root) => root
            .all("CustomTag")
            .filter_map(|tag| package.find(&list, tag.value("FileLoc")?))
            .collect(),
        Err(_) => Vec::new(),
    };
    for file in files {
        // Tags only help; a document with damaged ones is whole.
        let Ok(root) = package.xml(&file) else {
            unread.push(format!("the tags in {file} are damaged"));
            continue;
        };
        let mut open: Vec<(&Element, Option<Tag>)> = vec![(&root, None)];
        while let Some((element, around)) = open.pop() {
            if element.name == "ObjectRef" {
                let page = element.attribute("PageRef").unwrap_or_default().trim().to_owned();
                if let (Some(tag), Ok(object)) = (around, element.text.trim().parse()) {
                    tags.push((tag, (page, object)));
                }
                continue;
            }
            let own = match element.name.as_str() {
                "标题" | "公文标题" => Some(Tag::Title),
                "发文字号" => Some(Tag::Number),
                "发文机关署名" => Some(Tag::Signer),
                "发文机关标志" => Some(Tag::Mark),
                "成文日期" => Some(Tag::Date),
                _ => around,
            };
            open.extend(element.children.iter().rev().map(|child| (child, own)));
        }
    }
    tags
}

fn facts(facts: &mut Facts, tags: &[(Tag, Reference)], told: &HashMap<Reference, String>) {
    let text = |tag: Tag| {
        let parts = tags
            .iter()
            .filter(|(of, _)| *of == tag)
            .filter_map(|(_, reference)| told.get(reference));
        Some(parts.map(String::as_str).collect::<String>()).filter(|text| !text.is_empty())
    };
    facts.title = facts.title.take().or_else(|| text(Tag::Title));
    facts.number = facts.number.take().or_else(|| text(Tag::Number));
    facts.date = facts.date.take().or_else(|| text(Tag::Date));
    // The mark at the head is `国务院文件`; the name under the text is the issuer itself.
    let mark = || text(Tag::Mark).map(|mark| mark.trim_end_matches("文件").to_owned());
    facts.issuer = facts.issuer.take().or_else(|| text(Tag::Signer)).or_else(mark);
}

/// Names what is in the file but on no page.
fn outside(package: &mut Package, place: &str, document: &Element, unread: &mut Vec<String>) {
    if let Some(list) =
        document.value("Attachments").and_then(|location| package.find(place, location))
        && let Ok(root) = package.xml(&list)
    {
        for attachment in root.all("Attachment") {
            let name = attachment.attribute("Name").unwrap_or("without a name");
            let format = attachment
                .attribute("Format")
                .map(|format| format!(" ({format})"))
                .unwrap_or_default();
            unread.push(format!("the attachment {name}{format} is not read"));
        }
    }
    let Some(list) =
        document.value("Annotations").and_then(|location| package.find(place, location))
    else {
        return;
    };
    let Ok(root) = package.xml(&list) else { return };
    let files: Vec<String> =
        root.all("Page").filter_map(|page| package.find(&list, page.value("FileLoc")?)).collect();
    let mut kinds: Vec<String> = Vec::new();
    for file in files {
        if let Ok(page) = package.xml(&file) {
            kinds.extend(
                page.all("Annot")
                    .filter_map(|annotation| annotation.attribute("Type"))
                    .map(str::to_owned),
            );
        }
    }
    kinds.sort_unstable();
    let count = kinds.len();
    kinds.dedup();
    if count > 0 {
        unread.push(format!("{count} annotations are not read: {}", kinds.join(", ")));
    }
}
