//! A text cut into the sentences that are checked, each with the markers of what it cites.

use std::ops::Range;

use yiju_text::words::WordList;
use yiju_text::{is_stop_term, normalize, split_sentences, terms};

use super::markers::{Marker, markers};

const WORDS: &str = include_str!("../../data/ground.txt");
static IDLE_STARTS: WordList = WordList::section(WORDS, "idle starts");
static JOINTS: WordList = WordList::section(WORDS, "joints");
static IDLE: WordList = WordList::section(WORDS, "idle");

/// Longest lead-in (以下是主要规定：), in characters.
const LONGEST_LEAD: usize = 30;

/// A shorter part between semicolons, in characters, says nothing by itself.
const SHORTEST_PART: usize = 8;

/// A sentence of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// Its bytes in the text, without bullets before it and markers after it.
    pub range: Range<usize>,
    /// What is checked: the sentence with spaces for its markers.
    pub said: String,
    /// The numbers that it cites, each once.
    pub markers: Vec<u32>,
    pub needs_check: bool,
}

/// The sentences of a text, in their order.
pub(super) fn claims(text: &str) -> Vec<Claim> {
    let markers = markers(text);
    let masked = masked(text, &markers);
    let mut found: Vec<Claim> = Vec::new();
    for range in split_sentences(&masked) {
        let Some(sentence) = masked.get(range.clone()) else { continue };
        let start = range.start + bullet(sentence);
        let said = masked.get(start..range.end).unwrap_or("").trim_end();
        if said.is_empty() {
            continue;
        }
        found.push(Claim {
            range: start..start + said.len(),
            needs_check: needs_check(sentence, said),
            said: said.to_owned(),
            markers: Vec::new(),
        });
    }
    for marker in &markers {
        if let Some(claim) = cites(text, &mut found, marker) {
            for number in &marker.numbers {
                if !claim.markers.contains(number) {
                    claim.markers.push(*number);
                }
            }
        }
    }
    found
}

impl Claim {
    /// What is checked one by one: the parts of the sentence between its semicolons.
    pub(super) fn parts(&self) -> Vec<&str> {
        let mut parts: Vec<&str> = self
            .said
            .split(['；', ';'])
            .map(|part| part.trim().trim_start_matches(|c| ",，".contains(c)))
            .map(without_joint)
            .collect();
        parts.retain(|part| part.chars().any(char::is_alphanumeric));
        let whole = |part: &&str| part.chars().count() < SHORTEST_PART;
        if parts.is_empty() || parts.iter().any(whole) {
            return vec![&self.said];
        }
        parts
    }
}

/// A part without what joins it to the one before: 同时，.
fn without_joint(part: &str) -> &str {
    let rest = JOINTS.iter().find_map(|joint| part.strip_prefix(joint));
    rest.map_or(part, |rest| rest.trim_start_matches(['，', ',', ' ']))
}

/// The text with spaces for its markers, so that a marker after a full stop does not begin a sentence.
fn masked(text: &str, markers: &[Marker]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for marker in markers {
        masked.push_str(&text[at..marker.range.start]);
        masked.extend(std::iter::repeat_n(' ', marker.range.len()));
        at = marker.range.end;
    }
    masked.push_str(&text[at..]);
    masked
}

/// The sentence that a marker is of: the one that it stands in or after, on its line; else the next.
fn cites<'c>(text: &str, claims: &'c mut [Claim], marker: &Marker) -> Option<&'c mut Claim> {
    let next = claims.partition_point(|claim| claim.range.start <= marker.range.start);
    let of_line = next.checked_sub(1).filter(|&last| {
        let end = claims[last].range.end.min(marker.range.start);
        text.get(end..marker.range.start).is_some_and(|between| !between.contains('\n'))
    });
    claims.get_mut(of_line.unwrap_or(next))
}

