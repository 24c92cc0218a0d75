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

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Instant;

use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf as File};
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};

use crate::picture::Recognition;
use crate::{Block, Facts, Format, FormatError, Limits, Page, Reader, Reading};
pub(crate) use drawing::draw_page;
use fonts::Fonts;
use glyphs::{Canvas, Drawing, Stop, Stopped};
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
/// Stack of each: forms may be nested, and each level takes some kilobytes.
const STACK: usize = 16 << 20;

pub(super) fn damaged(what: impl Into<String>) -> FormatError {
    FormatError::Damaged { format: Format::Pdf, what: what.into() }
}

impl Reader for Pdf<'_> {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let until = Instant::now() + limits.time;
        let broken = guard::unpacked(bytes, limits, until)?;
        let stop = Stop { at: until, now: Arc::new(AtomicBool::new(false)) };
        let Drawn { mut pages, title, mut unread, tags } = draw(bytes, limits, &stop)?;
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
        let mut blocks = blocks::blocks(pages, tags.as_deref());
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

/// What the threads say to the one that waits.
enum Message {
    /// The file was opened: pages, title, structure.
    Opened(usize, Option<String>, Option<Arc<Tags>>),
    /// It was not.
    Failed(FormatError),
    /// A page was read, or why it was not.
    Page(usize, Box<PageText>, Option<String>),
}

/// What was read of a file.
struct Drawn {
    pages: Vec<PageText>,
    title: Option<String>,
    unread: Vec<String>,
    tags: Option<Arc<Tags>>,
}

/// Reads all pages: their content, the file's title, and what was not read.
///
/// The threads are not waited for when time is over: the interpreter may be inside a stream, and ends itself soon after.
fn draw(bytes: &[u8], limits: &Limits, stop: &Stop) -> Result<Drawn, FormatError> {
    let slow = || FormatError::Slow { seconds: limits.time.as_secs() };
    let (sender, receiver) = mpsc::channel();
    let data = bytes.to_vec();
    {
        let (limits, stop) = (*limits, stop.clone());
        spawn(move || open(data, limits, &stop, &sender))?;
    }
    let wait = || {
        let left = stop.at.saturating_duration_since(Instant::now());
        receiver.recv_timeout(left).map_err(|error| match error {
            mpsc::RecvTimeoutError::Timeout => {
                stop.now.store(true, Ordering::Relaxed);
                slow()
            }
            mpsc::RecvTimeoutError::Disconnected if stop.reached() => slow(),
            mpsc::RecvTimeoutError::Disconnected => damaged("its pages cannot be read"),
        })
    };
    let (count, title, tags) = match wait()? {
        Message::Opened(count, title, tags) => (count, title, tags),
        Message::Failed(error) => return Err(error),
        Message::Page(..) => return Err(damaged("its pages cannot be read")),
    };
    let mut pages = vec![PageText::default(); count];
    let mut unread = vec![None; count];
    for _ in 0..count {
        match wait()? {
            Message::Page(index, page, why) => {
                if let (Some(place), Some(failed)) = (pages.get_mut(index), unread.get_mut(index)) {
                    *place = *page;
                    *failed = why.map(|why| format!("page {} cannot be read: {why}", index + 1));
                }
            }
            Message::Failed(error) => return Err(error),
            Message::Opened(..) => {}
        }
    }
    Ok(Drawn { pages, title, unread: unread.into_iter().flatten().collect(), tags })
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), FormatError> {
    let thread = std::thread::Builder::new().name("pdf".to_owned()).stack_size(STACK);
    thread.spawn(work).map(drop).map_err(|_| damaged("no thread could be started to read it"))
}

/// Why a page was not gone through to its end, from what its thread panicked with.
fn why_not(payload: &(dyn Any + Send)) -> &'static str {
    if payload.is::<Stopped>() { "it draws too much" } else { "its content is damaged" }
}

/// Opens a file that has pages.
fn opened(data: Vec<u8>, limits: &Limits) -> Result<File, FormatError> {
    // The library is not expected to panic; a file that makes it do so is damaged in a way that it does not know.
    let file = match catch_unwind(AssertUnwindSafe(|| File::new(data))) {
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

/// Opens the file and reads its pages on this thread and others.
fn open(data: Vec<u8>, limits: Limits, stop: &Stop, sender: &mpsc::Sender<Message>) {
    let file = match opened(data, &limits) {
        Ok(file) => Arc::new(file),
        Err(error) => return drop(sender.send(Message::Failed(error))),
    };
    let count = file.pages().len();
    let title = file.metadata().title.as_ref().map(|title| text::decode(title));
    let tags = catch_unwind(AssertUnwindSafe(|| Tags::read(&file, &limits))).ok().flatten();
    let tags = tags.map(Arc::new);
    drop(sender.send(Message::Opened(count, title, tags.clone())));
    let next = Arc::new(AtomicUsize::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for _ in 1..threads.min(THREADS).min(count) {
        let (file, next, tags) = (Arc::clone(&file), Arc::clone(&next), tags.clone());
        let (stop, sender) = (stop.clone(), sender.clone());
        // With fewer threads it takes longer.
        drop(spawn(move || read_pages(&file, tags.as_deref(), &next, limits, &stop, &sender)));
    }
    read_pages(&file, tags.as_deref(), &next, limits, stop, sender);
}

/// Reads pages until none is left.
fn read_pages(
    file: &File,
    tags: Option<&Tags>,
    next: &AtomicUsize,
    limits: Limits,
    stop: &Stop,
    sender: &mpsc::Sender<Message>,
) {
    let mut cache = InterpreterCache::new();
    let mut fonts = Fonts::default();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= file.pages().len() || stop.reached() {
            return;
        }
        let (width, height) =
            file.pages().get(index).map_or((0.0, 0.0), |page| page.render_dimensions());
        let page = catch_unwind(AssertUnwindSafe(|| {
            let drawing = read_page(file, index, limits, stop, &cache, &mut fonts)?;
            Ok(PageText::of(index, (width, height), drawing, tags, stop))
        }));
        let page = page.unwrap_or_else(|payload| {
            // What a page left behind half-way is not used again.
            cache = InterpreterCache::new();
            fonts = Fonts::default();
            Err(why_not(payload.as_ref()).to_owned())
        });
        // Whoever waits says that time is over.
        if stop.reached() {
            return;
        }
        let (page, why) = match page {
            Ok(page) => (page, None),
            Err(why) => (PageText { width, height, ..PageText::default() }, Some(why)),
        };
        if sender.send(Message::Page(index, Box::new(page), why)).is_err() {
            return;
        }
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
