//! Where a document's text is printed in the file that it was read from, and that file as it came.

use std::ops::Range;

use rusqlite::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::codec::{CHUNK, checksum, verify};
use crate::error::{Fault, StoreError};
use crate::read::{checked_structure, document_key, record_by_key};
use crate::store::Store;
use crate::write::json;

/// How a document stands in the file that it was read from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// The file's format, for people: `PDF file`.
    pub format: String,
    /// The file's pages in their order; empty where the format has none.
    pub pages: Vec<PageSize>,
    /// The lines of the document on pages, ascending by their bytes, which do not overlap.
    pub lines: Vec<PrintedLine>,
}

/// A page's size in points (1/72 inch), as it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f32, f32)", into = "(f32, f32)")]
pub struct PageSize {
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl From<(f32, f32)> for PageSize {
    fn from((width, height): (f32, f32)) -> Self {
        Self { width, height }
    }
}

impl From<PageSize> for (f32, f32) {
    fn from(size: PageSize) -> Self {
        (size.width, size.height)
    }
}

/// A part of a text on a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredLine", into = "StoredLine")]
pub struct PrintedLine {
    /// Bytes of the document's clean text.
    pub bytes: Range<usize>,
    /// The page, from 1.
    pub page: u32,
    /// Left, upper, right and lower edge in points from the page's upper left corner.
    pub area: [f32; 4],
    /// That it was recognised in a picture; `None` for text that the file itself has.
    pub recognised: Option<Recognised>,
}

/// That a line was recognised in a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Recognised {
    /// How surely, from 0 to 1; `None` where another program recognised it, which did not say.
    pub confidence: Option<f32>,
}

/// Bytes, page, and edges in tenths of points: short in JSON. Of lines that were recognised also the confidence in
/// thousandths, or [`UNKNOWN`].
type StoredLine = Vec<i64>;

/// Stands for a confidence that is not known.
const UNKNOWN: i64 = -1;

impl TryFrom<StoredLine> for PrintedLine {
    type Error = String;

    fn try_from(stored: StoredLine) -> Result<Self, String> {
        let (numbers, recognised) = match stored[..] {
            [start, end, page, left, top, right, bottom] => {
                ([start, end, page, left, top, right, bottom], None)
            }
            [start, end, page, left, top, right, bottom, sure] => {
                let confidence = (sure != UNKNOWN).then_some(sure as f32 / 1000.0);
                ([start, end, page, left, top, right, bottom], Some(Recognised { confidence }))
            }
            _ => return Err(format!("a printed line has {} numbers, not 7 or 8", stored.len())),
        };
        let [start, end, page, edges @ ..] = numbers;
        let wrong = |what: &str, value: i64| format!("a printed line has the {what} {value}");
        let byte = |value: i64| usize::try_from(value).map_err(|_| wrong("byte", value));
        Ok(Self {
            bytes: byte(start)?..byte(end)?,
            page: u32::try_from(page).map_err(|_| wrong("page", page))?,
            area: edges.map(|tenths| tenths as f32 / 10.0),
            recognised,
        })
    }
}

impl From<PrintedLine> for StoredLine {
    fn from(line: PrintedLine) -> Self {
        let mut stored = vec![line.bytes.start as i64, line.bytes.end as i64, i64::from(line.page)];
        stored.extend(line.area.map(|points| (points * 10.0).round() as i64));
        stored.extend(line.recognised.map(|Recognised { confidence }| {
            confidence.map_or(UNKNOWN, |sure| (sure.clamp(0.0, 1.0) * 1000.0).round() as i64)
        }));
        stored
    }
}

impl Layout {
    /// The lines that have a part of these bytes of the document's clean text.
    pub fn lines_of(&self, bytes: Range<usize>) -> &[PrintedLine] {
        let from = self.lines.partition_point(|line| line.bytes.end <= bytes.start);
        let to = self.lines.partition_point(|line| line.bytes.start < bytes.end);
        self.lines.get(from..to).unwrap_or(&[])
    }