/// Bytes of what marks an entry of a list or a heading: `- `, `* `, `1. `, `> `.
fn bullet(sentence: &str) -> usize {
    let marks = |text: &str| {
        text.find(|c: char| !matches!(c, '-' | '*' | '>' | '#' | '•' | '·' | ' ' | '\u{3000}'))
            .unwrap_or(text.len())
    };
    let first = marks(sentence);
    let rest = &sentence[first..];
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let number = (1..=2).contains(&digits) && rest[digits..].starts_with(['.', ')', '、', '）']);
    let after = &rest[digits..];
    // 3.5 and 2、3 are numbers.
    let mark = after.chars().next().map_or(0, char::len_utf8);
    if number && !after[mark..].starts_with(|c: char| c.is_ascii_digit()) {
        let at = first + digits + mark;
        return at + marks(&sentence[at..]);
    }
    first
}

/// Whether a sentence says something that a source must hold.
fn needs_check(line: &str, said: &str) -> bool {
    let normal = normalize(said);
    let plain = normal.trim_matches(|c: char| !c.is_alphanumeric());
    if plain.is_empty() || line.trim_start().starts_with('#') || normal.ends_with('?') {
        return false;
    }
    if IDLE.contains(plain) || IDLE_STARTS.prefix_of(plain).is_some() {
        return false;
    }
    let numbered = !yiju_text::amounts::values(&normal).is_empty();
    if normal.ends_with(':') && !numbered && plain.chars().count() <= LONGEST_LEAD {
        return false;
    }
    terms(plain).iter().any(|term| !is_stop_term(&term.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(&str, Vec<u32>, bool)> {
        claims(text)
            .into_iter()
            .map(|claim| (&text[claim.range], claim.markers, claim.needs_check))
            .collect()
    }

    #[test]
    fn sentences_have_the_markers_after_them() {
        assert_eq!(
            cut("您好！押金不超过一个月租金。[1][2]应当在三十日内备案[3]。"),
            [
                ("您好！", vec![], false),
                ("押金不超过一个月租金。", vec![1, 2], true),
                ("应当在三十日内备案[3]。", vec![3], true),
            ]
        );
        assert_eq!(
            cut("Rent is due monthly.[1] Notice takes 30 days [2, 3]."),
            [
                ("Rent is due monthly.", vec![1], true),
                ("Notice takes 30 days [2, 3].", vec![2, 3], true),
            ]
        );
    }

    #[test]
    fn bullets_headings_and_lead_ins_are_no_claims() {
        assert_eq!(
            cut(
                "## 结论\n主要规定如下：\n1. 押金要退还。【2】\n- 3.5%的费用由出租人承担。\n还需要什么？"
            ),
            [
                ("结论", vec![], false),
                ("主要规定如下：", vec![], false),
                ("押金要退还。", vec![2], true),
                ("3.5%的费用由出租人承担。", vec![], true),
                ("还需要什么？", vec![], false),
            ]
        );
    }

    #[test]
    fn parts_between_semicolons_are_checked_one_by_one() {
        let parts = |text: &str| -> Vec<String> {
            claims(text)[0].parts().into_iter().map(str::to_owned).collect()
        };
        assert_eq!(
            parts("租金由双方协商确定；同时，押金不超过两个月租金。"),
            ["租金由双方协商确定", "押金不超过两个月租金。"]
        );
        assert_eq!(parts("租金；押金不超过两个月租金。"), ["租金；押金不超过两个月租金。"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_in_order(text in "(?s)[\\[\\]【】0-9,，。.！?\n #*•-]{0,40}|[\\[【1\\]】。a你好 \n]{0,60}|.{0,80}") {
            let mut last = 0;
            for claim in claims(&text) {
                proptest::prop_assert!(claim.range.start >= last && claim.range.start < claim.range.end);
                proptest::prop_assert!(text.get(claim.range.clone()).is_some());
                last = claim.range.end;
                proptest::prop_assert!(!claim.parts().is_empty());
            }
        }
    }
}
