//! The division of work: rows in tiles, columns in chunks, sequences in groups.

use yiju_kernels::{MAX_ROWS, Pool};

/// About how many tokens one thread runs through all layers at a time. Their activations then
/// stay in its second-level cache, while each weight read from the third serves all of them.
const GROUP_TOKENS: usize = 96;
/// Parts of a layer for each thread, so that a thread that starts late finds work left.
const PARTS_PER_THREAD: usize = 3;

/// Where the parts of a pass run.
#[derive(Clone, Copy)]
pub(super) enum Exec<'a> {
    /// On this thread.
    Alone,
    /// On all threads of the pool.
    Shared(&'a Pool),
}

impl Exec<'_> {
    /// Calls `task` for each item, with its index.
    pub(super) fn for_each<T: Send>(self, items: &mut [T], task: impl Fn(usize, &mut T) + Sync) {
        match self {
            Self::Alone => {
                for (index, item) in items.iter_mut().enumerate() {
                    task(index, item);
                }
            }
            Self::Shared(pool) => pool.for_each(items, task),
        }
    }

    /// How many of `units` columns (panels or blocks) go into one part.
    pub(super) fn chunk(self, units: usize) -> usize {
        match self {
            Self::Alone => units.max(1),
            Self::Shared(pool) => units.div_ceil(pool.threads() * PARTS_PER_THREAD).max(1),
        }
    }
}

/// Rows cut into tiles of nearly one size, at most [`MAX_ROWS`] rows each.
///
/// A buffer with `units` elements for each row is stored tile by tile, in each tile unit by unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tiles {
    rows: usize,
    tile: usize,
}

impl Tiles {
    pub(super) fn new(rows: usize) -> Self {
        let tiles = rows.div_ceil(MAX_ROWS).max(1);
        Self { rows, tile: rows.div_ceil(tiles).max(1) }
    }

    pub(super) fn rows(self) -> usize {
        self.rows
    }

    pub(super) fn count(self) -> usize {
        self.rows.div_ceil(self.tile)
    }

    /// Rows of tile `index`.
    pub(super) fn rows_of(self, index: usize) -> usize {
        self.tile.min(self.rows - index * self.tile)
    }

    /// Tile `index` of a buffer with `units` elements a row.
    pub(super) fn part<T>(self, buffer: &[T], units: usize, index: usize) -> &[T] {
        &buffer[index * self.tile * units..][..self.rows_of(index) * units]
    }

    /// The tiles of a buffer with `units` elements a row.
    pub(super) fn parts_mut<T>(
        self,
        buffer: &mut [T],
        units: usize,
    ) -> std::slice::ChunksMut<'_, T> {
        buffer[..self.rows * units].chunks_mut((self.tile * units).max(1))
    }

    /// The first element of `row`, and how far its next unit is, in a buffer with `units` elements
    /// a row.
    pub(super) fn locate(self, row: usize, units: usize) -> (usize, usize) {
        let index = row / self.tile;
        (index * self.tile * units + row % self.tile, self.rows_of(index))
    }

    /// The tile that `row` is in.
    pub(super) fn index_of(self, row: usize) -> usize {
        row / self.tile
    }

    /// The first row of tile `index`.
    pub(super) fn first_of(self, index: usize) -> usize {
        index * self.tile
    }

    /// Splits a buffer into chunks of `chunk` units: for each chunk, its part of every tile.
    pub(super) fn columns<T>(
        self,
        buffer: &mut [T],
        units: usize,
        chunk: usize,
    ) -> Vec<Vec<&mut [T]>> {
        let mut columns: Vec<Vec<&mut [T]>> =
            (0..units.div_ceil(chunk)).map(|_| Vec::with_capacity(self.count())).collect();
        for (index, part) in self.parts_mut(buffer, units).enumerate() {
            for (column, part) in
                columns.iter_mut().zip(part.chunks_mut(self.rows_of(index) * chunk))
            {
                column.push(part);
            }
        }
        columns
    }
}

/// Puts sequences into groups of about the same number of tokens, the largest first; one
/// thread runs a group through all layers at a time.
pub(super) fn groups(lengths: &[usize], threads: usize) -> Vec<Vec<usize>> {
    let total: usize = lengths.iter().sum();
    // Below one group's worth for each thread, sharing the columns is quicker than waiting for
    // the slowest.
    let count = if total < GROUP_TOKENS * threads {
        1
    } else {
        total.div_ceil(GROUP_TOKENS).next_multiple_of(threads).min(lengths.len())
    };
    // The longest first, each to the group with the fewest tokens.
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(lengths[index]));
    let mut groups = std::collections::BinaryHeap::new();
    groups.extend((0..count).map(|number| std::cmp::Reverse((0_usize, number, Vec::new()))));
    for index in order {
        if let Some(std::cmp::Reverse((tokens, number, mut members))) = groups.pop() {
            members.push(index);
            groups.push(std::cmp::Reverse((tokens + lengths[index], number, members)));
        }
    }
    // Ascending by `Reverse`: the fullest group comes first.
    groups
        .into_sorted_vec()
        .into_iter()
        .map(|std::cmp::Reverse((_, _, members))| members)
        .filter(|members| !members.is_empty())
        .collect()
}
