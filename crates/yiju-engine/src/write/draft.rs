//! A sentence as a writer wrote it: its words, and the citations it names.

use yiju_text::chars::{ends_finally, is_han};

use crate::ground::markers::marker;

/// A sentence before it is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    /// Its words without markers, list numbers and emphasis, with a full stop.
    pub words: String,
    /// The numbers that it names, each once, in their order.
    pub citations: Vec<u32>,
}

impl Draft {
    /// Reads a sentence; `None` where it has no words.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut words = String::new();
        let mut citations: Vec<u32> = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some((numbers, length)) = marker(rest) {
                for number in numbers {
                    if !citations.contains(&number) {
                        citations.push(number);
                    }
                }
                // Between a word and its marker stands a space at most.
                words.truncate(words.trim_end().len());
                rest = &rest[length..];
            } else {
                words.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        let mut words = plain(&words);
        if !words.chars().any(char::is_alphanumeric) {
            return None;
        }
        if !ends_finally(&words) {
            let chinese = words.chars().any(is_han);
            words.truncate(words.trim_end_matches([',', '，', ';', '；', ':', '：']).len());
            words.push(if chinese { '。' } else { '.' });
        }
        Some(Self { words, citations })
    }

    /// The words with their markers after them, as an answer has them.
    pub(super) fn with_markers(&self) -> String {
        let mut text = self.words.clone();
        for citation in &self.citations {
            text.push_str(&format!("[{citation}]"));
        }
        text
    }
}

/// A text without what marks lists, headings and emphasis in Markdown.
fn plain(text: &str) -> String {
    let text = text.replace("**", "").replace("__", "");
    let mut text = text.trim();
    text = text.trim_start_matches(['#', '>', '-', '*', '•', '·']).trim_start();
    // 1. and 1) number a list; 1.5 does not, nor a number alone.
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    if (1..=2).contains(&digits)
        && let Some(after) = text.get(digits..)
        && let Some(after) = after.strip_prefix(['.', ')', '、', '．', '）'])
        && !after.starts_with(|c: char| c.is_ascii_digit())
        && after.chars().any(char::is_alphanumeric)
    {
        text = after.trim_start();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft(words: &str, citations: &[u32]) -> Option<Draft> {
        Some(Draft { words: words.to_owned(), citations: citations.to_vec() })
    }

    #[test]
    fn markers_are_taken_out_wherever_they_stand() {
        let rent = "押金不得超过两个月租金。";
        for text in [
            "押金不得超过两个月租金[1]。",
            "押金不得超过两个月租金。[1]",
            "1. **押金不得超过两个月租金**【1】",
            "- 押金 [1]不得超过两个月租金[1]，",
        ] {
            assert_eq!(Draft::read(text), draft(rent, &[1]), "{text}");
        }
        assert_eq!(Draft::read("Pay rent [2, 1]. [3]"), draft("Pay rent.", &[2, 1, 3]));
        assert_eq!(Draft::read("见[附件]和[2024]年。"), draft("见[附件]和[2024]年。", &[]));
        assert_eq!(Draft::read("1.5 percent[1]."), draft("1.5 percent.", &[1]));
        assert_eq!(Draft::read("12"), draft("12.", &[]));
        assert_eq!(Draft::read("[1]"), None);
        assert_eq!(Draft::read(" \n---"), None);
        assert_eq!(draft(rent, &[1, 3]).unwrap().with_markers(), format!("{rent}[1][3]"));
    }

    proptest! {
        #[test]
        fn what_was_read_reads_the_same_again(
            text in "(押金|rent|\\[1\\]|【12】|\\[a\\]|。|\\.| |1\\. |\\*\\*|[0-9]{1,2}|\\PC){0,12}"
        ) {
            if let Some(draft) = Draft::read(&text) {
                prop_assert!(!draft.words.is_empty());
                prop_assert!(draft.citations.iter().all(|number| (1..1000).contains(number)));
                let again = Draft::read(&draft.with_markers()).unwrap();
                // Markers made of what stood around one are read the second time.
                prop_assert!(draft.citations.iter().all(|number| again.citations.contains(number)));
            }
        }
    }
}
