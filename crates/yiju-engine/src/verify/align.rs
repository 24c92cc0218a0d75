//! The passage of a text that is closest to a quote, and what differs.
//!
//! Runs of three characters that text and quote share vote for where the quote could lie; around the
//! best votes an alignment with free ends (Sellers, 1980) gives the passage with the fewest
//! insertions, deletions and replacements, and which they are. The votes take time in proportion to
//! the text, an alignment to the square of the quote's length.

use std::collections::HashMap;
use std::ops::Range;

use super::folds::Folds;
use super::report::{Difference, DifferenceKind};

/// Where alignments are tried.
const TRIES: usize = 3;
/// Characters in a run that votes.
const RUN: usize = 3;

/// How a quote lies on a text. Places are of folded characters.
pub(super) struct Alignment {
    /// Where the passage begins in the text.
    start: usize,
    /// One step for each character of the passage or the quote, in order.
    steps: Vec<Step>,
    edits: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Same,
    Replace,
    /// A character of the quote that the text has not.
    Insert,
    /// A character of the text that the quote has not.
    Delete,
}

impl Step {
    fn in_text(self) -> usize {
        usize::from(self != Self::Insert)
    }

    fn in_quote(self) -> usize {
        usize::from(self != Self::Delete)
    }
}

impl Alignment {
    /// The passage, in folded characters of the text.
    pub(super) fn range(&self) -> Range<usize> {
        let length: usize = self.steps.iter().map(|step| step.in_text()).sum();
        self.start..self.start + length
    }

    /// 1 less the share of the quote's characters that differ, 0 at least.
    pub(super) fn similarity(&self, quote: usize) -> f32 {
        (1.0 - self.edits as f32 / quote.max(1) as f32).max(0.0)
    }

    /// The passage and the quote piece by piece: all document texts together are the passage, all
    /// quote texts the quote, white space included.
    pub(super) fn differences(
        &self,
        (text, folds): (&str, &Folds),
        (quote, quote_folds): (&str, &Folds),
    ) -> Vec<Difference> {
        let mut groups: Vec<(bool, usize, usize)> = Vec::new();
        for step in &self.steps {
            let same = *step == Step::Same;
            match groups.last_mut() {
                Some((last, in_text, in_quote)) if *last == same => {
                    *in_text += step.in_text();
                    *in_quote += step.in_quote();
                }
                _ => groups.push((same, step.in_text(), step.in_quote())),
            }
        }
        let passage = folds.bytes(self.range());
        let (mut at, mut quote_at) = (self.start, 0);
        let (mut from, mut quote_from) = (passage.start, 0);
        let last = groups.len().saturating_sub(1);
        let mut differences: Vec<Difference> = Vec::with_capacity(groups.len());
        for (index, (same, in_text, in_quote)) in groups.into_iter().enumerate() {
            at += in_text;
            quote_at += in_quote;
            // White space after a piece belongs to it.
            let (to, quote_to) = if index == last {
                (passage.end, quote.len())
            } else {
                (folds.start(at, text).min(passage.end), quote_folds.start(quote_at, quote))
            };
            let op = match (same, in_text, in_quote) {
                (true, ..) => DifferenceKind::Equal,
                (false, 0, _) => DifferenceKind::Insert,
                (false, _, 0) => DifferenceKind::Delete,
                _ => DifferenceKind::Replace,
            };
            differences.push(Difference {
                op,
                document: text.get(from..to).unwrap_or("").to_owned(),
                quote: quote.get(quote_from..quote_to).unwrap_or("").to_owned(),
            });
            (from, quote_from) = (to.max(from), quote_to.max(quote_from));
        }
        differences
    }
}

/// The passage of `text` closest to `quote`; `None` where they share no run of three characters.
pub(super) fn closest(text: &Folds, quote: &Folds) -> Option<Alignment> {
    let mut runs: HashMap<[char; RUN], Vec<usize>> = HashMap::new();
    for at in 0..(quote.len() + 1).saturating_sub(RUN) {
        runs.entry(run(quote, at)).or_default().push(at);
    }
    // Votes for bands of where the quote would begin.
    let width = (quote.len() / 4).max(16);
    let mut votes: HashMap<usize, usize> = HashMap::new();
    for at in 0..(text.len() + 1).saturating_sub(RUN) {
        for &in_quote in runs.get(&run(text, at)).into_iter().flatten() {
            // Shifted by the quote's length, so that it is never negative.
            *votes.entry((at + quote.len() - in_quote) / width).or_default() += 1;
        }
    }
    let around = |band: usize| -> usize {
        let count = |band: usize| votes.get(&band).copied().unwrap_or(0);
        count(band) * 2 + count(band + 1) + band.checked_sub(1).map_or(0, count)
    };
    let mut bands: Vec<usize> = votes.keys().copied().collect();
    bands.sort_unstable_by_key(|&band| (std::cmp::Reverse(around(band)), band));
    bands
        .into_iter()
        .take(TRIES)
        .map(|band| {
            let begin = |band: usize| (band * width).saturating_sub(quote.len());
            let start = begin(band.saturating_sub(1)).min(text.len());
            let end = (begin(band + 2) + quote.len() + width).min(text.len());
            align(text, start..end, quote)
        })
        .min_by_key(|alignment| (alignment.edits, alignment.start))
}

