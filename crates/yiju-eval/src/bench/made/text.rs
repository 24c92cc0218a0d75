//! Made text: clauses as policies word them, their words as rare and as common as Zipf's law has it.

use super::words::{BODIES, FIRST, KINDS, LIMITS, MODALS, OBJECTS, PLACES, SECOND, VERBS};
use crate::random::Random;

/// Zipf's law after Mandelbrot: the word of rank r, from 0, has the weight 1 / (r + 2.7).
const OFFSET: f64 = 2.7;
/// How often a part of a sentence names a place.
const PLACE_SHARE: f64 = 0.25;

/// Draws ranks by Zipf's law.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(ranks: usize) -> Self {
        let mut sum = 0.0;
        Self(
            (0..ranks)
                .map(|rank| {
                    sum += 1.0 / (rank as f64 + OFFSET);
                    sum
                })
                .collect(),
        )
    }

    fn draw(&self, random: &mut Random) -> usize {
        let wanted = random.share() * self.0.last().copied().unwrap_or(0.0);
        self.0.partition_point(|sum| *sum < wanted)
    }
}

/// Clauses and questions about them, each a function of its number alone.
pub struct MadeText {
    seed: u64,
    bodies: Zipf,
    modals: Zipf,
    verbs: Zipf,
    matters: Zipf,
    limits: Zipf,
    places: Zipf,
}

/// A part of a sentence.
struct Part {
    place: Option<String>,
    body: &'static str,
    modal: &'static str,
    verb: &'static str,
    matter: String,
    limit: &'static str,
}

impl MadeText {
    /// Text from a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            bodies: Zipf::new(BODIES.len()),
            modals: Zipf::new(MODALS.len()),
            verbs: Zipf::new(VERBS.len()),
            matters: Zipf::new(OBJECTS.len() * KINDS.len()),
            limits: Zipf::new(LIMITS.len()),
            places: Zipf::new(FIRST.len() * SECOND.len() * PLACES.len()),
        }
    }

    /// The heading above clause `number` and its text: one to four sentences.
    pub fn clause(&self, number: u64) -> (String, String) {
        let random = &mut self.random(number);
        let first = self.part(random);
        let heading = format!("第{}章 {}", number / 10 % 12 + 1, first.matter);
        let mut text = format!("第{}条　", number % 120 + 1);
        let sentences = 1 + random.below(4);
        write(&mut text, &first);
        for _ in 0..sentences {
            for _ in 0..random.below(3) {
                text.push('，');
                write(&mut text, &self.part(random));
            }
            text.push('。');
            write(&mut text, &self.part(random));
        }
        text.push('。');
        (heading, text)
    }

    /// A question that clause `number` answers, in its words.
    pub fn question(&self, number: u64) -> String {
        let part = self.part(&mut self.random(number));
        let place = part.place.unwrap_or_default();
        match number % 3 {
            0 => format!("{place}{}由谁{}？", part.matter, part.verb),
            1 => format!("{place}{}对{}有什么规定？", part.body, part.matter),
            _ => format!("{place}怎样{}{}？", part.verb, part.matter),
        }
    }

    fn random(&self, number: u64) -> Random {
        Random::new(Random::new(self.seed.rotate_left(32) ^ number).next())
    }

    fn part(&self, random: &mut Random) -> Part {
        let pick = |zipf: &Zipf, words: &[&'static str], random: &mut Random| {
            words[zipf.draw(random).min(words.len() - 1)]
        };
        let place = (random.share() < PLACE_SHARE).then(|| self.place(random));
        let matter = shuffled(self.matters.draw(random), OBJECTS.len() * KINDS.len());
        Part {
            place,
            body: pick(&self.bodies, BODIES, random),
            modal: pick(&self.modals, MODALS, random),
            verb: pick(&self.verbs, VERBS, random),
            matter: format!(
                "{}{}",
                OBJECTS[matter % OBJECTS.len()],
                KINDS[matter / OBJECTS.len()]
            ),
            limit: pick(&self.limits, LIMITS, random),
        }
    }

    fn place(&self, random: &mut Random) -> String {
        let count = FIRST.len() * SECOND.len() * PLACES.len();
        let at = shuffled(self.places.draw(random), count);
        let (first, rest) = (at % FIRST.len(), at / FIRST.len());
        let (second, kind) = (rest % SECOND.len(), rest / SECOND.len());
        format!("{}{}{}", FIRST[first], SECOND[second], PLACES[kind])
    }
}

fn write(text: &mut String, part: &Part) {
    text.push_str(part.place.as_deref().unwrap_or(""));
    for word in [part.body, part.modal, part.limit, part.verb, &part.matter] {
        text.push_str(word);
    }
}

/// A rank's place in a list whose order says nothing of how common its entries are. No list here has a
/// length that the prime 7,919 divides, so every place comes up once.
fn shuffled(rank: usize, count: usize) -> usize {
    rank.min(count - 1) * 7_919 % count
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn clauses_are_always_the_same_and_questions_share_their_words() {
        let (made, again) = (MadeText::new(1), MadeText::new(1));
        let texts: HashSet<String> = (0..500).map(|number| made.clause(number).1).collect();
        assert_eq!(texts.len(), 500);
        for number in 0..500 {
            let (heading, text) = made.clause(number);
            assert_eq!((heading.clone(), text.clone()), again.clause(number));
            assert!((20..800).contains(&text.chars().count()), "{text}");
            let question = made.question(number);
            let (_, matter) = heading.split_once(' ').unwrap();
            assert!(question.contains(matter), "{question} of {heading}");
            assert!(text.contains(matter));
        }
    }

    #[test]
    fn shuffling_loses_nothing() {
        for count in [
            OBJECTS.len() * KINDS.len(),
            FIRST.len() * SECOND.len() * PLACES.len(),
        ] {
            let seen: HashSet<usize> = (0..count).map(|rank| shuffled(rank, count)).collect();
            assert_eq!(seen.len(), count);
        }
    }

    #[test]
    fn few_words_are_common_and_many_are_rare() {
        let made = MadeText::new(1);
        let mut counts: HashMap<String, usize> = HashMap::new();
        for number in 0..2_000 {
            for term in yiju_text::terms(&made.clause(number).1) {
                *counts.entry(term.text).or_default() += 1;
            }
        }
        let mut counts: Vec<usize> = counts.into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let all: usize = counts.iter().sum();
        let top: usize = counts.iter().take(counts.len() / 20).sum();
        assert!(counts.len() > 1_000, "{} words", counts.len());
        assert!(5 * top > 2 * all, "the top twentieth has {top} of {all}");
        let once = counts.iter().filter(|count| **count <= 2).count();
        assert!(4 * once > counts.len(), "{once} of {}", counts.len());
    }
}
