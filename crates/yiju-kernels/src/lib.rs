//! Kernels for the processor at hand, and the workspace's other code that needs `unsafe`: threads
//! for very short tasks, mapped files, large pages and cache hints.
//!
//! [`Kernels`] holds the instruction set found on this processor, or the one that `YIJU_KERNELS`
//! names. It multiplies 8-bit activations by 4- and 8-bit weights ([`Matrix`]) for the encoder
//! and scores vectors and their codes for the indexes. Integer sums are exact on every
//! instruction set. The encoder's float sums have one fixed order, so variants agree bit for bit,
//! except the portable one on processors without fused multiply-add; [`Kernels::dot`] may differ
//! in the last places.
//!
//! ```
//! use yiju_kernels::{Kernels, Variant};
//!
//! let kernels = Kernels::new(Variant::best());
//! assert_eq!(kernels.dot(&[0.5, 2.0], &[4.0, 0.25]), 2.5);
//! ```

mod codes;
mod matrix;
mod memory;
mod pool;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod simd;
mod variant;

pub use codes::{LANE, offset};
pub use matrix::{
    ActBlock, BLOCK, LANES, Lanes, MAX_ROWS, Matrix, MatrixProbe, NonLinearity, Norm, Q8Block,
};
pub use memory::{Mapping, prefetch, roomy};
pub use pool::Pool;
pub use variant::{Kernels, UnknownVariant, Variant};
