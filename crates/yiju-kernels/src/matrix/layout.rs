//! How matrices and activations lie in memory.
//!
//! Everything is cut into blocks of 32 along the inner dimension `k`, the block of GGUF's Q4_0,
//! and into panels of 16 output columns. A weight block holds 32 × 16 weights in the order that
//! the dot-product instructions want: groups of four neighbouring `k` for each of 16 columns.
//! Activations are quantised to 8 bits with one scale for each row and block. Rows go in tiles
//! of at most [`MAX_ROWS`]; a tile is stored block by block (or panel by panel), its rows next
//! to each other, so that every part of the columns is contiguous and can go to another thread.

/// Output columns of a panel, and floats of a [`Lanes`].
pub const LANES: usize = 16;
/// Inner-dimension length of a block.
pub const BLOCK: usize = 32;
/// The most rows a tile holds.
pub const MAX_ROWS: usize = 12;
/// The largest exponent, up or down, of an activation's and of a weight's scale; their sum is then
/// always that of a normal float. Values below 2⁻⁶⁰ count as zero.
pub(crate) const MAX_EXPONENT: i32 = 60;
/// Bytes of a Q4_0 block in a file: an f16 scale and 16 bytes of nibbles.
const Q4_0_BYTES: usize = 18;
/// Bytes of a Q8_0 block in a file: an f16 scale and 32 weights.
const Q8_0_BYTES: usize = 34;

/// Sixteen floats: one row of one panel.
#[repr(C, align(64))]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lanes(pub [f32; LANES]);

impl Lanes {
    /// Sixteen zeros.
    pub const ZERO: Self = Self([0.0; LANES]);

    /// Splits `values` into lanes, the last filled up with zeros.
    pub fn from_slice(values: &[f32]) -> Vec<Self> {
        values
            .chunks(LANES)
            .map(|chunk| {
                let mut lanes = Self::ZERO;
                lanes.0[..chunk.len()].copy_from_slice(chunk);
                lanes
            })
            .collect()
    }
}

/// Thirty-two activations of one row, quantised to −127…127.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActBlock {
    pub(crate) q: [i8; BLOCK],
    /// The value of one step is 2ⁿ, n within ±[`MAX_EXPONENT`]; this is n · 2²³, so that adding it
    /// to the bits of a weight's scale multiplies the two, exactly, without the units that the
    /// dot products need.
    pub(crate) shift: i32,
    /// −8 times the sum of `q`. Weights are stored with an offset (8 for four bits, 128 for
    /// eight); starting a sum from the offset's share takes it out again at no cost.
    pub(crate) comp: i32,
}

impl ActBlock {
    /// Zeros, in steps of 1.
    pub const ZERO: Self = Self { q: [0; BLOCK], shift: 0, comp: 0 };

    /// The value of one step.
    #[cfg(test)]
    pub(crate) fn scale(&self) -> f32 {
        times_power(1.0, self.shift)
    }
}

/// `scale` · 2ⁿ, where `shift` is n · 2²³: exact where both are within ±[`MAX_EXPONENT`] binary
/// orders of 1, nonsense elsewhere (zero included).
#[inline(always)]
pub(crate) fn times_power(scale: f32, shift: i32) -> f32 {
    f32::from_bits(scale.to_bits().wrapping_add(shift as u32))
}

/// A block of 32 × 16 four-bit weights. In `nibbles[j]`, byte `4·c + i` holds in its low half the
/// weight of column `c` at `k = 4j + i`, in its high half that at `k = 16 + 4j + i`, plus 8.
#[repr(C, align(64))]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Q4Block {
    pub(crate) scales: [f32; LANES],
    pub(crate) nibbles: [[u8; 64]; 4],
}

impl Q4Block {
    /// Zeros. Scales are 1: `times_power` gives nonsense for a scale of zero.
    const ZERO: Self = Self { scales: [1.0; LANES], nibbles: [[0x88; 64]; 4] };
}

/// A block of 32 × 16 eight-bit weights in −127…127. In `weights[j]`, byte `4·c + i` holds the
/// weight of column `c` at `k = 4j + i`, plus 128.
#[repr(C, align(64))]
#[derive(Debug, Clone, Copy)]
pub struct Q8Block {
    pub(crate) scales: [f32; LANES],
    pub(crate) weights: [[u8; 64]; 8],
}

impl Q8Block {
    /// Zeros. Scales are 1: `times_power` gives nonsense for a scale of zero.
    pub const ZERO: Self = Self { scales: [1.0; LANES], weights: [[128; 64]; 8] };

    /// Puts 32 quantised values into column `column`; `scale` is the value of a step.
    #[inline(always)]
    pub(crate) fn set_column(&mut self, column: usize, values: &[i8; BLOCK], scale: f32) {
        self.scales[column] = scale;
        for (group, quad) in self.weights.iter_mut().zip(values.as_chunks::<4>().0) {
            group[4 * column..4 * column + 4]
                .copy_from_slice(&quad.map(|value| (value as u8) ^ 0x80));
        }
    }
}

