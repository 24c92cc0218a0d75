//! Repeatable random numbers: the same ones for the same seed, on every machine.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers from a seed; any seed will do.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, any of the 2^64.
    #[expect(clippy::should_implement_trait, reason = "the numbers have no end to signal")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `limit` − 1; 0 for a limit of 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// A number from 0 to less than 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// An approximately standard normal number: the sum of twelve uniform ones less six.
    pub fn normal(&mut self) -> f32 {
        // Three of 21 bits from each draw.
        let mut sum = -6.0;
        for _ in 0..4 {
            let draw = self.next();
            for at in 0..3 {
                sum += ((draw >> (21 * at)) & 0x1F_FFFF) as f32 / (1u64 << 21) as f32;
            }
        }
        sum
    }
}
