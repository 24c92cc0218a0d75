//! The flat graph that serves searches.
//!
//! Layer 0 is one array with a fixed number of neighbour slots for each row, so
//! that a row's list is found by multiplication; the sparse upper layers, which
//! only find a good place to start, lie in a second array. Nothing in it points
//! anywhere, so a snapshot is these arrays as they are.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::quantise::Query;
use crate::raw::{Kernels, prefetch};
use crate::rows::{Column, Rows};

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

/// A row and its rough score, ordered by score; bit 0 marks a row as expanded.
fn entry(score: f32, row: u32) -> u64 {
    let bits = score.to_bits();
    let ordered = if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    };
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

/// Lends this thread's scratch. It is taken out meanwhile, so that a filter which
/// itself searches finds a fresh one.
fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    let mut scratch = SCRATCH.take();
    let outcome = work(&mut scratch);
    SCRATCH.set(scratch);
    outcome
}

/// What a walk needs of the rows, looked up once.
struct Scorer<'a> {
    kernels: Kernels,
    codes: &'a [u8],
    quality: &'a [crate::quantise::Quality],
    stride: usize,
    query: &'a Query<'a>,
}

impl<'a> Scorer<'a> {
    fn new(rows: &'a Rows, query: &'a Query<'a>) -> Self {
        Scorer {
            kernels: Kernels::get(),
            codes: &rows.codes,
            quality: &rows.quality,
            stride: rows.stride(),
            query,
        }
    }

    #[inline]
    fn code(&self, row: u32) -> &'a [u8] {
        &self.codes[row as usize * self.stride..(row as usize + 1) * self.stride]
    }

    #[inline]
    fn score(&self, row: u32) -> f32 {
        self.query.rough(
            &self.kernels,
            self.code(row),
            self.quality[row as usize].scale,
        )
    }
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

    /// Descends the upper layers greedily.
    fn start(&self, scorer: &Scorer<'_>) -> (f32, u32) {
        let mut best = (scorer.score(self.entry), self.entry);
        for layer in (1..=self.top()).rev() {
            loop {
                let before = best.1;
                for &row in self.upper_neighbours(before, layer) {
                    let score = scorer.score(row);
                    if score > best.0 {
                        best = (score, row);
                    }
                }
                if best.1 == before {
                    break;
                }
            }
        }
        best
    }

    /// Walks layer 0 keeping the `ef` best rows; gives them best first.
    pub(crate) fn walk(&self, rows: &Rows, query: &Query<'_>, ef: usize) -> Vec<u32> {
        if rows.len() == 0 {
            return Vec::new();
        }
        let scorer = Scorer::new(rows, query);
        let base: &[u32] = &self.base;
        let (score, start) = self.start(&scorer);
        with_scratch(|scratch| {
            scratch.begin(rows.len());
            let mut fresh = std::mem::take(&mut scratch.fresh);
            scratch.first_visit(start);
            // Best first; rows before `next` are all expanded.
            let mut pool = Vec::with_capacity(ef + 1);
            pool.push(entry(score, start));
            let mut next = 0;
            while next < pool.len() {
                let row = row_of(pool[next]);
                pool[next] |= 1;
                fresh.clear();
                for &n in self.neighbours(base, row) {
                    if scratch.first_visit(n) {
                        prefetch(scorer.code(n));
                        fresh.push(n);
                    }
                }
                let mut first_change = next + 1;
                for &n in &fresh {
                    let new = entry(scorer.score(n), n);
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
            scratch.fresh = fresh;
            pool.into_iter().map(row_of).collect()
        })
    }

    /// Like [`Graph::walk`], but only rows that `accept` lets through count towards
    /// `ef`; the others are walked over. Gives up, with what it has, after `budget` rows.
    pub(crate) fn walk_filtered(
        &self,
        rows: &Rows,
        query: &Query<'_>,
        ef: usize,
        budget: usize,
        accept: impl Fn(u32) -> bool,
    ) -> (Vec<u32>, bool) {
        if rows.len() == 0 || ef == 0 {
            return (Vec::new(), true);
        }
        let scorer = Scorer::new(rows, query);
        let base: &[u32] = &self.base;
        let (score, start) = self.start(&scorer);
        with_scratch(|scratch| {
            scratch.begin(rows.len());
            let mut fresh = std::mem::take(&mut scratch.fresh);
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
                fresh.clear();
                for &n in self.neighbours(base, row_of(candidate)) {
                    if scratch.first_visit(n) {
                        prefetch(scorer.code(n));
                        fresh.push(n);
                    }
                }
                scored += fresh.len();
                for &n in &fresh {
                    let new = entry(scorer.score(n), n);
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
            scratch.fresh = fresh;
            (
                found
                    .into_sorted_vec()
                    .into_iter()
                    .map(|e| row_of(e.0))
                    .collect(),
                finished,
            )
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
        let scores = [-1.0, -0.25, -0.0, 0.0, 1e-9, 0.5, 0.99];
        for pair in scores.windows(2) {
            assert!(entry(pair[0], 7) <= entry(pair[1], 7), "{pair:?}");
        }
        assert_eq!(
            row_of(entry(0.3, MAX_ROWS as u32 - 1) | 1),
            MAX_ROWS as u32 - 1
        );
    }
}
