//! Cuts a text that comes in pieces into sentences, each as soon as it is known to have ended.

use yiju_text::chars::{is_closing, is_final, left_open};
use yiju_text::numerals::decimal;
use yiju_text::split_sentences;

use crate::ground::markers::{OF_A_MARKER, marker};

/// The longest sentence, in characters: what goes on for longer is cut there.
const LONGEST: usize = 1_000;

/// What came and was not cut off yet.
#[derive(Debug, Default)]
pub(super) struct Cutter(String);

impl Cutter {
    /// Takes the next piece; gives the sentences that ended.
    pub(super) fn push(&mut self, piece: &str) -> Vec<String> {
        self.0.push_str(piece);
        let mut all = Vec::new();
        while let Some(end) = self.end() {
            let rest = self.0.split_off(end);
            all.push(std::mem::replace(&mut self.0, rest));
        }
        all
    }

    /// What is left at the end of the text, as sentences.
    pub(super) fn finish(mut self) -> Vec<String> {
        let mut all = self.push("\n");
        if !self.0.trim().is_empty() {
            all.push(self.0);
        }
        all
    }

    /// Where the first sentence ends, its markers included, if that is known.
    fn end(&self) -> Option<usize> {
        let text = self.0.as_str();
        // What ends otherwise is a piece of a sentence that goes on.
        let ends = split_sentences(text).into_iter().map(|sentence| sentence.end);
        let whole = |&end: &usize| sentence_ends(&text[..end]) || line_ends(&text[end..]);
        match ends.into_iter().find(whole) {
            Some(end) => self.after(end),
            None => text.char_indices().nth(LONGEST).map(|(at, _)| at),
        }
    }

    /// Where a sentence that ends at `end` ends with the markers after it.
    fn after(&self, mut end: usize) -> Option<usize> {
        let text = self.0.as_str();
        // 。 after a marker ends it for sure; else markers may follow.
        let marked = text[..end]
            .trim_end_matches(|c: char| is_final(c) || c == '.')
            .ends_with([']', '］', '】']);
        if marked && !left_open(&text[..end]) && text[end..].is_empty() {
            return Some(end);
        }
        loop {
            let rest = &text[end..];
            let inner = rest.trim_start_matches([' ', '\u{3000}']);
            let first = inner.chars().next()?;
            let gap = rest.len() - inner.len();
            if is_closing(first) && !matches!(first, ']' | '］' | '】') {
                end += gap + first.len_utf8();
            } else if let Some((_, length)) = marker(inner) {
                end += gap + length;
            } else if matches!(first, '[' | '［' | '【') && may_be_marker(inner) {
                return None;
            } else {
                return Some(end);
            }
        }
    }
}

/// Whether a text ends as sentences do, markers after it or not.
fn sentence_ends(text: &str) -> bool {
    let mut text = text.trim_end();
    while let Some(open) = text.rfind(['[', '［', '【'])
        && let Some((_, length)) = marker(&text[open..])
        && open + length == text.len()
    {
        text = text[..open].trim_end();
    }
    let bare = text.trim_end_matches(is_closing);
    bare.ends_with(|c: char| is_final(c) || c == '.')
}

/// Whether a text that begins with a bracket may become a marker with what comes.
fn may_be_marker(text: &str) -> bool {
    text.chars().count() < 16
        && text.chars().skip(1).all(|c| decimal(c).is_some() || OF_A_MARKER.contains(c))
}

/// Whether a line ends where a text begins.
fn line_ends(text: &str) -> bool {
    text.trim_start_matches([' ', '\u{3000}', '\t']).starts_with(['\n', '\r'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str, size: usize) -> Vec<String> {
        let mut cutter = Cutter::default();
        let chars: Vec<char> = text.chars().collect();
        let mut all = Vec::new();
        for piece in chars.chunks(size) {
            all.extend(cutter.push(&piece.iter().collect::<String>()));
        }
        all.extend(cutter.finish());
        all.iter().map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
    }

    #[test]
    fn sentences_are_cut_with_their_markers() {
        for size in [1, 3, 100] {
            assert_eq!(
                cut("押金不得超过两个月租金[1]。退租时退还。[1][2] 不得出租[2]。", size),
                ["押金不得超过两个月租金[1]。", "退租时退还。[1][2]", "不得出租[2]。"]
            );
            assert_eq!(
                cut("Pay 3.5 percent (No. 5) [1]. It ends. [2]\nNext one [1]", size),
                ["Pay 3.5 percent (No. 5) [1].", "It ends. [2]", "Next one [1]"]
            );
            assert_eq!(cut("一、甲[1]\n二、乙[2]\n\n", size), ["一、甲[1]", "二、乙[2]"]);
        }
    }

    #[test]
    fn a_sentence_is_known_with_its_full_stop() {
        let mut cutter = Cutter::default();
        assert!(cutter.push("押金不得超过两个月租金[1]").is_empty());
        assert_eq!(cutter.push("。"), ["押金不得超过两个月租金[1]。"]);
        // Without a marker before it, one may follow.
        assert!(cutter.push("退租时退还。").is_empty());
        assert!(cutter.push("[1").is_empty());
        assert!(cutter.push("]").is_empty());
        assert_eq!(cutter.push("又"), ["退租时退还。[1]"]);
    }

    #[test]
    fn what_does_not_end_is_cut() {
        let mut cutter = Cutter::default();
        let all = cutter.push(&"很".repeat(2 * LONGEST + 10));
        assert_eq!(all.len(), 2);
        assert!(all.iter().all(|one| one.chars().count() == LONGEST));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(
            text in "(押金|rent |\\[1\\]|\\[|\\]|。|\\. |“|”|\n|3\\.5|\\PC){0,24}",
            size in 1usize..7,
        ) {
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(bare(&cut(&text, size).concat()), bare(&text));
        }
    }
}
