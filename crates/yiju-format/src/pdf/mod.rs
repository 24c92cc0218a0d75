//! PDF (ISO 32000-2).
//!
//! The interpreter of `hayro` draws each page onto a device of ours ([`glyphs`]); glyphs become rows ([`lines`]), rows become
//! lines in the order of reading ([`layout`]), what pages repeat goes ([`running`]), and lines become paragraphs
//! ([`paragraphs`]). Pages are read in parallel, each by one thread.

mod aligned;
mod blocks;
mod drawing;
mod fonts;
mod frame;
mod glyphs;
mod grid;
mod guard;
mod layout;
mod lines;
mod page;
mod paragraphs;
mod radicals;
mod raster;
mod running;
pub(crate) mod scanned;
pub(crate) mod scans;
mod tables;
mod tags;
#[cfg(test)]
mod tests;
mod text;
mod weigh;
pub(crate) mod written;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf as File};
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};

use crate::bounded::{self, Ended, STACK, Stop, caught};
use crate::picture::Recognition;
use crate::{Block, Facts, Format, FormatError, Limits, Page, Reader, Reading};
pub(crate) use drawing::draw_page;
use fonts::Fonts;
use glyphs::{Canvas, Drawing};
use lines::Line;
use page::{Item, PageText};
use tags::Tags;

/// Reads PDF.
pub(crate) struct Pdf<'a> {
    /// How pages are read that are pictures; `None` where they are not.
    pub(crate) recognition: Option<Recognition<'a>>,
}

/// A page is not read if more than one of so many of its characters is unknown.
const UNKNOWN: usize = 10;
/// Threads that read pages of one file.
const THREADS: usize = 8;

pub(super) fn damaged(what: impl Into<String>) -> FormatError {
    FormatError::Damaged { format: Format::Pdf, what: what.into() }
}

/// Why a file was not gone through to its end.
fn unfinished(ended: Ended, limit: Duration) -> FormatError {
    match ended {
        Ended::Slow => FormatError::Slow { seconds: limit.as_secs() },
        Ended::NoThread => damaged(ended.why()),
        Ended::TooMuch | Ended::Damaged => damaged("its pages cannot be read"),
    }
}

impl Reader for Pdf<'_> {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let stop = Stop::after(limits.time);
        let broken = guard::unpacked(bytes, limits, stop.at())?;
        let Drawn { mut pages, title, mut unread, tags } = {
            let (data, limits, inside) = (bytes.to_vec(), *limits, stop.clone());
            bounded::run(&stop, None, move || draw(data, &limits, &inside))
                .map_err(|ended| unfinished(ended, limits.time))??
        };
        if !guard::whole(bytes) {
            unread.push("the file is not whole: only what was found in it is read".to_owned());
        } else if broken > 0 {
            unread.push(format!(
                "{broken} of the file's streams cannot be unpacked whole: text may be missing"
            ));
        }
        let sizes =
            pages.iter().map(|page| Page { width: page.width, height: page.height }).collect();
        let mut scans = match &self.recognition {
            Some(recognition) => scans::read(bytes, limits, &mut pages, recognition)?,
            None => scans::Scans::default(),
        };
        for (index, page) in pages.iter_mut().enumerate() {
            let unseen = unseen(index + 1, page);
            unread.extend(match scans.unread.remove(&index) {
                Some(why) => Some(scanned::not_read(index + 1, &why)),
                None => unseen,
            });
        }
        running::remove(&mut pages);
        let mut blocks = blocks::blocks(pages, tags.as_ref());
        scanned::settle(&mut blocks, &scans.read);
        if blocks.is_empty() && unread.is_empty() {
            return Err(FormatError::Empty { format: Format::Pdf });
        }
        let facts =
            Facts { title: title.filter(|title| printed(&blocks, title)), ..Facts::default() };
        Ok(Reading { blocks, pages: sizes, facts, unread, ..Reading::default() })
    }
}

/// What of a page could not be read. A page of which much could not is left empty: what is left of it would mislead.
fn unseen(number: usize, page: &mut PageText) -> Option<String> {
    let (mut characters, mut unknown) = (0, 0);
    let mut count = |line: &Line| {
        characters += line.text.chars().filter(|c| !c.is_whitespace()).count();
        unknown += line.unknown;
    };
    for item in &page.items {
        match item {
            Item::Line(line) => count(line),
            Item::Table(_, grid) => {
                grid.cells.iter().flat_map(|cell| &cell.lines).for_each(&mut count);
            }
        }
    }
    if characters == 0 {
        let what = if page.pictures > 0.0 { "is a picture without text" } else { "has no text" };
        // An empty page is no loss.
        return (page.pictures > 0.0).then(|| format!("page {number} {what}"));
    }
    if unknown * UNKNOWN > characters {
        page.items.clear();
        return Some(format!("page {number} has text in fonts that do not say its characters"));
    }
    if unknown > 0 {
        return Some(format!(
            "{unknown} of {characters} characters of page {number} are not known"
        ));
    }
    None
}

/// Whether the title that a file says it has is in its text: programs write the names of files there.
fn printed(blocks: &[Block], title: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let title = bare(title);
    let start: String = blocks
        .iter()
        .take(20)
        .filter_map(|block| match block {
            Block::Text(text) => Some(bare(&text.text)),
            Block::Table(_) => None,
        })
        .collect();
    title.chars().count() > 1 && start.contains(&title)
}

