//! Searching, filters, removal and rebuilding.

use std::collections::HashMap;

use yiju_index::{AdaptiveIndex, ExactIndex, Filter, Hit, HnswIndex, IndexError, VectorIndex};

use crate::made::{DIMENSION, Ids, Made};

/// The answer by the plainest means: every float product, sorted.
fn plain(
    vectors: &HashMap<u64, Vec<f32>>,
    query: &[f32],
    k: usize,
    filter: Option<&dyn Filter>,
) -> Vec<u64> {
    let score =
        |v: &[f32]| v.iter().zip(query).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let accepted = vectors.iter().filter(|(id, _)| filter.is_none_or(|f| f.accepts(**id)));
    let mut all: Vec<(f64, u64)> = accepted.map(|(id, v)| (score(v), *id)).collect();
    all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    all.truncate(k);
    all.into_iter().map(|(_, id)| id).collect()
}

fn ids(hits: &[Hit]) -> Vec<u64> {
    hits.iter().map(|hit| hit.id).collect()
}

fn fill(index: &mut dyn VectorIndex, vectors: &[Vec<f32>]) -> HashMap<u64, Vec<f32>> {
    for (id, vector) in vectors.iter().enumerate() {
        index.insert(id as u64 * 3 + 1, vector).unwrap();
    }
    vectors.iter().enumerate().map(|(id, v)| (id as u64 * 3 + 1, v.clone())).collect()
}

fn built(vectors: &[Vec<f32>]) -> (HnswIndex, HashMap<u64, Vec<f32>>) {
    let mut index = HnswIndex::new(DIMENSION);
    let map = fill(&mut index, vectors);
    index.rebuild(2).unwrap();
    assert_eq!((index.base_len(), index.side_len()), (vectors.len(), 0));
    (index, map)
}

fn recall(
    index: &dyn VectorIndex,
    map: &HashMap<u64, Vec<f32>>,
    queries: &[Vec<f32>],
    filter: Option<&dyn Filter>,
) -> f64 {
    let (mut found, mut wanted) = (0, 0);
    for query in queries {
        let truth = plain(map, query, 10, filter);
        let hits = index.search(query, 10, filter).unwrap();
        assert_eq!(hits.len(), truth.len(), "as many results as exist");
        assert!(hits.iter().all(|hit| filter.is_none_or(|f| f.accepts(hit.id))));
        assert!(hits.is_sorted_by(|a, b| a.score > b.score || a.score == b.score && a.id < b.id));
        wanted += truth.len();
        found += hits.iter().filter(|hit| truth.contains(&hit.id)).count();
    }
    found as f64 / wanted as f64
}

#[test]
fn the_exact_scan_equals_the_plain_one() {
    let mut made = Made::new(20);
    let vectors = made.vectors(3000);
    let mut index = ExactIndex::new(DIMENSION);
    let map = fill(&mut index, &vectors);
    for query in made.vectors(50) {
        for k in [1, 10, 100, 5000] {
            let hits = index.search(&query, k, None).unwrap();
            let truth = plain(&map, &query, k, None);
            assert_eq!(hits.len(), truth.len());
            // Sums of floats and of doubles may order two nearly equal scores differently.
            let differ = ids(&hits).iter().zip(&truth).filter(|(a, b)| a != b).count();
            assert!(differ <= k.min(3000) / 100, "{differ} of {k}");
        }
    }
}

#[test]
fn exact_scores_are_float_products_and_ties_go_by_id() {
    let mut made = Made::new(3);
    let vector = made.vector();
    let mut index = ExactIndex::new(DIMENSION);
    for id in [9, 4, 7, 1] {
        index.insert(id, &vector).unwrap();
    }
    let hits = index.search(&vector, 3, None).unwrap();
    assert_eq!(ids(&hits), [1, 4, 7]);
    assert!((hits[0].score - 1.0).abs() < 1e-5);
}

#[test]
fn bad_vectors_are_refused_and_change_nothing() {
    let mut made = Made::new(3);
    let good = made.vector();
    let mut nan = good.clone();
    nan[5] = f32::NAN;
    let mut infinite = good.clone();
    infinite[5] = f32::INFINITY;
    let bad = [
        vec![],
        vec![0.0; DIMENSION],
        vec![1.0; DIMENSION],
        vec![f32::MAX; DIMENSION],
        nan,
        infinite,
        good[1..].to_vec(),
    ];
    let indexes: [Box<dyn VectorIndex>; 3] = [
        Box::new(ExactIndex::new(DIMENSION)),
        Box::new(HnswIndex::new(DIMENSION)),
        Box::new(AdaptiveIndex::new(DIMENSION)),
    ];
    for mut index in indexes {
        assert!(index.search(&good, 5, None).unwrap().is_empty());
        assert!(!index.remove(1));
        index.insert(1, &good).unwrap();
        for vector in &bad {
            let error = index.insert(1, vector).unwrap_err();
            assert!(matches!(
                error,
                IndexError::Dimension { .. }
                    | IndexError::NotFinite { .. }
                    | IndexError::NotUnit { .. }
            ));
            assert!(index.search(vector, 5, None).is_err());
        }
        assert_eq!(ids(&index.search(&good, 5, None).unwrap()), [1]);
        assert!(index.search(&good, 0, None).unwrap().is_empty());
        assert_eq!(index.search(&good, usize::MAX, None).unwrap().len(), 1);
    }
    assert!(ExactIndex::new(0).insert(1, &[]).is_err());
}

