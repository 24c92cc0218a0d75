//! The float arithmetic of the encoder on sixteen lanes, written once.
//!
//! These functions are compiled once for each variant of the kernels: inlined into a function
//! with the variant's instruction set, the loops over lanes become vector instructions. The order
//! of every sum is fixed by the code, so variants with fused multiply-add agree bit for bit; the
//! portable one, which has none on plain x86-64, differs in the last place.

use super::layout::{ActBlock, BLOCK, LANES, Lanes, Q8Block};

/// Multiply-add, fused or not.
pub(crate) trait MulAdd: Copy {
    fn mul_add(a: f32, b: f32, c: f32) -> f32;
}

/// For instruction sets with a fused multiply-add.
#[derive(Clone, Copy)]
pub(crate) struct Fused;

/// For those without: the fused form would be a slow library call there.
#[derive(Clone, Copy)]
pub(crate) struct Plain;

impl MulAdd for Fused {
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

impl MulAdd for Plain {
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
}

/// The non-linearities of the feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NonLinearity {
    /// x · Φ(x), by the error function.
    Gelu,
    /// Its tanh form (Hendrycks and Gimpel, arXiv:1606.08415).
    GeluTanh,
    /// max(x, 0).
    Relu,
}

/// 1.5 · 2²³: adding it to a float below 2²² rounds to the nearest integer, ties to even, and
/// leaves that integer in the low bits.
const ROUND: f32 = 12_582_912.0;

/// Nearest integer of `x`, |x| < 2²²; anything for other values.
#[inline(always)]
fn nearest(x: f32) -> i32 {
    ((x + ROUND).to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32)
}

/// As `maxps`: the second where either is NaN.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn sum(lanes: &[f32; LANES]) -> f32 {
    let mut eight = [0.0; 8];
    for i in 0..8 {
        eight[i] = lanes[i] + lanes[i + 8];
    }
    let four = [
        eight[0] + eight[4],
        eight[1] + eight[5],
        eight[2] + eight[6],
        eight[3] + eight[7],
    ];
    (four[0] + four[2]) + (four[1] + four[3])
}

#[inline(always)]
fn maximum(lanes: &[f32; LANES]) -> f32 {
    let mut eight = [0.0; 8];
    for i in 0..8 {
        eight[i] = larger(lanes[i], lanes[i + 8]);
    }
    let four = [
        larger(eight[0], eight[4]),
        larger(eight[1], eight[5]),
        larger(eight[2], eight[6]),
        larger(eight[3], eight[7]),
    ];
    larger(larger(four[0], four[2]), larger(four[1], four[3]))
}

