//! The encoder's matrix products and float arithmetic, as methods of [`Kernels`].
//!
//! The methods are safe because a [`Kernels`] only holds a [`Variant`] that the processor has;
//! they check every shape. See `lanes` for what keeps the variants' float sums equal.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod lanes;
mod layout;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod probe;
#[cfg(target_arch = "x86_64")]
mod registers;
#[cfg(test)]
mod tests;
mod vector;

pub use lanes::{NonLinearity, Norm};
pub use layout::{ActBlock, BLOCK, LANES, Lanes, MAX_ROWS, Matrix, Q8Block};
use layout::{Panels, Q4Block};
pub use probe::MatrixProbe;

use crate::{Kernels, Variant};
#[cfg(target_arch = "aarch64")]
use neon::{dot as neon_dot, plain as neon_plain};
#[cfg(target_arch = "x86_64")]
use registers::{Two, Wide};
use vector::{Fused, Plain};

/// Calls `$set::$name` with the number of rows, 1 to 12, as a constant.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! by_rows {
    ($set:ident, $name:ident, $rows:ident, $acts:ident, $weights:ident, $bias:ident, $out:ident) => {
        by_rows!(@match $set, $name, $rows, $acts, $weights, $bias, $out,
            1 2 3 4 5 6 7 8 9 10 11 12)
    };
    (@match $set:ident, $name:ident, $rows:ident, $acts:ident, $weights:ident, $bias:ident,
        $out:ident, $($R:literal)*) => {
        match $rows {
            $($R => {
                if let Some(out) = $out.as_chunks_mut::<$R>().0.first_mut() {
                    // SAFETY: `Kernels::new` only sets a variant whose instructions the
                    // processor has; slices carry their lengths.
                    unsafe { $set::$name::<$R>($acts.as_chunks::<$R>().0, $weights, $bias, out) }
                }
            })*
            _ => {}
        }
    };
}

