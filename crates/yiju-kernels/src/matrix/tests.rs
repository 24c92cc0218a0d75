//! Every variant that this processor has against the portable one, and that one against plain
//! arithmetic in f64.

use proptest::prelude::*;

use super::*;

fn variants() -> Vec<Kernels> {
    Variant::ALL.into_iter().filter(|variant| variant.is_available()).map(Kernels::new).collect()
}

/// A fused multiply-add in one variant and none in the other leave this much, relative to the
/// size of what is added up.
const TOLERANCE: f32 = 2e-6;

fn assert_close(found: f32, expected: f32, size: f32, what: &str) {
    assert!(
        (found - expected).abs() <= TOLERANCE * size.max(1e-3),
        "{what}: {found} instead of {expected}"
    );
}

/// Values of mixed size, with zeros and outliers among them.
fn floats(count: usize) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(
        prop_oneof![
            8 => -3.0_f32..3.0,
            1 => Just(0.0),
            1 => -200.0_f32..200.0,
        ],
        count,
    )
}

/// Rows × columns numbers as a tile: panels × rows.
fn tile(values: &[f32], rows: usize) -> Vec<Lanes> {
    let columns = values.len() / rows;
    let panels = columns.div_ceil(LANES);
    let mut tile = vec![Lanes::ZERO; panels * rows];
    for (row, values) in values.chunks_exact(columns).enumerate() {
        for (panel, lanes) in Lanes::from_slice(values).into_iter().enumerate() {
            tile[panel * rows + row] = lanes;
        }
    }
    tile
}

fn quantized(values: &[f32], rows: usize) -> Vec<ActBlock> {
    let tile = tile(values, rows);
    let blocks = (tile.len() / rows).div_ceil(2);
    let mut out = vec![ActBlock::ZERO; blocks * rows];
    Kernels::new(Variant::Portable).quantize_tile(&tile, rows, &mut out);
    out
}

/// What Q4_0 stores: (bytes, weights).
fn four_bits(nibbles: &[u8], scales: &[f32]) -> (Vec<u8>, Vec<f64>) {
    let mut bytes = Vec::new();
    let mut weights = Vec::new();
    for (block, scale) in nibbles.chunks_exact(32).zip(scales) {
        let scale = half::f16::from_f32(*scale);
        bytes.extend(scale.to_le_bytes());
        bytes.extend((0..16).map(|j| block[j] | block[j + 16] << 4));
        weights.extend(block.iter().map(|n| (f64::from(*n) - 8.0) * scale.to_f64()));
    }
    (bytes, weights)
}

/// What Q8_0 stores: (bytes, weights).
fn eight_bits(steps: &[i8], scales: &[f32]) -> (Vec<u8>, Vec<f64>) {
    let mut bytes = Vec::new();
    let mut weights = Vec::new();
    for (block, scale) in steps.chunks_exact(32).zip(scales) {
        let scale = half::f16::from_f32(*scale);
        bytes.extend(scale.to_le_bytes());
        bytes.extend(block.iter().map(|step| *step as u8));
        weights.extend(block.iter().map(|step| f64::from(*step) * scale.to_f64()));
    }
    (bytes, weights)
}

fn dequantized(acts: &[ActBlock], rows: usize, row: usize) -> Vec<f64> {
    acts.chunks_exact(rows)
        .flat_map(|block| {
            let block = block[row];
            block.q.map(|q| f64::from(q) * f64::from(block.scale()))
        })
        .collect()
}

/// All panels of a matrix: rows × outputs.
fn product(
    kernels: Kernels,
    acts: &[ActBlock],
    rows: usize,
    matrix: &Matrix,
    bias: &[Lanes],
) -> Vec<Lanes> {
    let mut out = vec![Lanes::ZERO; matrix.panel_count() * rows];
    for (panel, out) in out.chunks_exact_mut(rows).enumerate() {
        kernels.panel(rows, acts, matrix, panel, &bias[panel], out);
    }
    out
}

