//! Outlines of real and made-up documents.

use std::path::Path;

use jiff::civil::date;
use yiju_document::{Document, UnitKind, outline, parse};

pub fn seed() -> Vec<u8> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds");
    let mut files: Vec<_> = std::fs::read_dir(&seeds)
        .unwrap_or_else(|e| panic!("{}: {e}", seeds.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    std::fs::read(&files[0]).unwrap()
}

pub const LAW: &str = include_str!("fixtures/law.txt");
pub const NOTICE: &str = include_str!("fixtures/notice.txt");
pub const ENGLISH: &str = include_str!("fixtures/policy_en.txt");
pub const TRADITIONAL: &str = include_str!("fixtures/traditional.txt");

pub const MARKDOWN: &str = include_str!("fixtures/markdown.md");

fn one(text: &str) -> Document {
    let mut documents = parse(text.as_bytes()).unwrap();
    assert_eq!(documents.len(), 1, "{:?}", documents.iter().map(|d| &d.title).collect::<Vec<_>>());
    documents.remove(0)
}

#[test]
fn the_seed_page() {
    let documents = parse(&seed()).unwrap();
    assert_eq!(documents.len(), 5);
    let policy = &documents[0];
    assert_eq!(policy.title, "中共中央 国务院关于推动城市高质量发展的意见");
    assert_eq!(policy.date, Some(date(2025, 8, 15)));
    assert_eq!(policy.issuer.as_deref(), Some("中共中央、国务院"));
    assert_eq!(policy.sections.len(), 9);
    let numbered: Vec<u32> = policy
        .clauses
        .iter()
        .filter(|c| c.kind == UnitKind::Parenthesized)
        .filter_map(|c| c.number)
        .collect();
    assert_eq!(numbered, (1..=23).collect::<Vec<_>>());
    assert!(policy.text.contains("发挥债券市场、股票市场融资功能"));
    assert!(policy.text.contains("推进国家区域公共卫生中心建设"));
    assert!(documents[1].text.contains("治理规则，强化战略管理"));
    assert!(documents[1].text.contains("在广阔前景中大显身手"));
    // The year of the news is not printed with it.
    assert!(documents[1..].iter().all(|d| d.date.is_none()));
    let all: Vec<String> = documents.iter().map(outline).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_law() {
    let law = one(LAW);
    assert_eq!(law.date, Some(date(2023, 9, 27)));
    assert_eq!(law.path(5), ["第二编 管理", "第一章 登记", "第二节 查询", "第五条"]);
    insta::assert_snapshot!(outline(&law));
}

#[test]
fn a_notice_with_attachments() {
    let notice = one(NOTICE);
    assert_eq!(notice.title, "某省人民政府办公厅关于做好冬季供暖工作的通知");
    assert_eq!(notice.number.as_deref(), Some("某政办发〔2024〕12号"));
    assert_eq!(notice.date, Some(date(2024, 9, 10)));
    insta::assert_snapshot!(outline(&notice));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(outline(&one(MARKDOWN)));
}

/// A decree with its law, a plan printed with its notice, a news page, and the like.
#[test]
fn further_forms() {
    for (name, text) in [
        ("decree", include_str!("fixtures/decree.txt")),
        ("notice_with_plan", include_str!("fixtures/notice_with_plan.txt")),
        ("news_page", include_str!("fixtures/news_page.txt")),
        ("notice_signed", include_str!("fixtures/notice_signed.txt")),
        ("interpretation", include_str!("fixtures/interpretation.txt")),
        ("wrapped_law", include_str!("fixtures/wrapped_law.txt")),
    ] {
        let all: Vec<String> = parse(text.as_bytes()).unwrap().iter().map(outline).collect();
        insta::assert_snapshot!(name, all.join("\n"));
    }
}

#[test]
fn a_given_title() {
    let documents = yiju_document::parse_text(
        Some("供水办法"),
        "一、总则\n本办法适用于本市。\n二、附则\n自发布之日起施行。",
    )
    .unwrap();
    assert_eq!(documents.len(), 1);
    insta::assert_snapshot!(outline(&documents[0]));
}

#[test]
fn wrapped_english() {
    let policy = one(ENGLISH);
    assert_eq!(policy.language, "en");
    insta::assert_snapshot!(outline(&policy));
    insta::assert_snapshot!(
        "english_sentences",
        policy
            .clauses
            .iter()
            .flat_map(|c| &c.sentences)
            .map(|s| policy.slice(*s))
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn traditional_chinese() {
    let rules = one(TRADITIONAL);
    assert_eq!(rules.language, "zh-Hant");
    insta::assert_snapshot!(outline(&rules));
}