    /// What is wrong with it as the layout of a text of `length` bytes.
    pub(crate) fn check(&self, length: usize) -> Result<(), String> {
        let mut at = 0;
        for line in &self.lines {
            let Range { start, end } = line.bytes;
            if start < at || end < start || end > length {
                return Err(format!("a printed line has the bytes {start}..{end} of {length}"));
            }
            if line.page == 0 || line.page as usize > self.pages.len() {
                return Err(format!("a line is on page {} of {}", line.page, self.pages.len()));
            }
            at = end;
        }
        Ok(())
    }
}

impl Store {
    /// How a document stands in its file; `None` if there is no such document, or it was given as text.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], or reading failed.
    pub fn layout(&self, id: &str) -> Result<Option<Layout>, StoreError> {
        self.readers.read("read the layout", |connection| match document_key(connection, id)? {
            Some(key) => load(connection, key),
            None => Ok(None),
        })
    }

    /// The file that a document was read from, as it came; `None` if there is no such document, it was given as text,
    /// or its file was not kept.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it does not have the source's SHA-256, or reading failed.
    pub fn original(&self, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.readers.read("read the file", |connection| {
            let Some(key) = document_key(connection, id)? else {
                return Ok(None);
            };
            // Only what was read from the file has a layout.
            let read = connection
                .prepare_cached("SELECT 1 FROM layouts WHERE document = ?1")?
                .exists([key])?;
            if !read {
                return Ok(None);
            }
            let record = record_by_key(connection, key)?;
            original(connection, &record.source)
        })
    }
}

/// The layout of a document.
pub(crate) fn load(connection: &Connection, document: i64) -> Result<Option<Layout>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT document, crc, body FROM layouts WHERE document = ?1")?;
    let mut rows = statement.query([document])?;
    rows.next()?.map(|row| checked_structure("layouts", document, 0, row)).transpose()
}

/// The kept file of a source; its pieces have checksums.
pub(crate) fn original(connection: &Connection, source: &str) -> Result<Option<Vec<u8>>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT o.source, o.piece, o.crc, o.bytes FROM originals o JOIN sources s ON s.key = o.source
         WHERE s.name = ?1 ORDER BY o.piece",
    )?;
    let mut rows = statement.query([source])?;
    let mut bytes: Option<Vec<u8>> = None;
    let mut next = 0i64;
    while let Some(row) = rows.next()? {
        let (key, piece): (i64, i64) = (row.get(0)?, row.get(1)?);
        let payload = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        verify("originals", key, piece, payload, row.get(2)?)?;
        if piece != next {
            return Err(Fault::Corrupt(format!("the file of {source} breaks off at piece {next}")));
        }
        bytes.get_or_insert_default().extend_from_slice(payload);
        next += 1;
    }
    Ok(bytes)
}

/// Writes the layout of a document that has none.
pub(crate) fn write(
    transaction: &Transaction<'_>,
    document: i64,
    layout: &Layout,
) -> Result<(), Fault> {
    let body = json(layout)?;
    transaction
        .prepare_cached("INSERT INTO layouts (document, crc, body) VALUES (?1, ?2, ?3)")?
        .execute(params![document, checksum(document, 0, body.as_bytes()), body])?;
    Ok(())
}

/// Writes the file of a source in the place of one that it had, or removes that.
pub(crate) fn write_original(
    transaction: &Transaction<'_>,
    source: i64,
    original: Option<&[u8]>,
) -> Result<(), Fault> {
    transaction.prepare_cached("DELETE FROM originals WHERE source = ?1")?.execute([source])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO originals (source, piece, crc, bytes) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (piece, bytes) in (0i64..).zip(original.unwrap_or_default().chunks(CHUNK)) {
        insert.execute(params![source, piece, checksum(source, piece, bytes), bytes])?;
    }
    Ok(())
}
