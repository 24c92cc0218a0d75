//! The float arithmetic of the encoder on sixteen lanes, written once.
//!
//! These functions are compiled once for each variant of the kernels, with its kind of [`Vector`].
//! The order of every sum is fixed by the code, so variants with fused multiply-add agree bit for
//! bit; the portable one, which has none on plain x86-64, differs in the last place.

use super::layout::{ActBlock, BLOCK, LANES, Lanes, MAX_EXPONENT, Q8Block, times_power};
use super::vector::{ROUND, Vector, larger, nearest, shift_for, smaller};

/// The non-linearities of the feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonLinearity {
    /// x · Φ(x), by the error function.
    Gelu,
    /// Its tanh form (Hendrycks and Gimpel, arXiv:1606.08415).
    GeluTanh,
    /// max(x, 0).
    Relu,
}

/// A polynomial in `x`, the highest coefficient first.
#[inline(always)]
fn polynomial<V: Vector, const N: usize>(x: V, coefficients: [f32; N]) -> V {
    let mut value = V::splat(coefficients[0]);
    for coefficient in &coefficients[1..] {
        value = value.mul_add(x, V::splat(*coefficient));
    }
    value
}

/// 2 to the power of `x` for x ≤ 127; below −126 it stays at 2⁻¹²⁶.
///
/// Splits off the integer part; the rest, within ±½, goes through the polynomial of degree 5 with
/// the least relative error (8·10⁻⁸, fitted by iterated weighted least squares on Chebyshev
/// nodes; with the rounding of f32 2·10⁻⁷).
#[inline(always)]
fn exp2<V: Vector>(x: V) -> V {
    let x = x.larger(V::splat(-126.0));
    let whole = x.add(V::splat(ROUND));
    let rest = x.sub(whole.sub(V::splat(ROUND)));
    let value = polynomial(
        rest,
        [0.001_327_646_7, 0.009_675_541, 0.055_507_135, 0.240_221_2, 0.693_146_94, 1.000_000_1],
    );
    value.mul(whole.power())
}

/// GELU by the error function: x/2 · (1 + erf(x/√2)), within 5·10⁻⁶ of it for all x.
///
/// erf(x/√2) is odd, so it is x · P(u) with u = 2x²/4.8² − 1; P, of degree 10, was fitted as in
/// [`exp2`], weighted for the error of GELU. Beyond ±4.8 the error function is taken at ±4.8,
/// where it is ±1 within 2·10⁻⁶.
#[inline(always)]
fn gelu<V: Vector>(x: V) -> V {
    let c = x.larger(V::splat(-4.8)).smaller(V::splat(4.8));
    let u = c.mul(c).mul_add(V::splat(2.0 / (4.8 * 4.8)), V::splat(-1.0));
    let p = polynomial(
        u,
        [
            0.002_887_465_8,
            -0.008_389_212,
            0.010_784_696,
            -0.014_886_795,
            0.027_728_211,
            -0.044_375_05,
            0.061_441_634,
            -0.081_131_86,
            0.105_808_2,
            -0.145_959_51,
            0.294_425_58,
        ],
    );
    let erf = c.mul(p).larger(V::splat(-1.0)).smaller(V::splat(1.0));
    let half = V::splat(0.5).mul(x);
    half.mul_add(erf, half)
}

/// GELU in its tanh form, tanh by [`exp2`].
#[inline(always)]
fn gelu_tanh<V: Vector>(x: V) -> V {
    // 2·√(2/π)·log2(e)
    const FACTOR: f32 = 2.302_208_2;
    let cubic = V::splat(0.044_715).mul(x).mul(x).mul_add(x, x);
    let e = exp2(cubic.mul(V::splat(FACTOR)).smaller(V::splat(126.0)));
    // x · (1 + tanh(t)) / 2 = x · e²ᵗ / (1 + e²ᵗ)
    x.mul(e.div(V::splat(1.0).add(e)))
}

/// Quantises 32 weights as exactly as 8 bits can, at load: the largest magnitude becomes 127. The
/// second value is that of a step. Blocks whose weights are all below 2⁻⁵⁰ become zero.
pub(super) fn quantize_weights(values: &[f32; BLOCK]) -> ([i8; BLOCK], f32) {
    let peak = values.iter().fold(0.0, |peak, value| larger(value.abs(), peak));
    if peak < 2.0_f32.powi(10 - MAX_EXPONENT) {
        return ([0; BLOCK], 1.0);
    }
    let scale = smaller(peak / 127.0, 2.0_f32.powi(MAX_EXPONENT));
    // A cast to i8 saturates.
    let weights = values.map(|value| (value / scale).round_ties_even() as i8);
    (weights, scale)
}

