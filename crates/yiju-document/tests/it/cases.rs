//! One small input for each kind of fault seen in real documents, and what is right.

use yiju_document::{Document, UnitKind, parse};

fn read(text: &str) -> Document {
    let mut documents = parse(text.as_bytes()).unwrap();
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

fn labels(document: &Document) -> Vec<&str> {
    document.clauses.iter().map(|c| c.label.as_str()).collect()
}

fn headings(document: &Document) -> Vec<String> {
    document.sections.iter().map(|s| format!("{}{}", s.label, s.title)).collect()
}

/// Title, 文号 and date.
fn head(document: &Document) -> (&str, &str, String) {
    (
        document.title.as_str(),
        document.number.as_deref().unwrap_or(""),
        document.date.map(|d| d.to_string()).unwrap_or_default(),
    )
}

fn texts(document: &Document) -> Vec<&str> {
    document.clauses.iter().map(|c| document.slice(c.span)).collect()
}

macro_rules! case {
    ($name:literal) => {
        read(include_str!(concat!("../data/", $name)))
    };
}

#[test]
fn articles_with_sub_numbers() {
    let law = case!("a1-hyphen-articles.txt");
    let numbers: Vec<_> = law.clauses.iter().map(|c| (c.number.unwrap(), c.sub_number)).collect();
    assert_eq!(
        numbers,
        [(1, None), (2, None), (2, Some(1)), (2, Some(2)), (3, Some(1)), (4, None)]
    );
    for (line, number, sub) in [
        ("第 2 條之 1 甲", 2, 1),
        ("第5之1条 甲", 5, 1),
        ("第4条-1 甲", 4, 1),
        ("第十七条之二　甲", 17, 2),
        ("Article 2-1 Scope", 2, 1),
        ("Article 2B Scope", 2, 2),
        ("Article 2 bis Scope", 2, 1),
    ] {
        let base = line.replace(['1', '2'], "").replace("之 ", "");
        let text = format!("{line}的内容。\n{base}");
        let document = yiju_document::parse_text(Some("甲法"), &text).unwrap().remove(0);
        let clause = &document.clauses[0];
        assert_eq!((clause.number, clause.sub_number), (Some(number), Some(sub)), "{line}");
        assert_eq!(clause.kind, UnitKind::Article);
    }
}

#[test]
fn headings_alone_and_lists() {
    let notice = case!("a3-last-item-loses-its-text.txt");
    let of = |label: &str| {
        let clause = notice.clauses.iter().find(|c| c.label == label).unwrap();
        notice.slice(clause.span)
    };
    assert!(of("（二）").ends_with("经费由财政部安排。"));
    assert!(of("（四）").ends_with("每年督导两次。"));
    let law = case!("a4-item-heading-swallows-articles.txt");
    assert_eq!(labels(&law), ["第一條", "第二條", "第三條"]);
    assert!(texts(&law)[0].ends_with("由主管機關定之。"));
    let flag = case!("d7-jia-yi-items.txt");
    let last = flag.clauses.last().unwrap();
    assert_eq!((last.label.as_str(), last.items.len()), ("（三）", 3));
    let company = case!("d1-decimal-numbers.txt");
    assert_eq!(company.title, "员工管理制度");
    assert_eq!(
        headings(&company),
        ["1总则", "1.1目的", "1.2适用范围", "2考勤", "2.1工作时间", "2.2迟到", "3附则"]
    );
    assert_eq!(company.path(2), ["1 总则", "1.2 适用范围", "1.2.1"]);
}

#[test]
fn heads_of_documents() {
    for (document, expected) in [
        (case!("b1-bare-adoption-line.md"), ("测试市绿化条例", "", "2019-05-30")),
        (case!("b2-amendment-title.txt"), ("中华人民共和国测试法修正案（十二）", "", "2023-12-29")),
        (
            case!("b4-title-broken-around-book-marks.txt"),
            (
                "国务院关于在测试先行区暂时调整实施《中华人民共和国测试法实施条例》有关规定的决定",
                "国发〔2018〕43号",
                "2018-12-21",
            ),
        ),
        (
            case!("b5-title-first-line-lost.txt"),
            (
                "国务院办公厅关于全面推行行政规范性文件合法性审核机制的指导意见",
                "国办发〔2018〕115号",
                "2018-12-04",
            ),
        ),
        (case!("b7-moj-labels.txt"), ("勞動測試法", "", "2024-07-31")),
        (case!("b8-web-page-chrome.txt"), ("2026年测试省政府工作报告", "", "2026-02-03")),
        (
            case!("b9-decree-head.txt"),
            ("测试代理条例", "中华人民共和国国务院令第706号", "2018-11-06"),
        ),
        (
            case!("b10-signature-forms.txt"),
            ("关于加强测试工作的通知", "财政部公告2024年第12号", "2024-03-15"),
        ),
        (
            case!("b11-front-matter.md"),
            ("测试市验收备案办法", "测试市人民政府令第12号", "2019-08-01"),
        ),
        (
            case!("b12-english-title.txt"),
            ("Law on the Exclusive Economic Zone and the Continental Shelf of Testland", "", ""),
        ),
    ] {
        let (title, number, date) = head(&document);
        assert_eq!((title, number, date.as_str()), expected);
    }
    assert_eq!(case!("b10-signature-forms.txt").issuer.as_deref(), Some("测试委员会"));
    assert_eq!(headings(&case!("b12-english-title.txt")), ["Chapter 1General Provisions"]);
    assert_eq!(labels(&case!("b1-bare-adoption-line.md")), ["第一条", "第二条"]);
}

#[test]
fn two_laws_are_two_documents() {
    let documents = parse(include_bytes!("../data/b6-two-laws-one-file.txt")).unwrap();
    let titles: Vec<&str> = documents.iter().map(|d| d.title.as_str()).collect();
    assert_eq!(titles, ["中华人民共和国甲测试法", "中华人民共和国乙测试法"]);
}

#[test]
fn what_the_page_adds_is_no_text() {
    let wrapped = case!("c1-wrapped-items-run-on.txt");
    assert_eq!(labels(&wrapped)[2..], ["（一）", "（二）", "（三）", "（四）"]);
    let paged = case!("c3-page-numbers.txt");
    assert_eq!(labels(&paged), ["第一条", "第二条"]);
    assert_eq!(paged.clauses[0].items.len(), 2);
    assert!(!paged.text.contains("— 1 —") && !paged.text.contains("- 2 -"));
    let shapes = case!("d2-heading-shapes.txt");
    assert_eq!(labels(&shapes), ["第一条", "第二条", "第三条", "第四条", "第十二条", "第十三条"]);
    let html = case!("d3-html.txt");
    assert_eq!(html.title, "测试市停车办法");
    assert_eq!(texts(&html)[1], "第二条 本办法由交通局负责解释。");
    let code = case!("d4-markdown-level-and-setext.md");
    assert_eq!(code.path(1), ["第三编 合同", "第一分编 通则", "第一章 一般规定", "第四百六十三条"]);
}

#[test]
fn text_without_line_breaks() {
    for rules in [case!("e1-lines-became-spaces.txt"), case!("e2-lines-lost.txt")] {
        assert_eq!(
            head(&rules),
            ("青河市城市绿化管理办法", "青河市人民政府令第12号", "2024-03-01".into())
        );
        assert_eq!(headings(&rules), ["第一章总则", "第二章建设", "第三章附则"]);
        assert_eq!(labels(&rules), ["第一条", "第二条", "第三条", "第四条", "第五条"]);
        assert_eq!(rules.clauses[2].items.len(), 2);
        assert!(rules.clauses.iter().all(|clause| clause.inferred));
        assert!(yiju_document::outline(&rules).contains("[2 items, inferred]"));
    }
    let opinion = case!("e3-ideographic-spaces.txt");
    assert_eq!(
        head(&opinion),
        ("青河市人民政府关于促进夜间经济的意见", "青政发〔2024〕15号", "2024-06-02".into())
    );
    assert_eq!(headings(&opinion), ["一、总体要求", "二、主要任务", "三、保障措施"]);
    let notice = case!("e4-escaped-line-breaks.txt");
    assert_eq!(notice.number.as_deref(), Some("青政办发〔2024〕7号"));
    assert!(!notice.text.contains('\\'));
    let english = case!("e5-english-one-line.txt");
    assert_eq!(english.title, "Qinghe Parking Rules");
    assert_eq!(labels(&english), ["Article 1", "Article 2", "Article 3", "Article 4"]);
    assert_eq!(english.clauses[2].items.len(), 2);
}

/// Half a megabyte on one line is clauses of a limited length, in the time of its length.
#[test]
fn no_clause_is_without_a_limit() {
    let sentence = "县级以上人民政府应当加强绿化工作，依照第九条规定将绿化纳入规划。";
    for text in [sentence.repeat(6_000), "绿".repeat(200_000), "word ".repeat(100_000)] {
        let document = read(&text);
        assert!(document.clauses.iter().all(|c| c.span.byte_end - c.span.byte_start <= 12_000));
        let whole: String = texts(&document).concat();
        assert_eq!(whole.replace(' ', ""), text.replace(' ', ""));
    }
    let document = read(&sentence.repeat(6_000));
    assert!(texts(&document).iter().all(|text| text.ends_with("规划。")));
}