/// What was read of a file.
struct Drawn {
    pages: Vec<PageText>,
    title: Option<String>,
    unread: Vec<String>,
    tags: Option<Tags>,
}

/// Opens a file that has pages.
fn opened(data: Vec<u8>, limits: &Limits) -> Result<File, FormatError> {
    // The library is not expected to panic; a file that makes it do so is damaged in a way that it does not know.
    let file = match caught(|| File::new(data)) {
        Ok(Ok(file)) => file,
        Ok(Err(LoadPdfError::Decryption(DecryptionError::PasswordProtected))) => {
            return Err(FormatError::Encrypted { format: Format::Pdf });
        }
        Ok(Err(LoadPdfError::Decryption(_))) => {
            return Err(damaged("it is encrypted in a way that is not known"));
        }
        Ok(Err(LoadPdfError::Invalid)) | Err(_) => {
            return Err(damaged("its pages cannot be found"));
        }
    };
    if file.len() > limits.parts {
        let size = file.len();
        return Err(FormatError::TooLarge { what: "objects", size, limit: limits.parts });
    }
    let count = file.pages().len();
    if count > limits.pages {
        return Err(FormatError::TooLarge { what: "pages", size: count, limit: limits.pages });
    }
    if count == 0 {
        return Err(damaged("it has no pages"));
    }
    Ok(file)
}

/// Reads all pages on this thread and others: their content, the file's title, and what was not read.
fn draw(data: Vec<u8>, limits: &Limits, stop: &Stop) -> Result<Drawn, FormatError> {
    let file = opened(data, limits)?;
    let count = file.pages().len();
    let title = file.metadata().title.as_ref().map(|title| text::decode(title));
    let tags = caught(|| Tags::read(&file, limits)).ok().flatten();
    let next = AtomicUsize::new(0);
    let read = || read_pages(&file, tags.as_ref(), &next, *limits, stop);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let found: Vec<ReadPage> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(THREADS).min(count))
            // With fewer threads it takes longer.
            .filter_map(|_| {
                let thread = std::thread::Builder::new().name("pdf".to_owned()).stack_size(STACK);
                thread.spawn_scoped(scope, read).ok()
            })
            .collect();
        let own = read();
        let others = others.into_iter().filter_map(|thread| thread.join().ok()).flatten();
        others.chain(own).collect()
    });
    if found.len() < count {
        return Err(damaged("its pages cannot be read"));
    }
    let mut pages = vec![PageText::default(); count];
    let mut unread = vec![None; count];
    for ReadPage { index, page, why } in found {
        if let (Some(place), Some(failed)) = (pages.get_mut(index), unread.get_mut(index)) {
            *place = page;
            *failed = why.map(|why| format!("page {} cannot be read: {why}", index + 1));
        }
    }
    Ok(Drawn { pages, title, unread: unread.into_iter().flatten().collect(), tags })
}

/// A page that was read, or why it was not.
struct ReadPage {
    index: usize,
    page: PageText,
    why: Option<String>,
}

/// Reads pages until none is left or time is over.
fn read_pages(
    file: &File,
    tags: Option<&Tags>,
    next: &AtomicUsize,
    limits: Limits,
    stop: &Stop,
) -> Vec<ReadPage> {
    let mut cache = InterpreterCache::new();
    let mut fonts = Fonts::default();
    let mut read = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(page) = file.pages().get(index).filter(|_| !stop.reached()) else { return read };
        let (width, height) = page.render_dimensions();
        let page = caught(|| {
            let drawing = read_page(file, index, limits, stop, &cache, &mut fonts)?;
            Ok(PageText::of(index, (width, height), drawing, tags, stop))
        });
        let page = page.unwrap_or_else(|ended| {
            // What a page left behind half-way is not used again.
            cache = InterpreterCache::new();
            fonts = Fonts::default();
            Err(ended.why().to_owned())
        });
        let (page, why) = match page {
            Ok(page) => (page, None),
            Err(why) => (PageText { width, height, ..PageText::default() }, Some(why)),
        };
        read.push(ReadPage { index, page, why });
    }
}

fn read_page<'a>(
    file: &'a File,
    index: usize,
    limits: Limits,
    stop: &Stop,
    cache: &InterpreterCache<'a>,
    fonts: &mut Fonts<'a>,
) -> Result<Drawing, String> {
    let page = file.pages().get(index).ok_or("it is not there")?;
    let (width, height) = page.render_dimensions();
    if !(width.is_finite() && height.is_finite()) {
        return Err("its size is not a number".to_owned());
    }
    guard::page(page, &limits)?;
    fonts.survey(page.resources(), limits.depth)?;
    let turned = Affine::new(page.initial_transform(true).as_coeffs());
    let bounds = Rect::new(0.0, 0.0, width.into(), height.into());
    let settings = InterpreterSettings::default();
    let mut context = Context::new(turned, bounds, cache, file.xref(), settings);
    let mut canvas = Canvas::new(width, height, fonts, stop.clone());
    interpret_page(page, &mut context, &mut canvas);
    Ok(canvas.finish())
}
