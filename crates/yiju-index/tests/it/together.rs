//! Searches while another thread adds, replaces, removes and rebuilds.

use std::collections::{HashMap, HashSet};
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use yiju_index::{AdaptiveIndex, LexicalIndex, VectorIndex};

use yiju_made::Random;

use crate::made::{DIMENSION, Made};

const K: usize = 10;
const SEARCHERS: usize = 3;

/// An index as the engine keeps it, and what it must hold.
struct Vectors {
    index: AdaptiveIndex,
    held: HashMap<u64, Vec<f32>>,
    order: Vec<u64>,
}

impl Vectors {
    fn put(&mut self, id: u64, vector: Vec<f32>) {
        self.index.insert(id, &vector).unwrap();
        if self.held.insert(id, vector).is_none() {
            self.order.push(id);
        }
    }

    fn take(&mut self, at: usize) {
        let id = self.order.swap_remove(at);
        assert!(self.index.remove(id));
        self.held.remove(&id);
    }

    /// Asks for the vector of an entry: it is the first of `K`, each is there and has its score.
    fn ask(&self, number: u64) {
        let id = self.order[number as usize % self.order.len()];
        let query = &self.held[&id];
        let hits = self.index.search(query, K, None).unwrap();
        assert_eq!(hits.len(), K);
        assert_eq!(hits[0].id, id);
        let different: HashSet<u64> = hits.iter().map(|hit| hit.id).collect();
        assert_eq!(different.len(), K);
        for hit in hits {
            let vector = &self.held[&hit.id];
            let score: f32 = vector.iter().zip(query).map(|(a, b)| a * b).sum();
            assert!((hit.score - score).abs() < 1e-5, "{hit:?} scores {score}");
        }
    }
}

/// Lets other threads run `ask` with numbers until `change` ends; gives how often they did.
fn while_asked(ask: impl Fn(u64) + Sync, change: impl FnOnce(&AtomicUsize)) -> usize {
    /// Lets the askers end also when the changes panic.
    struct Ends<'a>(&'a AtomicBool);
    impl Drop for Ends<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let (ended, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let ends = Ends(&ended);
        for number in 1..=SEARCHERS {
            let (ask, ended, asked) = (&ask, &ended, &asked);
            scope.spawn(move || {
                let mut random = Random::new(number as u64);
                while !ended.load(Ordering::Relaxed) {
                    ask(random.next());
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        change(&asked);
        drop(ends);
    });
    asked.into_inner()
}

/// Waits until some more were asked, so that each change is met by searches.
fn met(asked: &AtomicUsize, more: usize) {
    let until = asked.load(Ordering::Relaxed) + more;
    while asked.load(Ordering::Relaxed) < until {
        std::thread::yield_now();
    }
}

#[test]
fn vectors_are_found_while_others_come_and_go() {
    let mut made = Made::new(60);
    let mut index = AdaptiveIndex::new(DIMENSION);
    index.set_switch_point(1500);
    index.set_threads(1);
    let mut vectors = Vectors { index, held: HashMap::new(), order: Vec::new() };
    for id in 0..1000 {
        vectors.put(id, made.vector());
    }
    let vectors = RwLock::new(vectors);
    let mut random = Random::new(5);
    let mut rebuilds = 0;
    let asked = while_asked(
        |number| vectors.read().unwrap().ask(number),
        |asked| {
            let mut running = false;
            // Beyond the switch point, then replaced more than once, then half of it removed.
            for step in 0..6000u64 {
                let vector = made.vector();
                let mut vectors = vectors.write().unwrap();
                let at = random.below(vectors.order.len());
                match step {
                    0..2000 => vectors.put(1000 + step, vector),
                    2000..4500 if step % 2 == 0 => {
                        let id = vectors.order[at];
                        vectors.put(id, vector);
                    }
                    2000..4500 => {
                        vectors.take(at);
                        vectors.put(1000 + step, vector);
                    }
                    _ => vectors.take(at),
                }
                rebuilds += usize::from(vectors.index.is_rebuilding() && !running);
                running = vectors.index.is_rebuilding();
                drop(vectors);
                if step % 16 == 0 {
                    met(asked, SEARCHERS);
                }
            }
        },
    );
    assert!(asked >= 1000 && rebuilds > 0, "{asked} searches, {rebuilds} rebuilds");
    let mut vectors = vectors.into_inner().unwrap();
    vectors.index.settle().unwrap();
    assert_eq!(vectors.index.len(), vectors.held.len());
    for number in 0..vectors.order.len() {
        vectors.ask(number as u64);
    }
}

#[test]
fn words_are_found_while_others_come_and_go() {
    // An entry's text is its own word and one that all of a tenth share.
    let text = |id: u64| format!("own{id} shared{} common", id % 10);
    let mut index = LexicalIndex::in_memory().unwrap();
    for id in 0..300 {
        index.add(id, "", &text(id)).unwrap();
    }
    index.commit(1).unwrap();
    let held: HashSet<u64> = (0..300).collect();
    let both = RwLock::new((index, held));
    let asked = while_asked(
        |number| {
            let both = both.read().unwrap();
            let (index, held) = &*both;
            let id = number % 400;
            let hits = index.search(&text(id), K, None).unwrap();
            assert_eq!(hits.len(), K);
            assert!(hits.iter().all(|hit| held.contains(&hit.id)));
            assert_eq!(hits[0].id == id, held.contains(&id));
        },
        |asked| {
            for round in 0..30 {
                let mut both = both.write().unwrap();
                let (index, held) = &mut *both;
                for id in (round * 13..).step_by(7).take(60).map(|id| id % 400) {
                    if held.len() > 100 && held.remove(&id) {
                        index.remove(id).unwrap();
                    } else {
                        index.add(id, "", &text(id)).unwrap();
                        held.insert(id);
                    }
                }
                index.commit(2 + round).unwrap();
                drop(both);
                met(asked, SEARCHERS);
            }
        },
    );
    assert!(asked >= 30 * SEARCHERS);
}
