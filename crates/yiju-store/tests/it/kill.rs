//! A writing process killed at any moment: every acknowledged write is there, and none in part.
//!
//! The writer is this test binary run again with [`child`] as its only test. It says `try …`
//! before each write and `done …` once the write has returned; the parent kills it and compares.
//! `YIJU_KILL_ROUNDS` sets how often (25 by default).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use yiju_store::{Access, Store, StoreError};

use crate::sample;

const DIRECTORY: &str = "YIJU_STORE_KILL_DIRECTORY";
const FIRST_SEED: &str = "YIJU_STORE_KILL_FIRST_SEED";

/// What a write leads to, which follows from its number alone.
fn step(n: u64) -> (String, Option<usize>) {
    let name = format!("源{}.txt", n * 7 % 13);
    // Mostly adds and replacements from small to large, now and then a removal.
    (name, (n % 9 != 8).then_some(if n % 5 == 4 { 40 } else { 1 + n as usize % 6 }))
}

fn apply(state: &mut BTreeMap<String, (u64, usize)>, n: u64) {
    match step(n) {
        (name, Some(documents)) => state.insert(name, (n, documents)),
        (name, None) => state.remove(&name),
    };
}

#[test]
#[ignore = "the writing process of the tests below"]
fn child() {
    let Ok(dir) = std::env::var(DIRECTORY) else {
        return;
    };
    let first: u64 = std::env::var(FIRST_SEED).unwrap().parse().unwrap();
    let mut out = std::io::stdout();
    let mut say = |word: &str, n: u64| {
        writeln!(out, "{word} {n}").unwrap();
        out.flush().unwrap();
    };
    let store = sample::open(Path::new(&dir));
    let backup = backup_in(Path::new(&dir));
    for n in first.. {
        // Between writes, so that the output stays about writes.
        if n % 11 == 7 {
            store.backup(&backup).unwrap();
        }
        say("try", n);
        match step(n) {
            (name, Some(documents)) => {
                store.put_source(sample::source(&name, n, documents)).unwrap();
            }
            (name, None) => {
                store.remove_source(&name).unwrap();
            }
        }
        say("done", n);
    }
}

/// Where the child backs the library up: a place that the store does not look at.
fn backup_in(dir: &Path) -> std::path::PathBuf {
    let dir = dir.join("index");
    std::fs::create_dir_all(&dir).unwrap();
    dir.join("backup")
}

/// A writing process, killed when it goes out of scope.
struct Writer {
    process: Child,
    out: BufReader<ChildStdout>,
}

impl Writer {
    fn start(dir: &Path, first: u64) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--ignored", "--nocapture", "--quiet"])
            .env(DIRECTORY, dir)
            .env(FIRST_SEED, first.to_string())
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        Self { process, out }
    }

    /// The next `try` or `done`; `None` when the process is gone.
    fn next(&mut self) -> Option<(bool, u64)> {
        let mut line = String::new();
        while self.out.read_line(&mut line).unwrap() > 0 {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let (true, ["try" | "done", n]) = (line.ends_with('\n'), &words[..]) {
                return Some((words[0] == "done", n.parse().unwrap()));
            }
            line.clear();
        }
        None
    }

    fn wait_for_done(&mut self) -> u64 {
        loop {
            match self.next() {
                Some((true, n)) => return n,
                Some((false, _)) => {}
                None => panic!("the writer ended by itself"),
            }
        }
    }

    /// Kills the process as `kill -9` does; returns the rest of its output.
    fn kill(&mut self) -> Vec<(bool, u64)> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::iter::from_fn(|| self.next()).collect()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = self.out.read_to_end(&mut Vec::new());
    }
}

fn rounds() -> u64 {
    std::env::var("YIJU_KILL_ROUNDS").map_or(25, |rounds| rounds.parse().unwrap())
}

