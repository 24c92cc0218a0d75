//! Texts without limit: clauses have one.

use yiju_document::{Document, Span, Target, UnitKind, find_references, outline, parse};

/// Most bytes of a clause.
const LONG: usize = 12_000;
const SENTENCES: [&str; 3] = [
    "用人单位应当按时足额支付劳动报酬。",
    "确有困难的，应当说明理由，并承诺支付的日期；",
    "逾期的，由主管部门责令改正。",
];

fn read(text: &str) -> Document {
    parse(text.as_bytes()).unwrap().remove(0)
}

/// About `bytes` bytes of sentences on one line.
fn line(bytes: usize) -> String {
    SENTENCES
        .iter()
        .cycle()
        .scan(0, |sum, sentence| {
            *sum += sentence.len();
            (*sum <= bytes).then_some(*sentence)
        })
        .collect()
}

fn found(law: &Document, question: &str) -> Vec<(usize, Span)> {
    let reference = find_references(question).remove(0);
    let targets = law.find(&reference).into_iter();
    targets
        .map(|target| match target {
            Target::Clause(at) => (at, law.clauses[at].span),
            Target::Paragraph(at, span) | Target::Item(at, span) | Target::Sentence(at, span) => {
                (at, span)
            }
            Target::Section(_) => panic!("{question} leads to a section"),
        })
        .collect()
}

fn text_of(law: &Document, found: &[(usize, Span)]) -> String {
    found.iter().map(|(_, span)| law.slice(*span)).collect::<String>().replace('\n', "")
}

#[test]
fn a_text_on_one_line_has_clauses_in_proportion() {
    for head in ["", "劳动条例\n第一条　", "劳动条例\n一、总体要求\n（一）落实责任。"]
    {
        let count = |bytes: usize| {
            let document = read(&format!("{head}{}", line(bytes)));
            let long = document.clauses.iter().find(|c| c.span.byte_end - c.span.byte_start > LONG);
            assert_eq!(long, None, "{head}");
            document.clauses.len() as f64
        };
        let (one, four) = (count(1 << 20), count(4 << 20));
        assert!(one > 100.0 && (3.9..4.1).contains(&(four / one)), "{head}: {one}, {four}");
    }
}

#[test]
fn the_parts_of_a_clause_are_one_to_who_asks() {
    let (first, second, item, last) = (line(9_000), line(8_000), line(30_000), line(5_000));
    let article = format!(
        "{first}\n{second}有下列情形之一的，处罚款：\n（一）拖欠的；\n（二）{item}\n（三）{item}\n{last}"
    );
    let law = read(&format!(
        "劳动条例\n第一条　为了保护劳动者，制定本条例。\n第二条　{article}\n第三条　本条例自公布之日起施行。"
    ));
    let numbers: Vec<Option<u32>> = law.clauses.iter().map(|c| c.number).collect();
    let parts = numbers.iter().filter(|n| **n == Some(2)).count();
    assert!((8..20).contains(&parts), "{numbers:?}");
    assert_eq!(law.parts(1), 1..1 + parts);
    assert_eq!(law.parts(0), 0..1);
    assert_eq!(law.parts(99), 99..99);
    for (at, clause) in law.clauses.iter().enumerate() {
        assert_eq!(clause.continues, at > 1 && clause.number == Some(2), "{at}");
        assert_eq!(clause.kind, UnitKind::Article);
    }
    let whole = article.replace('\n', "");
    assert_eq!(text_of(&law, &found(&law, "第二条")), format!("第二条　{whole}"));
    assert_eq!(text_of(&law, &found(&law, "第二条第一款")), first);
    assert_eq!(text_of(&law, &found(&law, "第二条第三款")), last);
    assert!(text_of(&law, &found(&law, "第二条第二款")).starts_with(&second));
    assert_eq!(text_of(&law, &found(&law, "第二条第（三）项")), format!("（三）{item}"));
    assert_eq!(found(&law, "第二条第四款"), []);
    let shown = outline(&law);
    assert!(shown.contains("3 numbered clauses"), "{shown}");
    assert!(shown.contains(&format!("[{parts} parts, 3 paragraphs, 3 items]")), "{shown}");
    assert_eq!(shown.matches("第二条").count(), 1, "{shown}");
}

#[test]
fn a_library_from_before_has_no_parts() {
    let law = read("劳动条例\n第一条　甲。\n第二条　乙。");
    let json = serde_json::to_string(&law).unwrap();
    assert!(!json.contains("continues") && !json.contains("doubts"));
    assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), law);
}
