//! Segmentation into terms for the lexical index.
//!
//! Runs of Chinese characters are segmented by jieba in search mode (a long word also gives its parts), without its
//! model for unknown words: that depends on the context, so a question and a clause might be segmented
//! differently, while an unknown word cut into characters always matches. Runs of letters and digits are cut
//! here: numbers keep decimals and the percent sign and lose thousands separators, English plurals become
//! singular. Punctuation gives no terms.

use std::ops::Range;
use std::sync::OnceLock;

use jieba_rs::Jieba;

use crate::chars::is_han;
use crate::fold::{Folded, fold};
use crate::words::WordList;

/// A term of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The normalised word (see [`crate::normalize`]).
    pub text: String,
    /// Its bytes in the input.
    pub range: Range<usize>,
}

/// A word with its part of speech.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Its bytes in the input.
    pub range: Range<usize>,
    /// The part of speech as jieba names it: `n` noun, `ns` place, `v` verb, `vn` verb used as a noun, `x` anything else …
    pub tag: String,
}

/// The words of `text` in order with their parts of speech, without gaps or overlaps: marks and spaces are words, too.
///
/// ```
/// let words = yiju_text::tagged("押金怎么退");
/// let tags: Vec<&str> = words.iter().map(|word| word.tag.as_str()).collect();
/// assert_eq!(tags, ["n", "r", "v"]);
/// ```
pub fn tagged(text: &str) -> Vec<Tagged> {
    let mut at = 0;
    jieba()
        .tag(text, false)
        .into_iter()
        .map(|word| {
            let range = at..at + word.word.len();
            at = range.end;
            Tagged { range, tag: word.tag.to_owned() }
        })
        .collect()
}

fn jieba() -> &'static Jieba {
    static JIEBA: OnceLock<Jieba> = OnceLock::new();
    JIEBA.get_or_init(Jieba::new)
}

/// Loads the dictionary now rather than at the first use. May be called from any thread, and again.
pub fn warm_up() {
    jieba();
    fold("後");
}

/// The terms of `text` in order; the parts of a long word overlap with it.
///
/// ```
/// let terms = yiju_text::terms("城市规模达到３．５％");
/// let words: Vec<&str> = terms.iter().map(|t| t.text.as_str()).collect();
/// assert_eq!(words, ["城市", "规模", "达到", "3.5%"]);
/// ```
pub fn terms(text: &str) -> Vec<Term> {
    let folded = fold(text);
    let mut terms = Vec::with_capacity(folded.len() / 2);
    let mut run = String::new();
    let mut at = 0;
    while at < folded.len() {
        let start = at;
        if is_han(folded[at].char) {
            run.clear();
            while at < folded.len() && is_han(folded[at].char) {
                run.push(folded[at].char);
                at += 1;
            }
            for token in jieba().cut_for_search(&run, false) {
                let (first, last) = (start + token.start, start + token.end - 1);
                let range = folded[first].source.start..folded[last].source.end;
                terms.push(Term { text: token.word.to_owned(), range });
            }
        } else if folded[at].char.is_alphanumeric() {
            at = word_end(&folded, at);
            let mut text: String =
                folded[start..at].iter().map(|f| f.char).filter(|&c| c != ',').collect();
            singular(&mut text);
            terms.push(Term { text, range: folded[start].source.start..folded[at - 1].source.end });
        } else {
            at += 1;
        }
    }
    terms
}

/// The end of the word of letters and digits that starts at `at`.
fn word_end(folded: &[Folded], mut at: usize) -> usize {
    let digit = |i: usize| folded.get(i).is_some_and(|f| f.char.is_ascii_digit());
    while let Some(f) = folded.get(at) {
        let inner = match f.char {
            '.' => digit(at + 1) && digit(at - 1),
            // A comma between thousands, not between items of a list.
            ',' => digit(at - 1) && (1..=3).all(|i| digit(at + i)) && !digit(at + 4),
            c => c.is_alphanumeric() && !is_han(c),
        };
        if !inner {
            break;
        }
        at += 1;
    }
    if folded.get(at).is_some_and(|f| f.char == '%') && digit(at - 1) { at + 1 } else { at }
}

/// Turns an English plural into its singular.
fn singular(word: &mut String) {
    if word.len() < 4 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return;
    }
    if word.ends_with("ies") && word.len() > 4 {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if ["sses", "shes", "ches", "xes", "zes"].iter().any(|end| word.ends_with(end)) {
        word.truncate(word.len() - 2);
    } else if word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        word.truncate(word.len() - 1);
    }
}

static STOP_TERMS: WordList = WordList::new(include_str!("../data/stop-terms.txt"));

/// Whether a term (as [`terms`] gives it) is a stop word. Stop words are indexed like all others; queries leave
/// them out where others remain.
pub fn is_stop_term(term: &str) -> bool {
    // `terms` makes does doe.
    STOP_TERMS.contains(term)
        || term.len() >= 3 && term.is_ascii() && STOP_TERMS.contains(&format!("{term}s"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        terms(text).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn chinese_is_cut_with_parts_and_places() {
        assert_eq!(
            words("中华人民共和国"),
            ["中华", "华人", "人民", "共和", "共和国", "中华人民共和国"]
        );
        let text = "（一）發展城市「更新」";
        for term in terms(text) {
            assert_eq!(crate::normalize(&text[term.range.clone()]), term.text);
        }
        assert_eq!(words(text), ["一", "发展", "城市", "更新"]);
    }

    #[test]
    fn numbers_and_english_words_stay_whole() {
        assert_eq!(
            words("１，０００万元占12.5％，PM2.5为3.0。"),
            ["1000", "万元", "占", "12.5%", "pm2.5", "为", "3.0"]
        );
        assert_eq!(
            words("Article 12. Cities, policies & classes' GLASS status"),
            ["article", "12", "city", "policy", "class", "glass", "status"]
        );
        assert_eq!(words("2020—2025年，1,2,3"), ["2020", "2025", "年", "1", "2", "3"]);
        assert_eq!(words("国发〔2025〕3号"), ["国", "发", "2025", "3", "号"]);
    }

    #[test]
    fn marks_alone_give_nothing() {
        assert!(terms("，。！？（）——…… \n\u{3000}").is_empty());
        assert!(terms("").is_empty());
    }

    #[test]
    fn stop_terms_are_particles_not_matter() {
        for word in ["的", "怎样", "哪些", "the", "which"] {
            assert!(is_stop_term(word), "{word}");
        }
        for word in ["城市", "发展", "规模", "city", "12"] {
            assert!(!is_stop_term(word), "{word}");
        }
    }

    proptest! {
        #[test]
        fn terms_lie_in_the_text(text in "\\PC*") {
            for term in terms(&text) {
                prop_assert!(!term.text.is_empty());
                prop_assert!(text.get(term.range.clone()).is_some_and(|s| !s.is_empty()), "{:?}", term);
            }
        }

        #[test]
        fn traditional_and_width_make_no_difference(text in "[城市發展規劃後與應該（）０-９ａ-ｚ，。]{0,40}") {
            prop_assert_eq!(words(&text), words(&crate::normalize(&text)));
        }
    }
}
