//! Building a graph: hnsw_rs links a sample, the other rows join the flat graph.
//!
//! hnsw_rs walks 8-bit codes with this crate's kernels and links every sixteenth row; its
//! layers are the upper ones, where searches start. The other rows then join layer 0
//! in batches, found by the walk that serves searches, which costs a part of what
//! inserting them into hnsw_rs would. Each row's final neighbours are chosen
//! anew, by the usual diversity rule, from its own list and all lists that name it; rows
//! still unreachable get an edge from the nearest reachable row.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;
use rayon::prelude::*;

use crate::IndexError;
use crate::coarse::Coarse;
use crate::graph::{Graph, MAX_ROWS, NONE};
use crate::rows::{Column, Rows};
use yiju_kernels::{Kernels, prefetch, roomy};

/// Links of a point in the upper layers; twice as many in layer 0.
pub(crate) const LINKS: usize = 16;
/// Candidates weighed for each new row.
const EF_CONSTRUCTION: usize = 100;
/// Neighbour slots of a row in layer 0 while the graph grows: choosing anew only when they
/// are full, not with each new neighbour, saves most of that work.
const ROOM: usize = 3 * LINKS;
/// Fewest rows that hnsw_rs links, where there are so many.
const SMALLEST_SAMPLE: usize = 256;
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
) -> Result<Option<(Coarse, Graph)>, IndexError> {
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
    catch_unwind(AssertUnwindSafe(|| pool.install(|| link(rows, threads > 1, cancel)))).map_err(
        |panic| {
            let text = panic.downcast_ref::<String>().cloned();
            failed(
                text.or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()))
                    .unwrap_or_default(),
            )
        },
    )
}

fn link(rows: &Rows, parallel: bool, cancel: &AtomicBool) -> Option<(Coarse, Graph)> {
    let n = rows.len();
    let coarse = Coarse::of(rows);
    // Rows near each other often come from one document: a mixed order keeps each stage of
    // the growing graph a fair sample of the whole.
    let mut order: Vec<u32> = (0..n as u32).collect();
    order.sort_unstable_by_key(|&row| (mixed(row), row));
    let first = (n / LINKS).max(SMALLEST_SAMPLE.min(n));
    let mut graph = sample(rows, &order[..first], parallel, cancel)?;
    let ways = ways_in(&graph, rows, &coarse, cancel);
    grow(&mut graph, rows, &coarse, &ways, &mut order, first, cancel)?;
    order.par_sort_unstable_by_key(|&row| place(&ways, row));
    settle(&mut graph, rows, &order);
    connect(&mut graph, rows, &coarse);
    Some((coarse, graph))
}

/// A number that looks random but is the same for the same row.
fn mixed(row: u32) -> u32 {
    row.wrapping_mul(0x9E37_79B9).rotate_left(15).wrapping_mul(0x85EB_CA6B)
}

