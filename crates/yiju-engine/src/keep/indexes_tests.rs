//! The indexes over a store of made vectors: caught up, damaged, ended, and always equal to ones
//! built anew.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use yiju_document::{Document, parse_text};
use yiju_index::VectorIndex;
use yiju_store::{Access, Model, NewDocument, NewPassage, NewSource, Store};

use super::*;

const DIMENSION: usize = 8;

fn open_store(dir: &Path, access: Access) -> Store {
    let model = Model { fingerprint: "f00d".into(), name: "made".into(), dimension: DIMENSION };
    Store::open(dir, access, Some(&model)).unwrap()
}

/// A unit vector that differs for every seed.
fn vector(seed: u64) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(seed);
    let raw: Vec<f32> = (0..DIMENSION).map(|_| random.random_range(-1.0..1.0)).collect();
    let norm = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.iter().map(|x| x / norm).collect()
}

fn passages(document: &Document, seed: u64) -> Vec<NewPassage> {
    let mut passages = Vec::new();
    for (clause, found) in (0u32..).zip(&document.clauses) {
        let sentences = (0..found.sentences.len() as u32).map(Some);
        for sentence in std::iter::once(None).chain(sentences) {
            passages.push(NewPassage {
                clause,
                sentence,
                vector: vector(seed * 100_003 + passages.len() as u64),
                tokens: Vec::new(),
            });
        }
    }
    passages
}

/// A source of `articles` articles whose words name the seed.
fn put(store: &Store, name: &str, seed: u64, articles: usize) {
    let text: String = (1..=articles)
        .map(|n| format!("第{n}条　编号{seed}的规则规定第{n}种情形。各单位应当照办。\n"))
        .collect();
    let text = format!("规则{seed}\n{text}");
    let documents = parse_text(Some(&format!("规则{seed}")), &text)
        .unwrap()
        .into_iter()
        .map(|document| NewDocument {
            passages: passages(&document, seed),
            layout: None,
            document,
            told: yiju_store::Told::default(),
        })
        .collect();
    let sha256 = base16ct::lower::encode_string(&Sha256::digest(text.as_bytes()));
    store.put_source(NewSource { name: name.into(), sha256, original: None, documents }).unwrap();
}

/// What the lanes answer to some queries.
fn answers(indexes: &Indexes) -> Vec<Vec<u64>> {
    let ids = |hits: Vec<yiju_index::Hit>| hits.into_iter().map(|hit| hit.id).collect();
    let mut out: Vec<Vec<u64>> = (0..20)
        .flat_map(|n| {
            let query = vector(7_000_000 + n);
            [
                ids(indexes.clauses.search(&query, 10, None).unwrap()),
                ids(indexes.sentences.search(&query, 10, None).unwrap()),
            ]
        })
        .collect();
    out.push(indexes.lexical.ids().unwrap());
    for query in ["编号3的规则", "第5种情形", "规则901"] {
        out.push(ids(indexes.lexical.search(query, 5, None).unwrap()));
    }
    out
}

/// Indexes built of nothing but the store.
fn built(store: &Store) -> Vec<Vec<u64>> {
    let copy = tempfile::tempdir().unwrap();
    fs::copy(store.path().join("library.db"), copy.path().join("library.db")).unwrap();
    let log = store.path().join("library.db-wal");
    if log.exists() {
        fs::copy(log, copy.path().join("library.db-wal")).unwrap();
    }
    answers(&Indexes::open(&open_store(copy.path(), Access::ReadWrite)).unwrap())
}

/// A library large enough for its vectors to be saved, with saved indexes.
fn large(dir: &Path) -> Store {
    let store = open_store(dir, Access::ReadWrite);
    for n in 0..8 {
        put(&store, &format!("源{n}"), n, 300);
    }
    let passages = store.passage_count().unwrap();
    assert!(passages >= SAVE_FROM, "{passages}");
    Indexes::open(&store).unwrap().save(&store).unwrap();
    store
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            out.extend(files(&path));
        } else {
            out.push(path);
        }
    }
    out.sort();
    out
}

