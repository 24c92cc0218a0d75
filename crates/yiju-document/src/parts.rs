//! A clause without limit as several: parts of one number, cut where paragraphs, items or sentences
//! end.

use std::ops::Range;

use crate::draft::DraftClause;
use yiju_text::split_sentences;

/// Most bytes of a part, and of an unnumbered clause.
const LONG: usize = 12_000;
/// Most bytes of a numbered clause that is one part: what is longer than others is a table as a rule,
/// which has no sentences to part, and each part counts as a clause.
const LONG_NUMBERED: usize = 64_000;
/// About how many bytes each part of a longer one has.
const PART: usize = 6_000;

/// The parts of a clause; most clauses are one.
pub(crate) fn parts(text: &str, mut clause: DraftClause) -> Vec<DraftClause> {
    let most = if clause.label.is_some() { LONG_NUMBERED } else { LONG };
    if clause.range.len() <= most {
        return vec![clause];
    }
    let ranges = ranges(text, clause.range.clone());
    let paragraphs = divided(text, std::mem::take(&mut clause.paragraphs), &ranges, |range| range);
    let items = std::mem::take(&mut clause.items);
    let items = divided(text, items, &ranges, |(_, range)| range);
    let mut parts: Vec<DraftClause> = Vec::with_capacity(ranges.len());
    for ((range, paragraphs), items) in ranges.into_iter().zip(paragraphs).zip(items) {
        parts.push(DraftClause {
            label: clause.label.clone(),
            section: clause.section,
            inferred: clause.inferred,
            continues: !parts.is_empty(),
            range,
            paragraphs,
            items,
            ..DraftClause::default()
        });
    }
    if let Some(first) = parts.first_mut() {
        first.heading = clause.heading;
    }
    parts
}

/// Where the parts of a long text lie.
fn ranges(text: &str, whole: Range<usize>) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = whole.start;
    while whole.end - start > LONG {
        let limit = text.floor_char_boundary(start + PART);
        let end = start + cut(&text[start..limit]);
        ranges.push(start..end);
        start = end;
    }
    ranges.push(start..whole.end);
    ranges
}

/// Where to cut a text that goes on: behind its last line, sentence or phrase.
fn cut(within: &str) -> usize {
    let late = |at: &usize| *at > PART / 2;
    if let Some(line) = within.rfind('\n').filter(late) {
        return line + 1;
    }
    match split_sentences(within).as_slice() {
        [.., last, _] => last.end,
        _ => within
            .char_indices()
            .rfind(|(at, c)| late(at) && matches!(c, '，' | '、' | ',' | ' '))
            .map_or(within.len(), |(at, c)| at + c.len_utf8()),
    }
}

/// What lies in each of `ranges`, of pieces in order; a piece over an end is in both.
fn divided<T: Clone>(
    text: &str,
    pieces: Vec<T>,
    ranges: &[Range<usize>],
    range_of: impl Fn(&mut T) -> &mut Range<usize>,
) -> Vec<Vec<T>> {
    let mut out: Vec<Vec<T>> = vec![Vec::new(); ranges.len()];
    let mut first = 0;
    for mut piece in pieces {
        let whole = range_of(&mut piece).clone();
        while first + 1 < ranges.len() && ranges[first].end <= whole.start {
            first += 1;
        }
        for (at, range) in ranges.iter().enumerate().skip(first) {
            if range.start >= whole.end {
                break;
            }
            let inside = whole.start.max(range.start)..whole.end.min(range.end);
            if !text[inside.clone()].trim().is_empty() {
                let mut part = piece.clone();
                *range_of(&mut part) = inside;
                out[at].push(part);
            }
        }
    }
    out
}
