//! The way from bytes to documents.

use sha2::{Digest, Sha256};

use crate::page::{self, FrontMatter};
use crate::{Document, DocumentError, clause, decode, front, lines, marks, running, split};
use yiju_text::language;

/// Parses the bytes of a source into its documents, one or more.
///
/// Takes UTF-8 with or without a byte order mark, UTF-16 with one, and GB18030 where the bytes
/// leave no doubt; at most [`MAX_BYTES`](crate::MAX_BYTES).
///
/// # Errors
/// For an empty source, one that is not text, one in an unknown encoding or one that is too large.
pub fn parse(bytes: &[u8]) -> Result<Vec<Document>, DocumentError> {
    parse_text(None, &decode::decode(bytes)?)
}

/// Parses text. With a `title` it is one document of that title; without, it is split into
/// documents and their titles are read from it.
///
/// # Errors
/// For a text that is empty or larger than [`MAX_BYTES`](crate::MAX_BYTES).
pub fn parse_text(title: Option<&str>, text: &str) -> Result<Vec<Document>, DocumentError> {
    if text.len() > decode::MAX_BYTES {
        return Err(DocumentError::TooLarge { size: text.len(), limit: decode::MAX_BYTES });
    }
    let text = lines::drop_stray(text);
    let text = page::without_comments(&text);
    let text = page::without_markup(&text);
    let (matter, text) = page::front_matter(&text);
    let text = marks::with_breaks(text);
    let paragraphs = running::cut(lines::paragraphs(&text));
    let (paragraphs, inferred): (Vec<String>, Vec<bool>) =
        paragraphs.into_iter().map(|p| (p.text, p.inferred)).unzip();
    if paragraphs.is_empty() {
        return Err(DocumentError::Empty);
    }
    let title = title.filter(|t| !t.trim().is_empty());
    let ranges = match title {
        Some(_) => std::iter::once(0..paragraphs.len()).collect(),
        None => split::documents(&paragraphs),
    };
    Ok(ranges
        .into_iter()
        .map(|range| document(title, &paragraphs[range.clone()], &inferred[range], &matter))
        .collect())
}

fn document(
    title: Option<&str>,
    paragraphs: &[String],
    inferred: &[bool],
    matter: &FrontMatter,
) -> Document {
    let text = paragraphs.join("\n");
    let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
    let front = front::read(&paragraphs, title, matter);
    let (sections, clauses) = clause::tree(&text, &front, inferred);
    let sha256 = base16ct::lower::encode_string(&Sha256::digest(text.as_bytes()));
    let mut document = Document {
        title: front.title,
        issuer: front.issuer,
        number: front.number,
        date: front.date,
        language: language::guess(&text).to_string(),
        sha256,
        sections,
        clauses,
        text,
        outside: Vec::new(),
    };
    document.assign_roles();
    document
}
