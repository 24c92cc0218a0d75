//! The way from bytes to documents.

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::running::{self, Mark, Paragraph};
use crate::spans::Offsets;
use crate::{
    Document, DocumentError, Doubt, Facts, clause, decode, front, lines, marks, page, split,
};
use yiju_text::language;

/// Parses the bytes of a source into its documents, one or more.
///
/// Takes UTF-8 with or without a byte order mark, UTF-16 with one, and GB18030 where the bytes
/// leave no doubt; at most [`MAX_BYTES`](crate::MAX_BYTES).
///
/// # Errors
/// For an empty source, one that is not text, one in an unknown encoding or one that is too large.
pub fn parse(bytes: &[u8]) -> Result<Vec<Document>, DocumentError> {
    read(None, Facts::default(), &decode::decode(bytes)?)
}

/// Parses the bytes of the file `name`, a path with `/`, as [`parse`] does. A document that has no title
/// of its own and is the only one has the file's name for its title, without its ending.
///
/// # Errors
/// As [`parse`].
pub fn parse_file(name: &str, bytes: &[u8]) -> Result<Vec<Document>, DocumentError> {
    parse_read(name, Facts::default(), &decode::decode(bytes)?)
}

/// Parses the text that was read from the file `name`, as [`parse_file`] does; `facts` are what its fields say.
///
/// # Errors
/// As [`parse_text`].
pub fn parse_read(name: &str, facts: Facts, text: &str) -> Result<Vec<Document>, DocumentError> {
    let title = title_of_file(name).map(str::to_string);
    read(None, facts.or(Facts { title, ..Facts::default() }), text)
}

/// `住房租赁条例` of `规章/住房租赁条例.txt.gz`.
fn title_of_file(name: &str) -> Option<&str> {
    let mut title = name.rsplit('/').next().unwrap_or(name);
    for _ in 0..2 {
        match title.rsplit_once('.') {
            Some((stem, ending))
                if (1..=5).contains(&ending.len())
                    && ending.bytes().all(|b| b.is_ascii_alphanumeric())
                    && !ending.bytes().all(|b| b.is_ascii_digit()) =>
            {
                title = stem;
            }
            _ => break,
        }
    }
    Some(title.trim()).filter(|title| title.contains(char::is_alphanumeric))
}

/// Parses text. With a `title` it is one document of that title; without, it is split into
/// documents and their titles are read from it.
///
/// # Errors
/// For a text that is empty or larger than [`MAX_BYTES`](crate::MAX_BYTES).
pub fn parse_text(title: Option<&str>, text: &str) -> Result<Vec<Document>, DocumentError> {
    read(title, Facts::default(), text)
}

/// Reads a text. `title` is its title; `facts` are for a text that is one document.
fn read(title: Option<&str>, facts: Facts, text: &str) -> Result<Vec<Document>, DocumentError> {
    if text.len() > decode::MAX_BYTES {
        return Err(DocumentError::TooLarge { size: text.len(), limit: decode::MAX_BYTES });
    }
    let text = lines::drop_stray(text);
    let text = page::without_comments(&text);
    let text = page::without_markup(&text);
    let (matter, text) = page::front_matter(&text);
    let text = marks::with_breaks(text);
    let mut source = Source::default();
    for Paragraph { text, inferred, doubts } in running::cut(lines::paragraphs(&text)) {
        let at = source.paragraphs.len();
        source.paragraphs.push(text);
        source.inferred.push(inferred);
        source.doubts.extend(doubts.into_iter().map(|mark| (at, mark)));
    }
    let paragraphs = &source.paragraphs;
    if paragraphs.is_empty() {
        return Err(DocumentError::Empty);
    }
    let title = title.filter(|t| !t.trim().is_empty());
    let ranges = match title {
        Some(_) => std::iter::once(0..paragraphs.len()).collect(),
        None => split::documents(paragraphs),
    };
    let facts = if ranges.len() == 1 { matter.or(facts) } else { matter };
    Ok(ranges.into_iter().map(|range| document(title, &source, range, &facts)).collect())
}

/// The paragraphs of a source.
#[derive(Default)]
struct Source {
    paragraphs: Vec<String>,
    /// Whether each begins where the source has no line break.
    inferred: Vec<bool>,
    /// Doubtful numbers and the paragraphs they stand in, ascending.
    doubts: Vec<(usize, Mark)>,
}

fn document(title: Option<&str>, source: &Source, range: Range<usize>, facts: &Facts) -> Document {
    let paragraphs = &source.paragraphs[range.clone()];
    let text = paragraphs.join("\n");
    let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
    let front = front::read(&paragraphs, title, facts);
    let (sections, clauses) = clause::tree(&text, &front, &source.inferred[range.clone()]);
    let sha256 = base16ct::lower::encode_string(&Sha256::digest(text.as_bytes()));
    let mut document = Document {
        title: front.title,
        issuer: front.issuer,
        number: front.number,
        date: front.date,
        language: language::guess(&text).to_string(),
        sha256,
        doubts: doubts(&text, &paragraphs, &source.doubts, range),
        sections,
        clauses,
        text,
        outside: Vec::new(),
    };
    document.assign_roles();
    document
}

/// The doubts of the document that consists of the source's paragraphs in `range`.
fn doubts(
    text: &str,
    paragraphs: &[&str],
    marks: &[(usize, Mark)],
    range: Range<usize>,
) -> Vec<Doubt> {
    let first = marks.partition_point(|(at, _)| *at < range.start);
    let last = marks.partition_point(|(at, _)| *at < range.end);
    let mut doubts = Vec::new();
    if first == last {
        return doubts;
    }
    let offsets = Offsets::new(text);
    let mut marks = marks[first..last].iter().peekable();
    let mut start = 0;
    for (at, paragraph) in range.zip(paragraphs) {
        while let Some((_, mark)) = marks.next_if(|mark| mark.0 == at) {
            let span = offsets.span(start + mark.range.start..start + mark.range.end);
            doubts.push(Doubt { span, seen: mark.seen.clone(), why: mark.why });
        }
        start += paragraph.len() + 1;
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_name_their_texts() {
        for (name, title) in [
            ("规章/住房租赁条例.txt", Some("住房租赁条例")),
            ("a/第1.2版.md.gz", Some("第1.2版")),
            ("会议纪要 2024.5", Some("会议纪要 2024.5")),
            ("note", Some("note")),
            ("--.txt", None),
            ("", None),
        ] {
            assert_eq!(title_of_file(name), title, "{name}");
        }
        let title =
            |text: &str| parse_file("规章/供水.txt", text.as_bytes()).unwrap().remove(0).title;
        let text = "各单位要加强供水管理，落实责任，保障安全。\n水价由市人民政府定。";
        assert_eq!(title(text), "供水");
        assert_eq!(title(&format!("城市供水办法\n{text}")), "城市供水办法");
        assert_eq!(title(&format!("---\ntitle: 水价\n---\n{text}")), "水价");
        assert_eq!(
            parse(text.as_bytes()).unwrap()[0].title,
            "各单位要加强供水管理，落实责任，保障安全"
        );
    }
}