/// A weight matrix, `rows()` outputs by `columns()` inputs, in panels.
#[derive(Debug)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    panels: Panels,
}

/// The weights of a [`Matrix`], panel by panel, block by block.
#[derive(Debug)]
pub(crate) enum Panels {
    Four(Vec<Q4Block>),
    Eight(Vec<Q8Block>),
}

impl Matrix {
    /// Repacks Q4_0 blocks (18 bytes for 32 weights, row by row), bit for bit. The parts are
    /// matrices with the same number of columns, stacked; `None` unless each holds whole rows
    /// and `columns` is a multiple of 32.
    pub fn from_q4_0(parts: &[&[u8]], columns: usize) -> Option<Self> {
        let place = |block: &mut Q4Block, lane: usize, scale: f32, source: &[u8; Q4_0_BYTES]| {
            block.scales[lane] = scale;
            for (group, quad) in block.nibbles.iter_mut().zip(source[2..].as_chunks::<4>().0) {
                group[4 * lane..4 * lane + 4].copy_from_slice(quad);
            }
        };
        let (rows, data) = repacked(parts, columns, Q4Block::ZERO, place)?;
        Some(Self { rows, columns, panels: Panels::Four(data) })
    }

    /// The same for Q8_0 blocks (34 bytes for 32 weights); `None` also where one of them is −128, which quantising never
    /// gives and the products cannot take.
    pub fn from_q8_0(parts: &[&[u8]], columns: usize) -> Option<Self> {
        let mut whole = true;
        let place = |block: &mut Q8Block, lane: usize, scale: f32, source: &[u8; Q8_0_BYTES]| {
            block.scales[lane] = scale;
            for (group, quad) in block.weights.iter_mut().zip(source[2..].as_chunks::<4>().0) {
                let quad = quad.map(|weight| weight ^ 0x80);
                whole &= !quad.contains(&0);
                group[4 * lane..4 * lane + 4].copy_from_slice(&quad);
            }
        };
        let (rows, data) = repacked(parts, columns, Q8Block::ZERO, place)?;
        whole.then_some(Self { rows, columns, panels: Panels::Eight(data) })
    }

    /// Quantises rows of `columns` floats to eight bits, one scale for each row and block.
    pub fn from_f32(values: &[f32], columns: usize) -> Self {
        let blocks = columns.div_ceil(BLOCK);
        let rows = values.len().checked_div(columns).unwrap_or(0);
        let mut data = vec![Q8Block::ZERO; rows.div_ceil(LANES) * blocks];
        for (row, values) in values.chunks_exact(columns.max(1)).enumerate() {
            let panel = &mut data[row / LANES * blocks..][..blocks];
            for (block, chunk) in panel.iter_mut().zip(values.chunks(BLOCK)) {
                let mut padded = [0.0; BLOCK];
                padded[..chunk.len()].copy_from_slice(chunk);
                let (weights, scale) = super::lanes::quantize_weights(&padded);
                block.set_column(row % LANES, &weights, scale);
            }
        }
        Self { rows, columns, panels: Panels::Eight(data) }
    }

    /// Outputs.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Inputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Blocks of a panel.
    pub fn block_count(&self) -> usize {
        self.columns.div_ceil(BLOCK)
    }

    /// Panels of 16 outputs; the last may be filled up with zeros.
    pub fn panel_count(&self) -> usize {
        self.rows.div_ceil(LANES)
    }

    pub(crate) fn panels(&self) -> &Panels {
        &self.panels
    }
}

/// Rows and panels of stacked matrices whose rows are blocks of `BYTES` bytes, an f16 scale first; `place` puts one block
/// into its column of a panel's block. `None` as for [`Matrix::from_q4_0`].
fn repacked<B: Copy, const BYTES: usize>(
    parts: &[&[u8]],
    columns: usize,
    zero: B,
    mut place: impl FnMut(&mut B, usize, f32, &[u8; BYTES]),
) -> Option<(usize, Vec<B>)> {
    if columns == 0 || !columns.is_multiple_of(BLOCK) {
        return None;
    }
    let blocks = columns / BLOCK;
    let row_bytes = blocks * BYTES;
    if parts.iter().any(|part| !part.len().is_multiple_of(row_bytes)) {
        return None;
    }
    let rows = parts.iter().map(|part| part.len() / row_bytes).sum::<usize>();
    let mut data = vec![zero; rows.div_ceil(LANES) * blocks];
    let all_rows = parts.iter().flat_map(|part| part.chunks_exact(row_bytes));
    for (row, bytes) in all_rows.enumerate() {
        let panel = &mut data[row / LANES * blocks..][..blocks];
        for (block, source) in panel.iter_mut().zip(bytes.as_chunks::<BYTES>().0) {
            let scale = half::f16::from_le_bytes([source[0], source[1]]).to_f32();
            // The weights of a scale of zero are all zero, as they are in the block already.
            if scale != 0.0 {
                place(block, row % LANES, scale, source);
            }
        }
    }
    Some((rows, data))
}
