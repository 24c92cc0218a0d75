//! Scores of an extracted answer: exact match and F1 as in CMRC 2018 (Cui et al., 2019,
//! "A Span-Extraction Dataset for Chinese Machine Reading Comprehension", version 5 of its script).
//!
//! Both work on lower case without certain punctuation. Exact match compares the rest, including inner white
//! space. F1 splits it into segments, one for each Chinese character and one for each word of
//! other text, and takes the longest run of segments that both share: its length over the segments
//! of the answer is the precision, over those of the accepted answer the recall. Both take the best
//! over all accepted answers. CMRC splits other text with NLTK's word tokenizer; here a run of letters
//! and digits (with `.` `,` and `'` inside) is a word and any other sign is a segment by itself, which
//! differs only for contractions and quotation marks.

/// The punctuation that CMRC removes. `‘` and `…` are not in its list.
const PUNCTUATION: &str = "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』";

/// Whether `answer` equals one of `accepted`, as CMRC compares them.
pub fn exact_match(answer: &str, accepted: &[String]) -> bool {
    let answer = without_punctuation(answer);
    accepted.iter().any(|other| without_punctuation(other) == answer)
}

/// The best F1 of `answer` against one of `accepted`, 0 to 1, as CMRC computes it.
pub fn character_f1(answer: &str, accepted: &[String]) -> f64 {
    let answer = segments(answer);
    let f1 = |other: &String| {
        let other = segments(other);
        let shared = longest_common_run(&answer, &other) as f64;
        if shared == 0.0 {
            return 0.0;
        }
        let (precision, recall) = (shared / answer.len() as f64, shared / other.len() as f64);
        2.0 * precision * recall / (precision + recall)
    };
    accepted.iter().map(f1).fold(0.0, f64::max)
}

fn without_punctuation(text: &str) -> String {
    let text = text.to_lowercase();
    text.trim().chars().filter(|&c| !PUNCTUATION.contains(c)).collect()
}

fn segments(text: &str) -> Vec<String> {
    let characters: Vec<char> = without_punctuation(text).chars().collect();
    let mut segments = Vec::new();
    let mut word = String::new();
    for (at, &c) in characters.iter().enumerate() {
        let chinese = ('\u{4e00}'..='\u{9fa5}').contains(&c);
        let next = characters.get(at + 1);
        let inside = ".,'".contains(c)
            && !word.is_empty()
            && next.is_some_and(|next| next.is_ascii_alphanumeric());
        if !chinese && (c.is_alphanumeric() || inside) {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            segments.push(std::mem::take(&mut word));
        }
        if !c.is_whitespace() {
            segments.push(c.to_string());
        }
    }
    if !word.is_empty() {
        segments.push(word);
    }
    segments
}

/// The length of the longest run of equal neighbours in both.
fn longest_common_run(a: &[String], b: &[String]) -> usize {
    // lengths[j]: of the run that ends before a[i] and b[j].
    let mut lengths = vec![0; b.len() + 1];
    let mut longest = 0;
    for x in a {
        for (j, y) in b.iter().enumerate().rev() {
            lengths[j + 1] = if x == y { lengths[j] + 1 } else { 0 };
            longest = longest.max(lengths[j + 1]);
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f1(answer: &str, accepted: &str) -> f64 {
        character_f1(answer, &[accepted.to_owned()])
    }

    #[test]
    fn punctuation_and_case_are_no_difference() {
        let accepted = vec!["《约2亿千瓦时》".to_owned()];
        assert!(exact_match(" 约2亿千瓦时。", &accepted));
        assert!(!exact_match("约 2亿千瓦时", &accepted));
        assert!(exact_match("OMEGA-Force", &["omegaforce".to_owned()]));
        assert!(exact_match("b", &["a".to_owned(), "b".to_owned()]));
        assert!(!exact_match("b", &[]));
    }

    /// Worked out by hand from CMRC's definition.
    #[test]
    fn f1_is_of_the_longest_common_run() {
        assert_eq!(f1("约2亿千瓦时", "约2亿千瓦时"), 1.0);
        // 约|2|亿|千|瓦|时 and 2|亿: a run of 2 of 6 and of 2.
        assert!((f1("2亿", "约2亿千瓦时") - 0.5).abs() < 1e-12);
        // Shared characters apart from each other do not add up: 北 or 京, not both.
        assert!((f1("北方的京城", "北京") - 2.0 / 7.0).abs() < 1e-12);
        // A number is one segment, as words are: 1998|年 and 199|年 share 年.
        assert!((f1("1998年", "199年") - 0.5).abs() < 1e-12);
        assert!((f1("the Nintendo 64", "nintendo 64") - 0.8).abs() < 1e-12);
        assert_eq!(f1("", "约"), 0.0);
        assert_eq!(f1("。", "约"), 0.0);
        let two = ["甲".to_owned(), "甲乙".to_owned()];
        assert_eq!(character_f1("甲乙", &two), 1.0);
    }

    #[test]
    fn words_are_cut_apart_from_characters() {
        assert_eq!(
            segments("增长3.5%，GDP达1,000亿 (US Dollars)。"),
            ["增", "长", "3.5", "%", "gdp", "达", "1,000", "亿", "(", "us", "dollars", ")"]
        );
        assert_eq!(segments("end."), ["end", "."]);
    }
}
