//! The tables, and the header fields that identify a library and its format.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rusqlite::Connection;

use crate::error::StoreError;

/// The format this build reads and writes. Raised with every change to the tables or the meaning of
/// their columns.
pub(crate) const FORMAT_VERSION: u32 = 5;

/// The oldest format that can be migrated to the current one.
const OLDEST_VERSION: u32 = 1;

/// "Yiju" in ASCII, kept in the SQLite header.
pub(crate) const APPLICATION_ID: u32 = 0x5969_6a75;

/// The durable store in the library's directory.
pub(crate) const DATABASE_FILE: &str = "library.db";

/// A library is made under this name and renamed when it is complete.
pub(crate) const UNFINISHED_FILE: &str = "library.db.new";

/// Keys are never reused, so cursors and passage ids stay valid after deletions.
/// A document's text is stored once, in pieces, so that reading a clause does not read all of it.
/// `head`, `sections.body` and `clauses.body` are the parsed structures as JSON.
/// `originals` holds the file of a source as it came, in pieces, and a document that was read from it has a row in
/// `layouts`.
/// `times` holds when a document is in force; its columns `title` and `linked` are derived from the rest.
/// `changes` holds ranges of passage ids; it is complete after the generation `meta.changes_after`.
/// Every `crc` covers its row, so that damage to a page is found when it is read.
const TABLES: &str = "
CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    library_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    changes_after INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    passages INTEGER NOT NULL,
    model_fingerprint TEXT NOT NULL,
    model_name TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    crc INTEGER NOT NULL
) STRICT;

CREATE TABLE sources (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL,
    complete INTEGER NOT NULL,
    added_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    crc INTEGER NOT NULL
) STRICT;

CREATE TABLE documents (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    source INTEGER NOT NULL REFERENCES sources(key),
    ordinal INTEGER NOT NULL,
    title TEXT NOT NULL,
    issuer TEXT,
    number TEXT,
    date TEXT,
    language TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    characters INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    sections INTEGER NOT NULL,
    clauses INTEGER NOT NULL,
    passages INTEGER NOT NULL,
    added_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    head TEXT NOT NULL,
    crc INTEGER NOT NULL,
    UNIQUE (source, ordinal)
) STRICT;

CREATE TABLE texts (
    document INTEGER NOT NULL REFERENCES documents(key),
    piece INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (document, piece)
) STRICT, WITHOUT ROWID;

CREATE TABLE sections (
    document INTEGER NOT NULL REFERENCES documents(key),
    section INTEGER NOT NULL,
    kind TEXT NOT NULL,
    number INTEGER,
    crc INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (document, section)
) STRICT, WITHOUT ROWID;
CREATE INDEX sections_by_number ON sections (number, kind) WHERE number IS NOT NULL;

CREATE TABLE clauses (
    document INTEGER NOT NULL REFERENCES documents(key),
    clause INTEGER NOT NULL,
    kind TEXT NOT NULL,
    number INTEGER,
    sub_number INTEGER,
    crc INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (document, clause)
) STRICT, WITHOUT ROWID;
CREATE INDEX clauses_by_number ON clauses (number, kind) WHERE number IS NOT NULL;

CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document INTEGER NOT NULL REFERENCES documents(key),
    clause INTEGER NOT NULL,
    sentence INTEGER,
    crc INTEGER NOT NULL,
    vector BLOB NOT NULL
) STRICT;
CREATE INDEX passages_by_document ON passages (document);

CREATE TABLE tokens (
    passage INTEGER PRIMARY KEY REFERENCES passages(id),
    crc INTEGER NOT NULL,
    codes BLOB NOT NULL
) STRICT;

CREATE TABLE originals (
    source INTEGER NOT NULL REFERENCES sources(key),
    piece INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (source, piece)
) STRICT, WITHOUT ROWID;

