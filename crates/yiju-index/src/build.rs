//! Building a graph: hnsw_rs links the points, the flat copy is then made better.
//!
//! hnsw_rs walks 8-bit codes with this crate's kernels. Where a list is full it
//! drops the farthest neighbour, which can leave points that nothing leads to; so
//! each row's final neighbours are chosen anew, by the usual diversity rule, from
//! its own list and all lists that name it, and rows that still cannot be reached
//! get an edge from the nearest row that can.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;
use rayon::prelude::*;

use crate::IndexError;
use crate::graph::{Graph, MAX_ROWS, NONE};
use crate::quantise::Query;
use crate::raw::Kernels;
use crate::rows::{Column, Rows};

/// Links of a point in the upper layers; twice as many in layer 0.
pub(crate) const LINKS: usize = 16;
/// How many candidates hnsw_rs weighs for each new point. With the final choice made
/// anew below, 200 finds no more than 100 (recall@10 0.9999 and 0.9989 at ef 48 over
/// 20,000 points) and takes twice as long.
const EF_CONSTRUCTION: usize = 100;
const LAYERS: usize = 16;
/// Most candidates weighed for a row's final neighbours.
const MOST_CANDIDATES: usize = 128;

/// Distance of two codes with their scale in the last four bytes: 1.0625 − dot,
/// because hnsw_rs wants no negative distance and rounded codes can pass 1.
#[derive(Clone)]
struct CodeDistance(Kernels);

impl Distance<u8> for CodeDistance {
    fn eval(&self, a: &[u8], b: &[u8]) -> f32 {
        let (Some((a, a_scale)), Some((b, b_scale))) =
            (a.split_last_chunk::<4>(), b.split_last_chunk::<4>())
        else {
            return 0.0;
        };
        let scale = f32::from_le_bytes(*a_scale) * f32::from_le_bytes(*b_scale);
        (1.0625 - self.0.pair(a, b) as f32 * scale).max(0.0)
    }
}

/// Builds the graph over `rows` with `threads` threads. With one thread the same
/// rows always give the same graph. `None` when `cancel` was set meanwhile.
pub(crate) fn build(
    rows: &Rows,
    threads: usize,
    cancel: &AtomicBool,
) -> Result<Option<Graph>, IndexError> {
    let count = rows.len();
    if count > MAX_ROWS {
        return Err(IndexError::Full { limit: MAX_ROWS });
    }
    let failed = |reason: String| IndexError::Build { count, reason };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(|n| format!("yiju-build-{n}"))
        .build()
        .map_err(|e| failed(e.to_string()))?;
    // hnsw_rs asserts in places; a failed assertion must not take the process down.
    catch_unwind(AssertUnwindSafe(|| {
        pool.install(|| link(rows, threads > 1, cancel))
    }))
    .map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        failed(
            text.or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()))
                .unwrap_or_default(),
        )
    })
}

fn link(rows: &Rows, parallel: bool, cancel: &AtomicBool) -> Option<Graph> {
    let n = rows.len();
    let mut lists = Lists::new(n);
    {
        let hnsw = Hnsw::new(
            LINKS,
            n.max(1),
            LAYERS,
            EF_CONSTRUCTION,
            CodeDistance(Kernels::get()),
        );
        let stride = rows.stride();
        let insert = |row: usize| {
            if cancel.load(Ordering::Relaxed) {
                return;
            }
            let mut point = Vec::with_capacity(stride + 4);
            point.extend_from_slice(&rows.codes[row * stride..(row + 1) * stride]);
            point.extend_from_slice(&rows.quality[row].scale.to_le_bytes());
            hnsw.insert_slice((&point, row));
        };
        if parallel {
            (0..n).into_par_iter().with_max_len(256).for_each(insert);
        } else {
            (0..n).for_each(insert);
        }
        if cancel.load(Ordering::Relaxed) {
            return None;
        }
        for layer in 0..LAYERS {
            for point in hnsw.get_point_indexation().get_layer_iterator(layer) {
                lists.take(point.get_origin_id(), layer, point.get_neighborhood_id());
            }
        }
    }
    let mut graph = lists.flatten(rows);
    connect(&mut graph, rows);
    Some(graph)
}

/// Neighbour lists as read out of hnsw_rs.
struct Lists {
    base: Vec<Vec<u32>>,
    /// Row and its lists in layers 1 and up.
    upper: Vec<(u32, Vec<Vec<u32>>)>,
}

impl Lists {
    fn new(n: usize) -> Self {
        Lists {
            base: vec![Vec::new(); n],
            upper: Vec::new(),
        }
    }

    fn take(&mut self, row: usize, level: usize, layers: Vec<Vec<hnsw_rs::hnsw::Neighbour>>) {
        // hnsw_rs keeps notes about higher layers in a point's lists, and may name
        // points that are not in the layer: both are left out.
        let mut layers = layers
            .into_iter()
            .enumerate()
            .take(level + 1)
            .map(|(layer, list)| {
                let named = list
                    .into_iter()
                    .filter(|n| n.d_id != row && usize::from(n.p_id.0) >= layer);
                named.map(|n| n.d_id as u32).collect::<Vec<u32>>()
            });
        self.base[row] = layers.next().unwrap_or_default();
        let upper: Vec<Vec<u32>> = layers.collect();
        if !upper.is_empty() {
            self.upper.push((row as u32, upper));
        }
    }

