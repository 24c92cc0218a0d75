//! The graph index: an immutable base with a graph over it, a set of removed
//! rows, and a side segment for later vectors.
//!
//! ```text
//! base   rows sorted by id ── graph        (owned after a build, mapped after a load)
//! dead   one bit for each base row          removed or replaced since
//! side   ExactIndex                         inserted since; scanned exactly
//! ```
//!
//! A search walks the base's graph over 4-bit codes, rescores the rows it ends with by their
//! 8-bit codes and the best of those by their float vectors, scans the side exactly and merges.
//! So inserts are found at once and never disturb a search. [`HnswIndex::rebuild`] merges the three parts;
//! [`HnswIndex::plan`], [`Rebuild::run`] and [`HnswIndex::install`] do the same with
//! the long middle step on another thread.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;

use crate::build::{LINKS, build};
use crate::coarse::Coarse;
use crate::exact::{ExactIndex, MAX_ENTRIES};
use crate::graph::Graph;
use crate::quantise::Query;
use crate::rows::{RARELY, Rows};
use crate::vector::{Best, MAX_DIMENSION, check};
use crate::{Filter, Hit, IndexError, VectorIndex};

/// Default size of the candidate list of a search: 199,000 passages of statutes
/// need 72 for a recall@10 of 0.99, 500,000 made vectors 112, a million 160.
pub const DEFAULT_EF: usize = 160;

/// How many of the best rows by 8-bit code are scored by their float vectors when `k` hits
/// are asked for.
fn rescored(k: usize) -> usize {
    k.saturating_add(k / 2).max(12)
}

/// Rows with a graph over them; never changed.
pub(crate) struct Base {
    pub(crate) rows: Rows,
    pub(crate) coarse: Coarse,
    pub(crate) graph: Graph,
}

/// Vectors behind a navigable graph (HNSW), for large libraries.
pub struct HnswIndex {
    pub(crate) base: Base,
    /// One bit for each row of the base.
    pub(crate) dead: Vec<u64>,
    pub(crate) dead_count: usize,
    pub(crate) side: ExactIndex,
    ef: usize,
    /// Ids inserted or removed since the last [`HnswIndex::plan`].
    changed: Option<HashSet<u64>>,
}

/// The live entries of an index, taken out to build a new base from.
pub struct Rebuild {
    rows: Rows,
}

/// A new base, to be given to [`HnswIndex::install`].
pub struct Rebuilt {
    base: Base,
}

impl Rebuild {
    /// The number of entries.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is nothing to build from.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }

    /// Builds the graph with `threads` threads; `None` when `cancel` was set meanwhile.
    /// With one thread, equal entries give an equal graph.
    ///
    /// # Errors
    /// [`IndexError::Full`] and [`IndexError::Build`].
    pub fn run(self, threads: usize, cancel: &AtomicBool) -> Result<Option<Rebuilt>, IndexError> {
        let graph = build(&self.rows, threads, cancel)?;
        Ok(graph.map(|(coarse, graph)| Rebuilt { base: Base { rows: self.rows, coarse, graph } }))
    }
}

impl HnswIndex {
    /// An empty index for vectors of `dimension` components.
    pub fn new(dimension: usize) -> Self {
        let graph = Graph { degree: 2 * LINKS, upper_degree: LINKS, ..Graph::default() };
        Self::from_parts(
            Base { rows: Rows::new(dimension), coarse: Coarse::default(), graph },
            Vec::new(),
            ExactIndex::new(dimension),
        )
    }

    /// `dead` has a bit for each base row, or is shorter where the rest is 0.
    pub(crate) fn from_parts(base: Base, mut dead: Vec<u64>, side: ExactIndex) -> Self {
        dead.resize(base.rows.len().div_ceil(64), 0);
        let dead_count = dead.iter().map(|word| word.count_ones() as usize).sum();
        HnswIndex { base, dead, dead_count, side, ef: DEFAULT_EF, changed: None }
    }

    /// Sets how many rows a search keeps in view (at least `k` are kept in any case):
    /// more is slower and finds more.
    pub fn set_ef(&mut self, ef: usize) {
        self.ef = ef.max(1);
    }

    /// Entries inserted since the last rebuild; they are scanned.
    pub fn side_len(&self) -> usize {
        self.side.len()
    }

    /// Rows behind the graph, removed ones included.
    pub fn base_len(&self) -> usize {
        self.base.rows.len()
    }