/// Checks a product of every variant against `weights` (outputs × inputs) in f64.
fn check_product(matrix: &Matrix, weights: &[f64], values: &[f32], bias: &[f32], rows: usize) {
    let columns = matrix.columns();
    let acts = quantized(values, rows);
    let bias_lanes = Lanes::from_slice(bias);
    let fused: Vec<_> = variants()
        .into_iter()
        .map(|kernels| (kernels, product(kernels, &acts, rows, matrix, &bias_lanes)))
        .collect();
    for (kernels, out) in &fused {
        for row in 0..rows {
            let x = dequantized(&acts, rows, row);
            for output in 0..matrix.rows() {
                let terms = weights[output * columns..][..columns].iter().zip(&x);
                let expected: f64 =
                    f64::from(bias[output]) + terms.clone().map(|(w, x)| w * x).sum::<f64>();
                let size: f64 =
                    terms.map(|(w, x)| (w * x).abs()).sum::<f64>() + f64::from(bias[output].abs());
                let found = out[output / LANES * rows + row].0[output % LANES];
                let what = format!("{:?}, row {row}, output {output}", kernels.variant());
                assert_close(found, expected as f32, size as f32, &what);
            }
        }
    }
    let mut vector = fused.iter().filter(|(kernels, _)| kernels.variant() != Variant::Portable);
    if let Some((_, first)) = vector.next() {
        for (kernels, out) in vector {
            assert_eq!(out, first, "{:?} differs in its bits", kernels.variant());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn four_bit_products_agree(
        (rows, outputs, blocks, nibbles, scales, values, bias) in (1..=MAX_ROWS, 1_usize..50, 1_usize..7)
            .prop_flat_map(|(rows, outputs, blocks)| (
                Just(rows), Just(outputs), Just(blocks),
                prop::collection::vec(0_u8..16, outputs * blocks * 32),
                prop::collection::vec(-0.1_f32..0.1, outputs * blocks),
                floats(rows * blocks * 32), floats(outputs),
            ))
    ) {
        let (bytes, weights) = four_bits(&nibbles, &scales);
        let matrix = Matrix::from_q4_0(&[&bytes], blocks * 32).unwrap();
        prop_assert_eq!((matrix.rows(), matrix.columns()), (outputs, blocks * 32));
        check_product(&matrix, &weights, &values, &bias, rows);
    }

    #[test]
    fn products_of_eight_bits_from_a_file_agree(
        (rows, outputs, blocks, steps, scales, values, bias) in (1..=MAX_ROWS, 1_usize..50, 1_usize..7)
            .prop_flat_map(|(rows, outputs, blocks)| (
                Just(rows), Just(outputs), Just(blocks),
                prop::collection::vec(-127_i8..=127, outputs * blocks * 32),
                prop::collection::vec(0_f32..0.01, outputs * blocks),
                floats(rows * blocks * 32), floats(outputs),
            ))
    ) {
        let (bytes, weights) = eight_bits(&steps, &scales);
        let matrix = Matrix::from_q8_0(&[&bytes], blocks * 32).unwrap();
        prop_assert_eq!((matrix.rows(), matrix.columns()), (outputs, blocks * 32));
        check_product(&matrix, &weights, &values, &bias, rows);
    }

    #[test]
    fn eight_bit_products_agree(
        (rows, columns, weights, values, bias) in (1..=MAX_ROWS, 1_usize..50, 1_usize..100)
            .prop_flat_map(|(rows, outputs, columns)| (
                Just(rows), Just(columns), floats(outputs * columns),
                floats(rows * columns), floats(outputs),
            ))
    ) {
        let matrix = Matrix::from_f32(&weights, columns);
        // The same rounding as the matrix has: one scale for 32 inputs.
        let rounded: Vec<f64> = weights
            .chunks_exact(columns)
            .flat_map(|row| row.chunks(BLOCK).flat_map(|chunk| {
                let mut padded = [0.0; BLOCK];
                padded[..chunk.len()].copy_from_slice(chunk);
                let (weights, scale) = lanes::quantize_weights(&padded);
                let exact = weights.map(|weight| f64::from(weight) * f64::from(scale));
                exact.into_iter().take(chunk.len())
            }))
            .collect();
        for (rounded, weight) in rounded.iter().zip(&weights) {
            prop_assert!((rounded - f64::from(*weight)).abs() <= 200.0 / 254.0 + 1e-6);
        }
        check_product(&matrix, &rounded, &values, &bias, rows);
    }

    #[test]
    fn quantising_keeps_every_value_within_half_a_step(
        (rows, values) in (1..=MAX_ROWS, 1_usize..100)
            .prop_flat_map(|(rows, columns)| (Just(rows), floats(rows * columns)))
    ) {
        let columns = values.len() / rows;
        let expected = quantized(&values, rows);
        for kernels in variants() {
            let tile = tile(&values, rows);
            let mut out = vec![ActBlock::ZERO; expected.len()];
            kernels.quantize_tile(&tile, rows, &mut out);
            prop_assert_eq!(&out, &expected, "{:?}", kernels.variant());
        }
        for row in 0..rows {
            let back = dequantized(&expected, rows, row);
            for (column, value) in values[row * columns..][..columns].iter().enumerate() {
                let step = f64::from(expected[column / BLOCK * rows + row].scale());
                prop_assert!((back[column] - f64::from(*value)).abs() <= 0.5001 * step);
            }
        }
        for block in &expected {
            let sum: i32 = block.q.iter().map(|q| i32::from(*q)).sum();
            prop_assert_eq!(block.comp, -8 * sum);
        }
    }

    #[test]
    fn layer_norm_agrees(
        (rows, x, y, weight, bias) in (1..=MAX_ROWS, 2_usize..100)
            .prop_flat_map(|(rows, width)| (
                Just(rows), floats(rows * width), floats(rows * width), floats(width), floats(width),
            ))
    ) {
        let width = weight.len();
        let norm = Norm {
            weight: Lanes::from_slice(&weight),
            bias: Lanes::from_slice(&bias),
            width,
            eps: 1e-5,
        };
        for kernels in variants() {
            let mut out = tile(&x, rows);
            let mut acts = vec![ActBlock::ZERO; width.div_ceil(BLOCK) * rows];
            kernels.norm_tile(&mut out, Some(&tile(&y, rows)), &norm, rows, &mut acts);
            for row in 0..rows {
                let sums: Vec<f64> = (0..width)
                    .map(|i| f64::from(x[row * width + i] + y[row * width + i]))
                    .collect();
                let mean = sums.iter().sum::<f64>() / width as f64;
                let variance = sums.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / width as f64;
                let scale = (variance + 1e-5).sqrt();
                for i in 0..width {
                    let expected = (sums[i] - mean) / scale * f64::from(weight[i]) + f64::from(bias[i]);
                    // The mean is exact to the largest value's last place only.
                    let top = sums.iter().fold(0.0_f64, |top, v| top.max(v.abs()));
                    let size = (top / scale).max(1.0) * f64::from(weight[i].abs()) + f64::from(bias[i].abs());
                    let found = out[i / LANES * rows + row].0[i % LANES];
                    assert_close(found, expected as f32, size as f32, &format!("{:?}", kernels.variant()));
                }
                let padding = (width..width.div_ceil(LANES) * LANES).all(|i| out[i / LANES * rows + row].0[i % LANES] == 0.0);
                prop_assert!(padding, "what fills the last panel must stay zero");
            }
            let mut again = vec![ActBlock::ZERO; acts.len()];
            kernels.quantize_tile(&out, rows, &mut again);
            prop_assert_eq!(acts, again);
        }
    }

    #[test]
    fn softmax_agrees_and_sums_to_one(
        (rows, scores, factor) in (1..=MAX_ROWS, 1_usize..100)
            .prop_flat_map(|(rows, keys)| (Just(rows), floats(rows * keys), 0.05_f32..2.0))
    ) {
        let keys = scores.len() / rows;
        for kernels in variants() {
            let mut work = tile(&scores, rows);
            let mut out = vec![ActBlock::ZERO; keys.div_ceil(BLOCK) * rows];
            kernels.softmax_tile(&mut work, keys, factor, rows, &mut out);
            for row in 0..rows {
                let scores = &scores[row * keys..][..keys];
                let top = scores.iter().fold(f32::MIN, |top, s| top.max(*s));
                let powers: Vec<f64> = scores
                    .iter()
                    .map(|s| (f64::from(factor) * (f64::from(*s) - f64::from(top))).exp2())
                    .collect();
                let total: f64 = powers.iter().sum();
                let found = dequantized(&out, rows, row);
                for (key, power) in powers.iter().enumerate() {
                    let step = f64::from(out[key / BLOCK * rows + row].scale());
                    prop_assert!((found[key] - power / total).abs() <= 0.51 * step + 1e-6);
                }
                prop_assert!(found[keys..].iter().all(|p| *p == 0.0), "past the last key");
            }
        }
    }

    #[test]
    fn packing_rows_and_columns_gives_the_same_block(values in floats(512), given in 0..=LANES) {
        let mut rows = [Lanes::ZERO; BLOCK];
        let mut columns = [[Lanes::ZERO; 2]; LANES];
        for (column, values) in values.chunks_exact(BLOCK).take(given).enumerate() {
            for (row, value) in values.iter().enumerate() {
                rows[row].0[column] = *value;
                columns[column][row / LANES].0[row % LANES] = *value;
            }
        }
        let columns: Vec<[&Lanes; 2]> = columns.iter().map(|[a, b]| [a, b]).collect();
        let rows: [&Lanes; BLOCK] = std::array::from_fn(|row| &rows[row]);
        let mut expected = Q8Block::ZERO;
        Kernels::new(Variant::Portable).column_block(&columns, &mut expected);
        for kernels in variants() {
            let (mut a, mut b) = (Q8Block::ZERO, Q8Block::ZERO);
            kernels.column_block(&columns, &mut a);
            kernels.transpose_block(&rows, &mut b);
            for block in [a, b] {
                prop_assert_eq!(block.weights, expected.weights, "{:?}", kernels.variant());
                prop_assert_eq!(block.scales, expected.scales, "{:?}", kernels.variant());
            }
            // A block whose columns are not all set gives nothing there, not NaN.
            let act = ActBlock { q: [1; BLOCK], shift: -1 << 23, comp: -8 * 32 };
            let mut part = Q8Block::ZERO;
            kernels.column_block(&columns[..given], &mut part);
            let mut out = [Lanes::ZERO];
            kernels.eight(1, &[act], &[part], &Lanes::ZERO, &mut out);
            prop_assert!(out[0].0[given..].iter().all(|value| *value == 0.0));
        }
    }

    #[test]
    fn vectors_quantised_one_by_one_are_those_of_a_tile(
        (rows, values) in (1..=MAX_ROWS).prop_flat_map(|rows| (Just(rows), floats(rows * BLOCK)))
    ) {
        let expected = quantized(&values, rows);
        let tile = tile(&values, rows);
        let pairs: Vec<[&Lanes; 2]> = (0..rows).map(|row| [&tile[row], &tile[rows + row]]).collect();
        for kernels in variants() {
            let mut out = vec![ActBlock::ZERO; rows];
            kernels.quantize_rows(&pairs, &mut out);
            prop_assert_eq!(&out, &expected, "{:?}", kernels.variant());
        }
    }
}

/// Steps are powers of two within 2⁻⁶⁰ and 2⁶⁰, whatever the values, and their products with the
/// smallest and largest weights are numbers, or infinite where the exact ones are too large.
#[test]
fn scales_stay_within_their_bounds() {
    let sizes = [0.0, f32::MIN_POSITIVE, 1e-30, 1e-15, 1.0, 127.0, 127.1, 1e15, 1e30, f32::MAX];
    for kernels in variants() {
        for size in sizes {
            let mut acts = [ActBlock::ZERO];
            kernels.quantize_tile(&[Lanes([size; LANES]); 2], 1, &mut acts);
            let step = acts[0].scale();
            let range = 2.0_f32.powi(-60)..=2.0_f32.powi(60);
            assert_eq!(step.to_bits() & 0x7f_ffff, 0, "{size} has the step {step}");
            assert!(range.contains(&step), "{size} has the step {step}");
            let plain = (1e-16..1e16).contains(&size);
            if plain {
                let found = f32::from(acts[0].q[0]) * step;
                assert!((found - size).abs() <= step / 2.0, "{size}: {found}");
                assert!(acts[0].q[0] >= 63, "{size} has the step {step}");
            }
            for weight in [0.0, 1e-30, 1e-14, 1.0, 1e14, 1e30] {
                let matrix = Matrix::from_f32(&[weight; BLOCK], BLOCK);
                let mut out = [Lanes::ZERO];
                kernels.panel(1, &acts, &matrix, 0, &Lanes::ZERO, &mut out);
                let found = out[0].0[0];
                assert!(!found.is_nan(), "{size} by {weight}");
                if plain && (1e-15..1e15).contains(&weight) {
                    let share = found / (size * weight * 32.0);
                    assert!((0.98..1.02).contains(&share), "{size} by {weight}: {found}");
                }
            }
        }
    }
}

/// The error function to 1·10⁻¹⁵: its series up to 3, its continued fraction beyond
/// (Abramowitz and Stegun, 7.1.5 and 7.1.14).
fn erf(x: f64) -> f64 {
    let z = x.abs();
    let value = if z < 3.0 {
        let (mut term, mut sum) = (z, z);
        for n in 1..200 {
            let n = f64::from(n);
            term *= -z * z / n;
            sum += term / (2.0 * n + 1.0);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    } else {
        let fraction = (1..=80).rev().fold(z, |tail, n| z + f64::from(n) / 2.0 / tail);
        1.0 - (-z * z).exp() / (fraction * std::f64::consts::PI.sqrt())
    };
    value.copysign(x)
}

#[test]
fn non_linearities_are_as_exact_as_stated() {
    assert!((erf(0.5) - 0.520_499_877_813_046_5).abs() < 1e-14);
    assert!((erf(3.5) - 0.999_999_256_901_627_7).abs() < 1e-14);
    // The function, its exact form and the bound of the error.
    type Case<'a> = (NonLinearity, &'a dyn Fn(f64) -> f64, f64);
    let values: Vec<f32> = (-40_000..40_000).map(|i| i as f32 * 0.000_5).collect();
    let tanh = |x: f64| {
        0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x)).tanh())
    };
    let gelu = |x: f64| 0.5 * x * (1.0 + erf(x / std::f64::consts::SQRT_2));
    let relu = |x: f64| x.max(0.0);
    let cases: [Case; 3] = [
        (NonLinearity::Gelu, &gelu, 5e-6),
        (NonLinearity::GeluTanh, &tanh, 5e-6),
        (NonLinearity::Relu, &relu, 0.0),
    ];
    for kernels in variants() {
        for (kind, exact, bound) in cases {
            let mut work = Lanes::from_slice(&values);
            let mut out = vec![ActBlock::ZERO; work.len().div_ceil(2)];
            kernels.activate_tile(kind, &mut work, 1, &mut out);
            let found = work.iter().flat_map(|lanes| lanes.0);
            for (x, found) in values.iter().zip(found) {
                let expected = exact(f64::from(*x));
                assert!(
                    (f64::from(found) - expected).abs() <= bound,
                    "{:?} {kind:?}({x}) = {found}, not {expected}",
                    kernels.variant()
                );
            }
        }
    }
}

