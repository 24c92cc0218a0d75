//! Made vectors: clusters around a common direction, as embeddings of texts on one matter lie.

use crate::random::Random;

/// How far a vector strays from its cluster's centre, for each component, where centres stray by 1 from
/// the direction that all have in common. Nearest neighbours are then about as much nearer than the rest
/// as with the bundled model's embeddings of statutes.
const SPREAD: f32 = 0.7;
/// How far a sentence's vector strays from its clause's.
const SENTENCE_SPREAD: f32 = 0.4;
/// Vectors to a cluster.
const CLUSTER: usize = 100;

/// Vectors of unit length in clusters, each a function of its number alone.
pub struct MadeVectors {
    seed: u64,
    dimension: usize,
    centres: Vec<f32>,
}

impl MadeVectors {
    /// Vectors for `count` clauses.
    pub fn new(count: usize, dimension: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let common: Vec<f32> = (0..dimension).map(|_| random.normal()).collect();
        let clusters = count / CLUSTER + 1;
        let mut centres = Vec::with_capacity(clusters * dimension);
        for _ in 0..clusters {
            centres.extend(common.iter().map(|common| common + random.normal()));
        }
        Self {
            seed,
            dimension,
            centres,
        }
    }

    /// The vector of clause `number`. Numbers past the last clause give vectors of the same clusters that
    /// are in no index: questions.
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
            vectors[1..]
                .iter()
                .filter(|other| dot(&vectors[0], other) > limit)
                .count()
        };
        // A tenth or so is in the cluster, far nearer than the rest.
        assert!((10..120).contains(&near(0.7)), "{}", near(0.7));
    }
}
