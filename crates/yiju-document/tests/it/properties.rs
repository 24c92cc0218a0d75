//! What holds for every text.

use proptest::prelude::*;
use yiju_document::{
    Clause, Document, DocumentError, Span, find_references, outline, parse, parse_text,
};

use crate::outlines::{ENGLISH, LAW, MARKDOWN, NOTICE, TRADITIONAL, seed};

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The printed characters of a source: stray ones are no text.
fn printed(source: &str) -> String {
    let stray = [
        '\u{FEFF}', '\u{200B}', '\u{200E}', '\u{200F}', '\u{202A}', '\u{202B}', '\u{202C}',
        '\u{202D}', '\u{202E}', '\u{2060}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
        '\u{FFFE}', '\u{FFFF}',
    ];
    source.chars().filter(|c| !c.is_whitespace() && !c.is_control() && !stray.contains(c)).collect()
}

/// Both counts of a span agree and lie in the text.
fn check_span(document: &Document, span: Span, counts: &[usize]) {
    assert!(span.byte_start <= span.byte_end && span.byte_end <= document.text.len());
    assert!(document.text.is_char_boundary(span.byte_start));
    assert!(document.text.is_char_boundary(span.byte_end));
    assert_eq!(span.char_start, counts[span.byte_start]);
    assert_eq!(span.char_end, counts[span.byte_end]);
}

fn check(document: &Document) {
    let text = &document.text;
    // Characters that begin before each byte.
    let mut counts = vec![0; text.len() + 1];
    for (i, byte) in text.bytes().enumerate() {
        counts[i + 1] = counts[i] + usize::from(byte & 0xC0 != 0x80);
    }
    for i in (0..text.len()).rev() {
        if !text.is_char_boundary(i) {
            counts[i] = usize::MAX;
        }
    }
    assert!(!text.contains("\n\n") && !text.starts_with('\n') && !text.ends_with('\n'));
    let mut used = vec![false; text.len()];
    let mut last = 0;
    for (at, clause) in document.clauses.iter().enumerate() {
        check_span(document, clause.span, &counts);
        let most = if clause.label.is_empty() { 12_000 } else { 64_000 };
        assert!(clause.span.byte_end - clause.span.byte_start <= most);
        let before = at.checked_sub(1).map(|before| &document.clauses[before]);
        let same = |other: &Clause| (&other.label, other.number) == (&clause.label, clause.number);
        assert!(!clause.continues || before.is_some_and(same));
        assert!(clause.span.byte_start >= last, "clauses are in order and do not overlap");
        last = clause.span.byte_end;
        used[clause.span.byte_start..clause.span.byte_end].fill(true);
        let mut at = clause.span.byte_start;
        for &sentence in &clause.sentences {
            check_span(document, sentence, &counts);
            assert!(sentence.byte_start >= at && sentence.byte_start < sentence.byte_end);
            assert!(text[at..sentence.byte_start].chars().all(char::is_whitespace));
            at = sentence.byte_end;
        }
        assert!(text[at..clause.span.byte_end].chars().all(char::is_whitespace));
        let mut at = clause.span.byte_start;
        assert!(!clause.paragraphs.is_empty());
        for &paragraph in &clause.paragraphs {
            check_span(document, paragraph, &counts);
            assert!(paragraph.byte_start >= at && paragraph.byte_end <= clause.span.byte_end);
            at = paragraph.byte_end;
        }
        for &(_, item) in &clause.items {
            check_span(document, item, &counts);
            let inside = |p: &Span| p.byte_start <= item.byte_start && item.byte_end <= p.byte_end;
            assert_eq!(clause.paragraphs.iter().filter(|p| inside(p)).count(), 1);
        }
        assert!(clause.section.is_none_or(|s| s < document.sections.len()));
    }
    for doubt in &document.doubts {
        check_span(document, doubt.span, &counts);
    }
    let mut last = 0;
    for (i, section) in document.sections.iter().enumerate() {
        check_span(document, section.span, &counts);
        assert!(section.parent.is_none_or(|p| p < i));
        assert!(section.span.byte_start >= last);
        last = section.span.byte_end;
        let range = section.span.byte_start..section.span.byte_end;
        assert!(!used[range.clone()].contains(&true), "a heading is in no clause");
        used[range].fill(true);
    }
    assert!(outline(document).starts_with(&document.title));
}

