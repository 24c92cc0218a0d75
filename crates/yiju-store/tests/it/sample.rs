//! Libraries, documents and vectors to test with.

use std::path::Path;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use yiju_document::{Clause, Document, Section, Span, UnitKind};
use yiju_store::{Access, Model, NewDocument, NewPassage, NewSource, Store};

pub const DIMENSION: usize = 8;

pub fn model() -> Model {
    Model { fingerprint: "f00d".into(), name: "sample".into(), dimension: DIMENSION }
}

pub fn open(dir: &Path) -> Store {
    Store::open(dir, Access::ReadWrite, Some(&model())).unwrap()
}

pub fn reader(dir: &Path) -> Store {
    Store::open(dir, Access::ReadOnly, Some(&model())).unwrap()
}

pub fn sha256(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(&Sha256::digest(bytes))
}

/// A unit vector that differs for every seed.
pub fn vector(seed: u64, dimension: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let raw: Vec<f32> = (0..dimension)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u32 << 23) as f32 - 1.0
        })
        .collect();
    let norm = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.iter().map(|x| x / norm).collect()
}

/// Writes a text piece by piece and keeps both counts.
#[derive(Default)]
pub struct Writer {
    text: String,
    chars: usize,
}

impl Writer {
    pub fn push(&mut self, piece: &str) -> Span {
        let (char_start, byte_start) = (self.chars, self.text.len());
        self.text.push_str(piece);
        self.chars += piece.chars().count();
        Span { char_start, char_end: self.chars, byte_start, byte_end: self.text.len() }
    }

    fn join(from: Span, to: Span) -> Span {
        Span {
            char_start: from.char_start,
            byte_start: from.byte_start,
            char_end: to.char_end,
            byte_end: to.byte_end,
        }
    }
}

/// A document of articles of the given sentences, under one chapter each three.
pub fn document(title: &str, articles: &[Vec<String>]) -> Document {
    let mut writer = Writer::default();
    let (mut sections, mut clauses) = (Vec::new(), Vec::new());
    writer.push(title);
    for (index, sentences) in articles.iter().enumerate() {
        let number = index as u32 + 1;
        if index % 3 == 0 {
            writer.push("\n");
            sections.push(Section {
                kind: UnitKind::Chapter,
                number: Some(number.div_ceil(3)),
                label: format!("第{}章", number.div_ceil(3)),
                title: format!("总则{number}"),
                parent: index.checked_sub(9).map(|_| 0),
                span: writer.push(&format!("第{}章　总则{number}", number.div_ceil(3))),
            });
        }
        writer.push("\n");
        let label = format!("第{number}条");
        let start = writer.push(&label);
        let spans: Vec<Span> = sentences.iter().map(|s| writer.push(s)).collect();
        let span = Writer::join(start, spans.last().copied().unwrap_or(start));
        clauses.push(Clause {
            kind: UnitKind::Article,
            number: Some(number),
            sub_number: (index % 4 == 3).then_some(1),
            label,
            heading: (index % 2 == 1).then(|| format!("标题{number}")),
            section: sections.len().checked_sub(1),
            span,
            paragraphs: vec![span],
            continues: false,
            inferred: false,
            roles: Vec::new(),
            lead: None,
            items: spans.iter().copied().zip(1..).map(|(span, n)| (n, span)).collect(),
            sentences: spans,
        });
    }
    Document {
        title: title.to_owned(),
        issuer: Some("中共中央、国务院".into()),
        number: None,
        date: Some(jiff::civil::date(2025, 8, 15)),
        language: "zh".into(),
        sha256: sha256(writer.text.as_bytes()),
        text: writer.text,
        doubts: Vec::new(),
        sections,
        clauses,
        outside: Vec::new(),
    }
}

/// One passage for each clause and one for each sentence, with vectors that depend on `seed`.
pub fn with_passages(document: Document, dimension: usize, seed: u64) -> NewDocument {
    let mut passages = Vec::new();
    for (clause, found) in (0u32..).zip(&document.clauses) {
        let sentences = (0u32..found.sentences.len() as u32).map(Some);
        for sentence in [None].into_iter().chain(sentences) {
            let seed = seed * 1_000_003 + passages.len() as u64;
            passages.push(NewPassage {
                clause,
                sentence,
                vector: vector(seed, dimension),
                // Only clauses have token vectors; the store does not look into them.
                tokens: sentence.map_or_else(|| seed.to_le_bytes().repeat(9), |_| Vec::new()),
            });
        }
    }
    NewDocument { document, layout: None, passages, told: yiju_store::Told::default() }
}

/// A source whose content depends on `seed` alone.
pub fn source(name: &str, seed: u64, documents: usize) -> NewSource {
    let documents = (0..documents)
        .map(|ordinal| {
            let articles: Vec<Vec<String>> = (0..3 + seed % 3)
                .map(|n| (0..2).map(|s| format!("{name}{seed}-{ordinal}-{n}-{s}应当。")).collect())
                .collect();
            let document = document(&format!("{name}第{ordinal}号"), &articles);
            with_passages(document, DIMENSION, seed * 31 + ordinal as u64)
        })
        .collect();
    NewSource {
        name: name.to_owned(),
        sha256: sha256(format!("{name}{seed}").as_bytes()),
        original: None,
        documents,
    }
}

