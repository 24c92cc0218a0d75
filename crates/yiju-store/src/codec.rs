//! The encoding of vectors, texts and structures in rows, and their checksums.

use base16ct::lower::encode_string;
use rusqlite::Row;
use rusqlite::types::{Type, ValueRef};
use sha2::{Digest, Sha256};

use crate::error::{DamagedRow, Fault};

/// Bytes of text in a row: a row of this length stays on one 8 KiB page of a table without row ids.
pub(crate) const CHUNK: usize = 1920;

/// CRC-32 of a row's key and payload: the key detects a row in the wrong place.
pub(crate) fn checksum(first: i64, second: i64, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&first.to_le_bytes());
    hasher.update(&second.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

/// CRC-32 over the columns `from..to` of a row: each by its type, length and bytes, so that different
/// rows never give the same input.
pub(crate) fn row_checksum(row: &Row<'_>, from: usize, to: usize) -> rusqlite::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    for column in from..to {
        let (kind, bytes): (u8, &[u8]) = match row.get_ref(column)? {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(value) => (1, &value.to_le_bytes()),
            ValueRef::Real(value) => (2, &value.to_le_bytes()),
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(bytes) => (4, bytes),
        };
        hasher.update(&[kind]);
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    Ok(hasher.finalize())
}

/// Fails if the columns `from..at` of a row do not match the checksum in the column `at`.
pub(crate) fn verify_row(
    table: &'static str,
    row: &Row<'_>,
    from: usize,
    at: usize,
) -> rusqlite::Result<()> {
    if row.get::<_, i64>(at)? == i64::from(row_checksum(row, from, at)?) {
        return Ok(());
    }
    let error = DamagedRow {
        table,
        key: match row.get_ref(from)? {
            ValueRef::Integer(key) => key.to_string(),
            ValueRef::Text(key) => String::from_utf8_lossy(key).into_owned(),
            other => format!("{other:?}"),
        },
    };
    Err(rusqlite::Error::FromSqlConversionFailure(at, Type::Integer, Box::new(error)))
}

/// Fails if a row's payload does not match its checksum.
pub(crate) fn verify(
    table: &str,
    first: i64,
    second: i64,
    payload: &[u8],
    expected: u32,
) -> Result<(), Fault> {
    if checksum(first, second, payload) == expected {
        return Ok(());
    }
    Err(Fault::Corrupt(format!("the row {first}/{second} of {table} does not have its checksum")))
}

/// Little-endian 32-bit floats.
pub(crate) fn encode_vector(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Decodes into `out`, reusing its allocation; fails if the blob is not `dimension` floats.
pub(crate) fn decode_vector(
    blob: &[u8],
    dimension: usize,
    out: &mut Vec<f32>,
) -> Result<(), Fault> {
    let (floats, rest) = blob.as_chunks::<4>();
    if floats.len() != dimension || !rest.is_empty() {
        return Err(Fault::Corrupt(format!(
            "a vector has {} bytes, expected {dimension} floats of 4 bytes",
            blob.len()
        )));
    }
    out.clear();
    out.extend(floats.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    Ok(())
}

/// A count as SQLite stores it.
pub(crate) fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    encode_string(&Sha256::digest(bytes))
}

/// The id of a document: 16 hex digits from its source's name and its place there. `salt` is 0
/// unless another document already has the id.
pub(crate) fn document_id(source: &str, ordinal: u32, salt: u32) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"yiju document\0");
    hasher.update(source.as_bytes());
    hasher.update([0]);
    hasher.update(ordinal.to_le_bytes());
    if salt > 0 {
        hasher.update(salt.to_le_bytes());
    }
    encode_string(&hasher.finalize()[..8])
}

/// The cursor after the document with this key: the key and 16 bits of its checksum, in hex.
pub(crate) fn encode_cursor(key: i64) -> String {
    format!("{key:x}-{:04x}", checksum(key, 0, b"cursor") & 0xffff)
}

/// The key in a cursor; `None` if this store did not make the cursor.
pub(crate) fn decode_cursor(cursor: &str) -> Option<i64> {
    let (key, _) = cursor.split_once('-')?;
    let key = i64::from_str_radix(key, 16).ok()?;
    (key >= 0 && encode_cursor(key) == cursor).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip_and_others_are_refused() {
        for key in [0, 1, 15, 16, 1 << 40, i64::MAX] {
            assert_eq!(decode_cursor(&encode_cursor(key)), Some(key));
        }
        let good = encode_cursor(77);
        for bad in ["", "-", "4d", "x-0000", "-1-0000", "４d-0000", &good[..good.len() - 1]] {
            assert_eq!(decode_cursor(bad), None, "{bad}");
        }
    }

    #[test]
    fn vectors_keep_every_bit() {
        let vector = [0.0, -0.0, 1.0, f32::MIN_POSITIVE, 1e-42, -0.333];
        let mut out = vec![9.0; 3];
        decode_vector(&encode_vector(&vector), 6, &mut out).unwrap();
        let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&out), bits(&vector));
        assert!(decode_vector(&encode_vector(&vector), 5, &mut out).is_err());
        assert!(decode_vector(&[0; 23], 6, &mut out).is_err());
    }

    #[test]
    fn ids_differ_by_name_ordinal_and_salt() {
        let ids =
            [("a", 0, 0), ("a", 1, 0), ("a", 0, 1), ("b", 0, 0), ("", 0, 0), ("政策.txt", 0, 0)];
        let ids: std::collections::BTreeSet<String> =
            ids.iter().map(|(name, n, salt)| document_id(name, *n, *salt)).collect();
        assert_eq!(ids.len(), 6);
        assert!(ids.iter().all(|id| id.len() == 16));
        // Ids are part of the API: they must not change between releases.
        assert_eq!(document_id("a", 0, 0), "861d2a9b62913d62");
        assert_eq!(document_id("政策.txt", 1, 2), "ae350e8c18b7e8c6");
    }
}
