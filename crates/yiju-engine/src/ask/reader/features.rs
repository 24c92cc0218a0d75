//! The features of a token: what the reader sees of it.

use std::ops::Range;

use yiju_index::{CodedTokens, QueryTokens, TokenKind};
use yiju_text::chars::is_han;
use yiju_text::questions::{Expected, HOW, WHY};
use yiju_text::{normalize, terms};

use crate::ask::embedded::Embedded;
use crate::ask::question::{Language, Question};
use crate::ask::rank::Ranked;

/// Features of each token.
pub(crate) const WIDTH: usize = 54;
/// Distances, in tokens, over which the influence of the surroundings decays by e.
const FADES: [f32; 3] = [3.0, 10.0, 30.0];
/// A cosine of two tokens below this is chance.
const CHANCE: f32 = 0.5;

/// A token of the clause's text with its features.
pub(crate) struct TokenFeatures {
    /// Index among the coded tokens.
    pub index: usize,
    pub range: Range<usize>,
    pub sentence: usize,
    /// Whether a word of the text begins or ends with this token.
    pub begins_word: bool,
    pub ends_word: bool,
    pub values: [f32; WIDTH],
}

/// The sentences of `found` as byte ranges of its text.
pub(crate) fn sentence_ranges(found: &Ranked) -> Vec<Range<usize>> {
    found
        .sentences
        .iter()
        .map(|sentence| found.record.within(sentence.span).unwrap_or_default())
        .collect()
}

/// The features of the tokens of the text of `found`, the candidate at `place`; `None` where there is
/// no token or no sentence, or the token vectors are not those for matching.
pub(crate) fn tokens(
    question: &Embedded,
    found: &Ranked,
    place: usize,
    coded: &CodedTokens,
) -> Option<Vec<TokenFeatures>> {
    let text = found.record.text.as_str();
    let sentences = sentence_ranges(found);
    if sentences.is_empty() || coded.kind() != TokenKind::Matching {
        return None;
    }
    let places: Vec<(usize, Range<usize>)> = coded
        .ranges()
        .enumerate()
        .filter_map(|(index, range)| range.map(|range| (index, range)))
        .filter(|(_, range)| text.get(range.clone()).is_some())
        .collect();
    if places.is_empty() {
        return None;
    }
    let lexical = Lexical::of(question, text, &places);
    let meeting = Meeting::of(question, coded, &places);
    let sides = Sides::of(found);
    let kinds: Vec<Kinds> =
        places.iter().map(|(_, range)| Kinds::of(text.get(range.clone()).unwrap_or(""))).collect();
    let asked = asked(question);
    let faded_words = fade_all(&lexical.weights);
    let faded_hits = fade_all(&meeting.hits);
    let tokens = places
        .into_iter()
        .enumerate()
        .map(|(t, (index, range))| {
            let sentence =
                sentences.iter().rposition(|sentence| sentence.start <= range.start).unwrap_or(0);
            let mut values = [0.0; WIDTH];
            let mut count = 0;
            // One feature too many panics at the first token that any test reads.
            let mut put = |value: f32| {
                values[count] = value;
                count += 1;
            };
            put(lexical.weights[t]);
            faded_words.iter().for_each(|column| put(column[t]));
            put(meeting.hits[t]);
            faded_hits.iter().for_each(|column| put(column[t]));
            meeting.columns.iter().for_each(|column| put(column[t]));
            sides.of_sentence(sentence).into_iter().for_each(&mut put);
            put(found.lanes.late);
            put(found.coverage);
            put(found.lanes.dense + found.lanes.sentence);
            put(f32::from(u8::from(place == 0)));
            let before = t.checked_sub(1).and_then(|t| kinds.get(t));
            kinds[t].values(before, kinds.get(t + 1)).into_iter().for_each(&mut put);
            put(f32::from(u8::from(lexical.begins[t])));
            put(f32::from(u8::from(lexical.ends[t])));
            asked.iter().copied().for_each(&mut put);
            debug_assert_eq!(count, WIDTH, "a feature is missing");
            TokenFeatures {
                index,
                range,
                sentence,
                begins_word: lexical.begins[t],
                ends_word: lexical.ends[t],
                values,
            }
        })
        .collect();
    Some(tokens)
}

/// The words of the question in the text, and where words begin and end.
struct Lexical {
    weights: Vec<f32>,
    begins: Vec<bool>,
    ends: Vec<bool>,
}

