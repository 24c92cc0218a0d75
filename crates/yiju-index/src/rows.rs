//! The columns that every vector index is made of: ids, float vectors, codes.
//!
//! A column is either owned or a part of a mapped snapshot; a change to a mapped
//! column copies it first.

use std::ops::{Deref, Range};
use std::sync::Arc;

use yiju_kernels::Mapping;

use crate::Hit;
use crate::quantise::{Quality, Query, encode, stride};
use crate::vector::Best;
use yiju_kernels::{Kernels, prefetch, roomy};

/// A column of plain values.
pub(crate) enum Column<T> {
    Owned(Vec<T>),
    Mapped { map: Arc<Mapping>, bytes: Range<usize> },
}

impl<T: bytemuck::AnyBitPattern> Column<T> {
    /// A view of `bytes` of `map`, or `None` where they do not hold whole, aligned values.
    pub(crate) fn mapped(map: &Arc<Mapping>, bytes: Range<usize>) -> Option<Self> {
        let part = map.get(bytes.clone())?;
        bytemuck::try_cast_slice::<u8, T>(part).ok()?;
        Some(Column::Mapped { map: Arc::clone(map), bytes })
    }

    /// A copy in owned memory, in large pages where the system has them.
    pub(crate) fn brought_near(self) -> Self {
        match self {
            Column::Mapped { .. } => {
                let mut near = roomy(self.len());
                near.extend_from_slice(&self);
                Column::Owned(near)
            }
            owned => owned,
        }
    }

    pub(crate) fn to_mut(&mut self) -> &mut Vec<T> {
        if let Column::Mapped { .. } = self {
            *self = Column::Owned(self.to_vec());
        }
        match self {
            Column::Owned(values) => values,
            Column::Mapped { .. } => unreachable!("made owned above"),
        }
    }
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Column::Owned(Vec::new())
    }
}

impl<T: bytemuck::AnyBitPattern> Deref for Column<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Column::Owned(values) => values,
            // `mapped` has checked that the cast succeeds.
            Column::Mapped { map, bytes } => {
                bytemuck::try_cast_slice(&map[bytes.clone()]).unwrap_or(&[])
            }
        }
    }
}

/// A filter that accepts fewer than one row in this many is applied before scoring.
pub(crate) const RARELY: usize = 50;
/// How many codes ahead a loop over scattered rows prefetches.
const AHEAD: usize = 8;

/// Rows of (id, vector, code), side by side.
pub(crate) struct Rows {
    pub(crate) dimension: usize,
    pub(crate) ids: Column<u64>,
    pub(crate) vectors: Column<f32>,
    pub(crate) codes: Column<u8>,
    pub(crate) quality: Column<Quality>,
}

