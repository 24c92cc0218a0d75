//! A page of an OFD as a picture: it is written as a page of a PDF, with its glyphs as paths, and that is drawn.
//!
//! Drawn are text, paths, pictures, composites and templates. Not drawn are annotations and seals: they are no part of the
//! page.

mod fonts;
mod look;
mod page;
mod resources;
#[cfg(test)]
mod tests;

use page::Painter;
use resources::Resources;

use super::document::{A4, area, each_resource, pages_of, place_of, root};
use super::package::Package;
use super::paragraphs::POINTS;
use super::xml::Element;
use crate::bounded::{self, Ended, Stop};
use crate::clock::Clock;
use crate::drawing::{PagePicture, PageRequest};
use crate::pdf::{self, written};
use crate::{Format, FormatError, Limits};

/// Draws a page.
///
/// # Errors
/// If there is no such page, it is damaged or takes too much to draw, or the file is encrypted or over a limit.
pub(crate) fn draw_page(
    bytes: &[u8],
    request: &PageRequest,
    limits: &Limits,
) -> Result<PagePicture, FormatError> {
    limits.check_size(bytes)?;
    let stop = Stop::after(limits.time);
    let (data, page, limits_) = (bytes.to_vec(), request.page, *limits);
    let made = bounded::run(&stop, None, move || made(&data, page, &limits_));
    let (pdf, undrawn) = made.unwrap_or_else(|ended| {
        Err(match ended {
            Ended::Slow => FormatError::Slow { seconds: limits.time.as_secs() },
            ended => FormatError::NotDrawn { format: Format::Ofd, why: ended.why().to_owned() },
        })
    })?;
    // What was made of a file is larger than it, and is bounded by how it was made.
    let limits = Limits { bytes: usize::MAX, unpacked: usize::MAX, ..*limits };
    let drawn = pdf::draw_page(&pdf, &PageRequest { page: 1, ..request.clone() }, &limits);
    let drawn = drawn.map_err(|error| error.of(Format::Ofd))?;
    Ok(PagePicture { undrawn: drawn.undrawn + undrawn, ..drawn })
}

/// The page as a PDF, and how many characters of it are left out.
fn made(bytes: &[u8], number: u32, limits: &Limits) -> Result<(Vec<u8>, usize), FormatError> {
    let clock = Clock::new(limits);
    let mut package = Package::open(bytes, limits, clock)?;
    let (entry, root) = root(&mut package)?;
    let mut before = 0;
    for (at, body) in root.all("DocBody").enumerate() {
        let place = place_of(&package, &entry, body, at)?;
        let document = package.xml(&place)?;
        let pages = pages_of(&document);
        let index = (number as usize).checked_sub(before + 1);
        if let Some(page) = index.and_then(|index| pages.get(index)) {
            return written(&mut package, &place, &document, page, limits, &clock);
        }
        before += pages.len();
    }
    Err(FormatError::NoPage { format: Format::Ofd, page: number, pages: before })
}

fn written(
    package: &mut Package,
    place: &str,
    document: &Element,
    page: &Element,
    limits: &Limits,
    clock: &Clock,
) -> Result<(Vec<u8>, usize), FormatError> {
    let file = page.attribute("BaseLoc").and_then(|location| package.find(place, location));
    let file = file.ok_or_else(|| FormatError::NotDrawn {
        format: Format::Ofd,
        why: "it is missing in the file".to_owned(),
    })?;
    let page = package.xml(&file)?;
    let mut resources = Resources::default();
    let common = document.child("CommonData");
    if let Some(common) = common {
        for name in ["PublicRes", "DocumentRes"] {
            each_resource(package, place, common, name, &mut |package, file, resource| {
                resources.add(package, file, resource);
            })?;
        }
    }
    let mut templates = Vec::new();
    for template in page.all("Template") {
        let id = template.attribute("TemplateID").unwrap_or_default().trim();
        let known = common.and_then(|common| {
            let mut all = common.all("TemplatePage");
            all.find(|known| known.attribute("ID").is_some_and(|known| known.trim() == id))
        });
        let location = known.and_then(|known| known.attribute("BaseLoc"));
        let Some(file) = location.and_then(|location| package.find(place, location)) else {
            continue;
        };
        let order = template.attribute("ZOrder").or(known.and_then(|it| it.attribute("ZOrder")));
        let in_front = order.is_some_and(|order| order.trim() == "Foreground");
        templates.push((in_front, file.clone(), package.xml(&file)?));
    }
    for (file, holder) in
        templates.iter().map(|(_, file, template)| (file, template)).chain([(&file, &page)])
    {
        each_resource(package, file, holder, "PageRes", &mut |package, file, resource| {
            resources.add(package, file, resource);
        })?;
    }
    let of_template =
        || templates.iter().find_map(|(_, _, template)| template.child("Area").and_then(area));
    let of_document = || common.and_then(|common| common.child("PageArea")).and_then(area);
    let own = page.child("Area").and_then(area);
    let [left, top, width, height] = own.or_else(of_template).or_else(of_document).unwrap_or(A4);
    let mut painter = Painter::new(package, &resources, limits, clock);
    let contents = |in_front: bool| {
        let templates = templates.iter().filter(move |(front, ..)| *front == in_front);
        templates.filter_map(|(_, _, template)| template.child("Content"))
    };
    for content in contents(false).chain(page.child("Content")).chain(contents(true)) {
        painter.content(content)?;
    }
    let painted = painter.finish();
    let (wide, high) = (width * POINTS, height * POINTS);
    // From millimetres downwards to points upwards.
    let turned =
        format!("{POINTS} 0 0 -{POINTS} {} {} cm\n", -left * POINTS, (top + height) * POINTS);
    let mut pdf = painted.file;
    pdf.page(&written::Sheet {
        width: wide,
        height: high,
        turned: 0,
        resources: &painted.resources,
        content: &[turned.as_bytes(), &painted.content].concat(),
    });
    Ok((pdf.file(), painted.undrawn))
}