impl Lexical {
    fn of(question: &Question, text: &str, places: &[(usize, Range<usize>)]) -> Self {
        let mut weights = vec![0.0f32; places.len()];
        let mut begins = vec![false; places.len()];
        let mut ends = vec![false; places.len()];
        for word in terms(text) {
            let range = word.range;
            let weight = question
                .words
                .iter()
                .find(|asked| asked.text == word.text)
                .map_or(0.0, |asked| asked.weight);
            // Tokens are in the order of the text.
            let from = places.partition_point(|(_, token)| token.end <= range.start);
            for (t, (_, token)) in places.iter().enumerate().skip(from) {
                if token.start >= range.end {
                    break;
                }
                weights[t] = weights[t].max(weight);
                begins[t] |= range.start >= token.start;
                ends[t] |= range.end <= token.end;
            }
        }
        Self { weights, begins, ends }
    }
}

/// How the question's tokens match the clause's.
struct Meeting {
    /// How much of the question has its best match here.
    hits: Vec<f32>,
    columns: [Vec<f32>; 6],
}

impl Meeting {
    fn of(question: &Embedded, coded: &CodedTokens, places: &[(usize, Range<usize>)]) -> Self {
        let all = coded.similarities(&question.tokens);
        let rows: Vec<Vec<f32>> = all
            .chunks_exact(coded.len().max(1))
            .map(|row| places.iter().map(|(index, _)| row[*index]).collect())
            .collect();
        let whole = QueryTokens::new([question.vector.as_slice()], question.vector.len());
        let with_whole = coded.similarities(&whole);
        let heaviest = question.token_weights.iter().copied().fold(1e-6, f32::max);
        let mut hits = vec![0.0f32; places.len()];
        for (row, weight) in rows.iter().zip(&question.token_weights) {
            let best = row
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.total_cmp(b.1))
                .map(|(t, &cosine)| (t, cosine));
            if let Some((t, cosine)) = best {
                hits[t] += weight * (cosine - CHANCE).max(0.0) * 10.0;
            }
        }
        let no_asking = !question.asking.contains(&true);
        let mut columns: [Vec<f32>; 6] = Default::default();
        for t in 0..places.len() {
            let mut mean = 0.0;
            let mut weighed = f32::MIN;
            let mut matter = f32::MIN;
            let mut most = f32::MIN;
            let mut asking = f32::MIN;
            let mut sum = 0.0;
            for (i, (row, &weight)) in rows.iter().zip(&question.token_weights).enumerate() {
                let cosine = row[t];
                mean += weight * cosine;
                sum += cosine;
                weighed = weighed.max(weight / heaviest * cosine);
                most = most.max(cosine);
                if weight > 0.5 * heaviest {
                    matter = matter.max(cosine);
                }
                if question.asking.get(i).copied().unwrap_or(false) {
                    asking = asking.max(cosine);
                }
            }
            if no_asking {
                asking = sum / rows.len().max(1) as f32;
            }
            let finite = |x: f32| if x == f32::MIN { 0.0 } else { x };
            let whole =
                places.get(t).and_then(|(index, _)| with_whole.get(*index)).copied().unwrap_or(0.0);
            let values =
                [mean, whole, finite(weighed) - 0.6, finite(matter), finite(asking), finite(most)];
            for (column, value) in columns.iter_mut().zip(values) {
                column.push(value);
            }
        }
        Self { hits, columns }
    }
}

/// Decayed sums of the values before each place and after it, one column for each decay and side.
fn fade_all(values: &[f32]) -> Vec<Vec<f32>> {
    let mut columns = Vec::with_capacity(2 * FADES.len());
    for length in FADES {
        let keep = (-1.0 / length).exp();
        let scale = length.sqrt().recip();
        let mut before = vec![0.0; values.len()];
        let mut sum = 0.0;
        for (slot, value) in before.iter_mut().zip(values) {
            *slot = sum * scale;
            sum = sum * keep + value;
        }
        let mut after = vec![0.0; values.len()];
        let mut sum = 0.0;
        for (slot, value) in after.iter_mut().zip(values).rev() {
            *slot = sum * scale;
            sum = sum * keep + value;
        }
        columns.push(before);
        columns.push(after);
    }
    columns
}

/// Features of whole sentences.
struct Sides {
    late: Vec<f32>,
    coverage: Vec<f32>,
    headings: Vec<bool>,
    /// Places by the rule's score, 0 for the best.
    places: Vec<usize>,
    best: f32,
    least: f32,
}

