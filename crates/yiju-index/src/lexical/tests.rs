//! Windows and passed-over terms against tantivy's plain scoring of every entry.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tantivy::Term;
use tantivy::query::{BooleanQuery, BoostQuery, EnableScoring, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

use super::plan::words_of;
use super::{HEADING_BOOST, LexicalIndex};
use crate::{Filter, Hit};

/// Scores this close, as a share, may differ by rounding.
const ROUNDING: f32 = 1e-5;

/// The score of every entry with a term of the query.
fn plain(index: &LexicalIndex, query: &str) -> BTreeMap<u64, f32> {
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    for (word, count) in words_of(query) {
        for (field, boost) in [(index.fields.body, 1.0), (index.fields.heading, HEADING_BOOST)] {
            let term = Term::from_field_text(field, &word);
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            let boosted = BoostQuery::new(Box::new(query), boost * count as f32);
            clauses.push((Occur::Should, Box::new(boosted)));
        }
    }
    let searcher = index.reader.searcher();
    let weight =
        BooleanQuery::new(clauses).weight(EnableScoring::enabled_from_searcher(&searcher)).unwrap();
    let mut scores = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let ids = segment.fast_fields().u64("id").unwrap();
        let mut take = |doc, score| {
            if segment.alive_bitset().is_none_or(|alive| alive.is_alive(doc)) {
                scores.insert(ids.first(doc).unwrap(), score);
            }
        };
        weight.for_each(segment, &mut take).unwrap();
    }
    scores
}

struct Some1In(u64);

impl Filter for Some1In {
    fn accepts(&self, id: u64) -> bool {
        id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40 & 0xFFFF_FFFF < (1 << 24) / self.0
    }
}

/// Fails where `hits` are not the best `k` of `scores`.
fn check(
    hits: &[Hit],
    scores: &BTreeMap<u64, f32>,
    k: usize,
    filter: Option<&dyn Filter>,
) -> Result<(), TestCaseError> {
    let mut wanted: Vec<f32> = scores
        .iter()
        .filter(|(id, _)| filter.is_none_or(|filter| filter.accepts(**id)))
        .map(|(_, &score)| score)
        .collect();
    wanted.sort_unstable_by(|a, b| b.total_cmp(a));
    wanted.truncate(k);
    prop_assert_eq!(hits.len(), wanted.len());
    let mut seen = HashSet::new();
    for (rank, (hit, wanted)) in hits.iter().zip(wanted).enumerate() {
        prop_assert!(seen.insert(hit.id), "{} twice", hit.id);
        prop_assert!(filter.is_none_or(|filter| filter.accepts(hit.id)));
        // Its own score is right, and so is that of the rank.
        let own = scores[&hit.id];
        for right in [own, wanted] {
            prop_assert!(
                (hit.score - right).abs() <= ROUNDING * right,
                "rank {rank}: {hit:?}, but its score is {own} and the rank's {wanted}"
            );
        }
    }
    for pair in hits.windows(2) {
        prop_assert!(pair[0].order(&pair[1]).is_lt());
    }
    Ok(())
}

/// A word; lower numbers come more often.
fn word(random: &mut StdRng) -> String {
    let most = random.random_range(1..=200);
    format!("w{}", random.random_range(0..most))
}

fn text(random: &mut StdRng, words: u64) -> String {
    (0..words).map(|_| word(random) + " ").collect()
}

/// Segments of texts of different lengths, one with several windows, with removed entries; `w0` is
/// in more entries than a window has, others in a handful.
fn filled() -> LexicalIndex {
    let mut index = LexicalIndex::in_memory().unwrap();
    let mut random = StdRng::seed_from_u64(9);
    let mut id = 0;
    for (generation, (entries, words)) in
        [(11_000, 12), (3_000, 60), (400, 3), (1, 5)].into_iter().enumerate()
    {
        for _ in 0..entries {
            // Some are the same, so that scores tie.
            let seed = random.random_range(0..entries * 2);
            let mut own = StdRng::seed_from_u64(seed);
            let heading = own.random_range(0..3);
            let words = own.random_range(1..=2 * words);
            let heading = text(&mut own, heading);
            index.add(id, &heading, &text(&mut own, words)).unwrap();
            id += 1;
        }
        index.commit(generation as u64).unwrap();
    }
    for id in (0..id).step_by(7) {
        index.remove(id).unwrap();
    }
    index.add(3, "w1", "w0 w0 w0 w1 w5").unwrap();
    index.commit(9).unwrap();
    assert!(index.shown.segments.len() > 3);
    index
}

/// Entries whose scores come close to the upper bounds of their terms: repeated words in short
/// entries beside a few long ones. From `w0` in half of them to `w11` in a few.
fn close_to_bounds() -> LexicalIndex {
    let mut index = LexicalIndex::in_memory().unwrap();
    let mut random = StdRng::seed_from_u64(31);
    let text = |random: &mut StdRng| {
        let mut text = String::new();
        for word in 0..12 {
            if random.random_ratio(1, 2 << word) || random.random_ratio(1, 200) {
                text += &format!("w{word} ").repeat(random.random_range(1..=30));
            }
        }
        text
    };
    for id in 0..12_000 {
        let (heading, mut body) = (text(&mut random), text(&mut random));
        if id % 20 == 0 {
            body += &"filler ".repeat(700);
        }
        index.add(id, &heading, &body).unwrap();
        if id == 9000 {
            index.commit(1).unwrap();
        }
    }
    index.commit(2).unwrap();
    index
}