#[test]
fn saved_indexes_catch_up_with_what_was_written_since() {
    let dir = tempfile::tempdir().unwrap();
    let store = large(dir.path());
    let saved = store.generation().unwrap();
    put(&store, "源3", 900, 30);
    put(&store, "新", 901, 30);
    let gone = store.source("源5").unwrap().unwrap().document_ids;
    assert!(store.remove_document(&gone[0]).unwrap().is_some());
    let state = store.state().unwrap();
    let (vectors, loaded) = open_vectors(&store, &state).unwrap();
    assert_eq!((vectors.generation, loaded), (saved, true));
    let words = open_words(&store, &state).unwrap();
    assert_eq!((words.generation, words.on_disk), (saved, true));
    drop((vectors, words));

    let expected = built(&store);
    let mut indexes = Indexes::open(&store).unwrap();
    assert!(indexes.show(&state));
    assert_eq!(answers(&indexes), expected);
    // And while it is open, whatever it was not told.
    put(&store, "新", 902, 10);
    assert!(!indexes.show(&store.state().unwrap()));
    indexes.refresh(&store).unwrap();
    assert_eq!(answers(&indexes), built(&store));
    indexes.save(&store).unwrap();
    drop(indexes);
    let reader = open_store(dir.path(), Access::ReadOnly);
    assert_eq!(answers(&Indexes::open(&reader).unwrap()), built(&store));
}

#[test]
fn a_reader_follows_the_writer_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_store(dir.path(), Access::ReadWrite);
    put(&store, "a", 1, 5);
    let mut writer = Indexes::open(&store).unwrap();
    let reader = open_store(dir.path(), Access::ReadOnly);
    let mut reading = Indexes::open(&reader).unwrap();
    for seed in 2..6 {
        put(&store, "a", seed, 5);
        put(&store, &format!("b{seed}"), seed + 10, 3);
        if seed % 2 == 0 {
            writer.refresh(&store).unwrap();
        }
        let before = files(&store.index_dir());
        reading.refresh(&reader).unwrap();
        assert_eq!(files(&store.index_dir()), before);
        assert_eq!(answers(&reading), built(&store));
    }
    writer.refresh(&store).unwrap();
    assert_eq!(answers(&writer), answers(&reading));
}

#[test]
fn torn_and_flipped_bytes_in_every_file_change_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    drop(large(dir.path()));
    let index = dir.path().join("index");
    let whole = tempfile::tempdir().unwrap();
    copy(&index, whole.path());
    let expected = built(&open_store(dir.path(), Access::ReadOnly));
    let all = files(&index);
    assert!(all.len() >= 8, "{all:?}");
    let mut damaged = 0;
    for file in &all {
        let bytes = fs::read(file).unwrap();
        let flip = |at: usize| {
            let mut bytes = bytes.clone();
            bytes.get_mut(at).map(|byte| *byte ^= 0x10)?;
            Some(bytes)
        };
        let cases = [
            flip(0),
            flip(bytes.len() / 3),
            flip(bytes.len().saturating_sub(1)),
            Some(bytes[..bytes.len() / 2].to_vec()),
            Some(Vec::new()),
            Some([&bytes[..], &[0; 100]].concat()),
            // As a file system may leave it that had made room but not yet written.
            Some(vec![0; bytes.len()]),
        ];
        for case in cases.into_iter().flatten().filter(|case| *case != bytes) {
            fs::write(file, &case).unwrap();
            let access = if damaged % 2 == 0 { Access::ReadOnly } else { Access::ReadWrite };
            damaged += 1;
            let store = open_store(dir.path(), access);
            let indexes = Indexes::open(&store).unwrap();
            assert_eq!(answers(&indexes), expected, "{}", file.display());
            drop(indexes);
            fs::remove_dir_all(&index).unwrap();
            copy(whole.path(), &index);
        }
        fs::remove_file(file).unwrap();
        let store = open_store(dir.path(), Access::ReadOnly);
        assert_eq!(answers(&Indexes::open(&store).unwrap()), expected);
        fs::copy(whole.path().join(file.strip_prefix(&index).unwrap()), file).unwrap();
    }
    assert!(damaged > 40, "{damaged}");
}

#[test]
fn indexes_of_a_library_that_was_restored_over_are_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let library = dir.path().join("library");
    let store = open_store(&library, Access::ReadWrite);
    put(&store, "a", 1, 5);
    let backup = dir.path().join("backup");
    store.backup(&backup).unwrap();
    // Another history that comes to the same generation.
    put(&store, "a", 2, 9);
    let mut indexes = Indexes::open(&store).unwrap();
    assert_ne!(answers(&indexes), built(&store)[..1].to_vec());
    yiju_store::restore(&backup, &library, true).unwrap();
    put(&store, "b", 3, 4);
    assert_eq!(store.generation().unwrap(), 2);
    assert!(!indexes.show(&store.state().unwrap()));
    indexes.refresh(&store).unwrap();
    assert_eq!(answers(&indexes), built(&store));
    let left: Vec<_> = fs::read_dir(store.index_dir())
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, [store.state().unwrap().library_id]);
}

