//! Leaves out what a model thinks before it answers: `<think>…</think>` at the start of its text.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Passes on the answer of a text that comes in pieces.
#[derive(Debug, Default)]
pub(crate) struct Thinking {
    /// What came and cannot be judged yet.
    held: String,
    at: At,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Start,
    Thought,
    Answer,
}

impl Thinking {
    /// The part of the answer that is known with this piece.
    pub(crate) fn push(&mut self, piece: &str) -> String {
        if self.at == At::Answer {
            return piece.to_owned();
        }
        self.held.push_str(piece);
        if self.at == At::Start {
            let begun = self.held.trim_start();
            if begun.len() < OPEN.len() && OPEN.starts_with(begun) {
                return String::new();
            }
            if !begun.starts_with(OPEN) {
                self.at = At::Answer;
                return std::mem::take(&mut self.held);
            }
            self.held = begun[OPEN.len()..].to_owned();
            self.at = At::Thought;
        }
        let Some(end) = self.held.find(CLOSE) else {
            // Only what may be the beginning of the end is kept.
            let keep = (1..CLOSE.len()).rev().find(|&n| self.held.ends_with(&CLOSE[..n]));
            self.held = CLOSE[..keep.unwrap_or(0)].to_owned();
            return String::new();
        };
        let answer = self.held[end + CLOSE.len()..].trim_start().to_owned();
        self.held.clear();
        self.at = At::Answer;
        answer
    }

    /// What is left at the end: a text that is no more than the beginning of `<think>`.
    pub(crate) fn finish(&mut self) -> String {
        if self.at == At::Start { std::mem::take(&mut self.held) } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str, cuts: &[usize]) -> String {
        let mut thinking = Thinking::default();
        let chars: Vec<char> = text.chars().collect();
        let mut out = String::new();
        let mut from = 0;
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (chars.len() + 1)).collect();
        ends.sort_unstable();
        for end in ends.into_iter().chain([chars.len()]) {
            out.push_str(&thinking.push(&chars[from..end].iter().collect::<String>()));
            from = end;
        }
        out + &thinking.finish()
    }

    #[test]
    fn thoughts_are_left_out() {
        assert_eq!(all("<think>嗯</think>\n\n押金[1]。", &[]), "押金[1]。");
        assert_eq!(all("\n<think></think>a<think>b", &[]), "a<think>b");
        assert_eq!(all("<think>没有完", &[]), "");
        assert_eq!(all("<th", &[]), "<th");
        assert_eq!(all("押金", &[]), "押金");
        assert_eq!(all("", &[]), "");
    }

    proptest! {
        #[test]
        fn where_pieces_are_cut_changes_nothing(
            text in "(\n?<think>(嗯|<|</th|a)*(</think>)?)?(押|<think>|</think>|b|\n){0,6}",
            cuts in prop::collection::vec(0usize..60, 0..6),
        ) {
            // White space after the thoughts may come with a piece of its own.
            let (cut, whole) = (all(&text, &cuts), all(&text, &[]));
            prop_assert_eq!(cut.trim_start(), whole.trim_start());
        }
    }
}
