//! Sixteen floats as one value, the unit of `lanes`: in vector registers, or as an array where
//! there is no implementation for the instruction set.

use super::layout::{ActBlock, BLOCK, LANES, Lanes, MAX_EXPONENT, times_power};

/// 1.5 · 2²³: adding it to a float below 2²² rounds to the nearest integer, ties to even, and
/// leaves that integer in the low bits.
pub(super) const ROUND: f32 = 12_582_912.0;
/// The bits of 1.0.
pub(super) const ONE: i32 = 127 << 23;

/// Sixteen floats. Each operation is rounded as one of `f32`, so every implementation gives the
/// same bits, but for `mul_add` of [`Plain`].
///
/// Use the implementations for instruction sets only where the processor has the instructions;
/// they are fast only inside functions compiled for them.
pub(super) trait Vector: Copy {
    fn load(lanes: &Lanes) -> Self;
    fn store(self, lanes: &mut Lanes);
    fn splat(value: f32) -> Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// self · factor + other.
    fn mul_add(self, factor: Self, other: Self) -> Self;
    /// The larger ones; `other` where either is not a number.
    fn larger(self, other: Self) -> Self;
    /// The smaller ones; `other` where either is not a number.
    fn smaller(self, other: Self) -> Self;
    /// 2ⁿ for the integers n within ±126 in the low bits of `self`, which is n + [`ROUND`].
    fn power(self) -> Self;
    /// The sum: halves added to each other until one number is left.
    fn sum(self) -> f32;
    fn maximum(self) -> f32;
    /// Quantises two vectors.
    fn quantize(low: Self, high: Self) -> ActBlock;
}

/// An array, for instruction sets with a fused multiply-add.
#[derive(Clone, Copy)]
pub(super) struct Fused([f32; LANES]);

/// An array, for those without: the fused form would be a slow library call there.
#[derive(Clone, Copy)]
pub(super) struct Plain([f32; LANES]);

/// As `maxps`: the second where either is NaN.
#[inline(always)]
pub(super) fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// As `minps`.
#[inline(always)]
pub(super) fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// Nearest integer of `x`, |x| < 2²²; anything for other values.
#[inline(always)]
pub(super) fn nearest(x: f32) -> i32 {
    ((x + ROUND).to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32)
}

/// The exponent, times 2²³, of the least power of two by which values up to `peak` come to at most
/// 127; within ±[`MAX_EXPONENT`]. A power of two costs half a bit against `peak / 127`, and saves
/// divisions here and multiplications in the products.
#[inline(always)]
pub(super) fn shift_for(peak: f32) -> i32 {
    let step = (peak * (1.0 / 127.0)).to_bits() as i32;
    let up = step.wrapping_add((1 << 23) - 1) & !((1 << 23) - 1);
    up.wrapping_sub(ONE).clamp(-MAX_EXPONENT << 23, MAX_EXPONENT << 23)
}

#[inline(always)]
fn fold(values: [f32; LANES], join: impl Fn(f32, f32) -> f32) -> f32 {
    let eight: [f32; 8] = std::array::from_fn(|i| join(values[i], values[i + 8]));
    let four: [f32; 4] = std::array::from_fn(|i| join(eight[i], eight[i + 4]));
    join(join(four[0], four[2]), join(four[1], four[3]))
}

#[inline(always)]
fn quantize(low: [f32; LANES], high: [f32; LANES]) -> ActBlock {
    let peaks: [f32; LANES] = std::array::from_fn(|i| larger(low[i].abs(), high[i].abs()));
    let shift = shift_for(fold(peaks, larger));
    let inverse = times_power(1.0, -shift);
    let low = low.map(|value| nearest(value * inverse));
    let high = high.map(|value| nearest(value * inverse));
    let mut sum = 0_i32;
    for i in 0..LANES {
        sum = sum.wrapping_add(low[i]).wrapping_add(high[i]);
    }
    let mut q = [0_i8; BLOCK];
    for i in 0..LANES {
        q[i] = low[i] as i8;
        q[i + LANES] = high[i] as i8;
    }
    ActBlock { q, shift, comp: sum.wrapping_mul(-8) }
}

macro_rules! array_vector {
    ($name:ident, $mul_add:expr) => {
        impl $name {
            #[inline(always)]
            fn with(self, other: Self, join: impl Fn(f32, f32) -> f32) -> Self {
                Self(std::array::from_fn(|i| join(self.0[i], other.0[i])))
            }
        }

        impl Vector for $name {
            #[inline(always)]
            fn load(lanes: &Lanes) -> Self {
                Self(lanes.0)
            }
            #[inline(always)]
            fn store(self, lanes: &mut Lanes) {
                lanes.0 = self.0;
            }
            #[inline(always)]
            fn splat(value: f32) -> Self {
                Self([value; LANES])
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self.with(other, |a, b| a + b)
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self.with(other, |a, b| a - b)
            }
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                self.with(other, |a, b| a * b)
            }
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                self.with(other, |a, b| a / b)
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, other: Self) -> Self {
                Self(std::array::from_fn(|i| $mul_add(self.0[i], factor.0[i], other.0[i])))
            }
            #[inline(always)]
            fn larger(self, other: Self) -> Self {
                self.with(other, larger)
            }
            #[inline(always)]
            fn smaller(self, other: Self) -> Self {
                self.with(other, smaller)
            }
            #[inline(always)]
            fn power(self) -> Self {
                let power = |x: f32| f32::from_bits((x.to_bits() << 23).wrapping_add(ONE as u32));
                Self(self.0.map(power))
            }
            #[inline(always)]
            fn sum(self) -> f32 {
                fold(self.0, |a, b| a + b)
            }
            #[inline(always)]
            fn maximum(self) -> f32 {
                fold(self.0, larger)
            }
            #[inline(always)]
            fn quantize(low: Self, high: Self) -> ActBlock {
                quantize(low.0, high.0)
            }
        }
    };
}

array_vector!(Fused, |a: f32, b: f32, c: f32| a.mul_add(b, c));
array_vector!(Plain, |a: f32, b: f32, c: f32| a * b + c);
