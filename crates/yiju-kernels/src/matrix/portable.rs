//! The kernels for any processor, and the reference for the others.
//!
//! Sums wrap, as the vector instructions do; finite inputs never come near the limit.

use super::layout::{ActBlock, LANES, Lanes, Q4Block, Q8Block, times_power};

/// `out[row] = bias + activations[row] · weights` for one panel of four-bit weights.
pub(super) fn four(
    rows: usize,
    acts: &[ActBlock],
    weights: &[Q4Block],
    bias: &Lanes,
    out: &mut [Lanes],
) {
    for (row, out) in out.iter_mut().enumerate() {
        let mut total = bias.0;
        for (block, weights) in weights.iter().enumerate() {
            let act = &acts[block * rows + row];
            let mut dot = [act.comp; LANES];
            for (j, group) in weights.nibbles.iter().enumerate() {
                for (dot, quad) in dot.iter_mut().zip(group.as_chunks::<4>().0) {
                    for (i, byte) in quad.iter().enumerate() {
                        let low = i32::from(byte & 15) * i32::from(act.q[4 * j + i]);
                        let high = i32::from(byte >> 4) * i32::from(act.q[16 + 4 * j + i]);
                        *dot = dot.wrapping_add(low + high);
                    }
                }
            }
            accumulate(&mut total, &dot, act.shift, &weights.scales);
        }
        out.0 = total;
    }
}

/// The same for eight-bit weights.
pub(super) fn eight(
    rows: usize,
    acts: &[ActBlock],
    weights: &[Q8Block],
    bias: &Lanes,
    out: &mut [Lanes],
) {
    for (row, out) in out.iter_mut().enumerate() {
        let mut total = bias.0;
        for (block, weights) in weights.iter().enumerate() {
            let act = &acts[block * rows + row];
            let mut dot = [act.comp.wrapping_mul(16); LANES];
            for (j, group) in weights.weights.iter().enumerate() {
                for (dot, quad) in dot.iter_mut().zip(group.as_chunks::<4>().0) {
                    for (i, byte) in quad.iter().enumerate() {
                        let product = i32::from(*byte) * i32::from(act.q[4 * j + i]);
                        *dot = dot.wrapping_add(product);
                    }
                }
            }
            accumulate(&mut total, &dot, act.shift, &weights.scales);
        }
        out.0 = total;
    }
}

fn accumulate(total: &mut [f32; LANES], dot: &[i32; LANES], shift: i32, scales: &[f32; LANES]) {
    for i in 0..LANES {
        total[i] += dot[i] as f32 * times_power(scales[i], shift);
    }
}