/// Quantises a tile: `values` is panels × rows, `out` blocks × rows.
#[inline(always)]
pub(super) fn quantize_tile<V: Vector>(values: &[Lanes], rows: usize, out: &mut [ActBlock]) {
    for (values, out) in values.chunks(2 * rows).zip(out.chunks_exact_mut(rows)) {
        let (low, high) = values.split_at(rows);
        for (row, out) in out.iter_mut().enumerate() {
            // The last block may have one panel.
            let high = high.get(row).unwrap_or(&Lanes::ZERO);
            *out = V::quantize(V::load(&low[row]), V::load(high));
        }
    }
}

/// Applies the non-linearity to a tile in place, then quantises it.
#[inline(always)]
pub(super) fn activate_tile<V: Vector>(
    kind: NonLinearity,
    values: &mut [Lanes],
    rows: usize,
    out: &mut [ActBlock],
) {
    match kind {
        NonLinearity::Gelu => map(values, gelu::<V>),
        NonLinearity::GeluTanh => map(values, gelu_tanh::<V>),
        NonLinearity::Relu => map(values, |x: V| x.larger(V::splat(0.0))),
    }
    quantize_tile::<V>(values, rows, out);
}

#[inline(always)]
fn map<V: Vector>(values: &mut [Lanes], function: impl Fn(V) -> V) {
    for lanes in values {
        function(V::load(lanes)).store(lanes);
    }
}

/// The weights of a layer norm over `width` values.
#[derive(Debug)]
pub struct Norm {
    /// The factor of each value; zero past the width.
    pub weight: Vec<Lanes>,
    /// Added to each value; zero past the width.
    pub bias: Vec<Lanes>,
    /// Values of a row.
    pub width: usize,
    /// Added to the variance before the square root.
    pub eps: f32,
}

/// x ← LayerNorm(x + y) for each row of a tile (panels × rows), and its quantised form in `out`
/// (blocks × rows). Mean first, then the variance around it.
#[inline(always)]
pub(super) fn norm_tile<V: Vector>(
    x: &mut [Lanes],
    y: Option<&[Lanes]>,
    norm: &Norm,
    rows: usize,
    out: &mut [ActBlock],
) {
    // Four rows at a time hide the latency of the additions.
    let mut row = 0;
    while row + 4 <= rows {
        norm_rows::<V, 4>(x, y, norm, rows, row);
        row += 4;
    }
    while row < rows {
        norm_rows::<V, 1>(x, y, norm, rows, row);
        row += 1;
    }
    quantize_tile::<V>(x, rows, out);
}

/// Rows `first..first + G` of a tile.
#[inline(always)]
fn norm_rows<V: Vector, const G: usize>(
    x: &mut [Lanes],
    y: Option<&[Lanes]>,
    norm: &Norm,
    rows: usize,
    first: usize,
) {
    let panels = norm.weight.len();
    let width = norm.width as f32;
    // Values of the last panel past the width do not count.
    let mut mask = Lanes([1.0; LANES]);
    if !norm.width.is_multiple_of(LANES) {
        mask.0[norm.width % LANES..].fill(0.0);
    }
    let mut total = [V::splat(0.0); G];
    for panel in 0..panels {
        let at = panel * rows + first;
        let Some(x) = x[at..].first_chunk_mut::<G>() else {
            return;
        };
        let y = y.and_then(|y| y[at..].first_chunk::<G>());
        for g in 0..G {
            let mut value = V::load(&x[g]);
            if let Some(y) = y {
                value = value.add(V::load(&y[g]));
                value.store(&mut x[g]);
            }
            total[g] = total[g].add(value);
        }
    }
    let mean: [V; G] = std::array::from_fn(|g| V::splat(total[g].sum() / width));
    let mut square = [V::splat(0.0); G];
    for panel in 0..panels {
        let Some(x) = x[panel * rows + first..].first_chunk::<G>() else {
            return;
        };
        for g in 0..G {
            let mut value = V::load(&x[g]).sub(mean[g]);
            if panel + 1 == panels {
                value = value.mul(V::load(&mask));
            }
            square[g] = value.mul_add(value, square[g]);
        }
    }
    let inverse: [V; G] =
        std::array::from_fn(|g| V::splat(1.0 / (square[g].sum() / width + norm.eps).sqrt()));
    for (panel, (weight, bias)) in norm.weight.iter().zip(&norm.bias).enumerate() {
        let Some(x) = x[panel * rows + first..].first_chunk_mut::<G>() else {
            return;
        };
        let (weight, bias) = (V::load(weight), V::load(bias));
        for g in 0..G {
            // The padding of the last panel has weight and bias 0 and becomes 0.
            let value = V::load(&x[g]).sub(mean[g]).mul(inverse[g]);
            value.mul_add(weight, bias).store(&mut x[g]);
        }
    }
}

