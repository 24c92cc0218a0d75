//! Corpora in JSON Lines: a text a line with its title, or its law and article.

use std::collections::HashMap;
use std::io::{BufRead, Read};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::decode::MAX_BYTES;
use crate::draft::{DraftClause, finish};
use crate::label::parse_label;
use crate::lines::drop_stray;
use crate::sequence::Line;
use crate::{Document, UnitKind};
use yiju_text::language::guess;

/// Longest line of a corpus, in bytes.
const LINE_BYTES: u64 = 16 << 20;
/// Most bytes of a corpus, unpacked: its texts are held in memory while it is added.
const CORPUS_BYTES: usize = 1 << 30;

/// A text of a corpus: a passage, or an article of a law.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// Its id; that of a line without one is its number, from 1.
    #[serde(default)]
    pub id: String,
    /// The title of what it is part of, or the name of the law.
    #[serde(default, alias = "law")]
    pub title: Option<String>,
    /// Its number in the law: `第十七条`.
    #[serde(default)]
    pub article: Option<String>,
    /// The version of the law, often a date.
    #[serde(default)]
    pub version: Option<String>,
    /// The text.
    pub text: String,
}

/// Why a corpus cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// The file cannot be read or unpacked.
    #[error("line {line}: {source}")]
    Io {
        /// The line, from 1.
        line: usize,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not of the shape.
    #[error("line {line}: {reason}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// More than is taken at once.
    #[error("the corpus has more than {limit} bytes of text; split it into several files")]
    TooLarge {
        /// How many bytes are taken at most.
        limit: usize,
    },
    /// No line holds a text.
    #[error("the corpus holds no texts")]
    Empty,
}

/// Reads a corpus: a JSON object a line with `text` and, as it has them, `id`, `title` (or `law`),
/// `article` and `version`. Blank lines and other fields are passed over.
///
/// # Errors
/// The first line that is not of this shape, longer than 16 MiB or without text; no texts at all;
/// more than 1 GiB of them.
pub fn read_corpus(reader: impl BufRead) -> Result<Vec<Entry>, CorpusError> {
    read_up_to(reader, CORPUS_BYTES)
}

fn read_up_to(mut reader: impl BufRead, limit: usize) -> Result<Vec<Entry>, CorpusError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut bytes = Vec::new();
    let mut total = 0;
    for line in 1.. {
        bytes.clear();
        let wrong = |reason: String| CorpusError::Line { line, reason };
        let read = Read::take(&mut reader, LINE_BYTES + 1)
            .read_until(b'\n', &mut bytes)
            .map_err(|source| CorpusError::Io { line, source })?;
        if read == 0 {
            break;
        }
        if read as u64 > LINE_BYTES {
            return Err(wrong(format!("it is longer than {} MiB", LINE_BYTES >> 20)));
        }
        total += read;
        if total > limit {
            return Err(CorpusError::TooLarge { limit });
        }
        let json = bytes.trim_ascii();
        let json = match line {
            1 => json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json),
            _ => json,
        };
        if json.is_empty() {
            continue;
        }
        let mut entry: Entry =
            serde_json::from_slice(json).map_err(|error| wrong(error.to_string()))?;
        entry.text = clean(&entry.text);
        if entry.text.is_empty() {
            return Err(wrong("its text is empty".into()));
        }
        if one_line(&entry.id).is_empty() {
            entry.id = line.to_string();
        }
        entries.push(entry);
    }
    if entries.is_empty() {
        return Err(CorpusError::Empty);
    }
    Ok(entries)
}

/// The texts of one title (and version), which make up one document.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// Title and version: `住房租赁条例 (2025-07-16)`; the id of an entry without a title, which is its line's number
    /// where it has none.
    pub name: String,
    /// Where its entries stand in the corpus, ascending.
    pub places: Vec<usize>,
    entries: Vec<&'a Entry>,
}