CREATE TABLE layouts (
    document INTEGER PRIMARY KEY REFERENCES documents(key),
    crc INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE times (
    document INTEGER PRIMARY KEY REFERENCES documents(key),
    title TEXT NOT NULL,
    linked INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX times_by_title ON times (title);

CREATE TABLE changes (
    generation INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    added INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (generation, first, added)
) STRICT, WITHOUT ROWID;
";

/// Creates the tables of an empty database, in the caller's transaction.
pub(crate) fn create_tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", FORMAT_VERSION)
}

/// The statements that make the tables of vectors of another model, which take the place of the library's own in the
/// end. What belongs to a document goes with it: who removes one need not know of them.
/// `staged_documents.version` is the document's last passage when it was embedded: each version has passages of
/// its own.
pub(crate) fn staging_tables() -> String {
    let passages = table("passages")
        .replace("TABLE passages", "TABLE staged_passages")
        .replace("documents(key)", "documents(key) ON DELETE CASCADE");
    let tokens = table("tokens")
        .replace("TABLE tokens", "TABLE staged_tokens")
        .replace("passages(id)", "staged_passages(id) ON DELETE CASCADE");
    format!(
        "CREATE TABLE staging (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    model_fingerprint TEXT NOT NULL,
    model_name TEXT NOT NULL,
    dimension INTEGER NOT NULL
) STRICT;
CREATE TABLE staged_documents (
    document INTEGER PRIMARY KEY REFERENCES documents(key) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    passages INTEGER NOT NULL
) STRICT;
{passages}
CREATE INDEX staged_passages_by_document ON staged_passages (document);
{tokens}"
    )
}

/// Drops what [`staging_tables`] made, those that refer to others first.
pub(crate) const DROP_STAGING: &str = "
DROP TABLE IF EXISTS staged_tokens;
DROP TABLE IF EXISTS staged_passages;
DROP TABLE IF EXISTS staged_documents;
DROP TABLE IF EXISTS staging;
";

/// Puts the staged passages and their tokens in the place of the library's own.
pub(crate) const SWAP_STAGED: &str = "
DROP TABLE tokens;
DROP TABLE passages;
DROP INDEX staged_passages_by_document;
ALTER TABLE staged_passages RENAME TO passages;
ALTER TABLE staged_tokens RENAME TO tokens;
CREATE INDEX passages_by_document ON passages (document);
";

/// The statement that makes one of the tables.
pub(crate) fn table(name: &str) -> &'static str {
    let start = TABLES.find(&format!("CREATE TABLE {name} (")).unwrap_or(TABLES.len());
    let rest = &TABLES[start..];
    &rest[..rest.find(';').map_or(0, |end| end + 1)]
}

/// The tables a library must have, from the text above.
pub(crate) fn table_names() -> impl Iterator<Item = &'static str> {
    TABLES.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ")?.strip_suffix(" ("))
}

/// Checks the file's header without SQLite, so that a file of another program or version is left
/// untouched: SQLite would create side files next to it.
pub(crate) fn check_header(dir: &Path) -> Result<(), StoreError> {
    let path = dir.join(DATABASE_FILE);
    let mut header = Vec::with_capacity(100);
    File::open(&path)
        .and_then(|file| file.take(100).read_to_end(&mut header))
        .map_err(|source| StoreError::io(&path, "read", source))?;
    let field = |at: usize| {
        let bytes = header.get(at..at + 4)?;
        Some(bytes.iter().fold(0, |value, byte| (value << 8) | u32::from(*byte)))
    };
    let foreign =
        |reason: &str| Err(StoreError::NotALibrary { path: path.clone(), reason: reason.into() });
    if !header.starts_with(b"SQLite format 3\0") {
        return foreign("the file is not an SQLite database");
    }
    match (field(68), field(60)) {
        (Some(APPLICATION_ID), Some(found)) => check_version(dir, found),
        _ => foreign("the file is an SQLite database of another program"),
    }
}

/// Says whether this build can use a library of version `found`: as it is, or after bringing it to
/// the present format (`migrate`).
pub(crate) fn check_version(dir: &Path, found: u32) -> Result<(), StoreError> {
    if (OLDEST_VERSION..=FORMAT_VERSION).contains(&found) {
        return Ok(());
    }
    Err(StoreError::FormatVersion { path: dir.to_owned(), found, supported: FORMAT_VERSION })
}
