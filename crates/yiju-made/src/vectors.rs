//! Unit vectors in clusters around a common direction, as embeddings of texts of one kind lie.

use crate::Random;

/// Standard deviation of a vector's components around its cluster's centre; centres lie around the common
/// direction with 1. Nearest neighbours are then about as much nearer than the rest as with the bundled model's
/// embeddings of statutes.
const SPREAD: f32 = 0.7;
/// The same for a sentence's vector around its clause's.
const SENTENCE_SPREAD: f32 = 0.4;
/// Average number of vectors in a cluster.
const CLUSTER: usize = 100;

/// Unit vectors in clusters. Each is a function of the seed and its number alone, so that they can be made in any
/// order.
pub struct MadeVectors {
    seed: u64,
    dimension: usize,
    centres: Vec<f32>,
}

impl MadeVectors {
    /// Vectors of `dimension` components for `count` clauses, about a hundred to a cluster.
    pub fn new(count: usize, dimension: usize, seed: u64) -> Self {
        Self::with_clusters(count / CLUSTER + 1, dimension, seed)
    }

    /// Vectors of `dimension` components in so many clusters, at least one.
    ///
    /// # Panics
    /// There are no clusters or no components.
    pub fn with_clusters(clusters: usize, dimension: usize, seed: u64) -> Self {
        assert!(clusters > 0 && dimension > 0, "no clusters or no components");
        let mut random = Random::new(seed);
        let common: Vec<f32> = (0..dimension).map(|_| random.normal()).collect();
        let mut centres = Vec::with_capacity(clusters * dimension);
        for _ in 0..clusters {
            centres.extend(common.iter().map(|common| common + random.normal()));
        }
        Self { seed, dimension, centres }
    }

    /// The vector of clause `number`. Numbers past the last clause give vectors of the same clusters that are in no
    /// index: queries.
    pub fn clause(&self, number: u64) -> Vec<f32> {
        unit(self.around(&mut self.random(number)))
    }

    /// The vector of a sentence of clause `number`.
    pub fn sentence(&self, number: u64, sentence: u64) -> Vec<f32> {
        let mut vector = self.around(&mut self.random(number));
        let mut random = self.random(number ^ (sentence + 1) << 40);
        for x in &mut vector {
            *x += SENTENCE_SPREAD * random.normal();
        }
        unit(vector)
    }

    fn random(&self, number: u64) -> Random {
        // A draw between, so that neighbouring numbers share no stretch of the sequence.
        Random::new(Random::new(self.seed ^ number.rotate_left(20)).next())
    }

    fn around(&self, random: &mut Random) -> Vec<f32> {
        let clusters = self.centres.len() / self.dimension;
        let at = random.below(clusters) * self.dimension;
        self.centres[at..at + self.dimension]
            .iter()
            .map(|centre| centre + SPREAD * random.normal())
            .collect()
    }
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= norm);
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    /// Figures measured on these vectors are published: they must not change between releases.
    #[test]
    fn published_vectors_stay_as_they_are() {
        let made = MadeVectors::new(1_000, 384, crate::SEED);
        let mut sum = 0u64;
        for number in 0..100 {
            for x in made.clause(number).into_iter().chain(made.sentence(number, 2)) {
                sum = sum.wrapping_mul(31).wrapping_add(u64::from(x.to_bits()));
            }
        }
        assert_eq!(sum, 0x0538_df9b_8e98_5dc5);
    }

    #[test]
    fn vectors_are_units_and_always_the_same() {
        let made = MadeVectors::new(1_000, 64, 1);
        let again = MadeVectors::new(1_000, 64, 1);
        for number in 0..200 {
            let vector = made.clause(number);
            assert!((dot(&vector, &vector) - 1.0).abs() < 1e-5);
            assert_eq!(vector, again.clause(number));
        }
        assert_ne!(made.clause(0), made.clause(1));
        assert_ne!(made.clause(0), MadeVectors::new(1_000, 64, 2).clause(0));
    }

    #[test]
    fn a_sentence_is_near_its_clause() {
        let made = MadeVectors::new(1_000, 64, 1);
        for number in 0..50 {
            let clause = made.clause(number);
            let own = dot(&clause, &made.sentence(number, 0));
            assert!(own > 0.8, "{own}");
            assert_ne!(made.sentence(number, 0), made.sentence(number, 1));
        }
    }

    #[test]
    fn there_are_clusters() {
        let made = MadeVectors::new(1_000, 64, 1);
        let vectors: Vec<_> = (0..400).map(|number| made.clause(number)).collect();
        let near = |limit: f32| {
            vectors[1..].iter().filter(|other| dot(&vectors[0], other) > limit).count()
        };
        // A tenth or so is in the cluster, far nearer than the rest.
        assert!((10..120).contains(&near(0.7)), "{}", near(0.7));
    }
}