#[test]
fn a_search_that_panics_is_no_longer_counted() {
    struct Panics;
    impl Filter for Panics {
        fn accepts(&self, _: u64) -> bool {
            panic!("as a faulty filter would")
        }
    }
    let mut index = LexicalIndex::in_memory().unwrap();
    index.add(1, "", "word").unwrap();
    index.commit(1).unwrap();
    let search = || index.search("word", 3, Some(&Panics));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(search)).is_err());
    assert_eq!(index.running.load(Ordering::Relaxed), 0);
    assert_eq!(index.search("word", 3, None).unwrap().len(), 1);
}

#[test]
fn the_most_that_a_term_gives_is_the_most_of_its_entries() {
    let mut terms = 0;
    for mut index in [filled(), close_to_bounds()] {
        // A second time after a commit that changes the average length, with what is kept of unchanged segments.
        for round in 0..2 {
            for segment in &index.shown.segments {
                for (at, field) in index.shown.fields.iter().enumerate() {
                    for word in 0..230 {
                        let term = Term::from_field_text(field.field, &format!("w{word}"));
                        let Some(place) = segment.postings[at].get_term_info(&term).unwrap() else {
                            continue;
                        };
                        let profile = segment.profile(at, &place).unwrap();
                        let mut postings = segment.read(at, &place).unwrap();
                        let mut most = 0;
                        while !postings.docs().is_empty() {
                            for (&doc, &often) in postings.docs().iter().zip(postings.freqs()) {
                                let length = segment.norms(at)[doc as usize];
                                most = most.max(field.shares.get(often, length));
                            }
                            postings.advance();
                        }
                        assert_eq!(profile.most(&field.shares), most, "w{word} in round {round}");
                        terms += 1;
                    }
                }
            }
            let long = "longer ".repeat(900);
            for id in 0..200 {
                index.add(1_000_000 + id, &long, &long).unwrap();
            }
            index.commit(100).unwrap();
        }
    }
    assert!(terms > 1000);
}

#[test]
fn a_frequency_that_a_profile_cannot_hold_gives_all() {
    let mut index = LexicalIndex::in_memory().unwrap();
    index.add(1, "", &"w ".repeat(300)).unwrap();
    index.add(2, "", "w").unwrap();
    index.commit(1).unwrap();
    let (segment, field) = (&index.shown.segments[0], &index.shown.fields[0]);
    let term = Term::from_field_text(field.field, "w");
    let place = segment.postings[0].get_term_info(&term).unwrap().unwrap();
    let most = segment.profile(0, &place).unwrap().most(&field.shares);
    assert_eq!(most, u32::MAX);
    let best: Vec<u64> = index.search("w", 9, None).unwrap().iter().map(|hit| hit.id).collect();
    assert_eq!(best, [1, 2]);
}

#[test]
fn as_many_threads_as_there_are_find_the_same() {
    let mut index = filled();
    let mut random = StdRng::seed_from_u64(5);
    for _ in 0..200 {
        let words = random.random_range(1..=12);
        let query = text(&mut random, words);
        let k = random.random_range(1..=120);
        index.threads = 1;
        let one = index.search(&query, k, None).unwrap();
        for threads in [2, 3, 8] {
            index.threads = threads;
            assert_eq!(index.search(&query, k, None).unwrap(), one, "{query}, {threads} threads");
        }
    }
}

#[test]
fn no_bound_is_too_low() {
    let index = close_to_bounds();
    let words = prop::collection::vec((0..12u64, 1..9usize), 1..9).prop_map(|words| {
        let words = words.iter().map(|&(word, often)| format!("w{word} ").repeat(often));
        words.collect::<String>()
    });
    proptest!(ProptestConfig::with_cases(300), |(
        query in words,
        k in prop::sample::select(vec![1usize, 3, 10, 30]),
    )| {
        let hits = index.search(&query, k, None).unwrap();
        check(&hits, &plain(&index, &query), k, None)?;
    });
}

#[test]
fn windows_find_what_plain_scoring_finds() {
    let index = filled();
    let words = prop::collection::vec(0..230u64, 1..30)
        .prop_map(|numbers| numbers.iter().map(|n| format!("w{n} ")).collect::<String>());
    proptest!(ProptestConfig::with_cases(300), |(
        query in words,
        k in prop::sample::select(vec![1usize, 3, 10, 100, 1000, usize::MAX]),
        one_in in prop::sample::select(vec![0u64, 2, 20, 1000, 100_000]),
    )| {
        let only = Some1In(one_in);
        let filter: Option<&dyn Filter> = if one_in == 0 { None } else { Some(&only) };
        let hits = index.search(&query, k, filter).unwrap();
        check(&hits, &plain(&index, &query), k, filter)?;
    });
}

#[test]
fn a_term_of_every_entry_and_frequencies_beyond_the_table_count() {
    let mut index = LexicalIndex::in_memory().unwrap();
    for id in 0..5000u64 {
        let often = 1 + id % 40 * (id % 3);
        let text = "every ".repeat(often as usize) + "other ".repeat(id as usize % 5).as_str();
        index.add(id, "", &text).unwrap();
    }
    index.commit(1).unwrap();
    for query in ["every", "every other", "every every every nowhere"] {
        let scores = plain(&index, query);
        assert_eq!(scores.len(), 5000);
        for k in [1, 10, 100, 5000] {
            let hits = index.search(query, k, None).unwrap();
            check(&hits, &scores, k, None).unwrap();
        }
    }
}