#[test]
fn the_graph_finds_what_the_scan_finds() {
    let mut made = Made::new(80);
    let vectors = made.vectors(8000);
    let (index, map) = built(&vectors);
    let queries = made.vectors(200);
    let recall = recall(&index, &map, &queries, None);
    assert!(recall >= 0.99, "recall {recall}");
    for query in &queries[..20] {
        assert_eq!(index.search(query, 10, None).unwrap(), index.search(query, 10, None).unwrap());
    }
}

#[test]
fn every_vector_finds_itself() {
    let vectors = Made::new(80).vectors(6000);
    let (index, map) = built(&vectors);
    for (id, vector) in &map {
        assert_eq!(index.search(vector, 1, None).unwrap()[0].id, *id);
    }
}

#[test]
fn many_equal_vectors_are_all_reachable() {
    let mut made = Made::new(5);
    let (same, others) = (made.vector(), made.vectors(3000));
    let mut index = HnswIndex::new(DIMENSION);
    for id in 0..500 {
        index.insert(id, &same).unwrap();
    }
    for (id, vector) in others.iter().enumerate() {
        index.insert(1000 + id as u64, vector).unwrap();
    }
    index.rebuild(2).unwrap();
    let hits = index.search(&same, 10, None).unwrap();
    assert_eq!(hits.len(), 10);
    assert!(hits.iter().all(|hit| hit.id < 500));
    assert_eq!(
        index.search(&same, 400, None).unwrap().iter().filter(|hit| hit.id < 500).count(),
        400
    );
}