/// The source as stored, read back: equal to what [`source`] made from this seed.
pub fn assert_holds(store: &Store, name: &str, seed: u64, documents: usize) {
    let expected = source(name, seed, documents);
    let found = store.source(name).unwrap().unwrap_or_else(|| panic!("{name} is gone"));
    assert_eq!(found.sha256, expected.sha256, "{name}");
    assert!(found.complete);
    assert_eq!(found.document_ids.len(), documents, "{name}");
    for (id, expected) in found.document_ids.iter().zip(&expected.documents) {
        let (record, document) = store.document(id).unwrap().unwrap();
        assert_eq!(document, expected.document);
        assert_eq!(record.source_sha256, found.sha256);
        let passages = store.document_passages(id).unwrap();
        let ids: Vec<u64> = passages.iter().map(|p| p.id).collect();
        let vectors = store.vectors(&ids).unwrap();
        assert_eq!(record.passages, expected.passages.len());
        let places: Vec<_> = passages.iter().map(|p| (p.clause, p.sentence)).collect();
        let wanted: Vec<_> = expected.passages.iter().map(|p| (p.clause, p.sentence)).collect();
        assert_eq!(places, wanted);
        assert!(vectors.iter().flatten().eq(expected.passages.iter().map(|p| &p.vector)));
    }
}

fn text() -> impl Strategy<Value = String> {
    // Short and long, so that texts have one piece, many, and ends within a character.
    prop_oneof![
        4 => "[ -~一-龥（）。\n🏙é]{0,40}",
        1 => "[a一🏙]{600,1500}",
    ]
}

fn kind() -> impl Strategy<Value = UnitKind> {
    prop::sample::select(vec![
        UnitKind::Book,
        UnitKind::Chapter,
        UnitKind::Section,
        UnitKind::Article,
        UnitKind::Ideographic,
        UnitKind::Parenthesized,
        UnitKind::Arabic,
        UnitKind::ParenthesizedArabic,
        UnitKind::Unnumbered,
    ])
}

type ClauseParts =
    (UnitKind, Option<u32>, Option<u32>, String, Option<String>, Vec<String>, Option<usize>);

/// Any document that the store accepts.
pub fn any_document() -> impl Strategy<Value = Document> {
    let section = (kind(), any::<Option<u32>>(), text(), text(), any::<prop::sample::Index>());
    let clause = (
        kind(),
        any::<Option<u32>>(),
        any::<Option<u32>>(),
        text(),
        prop::option::of(text()),
        prop::collection::vec(text(), 0..5),
        prop::option::of(0usize..6),
    );
    (
        (text(), prop::option::of(text()), prop::option::of(text()), text()),
        prop::option::of(-3_000_000..2_000_000i32),
        prop::collection::vec(section, 0..6),
        prop::collection::vec(clause, 0..8),
    )
        .prop_map(|((title, issuer, number, language), day, parts, clause_parts)| {
            let mut writer = Writer::default();
            writer.push(&title);
            let sections: Vec<Section> = parts
                .into_iter()
                .enumerate()
                .map(|(index, (kind, number, label, title, parent))| Section {
                    kind,
                    number,
                    parent: (index > 0).then(|| parent.index(index + 1)).filter(|p| *p < index),
                    span: writer.push(&title),
                    label,
                    title,
                })
                .collect();
            let clauses = clause_parts
                .into_iter()
                .map(|parts| any_clause(&mut writer, parts, sections.len()))
                .collect();
            let epoch = jiff::civil::date(1970, 1, 1);
            Document {
                title,
                issuer,
                number,
                date: day.and_then(|day| epoch.checked_add(jiff::Span::new().days(day)).ok()),
                language,
                sha256: sha256(writer.text.as_bytes()),
                text: writer.text,
                doubts: Vec::new(),
                sections,
                clauses,
                outside: Vec::new(),
            }
        })
}

fn any_clause(writer: &mut Writer, parts: ClauseParts, sections: usize) -> Clause {
    let (kind, number, sub_number, label, heading, sentences, section) = parts;
    let start = writer.push(&label);
    let sentences: Vec<Span> = sentences
        .iter()
        .map(|sentence| {
            writer.push(" ");
            writer.push(sentence)
        })
        .collect();
    let span = Writer::join(start, sentences.last().copied().unwrap_or(start));
    Clause {
        kind,
        number,
        sub_number,
        label,
        heading,
        section: section.filter(|section| *section < sections),
        span,
        paragraphs: sentences.iter().take(2).copied().collect(),
        continues: false,
        inferred: false,
        roles: Vec::new(),
        lead: None,
        items: sentences.iter().skip(1).copied().zip(7..).map(|(s, n)| (n, s)).collect(),
        sentences,
    }
}
