//! The rules that a source must meet to be stored; checking a library uses the same rules.

use yiju_document::{Document, Span};

use crate::codec::sha256;
use crate::model::{NewDocument, NewSource};

/// Longest name of a source in bytes.
const NAME_LIMIT: usize = 4096;

/// How far from 1 the norm of a vector may be, for rounding.
const NORM_TOLERANCE: f32 = 1e-3;

/// What is wrong with the name of a source, in words; `Ok` if nothing is.
///
/// # Errors
/// It is empty, longer than 4,096 bytes or has a control character.
pub fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("its name is empty".into());
    }
    if name.len() > NAME_LIMIT {
        return Err(format!("its name has {} bytes, the limit is {NAME_LIMIT}", name.len()));
    }
    if name.chars().any(char::is_control) {
        return Err("its name has a control character".into());
    }
    Ok(())
}

/// What is wrong with a source, in words; `Ok` if nothing is.
pub(crate) fn check_source(source: &NewSource, dimension: usize) -> Result<(), String> {
    check_name(&source.name)?;
    if !is_sha256(&source.sha256) {
        return Err(format!("{:?} is not a SHA-256 in lower-case hex", source.sha256));
    }
    if source.documents.is_empty() {
        return Err("it has no documents".into());
    }
    if u32::try_from(source.documents.len()).is_err() {
        return Err("it has too many documents".into());
    }
    for (ordinal, new) in source.documents.iter().enumerate() {
        let at = |reason| format!("document {ordinal}: {reason}");
        check_new(new, dimension).map_err(at)?;
    }
    Ok(())
}

/// What is wrong with one document and its passages, in words.
pub(crate) fn check_new(new: &NewDocument, dimension: usize) -> Result<(), String> {
    check_document(&new.document)?;
    if let Some(layout) = &new.layout {
        layout.check(new.document.text.len())?;
    }
    check_passages(new, dimension)
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Checks the text's hash, that every span lies in the text on character boundaries and agrees
/// in characters and bytes, and that sections and clauses refer to each other rightly.
pub(crate) fn check_document(document: &Document) -> Result<(), String> {
    if sha256(document.text.as_bytes()) != document.sha256 {
        return Err("its text does not have its SHA-256".into());
    }
    let positions = Positions::of(&document.text);
    for (index, section) in document.sections.iter().enumerate() {
        let at = |reason| format!("section {index}: {reason}");
        positions.check(section.span).map_err(at)?;
        // A parent comes before its children, so paths end.
        if section.parent.is_some_and(|parent| parent >= index) {
            return Err(at(format!("its parent {:?} does not stand before it", section.parent)));
        }
    }
    for (index, clause) in document.clauses.iter().enumerate() {
        let at = |reason| format!("clause {index}: {reason}");
        positions.check(clause.span).map_err(at)?;
        if clause.section.is_some_and(|section| section >= document.sections.len()) {
            return Err(at(format!("its section {:?} does not exist", clause.section)));
        }
        let items = clause.items.iter().map(|(_, span)| span);
        for span in clause.sentences.iter().chain(&clause.paragraphs).chain(items) {
            positions.check(*span).map_err(at)?;
            if span.byte_start < clause.span.byte_start || span.byte_end > clause.span.byte_end {
                return Err(at(format!("{span:?} lies outside the clause's {:?}", clause.span)));
            }
        }
    }
    Ok(())
}

fn check_passages(new: &NewDocument, dimension: usize) -> Result<(), String> {
    for (index, passage) in new.passages.iter().enumerate() {
        let at = |reason: String| format!("passage {index}: {reason}");
        let Some(clause) = new.document.clauses.get(passage.clause as usize) else {
            return Err(at(format!("there is no clause {}", passage.clause)));
        };
        if let Some(sentence) = passage.sentence
            && sentence as usize >= clause.sentences.len()
        {
            return Err(at(format!("clause {} has no sentence {sentence}", passage.clause)));
        }
        check_vector(&passage.vector, dimension).map_err(at)?;
    }
    Ok(())
}

/// Checks that a vector is finite, has norm 1 and the model's dimension.
pub(crate) fn check_vector(vector: &[f32], dimension: usize) -> Result<(), String> {
    if vector.len() != dimension {
        return Err(format!(
            "its vector has {} dimensions, the library's have {dimension}",
            vector.len()
        ));
    }
    let norm = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    if norm.is_nan() || (norm - 1.0).abs() > f64::from(NORM_TOLERANCE) {
        return Err(format!("its vector has length {norm}, expected 1"));
    }
    Ok(())
}

/// Counts the characters before a byte of a text quickly: from a count for every 64 bytes.
struct Positions<'a> {
    text: &'a str,
    counts: Vec<usize>,
}

const STEP: usize = 64;

impl<'a> Positions<'a> {
    fn of(text: &'a str) -> Self {
        let mut counts = Vec::with_capacity(text.len() / STEP + 1);
        let mut sum = 0;
        for block in text.as_bytes().chunks(STEP) {
            counts.push(sum);
            sum += starts(block);
        }
        counts.push(sum);
        Self { text, counts }
    }

    fn check(&self, span: Span) -> Result<(), String> {
        let Span { char_start, char_end, byte_start, byte_end } = span;
        if byte_start > byte_end || self.text.get(byte_start..byte_end).is_none() {
            return Err(format!(
                "{span:?} does not fit the text of {} bytes or cuts a character",
                self.text.len()
            ));
        }
        if (self.characters(byte_start), self.characters(byte_end)) != (char_start, char_end) {
            return Err(format!("{span:?} differs in characters and bytes"));
        }
        Ok(())
    }

    /// Characters before byte `at`, which is at most the text's length.
    fn characters(&self, at: usize) -> usize {
        let block = at / STEP;
        self.counts[block] + starts(&self.text.as_bytes()[block * STEP..at])
    }
}

/// How many characters start in these bytes: all but UTF-8 continuation bytes.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xc0) != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_agree_with_counting() {
        for text in ["", "a", "城市发展", &"城a市🏙".repeat(50), &"x".repeat(128)] {
            let positions = Positions::of(text);
            let ends = text.char_indices().map(|(i, _)| i).chain([text.len()]);
            for (character, byte) in ends.enumerate() {
                assert_eq!(positions.characters(byte), character);
            }
        }
    }

    #[test]
    fn spans_that_do_not_fit_are_refused() {
        let positions = Positions::of("城市");
        let span = |char_start, char_end, byte_start, byte_end| Span {
            char_start,
            char_end,
            byte_start,
            byte_end,
        };
        assert_eq!(positions.check(span(0, 2, 0, 6)), Ok(()));
        assert_eq!(positions.check(span(2, 2, 6, 6)), Ok(()));
        for bad in [(0, 2, 0, 7), (1, 0, 3, 0), (0, 1, 0, 2), (0, 1, 0, 6), (1, 2, 0, 6)] {
            assert!(positions.check(span(bad.0, bad.1, bad.2, bad.3)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn vectors_must_be_unit_finite_and_of_the_dimension() {
        assert_eq!(check_vector(&[0.6, 0.8], 2), Ok(()));
        for bad in [&[1.0][..], &[0.6, 0.7], &[f32::NAN, 1.0], &[f32::INFINITY, 0.0], &[0.0, 0.0]] {
            assert!(check_vector(bad, 2).is_err(), "{bad:?}");
        }
    }
}