/// Lets hnsw_rs link the rows of `sample`. Its layers become the layers 1 and up; its
/// lowest one is also where layer 0, with room for all rows, starts from.
fn sample(rows: &Rows, sample: &[u32], parallel: bool, cancel: &AtomicBool) -> Option<Graph> {
    let stride = rows.stride();
    let hnsw = Hnsw::new(
        LINKS,
        sample.len().max(1),
        LAYERS,
        EF_CONSTRUCTION,
        CodeDistance(Kernels::get()),
    );
    let insert = |place: usize| {
        if cancel.load(Ordering::Relaxed) {
            return;
        }
        let row = sample[place] as usize;
        let mut point = Vec::with_capacity(stride + 4);
        point.extend_from_slice(&rows.codes[row * stride..(row + 1) * stride]);
        point.extend_from_slice(&rows.quality[row].scale.to_le_bytes());
        hnsw.insert_slice((&point, place));
    };
    if parallel {
        (0..sample.len()).into_par_iter().with_max_len(256).for_each(insert);
    } else {
        (0..sample.len()).for_each(insert);
    }
    if cancel.load(Ordering::Relaxed) {
        return None;
    }
    let mut lists: Vec<Vec<Vec<u32>>> = vec![Vec::new(); sample.len()];
    for layer in 0..LAYERS {
        for point in hnsw.get_point_indexation().get_layer_iterator(layer) {
            let place = point.get_origin_id();
            // hnsw_rs keeps notes about higher layers in a point's lists, and may name
            // points that are not in the layer: both are left out.
            let layers = point.get_neighborhood_id().into_iter().enumerate();
            lists[place] = layers
                .take(layer + 1)
                .map(|(layer, list)| {
                    let named = list
                        .into_iter()
                        .filter(|n| n.d_id != place && usize::from(n.p_id.0) >= layer);
                    named.map(|n| sample[n.d_id]).collect()
                })
                .collect();
        }
    }
    drop(hnsw);

    let n = rows.len();
    let mut slots = roomy(n * ROOM);
    slots.resize(n * ROOM, NONE);
    let mut graph = Graph {
        degree: ROOM,
        upper_degree: LINKS,
        entry: 0,
        base: Column::Owned(slots),
        upper_at: Column::Owned(vec![NONE; n]),
        upper: Column::default(),
    };
    // The row in the most layers is where searches start.
    let mut places: Vec<usize> = (0..sample.len()).collect();
    places.sort_unstable_by_key(|&place| (std::cmp::Reverse(lists[place].len()), place));
    graph.entry = places.first().map_or(0, |&place| sample[place]);
    let chosen: Vec<Vec<Vec<u32>>> = places
        .par_iter()
        .map(|&place| {
            let lists = lists[place].iter();
            let chosen = lists.map(|list| choose(rows, sample[place], list, LINKS, FILL));
            chosen.collect()
        })
        .collect();
    for (&place, layers) in places.iter().zip(chosen) {
        let row = sample[place] as usize;
        if let Some(lowest) = lists[place].first() {
            let kept = lowest.len().min(ROOM);
            graph.base.to_mut()[row * ROOM..][..kept].copy_from_slice(&lowest[..kept]);
        }
        let upper = graph.upper.to_mut();
        graph.upper_at.to_mut()[row] = upper.len() as u32;
        upper.push(layers.len() as u32);
        for list in layers {
            upper.extend_from_slice(&list);
            upper.resize(upper.len() + LINKS - list.len(), NONE);
        }
    }
    Some(graph)
}

/// For each row where its search leaves the upper layers.
fn ways_in(graph: &Graph, rows: &Rows, coarse: &Coarse, cancel: &AtomicBool) -> Vec<[u32; 4]> {
    let way = |row: usize| {
        if cancel.load(Ordering::Relaxed) {
            return [0; 4];
        }
        graph.way_in(coarse, &coarse.query(rows.vector(row)))
    };
    let all = 0..rows.len();
    all.into_par_iter().with_max_len(256).map(way).collect()
}

/// Rows sorted by this are near the rows beside them, so that work on one finds in the
/// cache what the one before has read.
fn place(ways: &[[u32; 4]], row: u32) -> (u32, u32, u32, u32) {
    let [_, first, second, third] = ways[row as usize];
    (third, second, first, row)
}

/// Puts the rows `order[done..]` into layer 0, a batch at a time: each row of a batch walks
/// the graph as it was before the batch, chooses its neighbours among what it finds, and
/// is then named by them. So the outcome does not depend on the threads.
fn grow(
    graph: &mut Graph,
    rows: &Rows,
    coarse: &Coarse,
    ways: &[[u32; 4]],
    order: &mut [u32],
    mut done: usize,
    cancel: &AtomicBool,
) -> Option<()> {
    let largest = (order.len() / 50).max(SMALLEST_SAMPLE);
    while done < order.len() {
        let size = (done / 8).clamp(1, largest).min(order.len() - done);
        let batch = &mut order[done..done + size];
        batch.par_sort_unstable_by_key(|&row| place(ways, row));
        let batch = &*batch;
        let own: Vec<Vec<u32>> = batch
            .par_iter()
            .with_max_len(64)
            .map(|&row| {
                if cancel.load(Ordering::Relaxed) {
                    return Vec::new();
                }
                let query = coarse.query(rows.vector(row as usize));
                let start = ways[row as usize][1];
                let found = graph.walk_from(start, coarse, &query, EF_CONSTRUCTION);
                choose(rows, row, &found, 2 * LINKS, 0)
            })
            .collect();
        if cancel.load(Ordering::Relaxed) {
            return None;
        }
        let mut named: Vec<(u32, u32)> = Vec::with_capacity(size * LINKS);
        for (&row, list) in batch.iter().zip(&own) {
            graph.base.to_mut()[row as usize * ROOM..][..list.len()].copy_from_slice(list);
            named.extend(list.iter().map(|&host| (host, row)));
        }
        named.par_sort_unstable();
        let groups: Vec<&[(u32, u32)]> = named.chunk_by(|a, b| a.0 == b.0).collect();
        let lists: Vec<Vec<u32>> = groups
            .par_iter()
            .with_max_len(256)
            .map(|group| {
                let host = group[0].0;
                let mut list = graph.neighbours(&graph.base, host).to_vec();
                list.extend(group.iter().map(|&(_, row)| row));
                if list.len() > ROOM {
                    list = choose(rows, host, &list, 2 * LINKS, FILL);
                }
                list
            })
            .collect();
        let base = graph.base.to_mut();
        for (group, list) in groups.iter().zip(lists) {
            let slots = &mut base[group[0].0 as usize * ROOM..][..ROOM];
            slots.fill(NONE);
            slots[..list.len()].copy_from_slice(&list);
        }
        done += size;
    }
    Some(())
}

