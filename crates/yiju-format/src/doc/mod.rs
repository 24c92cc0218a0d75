//! Word 97 to 2003, .doc ([MS-DOC]), also .wps that is one inside.
//!
//! The text lies in pieces ([MS-DOC] §2.8.35), and what is said of its characters and paragraphs in pages of runs by
//! the place of the characters in the file (§2.9.33, §2.9.174).

mod fonts;
mod lists;
mod pieces;
mod runs;
mod story;
mod styles;
#[cfg(test)]
mod tests;

use crate::block::{Facts, Reading};
use crate::cfb::{Compound, u16_at, u32_at};
use crate::clock::Clock;
use crate::{Format, FormatError, Limits, Reader};

use pieces::Text;
use runs::{Runs, sprms};
use story::Document;

/// The reader of DOC.
pub(crate) struct Doc;

/// Places in the file information block (§2.5.1): the pairs of offset and size begin at byte 154.
const PAIRS: usize = 154;

/// Which pair says where something is (§2.5.6).
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Styles = 1,
    FootnoteReferences = 2,
    FootnoteTexts = 3,
    CharacterRuns = 12,
    ParagraphRuns = 13,
    Fonts = 15,
    Pieces = 33,
    Shapes = 40,
    EndnoteReferences = 46,
    EndnoteTexts = 47,
    BoxTexts = 56,
    Lists = 73,
    ListInstances = 74,
}

/// The streams of a document and where their parts are.
#[derive(Debug)]
pub(super) struct Streams {
    pub(super) main: Vec<u8>,
    pub(super) table: Vec<u8>,
}

impl Streams {
    /// The bytes of a part, and of all that follows it for those that have more behind them.
    pub(super) fn part(&self, part: Part) -> Option<(&[u8], &[u8])> {
        let at = PAIRS + part as usize * 8;
        let start = u32_at(&self.main, at)? as usize;
        let size = u32_at(&self.main, at + 4)? as usize;
        if size == 0 {
            return None;
        }
        let rest = self.table.get(start..)?;
        Some((rest.get(..size)?, rest.get(size..)?))
    }

    /// The bytes of a part; nothing if there is none.
    pub(super) fn bytes(&self, part: Part) -> &[u8] {
        self.part(part).map_or(&[], |(bytes, _)| bytes)
    }

    /// A count of characters (§2.5.4): 3 is the main text, then footnotes, headers, (macros,) comments, endnotes, boxes.
    fn count(&self, index: usize) -> usize {
        u32_at(&self.main, 64 + index * 4).map_or(0, |count| count as usize)
    }
}

impl Reader for Doc {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let clock = Clock::new(limits);
        let damaged =
            |what: &str| FormatError::Damaged { format: Format::Doc, what: what.to_owned() };
        let file = Compound::open(bytes).ok_or_else(|| damaged("its table of sectors"))?;
        let main = file.stream("WordDocument").ok_or_else(|| damaged("the stream WordDocument"))?;
        // §2.5.2: what it begins with, the version, and flags.
        let version = u16_at(&main, 2).unwrap_or(0);
        if u16_at(&main, 0) != Some(0xa5ec) {
            return Err(damaged("the head of the stream WordDocument"));
        }
        if version < 0xc1 {
            return Err(damaged("it is of a Word before 1997, whose files are not read"));
        }
        let flags = u16_at(&main, 10).unwrap_or(0);
        if flags & 0x0100 != 0 {
            return Err(FormatError::Encrypted { format: Format::Doc });
        }
        let name = if flags & 0x0200 != 0 { "1Table" } else { "0Table" };
        let table = file.stream(name).ok_or_else(|| damaged(&format!("the stream {name}")))?;
        let streams = Streams { main, table };
        let text = Text::read(&streams).ok_or_else(|| damaged("its table of pieces"))?;
        let counts: Vec<usize> = (3..=9).map(|index| streams.count(index)).collect();
        let document = Document::new(&streams, &text, &counts, clock);
        let (blocks, unread) = document.read()?;
        Ok(Reading { blocks, facts: Facts::default(), unread, ..Reading::default() })
    }
}

/// The places and data of a PLC (§2.2.2): one place more than data.
pub(super) fn places(bytes: &[u8], size: usize) -> (Vec<u32>, &[u8]) {
    let count = bytes.len().saturating_sub(4) / (4 + size);
    let places = (0..=count).filter_map(|index| u32_at(bytes, index * 4)).collect();
    let data = bytes.get((count + 1) * 4..).unwrap_or_default();
    (places, data)
}