#[test]
fn extremes_of_four_and_eight_bits_do_not_saturate() {
    for rows in 1..=MAX_ROWS {
        for sign in [1.0, -1.0] {
            let values = vec![sign; rows * 96];
            for nibble in [0_u8, 15] {
                let (bytes, weights) = four_bits(&[nibble; 17 * 96], &[1.0; 17 * 3]);
                let matrix = Matrix::from_q4_0(&[&bytes], 96).unwrap();
                check_product(&matrix, &weights, &values, &[0.0; 17], rows);
            }
            let weights = vec![-sign; 17 * 96];
            let exact: Vec<f64> = weights.iter().map(|w| f64::from(*w)).collect();
            check_product(&Matrix::from_f32(&weights, 96), &exact, &values, &[0.0; 17], rows);
        }
    }
}

#[test]
fn values_that_are_not_numbers_do_no_harm() {
    for kernels in variants() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
            let mut x = vec![Lanes([bad; LANES]); 4];
            let mut acts = vec![ActBlock::ZERO; 2];
            kernels.quantize_tile(&x, 2, &mut acts);
            kernels.activate_tile(NonLinearity::Gelu, &mut x, 2, &mut acts);
            kernels.softmax_tile(&mut x, 20, 0.5, 2, &mut acts);
            let norm = Norm {
                weight: vec![Lanes::ZERO; 2],
                bias: vec![Lanes::ZERO; 2],
                width: 20,
                eps: 0.0,
            };
            kernels.norm_tile(&mut x, None, &norm, 2, &mut acts);
        }
    }
}

#[test]
fn matrices_of_odd_shapes_are_refused_or_empty() {
    assert!(Matrix::from_q4_0(&[&[0; 18]], 31).is_none());
    assert!(Matrix::from_q4_0(&[&[0; 17]], 32).is_none());
    assert!(Matrix::from_q4_0(&[&[0; 18]], 0).is_none());
    assert!(Matrix::from_q8_0(&[&[0; 33]], 32).is_none());
    let (mut bytes, _) = eight_bits(&[1; 32], &[1.0]);
    assert!(Matrix::from_q8_0(&[&bytes], 32).is_some());
    bytes[5] = -128_i8 as u8;
    assert!(Matrix::from_q8_0(&[&bytes], 32).is_none());
    let empty = Matrix::from_q4_0(&[], 32).unwrap();
    assert_eq!((empty.rows(), empty.panel_count()), (0, 0));
    assert_eq!(Matrix::from_f32(&[], 5).panel_count(), 0);
}
