//! Clauses worded as policies are, with word frequencies by Zipf's law.

use crate::Random;

/// The words: lines of a list's name and its entries, common ones first.
const WORDS: &str = include_str!("../data/words.txt");

/// The Zipf–Mandelbrot law: the word of rank r, from 0, has the weight 1 / (r + 2.7).
const OFFSET: f64 = 2.7;
/// Share of the parts of sentences that name a place.
const PLACE_SHARE: f64 = 0.25;

/// Things drawn by their rank.
struct Ranked {
    /// For each rank the sum of its weight and those before it.
    sums: Vec<f64>,
}

impl Ranked {
    fn new(ranks: usize) -> Self {
        let mut sum = 0.0;
        let sums = (0..ranks).map(|rank| {
            sum += 1.0 / (rank as f64 + OFFSET);
            sum
        });
        Self { sums: sums.collect() }
    }

    fn draw(&self, random: &mut Random) -> usize {
        let wanted = random.share() * self.sums.last().copied().unwrap_or(0.0);
        let rank = self.sums.partition_point(|sum| *sum < wanted);
        rank.min(self.sums.len() - 1)
    }

    /// As [`draw`](Self::draw), in an order that says nothing of how common a thing is. No number of things here is
    /// a multiple of the prime 7,919, so each comes up once.
    fn draw_shuffled(&self, random: &mut Random) -> usize {
        self.draw(random) * SHUFFLE % self.sums.len()
    }
}

const SHUFFLE: usize = 7_919;

/// A list of words drawn by their rank.
struct Words {
    words: Vec<&'static str>,
    ranks: Ranked,
}

impl Words {
    fn new(name: &str) -> Self {
        let words = list(name);
        let ranks = Ranked::new(words.len());
        Self { words, ranks }
    }

    fn draw(&self, random: &mut Random) -> &'static str {
        self.words[self.ranks.draw(random)]
    }
}

/// The words of a list of the data file.
fn list(name: &str) -> Vec<&'static str> {
    let mut lines = WORDS.lines().map(str::split_whitespace);
    lines
        .find_map(|mut line| (line.next() == Some(name)).then(|| line.collect()))
        .expect("the data file, which is part of this crate, has every list")
}

/// Clauses and questions about them. Each is a function of the seed and its number alone, so that they can be made in
/// any order.
pub struct MadeText {
    seed: u64,
    bodies: Words,
    modals: Words,
    verbs: Words,
    limits: Words,
    /// Every object with every kind.
    matters: Ranked,
    objects: Vec<&'static str>,
    kinds: Vec<&'static str>,
    /// Every first character with every second one and every ending.
    places: Ranked,
    first: Vec<&'static str>,
    second: Vec<&'static str>,
    endings: Vec<&'static str>,
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
        let (objects, kinds) = (list("objects"), list("kinds"));
        let (first, second, endings) = (list("first"), list("second"), list("places"));
        Self {
            seed,
            bodies: Words::new("bodies"),
            modals: Words::new("modals"),
            verbs: Words::new("verbs"),
            limits: Words::new("limits"),
            matters: Ranked::new(objects.len() * kinds.len()),
            places: Ranked::new(first.len() * second.len() * endings.len()),
            objects,
            kinds,
            first,
            second,
            endings,
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
        let place = (random.share() < PLACE_SHARE).then(|| self.place(random));
        let matter = self.matters.draw_shuffled(random);
        let (object, kind) = (matter % self.objects.len(), matter / self.objects.len());
        Part {
            place,
            body: self.bodies.draw(random),
            modal: self.modals.draw(random),
            verb: self.verbs.draw(random),
            matter: format!("{}{}", self.objects[object], self.kinds[kind]),
            limit: self.limits.draw(random),
        }
    }

    fn place(&self, random: &mut Random) -> String {
        let at = self.places.draw_shuffled(random);
        let (first, rest) = (at % self.first.len(), at / self.first.len());
        let (second, ending) = (rest % self.second.len(), rest / self.second.len());
        [self.first[first], self.second[second], self.endings[ending]].concat()
    }
}

fn write(text: &mut String, part: &Part) {
    text.push_str(part.place.as_deref().unwrap_or(""));
    for word in [part.body, part.modal, part.limit, part.verb, &part.matter] {
        text.push_str(word);
    }
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
        let made = MadeText::new(1);
        for count in [made.matters.sums.len(), made.places.sums.len()] {
            let seen: HashSet<usize> = (0..count).map(|rank| rank * SHUFFLE % count).collect();
            assert_eq!(seen.len(), count);
        }
    }

    /// Figures measured on this text are published: it must not change between releases.
    #[test]
    fn published_text_stays_as_it_is() {
        let made = MadeText::new(crate::SEED);
        let mut sum = 0u64;
        for number in 0..1_000 {
            let (heading, text) = made.clause(number);
            for byte in [heading, text, made.question(number)].concat().bytes() {
                sum = sum.wrapping_mul(31).wrapping_add(u64::from(byte));
            }
        }
        assert_eq!(sum, 0x7f42_429e_c2c5_e83a);
        assert_eq!(made.question(7), "县级以上地方人民政府对招标投标评价有什么规定？");
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
