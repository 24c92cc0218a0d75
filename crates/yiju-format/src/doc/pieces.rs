//! The characters of a document in order ([MS-DOC] §2.4.1).

use encoding_rs::{GBK, WINDOWS_1252};

use crate::cfb::{u16_at, u32_at};

use super::{Part, Streams, places};

/// Simplified Chinese, as language of a document.
const CHINESE: u16 = 0x0804;

/// One place of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    /// A unit of UTF-16; 0 for the second byte of a character of two bytes.
    pub(super) code: u16,
    /// Where it is in the stream, by which runs are found.
    pub(super) at: u32,
}

/// The text of all parts: main text, footnotes, headers, comments, endnotes, boxes.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub(super) units: Vec<Unit>,
    /// For each piece where it begins and what it changes (§2.9.214).
    changes: Vec<(usize, Vec<u8>)>,
}

impl Text {
    /// Reads the table of pieces; `None` if it is damaged.
    pub(super) fn read(streams: &Streams) -> Option<Self> {
        let mut rest = streams.bytes(Part::Pieces);
        let mut blocks: Vec<&[u8]> = Vec::new();
        // Blocks of changes come first (§2.9.38).
        while let Some((1, after)) = rest.split_first().map(|(&kind, after)| (kind, after)) {
            let size = usize::from(u16_at(after, 0)?);
            blocks.push(after.get(2..2 + size)?);
            rest = after.get(2 + size..)?;
        }
        if rest.first() != Some(&2) {
            return None;
        }
        let size = u32_at(rest, 1)? as usize;
        let (ends, data) = places(rest.get(5..5_usize.checked_add(size)?)?, 8);
        let chinese = u16_at(&streams.main, 6) == Some(CHINESE);
        let mut text = Self::default();
        for (index, pair) in ends.windows(2).enumerate() {
            let &[from, to] = pair else { continue };
            // Pieces follow each other; one that does not is damaged.
            if from as usize != text.units.len() || to < from {
                return None;
            }
            let place = u32_at(data, index * 8 + 2)?;
            let count = (to - from) as usize;
            if count > streams.main.len() {
                return None;
            }
            let change = u16_at(data, index * 8 + 6)?;
            if change & 1 != 0
                && let Some(block) = blocks.get(usize::from(change >> 1))
            {
                text.changes.push((text.units.len(), (*block).to_vec()));
            } else if !text.changes.is_empty() {
                text.changes.push((text.units.len(), Vec::new()));
            }
            if place & 0x4000_0000 == 0 {
                text.wide(&streams.main, place, count)?;
            } else {
                text.narrow(&streams.main, (place & 0x3fff_ffff) / 2, count, chinese)?;
            }
        }
        Some(text)
    }

    fn wide(&mut self, main: &[u8], at: u32, count: usize) -> Option<()> {
        let start = at as usize;
        let bytes = main.get(start..start.checked_add(count.checked_mul(2)?)?)?;
        let codes = bytes.chunks_exact(2).filter_map(|pair| u16_at(pair, 0));
        self.units.extend(codes.zip((at..).step_by(2)).map(|(code, at)| Unit { code, at }));
        Some(())
    }

    /// A piece of bytes: western (§2.9.73), or, where two bytes above 0xA0 follow each other in a Chinese document,
    /// code page 936, which programs that do not know the former write.
    fn narrow(&mut self, main: &[u8], at: u32, count: usize, chinese: bool) -> Option<()> {
        let start = at as usize;
        let bytes = main.get(start..start.checked_add(count)?)?;
        let mut index = 0;
        while let Some(&byte) = bytes.get(index) {
            let place = at.saturating_add(u32::try_from(index).ok()?);
            let pair = bytes
                .get(index..index + 2)
                .filter(|pair| chinese && pair.iter().all(|&byte| byte > 0xa0));
            let sign =
                pair.and_then(|pair| GBK.decode_without_bom_handling_and_without_replacement(pair));
            if let Some(code) =
                sign.and_then(|sign| u16::try_from(u32::from(sign.chars().next()?)).ok())
            {
                self.units.push(Unit { code, at: place });
                self.units.push(Unit { code: 0, at: place + 1 });
                index += 2;
                continue;
            }
            let one = [byte];
            let sign = WINDOWS_1252.decode_without_bom_handling(&one).0;
            let code = sign
                .chars()
                .next()
                .and_then(|sign| u16::try_from(u32::from(sign)).ok())
                .unwrap_or(0);
            self.units.push(Unit { code, at: place });
            index += 1;
        }
        Some(())
    }

    /// What the piece with this place changes of its runs.
    pub(super) fn change(&self, place: usize) -> &[u8] {
        let index = self.changes.partition_point(|(from, _)| *from <= place);
        index
            .checked_sub(1)
            .and_then(|index| self.changes.get(index))
            .map_or(&[], |(_, change)| change)
    }
}
