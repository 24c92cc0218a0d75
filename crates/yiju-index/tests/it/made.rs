//! Made vectors: clustered, with a common part, the same in every run.

use std::collections::HashSet;

use yiju_index::Filter;

pub const DIMENSION: usize = 96;

pub struct Made {
    state: u64,
    centres: Vec<Vec<f32>>,
}

impl Made {
    pub fn new(clusters: usize) -> Self {
        let mut made = Made {
            state: 0x9E37_79B9_7F4A_7C15,
            centres: Vec::new(),
        };
        let common: Vec<f32> = (0..DIMENSION).map(|_| made.normal()).collect();
        for _ in 0..clusters {
            let centre = common.iter().map(|c| c + made.normal()).collect();
            made.centres.push(centre);
        }
        made
    }

    pub fn number(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn normal(&mut self) -> f32 {
        (0..12)
            .map(|_| (self.number() >> 40) as f32 / (1u64 << 24) as f32)
            .sum::<f32>()
            - 6.0
    }

    pub fn vector(&mut self) -> Vec<f32> {
        let centre = self.number() as usize % self.centres.len();
        let noisy: Vec<f32> = (0..DIMENSION)
            .map(|i| self.centres[centre][i] + 0.7 * self.normal())
            .collect();
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
