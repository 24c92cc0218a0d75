//! Self-attention, head by head, in the same 8-bit arithmetic as the matrices.
//!
//! Keys become the columns of weight blocks whose inner dimension is the head's width, values
//! those of blocks whose inner dimension is the keys; queries and probabilities are quantised as
//! activations are. Scores and the softmax are f32. A tile's scores against all keys stay in the
//! first-level cache.

use std::f32::consts::LOG2_E;

use yiju_kernels::{ActBlock, BLOCK, Kernels, LANES, Lanes, MAX_ROWS, Q8Block};

use super::plan::Tiles;

/// How the hidden width is divided into heads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    hidden: usize,
    count: usize,
    width: usize,
    /// Heads of one task: as many as fill whole blocks of the result.
    per_group: usize,
}

/// The buffers of one task.
#[derive(Default)]
struct Buffers {
    places: Vec<Place>,
    keys: Vec<Q8Block>,
    values: Vec<Q8Block>,
    queries: Vec<ActBlock>,
    scores: Vec<Lanes>,
    probabilities: Vec<ActBlock>,
    /// The group's result, blocks of two lanes for each row.
    context: Vec<[Lanes; 2]>,
}

/// Where a row's numbers lie.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The row's tile, and its number there.
    tile: usize,
    row: usize,
    /// Rows of the tile.
    stride: usize,
    /// The row's first lanes in the buffer of queries, keys and values.
    start: usize,
}

/// The rows of one sequence in the buffer of queries, keys and values.
#[derive(Clone, Copy)]
struct Rows<'a> {
    qkv: &'a [Lanes],
    places: &'a [Place],
}

impl<'a> Rows<'a> {
    fn count(self) -> usize {
        self.places.len()
    }

    /// Numbers `column..column + length` of a row, up to sixteen. Where they are a panel they stay
    /// where they are, else they are put together in `spare`.
    #[inline]
    fn lanes<'b>(self, row: usize, column: usize, length: usize, spare: &'b mut Lanes) -> &'b Lanes
    where
        'a: 'b,
    {
        let Place { start, stride, .. } = self.places[row];
        if column.is_multiple_of(LANES) && length == LANES {
            return &self.qkv[start + column / LANES * stride];
        }
        *spare = Lanes::ZERO;
        for (column, value) in (column..column + length).zip(&mut spare.0) {
            *value = self.qkv[start + column / LANES * stride].0[column % LANES];
        }
        spare
    }

    /// Block `block` of a head's vector that begins at `column` and is `width` long.
    #[inline]
    fn block<'b>(
        self,
        row: usize,
        column: usize,
        width: usize,
        block: usize,
        [low, high]: &'b mut [Lanes; 2],
    ) -> [&'b Lanes; 2]
    where
        'a: 'b,
    {
        let length = (width - block * BLOCK).min(BLOCK);
        let column = column + block * BLOCK;
        let low = self.lanes(row, column, length.min(LANES), low);
        let rest = length.saturating_sub(LANES);
        [low, self.lanes(row, column + LANES, rest, high)]
    }
}

impl Heads {
    pub(super) fn new(hidden: usize, count: usize) -> Self {
        let width = hidden / count;
        // The fewest heads that make whole blocks: 32 / gcd(32, width).
        let per_group = BLOCK >> width.trailing_zeros().min(BLOCK.trailing_zeros());
        Self { hidden, count, width, per_group }
    }

    /// Blocks of the result that one task computes.
    pub(super) fn blocks_per_group(self) -> usize {
        self.per_group * self.width / BLOCK
    }

    /// Attention of group `group` of heads over every sequence; the quantised result goes to the
    /// group's part of each tile in `out`.
    pub(super) fn attend(
        self,
        kernels: Kernels,
        sequences: &[&[u32]],
        tiles: Tiles,
        qkv: &[Lanes],
        group: usize,
        out: &mut [&mut [ActBlock]],
    ) {
        let mut buffers = Buffers::default();
        let heads = group * self.per_group..self.count.min((group + 1) * self.per_group);
        let group_blocks = (heads.len() * self.width).div_ceil(BLOCK);
        let panels = (3 * self.hidden).div_ceil(LANES);
        let mut start = 0;
        for sequence in sequences {
            let mut places = std::mem::take(&mut buffers.places);
            places.clear();
            places.extend((start..start + sequence.len()).map(|row| {
                let tile = tiles.index_of(row);
                let (start, stride) = tiles.locate(row, panels);
                let row = row - tiles.first_of(tile);
                Place { tile, row, stride, start }
            }));
            start += sequence.len();
            let rows = Rows { qkv, places: &places };
            buffers.context.resize(rows.count() * group_blocks, [Lanes::ZERO; 2]);
            if !(heads.len() * self.width).is_multiple_of(BLOCK) {
                // The padding of the last block must be zero.
                buffers.context.fill([Lanes::ZERO; 2]);
            }
            for (number, head) in heads.clone().enumerate() {
                let offset = number * self.width;
                self.head(kernels, rows, head, offset, group_blocks, &mut buffers);
            }
            for (place, context) in places.iter().zip(buffers.context.chunks_exact(group_blocks)) {
                let part = &mut out[place.tile];
                for (block, [low, high]) in context.iter().enumerate() {
                    let to = &mut part[block * place.stride + place.row];
                    kernels.quantize_rows(&[[low, high]], std::slice::from_mut(to));
                }
            }
            buffers.places = places;
        }
    }

