//! Saved vector indexes: the same again, or an error that says what is wrong.

use std::path::Path;

use proptest::prelude::*;
use yiju_index::{AdaptiveIndex, SnapshotError, VectorIndex};

use crate::made::{DIMENSION, Made};

const FILE: &str = "vectors.yiju";

/// An index with a graph, dead rows and a side segment.
fn sample(made: &mut Made, n: usize, graph: bool) -> AdaptiveIndex {
    let mut index = AdaptiveIndex::new(DIMENSION);
    for id in 0..n as u64 {
        index.insert(id * 2, &made.vector()).unwrap();
    }
    if graph {
        index.set_switch_point(n / 2);
        index.settle().unwrap();
    }
    for id in 0..n as u64 / 10 {
        assert!(index.remove(id * 4));
        index.insert(id * 4 + 1, &made.vector()).unwrap();
    }
    assert_eq!(index.is_exact(), !graph);
    index
}

fn load(dir: &Path, generation: u64) -> Result<AdaptiveIndex, SnapshotError> {
    AdaptiveIndex::load(dir, DIMENSION, generation)
}

#[test]
fn loaded_equals_saved() {
    for graph in [false, true] {
        let mut made = Made::new(30);
        let mut index = sample(&mut made, 3000, graph);
        let dir = tempfile::tempdir().unwrap();
        index.save(&dir.path().join("new"), 5).unwrap();
        let mut loaded = load(&dir.path().join("new"), 5).unwrap();
        loaded.set_switch_point(1500);
        assert_eq!(
            (loaded.len(), loaded.is_exact(), loaded.dead_share()),
            (index.len(), !graph, index.dead_share())
        );
        let same = |a: &AdaptiveIndex, b: &AdaptiveIndex, made: &mut Made| {
            for query in made.vectors(100) {
                assert_eq!(
                    a.search(&query, 10, None).unwrap(),
                    b.search(&query, 10, None).unwrap()
                );
            }
        };
        same(&index, &loaded, &mut made);
        // A loaded index takes changes, and can be saved over the file it is mapped from.
        let vector = made.vector();
        for index in [&mut index, &mut loaded] {
            index.insert(77_777, &vector).unwrap();
            assert!(index.remove(6));
        }
        same(&index, &loaded, &mut made);
        loaded.save(&dir.path().join("new"), 6).unwrap();
        same(&index, &loaded, &mut made);
        same(&index, &load(&dir.path().join("new"), 6).unwrap(), &mut made);
        let left: Vec<_> = std::fs::read_dir(dir.path().join("new"))
            .unwrap()
            .map(|f| f.unwrap().file_name())
            .collect();
        assert_eq!(left, [FILE]);
    }
}

#[test]
fn an_empty_index_is_saved_too() {
    let dir = tempfile::tempdir().unwrap();
    AdaptiveIndex::new(DIMENSION).save(dir.path(), 0).unwrap();
    assert!(load(dir.path(), 0).unwrap().is_empty());
}

#[test]
fn each_misfit_has_its_own_error() {
    let mut made = Made::new(5);
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(load(dir.path(), 1), Err(SnapshotError::Missing { .. })));
    sample(&mut made, 200, false).save(dir.path(), 1).unwrap();
    assert!(matches!(load(dir.path(), 2), Err(SnapshotError::Stale { expected: 2, found: 1 })));
    let other = AdaptiveIndex::load(dir.path(), DIMENSION + 1, 1);
    assert!(matches!(other, Err(SnapshotError::Dimension { found: DIMENSION, .. })));
    let file = dir.path().join(FILE);
    let bytes = std::fs::read(&file).unwrap();
    let mut newer = bytes.clone();
    newer[8] += 1;
    std::fs::write(&file, newer).unwrap();
    assert!(matches!(load(dir.path(), 1), Err(SnapshotError::Version { .. })));
    for length in [0, 1, 8, 63, 64, 300, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&file, &bytes[..length]).unwrap();
        let error = load(dir.path(), 1).err().unwrap();
        assert!(matches!(error, SnapshotError::Damaged { .. }), "{length}: {error}");
        assert!(error.needs_rebuild());
    }
    let mut longer = bytes.clone();
    longer.push(0);
    std::fs::write(&file, longer).unwrap();
    assert!(matches!(load(dir.path(), 1), Err(SnapshotError::Damaged { .. })));
    std::fs::write(&file, &bytes).unwrap();
    assert!(load(dir.path(), 1).is_ok());
}

#[test]
fn flipped_bytes_are_found() {
    let mut made = Made::new(5);
    let dir = tempfile::tempdir().unwrap();
    sample(&mut made, 300, true).save(dir.path(), 1).unwrap();
    let file = dir.path().join(FILE);
    let bytes = std::fs::read(&file).unwrap();
    let sound = load(dir.path(), 1).unwrap();
    let query = made.vector();
    let wanted = sound.search(&query, 10, None).unwrap();
    drop(sound);
    proptest!(ProptestConfig::with_cases(300), |(at in any::<prop::sample::Index>(), early: bool, flip in 1u8..)| {
        let at = at.index(if early { 400 } else { bytes.len() });
        let mut broken = bytes.clone();
        broken[at] ^= flip;
        // A new file each time: the old one may still be mapped.
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, &broken).unwrap();
        match load(dir.path(), 1) {
            Err(error) => prop_assert!(error.needs_rebuild(), "{error}"),
            // Only padding between sections may change unnoticed.
            Ok(index) => prop_assert_eq!(index.search(&query, 10, None).unwrap(), wanted.clone()),
        }
    });
}

#[test]
fn a_consistent_but_senseless_file_is_refused() {
    // Every checksum is right, but a neighbour points outside the rows.
    let mut made = Made::new(5);
    let dir = tempfile::tempdir().unwrap();
    sample(&mut made, 300, true).save(dir.path(), 1).unwrap();
    let file = dir.path().join(FILE);
    let mut bytes = std::fs::read(&file).unwrap();
    let table = 64 + 4 * 24;
    let number = |bytes: &[u8], at: usize| {
        u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
    };
    let (start, length) = (number(&bytes, table), number(&bytes, table + 8));
    bytes[start..start + 4].copy_from_slice(&1_000_000u32.to_le_bytes());
    let crc = crc32fast::hash(&bytes[start..start + length]);
    bytes[table + 16..table + 20].copy_from_slice(&crc.to_le_bytes());
    bytes[56..60].fill(0);
    let size = (64usize + 14 * 24).next_multiple_of(64);
    let crc = crc32fast::hash(&bytes[..size]);
    bytes[56..60].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(&file, bytes).unwrap();
    let error = load(dir.path(), 1).err().unwrap();
    assert!(error.to_string().contains("the graph does not fit"), "{error}");
}