/// Chooses every row's neighbours in layer 0 anew, from its own list and all lists that
/// name it, and leaves no more room than for those. Works through the rows in `order`.
fn settle(graph: &mut Graph, rows: &Rows, order: &[u32]) {
    let (n, degree) = (rows.len(), 2 * LINKS);
    let mut named_by: Vec<Vec<u32>> = vec![Vec::new(); n];
    for row in 0..n as u32 {
        for &other in graph.neighbours(&graph.base, row) {
            named_by[other as usize].push(row);
        }
    }
    let mut base = roomy(n * degree);
    base.resize(n * degree, NONE);
    for part in order.chunks(1 << 16) {
        let chosen: Vec<Vec<u32>> = part
            .par_iter()
            .with_max_len(256)
            .map(|&row| {
                let mut all = graph.neighbours(&graph.base, row).to_vec();
                all.extend_from_slice(&named_by[row as usize]);
                choose(rows, row, &all, degree, FILL)
            })
            .collect();
        for (&row, list) in part.iter().zip(chosen) {
            base[row as usize * degree..][..list.len()].copy_from_slice(&list);
        }
    }
    graph.degree = degree;
    graph.base = Column::Owned(base);
}

/// At most `most` neighbours of `row` among `candidates`: nearest first, each nearer to
/// `row` than to any chosen before; then up to `fill` of the nearest others.
fn choose(rows: &Rows, row: u32, candidates: &[u32], most: usize, fill: usize) -> Vec<u32> {
    let kernels = Kernels::get();
    let stride = rows.stride();
    let (codes, quality) = (&*rows.codes, &*rows.quality);
    let code = |r: u32| &codes[r as usize * stride..(r as usize + 1) * stride];
    let score = |a: u32, b: u32| {
        kernels.pair(code(a), code(b)) as f32
            * (quality[a as usize].scale * quality[b as usize].scale)
    };
    for &other in candidates {
        prefetch(code(other));
    }
    let others = candidates.iter().filter(|&&other| other != row);
    let mut sorted: Vec<(f32, u32)> = others.map(|&other| (score(row, other), other)).collect();
    sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    sorted.dedup_by_key(|c| c.1);
    sorted.truncate(MOST_CANDIDATES);
    let (mut chosen, mut others) = (Vec::with_capacity(most), Vec::new());
    for &(near, candidate) in &sorted {
        if chosen.len() == most {
            break;
        }
        if chosen.iter().all(|&c| score(c, candidate) < near) {
            chosen.push(candidate);
        } else {
            others.push(candidate);
        }
    }
    let room = most - chosen.len();
    chosen.extend(others.into_iter().take(room.min(fill)));
    chosen
}

/// How many neighbours that the diversity rule passed over may fill empty slots.
const FILL: usize = 8;

/// Makes every row reachable from the entry.
fn connect(graph: &mut Graph, rows: &Rows, coarse: &Coarse) {
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
        let nearest = graph.walk(coarse, &coarse.query(rows.vector(row)), 4 * LINKS);
        let degree = graph.degree;
        let base = graph.base.to_mut();
        let free =
            |&host: &u32| base[host as usize * degree..][..degree].iter().position(|&s| s == NONE);
        // Where all lists near are full, the last neighbour of the nearest gives way:
        // it is one that the diversity rule would not have missed most.
        let place = nearest.iter().find_map(|host| free(host).map(|slot| (*host, slot)));
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