macro_rules! panel_kernel {
    ($(#[$doc:meta])* $visibility:vis $name:ident, $block:ty) => {
        $(#[$doc])*
        $visibility fn $name(
            self,
            rows: usize,
            acts: &[ActBlock],
            weights: &[$block],
            bias: &Lanes,
            out: &mut [Lanes],
        ) {
            assert!((1..=MAX_ROWS).contains(&rows), "a tile has 1 to {MAX_ROWS} rows, not {rows}");
            assert_eq!(acts.len(), rows * weights.len(), "activations of another shape");
            assert_eq!(out.len(), rows, "output of another shape");
            match self.variant() {
                #[cfg(target_arch = "x86_64")]
                Variant::Avx512Vnni => by_rows!(avx512, $name, rows, acts, weights, bias, out),
                #[cfg(target_arch = "x86_64")]
                Variant::Avx2 => by_rows!(avx2, $name, rows, acts, weights, bias, out),
                #[cfg(target_arch = "aarch64")]
                Variant::NeonDot => by_rows!(neon_dot, $name, rows, acts, weights, bias, out),
                #[cfg(target_arch = "aarch64")]
                Variant::Neon => by_rows!(neon_plain, $name, rows, acts, weights, bias, out),
                _ => portable::$name(rows, acts, weights, bias, out),
            }
        }
    };
}

/// A function of `lanes` compiled for each variant.
macro_rules! lane_kernel {
    ($(#[$doc:meta])* $name:ident, ($($arg:ident: $type:ty),*), $check:block) => {
        $(#[$doc])*
        pub fn $name(self, $($arg: $type),*) {
            $check
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")]
            fn avx512($($arg: $type),*) {
                lanes::$name::<Wide>($($arg),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $type),*) {
                lanes::$name::<Two>($($arg),*)
            }
            match self.variant() {
                // SAFETY: `Kernels::new` only sets a variant whose instructions the processor
                // has; the function itself is safe code.
                #[cfg(target_arch = "x86_64")]
                Variant::Avx512Vnni => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Variant::Avx2 => unsafe { avx2($($arg),*) },
                // NEON is in the baseline of the AArch64 target.
                Variant::NeonDot | Variant::Neon => lanes::$name::<Fused>($($arg),*),
                _ => lanes::$name::<Plain>($($arg),*),
            }
        }
    };
}

fn check_tile(panels: usize, rows: usize, blocks: usize) {
    assert!(rows > 0, "a tile has at least one row");
    assert_eq!(panels % rows, 0, "a tile of {panels} lanes does not have {rows} rows");
    assert_eq!(
        (panels / rows).div_ceil(2) * rows,
        blocks,
        "{panels} lanes in {rows} rows do not make {blocks} blocks"
    );
}

impl Kernels {
    panel_kernel! {
        /// `out[row] = bias + activations[row] · weights` for a tile of `rows` rows and one panel
        /// of four-bit weights. `acts` is blocks × rows. Panics on other shapes.
        pub(crate) four, Q4Block
    }

    panel_kernel! {
        /// `out[row] = bias + activations[row] · weights` for a tile of `rows` rows and one panel
        /// of eight-bit weights. `acts` is blocks × rows. Panics on other shapes.
        pub eight, Q8Block
    }

    /// `out[row] = bias + activations[row] · weights` for panel `panel` of a matrix. Panics on
    /// other shapes.
    #[inline]
    pub fn panel(
        self,
        rows: usize,
        acts: &[ActBlock],
        matrix: &Matrix,
        panel: usize,
        bias: &Lanes,
        out: &mut [Lanes],
    ) {
        let blocks = matrix.block_count();
        let range = panel * blocks..(panel + 1) * blocks;
        match matrix.panels() {
            Panels::Four(data) => self.four(rows, acts, &data[range], bias, out),
            Panels::Eight(data) => self.eight(rows, acts, &data[range], bias, out),
        }
    }

    lane_kernel! {
        /// Quantises a tile: `values` is panels × rows, `out` blocks × rows. Panics on other
        /// shapes, as do all functions of a tile.
        quantize_tile, (values: &[Lanes], rows: usize, out: &mut [ActBlock]),
        { check_tile(values.len(), rows, out.len()) }
    }

    lane_kernel! {
        /// Applies the non-linearity to a tile in place and quantises it.
        activate_tile, (kind: NonLinearity, values: &mut [Lanes], rows: usize, out: &mut [ActBlock]),
        { check_tile(values.len(), rows, out.len()) }
    }

    lane_kernel! {
        /// x ← LayerNorm(x + y) on a tile, and its quantised form.
        norm_tile, (x: &mut [Lanes], y: Option<&[Lanes]>, norm: &Norm, rows: usize, out: &mut [ActBlock]),
        {
            check_tile(x.len(), rows, out.len());
            assert_eq!(x.len(), norm.weight.len() * rows, "a norm of another width");
        }
    }

    lane_kernel! {
        /// Softmax, in powers of two, over the first `keys` scores of each row of a tile, each times
        /// `factor`; quantised.
        softmax_tile, (scores: &mut [Lanes], keys: usize, factor: f32, rows: usize, out: &mut [ActBlock]),
        {
            check_tile(scores.len(), rows, out.len());
            assert_eq!(scores.len() / rows, keys.div_ceil(LANES), "scores of another shape");
            assert!(keys > 0, "softmax over nothing");
        }
    }

    lane_kernel! {
        /// Quantises 32 rows of sixteen columns as a weight block whose inner dimension is the
        /// rows.
        transpose_block, (rows: &[&Lanes; BLOCK], out: &mut Q8Block), {}
    }

    lane_kernel! {
        /// Quantises up to 16 vectors of 32 values (the rest is zero) as the columns of a block.
        column_block, (columns: &[[&Lanes; 2]], out: &mut Q8Block), {}
    }

    lane_kernel! {
        /// Quantises vectors of 32 values, as many as there are in `rows` and in `out`.
        quantize_rows, (rows: &[[&Lanes; 2]], out: &mut [ActBlock]), {}
    }
}