fn check_source(source: &str) {
    match parse(source.as_bytes()) {
        Ok(documents) => {
            let all: String = documents.iter().map(|d| squeeze(&d.text)).collect();
            assert_eq!(all, printed(source));
            documents.iter().for_each(check);
        }
        Err(DocumentError::Empty) => assert_eq!(printed(source), ""),
        // PDF's mark, NUL and the like are refused.
        Err(DocumentError::Binary { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn fixtures() {
    let seed = String::from_utf8(seed()).unwrap();
    for text in [seed.as_str(), LAW, NOTICE, ENGLISH, TRADITIONAL, MARKDOWN] {
        check_source(text);
        // Parsing the clean text again changes nothing.
        for document in parse(text.as_bytes()).unwrap() {
            let again = parse_text(Some(&document.title), &document.text).unwrap();
            assert_eq!(again[0].text, document.text);
        }
    }
}

/// A table whose rows stand around a heading that looks like one more row.
#[test]
fn a_heading_between_rows() {
    check_source("- a\nSection 1.   a   a\n\n$\t¡");
}

#[test]
fn empty_sources() {
    for source in ["", " \r\n\u{3000}\n", "\u{feff}"] {
        assert_eq!(parse(source.as_bytes()), Err(DocumentError::Empty));
    }
}

/// Lines as documents have them, shuffled.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "(第[一二三1-4](编|章|节|条)[ 　]?|[一二三]、|（[一二三]）|[1-4]\\. ?|（[1-3]）|①|\\([ab]\\) |)[甲乙丙丁城市，、。：；“”]{0,30}[。：；、]?",
        1 => "(附件：?[12]?|目录|\\(2025年8月15日\\)|2025年1月1日|国务院|国发〔2025〕1号|\\(新华社北京8月28日电\\)|某市关于供水的通知|各部门：)",
        1 => "(#{1,3} |- |\\||> |\\*\\*)?[A-Za-z ,.]{0,60}",
        1 => "(Article|Section|Chapter|Part) (1|2|IV|two)\\.? ?[A-Za-z ]{0,20}",
        1 => ".{0,20}",
        1 => Just(String::new()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn documents_of_any_lines(lines in prop::collection::vec(line(), 0..30)) {
        check_source(&lines.join("\n"));
    }

    #[test]
    fn any_unicode(text in "(?s).{0,300}") {
        check_source(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(documents) = parse(&bytes) {
            documents.iter().for_each(check);
        }
    }

    #[test]
    fn any_broken_document(cut in 0usize..4000, insert in prop::collection::vec(any::<u8>(), 0..6)) {
        for text in [LAW, NOTICE, ENGLISH, TRADITIONAL] {
            let mut bytes = text.as_bytes().to_vec();
            let at = cut.min(bytes.len());
            bytes.splice(at..(at + insert.len()).min(text.len()), insert.iter().copied());
            if let Ok(documents) = parse(&bytes) {
                documents.iter().for_each(check);
            }
        }
    }

    #[test]
    fn a_given_title_makes_one_document(title in ".{1,20}", lines in prop::collection::vec(line(), 0..12)) {
        if let Ok(documents) = parse_text(Some(&title), &lines.join("\n")) {
            documents.iter().for_each(check);
            if !title.trim().is_empty() {
                prop_assert_eq!(documents.len(), 1);
            }
        }
    }

    #[test]
    fn references_resolve_inside(question in "(第[一二三1-3]?(编|章|节|条|款|项)|（[一二]）|article 2|.){0,5}") {
        for text in [LAW, NOTICE] {
            let document = parse(text.as_bytes()).unwrap().remove(0);
            for reference in find_references(&question) {
                for target in document.find(&reference) {
                    if let yiju_document::Target::Item(clause, span)
                    | yiju_document::Target::Paragraph(clause, span)
                    | yiju_document::Target::Sentence(clause, span) = target {
                        let whole = document.clauses[clause].span;
                        prop_assert!(whole.byte_start <= span.byte_start && span.byte_end <= whole.byte_end);
                    }
                }
            }
        }
    }
}
