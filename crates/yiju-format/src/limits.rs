//! How much work a file may make.

use std::time::Duration;

use crate::FormatError;

/// Limits on one file. Over a limit the file is refused, with the limit named; nothing is cut in silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Bytes of all its parts unpacked.
    pub unpacked: usize,
    /// How many times larger than the file its parts may be unpacked.
    pub ratio: usize,
    /// Parts (files in an archive, objects of a PDF).
    pub parts: usize,
    /// Files in a ZIP archive, those of archives in it among them.
    pub files: usize,
    /// Archives in each other, the outermost among them.
    pub nested: usize,
    /// Cells of the tables of a workbook or a table as text.
    pub cells: usize,
    /// Elements of an XML part.
    pub elements: usize,
    /// Paragraphs of an RTF document.
    pub paragraphs: usize,
    /// Pages.
    pub pages: usize,
    /// Depth of what is nested: elements in elements, forms in forms.
    pub depth: usize,
    /// Pixels of one picture.
    pub pixels: usize,
    /// Time, recognition apart.
    pub time: Duration,
    /// Time for a page that is a picture. One takes a few seconds of an idle core; this long only on a machine that is so
    /// busy that a limit of `time` would refuse what is in order.
    pub picture_time: Duration,
}

impl Limits {
    /// Refuses a file that is too large before anything is made of it.
    ///
    /// # Errors
    /// It has more bytes than the limit.
    pub(crate) fn check_size(&self, file: &[u8]) -> Result<(), FormatError> {
        if file.len() > self.bytes {
            let size = file.len();
            return Err(FormatError::TooLarge { what: "bytes", size, limit: self.bytes });
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            unpacked: 256 << 20,
            ratio: 200,
            parts: 200_000,
            files: 10_000,
            nested: 4,
            cells: 2_000_000,
            elements: 10_000_000,
            paragraphs: 2_000_000,
            pages: 5_000,
            depth: 64,
            pixels: 100_000_000,
            time: Duration::from_secs(60),
            picture_time: Duration::from_secs(600),
        }
    }
}
