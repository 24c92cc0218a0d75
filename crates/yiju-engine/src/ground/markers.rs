//! Markers of citations in a text: `[1]`, `[1, 3]`, `[2-4]`, `[^1]`, `【1】`, `［１］`.

use std::ops::Range;

use yiju_text::numerals::decimal;

/// The largest number of a marker: `[2019]` of a 文号 is none.
pub(super) const LARGEST: u32 = 999;
/// Most numbers that a range of a marker stands for.
const MOST_OF_RANGE: u32 = 50;

/// What may stand between the numbers of a marker.
pub(crate) const OF_A_MARKER: &str = " \u{3000},，、;；-–—~～^";

/// A marker and what it cites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// Its bytes in the text, brackets included.
    pub range: Range<usize>,
    /// In the order written, 1 to [`LARGEST`].
    pub numbers: Vec<u32>,
}

/// The markers of a text, in their order.
pub(super) fn markers(text: &str) -> Vec<Marker> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match marker(&text[at..]) {
            Some((numbers, length)) => {
                found.push(Marker { range: at..at + length, numbers });
                at += length;
            }
            None => at += c.len_utf8(),
        }
    }
    found
}

/// The numbers of the marker that a text begins with, and the marker's length in bytes.
pub(crate) fn marker(text: &str) -> Option<(Vec<u32>, usize)> {
    let open = text.chars().next()?;
    let closer = match open {
        '[' => ']',
        '【' => '】',
        '［' => '］',
        _ => return None,
    };
    let (numbers, length) = numbers(&text[open.len_utf8()..], closer)?;
    Some((numbers, open.len_utf8() + length))
}

/// The numbers up to `closer`, and the bytes up to and with it.
fn numbers(text: &str, closer: char) -> Option<(Vec<u32>, usize)> {
    let mut numbers: Vec<u32> = Vec::new();
    let mut current: Option<u32> = None;
    let mut from: Option<u32> = None;
    for (at, c) in text.char_indices() {
        if let Some(digit) = decimal(c) {
            let value = current.unwrap_or(0).checked_mul(10)?.checked_add(digit)?;
            current = Some(value).filter(|&value| value <= LARGEST);
            current?;
            continue;
        }
        match c {
            '^' if at == 0 => {}
            ' ' | '\u{3000}' => {}
            ',' | '，' | '、' | ';' | '；' => add(&mut numbers, &mut from, current.take()?)?,
            '-' | '–' | '—' | '~' | '～' if from.is_none() => from = Some(current.take()?),
            c if c == closer => {
                add(&mut numbers, &mut from, current.take()?)?;
                return Some((numbers, at + c.len_utf8()));
            }
            _ => return None,
        }
    }
    None
}

/// Adds a number, or the range that it ends.
fn add(numbers: &mut Vec<u32>, from: &mut Option<u32>, to: u32) -> Option<()> {
    let first = from.take().unwrap_or(to);
    if first == 0 || first > to || to - first >= MOST_OF_RANGE {
        return None;
    }
    numbers.extend(first..=to);
    (numbers.len() <= LARGEST as usize).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_in_any_writing() {
        let found = |text: &str| -> Vec<(String, Vec<u32>)> {
            let all = markers(text).into_iter();
            all.map(|marker| (text[marker.range].to_owned(), marker.numbers)).collect()
        };
        for (text, marker, numbers) in [
            ("租金[1]。", "[1]", vec![1]),
            ("租金[1, 3]", "[1, 3]", vec![1, 3]),
            ("租金【２、４】", "【２、４】", vec![2, 4]),
            ("租金［12］", "［12］", vec![12]),
            ("rent [2-4]", "[2-4]", vec![2, 3, 4]),
            ("rent[^7]", "[^7]", vec![7]),
        ] {
            assert_eq!(found(text), [(marker.to_owned(), numbers)], "{text}");
        }
        for text in
            ["国发[2019]4号", "[0]", "[1", "[a]", "[]", "[1 to 3]", "[3-1]", "[1-500]", "[,1]"]
        {
            assert_eq!(found(text), [], "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(?s)[\\[\\]【】［］0-9０-９,，、^ ~-]{0,40}|.{0,60}") {
            let mut last = 0;
            for marker in markers(&text) {
                proptest::prop_assert!(marker.range.start >= last);
                proptest::prop_assert!(text.get(marker.range.clone()).is_some());
                proptest::prop_assert!(marker.numbers.iter().all(|number| (1..=LARGEST).contains(number)));
                last = marker.range.end;
            }
        }
    }
}
