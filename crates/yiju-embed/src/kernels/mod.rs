//! Matrix kernels for the processor at hand, and the pool of threads they run on: the crate's
//! only unsafe code.
//!
//! [`Kernels`] is the way in. It is made for a [`Variant`] that the processor was found to have,
//! so its methods are safe; they check every shape. Integer sums are exact in each variant and
//! float sums have one order, so variants agree bit for bit, but for the portable one on
//! processors without fused multiply-add (see `lanes`).

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod lanes;
mod layout;
#[cfg(target_arch = "aarch64")]
mod neon;
mod pool;
mod portable;
mod probe;
#[cfg(test)]
mod tests;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use lanes::{NonLinearity, Norm};
pub(crate) use layout::{
    ActBlock, BLOCK, LANES, Lanes, MAX_ROWS, Matrix, Panels, Q4Block, Q8Block,
};
pub(crate) use pool::Pool;
pub use probe::MatrixProbe;

#[cfg(target_arch = "aarch64")]
use neon::{dot as neon_dot, plain as neon_plain};
use vector::{Fused, Plain};
#[cfg(target_arch = "x86_64")]
use x86::{Two, Wide};

/// An instruction set that the kernels are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// x86-64 with AVX-512 F, BW, VL, DQ and VNNI.
    Avx512Vnni,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// AArch64 with NEON and the dot-product instructions.
    NeonDot,
    /// AArch64 with NEON.
    Neon,
    /// Any processor.
    Portable,
}

impl Variant {
    /// Every variant, best first.
    pub const ALL: [Self; 5] = [
        Self::Avx512Vnni,
        Self::Avx2,
        Self::NeonDot,
        Self::Neon,
        Self::Portable,
    ];

    /// Its name, as in `YIJU_KERNELS`: `avx512`, `avx2`, `neon-dot`, `neon` or `portable`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512Vnni => "avx512",
            Self::Avx2 => "avx2",
            Self::NeonDot => "neon-dot",
            Self::Neon => "neon",
            Self::Portable => "portable",
        }
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vnni")
                    && is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => {
                std::arch::is_aarch64_feature_detected!("neon")
                    && std::arch::is_aarch64_feature_detected!("dotprod")
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512Vnni | Self::Avx2 => false,
            #[cfg(not(target_arch = "aarch64"))]
            Self::NeonDot | Self::Neon => false,
            Self::Portable => true,
        }
    }

    /// The best variant of this processor.
    pub fn best() -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|variant| variant.is_available())
            .unwrap_or(Self::Portable)
    }

    /// The variant of this name.
    ///
    /// # Errors
    /// The name is unknown, or this processor lacks the variant: what would do instead, in words.
    pub fn named(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        match all.find(|variant| variant.name() == name) {
            Some(variant) if variant.is_available() => return Ok(variant),
            _ => {}
        }
        let available: Vec<&str> = Self::ALL
            .into_iter()
            .filter(|variant| variant.is_available())
            .map(Self::name)
            .collect();
        Err(available.join(", "))
    }
}

/// The kernels of one variant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernels {
    // Private, and set only after `is_available`: what makes the methods sound.
    variant: Variant,
}

/// Calls `$body` with the constant `R` set to `$rows`, 1 to 12.
macro_rules! with_rows {
    ($rows:expr, $call:ident) => {
        match $rows {
            1 => $call!(1),
            2 => $call!(2),
            3 => $call!(3),
            4 => $call!(4),
            5 => $call!(5),
            6 => $call!(6),
            7 => $call!(7),
            8 => $call!(8),
            9 => $call!(9),
            10 => $call!(10),
            11 => $call!(11),
            12 => $call!(12),
            _ => {}
        }
    };
}