    /// One head over one sequence: adds its result to `context` from `offset` on.
    fn head(
        self,
        kernels: Kernels,
        rows: Rows<'_>,
        head: usize,
        offset: usize,
        group_blocks: usize,
        buffers: &mut Buffers,
    ) {
        let width = self.width;
        let column = head * width;
        let blocks = width.div_ceil(BLOCK);
        let count = rows.count();
        self.pack_keys(kernels, rows, column + self.hidden, &mut buffers.keys);
        self.pack_values(kernels, rows, column + 2 * self.hidden, &mut buffers.values);
        let key_panels = count.div_ceil(LANES);
        let key_blocks = count.div_ceil(BLOCK);
        let factor = LOG2_E / (width as f32).sqrt();
        let mut result = [Lanes::ZERO; MAX_ROWS];
        // Nearly equal sizes, as for all tiles.
        let tile = Tiles::new(count).rows_of(0);
        for first in (0..count).step_by(tile) {
            let size = tile.min(count - first);
            buffers.queries.resize(blocks * size, ActBlock::ZERO);
            for (block, out) in buffers.queries.chunks_exact_mut(size).enumerate() {
                let mut spare = [[Lanes::ZERO; 2]; MAX_ROWS];
                let mut queries = [[&Lanes::ZERO; 2]; MAX_ROWS];
                let places = queries.iter_mut().zip(&mut spare).zip(first..first + size);
                for ((query, spare), row) in places {
                    *query = rows.block(row, column, width, block, spare);
                }
                kernels.quantize_rows(&queries[..size], out);
            }
            buffers.scores.resize(key_panels * size, Lanes::ZERO);
            let panels = buffers.keys.chunks_exact(blocks);
            for (keys, out) in panels.zip(buffers.scores.chunks_exact_mut(size)) {
                kernels.eight(size, &buffers.queries, keys, &Lanes::ZERO, out);
            }
            buffers.probabilities.resize(key_blocks * size, ActBlock::ZERO);
            kernels.softmax_tile(
                &mut buffers.scores,
                count,
                factor,
                size,
                &mut buffers.probabilities,
            );
            for (panel, values) in buffers.values.chunks_exact(key_blocks).enumerate() {
                let result = &mut result[..size];
                kernels.eight(size, &buffers.probabilities, values, &Lanes::ZERO, result);
                let at = offset + panel * LANES;
                let length = LANES.min(width - panel * LANES);
                let contexts =
                    buffers.context[first * group_blocks..].chunks_exact_mut(group_blocks);
                for (context, lanes) in contexts.zip(&*result) {
                    let context = context.as_flattened_mut();
                    if at.is_multiple_of(LANES) && length == LANES {
                        context[at / LANES] = *lanes;
                    } else {
                        for (column, value) in (at..at + length).zip(lanes.0) {
                            context[column / LANES].0[column % LANES] = value;
                        }
                    }
                }
            }
        }
    }

    /// Keys as columns: panels of 16 keys × blocks of the head's width.
    fn pack_keys(self, kernels: Kernels, rows: Rows<'_>, column: usize, out: &mut Vec<Q8Block>) {
        let blocks = self.width.div_ceil(BLOCK);
        out.resize(rows.count().div_ceil(LANES) * blocks, Q8Block::ZERO);
        for (panel, out) in out.chunks_exact_mut(blocks).enumerate() {
            let first = panel * LANES;
            let size = LANES.min(rows.count() - first);
            if size < LANES {
                // Columns that are not set hold an earlier sequence's keys.
                out.fill(Q8Block::ZERO);
            }
            for (block, out) in out.iter_mut().enumerate() {
                let mut spare = [[Lanes::ZERO; 2]; LANES];
                let mut keys = [[&Lanes::ZERO; 2]; LANES];
                let places = keys.iter_mut().zip(&mut spare).zip(first..first + size);
                for ((key, spare), row) in places {
                    *key = rows.block(row, column, self.width, block, spare);
                }
                kernels.column_block(&keys[..size], out);
            }
        }
    }

    /// Values as columns: panels of 16 of the head's numbers × blocks of 32 keys.
    fn pack_values(self, kernels: Kernels, rows: Rows<'_>, column: usize, out: &mut Vec<Q8Block>) {
        let blocks = rows.count().div_ceil(BLOCK);
        out.resize(self.width.div_ceil(LANES) * blocks, Q8Block::ZERO);
        for (panel, out) in out.chunks_exact_mut(blocks).enumerate() {
            let length = LANES.min(self.width - panel * LANES);
            for (block, out) in out.iter_mut().enumerate() {
                let first = block * BLOCK;
                let end = rows.count().min(first + BLOCK);
                let mut spare = [Lanes::ZERO; BLOCK];
                let mut values = [&Lanes::ZERO; BLOCK];
                for ((value, spare), row) in values.iter_mut().zip(&mut spare).zip(first..end) {
                    *value = rows.lanes(row, column + panel * LANES, length, spare);
                }
                kernels.transpose_block(&values, out);
            }
        }
    }
}