/// A different moment for every round and every run.
fn random(limit: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    (u64::from(now.subsec_nanos()).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % limit.max(1)
}

fn holds(store: &Store, state: &BTreeMap<String, (u64, usize)>) {
    for (name, (seed, documents)) in state {
        sample::assert_holds(store, name, *seed, *documents);
    }
    let expected: usize = state.values().map(|(_, documents)| documents).sum();
    assert_eq!(store.document_count().unwrap(), expected as u64);
    let report = store.check().unwrap();
    assert_eq!(report.problems, []);
    assert_eq!(report.documents, expected as u64);
}

#[test]
fn a_killed_writer_loses_nothing_acknowledged_and_leaves_nothing_half() {
    let dir = tempfile::tempdir().unwrap();
    let mut state = BTreeMap::new();
    let mut next = 0;
    let (mut in_flight, mut kept, mut backups) = (0, 0, 0);
    for round in 0..rounds() {
        let mut writer = Writer::start(dir.path(), next);
        let mut said = vec![(true, writer.wait_for_done())];
        std::thread::sleep(Duration::from_micros(random(80_000)));
        said.extend(writer.kill());
        for (_, n) in said.iter().filter(|(done, _)| *done) {
            apply(&mut state, *n);
            next = n + 1;
        }
        // Reading must work without repair, on the log as the process left it.
        let reader = sample::reader(dir.path());
        let tried = matches!(said.last(), Some((false, _)));
        if tried {
            // The interrupted write may be there or not, but not in part.
            in_flight += 1;
            let mut after = state.clone();
            apply(&mut after, next);
            let (name, _) = step(next);
            let found = reader.source(&name).unwrap().map(|source| source.sha256);
            let wanted = after
                .get(&name)
                .map(|(seed, documents)| sample::source(&name, *seed, *documents).sha256);
            if found == wanted {
                kept += 1;
                state = after;
                next += 1;
            }
        }
        println!("round {round}: {next} writes, {} sources, in flight: {tried}", state.len());
        holds(&reader, &state);
        let backup = backup_in(dir.path());
        if backup.exists() {
            let to = tempfile::tempdir().unwrap();
            let done = yiju_store::restore(&backup, to.path(), false).unwrap();
            let restored = sample::reader(to.path());
            assert_eq!(restored.check().unwrap().problems, []);
            assert!(done.generation <= reader.generation().unwrap());
            backups += 1;
        }
        if round % 5 == 4 {
            // A writer that opens it first finds the same.
            drop(reader);
            holds(&sample::open(dir.path()), &state);
        }
    }
    println!(
        "{next} writes acknowledged or durable; {in_flight} in flight, {kept} of them durable; \
         {backups} backups restored"
    );
}

#[test]
fn a_writer_killed_while_it_makes_the_library_leaves_a_whole_one_or_none() {
    for round in 0..rounds() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = Writer::start(dir.path(), 0);
        std::thread::sleep(Duration::from_micros(random(25_000)));
        let said = writer.kill();
        match Store::open(dir.path(), Access::ReadOnly, Some(&sample::model())) {
            Ok(reader) => assert_eq!(reader.check().unwrap().problems, [], "round {round}"),
            Err(StoreError::NotFound { .. }) => assert_eq!(said, [], "round {round}"),
            Err(error) => panic!("round {round}: {error:?}"),
        }
        let store = sample::open(dir.path());
        store.put_source(sample::source("a", 1, 1)).unwrap();
        sample::assert_holds(&store, "a", 1, 1);
    }
}

#[test]
fn a_second_process_is_refused_by_pid_and_readers_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::start(dir.path(), 0);
    writer.wait_for_done();
    match Store::open(dir.path(), Access::ReadWrite, Some(&sample::model())) {
        Err(StoreError::Locked { pid, .. }) => assert_eq!(pid, Some(writer.process.id())),
        other => panic!("{other:?}"),
    }
    let reader = sample::reader(dir.path());
    let mut state = BTreeMap::new();
    apply(&mut state, 0);
    let mut writes = 1;
    for _ in 0..10 {
        // Whatever was acknowledged can be read at once by another process.
        let n = writer.wait_for_done();
        let before = state.clone();
        apply(&mut state, n);
        writes += u64::from(state != before);
        let generation = reader.generation().unwrap();
        assert!(generation >= writes, "{generation} after {writes} writes");
        assert_eq!(reader.check().unwrap().problems, []);
    }
    drop(writer);
    // The lock went with the process.
    sample::open(dir.path());
}
