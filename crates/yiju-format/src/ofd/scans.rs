//! Pages that are a picture (GB/T 33190 §10).

use std::collections::HashMap;

use super::glyphs::Objects;
use super::package::Package;
use super::paragraphs::POINTS;
use super::xml::Element;
use crate::pdf::scanned::{self, Scan};
use crate::pdf::scans::Drawn;
use crate::picture::{self, Colours, Recognition};
use crate::{Block, FormatError, Limits};

/// The files of pictures by their identifiers.
pub(super) type Media = HashMap<String, String>;

/// A page that is a picture.
pub(super) struct Pictured {
    /// The page, from 1.
    page: usize,
    /// Left, upper edge and width of the picture on the page, in points.
    place: [f32; 3],
    bytes: Vec<u8>,
}

/// Adds the pictures that a file of resources names.
pub(super) fn media(package: &Package<'_>, file: &str, resource: &Element, into: &mut Media) {
    let base = resource.attribute("BaseLoc").unwrap_or_default().trim();
    for media in resource.all("MultiMedias").flat_map(|medias| medias.all("MultiMedia")) {
        let (Some(id), Some(name)) = (media.attribute("ID"), media.value("MediaFile")) else {
            continue;
        };
        let place = package.find(file, &format!("{base}/{name}"));
        if let Some(found) = place.or_else(|| package.find(file, name)) {
            into.insert(id.trim().to_owned(), found);
        }
    }
}

/// The picture that a page without text is, the largest of several; its box begins at `left` and `top`.
///
/// # Errors
/// As [`Package::bytes`].
pub(super) fn pictured(
    package: &mut Package<'_>,
    media: &Media,
    objects: &Objects,
    page: usize,
    [left, top]: [f64; 2],
) -> Result<Option<Pictured>, FormatError> {
    if !objects.runs.is_empty() {
        return Ok(None);
    }
    let size = |[_, _, width, height]: [f64; 4]| width * height;
    let known = objects.images.iter().filter_map(|(id, area)| Some((media.get(id)?, *area)));
    let largest = known.max_by(|a, b| size(a.1).total_cmp(&size(b.1)));
    let Some((file, [x, y, width, _])) = largest else { return Ok(None) };
    let place = [x - left, y - top, width].map(|millimetres| (millimetres * POINTS) as f32);
    Ok(Some(Pictured { page, place, bytes: package.bytes(file)? }))
}

/// Reads pages that are pictures, and puts what they say among the blocks of the others, by their pages.
///
/// # Errors
/// [`FormatError::Slow`].
pub(super) fn read(
    pictured: Vec<Pictured>,
    pages: usize,
    recognition: &Recognition<'_>,
    limits: &Limits,
    blocks: Vec<Block>,
    unread: &mut Vec<String>,
) -> Result<Vec<Block>, FormatError> {
    let mut scans = Vec::new();
    for Pictured { page, place: [left, top, width], bytes } in pictured {
        let drawn = match picture::pdf(&bytes, limits, Colours::Grey) {
            Ok(pdf) => Drawn::of(&pdf).picture(0, limits)?.map(|(shades, _)| shades),
            Err(error) => Err(error.to_string()),
        };
        let shades = match drawn {
            Ok(shades) => shades,
            Err(why) => {
                unread.push(scanned::not_read(page, &why));
                continue;
            }
        };
        let points = width.max(1.0) / shades.width as f32;
        match scanned::see(shades, recognition, limits)? {
            Ok(seen) if seen.lines.is_empty() => unread.push(scanned::wordless(page)),
            Ok(seen) => scans.push(Scan { page, points, origin: (left, top), seen }),
            Err(why) => unread.push(scanned::not_read(page, &why)),
        }
    }
    let mut last = 0;
    let mut woven: Vec<(u32, Block)> = Vec::new();
    for list in [blocks, scanned::blocks(scans, pages)] {
        for block in list {
            last = first_page(&block).unwrap_or(last);
            woven.push((last, block));
        }
    }
    woven.sort_by_key(|(page, _)| *page);
    Ok(woven.into_iter().map(|(_, block)| block).collect())
}

fn first_page(block: &Block) -> Option<u32> {
    match block {
        Block::Text(text) => text.places.first().map(|place| place.page),
        Block::Table(table) => {
            let mut places = table.rows.iter().flatten().flat_map(|cell| &cell.places);
            places.next().map(|place| place.page)
        }
    }
}
