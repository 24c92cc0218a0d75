//! Fuzz targets: each function takes any bytes and panics if it finds a fault.
//!
//! `fuzz/run.sh SECONDS` runs each under libFuzzer; `cargo test -p yiju-fuzz` runs each over the seeds, so
//! that past findings do not return.

pub mod readers;

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
pub use readers::{picture, reader};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use yiju_api::{AppState, Limits};
use yiju_document::{Document, Span};
use yiju_engine::{Access, Engine, EngineOptions, Precision, Source};
use yiju_index::{AdaptiveIndex, CodedTokens, LexicalIndex, QueryTokens, VectorIndex};

/// A target takes any bytes.
pub type Target = fn(&[u8]);

/// The targets by name.
pub const TARGETS: [(&str, Target); 13] = [
    ("document", document),
    ("format", format),
    ("reader", reader),
    ("picture", picture),
    ("references", references),
    ("question", question),
    ("ground", ground),
    ("api_body", api_body),
    ("writer_stream", writer_stream),
    ("vector_snapshot", vector_snapshot),
    ("token_codes", token_codes),
    ("model_files", model_files),
    ("backup", backup),
];

/// The parser: any bytes are refused or give documents whose spans are within their text.
pub fn document(data: &[u8]) {
    let Ok(documents) = yiju_document::parse(data) else {
        return;
    };
    assert!(!documents.is_empty());
    for document in &documents {
        for section in &document.sections {
            check_span(document, section.span);
        }
        for (index, clause) in document.clauses.iter().enumerate() {
            check_span(document, clause.span);
            for span in clause.sentences.iter().chain(&clause.paragraphs) {
                check_span(document, *span);
                assert!(span.byte_start >= clause.span.byte_start);
                assert!(span.byte_end <= clause.span.byte_end);
            }
            document.path(index);
        }
        let times = document.times();
        let days = times.facts.iter().map(|fact| fact.span);
        for span in days.chain(times.repeals.iter().map(|repeal| repeal.span)) {
            check_span(document, span);
        }
    }
}

/// Files: any bytes are refused, or give text whose places are within it.
pub fn format(data: &[u8]) {
    readers::checked(data, None);
}

fn check_span(document: &Document, span: Span) {
    let text = document.text.get(span.byte_start..span.byte_end);
    let text = text.expect("a span lies in the text, on characters");
    assert_eq!(text.chars().count(), span.char_end - span.char_start);
}

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// What an endpoint streams: where its bytes are cut changes nothing.
pub fn writer_stream(data: &[u8]) {
    let (whole, failed) = yiju_writer::fuzzing::events(data, usize::MAX);
    for size in [1, 7] {
        let (pieces, failed_too) = yiju_writer::fuzzing::events(data, size);
        assert_eq!(failed, failed_too);
        assert!(failed || pieces == whole);
    }
}

/// The references in a question: their spans are within it and in order.
pub fn references(data: &[u8]) {
    let text = text(data);
    let mut last = 0;
    for reference in yiju_document::find_references(&text) {
        assert!(text.get(reference.range.clone()).is_some());
        assert!(reference.range.start >= last);
        last = reference.range.start;
    }
    let _ = yiju_text::parse_number(&text);
    for range in yiju_text::split_sentences(&text) {
        assert!(text.get(range).is_some());
    }
}

/// The analysis of a question and its terms.
pub fn question(data: &[u8]) {
    static WORDS: LazyLock<LexicalIndex> = LazyLock::new(|| {
        let mut words = LexicalIndex::in_memory().expect("an index in memory");
        words
            .add(1, "城市供水", "因工程施工确需停止供水的，应当提前通知用户。")
            .and_then(|()| words.commit(1))
            .expect("an index in memory");
        words
    });
    let text = text(data);
    for term in yiju_text::terms(&text) {
        assert!(text.get(term.range).is_some());
    }
    let _ = yiju_text::normalize(&text);
    yiju_engine::fuzzing::question(&text, &WORDS);
    let _ = WORDS.search(&text, 3, None);
}