macro_rules! panel_kernel {
    ($(#[$doc:meta])* $name:ident, $block:ty) => {
        $(#[$doc])*
        #[inline]
        pub(crate) fn $name(
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
            #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
            macro_rules! fast {
                ($set:ident, $R:literal) => {
                    if let Some(out) = out.as_chunks_mut::<$R>().0.first_mut() {
                        // SAFETY: the variant is only set where the processor has its
                        // instructions (`Kernels::new`); slices carry their lengths.
                        unsafe { $set::$name::<$R>(acts.as_chunks::<$R>().0, weights, bias, out) }
                    }
                };
            }
            match self.variant {
                #[cfg(target_arch = "x86_64")]
                Variant::Avx512Vnni => {
                    macro_rules! call { ($R:literal) => { fast!(avx512, $R) }; }
                    with_rows!(rows, call)
                }
                #[cfg(target_arch = "x86_64")]
                Variant::Avx2 => {
                    macro_rules! call { ($R:literal) => { fast!(avx2, $R) }; }
                    with_rows!(rows, call)
                }
                #[cfg(target_arch = "aarch64")]
                Variant::NeonDot => {
                    macro_rules! call { ($R:literal) => { fast!(neon_dot, $R) }; }
                    with_rows!(rows, call)
                }
                #[cfg(target_arch = "aarch64")]
                Variant::Neon => {
                    macro_rules! call { ($R:literal) => { fast!(neon_plain, $R) }; }
                    with_rows!(rows, call)
                }
                _ => portable::$name(rows, acts, weights, bias, out),
            }
        }
    };
}

/// A function of `lanes` compiled for each variant.
macro_rules! lane_kernel {
    ($(#[$doc:meta])* $name:ident, $inner:ident, [$($generic:ident)?], ($($arg:ident: $type:ty),*), $check:block) => {
        $(#[$doc])*
        pub(crate) fn $name(self, $($arg: $type),*) {
            $check
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")]
            fn avx512($($arg: $type),*) {
                lane_kernel!(@call $inner, [$($generic)?], Wide, ($($arg),*))
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $type),*) {
                lane_kernel!(@call $inner, [$($generic)?], Two, ($($arg),*))
            }
            match self.variant {
                // SAFETY: the variant is only set where the processor has its instructions
                // (`Kernels::new`); the function itself is safe code.
                #[cfg(target_arch = "x86_64")]
                Variant::Avx512Vnni => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Variant::Avx2 => unsafe { avx2($($arg),*) },
                // Every AArch64 processor that this is built for has NEON.
                Variant::NeonDot | Variant::Neon => {
                    lane_kernel!(@call $inner, [$($generic)?], Fused, ($($arg),*))
                }
                _ => lane_kernel!(@call $inner, [$($generic)?], Plain, ($($arg),*)),
            }
        }
    };
    (@call $inner:ident, [Vector], $arith:ident, ($($arg:ident),*)) => {
        lanes::$inner::<$arith>($($arg),*)
    };
    (@call $inner:ident, [], $arith:ident, ($($arg:ident),*)) => {
        lanes::$inner($($arg),*)
    };
}

fn check_tile(panels: usize, rows: usize, blocks: usize) {
    assert!(rows > 0, "a tile has at least one row");
    assert_eq!(
        panels % rows,
        0,
        "a tile of {panels} lanes does not have {rows} rows"
    );
    assert_eq!(
        (panels / rows).div_ceil(2) * rows,
        blocks,
        "{panels} lanes in {rows} rows do not make {blocks} blocks"
    );
}

impl Kernels {
    /// The kernels of `variant`, or of the portable one where the processor lacks it.
    pub(crate) fn new(variant: Variant) -> Self {
        let variant = if variant.is_available() {
            variant
        } else {
            Variant::Portable
        };
        Self { variant }
    }

    /// Which kernels these are.
    pub(crate) fn variant(self) -> Variant {
        self.variant
    }

    panel_kernel! {
        /// `out[row] = bias + activations[row] · weights` for a tile of `rows` rows and one panel
        /// of four-bit weights. `acts` is blocks × rows. Panics on other shapes.
        four, Q4Block
    }

    panel_kernel! {
        /// The same for eight-bit weights.
        eight, Q8Block
    }

    /// The same for panel `panel` of a matrix.
    #[inline]
    pub(crate) fn panel(
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
        /// Quantises a tile: `values` is panels × rows, `out` blocks × rows.
        quantize_tile, quantize_tile, [Vector], (values: &[Lanes], rows: usize, out: &mut [ActBlock]),
        { check_tile(values.len(), rows, out.len()) }
    }

    lane_kernel! {
        /// Applies the non-linearity to a tile in place and quantises it.
        activate_tile, activate_tile, [Vector],
        (kind: NonLinearity, values: &mut [Lanes], rows: usize, out: &mut [ActBlock]),
        { check_tile(values.len(), rows, out.len()) }
    }

    lane_kernel! {
        /// x ← LayerNorm(x + y) on a tile, and its quantised form.
        norm_tile, norm_tile, [Vector],
        (x: &mut [Lanes], y: Option<&[Lanes]>, norm: &Norm, rows: usize, out: &mut [ActBlock]),
        {
            check_tile(x.len(), rows, out.len());
            assert_eq!(x.len(), norm.weight.len() * rows, "a norm of another width");
        }
    }

    lane_kernel! {
        /// Softmax, in powers of two, over the first `keys` scores of each row of a tile, each times
        /// `factor`; quantised.
        softmax_tile, softmax_tile, [Vector],
        (scores: &mut [Lanes], keys: usize, factor: f32, rows: usize, out: &mut [ActBlock]),
        {
            check_tile(scores.len(), rows, out.len());
            assert_eq!(scores.len() / rows, keys.div_ceil(LANES), "scores of another shape");
            assert!(keys > 0, "softmax over nothing");
        }
    }

    lane_kernel! {
        /// Quantises 32 rows of sixteen columns as a weight block whose inner dimension is the
        /// rows.
        transpose_block, transpose_block, [], (rows: &[&Lanes; BLOCK], out: &mut Q8Block), {}
    }

    lane_kernel! {
        /// Quantises up to 16 vectors of 32 values (the rest is zero) as the columns of a block.
        column_block, column_block, [Vector], (columns: &[[&Lanes; 2]], out: &mut Q8Block), {}
    }

    lane_kernel! {
        /// Quantises vectors of 32 values, as many as there are in `rows` and in `out`.
        quantize_rows, quantize_rows, [Vector], (rows: &[[&Lanes; 2]], out: &mut [ActBlock]), {}
    }
}
