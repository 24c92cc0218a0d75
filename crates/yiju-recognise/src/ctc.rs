//! From the reader's output (how likely each character is at each step along a line) to characters.

/// A character as it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    /// Its number in the reader's alphabet.
    pub(crate) class: usize,
    /// The middle of the steps at which it was seen, as a part of the line's length.
    pub(crate) at: f32,
    /// How likely it is, at its likeliest step.
    pub(crate) likely: f32,
}

/// The number that stands for no character.
const BLANK: usize = 0;

/// The characters of a line of `steps` × `classes` likelihoods: the likeliest of each step, what is seen at several steps
/// in a row once (connectionist temporal classification, Graves and others, 2006).
pub(crate) fn decode(likely: &[f32], classes: usize) -> Vec<Seen> {
    let steps = likely.len() / classes.max(1);
    let mut seen: Vec<Seen> = Vec::new();
    let mut before = BLANK;
    let mut first = 0;
    for (step, row) in likely.chunks_exact(classes.max(1)).enumerate() {
        let mut best = (BLANK, f32::MIN);
        for (class, &value) in row.iter().enumerate() {
            if value > best.1 {
                best = (class, value);
            }
        }
        let (class, value) = best;
        if class != BLANK {
            if class != before {
                first = step;
                seen.push(Seen { class, at: 0.0, likely: value });
            }
            if let Some(last) = seen.last_mut() {
                last.at = ((first + step + 1) as f32 / 2.0) / steps as f32;
                last.likely = last.likely.max(value);
            }
        }
        before = class;
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_one_and_blanks_part() {
        let row = |class: usize| (0..3).map(move |c| if c == class { 0.8 } else { 0.1 });
        let likely: Vec<f32> = [1, 1, 0, 1, 2, 0, 0, 2].into_iter().flat_map(row).collect();
        let seen = decode(&likely, 3);
        let classes: Vec<usize> = seen.iter().map(|seen| seen.class).collect();
        assert_eq!(classes, [1, 1, 2, 2]);
        let at: Vec<f32> = seen.iter().map(|seen| seen.at * 8.0).collect();
        assert_eq!(at, [1.0, 3.5, 4.5, 7.5]);
    }
}