/// The check of a text without its model: what stands before the first NUL against what follows it.
pub fn ground(data: &[u8]) {
    let (answer, source) = match data.iter().position(|byte| *byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, data),
    };
    yiju_engine::fuzzing::ground(&text(answer), &text(source));
}

/// Requests: the first byte chooses the route, the rest is the body. No request may give a server error.
/// The library is open for reading only, so that inputs do not affect each other; questions run the whole
/// pipeline.
pub fn api_body(data: &[u8]) {
    static SERVER: LazyLock<(TempDir, Runtime, Router)> = LazyLock::new(served);
    const JSON: &str = "application/json";
    const ROUTES: [(Method, &str, &str); 10] = [
        (Method::POST, "/v1/ask", JSON),
        (Method::POST, "/v1/search", JSON),
        (Method::POST, "/v1/documents", JSON),
        (Method::POST, "/v1/documents", "multipart/form-data; boundary=x"),
        (Method::POST, "/v1/embeddings", JSON),
        (Method::POST, "/v1/search/batch", JSON),
        (Method::POST, "/v1/verify", JSON),
        (Method::PUT, "/v1/collections/default", JSON),
        (Method::PUT, "/v1/collections/a", JSON),
        (Method::POST, "/v1/ground", JSON),
    ];
    let Some((&first, body)) = data.split_first() else {
        return;
    };
    let (method, path, kind) = &ROUTES[usize::from(first) % ROUTES.len()];
    let (_, runtime, app) = &*SERVER;
    runtime.block_on(async {
        let request = Request::builder()
            .method(method)
            .uri(*path)
            .header("content-type", *kind)
            .body(Body::from(body.to_vec()))
            .expect("a request");
        let Ok(response) = app.clone().oneshot(request).await;
        let status = response.status();
        assert!(!status.is_server_error(), "{status}");
        axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("the whole answer");
    });
}

/// A server over a library of one regulation, with the bundled model.
fn served() -> (TempDir, Runtime, Router) {
    let directory = scratch();
    let open = |access| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let options = EngineOptions {
            library: directory.path().join("library"),
            model: root.join("models/yiju-e5-small-q8"),
            access,
            threads: 1,
            precision: Precision::Int8,
        };
        Engine::open(options).expect("the bundled model")
    };
    let source = Source {
        name: "rules".into(),
        title: Some("城市供水条例".into()),
        bytes: "第一条 因工程施工确需停止供水的，应当提前二十四小时通知用户。\n\
            第二条 供水单位负责水质。"
            .into(),
    };
    open(Access::ReadWrite).add(source, &|_| {}).expect("a small document");
    let state = AppState::new(Limits::default());
    state.set_engine(Arc::new(open(Access::ReadOnly)));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    (directory, runtime, yiju_api::app(state))
}

/// A temporary directory, in memory if possible.
fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a directory")
}

/// Snapshots of vector indexes. Checksums are corrected first, so that the code behind them is reached.
pub fn vector_snapshot(data: &[u8]) {
    static DIRECTORY: LazyLock<TempDir> = LazyLock::new(scratch);
    const DIMENSION: usize = 4;
    let mut bytes = data.to_vec();
    seal_snapshot(&mut bytes);
    let path = DIRECTORY.path().join("vectors.yiju");
    // A new file each time, as the last one may still be mapped.
    let _ = fs::remove_file(&path);
    fs::write(&path, &bytes).expect("a file");
    let Ok((mut index, _)) = AdaptiveIndex::load_any(DIRECTORY.path(), DIMENSION) else {
        return;
    };
    let query = [0.5; DIMENSION];
    // With damaged vectors the search may fail, but must end.
    if let Ok(hits) = index.search(&query, 5, None) {
        assert!(hits.len() <= index.len());
    }
    let _ = index.insert(1 << 40, &query);
    let _ = index.remove(1);
    let _ = index.search(&query, 5, None);
}

