//! The index that the engine uses: an exact scan while the library is small, the
//! graph once scanning would be slower, rebuilt in the background as it ages.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::hnsw::{HnswIndex, Rebuilt};
use crate::{Filter, Hit, IndexError, SnapshotError, VectorIndex, snapshot};

/// Up to this many entries an exact scan is used.
///
/// Measured with 384 dimensions: a scan takes about 18 ns an entry and a walk of the graph
/// 40 to 140 µs, so by time alone they meet near 3,000 entries. Up to 20,000, though, the
/// scan stays below half a millisecond, a small part of what embedding the question takes,
/// and it is exact, deterministic and needs no building. Above, its time and its share of
/// the memory bandwidth begin to matter.
pub const SWITCH_POINT: usize = 20_000;

/// The index is rebuilt when more than this share of the graph's points is dead.
const MOST_DEAD: f32 = 0.2;

/// Vectors by exact scan below [`SWITCH_POINT`] and by graph above it.
///
/// Growing past the switch point, too many removed points or a large part that is
/// not in the graph yet start a rebuild on another thread. Searches go on meanwhile
/// with the same results; the first change after the rebuild's end (or
/// [`AdaptiveIndex::settle`]) puts it in place.
pub struct AdaptiveIndex {
    index: HnswIndex,
    switch_point: usize,
    threads: usize,
    running: Option<Running>,
    /// The number of entries at which a rebuild failed; the next is tried well above.
    failed_at: Option<usize>,
    /// Whether rebuilds wait for [`AdaptiveIndex::settle`].
    held: bool,
}

struct Running {
    cancel: Arc<AtomicBool>,
    thread: JoinHandle<Result<Option<Rebuilt>, IndexError>>,
}

impl Drop for AdaptiveIndex {
    /// Lets a running rebuild stop early; nobody waits for it.
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.cancel.store(true, Ordering::Relaxed);
        }
    }
}

impl AdaptiveIndex {
    /// An empty index for vectors of `dimension` components.
    pub fn new(dimension: usize) -> Self {
        Self::over(HnswIndex::new(dimension))
    }

