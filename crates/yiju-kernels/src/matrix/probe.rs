//! A matrix product to measure.

use super::{ActBlock, BLOCK, LANES, Lanes, MAX_ROWS, Matrix};
use crate::{Kernels, Variant};

/// A product of activations and a weight matrix on the kernels of one variant, for benchmarks.
#[derive(Debug)]
pub struct MatrixProbe {
    kernels: Kernels,
    matrix: Matrix,
    rows: usize,
    acts: Vec<ActBlock>,
    out: Vec<Lanes>,
}

impl MatrixProbe {
    /// `rows` activations (1 to 12) of `inputs` numbers by `outputs` columns of 4 or 8 `bits`.
    /// `None` for other numbers of rows or bits, for 4 bits where `inputs` is not a multiple of
    /// 32, and where the processor lacks the variant.
    pub fn new(
        variant: Variant,
        rows: usize,
        inputs: usize,
        outputs: usize,
        bits: u32,
    ) -> Option<Self> {
        if !variant.is_available() || !(1..=MAX_ROWS).contains(&rows) || inputs == 0 {
            return None;
        }
        // The values do not affect the time.
        let value = |index: usize| (index * 2_654_435_761 % 255) as f32 - 127.0;
        let matrix = match bits {
            4 => {
                let blocks: Vec<u8> = (0..outputs * inputs / BLOCK)
                    .flat_map(|_| [0_u8, 0x24].into_iter().chain([0x5a; 16]))
                    .collect();
                Matrix::from_q4_0(&[&blocks], inputs)?
            }
            8 => {
                let weights: Vec<f32> = (0..outputs * inputs).map(value).collect();
                Matrix::from_f32(&weights, inputs)
            }
            _ => return None,
        };
        let kernels = Kernels::new(variant);
        let panels = inputs.div_ceil(LANES);
        let values: Vec<Lanes> = (0..panels * rows).map(|at| Lanes([value(at); LANES])).collect();
        let mut acts = vec![ActBlock::ZERO; inputs.div_ceil(BLOCK) * rows];
        kernels.quantize_tile(&values, rows, &mut acts);
        let out = vec![Lanes::ZERO; matrix.panel_count() * rows];
        Some(Self { kernels, matrix, rows, acts, out })
    }

    /// Computes the product once and returns one number of it.
    pub fn run(&mut self) -> f32 {
        for (panel, out) in self.out.chunks_exact_mut(self.rows).enumerate() {
            self.kernels.panel(self.rows, &self.acts, &self.matrix, panel, &Lanes::ZERO, out);
        }
        self.out.first().map_or(0.0, |lanes| lanes.0[0])
    }

    /// Multiplications in one [`run`](Self::run).
    pub fn products(&self) -> u64 {
        (self.rows * self.matrix.rows() * self.matrix.columns()) as u64
    }
}
