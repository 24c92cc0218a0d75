//! The exact scan: for small libraries, for the newest entries of a large one
//! and as the baseline of the other indexes.

use std::collections::HashMap;

use crate::quantise::Query;
use crate::rows::Rows;
use crate::vector::{Best, MAX_DIMENSION, check};
use crate::{Filter, Hit, IndexError, VectorIndex};

/// The most entries of one index: rows are counted in 32 bits.
pub(crate) const MAX_ENTRIES: usize = u32::MAX as usize - 1;

/// Vectors in one matrix, scanned whole for each search.
///
/// The scan reads 8-bit codes and scores only those rows by their float vectors
/// whose error bound lets them into the result, so it gives exactly what a scan of
/// the floats gives, several times faster. Removal leaves nothing behind.
pub struct ExactIndex {
    pub(crate) rows: Rows,
    row_of: HashMap<u64, u32>,
}

impl ExactIndex {
    /// An empty index for vectors of `dimension` components.
    ///
    /// A dimension of 0 or above [`MAX_DIMENSION`] gives an index that refuses
    /// every vector.
    pub fn new(dimension: usize) -> Self {
        ExactIndex { rows: Rows::new(dimension), row_of: HashMap::new() }
    }

    /// An index over finished rows; of two rows with one id the later counts.
    pub(crate) fn from_rows(rows: Rows) -> Self {
        let row_of = rows.ids.iter().enumerate().map(|(row, &id)| (id, row as u32)).collect();
        ExactIndex { rows, row_of }
    }

    /// How many different ids there are; the number of rows unless something is wrong.
    pub(crate) fn distinct(&self) -> usize {
        self.row_of.len()
    }

    /// Whether there is an entry under `id`.
    pub fn contains(&self, id: u64) -> bool {
        self.row_of.contains_key(&id)
    }

    /// Offers this index's entries to `best`, which keeps `k`.
    pub(crate) fn offer_all(
        &self,
        query: &Query<'_>,
        best: &mut Best,
        k: usize,
        filter: Option<&dyn Filter>,
    ) {
        match filter {
            None => self.rows.scan(query, best, k, |_| true),
            Some(filter) => match filter.ids() {
                Some(ids) if ids.len() < self.rows.len() => {
                    let mut rows: Vec<usize> = ids
                        .iter()
                        .filter(|&&id| filter.accepts(id))
                        .filter_map(|id| self.row_of.get(id).map(|&row| row as usize))
                        .collect();
                    rows.sort_unstable();
                    rows.dedup();
                    self.rows.score_rows(query, best, rows.into_iter());
                }
                _ => {
                    let ids = &*self.rows.ids;
                    self.rows.scan(query, best, k, |row| filter.accepts(ids[row]));
                }
            },
        }
    }

    /// The stored vectors in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &[f32])> {
        (0..self.rows.len()).map(|row| (self.rows.ids[row], self.rows.vector(row)))
    }
}

impl VectorIndex for ExactIndex {
    fn dimension(&self) -> usize {
        self.rows.dimension
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn insert(&mut self, id: u64, vector: &[f32]) -> Result<(), IndexError> {
        check(vector, self.rows.dimension.min(MAX_DIMENSION))?;
        if self.rows.len() >= MAX_ENTRIES && !self.contains(id) {
            return Err(IndexError::Full { limit: MAX_ENTRIES });
        }
        self.remove(id);
        self.row_of.insert(id, self.rows.len() as u32);
        self.rows.push(id, vector);
        Ok(())
    }

    fn remove(&mut self, id: u64) -> bool {
        let Some(row) = self.row_of.remove(&id) else {
            return false;
        };
        self.rows.swap_remove(row as usize);
        if let Some(&moved) = self.rows.ids.get(row as usize) {
            self.row_of.insert(moved, row);
        }
        true
    }

    fn search(
        &self,
        query: &[f32],
        k: usize,
        filter: Option<&dyn Filter>,
    ) -> Result<Vec<Hit>, IndexError> {
        check(query, self.rows.dimension)?;
        let query = Query::new(query);
        let mut best = Best::new(k, self.rows.len());
        self.offer_all(&query, &mut best, k, filter);
        Ok(best.into_hits())
    }

    fn vector(&self, id: u64) -> Option<&[f32]> {
        self.row_of.get(&id).map(|&row| self.rows.vector(row as usize))
    }

    fn dead_share(&self) -> f32 {
        0.0
    }
}