/// 2 to the power of `x` for x ≤ 127; below −126 it stays at 2⁻¹²⁶.
///
/// Splits off the integer part; the rest, within ±½, goes through the polynomial of degree 5 with
/// the least relative error (8·10⁻⁸, fitted by iterated weighted least squares on Chebyshev
/// nodes; with the rounding of f32 2·10⁻⁷).
#[inline(always)]
fn exp2<M: MulAdd>(x: f32) -> f32 {
    let x = larger(x, -126.0);
    let whole = x + ROUND;
    let n = (whole.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let f = x - (whole - ROUND);
    let mut p = 0.001_327_646_7;
    p = M::mul_add(p, f, 0.009_675_541);
    p = M::mul_add(p, f, 0.055_507_135);
    p = M::mul_add(p, f, 0.240_221_2);
    p = M::mul_add(p, f, 0.693_146_94);
    p = M::mul_add(p, f, 1.000_000_1);
    p * f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

/// GELU by the error function: x/2 · (1 + erf(x/√2)), within 5·10⁻⁶ of it for all x.
///
/// erf(x/√2) is odd, so it is x · P(u) with u = 2x²/4.8² − 1; P, of degree 10, was fitted as in
/// [`exp2`], weighted for the error of GELU. Beyond ±4.8 the error function is taken at ±4.8,
/// where it is ±1 within 2·10⁻⁶.
#[inline(always)]
fn gelu<M: MulAdd>(x: f32) -> f32 {
    let c = smaller(larger(x, -4.8), 4.8);
    let u = M::mul_add(c * c, 2.0 / (4.8 * 4.8), -1.0);
    let mut p = 0.002_887_465_8;
    p = M::mul_add(p, u, -0.008_389_212);
    p = M::mul_add(p, u, 0.010_784_696);
    p = M::mul_add(p, u, -0.014_886_795);
    p = M::mul_add(p, u, 0.027_728_211);
    p = M::mul_add(p, u, -0.044_375_05);
    p = M::mul_add(p, u, 0.061_441_634);
    p = M::mul_add(p, u, -0.081_131_86);
    p = M::mul_add(p, u, 0.105_808_2);
    p = M::mul_add(p, u, -0.145_959_51);
    p = M::mul_add(p, u, 0.294_425_58);
    let erf = smaller(larger(c * p, -1.0), 1.0);
    let half = 0.5 * x;
    M::mul_add(half, erf, half)
}

/// GELU in its tanh form, tanh by [`exp2`].
#[inline(always)]
fn gelu_tanh<M: MulAdd>(x: f32) -> f32 {
    // 2·√(2/π)·log2(e)
    const FACTOR: f32 = 2.302_208_2;
    let cubic = M::mul_add(0.044_715 * x * x, x, x);
    let power = smaller(cubic * FACTOR, 126.0);
    let e = exp2::<M>(power);
    // x · (1 + tanh(t)) / 2 = x · e²ᵗ / (1 + e²ᵗ)
    x * (e / (1.0 + e))
}

/// Quantises 32 values: the largest magnitude becomes 127.
#[inline(always)]
pub(crate) fn quantize(values: &[f32; BLOCK]) -> ActBlock {
    let mut peak = [0.0; LANES];
    for i in 0..LANES {
        peak[i] = larger(values[i].abs(), values[i + LANES].abs());
    }
    let peak = maximum(&peak);
    // Below that, the inverse would not be finite; such a block is nothing.
    if peak < 1e-30 {
        return ActBlock::ZERO;
    }
    let inverse = 127.0 / peak;
    let mut whole = [0_i32; BLOCK];
    for i in 0..BLOCK {
        whole[i] = nearest(values[i] * inverse);
    }
    let mut total = [0_i32; LANES];
    for i in 0..LANES {
        total[i] = whole[i].wrapping_add(whole[i + LANES]);
    }
    let mut sum = 0_i32;
    for value in total {
        sum = sum.wrapping_add(value);
    }
    let mut q = [0_i8; BLOCK];
    for i in 0..BLOCK {
        q[i] = whole[i] as i8;
    }
    ActBlock {
        q,
        scale: peak / 127.0,
        comp: sum.wrapping_mul(-8),
    }
}

#[inline(always)]
fn join(low: &Lanes, high: Option<&Lanes>) -> [f32; BLOCK] {
    let mut both = [0.0; BLOCK];
    both[..LANES].copy_from_slice(&low.0);
    if let Some(high) = high {
        both[LANES..].copy_from_slice(&high.0);
    }
    both
}

/// Quantises a tile: `values` is panels × rows, `out` blocks × rows.
#[inline(always)]
pub(crate) fn quantize_tile(values: &[Lanes], rows: usize, out: &mut [ActBlock]) {
    let panels = values.len() / rows;
    for (block, out) in out.chunks_exact_mut(rows).enumerate() {
        for (row, out) in out.iter_mut().enumerate() {
            let high = (2 * block + 1 < panels).then(|| &values[(2 * block + 1) * rows + row]);
            *out = quantize(&join(&values[2 * block * rows + row], high));
        }
    }
}

/// Applies the non-linearity to a tile in place, then quantises it.
#[inline(always)]
pub(crate) fn activate_tile<M: MulAdd>(
    kind: NonLinearity,
    values: &mut [Lanes],
    rows: usize,
    out: &mut [ActBlock],
) {
    match kind {
        NonLinearity::Gelu => {
            for lanes in values.iter_mut() {
                for x in &mut lanes.0 {
                    *x = gelu::<M>(*x);
                }
            }
        }
        NonLinearity::GeluTanh => {
            for lanes in values.iter_mut() {
                for x in &mut lanes.0 {
                    *x = gelu_tanh::<M>(*x);
                }
            }
        }
        NonLinearity::Relu => {
            for lanes in values.iter_mut() {
                for x in &mut lanes.0 {
                    *x = larger(*x, 0.0);
                }
            }
        }
    }
    quantize_tile(values, rows, out);
}

/// The weights of a layer norm over `width` values.
#[derive(Debug)]
pub(crate) struct Norm {
    pub weight: Vec<Lanes>,
    pub bias: Vec<Lanes>,
    pub width: usize,
    pub eps: f32,
}

/// x ← LayerNorm(x + y) for each row of a tile (panels × rows), and its quantised form in `out`
/// (blocks × rows). Mean first, then the variance around it.
#[inline(always)]
pub(crate) fn norm_tile<M: MulAdd>(
    x: &mut [Lanes],
    y: Option<&[Lanes]>,
    norm: &Norm,
    rows: usize,
    out: &mut [ActBlock],
) {
    let panels = norm.weight.len();
    let tail = norm.width % LANES;
    for row in 0..rows {
        let mut total = [0.0; LANES];
        for panel in 0..panels {
            let at = panel * rows + row;
            let v = &mut x[at].0;
            if let Some(y) = y {
                let y = &y[at].0;
                for i in 0..LANES {
                    v[i] += y[i];
                }
            }
            for i in 0..LANES {
                total[i] += v[i];
            }
        }
        let mean = sum(&total) / norm.width as f32;
        let mut square = [0.0; LANES];
        for panel in 0..panels {
            let v = &mut x[panel * rows + row].0;
            for value in v.iter_mut() {
                *value -= mean;
            }
            if tail != 0 && panel + 1 == panels {
                v[tail..].fill(0.0);
            }
            for i in 0..LANES {
                square[i] = M::mul_add(v[i], v[i], square[i]);
            }
        }
        let variance = sum(&square) / norm.width as f32;
        let inverse = 1.0 / (variance + norm.eps).sqrt();
        for panel in 0..panels {
            let v = &mut x[panel * rows + row].0;
            let (weight, bias) = (&norm.weight[panel].0, &norm.bias[panel].0);
            for i in 0..LANES {
                v[i] = M::mul_add(v[i] * inverse, weight[i], bias[i]);
            }
        }
    }
    quantize_tile(x, rows, out);
}

/// Softmax over the first `keys` scores of each row of a tile (panels × rows; scores in units of
/// log 2), quantised into `out` (blocks × rows).
#[inline(always)]
pub(crate) fn softmax_tile<M: MulAdd>(
    scores: &mut [Lanes],
    keys: usize,
    rows: usize,
    out: &mut [ActBlock],
) {
    let panels = scores.len() / rows;
    let tail = keys % LANES;
    for row in 0..rows {
        if tail != 0 {
            scores[(panels - 1) * rows + row].0[tail..].fill(f32::MIN);
        }
        let mut top = [f32::MIN; LANES];
        for panel in 0..panels {
            let v = &scores[panel * rows + row].0;
            for i in 0..LANES {
                top[i] = larger(v[i], top[i]);
            }
        }
        let top = maximum(&top);
        let mut total = [0.0; LANES];
        for panel in 0..panels {
            let v = &mut scores[panel * rows + row].0;
            for i in 0..LANES {
                v[i] = exp2::<M>(v[i] - top);
                total[i] += v[i];
            }
        }
        // What the lanes past the end hold is 2⁻¹²⁶: nothing, in the sum and after rounding.
        let inverse = 1.0 / sum(&total);
        for (block, out) in out.chunks_exact_mut(rows).enumerate() {
            let high = (2 * block + 1 < panels).then(|| &scores[(2 * block + 1) * rows + row]);
            let mut quantized = quantize(&join(&scores[2 * block * rows + row], high));
            quantized.scale *= inverse;
            out[row] = quantized;
        }
    }
}

/// Quantises 32 rows of sixteen columns as a weight block whose inner dimension is the rows.
#[inline(always)]
pub(crate) fn transpose_block(rows: &[Lanes; BLOCK], out: &mut Q8Block) {
    let mut peak = [0.0; LANES];
    for row in rows {
        for (peak, value) in peak.iter_mut().zip(&row.0) {
            *peak = larger(value.abs(), *peak);
        }
    }
    let inverse = peak.map(|peak| if peak < 1e-30 { 0.0 } else { 127.0 / peak });
    out.scales = peak.map(|peak| if peak < 1e-30 { 0.0 } else { peak / 127.0 });
    for (group, rows) in out.weights.iter_mut().zip(rows.as_chunks::<4>().0) {
        let mut words = [0_u32; LANES];
        for i in 0..LANES {
            let byte = |row: &Lanes| nearest(row.0[i] * inverse[i]) as u32 & 0xff;
            let word =
                byte(&rows[0]) | byte(&rows[1]) << 8 | byte(&rows[2]) << 16 | byte(&rows[3]) << 24;
            words[i] = word ^ 0x8080_8080;
        }
        for (bytes, word) in group.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *bytes = word.to_le_bytes();
        }
    }
}

/// Quantises vectors as the columns of a weight block; columns not given stay as they are.
#[inline(always)]
pub(crate) fn column_block(columns: &[[f32; BLOCK]], out: &mut Q8Block) {
    for (column, values) in columns.iter().take(LANES).enumerate() {
        out.set_column(column, &quantize(values));
    }
}

/// Quantises vectors, and multiplies their scales by `factor`.
#[inline(always)]
pub(crate) fn quantize_rows(rows: &[[f32; BLOCK]], factor: f32, out: &mut [ActBlock]) {
    for (values, out) in rows.iter().zip(out) {
        *out = quantize(values);
        out.scale *= factor;
    }
}