const CHILD: &str = "YIJU_INDEXES_CHILD";

#[test]
#[ignore = "the process that the test below ends"]
fn child() {
    let Ok(dir) = std::env::var(CHILD) else {
        return;
    };
    let store = open_store(Path::new(&dir), Access::ReadWrite);
    let mut indexes = Indexes::open(&store).unwrap();
    put(&store, "新", 901, 30);
    indexes.refresh(&store).unwrap();
    indexes.save(&store).unwrap();
}

#[test]
fn a_process_that_ends_while_it_saves_leaves_indexes_that_answer_the_same() {
    let origin = tempfile::tempdir().unwrap();
    drop(large(origin.path()));
    for point in
        ["index:written", "index:renamed", "index:saved", "lexical:prepared", "lexical:committed"]
    {
        for time in 1..=2 {
            let dir = tempfile::tempdir().unwrap();
            copy(origin.path(), dir.path());
            let status = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "keep::indexes::tests::child", "--ignored", "--quiet"])
                .env(CHILD, dir.path())
                .env("YIJU_KILL_AT", format!("{point}:{time}"))
                .output()
                .unwrap()
                .status;
            if status.success() {
                assert_eq!(time, 2, "it never comes to {point}");
                continue;
            }
            assert_eq!(status.code(), None, "{point}");
            for access in [Access::ReadOnly, Access::ReadWrite] {
                let store = open_store(dir.path(), access);
                let mut indexes = Indexes::open(&store).unwrap();
                assert_eq!(answers(&indexes), built(&store), "{point} {access:?}");
                indexes.save(&store).unwrap();
            }
            let left = files(&dir.path().join("index"));
            assert!(
                left.iter().all(|path| path.extension().is_none_or(|e| e != "tmp")),
                "{left:?}"
            );
        }
    }
}

#[test]
fn a_check_finds_what_differs_and_repairs_what_is_derived() {
    use crate::keep::maintain::{Advice, IndexState, check};

    let dir = tempfile::tempdir().unwrap();
    let store = large(dir.path());
    let id = store.state().unwrap().library_id;
    drop(store);
    let sound = check(dir.path(), false).unwrap();
    assert!(sound.sound, "{:#?}", sound.findings);
    assert_eq!(sound.indexes.len(), 3);
    for index in &sound.indexes {
        assert_eq!(index.state, IndexState::Current, "{index:?}");
    }
    let index = dir.path().join("index").join(id);

    // Damage, and indexes that are whole but hold something else.
    let flip = |path: PathBuf| {
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let foreign = |index: &Path| {
        let mut other = AdaptiveIndex::new(DIMENSION);
        other.insert(1, &vector(5)).unwrap();
        other.save(&index.join(CLAUSES), sound.generation).unwrap();
        let mut words = LexicalIndex::create(&index.join(LEXICAL)).unwrap();
        words.add(1, "规则", "别的").unwrap();
        words.commit(sound.generation).unwrap();
    };
    let cases: [(&dyn Fn(), &[&str]); 2] = [
        (&|| flip(index.join("sentences/vectors.yiju")), &["index sentences"]),
        (&|| foreign(&index), &["index clauses", "index lexical"]),
    ];
    for (damage, places) in cases {
        damage();
        let found = check(dir.path(), false).unwrap();
        assert!(!found.sound);
        let named: Vec<&str> = found.findings.iter().map(|f| f.place.as_str()).collect();
        assert_eq!(named, places);
        assert!(found.findings.iter().all(|f| f.advice == Advice::Repair));
        let repaired = check(dir.path(), true).unwrap();
        assert!(repaired.sound, "{:#?}", repaired.findings);
        assert_eq!(repaired.repaired, ["made the indexes again"]);
        assert!(check(dir.path(), false).unwrap().sound);
    }

    // One that is behind is no damage.
    let store = open_store(dir.path(), Access::ReadWrite);
    put(&store, "新", 7_777, 2);
    drop(store);
    let behind = check(dir.path(), false).unwrap();
    assert!(behind.sound);
    assert!(behind.indexes.iter().all(|index| index.state == IndexState::Behind));
}
