//! Text that has lost its line breaks: references are no heads, doubts are told.

use proptest::prelude::*;
use yiju_document::{Document, DoubtKind, outline, parse, parse_text};

fn read(text: &str) -> Document {
    parse(text.as_bytes()).unwrap().remove(0)
}

fn doubts(document: &Document) -> Vec<(&str, DoubtKind)> {
    let seen = document.doubts.iter().map(|doubt| {
        assert_eq!(document.slice(doubt.span), doubt.seen);
        (doubt.seen.as_str(), doubt.why)
    });
    seen.collect()
}

fn labels(document: &Document) -> Vec<&str> {
    document.clauses.iter().map(|c| c.label.as_str()).filter(|label| !label.is_empty()).collect()
}

const OPENING: &str = "某市供水条例 第一条 为了保障供水安全，维护用户和供水单位的合法权益，根据有关法律，结合本市实际，制定本条例。";

#[test]
fn a_gap_is_told() {
    let text = format!(
        "{OPENING} 第二条 本条例适用于本市行政区域内的供水。 第四条 市水务部门负责供水管理。 第五条 供水水质应当符合国家标准。"
    );
    let law = read(&text);
    assert_eq!(labels(&law), ["第一条", "第二条", "第四条", "第五条"]);
    assert_eq!(doubts(&law), [("第四条", DoubtKind::Gap)]);
    let shown = outline(&law);
    assert!(shown.contains("\ndoubtful: 第四条 in paragraph "), "{shown}");
    // The same in lines: what its author wrote.
    let law = read(&text.replace(" 第", "\n第"));
    assert_eq!(labels(&law), ["第一条", "第二条", "第四条", "第五条"]);
    assert_eq!(doubts(&law), []);
    assert!(!outline(&law).contains("doubtful"));
}

#[test]
fn a_double_is_told() {
    let law = read(&format!(
        "{OPENING} 第二条 本条例适用于本市行政区域内的供水。第三条 市水务部门负责供水管理。第三条 区水务部门负责本区的供水管理。第四条 供水水质应当符合国家标准。"
    ));
    assert_eq!(labels(&law).iter().filter(|label| **label == "第三条").count(), 0, "{law:?}");
    assert_eq!(doubts(&law), [("第三条", DoubtKind::Ambiguous), ("第三条", DoubtKind::Ambiguous)]);
    let law = read(&format!(
        "{OPENING} 第二条 本条例适用于本市的供水。（一）水源；（二）水厂；（二）管网；（三）用户。第三条 水质应当符合国家标准。"
    ));
    assert!(doubts(&law).iter().any(|(seen, _)| *seen == "（二）"), "{:?}", doubts(&law));
}

#[test]
fn a_text_in_lines_leaves_no_doubt() {
    let law = read(
        "某市供水条例\n第一条　为了保障供水安全，制定本条例。违反第三条规定的，依照第九条处罚。\n第二条　本条例适用于本市的供水，包括：\n（一）水源；\n（三）管网。\n第五条　水质应当符合国家标准。",
    );
    assert_eq!(doubts(&law), []);
}

/// Sentences as laws have them, with references at every place of a sentence.
pub(crate) fn sentences() -> Vec<&'static str> {
    let all = include_str!("../data/references.txt").lines();
    let all: Vec<&str> = all.filter(|line| !line.starts_with('#')).collect();
    assert!(all.len() >= 120);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// References alone make no head.
    #[test]
    fn references_are_no_heads(
        sentences in prop::collection::vec(prop::sample::select(sentences()), 2..30),
        space in " ?",
    ) {
        let text = sentences.join(&space);
        for document in parse_text(Some("某法"), &text).unwrap() {
            prop_assert_eq!(&document.sections, &[], "{}", document.text);
            prop_assert_eq!(labels(&document), Vec::<&str>::new(), "{}", document.text);
            prop_assert_eq!(&document.doubts, &[]);
        }
    }
}