/// Writes the checksums of a snapshot (for the layout see `yiju-index/src/snapshot.rs`).
fn seal_snapshot(bytes: &mut [u8]) {
    const HEAD: usize = 448;
    if bytes.len() < HEAD {
        return;
    }
    for row in 0..14 {
        let at = 64 + row * 24;
        let number = |at: usize| bytes[at..].first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
        let (start, length) = (number(at), number(at + 8));
        let range = usize::try_from(start)
            .ok()
            .zip(usize::try_from(length).ok())
            .and_then(|(start, length)| Some(start..start.checked_add(length)?));
        let sum = range.and_then(|range| Some(crc32fast::hash(bytes.get(range)?)));
        if let Some(sum) = sum {
            bytes[at + 16..at + 20].copy_from_slice(&sum.to_le_bytes());
        }
    }
    bytes[56..60].fill(0);
    let sum = crc32fast::hash(&bytes[..HEAD]);
    bytes[56..60].copy_from_slice(&sum.to_le_bytes());
}

/// Quantised token vectors.
pub fn token_codes(data: &[u8]) {
    for dimension in [3, 8] {
        let Ok(coded) = CodedTokens::read(data, dimension) else {
            continue;
        };
        let vectors = [vec![0.5; dimension], vec![-1.0; dimension]];
        let query = QueryTokens::new(vectors.iter().map(Vec::as_slice), dimension);
        let found = coded.similarities(&query);
        assert_eq!(found.len(), 2 * coded.len());
        assert!(found.iter().all(|x| x.is_finite()));
        assert_eq!(coded.ranges().count(), coded.len());
    }
}

/// The files of a model directory: the first byte chooses the file that is fuzzed, the others are valid.
pub fn model_files(data: &[u8]) {
    static DIRECTORY: LazyLock<TempDir> = LazyLock::new(scratch);
    const CONFIG: &str = r#"{"model_type":"bert","hidden_size":32,"num_hidden_layers":1,
        "num_attention_heads":2,"intermediate_size":32,"vocab_size":8,
        "max_position_embeddings":16,"layer_norm_eps":1e-12,"type_vocab_size":2}"#;
    const FILES: [&str; 7] = [
        "model.gguf",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer.bin",
        "config.json",
        "config_sentence_transformers.json",
        "yiju.toml",
    ];
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let directory = DIRECTORY.path();
    for file in FILES {
        let _ = fs::remove_file(directory.join(file));
    }
    let mut bytes = rest.to_vec();
    let file = FILES[usize::from(first) % FILES.len()];
    if file == "tokenizer.bin" {
        // Its checksum is corrected, as made from an empty tokenizer.json.
        if bytes.len() >= 12 {
            let sum = crc32fast::hash(&bytes[12..]);
            bytes[8..12].copy_from_slice(&sum.to_le_bytes());
        }
        fs::write(directory.join("tokenizer.json"), "{}").expect("a file");
    }
    if file != "config.json" {
        fs::write(directory.join("config.json"), CONFIG).expect("a file");
    }
    fs::write(directory.join(file), &bytes).expect("a file");
    yiju_embed::fuzzing::model_files(directory);
}

/// A backup file. Any bytes are refused and change nothing, unless their SHA-256 is right, which does not
/// happen by chance.
pub fn backup(data: &[u8]) {
    static DIRECTORY: LazyLock<TempDir> = LazyLock::new(scratch);
    let file = DIRECTORY.path().join("backup");
    let mut bytes = data.to_vec();
    // The trailer's checksum is corrected, so that the code behind it is reached.
    if let Some(at) = bytes.len().checked_sub(128) {
        let end = bytes.len();
        let sum = crc32fast::hash(&bytes[at..end - 4]);
        bytes[end - 4..].copy_from_slice(&sum.to_le_bytes());
    }
    fs::write(&file, &bytes).expect("a file");
    let library = DIRECTORY.path().join("library");
    if yiju_store::restore(&file, &library, true).is_ok() {
        let store = yiju_store::Store::open(&library, yiju_store::Access::ReadOnly, None)
            .expect("what was restored opens");
        assert_eq!(store.check().expect("it can be read").problems, []);
    }
}
