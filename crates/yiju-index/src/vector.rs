//! The trait that all vector indexes share, with its results and filters.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashSet};

use crate::IndexError;
use yiju_kernels::Kernels;

/// The longest vector an index takes; sums over 8-bit codes stay within 32 bits.
pub const MAX_DIMENSION: usize = 16_384;

/// How far from 1 the length of a "unit" vector may be.
const UNIT_TOLERANCE: f32 = 1e-2;

/// One result of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The id that the entry was inserted under.
    pub id: u64,
    /// Dot product of unit vectors (-1 to 1), or BM25 (0 and above); higher is better.
    pub score: f32,
}

impl Hit {
    /// Best first; equal scores by ascending id, so that results are always the same.
    pub(crate) fn order(&self, other: &Hit) -> Ordering {
        other.score.total_cmp(&self.score).then(self.id.cmp(&other.id))
    }
}

/// Limits a search to some of the entries.
pub trait Filter: Sync {
    /// Whether the entry `id` may be in the result.
    fn accepts(&self, id: u64) -> bool;

    /// An upper bound of how many ids are accepted, when that is known. A good
    /// bound lets the index choose between walking the graph and scanning.
    fn cardinality(&self) -> Option<usize> {
        None
    }

    /// All accepted ids, when they are at hand as a list (any order). Ids that are
    /// not in the index are skipped, and [`Filter::accepts`] still decides.
    fn ids(&self) -> Option<&[u64]> {
        None
    }
}

impl Filter for HashSet<u64> {
    fn accepts(&self, id: u64) -> bool {
        self.contains(&id)
    }

    fn cardinality(&self) -> Option<usize> {
        Some(self.len())
    }
}

/// A set of unit vectors under ids, searched by dot product.
///
/// Vectors have [`VectorIndex::dimension`] finite components and unit length
/// within 1 %; anything else is refused with an [`IndexError`] and changes nothing.
pub trait VectorIndex: Send + Sync {
    /// The number of components of every vector.
    fn dimension(&self) -> usize;

    /// The number of entries that a search can find.
    fn len(&self) -> usize;

    /// Whether a search can find nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Stores `vector` under `id`, replacing an earlier one.
    ///
    /// # Errors
    /// When the vector is not a unit vector of the index's dimension, or the index is full.
    fn insert(&mut self, id: u64, vector: &[f32]) -> Result<(), IndexError>;

    /// Removes the entry `id`; returns whether there was one.
    fn remove(&mut self, id: u64) -> bool;

    /// The `k` entries nearest to `query` that `filter` accepts, best first; fewer
    /// only when fewer exist. Equal scores are ordered by id.
    ///
    /// # Errors
    /// When the query is not a unit vector of the index's dimension.
    fn search(
        &self,
        query: &[f32],
        k: usize,
        filter: Option<&dyn Filter>,
    ) -> Result<Vec<Hit>, IndexError>;

    /// The vector under `id`.
    fn vector(&self, id: u64) -> Option<&[f32]>;

    /// The score of the entry `id`, equal to that of a search which finds it; `None` where there is no
    /// such entry. The query has the index's dimension.
    fn score(&self, query: &[f32], id: u64) -> Option<f32> {
        Some(Kernels::get().dot(query, self.vector(id)?))
    }

    /// The share (0 to 1) of stored points that are removed but still in the way.
    fn dead_share(&self) -> f32;
}

/// Checks that `vector` can be stored in or compared with an index of `dimension`.
pub(crate) fn check(vector: &[f32], dimension: usize) -> Result<(), IndexError> {
    if vector.len() != dimension {
        return Err(IndexError::Dimension { expected: dimension, found: vector.len() });
    }
    if let Some(position) = vector.iter().position(|x| !x.is_finite()) {
        return Err(IndexError::NotFinite { position, value: vector[position] });
    }
    let norm = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt() as f32;
    if (norm - 1.0).abs() > UNIT_TOLERANCE {
        return Err(IndexError::NotUnit { norm });
    }
    Ok(())
}

/// Keeps the best `k` hits offered.
pub(crate) struct Best {
    k: usize,
    heap: BinaryHeap<Worst>,
}

struct Worst(Hit);

impl PartialEq for Worst {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Worst {}
impl PartialOrd for Worst {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Worst {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.order(&other.0)
    }
}

impl Best {
    /// `most` is how many can be offered at all; it bounds the memory for a huge `k`.
    pub(crate) fn new(k: usize, most: usize) -> Self {
        let k = k.min(most);
        Best { k, heap: BinaryHeap::with_capacity(k + 1) }
    }

    pub(crate) fn offer(&mut self, hit: Hit) {
        if self.heap.len() < self.k {
            self.heap.push(Worst(hit));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && hit.order(&worst.0) == Ordering::Less
        {
            *worst = Worst(hit);
        }
    }

    /// Offers the hits of `other`.
    pub(crate) fn take(&mut self, other: Best) {
        for Worst(hit) in other.heap {
            self.offer(hit);
        }
    }

    /// The score that a hit must reach to matter; minus infinity while there is room.
    pub(crate) fn threshold(&self) -> f32 {
        match self.heap.peek() {
            _ if self.k == 0 => f32::INFINITY,
            Some(worst) if self.heap.len() >= self.k => worst.0.score,
            _ => f32::NEG_INFINITY,
        }
    }

    pub(crate) fn into_hits(self) -> Vec<Hit> {
        let mut hits: Vec<Hit> = self.heap.into_iter().map(|worst| worst.0).collect();
        hits.sort_unstable_by(Hit::order);
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_keeps_the_highest_and_breaks_ties_by_id() {
        let mut best = Best::new(3, 10);
        for (id, score) in [(9, 0.5), (2, 0.5), (5, 0.9), (7, 0.1), (1, 0.5)] {
            best.offer(Hit { id, score });
        }
        let ids: Vec<u64> = best.into_hits().iter().map(|h| h.id).collect();
        assert_eq!(ids, [5, 1, 2]);
    }

    #[test]
    fn vectors_that_cannot_be_compared_are_refused() {
        assert!(matches!(check(&[1.0], 2), Err(IndexError::Dimension { expected: 2, found: 1 })));
        assert!(matches!(
            check(&[0.0, f32::NAN], 2),
            Err(IndexError::NotFinite { position: 1, .. })
        ));
        assert!(matches!(
            check(&[f32::INFINITY, 0.0], 2),
            Err(IndexError::NotFinite { position: 0, .. })
        ));
        assert!(matches!(check(&[0.0, 0.0], 2), Err(IndexError::NotUnit { .. })));
        assert!(matches!(check(&[f32::MAX, f32::MAX], 2), Err(IndexError::NotUnit { .. })));
        assert!(check(&[0.6, -0.8], 2).is_ok());
    }
}