    /// Bytes of codes, ids and graph, which searches need in memory, and of the whole
    /// index with its float vectors, which may stay on disk after a load.
    pub fn memory(&self) -> (usize, usize) {
        let ((hot, all), (side_hot, side_all)) = (self.base.rows.bytes(), self.side.rows.bytes());
        let graph = self.base.graph.bytes() + self.base.coarse.bytes();
        (hot + side_hot + graph, all + side_all + graph)
    }

    /// Whether there is an entry under `id`.
    pub fn contains(&self, id: u64) -> bool {
        self.side.contains(id) || self.live_row(id).is_some()
    }

    fn base_row(&self, id: u64) -> Option<usize> {
        self.base.rows.ids.binary_search(&id).ok()
    }

    fn is_dead(&self, row: usize) -> bool {
        self.dead[row / 64] >> (row % 64) & 1 == 1
    }

    fn live_row(&self, id: u64) -> Option<usize> {
        self.base_row(id).filter(|&row| !self.is_dead(row))
    }

    fn bury(&mut self, id: u64) -> bool {
        let Some(row) = self.live_row(id) else {
            return false;
        };
        self.dead[row / 64] |= 1 << (row % 64);
        self.dead_count += 1;
        true
    }

    /// Takes a copy of the live entries, and notes changes from now on for [`HnswIndex::install`].
    pub fn plan(&mut self) -> Rebuild {
        self.changed = Some(HashSet::new());
        let mut order: Vec<(u64, bool, usize)> = (0..self.base.rows.len())
            .filter(|&row| !self.is_dead(row))
            .map(|row| (self.base.rows.ids[row], false, row))
            .chain(self.side.rows.ids.iter().enumerate().map(|(row, &id)| (id, true, row)))
            .collect();
        order.sort_unstable();
        let mut rows = Rows::new(self.base.rows.dimension);
        rows.reserve(order.len());
        for (_, side, row) in order {
            rows.push_row(if side { &self.side.rows } else { &self.base.rows }, row);
        }
        Rebuild { rows }
    }

    /// Puts a base built from the last [`HnswIndex::plan`] in place and carries over
    /// what changed since.
    pub fn install(&mut self, rebuilt: Rebuilt) {
        let changed = self.changed.take().unwrap_or_default();
        let mut side = Rows::new(self.base.rows.dimension);
        for (row, id) in self.side.rows.ids.iter().enumerate() {
            if changed.contains(id) {
                side.push_row(&self.side.rows, row);
            }
        }
        let ef = self.ef;
        *self = Self::from_parts(rebuilt.base, Vec::new(), ExactIndex::from_rows(side));
        self.ef = ef;
        for id in changed {
            self.bury(id);
        }
    }

    /// Drops the changes noted since the last plan, whose outcome will not be installed.
    pub(crate) fn forget_plan(&mut self) {
        self.changed = None;
    }

    /// Moves every entry to the side, so that searches scan and no graph is left.
    pub(crate) fn flatten(&mut self) {
        let Rebuild { rows } = self.plan();
        let ef = self.ef;
        *self = Self::new(rows.dimension);
        self.side = ExactIndex::from_rows(rows);
        self.ef = ef;
    }

    /// Merges everything into a new base, on this thread and `threads` in all.
    ///
    /// # Errors
    /// As [`Rebuild::run`]; the index then stays as it was.
    pub fn rebuild(&mut self, threads: usize) -> Result<(), IndexError> {
        if let Some(rebuilt) = self.plan().run(threads, &AtomicBool::new(false))? {
            self.install(rebuilt);
        }
        Ok(())
    }

    fn note(&mut self, id: u64) {
        if let Some(changed) = &mut self.changed {
            changed.insert(id);
        }
    }

    /// The base's part of a search without a filter.
    fn walk(&self, query: &Query<'_>, best: &mut Best, k: usize) {
        let rows = &self.base.rows;
        let live = rows.len() - self.dead_count;
        // Dead rows take places in the walk's view: widen it by their share.
        let ef = self.ef.max(k.saturating_mul(3) / 2);
        let ef = ef.saturating_mul(rows.len()).div_ceil(live.max(1));
        if live == 0 || ef.saturating_mul(8) >= rows.len() {
            return rows.scan(query, best, k, |row| !self.is_dead(row));
        }
        let coarse = &self.base.coarse;
        let mut found = (self.base.graph).walk(coarse, &coarse.query(query.exact), ef);
        found.retain(|&row| !self.is_dead(row as usize));
        if found.len() < k.min(live) {
            return rows.scan(query, best, k, |row| !self.is_dead(row));
        }
        rows.score_best(query, best, &found, rescored(k));
    }