impl Sides {
    fn of(found: &Ranked) -> Self {
        let mut order: Vec<usize> = (0..found.sentences.len()).collect();
        order.sort_by(|&a, &b| found.sentences[b].score.total_cmp(&found.sentences[a].score));
        let mut places = vec![0; order.len()];
        for (place, sentence) in order.into_iter().enumerate() {
            places[sentence] = place;
        }
        let late: Vec<f32> = found.sentences.iter().map(|s| s.late).collect();
        Self {
            best: late.iter().copied().fold(f32::MIN, f32::max),
            least: late.iter().copied().fold(f32::MAX, f32::min),
            coverage: found.sentences.iter().map(|s| s.coverage).collect(),
            headings: found.sentences.iter().map(|s| s.is_heading).collect(),
            late,
            places,
        }
    }

    fn of_sentence(&self, at: usize) -> [f32; 9] {
        let late =
            |at: Option<usize>| at.and_then(|at| self.late.get(at)).copied().unwrap_or(self.least);
        let own = late(Some(at));
        let flag = |yes: bool| f32::from(u8::from(yes));
        let place = self.places.get(at).copied().unwrap_or(0);
        [
            own - self.best,
            own,
            self.coverage.get(at).copied().unwrap_or(0.0),
            flag(place == 0),
            flag(place == 1),
            late(at.checked_sub(1)) - self.best,
            late(Some(at + 1)) - self.best,
            flag(at == 0),
            flag(self.headings.get(at).copied().unwrap_or(false)),
        ]
    }
}

/// The kinds of a token's characters.
struct Kinds {
    digit: bool,
    latin: bool,
    han: bool,
    mark: bool,
    numeral: bool,
    date: bool,
    begins_with_mark: bool,
    ends_with_mark: bool,
    ends_opening: bool,
}

impl Kinds {
    fn of(token: &str) -> Self {
        let token = normalize(token);
        let token = token.trim();
        let any = |kind: &dyn Fn(char) -> bool| token.chars().any(kind);
        let mark = |c: char| !c.is_alphanumeric() && c != '%';
        let last = token.chars().next_back();
        Self {
            digit: any(&|c| c.is_ascii_digit()),
            latin: any(&|c| c.is_ascii_alphabetic()),
            // The weights were learnt with 〇 and 々 counted as no Han characters.
            han: any(&|c| is_han(c) && !matches!(c, '〇' | '々')),
            mark: !token.is_empty() && token.chars().all(mark),
            numeral: any(&|c| "零一二三四五六七八九十百千万亿两".contains(c)),
            date: any(&|c| "年月日".contains(c)),
            begins_with_mark: token.chars().next().is_some_and(mark),
            ends_with_mark: last.is_some_and(mark),
            ends_opening: last.is_some_and(|c| "“\"《((「『".contains(c)),
        }
    }

    fn values(&self, before: Option<&Self>, after: Option<&Self>) -> [f32; 9] {
        [
            self.digit,
            self.latin,
            self.han,
            self.mark,
            self.numeral,
            before.is_some_and(|b| b.ends_with_mark),
            after.is_some_and(|a| a.begins_with_mark),
            before.is_some_and(|b| b.ends_opening),
            self.date,
        ]
        .map(|yes| f32::from(u8::from(yes)))
    }
}

/// What kind of answer is asked for.
fn asked(question: &Question) -> [f32; 10] {
    let text = normalize(&question.text);
    let expected = question.expected;
    [
        matches!(expected, Expected::Quantity(_)),
        expected == Expected::Time,
        expected == Expected::Agent,
        expected == Expected::Place,
        expected == Expected::List,
        expected == Expected::Location,
        matches!(expected, Expected::Open | Expected::Explanation),
        WHY.is_in(&text),
        HOW.is_in(&text),
        question.language == Language::English,
    ]
    .map(|yes| f32::from(u8::from(yes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_fades_on_both_sides() {
        let columns = fade_all(&[0.0, 1.0, 0.0, 0.0]);
        let keep = (-1.0f32 / 3.0).exp();
        let scale = 3.0f32.sqrt().recip();
        let expected = [0.0, 0.0, scale, scale * keep];
        for (found, wanted) in columns[0].iter().zip(expected) {
            assert!((found - wanted).abs() < 1e-6);
        }
        assert!((columns[1][0] - scale).abs() < 1e-6 && columns[1][1] == 0.0);
    }

    #[test]
    fn kinds_of_characters_are_told_apart() {
        let kinds = Kinds::of("２０２５年");
        assert!(kinds.digit && kinds.han && kinds.date && !kinds.mark && !kinds.latin);
        let kinds = Kinds::of("，“");
        assert!(kinds.mark && kinds.ends_opening && kinds.begins_with_mark);
    }
}