    fn over(index: HnswIndex) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        AdaptiveIndex {
            index,
            switch_point: SWITCH_POINT,
            threads,
            running: None,
            failed_at: None,
            held: false,
        }
    }

    /// Sets the number of entries up to which scans are exact.
    pub fn set_switch_point(&mut self, entries: usize) {
        self.switch_point = entries;
    }

    /// Sets whether rebuilds wait for [`AdaptiveIndex::settle`]: during a large batch each would
    /// be out of date before its end. Searches stay right meanwhile, by scanning what is new.
    /// Once they are held no longer, one that is due starts.
    pub fn hold_rebuilds(&mut self, held: bool) {
        self.held = held;
        self.maintain();
    }

    /// Sets how many threads rebuilds use; with one, equal entries give an equal graph.
    pub fn set_threads(&mut self, threads: usize) {
        self.threads = threads.max(1);
    }

    /// Sets how many rows a graph search keeps in view (see [`HnswIndex::set_ef`]).
    pub fn set_ef(&mut self, ef: usize) {
        self.index.set_ef(ef);
    }

    /// Whether searches scan everything, so that results are exact.
    pub fn is_exact(&self) -> bool {
        self.index.base_len() == 0
    }

    /// Whether a rebuild is running or waiting to be put in place.
    pub fn is_rebuilding(&self) -> bool {
        self.running.is_some()
    }

    /// Bytes that searches need in memory, and all bytes (see [`HnswIndex::memory`]).
    pub fn memory(&self) -> (usize, usize) {
        self.index.memory()
    }

    /// Whether there is an entry under `id`.
    pub fn contains(&self, id: u64) -> bool {
        self.index.contains(id)
    }

    /// Whether the index has aged enough to be rebuilt.
    pub fn needs_rebuild(&self) -> bool {
        let (base, side) = (self.index.base_len(), self.index.side_len());
        // A base that has shrunk below the switch point becomes a scan again.
        side > self.switch_point.max(base / 8)
            || self.index.dead_share() > MOST_DEAD
            || (base > 0 && self.len() <= self.switch_point / 2)
    }

    /// Waits for a running rebuild and puts it in place, then rebuilds once more if
    /// that is still called for. Call it after a large batch, before [`AdaptiveIndex::save`].
    ///
    /// # Errors
    /// [`IndexError::Build`]; the index works as before.
    pub fn settle(&mut self) -> Result<(), IndexError> {
        self.collect(true)?;
        if self.needs_rebuild() {
            if self.len() <= self.switch_point {
                self.index.flatten();
            } else {
                self.index.rebuild(self.threads)?;
            }
        }
        Ok(())
    }

    /// Writes the index to `dir` as belonging to the store's `generation`. The old
    /// file stays valid until the new one is complete and on disk.
    ///
    /// # Errors
    /// [`SnapshotError::Io`].
    pub fn save(&self, dir: &Path, generation: u64) -> Result<(), SnapshotError> {
        snapshot::save(&self.index, dir, generation)
    }

    /// Maps the index saved in `dir` if it is of the store's `generation`, after checking every
    /// byte of it.
    ///
    /// # Errors
    /// Any [`SnapshotError`]: no file, another generation, dimension or format
    /// version, damage.
    pub fn load(dir: &Path, dimension: usize, generation: u64) -> Result<Self, SnapshotError> {
        match Self::load_any(dir, dimension)? {
            (index, found) if found == generation => Ok(index),
            (_, found) => Err(SnapshotError::Stale { expected: generation, found }),
        }
    }

    /// Maps the index saved in `dir`, after checking every byte of it, and gives the generation of
    /// the store that it shows: the caller brings it up to the present one.
    ///
    /// # Errors
    /// As [`AdaptiveIndex::load`], but for the generation.
    pub fn load_any(dir: &Path, dimension: usize) -> Result<(Self, u64), SnapshotError> {
        let (index, generation) = snapshot::load(dir, dimension)?;
        Ok((Self::over(index), generation))
    }

    /// Starts or finishes a rebuild where that is due.
    fn maintain(&mut self) {
        if self.held {
            return;
        }
        if let Err(error) = self.collect(false) {
            tracing::warn!(%error, "the vector index could not be rebuilt; searches stay right but get slower");
            return;
        }
        let failed_here = self.failed_at.is_some_and(|n| self.len() < n + n / 8 + 1);
        if self.running.is_some() || failed_here || !self.needs_rebuild() {
            return;
        }
        if self.len() <= self.switch_point {
            return self.index.flatten();
        }
        let (plan, threads) = (self.index.plan(), self.threads);
        let cancel = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&cancel);
        let thread = std::thread::Builder::new().name("yiju-rebuild".into());
        match thread.spawn(move || plan.run(threads, &seen)) {
            Ok(thread) => self.running = Some(Running { cancel, thread }),
            Err(error) => tracing::warn!(%error, "no thread for rebuilding the vector index"),
        }
    }

    /// Puts a finished rebuild in place; waits for it if `wait`.
    fn collect(&mut self, wait: bool) -> Result<(), IndexError> {
        let Some(running) = self.running.take_if(|running| wait || running.thread.is_finished())
        else {
            return Ok(());
        };
        let count = self.index.len();
        let stopped = |_| Err(IndexError::Build { count, reason: "its thread stopped".into() });
        match running.thread.join().unwrap_or_else(stopped) {
            Ok(Some(rebuilt)) => self.index.install(rebuilt),
            Ok(None) => self.index.forget_plan(),
            Err(error) => {
                self.index.forget_plan();
                self.failed_at = Some(count);
                return Err(error);
            }
        }
        Ok(())
    }
}

impl VectorIndex for AdaptiveIndex {
    fn dimension(&self) -> usize {
        self.index.dimension()
    }

    fn len(&self) -> usize {
        self.index.len()
    }

    fn insert(&mut self, id: u64, vector: &[f32]) -> Result<(), IndexError> {
        self.index.insert(id, vector)?;
        self.maintain();
        Ok(())
    }

    fn remove(&mut self, id: u64) -> bool {
        let there = self.index.remove(id);
        if there {
            self.maintain();
        }
        there
    }

    fn search(
        &self,
        query: &[f32],
        k: usize,
        filter: Option<&dyn Filter>,
    ) -> Result<Vec<Hit>, IndexError> {
        self.index.search(query, k, filter)
    }

    fn vector(&self, id: u64) -> Option<&[f32]> {
        self.index.vector(id)
    }

    fn dead_share(&self) -> f32 {
        self.index.dead_share()
    }
}