    fn flatten(mut self, rows: &Rows) -> Graph {
        let n = self.base.len();
        let degree = 2 * LINKS;
        let mut reverse: Vec<Vec<u32>> = vec![Vec::new(); n];
        for (row, list) in self.base.iter().enumerate() {
            for &other in list {
                reverse[other as usize].push(row as u32);
            }
        }
        let mut base = vec![NONE; n * degree];
        base.par_chunks_mut(degree)
            .zip(self.base.par_iter().zip(&reverse))
            .enumerate()
            .for_each(|(row, (slots, (own, named_by)))| {
                let chosen = choose(
                    rows,
                    row as u32,
                    own.iter().chain(named_by).copied(),
                    degree,
                );
                slots[..chosen.len()].copy_from_slice(&chosen);
            });
        // The row in the most layers is where searches start.
        self.upper
            .sort_unstable_by_key(|(row, lists)| (std::cmp::Reverse(lists.len()), *row));
        let entry = self.upper.first().map_or(0, |(row, _)| *row);
        let mut upper_at = vec![NONE; n];
        let mut upper = Vec::new();
        for (row, lists) in &self.upper {
            upper_at[*row as usize] = upper.len() as u32;
            upper.push(lists.len() as u32);
            for list in lists {
                let kept = list.len().min(LINKS);
                upper.extend_from_slice(&list[..kept]);
                upper.resize(upper.len() + LINKS - kept, NONE);
            }
        }
        Graph {
            degree,
            upper_degree: LINKS,
            entry,
            base: Column::Owned(base),
            upper_at: Column::Owned(upper_at),
            upper: Column::Owned(upper),
        }
    }
}

/// The neighbours of `row` among `candidates`: nearest first, each nearer to `row`
/// than to any chosen before; then the nearest of the others while there is room.
fn choose(rows: &Rows, row: u32, candidates: impl Iterator<Item = u32>, degree: usize) -> Vec<u32> {
    let kernels = Kernels::get();
    let stride = rows.stride();
    let (codes, quality) = (&*rows.codes, &*rows.quality);
    let code = |r: u32| &codes[r as usize * stride..(r as usize + 1) * stride];
    let score = |a: u32, b: u32| {
        kernels.pair(code(a), code(b)) as f32
            * (quality[a as usize].scale * quality[b as usize].scale)
    };
    let mut sorted: Vec<(f32, u32)> = candidates.map(|other| (score(row, other), other)).collect();
    sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    sorted.dedup_by_key(|c| c.1);
    sorted.truncate(MOST_CANDIDATES);
    let (mut chosen, mut others) = (Vec::with_capacity(degree), Vec::new());
    for &(near, candidate) in &sorted {
        if chosen.len() == degree {
            break;
        }
        if chosen.iter().all(|&c| score(c, candidate) < near) {
            chosen.push(candidate);
        } else {
            others.push(candidate);
        }
    }
    let room = degree - chosen.len();
    chosen.extend(others.into_iter().take(room.min(FILL)));
    chosen
}

/// How many neighbours that the diversity rule passed over may fill empty slots.
const FILL: usize = 8;

/// Makes every row reachable from the entry.
fn connect(graph: &mut Graph, rows: &Rows) {
    let n = rows.len();
    let mut reached = vec![false; n];
    let mut queue = Vec::new();
    let upper: Vec<u32> = std::iter::once(graph.entry).filter(|_| n > 0).collect();
    for row in upper {
        spread(graph, row, &mut reached, &mut queue);
    }
    for row in 0..n {
        if reached[row] {
            continue;
        }
        let nearest = graph.walk(rows, &Query::new(rows.vector(row)), 4 * LINKS);
        let degree = graph.degree;
        let base = graph.base.to_mut();
        let free = |&host: &u32| {
            base[host as usize * degree..][..degree]
                .iter()
                .position(|&s| s == NONE)
        };
        // Where all lists near are full, the last neighbour of the nearest gives way:
        // it is one that the diversity rule would not have missed most.
        let place = nearest
            .iter()
            .find_map(|host| free(host).map(|slot| (*host, slot)));
        if let Some((host, slot)) = place.or(nearest.first().map(|&host| (host, degree - 1))) {
            base[host as usize * degree + slot] = row as u32;
        }
        spread(graph, row as u32, &mut reached, &mut queue);
    }
}

fn spread(graph: &Graph, from: u32, reached: &mut [bool], queue: &mut Vec<u32>) {
    let base: &[u32] = &graph.base;
    queue.push(from);
    reached[from as usize] = true;
    while let Some(row) = queue.pop() {
        for &next in graph.neighbours(base, row) {
            if !std::mem::replace(&mut reached[next as usize], true) {
                queue.push(next);
            }
        }
    }
}