impl Rows {
    pub(crate) fn new(dimension: usize) -> Self {
        Rows {
            dimension,
            ids: Column::default(),
            vectors: Column::default(),
            codes: Column::default(),
            quality: Column::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn stride(&self) -> usize {
        stride(self.dimension)
    }

    pub(crate) fn vector(&self, row: usize) -> &[f32] {
        &self.vectors[row * self.dimension..(row + 1) * self.dimension]
    }

    pub(crate) fn push(&mut self, id: u64, vector: &[f32]) {
        self.ids.to_mut().push(id);
        self.vectors.to_mut().extend_from_slice(vector);
        let quality = encode(vector, self.codes.to_mut());
        self.quality.to_mut().push(quality);
    }

    /// Appends row `row` of `other`, code and all.
    pub(crate) fn push_row(&mut self, other: &Rows, row: usize) {
        let stride = self.stride();
        self.ids.to_mut().push(other.ids[row]);
        self.vectors.to_mut().extend_from_slice(other.vector(row));
        self.codes.to_mut().extend_from_slice(&other.codes[row * stride..(row + 1) * stride]);
        self.quality.to_mut().push(other.quality[row]);
    }

    /// Makes room for `more` rows.
    pub(crate) fn reserve(&mut self, more: usize) {
        let (dimension, stride) = (self.dimension, self.stride());
        self.ids.to_mut().reserve(more);
        self.vectors.to_mut().reserve(more * dimension);
        match &mut self.codes {
            Column::Owned(codes) if codes.is_empty() => *codes = roomy(more * stride),
            codes => codes.to_mut().reserve(more * stride),
        }
        self.quality.to_mut().reserve(more);
    }

    /// Removes row `row` and moves the last row into its place.
    pub(crate) fn swap_remove(&mut self, row: usize) {
        let (dimension, stride) = (self.dimension, self.stride());
        let last = self.len() - 1;
        self.ids.to_mut().swap_remove(row);
        self.quality.to_mut().swap_remove(row);
        let vectors = self.vectors.to_mut();
        vectors.copy_within(last * dimension.., row * dimension);
        vectors.truncate(last * dimension);
        let codes = self.codes.to_mut();
        codes.copy_within(last * stride.., row * stride);
        codes.truncate(last * stride);
    }

    /// Bytes that searching needs in memory, and all bytes.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        let hot = self.codes.len() + size_of_val(&*self.quality) + size_of_val(&*self.ids);
        (hot, hot + size_of_val(&*self.vectors))
    }

    /// Offers the rows that `accept` lets through to `best`, with their exact scores.
    ///
    /// A first pass over the codes finds `best.k` good rows, whose exact scores give
    /// a floor; then only rows whose code's score plus its error bound reaches the
    /// floor are scored exactly. The outcome equals a scan of the floats.
    pub(crate) fn scan(
        &self,
        query: &Query<'_>,
        best: &mut Best,
        k: usize,
        accept: impl Fn(usize) -> bool,
    ) {
        let kernels = Kernels::get();
        let (stride, n) = (self.stride(), self.len());
        if n == 0 || k == 0 {
            return;
        }
        let (ids, codes, quality, vectors) =
            (&*self.ids, &*self.codes, &*self.quality, &*self.vectors);
        let mut rough = vec![f32::NEG_INFINITY; n];
        let mut first = Best::new(k, n);
        let mut floor = f32::NEG_INFINITY;
        // A large filter costs more than a score, so it is applied once a row's score could
        // matter. Where it accepts hardly any row, the floor stays low and it would be applied
        // to nearly all of them anyway; then it goes first.
        let (mut asked, mut accepted) = (0usize, 0usize);
        for row in 0..n {
            let ask_first = accepted * RARELY < asked;
            let mut ask = || {
                let yes = accept(row);
                asked += 1;
                accepted += usize::from(yes);
                yes
            };
            if ask_first && !ask() {
                continue;
            }
            let score =
                query.close(kernels, &codes[row * stride..(row + 1) * stride], quality[row].scale);
            rough[row] = score;
            if score > floor && (ask_first || ask()) {
                first.offer(Hit { id: row as u64, score });
                floor = first.threshold();
            }
        }
        let exact = |row: usize| {
            kernels.dot(&vectors[row * self.dimension..(row + 1) * self.dimension], query.exact)
        };
        let first = first.into_hits();
        let floor = if first.len() < k {
            f32::NEG_INFINITY
        } else {
            first.iter().map(|hit| exact(hit.id as usize)).fold(f32::INFINITY, f32::min)
        };
        let floor = floor.max(best.threshold());
        for (row, &score) in rough.iter().enumerate() {
            if score > f32::NEG_INFINITY
                && score + query.bound(quality[row].error) >= floor.max(best.threshold())
                && accept(row)
            {
                best.offer(Hit { id: ids[row], score: exact(row) });
            }
        }
    }

    /// Scores `found` by their codes and offers the `most` best of them with their exact
    /// scores.
    pub(crate) fn score_best(
        &self,
        query: &Query<'_>,
        best: &mut Best,
        found: &[u32],
        most: usize,
    ) {
        let kernels = Kernels::get();
        let stride = self.stride();
        let (codes, quality) = (&*self.codes, &*self.quality);
        let code = |row: u32| &codes[row as usize * stride..][..stride];
        // The codes are scattered, so they are prefetched.
        for &row in found.iter().take(AHEAD) {
            prefetch(code(row));
        }
        let mut scored = Vec::with_capacity(found.len());
        for (i, &row) in found.iter().enumerate() {
            if let Some(&row) = found.get(i + AHEAD) {
                prefetch(code(row));
            }
            let score = query.close(kernels, code(row), quality[row as usize].scale);
            scored.push((score, row));
        }
        let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if scored.len() > most && most > 0 {
            scored.select_nth_unstable_by(most - 1, order);
            scored.truncate(most);
        }
        let rows = scored.into_iter().map(|(_, row)| row as usize);
        self.score_rows(query, best, rows);
    }

    /// Offers the given rows with their exact scores.
    pub(crate) fn score_rows(
        &self,
        query: &Query<'_>,
        best: &mut Best,
        rows: impl Iterator<Item = usize>,
    ) {
        let kernels = Kernels::get();
        for row in rows {
            best.offer(Hit {
                id: self.ids[row],
                score: kernels.dot(self.vector(row), query.exact),
            });
        }
    }
}
