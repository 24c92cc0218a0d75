//! Vectors and filters that the tests share.

use std::collections::HashSet;

use yiju_index::Filter;
use yiju_made::{MadeVectors, SEED};

/// Components of the vectors of the tests.
pub const DIMENSION: usize = 96;

/// Made vectors, one after the other.
pub struct Made {
    vectors: MadeVectors,
    next: u64,
}

impl Made {
    /// Vectors in so many clusters.
    pub fn new(clusters: usize) -> Self {
        Self { vectors: MadeVectors::with_clusters(clusters, DIMENSION, SEED), next: 0 }
    }

    pub fn vector(&mut self) -> Vec<f32> {
        self.next += 1;
        self.vectors.clause(self.next)
    }

    pub fn vectors(&mut self, n: usize) -> Vec<Vec<f32>> {
        (0..n).map(|_| self.vector()).collect()
    }
}

/// A filter by a set of ids.
pub struct Ids {
    pub set: HashSet<u64>,
    pub known: bool,
    pub list: Option<Vec<u64>>,
}

impl Ids {
    pub fn new(ids: impl IntoIterator<Item = u64>) -> Self {
        Ids { set: ids.into_iter().collect(), known: true, list: None }
    }
}

impl Filter for Ids {
    fn accepts(&self, id: u64) -> bool {
        self.set.contains(&id)
    }

    fn cardinality(&self) -> Option<usize> {
        self.known.then_some(self.set.len())
    }

    fn ids(&self) -> Option<&[u64]> {
        self.list.as_deref()
    }
}
