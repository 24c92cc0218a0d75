//! The flat graph that serves searches.
//!
//! Layer 0 is one array with a fixed number of neighbour slots for each row, so
//! that a row's list is found by multiplication; the sparse upper layers, which
//! only find a good place to start, are in a second array. There are no pointers, so a
//! snapshot holds these arrays unchanged.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::coarse::{Coarse, CoarseQuery, Scorer};
use crate::rows::Column;
use yiju_kernels::prefetch;

/// Marks an empty neighbour slot and a row without upper layers.
pub(crate) const NONE: u32 = u32::MAX;

/// Most rows of a graph: search queues keep a mark beside the row's number.
pub(crate) const MAX_ROWS: usize = (1 << 31) - 1;

/// Navigable layers over the rows of a [`Rows`].
#[derive(Default)]
pub(crate) struct Graph {
    /// Neighbour slots of a row in layer 0.
    pub(crate) degree: usize,
    /// Neighbour slots of a row in each upper layer.
    pub(crate) upper_degree: usize,
    /// Where searches start.
    pub(crate) entry: u32,
    /// `degree` slots for each row, filled from the front, then [`NONE`].
    pub(crate) base: Column<u32>,
    /// For each row where its part of `upper` starts, or [`NONE`].
    pub(crate) upper_at: Column<u32>,
    /// For a row of the upper layers: how many it is in, then that many lists of slots.
    pub(crate) upper: Column<u32>,
}

/// A row and its score, ordered by score; bit 0 marks a row as expanded.
#[inline]
fn entry(score: i32, row: u32) -> u64 {
    let ordered = score as u32 ^ 1 << 31;
    u64::from(ordered) << 32 | u64::from(row << 1)
}

fn row_of(entry: u64) -> u32 {
    entry as u32 >> 1
}

#[derive(Default)]
struct Scratch {
    visited: Vec<u64>,
    touched: Vec<u32>,
    fresh: Vec<u32>,
    scores: Vec<i32>,
}

impl Scratch {
    fn begin(&mut self, rows: usize) {
        for word in self.touched.drain(..) {
            self.visited[word as usize] = 0;
        }
        let words = rows.div_ceil(64);
        if self.visited.len() < words {
            self.visited.resize(words, 0);
        }
    }

