//! How long the store takes: adding small documents, reading clauses, streaming vectors.
//!
//! `cargo run -p yiju-store --release --example store_figures`

use std::hint::black_box;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use yiju_document::{Clause, Document, Section, Span, UnitKind};
use yiju_store::{Access, Model, NewDocument, NewPassage, NewSource, Store, StoreError};

const DIMENSION: usize = 384;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir_in(".")?;
    let model = Model { fingerprint: "f".into(), name: "figures".into(), dimension: DIMENSION };
    let store = Store::open(dir.path(), Access::ReadWrite, Some(&model))?;

    let small: Vec<NewSource> = (0..1000).map(|n| source(&format!("small-{n}"), 10)).collect();
    let start = Instant::now();
    let mut ids = Vec::new();
    let mut passages = Vec::new();
    for source in small {
        let outcome = store.put_source(source)?;
        passages.extend(outcome.added_passages);
        ids.extend(outcome.documents.into_iter().map(|document| document.id));
    }
    println!("add 1,000 documents of 10 clauses, a transaction each: {:?}", start.elapsed());

    let book = source("book", 12_000);
    let bytes = book.documents[0].document.text.len();
    let start = Instant::now();
    let book = store.put_source(book)?.documents.remove(0).id;
    println!("add one document of {bytes} bytes, 12,000 clauses: {:?}", start.elapsed());

    let spread: Vec<(&str, u32)> =
        (0..50).map(|n| (ids[n * 19 % 1000].as_str(), n as u32 % 10)).collect();
    let inside: Vec<(&str, u32)> = (0..50).map(|n| (book.as_str(), n * 239)).collect();
    for (name, wanted) in [("50 documents", spread), ("one large document", inside)] {
        let batch = median(|| store.clauses(&wanted))? / 50;
        println!("read 50 clauses of {name} in a batch: {batch:?} each");
        let (id, index) = wanted[7];
        println!("read one clause of {name}: {:?}", median(|| store.clause(id, index))?);
    }

    let some: Vec<u64> = passages.iter().step_by(397).copied().take(50).collect();
    println!("read 50 vectors in a batch: {:?} each", median(|| store.vectors(&some))? / 50);

    let start = Instant::now();
    let mut sum = 0.0;
    let mut count = 0u32;
    store.for_each_passage(|_, vector| {
        sum += vector[0];
        count += 1;
    })?;
    black_box(sum);
    println!("stream {count} passages: {:?}", start.elapsed());

    let start = Instant::now();
    black_box(store.document(&book)?);
    println!("read the large document whole: {:?}", start.elapsed());
    let start = Instant::now();
    let report = store.check()?;
    println!("check: {:?}, {} problems", start.elapsed(), report.problem_count);
    drop(store);
    let size = std::fs::metadata(dir.path().join("library.db"))?.len();
    println!(
        "size: {} MB, of it vectors {} MB",
        size >> 20,
        (count as usize * DIMENSION * 4) >> 20
    );
    let start = Instant::now();
    Store::open(dir.path(), Access::ReadOnly, Some(&model))?;
    println!("open for reading: {:?}", start.elapsed());
    Ok(())
}

/// The median of 200 runs.
fn median<T>(mut run: impl FnMut() -> Result<T, StoreError>) -> Result<Duration, StoreError> {
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        black_box(run()?);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// A document of articles of two sentences, with a vector for each article and sentence.
fn source(name: &str, articles: u32) -> NewSource {
    let mut text = String::new();
    let mut chars = 0;
    let mut push = |text: &mut String, piece: &str| {
        let (char_start, byte_start) = (chars, text.len());
        text.push_str(piece);
        chars += piece.chars().count();
        Span { char_start, char_end: chars, byte_start, byte_end: text.len() }
    };
    let title = push(&mut text, name);
    let (mut clauses, mut passages) = (Vec::new(), Vec::new());
    for n in 0..articles {
        push(&mut text, "\n");
        let sentences: Vec<Span> = (0..2)
            .map(|s| {
                let body = "超大特大城市应当控制规模，有序疏解非核心功能，".repeat(2);
                push(&mut text, &format!("{name}第{n}条第{s}款　{body}打造高质量发展主引擎。"))
            })
            .collect();
        let span = Span {
            char_end: sentences[1].char_end,
            byte_end: sentences[1].byte_end,
            ..sentences[0]
        };
        for sentence in [None, Some(0), Some(1)] {
            let mut vector = vec![0.0; DIMENSION];
            vector[n as usize % DIMENSION] = 1.0;
            passages.push(NewPassage { clause: n, sentence, vector, tokens: Vec::new() });
        }
        clauses.push(Clause {
            kind: UnitKind::Article,
            number: Some(n),
            sub_number: None,
            label: format!("第{n}条"),
            heading: None,
            section: Some(0),
            span,
            sentences,
            paragraphs: vec![span],
            items: Vec::new(),
            continues: false,
            inferred: false,
            roles: Vec::new(),
            lead: None,
        });
    }
    let hex = |bytes: &[u8]| base16ct::lower::encode_string(&Sha256::digest(bytes));
    let section = Section {
        kind: UnitKind::Chapter,
        number: Some(1),
        label: "第一章".into(),
        title: "总则".into(),
        parent: None,
        span: title,
    };
    let document = Document {
        title: name.to_owned(),
        issuer: None,
        number: None,
        date: None,
        language: "zh".into(),
        sha256: hex(text.as_bytes()),
        text,
        doubts: Vec::new(),
        sections: vec![section],
        clauses,
        outside: Vec::new(),
    };
    let documents =
        vec![NewDocument { document, layout: None, passages, told: yiju_store::Told::default() }];
    NewSource { name: name.to_owned(), sha256: hex(name.as_bytes()), original: None, documents }
}