#[test]
fn one_thread_gives_the_same_graph_again() {
    let mut made = Made::new(30);
    let (vectors, queries) = (made.vectors(3000), made.vectors(50));
    let answers = |order: &mut dyn Iterator<Item = usize>| {
        let mut index = HnswIndex::new(DIMENSION);
        for id in order {
            index.insert(id as u64, &vectors[id]).unwrap();
        }
        index.set_ef(12);
        index.rebuild(1).unwrap();
        queries.iter().map(|q| index.search(q, 10, None).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(answers(&mut (0..3000)), answers(&mut (0..3000).rev()));
}

#[test]
fn filters_give_all_that_exists() {
    let mut made = Made::new(80);
    let vectors = made.vectors(8000);
    let (index, map) = built(&vectors);
    let queries = made.vectors(60);
    let all: Vec<u64> = map.keys().copied().collect();
    for (share, least) in [(0.5, 0.99), (0.05, 0.99), (0.005, 0.99), (0.0001, 1.0), (0.0, 1.0)] {
        let limit = (share * u64::MAX as f64) as u64;
        let mut chosen = Ids::new(
            all.iter().copied().filter(|id| id.wrapping_mul(0x9E37_79B9_7F4A_7C15) < limit),
        );
        if share == 0.0001 {
            chosen = Ids::new([301]);
        }
        for known in [true, false] {
            chosen.known = known;
            let recall = recall(&index, &map, &queries, Some(&chosen));
            assert!(chosen.set.is_empty() || recall >= least, "share {share}: {recall}");
        }
        chosen.list = Some(chosen.set.iter().copied().chain([5, 5]).collect());
        let recall = recall(&index, &map, &queries, Some(&chosen));
        assert!(chosen.set.is_empty() || recall >= least, "share {share} by list: {recall}");
    }
}

#[test]
fn ten_rounds_of_replacing_a_tenth_lose_nothing() {
    let mut made = Made::new(50);
    let vectors = made.vectors(5000);
    let (mut index, mut map) = built(&vectors);
    let mut next = 1_000_000;
    for round in 0..10 {
        let mut old: Vec<u64> = map.keys().copied().collect();
        old.sort_unstable();
        for id in old.into_iter().skip(round).step_by(10) {
            assert!(index.remove(id));
            assert!(!index.remove(id));
            map.remove(&id);
            let vector = made.vector();
            index.insert(next, &vector).unwrap();
            map.insert(next, vector);
            next += 1;
        }
        assert_eq!(index.len(), map.len());
        if round % 3 == 2 {
            index.rebuild(2).unwrap();
        }
        let queries = made.vectors(30);
        let recall = recall(&index, &map, &queries, None);
        assert!(recall >= 0.99, "round {round}: {recall}");
    }
    for (id, vector) in &map {
        assert_eq!(index.search(vector, 1, None).unwrap()[0].id, *id);
    }
}

#[test]
fn changes_during_a_rebuild_are_kept() {
    let mut made = Made::new(20);
    let vectors = made.vectors(2000);
    let (mut index, mut map) = built(&vectors);
    let replaced = made.vector();
    index.insert(1, &made.vector()).unwrap();
    let plan = index.plan();
    index.insert(1, &replaced).unwrap();
    map.insert(1, replaced);
    assert!(index.remove(4));
    map.remove(&4);
    assert!(index.remove(7));
    let again = made.vector();
    index.insert(7, &again).unwrap();
    map.insert(7, again);
    let new = made.vector();
    index.insert(99_999_999, &new).unwrap();
    map.insert(99_999_999, new);
    let cancel = std::sync::atomic::AtomicBool::new(false);
    let rebuilt = plan.run(2, &cancel).unwrap().unwrap();
    index.install(rebuilt);
    assert_eq!((index.len(), index.side_len()), (map.len(), 3));
    for id in [1, 7, 99_999_999] {
        assert_eq!(index.search(&map[&id], 1, None).unwrap()[0].id, id);
    }
    assert!(!index.contains(4));
    assert!(recall(&index, &map, &made.vectors(50), None) >= 0.99);
    let cancel = std::sync::atomic::AtomicBool::new(true);
    assert!(index.plan().run(1, &cancel).unwrap().is_none());
}

#[test]
fn the_adaptive_index_switches_and_switches_back() {
    let mut made = Made::new(20);
    let vectors = made.vectors(3000);
    let mut index = AdaptiveIndex::new(DIMENSION);
    index.set_switch_point(1000);
    let mut map = HashMap::new();
    for (id, vector) in vectors.iter().enumerate() {
        index.insert(id as u64, vector).unwrap();
        map.insert(id as u64, vector.clone());
        if id == 900 {
            assert!(index.is_exact() && !index.is_rebuilding());
        }
    }
    index.settle().unwrap();
    assert!(!index.is_exact() && !index.is_rebuilding());
    let queries = made.vectors(50);
    assert!(recall(&index, &map, &queries, None) >= 0.99);
    for id in 0..2700 {
        assert!(index.remove(id));
        map.remove(&id);
    }
    index.settle().unwrap();
    assert!(index.is_exact());
    assert_eq!(index.dead_share(), 0.0);
    assert_eq!(recall(&index, &map, &queries, None), 1.0);
}

#[test]
fn a_rebuild_in_the_background_is_put_in_place_by_a_later_change() {
    let mut made = Made::new(20);
    let vectors = made.vectors(1500);
    let mut index = AdaptiveIndex::new(DIMENSION);
    index.set_switch_point(1000);
    let mut map = HashMap::new();
    for (id, vector) in vectors.iter().enumerate() {
        index.insert(id as u64, vector).unwrap();
        map.insert(id as u64, vector.clone());
    }
    let queries = made.vectors(10);
    while index.is_exact() {
        assert!(index.is_rebuilding());
        assert!(recall(&index, &map, &queries, None) >= 0.99);
        let vector = made.vector();
        index.insert(5, &vector).unwrap();
        map.insert(5, vector);
    }
    assert!(recall(&index, &map, &queries, None) >= 0.99);
    assert_eq!(index.search(&map[&5], 1, None).unwrap()[0].id, 5);
}

/// A filter that searches the index it is used on.
struct Nested<'a>(&'a HnswIndex, Vec<f32>);

impl Filter for Nested<'_> {
    fn accepts(&self, id: u64) -> bool {
        self.0.search(&self.1, 1, None).is_ok_and(|hits| hits.len() == 1) && !id.is_multiple_of(5)
    }
}

#[test]
fn a_filter_may_search() {
    let mut made = Made::new(20);
    let (mut index, _) = built(&made.vectors(3000));
    index.set_ef(10);
    let query = made.vector();
    let hits = index.search(&query, 5, Some(&Nested(&index, query.clone()))).unwrap();
    assert_eq!(hits.len(), 5);
    assert!(hits.iter().all(|hit| !hit.id.is_multiple_of(5)));
}

#[test]
fn held_rebuilds_wait_and_searches_stay_right() {
    let mut made = Made::new(21);
    let vectors = made.vectors(1500);
    let mut index = AdaptiveIndex::new(DIMENSION);
    index.set_switch_point(1000);
    index.hold_rebuilds(true);
    let map = fill(&mut index, &vectors);
    assert!(index.is_exact() && !index.is_rebuilding());
    let queries = made.vectors(20);
    assert_eq!(recall(&index, &map, &queries, None), 1.0);
    index.hold_rebuilds(false);
    assert!(index.is_rebuilding());
    index.settle().unwrap();
    assert!(!index.is_exact());
    assert!(recall(&index, &map, &queries, None) >= 0.99);
}