/// Softmax, in powers of two, over the first `keys` scores of each row of a tile (panels × rows),
/// each times `factor` > 0. Quantised into `out` (blocks × rows).
#[inline(always)]
pub(super) fn softmax_tile<V: Vector>(
    scores: &mut [Lanes],
    keys: usize,
    factor: f32,
    rows: usize,
    out: &mut [ActBlock],
) {
    let panels = scores.len() / rows;
    let tail = keys % LANES;
    for row in 0..rows {
        if tail != 0 {
            scores[(panels - 1) * rows + row].0[tail..].fill(f32::MIN);
        }
        let mut top = V::splat(f32::MIN);
        for panel in 0..panels {
            top = V::load(&scores[panel * rows + row]).larger(top);
        }
        let top = V::splat(-factor * top.maximum());
        let mut total = V::splat(0.0);
        for panel in 0..panels {
            let lanes = &mut scores[panel * rows + row];
            let value = exp2(V::load(lanes).mul_add(V::splat(factor), top));
            value.store(lanes);
            total = total.add(value);
        }
        // The lanes past the end hold 2⁻¹²⁶: zero in the sum and after rounding.
        let inverse = V::splat(1.0 / total.sum());
        for (block, out) in out.chunks_exact_mut(rows).enumerate() {
            let part = |panel: usize| match scores.get(panel * rows + row) {
                Some(lanes) => V::load(lanes).mul(inverse),
                None => V::splat(0.0),
            };
            out[row] = V::quantize(part(2 * block), part(2 * block + 1));
        }
    }
}

/// Quantises 32 rows of sixteen columns as a weight block whose inner dimension is the rows. Plain
/// loops, which the compiler turns into the instructions of each variant.
#[inline(always)]
pub(super) fn transpose_block<V: Vector>(rows: &[&Lanes; BLOCK], out: &mut Q8Block) {
    let mut peak = [0.0; LANES];
    for row in rows {
        for (peak, value) in peak.iter_mut().zip(&row.0) {
            *peak = larger(value.abs(), *peak);
        }
    }
    let mut inverse = [0.0; LANES];
    for i in 0..LANES {
        let shift = shift_for(peak[i]);
        inverse[i] = times_power(1.0, -shift);
        out.scales[i] = times_power(1.0, shift);
    }
    for (group, rows) in out.weights.iter_mut().zip(rows.as_chunks::<4>().0) {
        let mut words = [0_u32; LANES];
        for i in 0..LANES {
            let byte = |row: &Lanes| nearest(row.0[i] * inverse[i]) as u32 & 0xff;
            let word =
                byte(rows[0]) | byte(rows[1]) << 8 | byte(rows[2]) << 16 | byte(rows[3]) << 24;
            words[i] = word ^ 0x8080_8080;
        }
        for (bytes, word) in group.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *bytes = word.to_le_bytes();
        }
    }
}

/// Quantises vectors as the columns of a weight block; columns not given stay as they are.
#[inline(always)]
pub(super) fn column_block<V: Vector>(columns: &[[&Lanes; 2]], out: &mut Q8Block) {
    for (column, [low, high]) in columns.iter().take(LANES).enumerate() {
        let values = V::quantize(V::load(low), V::load(high));
        out.set_column(column, &values.q, times_power(1.0, values.shift));
    }
}

/// Quantises vectors.
#[inline(always)]
pub(super) fn quantize_rows<V: Vector>(rows: &[[&Lanes; 2]], out: &mut [ActBlock]) {
    for ([low, high], out) in rows.iter().zip(out) {
        *out = V::quantize(V::load(low), V::load(high));
    }
}