/// Gathers the entries of each title (and version) in the order of the corpus, the groups in the
/// order of their first entries.
pub fn group_corpus(corpus: &[Entry]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (place, entry) in corpus.iter().enumerate() {
        // A blank title is none.
        let title = entry.title.as_deref().map(one_line).filter(|title| !title.is_empty());
        let title = title.unwrap_or_else(|| one_line(&entry.id));
        let name = match &entry.version {
            Some(version) if !one_line(version).is_empty() => {
                format!("{title} ({})", one_line(version))
            }
            _ => title,
        };
        let at = *known.entry(name).or_insert_with_key(|name| {
            groups.push(Group { name: name.clone(), places: Vec::new(), entries: Vec::new() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.places.push(place);
            group.entries.push(entry);
        }
    }
    groups
}

impl Group<'_> {
    /// Bytes of its texts.
    pub fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.text.len()).sum()
    }

    /// SHA-256, in lower-case hex, of all that its document is made from.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.name);
        for entry in &self.entries {
            for part in [entry.article.as_deref().unwrap_or(""), &entry.text] {
                hash.update([0]);
                hash.update(part);
            }
        }
        base16ct::lower::encode_string(&hash.finalize())
    }

    /// Whether it fits into a document.
    ///
    /// # Errors
    /// [`DocumentError::TooLarge`](crate::DocumentError::TooLarge).
    pub fn check_size(&self) -> Result<(), crate::DocumentError> {
        let size = self.bytes() + self.entries.len();
        if size > MAX_BYTES {
            return Err(crate::DocumentError::TooLarge { size, limit: MAX_BYTES });
        }
        Ok(())
    }

    /// Its document: one clause for each entry, in order, under the number that the entry gives.
    /// The lines of a text are the paragraphs of its clause, those with a number its items.
    ///
    /// # Errors
    /// [`DocumentError::TooLarge`](crate::DocumentError::TooLarge).
    pub fn document(&self) -> Result<Document, crate::DocumentError> {
        self.check_size()?;
        let mut text = String::with_capacity(self.bytes() + self.entries.len());
        let mut clauses = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            if !text.is_empty() {
                text.push('\n');
            }
            clauses.push(draft(entry, text.len()));
            text.push_str(&entry.text);
        }
        let (sections, mut clauses) = finish(&text, Vec::new(), clauses);
        for (clause, entry) in clauses.iter_mut().zip(&self.entries) {
            // A number in words that are not known here is still what the article is called.
            if let Some(article) = entry.article.as_deref().filter(|a| !a.trim().is_empty()) {
                clause.label = one_line(article);
                if clause.number.is_none() {
                    clause.kind = UnitKind::Article;
                }
            }
        }
        let version = self.entries.first().and_then(|e| e.version.as_deref());
        Ok(Document {
            title: self.name.replace('_', " "),
            issuer: None,
            number: None,
            date: version.and_then(|version| version.trim().parse().ok()),
            language: guess(&text).into(),
            sha256: base16ct::lower::encode_string(&Sha256::digest(&text)),
            text,
            doubts: Vec::new(),
            sections,
            clauses,
            outside: Vec::new(),
        })
    }
}

/// The clause of `entry`, whose text begins at byte `start` of the document's.
fn draft(entry: &Entry, start: usize) -> DraftClause {
    let article = entry.article.as_deref().map(str::trim);
    let label = article.and_then(|article| {
        parse_label(article).filter(|label| article[label.end..].trim().is_empty())
    });
    let mut clause = DraftClause { label, range: start..start, ..DraftClause::default() };
    let mut at = start;
    for text in entry.text.split('\n') {
        let line = Line::new(text, at, false, false);
        match &line.label {
            // Only what a line leads in, and what continues that, is an item.
            Some(label) if clause.leads_in || clause.item_style.is_some() => {
                clause.add_item(&line, label);
            }
            _ => clause.add_paragraph(&line),
        }
        at += text.len() + 1;
    }
    clause
}