    /// The base's part of a search with a filter: by the list of ids, by a walk or by
    /// a scan, whichever is likely to touch the least.
    fn walk_filtered(&self, query: &Query<'_>, best: &mut Best, k: usize, filter: &dyn Filter) {
        let rows = &self.base.rows;
        let n = rows.len();
        let accept = |row: usize| !self.is_dead(row) && filter.accepts(rows.ids[row]);
        let ef = self.ef.max(k.saturating_mul(3) / 2);
        let accepted = filter.cardinality().map_or(usize::MAX, |c| c.min(n));
        let accepted = accepted.min(self.estimate(accept)).max(1);
        // The nearest of few accepted rows are far away, where many are about as near: of
        // 500,000 made vectors, with a filter of 5 %, walks with ef 160 found 0.970 and with
        // ef 256 0.986.
        let ef = if accepted < n / 4 { ef.saturating_mul(4) } else { ef };
        // In nanoseconds, roughly: 100 for a row met on a walk, 30 for asking a filter
        // (a large hash set) about a row, 15 for scoring a row in passing, 150 for a row
        // looked up by id.
        let walk_rows = (ef as f64 * n as f64 / accepted as f64) * WALKED_PER_PLACE;
        let by_walk = walk_rows * 100.0;
        let by_scan = if accepted * RARELY < n {
            n as f64 * 30.0 + accepted as f64 * 15.0
        } else {
            n as f64 * 15.0
        };
        if let Some(ids) = filter.ids()
            && (ids.len() as f64) * 150.0 < by_walk.min(by_scan)
        {
            let listed =
                ids.iter().filter(|&&id| filter.accepts(id)).filter_map(|&id| self.live_row(id));
            let mut listed: Vec<usize> = listed.collect();
            listed.sort_unstable();
            listed.dedup();
            return rows.score_rows(query, best, listed.into_iter());
        }
        // A scan is exact: a walk must be clearly cheaper.
        if by_walk * 1.5 < by_scan {
            let budget = (walk_rows * 4.0) as usize;
            let coarse = &self.base.coarse;
            let (found, finished) = self.base.graph.walk_filtered(
                coarse,
                &coarse.query(query.exact),
                ef,
                budget,
                |row| accept(row as usize),
            );
            if finished && found.len() >= k {
                return rows.score_best(query, best, &found, rescored(k));
            }
        }
        rows.scan(query, best, k, accept);
    }

    /// Roughly how many base rows `accept` lets through, from a sample.
    fn estimate(&self, accept: impl Fn(usize) -> bool) -> usize {
        let n = self.base.rows.len();
        let step = (n / 512).max(1);
        let sample = (0..n).step_by(step);
        let (asked, hits) =
            sample.fold((0, 0), |(asked, hits), row| (asked + 1, hits + usize::from(accept(row))));
        (hits * n).checked_div(asked).unwrap_or(0)
    }
}

/// Rows met on a walk for each place of its view, measured on clustered vectors.
const WALKED_PER_PLACE: f64 = 14.0;

impl VectorIndex for HnswIndex {
    fn dimension(&self) -> usize {
        self.base.rows.dimension
    }

    fn len(&self) -> usize {
        self.base.rows.len() - self.dead_count + self.side.len()
    }

    fn insert(&mut self, id: u64, vector: &[f32]) -> Result<(), IndexError> {
        check(vector, self.base.rows.dimension.min(MAX_DIMENSION))?;
        if self.base.rows.len() + self.side.len() >= MAX_ENTRIES {
            return Err(IndexError::Full { limit: MAX_ENTRIES });
        }
        self.bury(id);
        self.side.insert(id, vector)?;
        self.note(id);
        Ok(())
    }

    fn remove(&mut self, id: u64) -> bool {
        let there = self.side.remove(id) | self.bury(id);
        if there {
            self.note(id);
        }
        there
    }

    fn search(
        &self,
        query: &[f32],
        k: usize,
        filter: Option<&dyn Filter>,
    ) -> Result<Vec<Hit>, IndexError> {
        check(query, self.base.rows.dimension)?;
        let query = Query::new(query);
        let mut best = Best::new(k, self.len());
        if k > 0 && self.base.rows.len() > 0 {
            match filter {
                None => self.walk(&query, &mut best, k),
                Some(filter) => self.walk_filtered(&query, &mut best, k, filter),
            }
        }
        self.side.offer_all(&query, &mut best, k, filter);
        Ok(best.into_hits())
    }

    fn vector(&self, id: u64) -> Option<&[f32]> {
        let base = || self.live_row(id).map(|row| self.base.rows.vector(row));
        self.side.vector(id).or_else(base)
    }

    fn dead_share(&self) -> f32 {
        self.dead_count as f32 / self.base.rows.len().max(1) as f32
    }
}