fn run(folds: &Folds, at: usize) -> [char; RUN] {
    std::array::from_fn(|i| folds.char(at + i))
}

/// The passage within `window` of the text with the fewest edits to `quote`.
fn align(text: &Folds, window: Range<usize>, quote: &Folds) -> Alignment {
    let columns = window.len();
    let mut steps = vec![Step::Delete; (quote.len() + 1) * (columns + 1)];
    // Fewest edits of the quote so far and a passage that ends at each place.
    let mut row: Vec<u32> = vec![0; columns + 1];
    for in_quote in 0..quote.len() {
        let mut diagonal = row[0];
        row[0] += 1;
        let line = (in_quote + 1) * (columns + 1);
        steps[line] = Step::Insert;
        for column in 0..columns {
            let same = text.same(window.start + column, quote, in_quote);
            let kept = diagonal + u32::from(!same);
            let inserted = row[column + 1] + 1;
            let deleted = row[column] + 1;
            diagonal = row[column + 1];
            // Where they cost the same, what is replaced stays in its place.
            let (cost, step) = if kept <= inserted && kept <= deleted {
                (kept, if same { Step::Same } else { Step::Replace })
            } else if inserted <= deleted {
                (inserted, Step::Insert)
            } else {
                (deleted, Step::Delete)
            };
            row[column + 1] = cost;
            steps[line + column + 1] = step;
        }
    }
    // The last of the ends that cost least: a replaced last character is part of the passage.
    let end = (0..=columns).rev().min_by_key(|&column| row[column]);
    let mut column = end.unwrap_or(0);
    let edits = row[column] as usize;
    let mut in_quote = quote.len();
    let mut taken = Vec::with_capacity(quote.len() + 8);
    while in_quote > 0 {
        let step = steps[in_quote * (columns + 1) + column];
        taken.push(step);
        in_quote -= step.in_quote();
        // Column 0 has insertions only.
        column -= step.in_text();
    }
    taken.reverse();
    Alignment { start: window.start + column, steps: taken, edits }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DifferenceKind::{Delete, Equal, Insert, Replace};

    const TEXT: &str = "第四条 因工程施工确需停止供水的，供水企业应当提前二十四小时通知用户。\n第五条 罚款三万元。";

    fn differences(text: &str, quote: &str) -> Vec<(DifferenceKind, String, String)> {
        let (folds, quote_folds) = (Folds::of(text), Folds::of(quote));
        let alignment = closest(&folds, &quote_folds).unwrap();
        alignment
            .differences((text, &folds), (quote, &quote_folds))
            .into_iter()
            .map(|one| (one.op, one.document, one.quote))
            .collect()
    }

    fn piece(op: DifferenceKind, document: &str, quote: &str) -> (DifferenceKind, String, String) {
        (op, document.into(), quote.into())
    }

    #[test]
    fn differences_are_the_edits() {
        assert_eq!(
            differences(TEXT, "供水企业应当提前四十八小时通知用户。"),
            [
                piece(Equal, "供水企业应当提前", "供水企业应当提前"),
                piece(Replace, "二", "四"),
                piece(Equal, "十", "十"),
                piece(Replace, "四", "八"),
                piece(Equal, "小时通知用户。\n", "小时通知用户。"),
            ]
            .map(|(op, document, quote)| (op, document.trim_end().to_owned(), quote))
        );
        assert_eq!(
            differences(TEXT, "供水企业提前二十四小时书面通知用户"),
            [
                piece(Equal, "供水企业", "供水企业"),
                piece(Delete, "应当", ""),
                piece(Equal, "提前二十四小时", "提前二十四小时"),
                piece(Insert, "", "书面"),
                piece(Equal, "通知用户", "通知用户"),
            ]
        );
    }

    #[test]
    fn changed_ends_are_part_of_the_passage() {
        assert_eq!(
            differences(TEXT, "★工程施工确需停止供水★"),
            [
                piece(Replace, "因", "★"),
                piece(Equal, "工程施工确需停止供水", "工程施工确需停止供水"),
                piece(Replace, "的", "★"),
            ]
        );
    }

    #[test]
    fn writing_is_no_difference() {
        assert_eq!(
            differences(TEXT, "供水企業應當 提前二十四小時通知★戶"),
            [
                piece(Equal, "供水企业应当提前二十四小时通知", "供水企業應當 提前二十四小時通知"),
                piece(Replace, "用", "★"),
                piece(Equal, "户", "戶"),
            ]
        );
    }

    #[test]
    fn nothing_shared_is_no_passage() {
        assert!(closest(&Folds::of(TEXT), &Folds::of("图书馆周六开放")).is_none());
        assert!(closest(&Folds::of(""), &Folds::of("图书馆")).is_none());
        assert!(closest(&Folds::of(TEXT), &Folds::of("供水")).is_none());
    }
}