/// Lines without white space around them, none of them blank, and no characters that are no text.
fn clean(text: &str) -> String {
    let text = drop_stray(text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn one_line(text: &str) -> String {
    let parts: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Target, find_references};

    const LAW: &str = r#"
        {"id": "a", "law": "供水条例", "article": "第一条", "version": "2020-01-02", "text": "为了保障用水，制定本条例。\n供水应当安全。"}
        {"id": "b", "law": "供水条例", "article": "第一条", "version": null, "text": "旧的。"}

        {"id": "c", "law": "供水条例", "article": "第二条之一", "version": "2020-01-02", "text": "有下列情形之一的，处罚款：\n（一）擅自改装的；\n（二）盗用的。\n情节严重的，停止供水。", "more": 1}
        {"title": "Super_Bowl_50", "text": "  黑豹队。 \r\n\n 野马队。"}
        {"text": "没有标题。"}"#;

    #[test]
    fn a_law_is_one_document_with_its_articles_as_clauses() {
        let corpus = read_corpus(LAW.as_bytes()).unwrap();
        let groups = group_corpus(&corpus);
        let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        // Blank lines count: the last two lines have no ids.
        assert_eq!(names, ["供水条例 (2020-01-02)", "供水条例", "Super_Bowl_50", "7"]);
        assert_eq!(groups[0].places, [0, 2]);
        let law = groups[0].document().unwrap();
        assert_eq!(law.title, "供水条例 (2020-01-02)");
        assert_eq!(law.date, Some(jiff::civil::date(2020, 1, 2)));
        assert_eq!(law.language, "zh");
        let labels: Vec<&str> = law.clauses.iter().map(|c| c.label.as_str()).collect();
        assert_eq!(labels, ["第一条", "第二条之一"]);
        let find = |question: &str| {
            let reference = find_references(question).remove(0);
            let [target] = law.find(&reference)[..] else {
                panic!("{question}");
            };
            match target {
                Target::Clause(clause) => law.slice(law.clauses[clause].span),
                Target::Paragraph(_, span) | Target::Item(_, span) | Target::Sentence(_, span) => {
                    law.slice(span)
                }
                Target::Section(_) => "a section",
            }
        };
        assert!(find("第一条").starts_with("为了保障用水"));
        assert_eq!(find("第一条第二款"), "供水应当安全。");
        assert_eq!(find("第二条之一第一款第（二）项"), "（二）盗用的。");
        assert_eq!(find("第二条之一第二款"), "情节严重的，停止供水。");
        let other = groups[2].document().unwrap();
        assert_eq!(
            (other.title.as_str(), other.text.as_str()),
            ("Super Bowl 50", "黑豹队。\n野马队。")
        );
        assert_eq!(other.clauses[0].kind, UnitKind::Unnumbered);
    }

    #[test]
    fn an_entry_without_a_title_is_called_by_its_id_or_line() {
        let lines = r#"{"id": "p1", "title": "", "text": "甲"}
            {"id": " ", "title": " \n", "text": "乙"}
            {"id": "p3", "title": null, "version": "", "text": "丙"}
            {"title": "题", "version": " ", "text": "丁"}"#;
        let corpus = read_corpus(lines.as_bytes()).unwrap();
        let groups = group_corpus(&corpus);
        let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["p1", "2", "p3", "题"]);
    }

    #[test]
    fn the_hash_tells_of_every_change() {
        let entry = |article: &str, text: &str| Entry {
            title: Some("法".into()),
            article: Some(article.into()),
            text: text.into(),
            ..Entry::default()
        };
        let hash = |entries: &[Entry]| group_corpus(entries)[0].sha256();
        let first = hash(&[entry("第一条", "甲"), entry("第二条", "乙")]);
        assert_eq!(first.len(), 64);
        for other in [
            [entry("第一条", "甲"), entry("第三条", "乙")],
            [entry("第一条", "甲乙"), entry("第二条", "")],
            [entry("第二条", "乙"), entry("第一条", "甲")],
        ] {
            assert_ne!(hash(&other), first);
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, wanted) in [
            ("", "no texts"),
            ("{\"text\": \"甲\"}\n{\"txt\": 1}", "line 2: missing field"),
            ("\n[]", "line 2: "),
            ("{\"text\": \" \\n \"}", "line 1: its text is empty"),
            ("{\"text\": \"\u{7}\"}", "line 1: "),
        ] {
            let error = read_corpus(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
        let error = read_up_to(&b"{\"text\": \"abc\"}\n"[..], 10).unwrap_err();
        assert!(error.to_string().contains("more than 10 bytes"), "{error}");
    }

    proptest! {
        #[test]
        fn every_entry_is_a_clause_that_holds_its_text(
            texts in prop::collection::vec("[ 第一二条款（）。：\\n\\r\u{0}\u{feff}a-c]{0,40}[一a]", 1..6),
            articles in prop::collection::vec(prop::option::of("第[一二三]?条?(之一)?.?"), 6),
        ) {
            let lines: Vec<String> = texts.iter().zip(&articles).map(|(text, article)| {
                serde_json::json!({"title": "x", "article": article, "text": text}).to_string()
            }).collect();
            let corpus = read_corpus(lines.join("\n").as_bytes()).unwrap();
            let document = group_corpus(&corpus)[0].document().unwrap();
            prop_assert_eq!(document.clauses.len(), texts.len());
            for (clause, entry) in document.clauses.iter().zip(&corpus) {
                prop_assert_eq!(document.slice(clause.span), &entry.text);
                prop_assert!(!clause.paragraphs.is_empty());
                for span in clause.paragraphs.iter().chain(&clause.sentences) {
                    prop_assert!(!document.slice(*span).is_empty());
                }
            }
        }
    }
}
