//! What is said of runs of characters and paragraphs ([MS-DOC] §2.4.6, §2.9.33, §2.9.174).

use crate::cfb::{u16_at, u32_at};

use super::{Part, Streams, places};

/// One run: where it begins and ends in the stream, its style if it has one, and its properties.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) style: u16,
    pub(super) properties: Vec<u8>,
}

/// Runs in the order of their places.
#[derive(Debug, Default)]
pub(super) struct Runs(Vec<Run>);

impl Runs {
    /// Reads the runs of characters or paragraphs.
    pub(super) fn read(streams: &Streams, part: Part) -> Self {
        let (places, pages) = places(streams.bytes(part), 4);
        let mut runs = Vec::new();
        for index in 0..places.len().saturating_sub(1) {
            // A page of 512 bytes, by its number (§2.9.175).
            let Some(page) =
                u32_at(pages, index * 4).map(|page| (page & 0x003f_ffff) as usize * 512)
            else {
                break;
            };
            let Some(page) = streams.main.get(page..page + 512) else { continue };
            let count = usize::from(page.last().copied().unwrap_or(0));
            for run in 0..count {
                let (Some(from), Some(to)) = (u32_at(page, run * 4), u32_at(page, run * 4 + 4))
                else {
                    break;
                };
                let content = if matches!(part, Part::ParagraphRuns) {
                    paragraph(page, (count + 1) * 4 + run * 13)
                } else {
                    character(page, (count + 1) * 4 + run).map(|properties| (0, properties))
                };
                let (style, properties) = content.unwrap_or_default();
                runs.push(Run { from, to, style, properties });
            }
        }
        runs.sort_by_key(|run| run.from);
        Self(runs)
    }

    /// The run at a place.
    pub(super) fn at(&self, place: u32) -> Option<&Run> {
        let index = self.0.partition_point(|run| run.from <= place);
        self.0.get(index.checked_sub(1)?).filter(|run| place < run.to)
    }
}

fn paragraph(page: &[u8], entry: usize) -> Option<(u16, Vec<u8>)> {
    let at = usize::from(*page.get(entry)?) * 2;
    if at == 0 {
        return None;
    }
    // §2.9.175: a size of 0 means that the next byte has it, in another unit.
    let (from, size) = match *page.get(at)? {
        0 => (at + 2, usize::from(*page.get(at + 1)?) * 2),
        size => (at + 1, usize::from(size) * 2 - 1),
    };
    let bytes = page.get(from..(from + size).min(511))?;
    Some((u16_at(bytes, 0)?, bytes.get(2..)?.to_vec()))
}

fn character(page: &[u8], entry: usize) -> Option<Vec<u8>> {
    let at = usize::from(*page.get(entry)?) * 2;
    if at == 0 {
        return None;
    }
    let size = usize::from(*page.get(at)?);
    Some(page.get(at + 1..(at + 1 + size).min(511))?.to_vec())
}

/// The single properties of a list of them: code and operand (§2.2.5).
pub(super) fn sprms(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let code = u16_at(rest, 0)?;
        let operand = rest.get(2..)?;
        let size = match code >> 13 {
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            7 => 3,
            _ => match code {
                // The definition of a row has a size of two bytes, which counts one too many (§2.9.317).
                0xd608 => usize::from(u16_at(operand, 0)?) + 1,
                _ => usize::from(*operand.first()?) + 1,
            },
        };
        rest = operand.get(size..).unwrap_or_default();
        operand.get(..size).map(|operand| (code, operand))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_taken_apart() {
        let bytes = [0x00, 0x08, 1, 0x08, 0xd6, 3, 0, 9, 9, 0x0b, 0x46, 2, 0, 0x0a];
        let found: Vec<(u16, &[u8])> = sprms(&bytes).collect();
        assert_eq!(found, [(0x0800, &[1][..]), (0xd608, &[3, 0, 9, 9]), (0x460b, &[2, 0])]);
    }
}
