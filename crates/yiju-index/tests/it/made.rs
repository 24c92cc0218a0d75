//! Made vectors: clustered, with a common part, the same in every run. The tests, the
//! examples and the benches use this one file.

#![allow(
    dead_code,
    reason = "each of those that include this file uses a part of it"
)]

use std::collections::HashSet;

use yiju_index::Filter;

/// Components of the vectors of the tests.
pub const DIMENSION: usize = 96;

/// A small generator of repeatable numbers (xorshift64*).
pub struct Random(pub u64);

impl Random {
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// At least 0 and below 1.
    pub fn unit(&mut self) -> f32 {
        (self.number() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Close to the standard normal distribution: a sum of twelve even ones.
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }
}

/// Unit vectors around centres that share a common part, as a text model's do.
pub struct Made {
    random: Random,
    centres: Vec<Vec<f32>>,
}

impl Made {
    /// Vectors of the tests' dimension.
    pub fn new(clusters: usize) -> Self {
        Self::of(DIMENSION, clusters)
    }

    pub fn of(dimension: usize, clusters: usize) -> Self {
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let common: Vec<f32> = (0..dimension).map(|_| random.normal()).collect();
        let centres = (0..clusters)
            .map(|_| common.iter().map(|c| c + random.normal()).collect())
            .collect();
        Made { random, centres }
    }

    pub fn number(&mut self) -> u64 {
        self.random.number()
    }

    pub fn vector(&mut self) -> Vec<f32> {
        let centre = self.number() as usize % self.centres.len();
        let noisy = (self.centres[centre].iter()).map(|c| c + 0.7 * self.random.normal());
        let noisy: Vec<f32> = noisy.collect();
        let norm = noisy.iter().map(|x| x * x).sum::<f32>().sqrt();
        noisy.into_iter().map(|x| x / norm).collect()
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
        Ids {
            set: ids.into_iter().collect(),
            known: true,
            list: None,
        }
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