    /// Whether `row` is met for the first time.
    #[inline]
    fn first_visit(&mut self, row: u32) -> bool {
        let (word, bit) = (row / 64, 1 << (row % 64));
        let slot = &mut self.visited[word as usize];
        if *slot == 0 {
            self.touched.push(word);
        }
        let fresh = *slot & bit == 0;
        *slot |= bit;
        fresh
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Lends this thread's scratch. It is taken out meanwhile, so that a filter that itself
/// searches gets a fresh one.
fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    let mut scratch = SCRATCH.take();
    let outcome = work(&mut scratch);
    SCRATCH.set(scratch);
    outcome
}

impl Graph {
    /// The neighbours of `row` in layer 0.
    #[inline]
    pub(crate) fn neighbours<'a>(&self, base: &'a [u32], row: u32) -> &'a [u32] {
        let slots = &base[row as usize * self.degree..(row as usize + 1) * self.degree];
        slots.split(|&n| n == NONE).next().unwrap_or(slots)
    }

    /// The neighbours of `row` in upper layer `layer` (1 and above); empty where it is in none.
    fn upper_neighbours(&self, row: u32, layer: u32) -> &[u32] {
        let at = self.upper_at[row as usize];
        if at == NONE || layer == 0 || layer > self.upper[at as usize] {
            return &[];
        }
        let start = at as usize + 1 + (layer as usize - 1) * self.upper_degree;
        let slots = &self.upper[start..start + self.upper_degree];
        slots.split(|&n| n == NONE).next().unwrap_or(slots)
    }

    /// The highest layer, 0 where there are no upper ones.
    fn top(&self) -> u32 {
        match self.upper_at.get(self.entry as usize) {
            Some(&at) if at != NONE => self.upper[at as usize],
            _ => 0,
        }
    }

    /// Descends the upper layers greedily; `path` takes, at each layer's place, where that
    /// layer's part ended.
    fn start(&self, scorer: &Scorer<'_>, scores: &mut Vec<i32>, path: &mut [u32]) -> (i32, u32) {
        let mut best = (scorer.score(self.entry), self.entry);
        for layer in (1..=self.top()).rev() {
            loop {
                let before = best.1;
                let rows = self.upper_neighbours(before, layer);
                for &row in rows {
                    scorer.prefetch(row);
                }
                scorer.scores(rows, scores);
                for (&row, &score) in rows.iter().zip(&*scores) {
                    if score > best.0 {
                        best = (score, row);
                    }
                }
                if best.1 == before {
                    break;
                }
            }
            if let Some(end) = path.get_mut(layer as usize) {
                *end = best.1;
            }
        }
        best
    }

    /// Where the search for `query` leaves the layers 1, 2 and 3 (at those places): queries
    /// that leave them at the same rows are near each other.
    pub(crate) fn way_in(&self, coarse: &Coarse, query: &CoarseQuery) -> [u32; 4] {
        let mut path = [self.entry; 4];
        self.start(&Scorer::new(coarse, query), &mut Vec::new(), &mut path);
        path
    }

    /// Rows of the graph.
    fn rows(&self) -> usize {
        self.upper_at.len()
    }

    /// Puts the neighbours of `row` that are met for the first time and their scores into
    /// `scratch`.
    #[inline]
    fn expand(&self, base: &[u32], row: u32, scorer: &Scorer<'_>, scratch: &mut Scratch) {
        scratch.fresh.clear();
        for &n in self.neighbours(base, row) {
            if scratch.first_visit(n) {
                scorer.prefetch(n);
                scratch.fresh.push(n);
            }
        }
        scorer.scores(&scratch.fresh, &mut scratch.scores);
    }

    /// Walks layer 0 keeping the `ef` best rows; gives them best first.
    pub(crate) fn walk(&self, coarse: &Coarse, query: &CoarseQuery, ef: usize) -> Vec<u32> {
        if self.rows() == 0 {
            return Vec::new();
        }
        let scorer = Scorer::new(coarse, query);
        let (_, start) = self.start(&scorer, &mut Vec::with_capacity(self.degree), &mut []);
        self.walk_from(start, coarse, query, ef)
    }

    /// The part of [`Graph::walk`] after the upper layers, from the row `start`.
    pub(crate) fn walk_from(
        &self,
        start: u32,
        coarse: &Coarse,
        query: &CoarseQuery,
        ef: usize,
    ) -> Vec<u32> {
        let scorer = Scorer::new(coarse, query);
        let base: &[u32] = &self.base;
        with_scratch(|scratch| {
            let score = scorer.score(start);
            scratch.begin(self.rows());
            scratch.first_visit(start);
            // Best first; rows before `next` are all expanded.
            let mut pool = Vec::with_capacity(ef + 1);
            pool.push(entry(score, start));
            let mut next = 0;
            while next < pool.len() {
                let row = row_of(pool[next]);
                pool[next] |= 1;
                self.expand(base, row, &scorer, scratch);
                let mut first_change = next + 1;
                for (&n, &score) in scratch.fresh.iter().zip(&scratch.scores) {
                    let new = entry(score, n);
                    if pool.len() >= ef {
                        if pool.last().is_some_and(|&last| new < last) {
                            continue;
                        }
                        pool.pop();
                    }
                    let at = pool.partition_point(|&e| e > new);
                    pool.insert(at, new);
                    first_change = first_change.min(at);
                }
                next = first_change;
                while next < pool.len() && pool[next] & 1 == 1 {
                    next += 1;
                }
                if let Some(&e) = pool.get(next) {
                    let at = row_of(e) as usize * self.degree;
                    prefetch(bytemuck::cast_slice(&base[at..at + self.degree]));
                }
            }
            pool.into_iter().map(row_of).collect()
        })
    }

    /// Like [`Graph::walk`], but only rows that `accept` lets through count towards
    /// `ef`; the others are walked over. Gives up, with what it has, after `budget` rows.
    pub(crate) fn walk_filtered(
        &self,
        coarse: &Coarse,
        query: &CoarseQuery,
        ef: usize,
        budget: usize,
        accept: impl Fn(u32) -> bool,
    ) -> (Vec<u32>, bool) {
        if self.rows() == 0 || ef == 0 {
            return (Vec::new(), true);
        }
        let scorer = Scorer::new(coarse, query);
        let base: &[u32] = &self.base;
        with_scratch(|scratch| {
            let (score, start) = self.start(&scorer, &mut scratch.scores, &mut []);
            scratch.begin(self.rows());
            scratch.first_visit(start);
            let mut candidates = BinaryHeap::from([entry(score, start)]);
            let mut found: BinaryHeap<Reverse<u64>> = BinaryHeap::with_capacity(ef + 1);
            if accept(start) {
                found.push(Reverse(entry(score, start)));
            }
            let (mut scored, mut finished) = (1, true);
            while let Some(candidate) = candidates.pop() {
                if found.len() >= ef && found.peek().is_some_and(|worst| candidate < worst.0) {
                    break;
                }
                if scored > budget {
                    finished = false;
                    break;
                }
                self.expand(base, row_of(candidate), &scorer, scratch);
                scored += scratch.fresh.len();
                for (&n, &score) in scratch.fresh.iter().zip(&scratch.scores) {
                    let new = entry(score, n);
                    if found.len() >= ef && found.peek().is_some_and(|worst| new < worst.0) {
                        continue;
                    }
                    candidates.push(new);
                    if accept(n) {
                        found.push(Reverse(new));
                        if found.len() > ef {
                            found.pop();
                        }
                    }
                }
            }
            let found = found.into_sorted_vec().into_iter();
            (found.map(|e| row_of(e.0)).collect(), finished)
        })
    }

    /// Whether the arrays fit `rows` rows and each other, so that no walk can leave them.
    pub(crate) fn is_sound(&self, rows: usize) -> bool {
        let inside = |n: &u32| *n == NONE || (*n as usize) < rows;
        if rows > MAX_ROWS
            || self.degree == 0
            || self.upper_degree == 0
            || Some(self.base.len()) != rows.checked_mul(self.degree)
            || self.upper_at.len() != rows
            || (rows > 0 && self.entry as usize >= rows)
        {
            return false;
        }
        let fits = |&at: &u32| {
            at == NONE
                || self.upper.get(at as usize).is_some_and(|&layers| {
                    let slots = (layers as usize).checked_mul(self.upper_degree);
                    let end = slots.and_then(|slots| slots.checked_add(at as usize + 1));
                    end.and_then(|end| self.upper.get(at as usize + 1..end))
                        .is_some_and(|lists| layers <= 64 && lists.iter().all(inside))
                })
        };
        self.base.iter().all(inside) && self.upper_at.iter().all(fits)
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.base) + size_of_val(&*self.upper_at) + size_of_val(&*self.upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_order_by_score_and_keep_the_row() {
        let scores = [i32::MIN, -900_000, -1, 0, 1, 77, i32::MAX];
        for pair in scores.windows(2) {
            assert!(entry(pair[0], 9) < entry(pair[1], 7), "{pair:?}");
        }
        assert_eq!(row_of(entry(3, MAX_ROWS as u32 - 1) | 1), MAX_ROWS as u32 - 1);
    }
}
