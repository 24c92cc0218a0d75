//! The part of a quote that answers a question for an amount or a time.

use std::ops::Range;

use yiju_text::amounts::{marked_unit, numbers, phrases};
use yiju_text::questions::{Expected, fits};

use crate::ask::question::Question;

/// The byte range in `text` of the amount or time that a question asks for: of those with the right
/// kind of unit, one with the very unit where the question names it (多少分), and of these the one
/// nearest to a word of the question. `None` where the question asks for something else or the text
/// has none.
pub(crate) fn answering(question: &Question, text: &str) -> Option<Range<usize>> {
    if !matches!(question.expected, Expected::Quantity(_) | Expected::Time) {
        return None;
    }
    let words: Vec<Range<usize>> = question
        .words
        .iter()
        .flat_map(|word| {
            text.match_indices(word.text.as_str()).map(|(at, found)| at..at + found.len())
        })
        .collect();
    let unit = asked_unit(&question.text);
    let distance = |part: &Range<usize>| {
        let gap = |word: &Range<usize>| {
            if word.end <= part.start {
                part.start - word.end
            } else {
                word.start.saturating_sub(part.end)
            }
        };
        let other_unit = unit.is_some_and(|unit| !text[part.clone()].contains(unit));
        // A number that the question itself names is not what it asks for; a unit that it names is.
        let named = words.iter().any(|word| {
            word.start < part.end
                && part.start < word.end
                && numbers(&text[word.clone()]).next().is_some()
        });
        (named, other_unit, words.iter().map(gap).min().unwrap_or(0))
    };
    phrases(text)
        .into_iter()
        .filter(|part| fits(question.expected, &text[part.clone()]) >= 1.0)
        .min_by_key(distance)
}

/// The unit that a question names behind the word that asks for a number.
fn asked_unit(question: &str) -> Option<&'static str> {
    ["多少", "几"].iter().find_map(|word| {
        let (_, rest) = question.split_once(word)?;
        marked_unit(rest)
    })
}

#[cfg(test)]
mod tests {
    use yiju_index::LexicalIndex;

    use super::*;

    fn answer<'t>(question: &str, text: &'t str) -> Option<&'t str> {
        let question = Question::new(question, &LexicalIndex::in_memory().unwrap()).unwrap();
        answering(&question, text).map(|range| &text[range])
    }

    #[test]
    fn the_nearest_amount_of_the_right_unit_answers() {
        let text = "研发费用总额1.13万亿元，研发人员总数115.17万人";
        assert_eq!(answer("研发费用总额是多少？", text), Some("1.13万亿元"));
        assert_eq!(answer("研发人员有多少人？", text), Some("115.17万人"));
        assert_eq!(answer("怎样研发？", text), None);
        assert_eq!(answer("有多少人？", "完善制度"), None);
        assert_eq!(answer("什么时候开展？", "要求在9月集中组织开展活动"), Some("9月"));
        assert_eq!(
            answer("民营企业500强纳税多少？", "民营企业500强纳税1.27万亿元"),
            Some("1.27万亿元")
        );
        let text = "防守只丢了 308分，拦截24次，列第6名";
        assert_eq!(answer("防守丢了多少分？", text), Some("308分"));
        assert_eq!(answer("防守拦截了几次？", text), Some("24次"));
    }
}
