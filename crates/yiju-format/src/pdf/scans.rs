//! The pages of a PDF that are pictures: drawn one by one, and read.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use hayro_interpret::hayro_syntax::Pdf as File;

use super::page::{Item, PageText};
use super::raster;
use super::scanned::{self, Scan};
use crate::bounded::{self, Ended, Stop};
use crate::picture::{Recognition, Shades};
use crate::{FormatError, Limits};

/// A page is a scan if pictures cover at least this part of it.
const COVERED: f32 = 0.2;

/// What was read in the pages of a file that are pictures.
#[derive(Default)]
pub(super) struct Scans {
    /// The pages that were read.
    pub(super) read: Vec<Scan>,
    /// Of those that were not: why, by their index.
    pub(super) unread: HashMap<usize, String>,
}

/// Reads the pages that are pictures, and puts what they say into the place of what they had. One page is in memory at a
/// time, and each has its own time.
///
/// # Errors
/// [`FormatError::Slow`].
pub(super) fn read(
    bytes: &[u8],
    limits: &Limits,
    pages: &mut [PageText],
    recognition: &Recognition<'_>,
) -> Result<Scans, FormatError> {
    let mut scans = Scans::default();
    let wanted: Vec<usize> = pages
        .iter()
        .enumerate()
        .filter(|(_, page)| is_scan(page, recognition.always))
        .map(|(index, _)| index)
        .collect();
    if wanted.is_empty() {
        return Ok(scans);
    }
    let file = Drawn::of(bytes);
    for index in wanted {
        let (picture, scale) = match file.picture(index, limits)? {
            Ok(picture) => picture,
            Err(why) => {
                scans.unread.insert(index, why);
                continue;
            }
        };
        match scanned::see(picture, recognition, limits)? {
            Ok(seen) if seen.lines.is_empty() => {}
            Ok(seen) => {
                let scan = Scan { page: index + 1, points: 1.0 / scale, origin: (0.0, 0.0), seen };
                if let Some(page) = pages.get_mut(index) {
                    *page = PageText { pictures: page.pictures, ..scan.text() };
                }
                scans.read.push(scan);
            }
            Err(why) => {
                scans.unread.insert(index, why);
            }
        }
    }
    Ok(scans)
}

/// Whether a page is a picture: with no text, or, if asked for, with none that is seen.
fn is_scan(page: &PageText, always: bool) -> bool {
    let seen = page.items.iter().any(|item| match item {
        Item::Line(line) => !(always && line.invisible),
        Item::Table(..) => true,
    });
    page.pictures >= COVERED && !seen
}

/// A file whose pages are drawn. It is opened once, by the thread that draws the first of them.
pub(crate) struct Drawn {
    bytes: Arc<[u8]>,
    file: Arc<Opened>,
}

/// The file, or why it cannot be opened.
type Opened = OnceLock<Result<File, String>>;

impl Drawn {
    /// Of a file's bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.into(), file: Arc::default() }
    }

    /// The picture of a page; inside, why there is none. It is drawn on a thread with a stack for what is nested.
    ///
    /// # Errors
    /// [`FormatError::Slow`], or no thread could be started.
    pub(crate) fn picture(
        &self,
        index: usize,
        limits: &Limits,
    ) -> Result<Result<(Shades, f32), String>, FormatError> {
        let stop = Stop::after(limits.picture_time);
        let (bytes, file) = (Arc::clone(&self.bytes), Arc::clone(&self.file));
        let (limits_, inside) = (*limits, stop.clone());
        let drawn = bounded::run(&stop, None, move || {
            let open =
                || File::new(bytes.to_vec()).map_err(|_| "its pages cannot be found".to_owned());
            let file = file.get_or_init(open).as_ref().map_err(Clone::clone)?;
            raster::draw(file, index, &limits_, &inside)
        });
        match drawn {
            Ok(drawn) => Ok(drawn),
            Err(ended @ (Ended::TooMuch | Ended::Damaged)) => Ok(Err(ended.why().to_owned())),
            Err(ended) => Err(super::unfinished(ended, limits.picture_time)),
        }
    }
}
