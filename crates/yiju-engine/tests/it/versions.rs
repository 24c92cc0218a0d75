//! Versions of documents in time: which one answers on which day.

use jiff::civil::Date;
use yiju_engine::{
    Access, Answer, AskRequest, CitedQuote, DateKind, Engine, ErrorKind, ForceStatus, QuoteStatus,
    SearchRequest, Source, Told, VerifyRequest,
};

use crate::library::{add, ask, open};

/// Articles of the company law in its seven versions, and since when each is in force.
const COMPANY: [(&str, &str, &str); 7] = [
    ("1993", include_str!("../data/versions/company_1993.txt"), "1994-07-01"),
    ("1999", include_str!("../data/versions/company_1999.txt"), "1999-12-25"),
    ("2004", include_str!("../data/versions/company_2004.txt"), "2004-08-28"),
    ("2005", include_str!("../data/versions/company_2005.txt"), "2006-01-01"),
    // The text says only when it was changed: its decision set the day.
    ("2013", include_str!("../data/versions/company_2013.txt"), "2014-03-01"),
    ("2018", include_str!("../data/versions/company_2018.txt"), "2018-10-26"),
    ("2023", include_str!("../data/versions/company_2023.txt"), "2024-07-01"),
];

const OLD: &str = "青河市城市供水管理办法\n\n（2015年6月1日青河市人民政府令第18号公布）\n\n\
    第一条 为了加强城市供水管理，制定本办法。\n\n\
    第二条 用户应当按月缴纳水费。逾期不缴纳的，自逾期之日起按日加收千分之五的违约金。\n\n\
    第三条 居民生活用水价格为每立方米2.80元。\n\n\
    第四条 用户欠费超过三个月，经催告仍不缴纳的，供水企业可以暂停供水。\n\n\
    第五条 本办法自2015年7月1日起施行。\n";

const NEW: &str = "青河市城市供水管理办法\n\n（2023年9月15日青河市人民政府令第41号公布）\n\n\
    第一条 为了加强城市供水管理，保障用水安全，制定本办法。\n\n\
    第二条 用户应当按月缴纳水费。逾期不缴纳的，自逾期之日起按日加收万分之五的违约金。\n\n\
    第三条 居民生活用水价格为每立方米3.45元。\n\n\
    第四条 用户欠费超过六个月，经两次催告仍不缴纳的，供水企业可以限制供水，但不得停止居民基本生活用水。\n\n\
    第五条 本办法自2023年11月1日起施行。2015年6月1日公布的《青河市城市供水管理办法》（青河市人民政府令第18号）同时废止。\n";

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn empty() -> (tempfile::TempDir, Engine) {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    (dir, engine)
}

fn water() -> (tempfile::TempDir, Engine) {
    let (dir, engine) = empty();
    add(&engine, "old.txt", OLD);
    add(&engine, "new.txt", NEW);
    (dir, engine)
}

fn ask_on(engine: &Engine, question: &str, on: &str) -> Answer {
    let request = AskRequest { as_of: Some(day(on)), ..AskRequest::new(question) };
    engine.ask(&request).unwrap()
}

fn source_of(engine: &Engine, answer: &Answer) -> String {
    let citation = answer.citations.first().unwrap_or_else(|| panic!("{answer:?}"));
    engine.document(&citation.document.id).unwrap().unwrap().source
}

/// The company law, its versions added in this order.
fn company(order: &[usize]) -> (tempfile::TempDir, Engine) {
    let (dir, engine) = empty();
    for &at in order {
        let (name, text, since) = COMPANY[at];
        let source = Source { name: name.into(), title: None, bytes: text.into() };
        let mut told = Told::default();
        if name == "2013" {
            told.days.insert(DateKind::Effective, day(since));
        }
        engine.add_told(source, &told, &|_| {}).unwrap();
    }
    (dir, engine)
}

#[test]
fn each_day_has_the_version_in_force_then_whatever_the_order() {
    for order in [[0, 1, 2, 3, 4, 5, 6], [6, 2, 4, 0, 5, 1, 3]] {
        let (_dir, engine) = company(&order);
        let id = &engine.source_documents("2005").unwrap()[0].id;
        let versions = engine.versions(id, None).unwrap().unwrap();
        let seen: Vec<(String, Option<Date>)> = versions
            .iter()
            .map(|one| {
                (one.document.source.clone(), one.in_force.as_ref().and_then(|force| force.from))
            })
            .collect();
        let expected: Vec<(String, Option<Date>)> =
            COMPANY.iter().map(|(name, _, since)| ((*name).to_owned(), Some(day(since)))).collect();
        assert_eq!(seen, expected);
        for (at, (name, _, since)) in COMPANY.iter().enumerate() {
            let first = day(since);
            let last = COMPANY
                .get(at + 1)
                .map_or(day("2026-06-30"), |(_, _, next)| day(next).yesterday().unwrap());
            for on in [first, last] {
                for (question, articles) in [
                    (
                        "有限责任公司注册资本的最低限额是多少？",
                        match *name {
                            "1993" | "1999" | "2004" => ["第二十三条", "", ""],
                            "2023" => ["第四十七条", "", ""],
                            _ => ["第二十六条", "", ""],
                        },
                    ),
                    (
                        "公司的法定代表人由谁担任？",
                        match *name {
                            "1993" | "1999" | "2004" => ["第四十五条", "第五十一条", ""],
                            "2023" => ["第十条", "", ""],
                            _ => ["第十三条", "", ""],
                        },
                    ),
                    (
                        "有限责任公司设董事会，其成员为多少人？",
                        // Of a company limited by shares another article says it.
                        if *since < "2006" {
                            ["第四十五条", "第一百一十二条", ""]
                        } else {
                            match *name {
                                "2005" => ["第四十五条", "第一百零九条", ""],
                                "2013" | "2018" => ["第四十四条", "第一百零八条", ""],
                                _ => ["第六十八条", "", ""],
                            }
                        },
                    ),
                ] {
                    let answer = ask_on(&engine, question, &on.to_string());
                    assert_eq!(source_of(&engine, &answer), *name, "{on} {question}");
                    let label = &answer.citations[0].label;
                    assert!(articles.contains(&label.as_str()), "{on} {question}: {label}");
                    let force = answer.citations[0].in_force.as_ref().unwrap();
                    assert_eq!((force.status, force.from), (ForceStatus::InForce, Some(first)));
                }
            }
        }
        // Before the first there was none.
        let before = ask_on(&engine, "有限责任公司注册资本的最低限额是多少？", "1994-06-30");
        assert!(!before.answered, "{before:?}");
    }
}

#[test]
fn a_number_means_the_article_of_that_day() {
    let (_dir, engine) = company(&[6, 2, 4, 0, 5, 1, 3]);
    let article = |question: &str, on: Option<&str>| {
        let request = AskRequest { as_of: on.map(day), ..AskRequest::new(question) };
        let answer = engine.ask(&request).unwrap();
        let sources: Vec<String> = answer
            .citations
            .iter()
            .map(|citation| engine.document(&citation.document.id).unwrap().unwrap().source)
            .collect();
        (sources, answer.citations.first().map(|first| first.quote.clone()).unwrap_or_default())
    };
    let (sources, quote) = article("公司法第二十六条", Some("2010-05-01"));
    assert_eq!(sources, ["2005"]);
    assert!(quote.contains("三万元"), "{quote}");
    assert_eq!(article("公司法第二十六条", Some("2019-01-01")).0, ["2018"]);
    assert_eq!(article("公司法第十条", None).0, ["2023"]);
    // A year before the title is the version's.
    assert_eq!(article("2005年公司法第二十六条", None).0, ["2005"]);
    assert_eq!(article("2018年的《公司法》第二十六条", None).0, ["2018"]);
    assert_eq!(article("修订前的公司法第二十六条", None).0, ["2018"]);
    assert_eq!(article("现行公司法第十条", None).0, ["2023"]);
}

#[test]
fn today_the_version_in_force_answers_and_a_time_named_means_its_own() {
    let (_dir, engine) = water();
    let quote = |question: &str| ask(&engine, question).citations[0].quote.clone();
    assert!(quote("逾期不交水费，违约金怎么算？").contains("万分之五"));
    assert!(quote("居民水价是多少？").contains("3.45元"));
    assert!(quote("2016年居民水价是多少？").contains("2.80元"));
    assert!(quote("2015年的办法规定的居民水价是多少？").contains("2.80元"));
    assert!(quote("修订前的居民水价是多少？").contains("2.80元"));
    assert!(quote("2020年5月1日居民水价是多少？").contains("2.80元"));
    let old = ask(&engine, "2016年居民水价是多少？");
    let force = old.citations[0].in_force.as_ref().unwrap();
    assert_eq!(force.status, ForceStatus::Repealed);
    assert_eq!((force.from, force.until), (Some(day("2015-07-01")), Some(day("2023-11-01"))));
    let new = &engine.source_documents("new.txt").unwrap()[0].id;
    assert_eq!(force.replaced_by.as_ref(), Some(new));
    assert_eq!(force.repealed_by, Some(format!("{new}.4")));
    assert!(old.answer.contains("已于2023年11月1日废止"), "{}", old.answer);
    let both = ask(&engine, "新旧办法规定的居民水价有什么变化？");
    let quotes: Vec<&str> = both.citations.iter().map(|one| one.quote.as_str()).collect();
    assert!(quotes.iter().any(|quote| quote.contains("3.45元")), "{both:?}");
    assert!(quotes.iter().any(|quote| quote.contains("2.80元")), "{both:?}");
    // The day that is asked for counts before the time in the question.
    let answer = ask_on(&engine, "居民水价是多少？", "2016-01-01");
    assert!(answer.citations[0].quote.contains("2.80元"));
    let request =
        SearchRequest { as_of: Some(day("2016-01-01")), ..SearchRequest::new("居民水价") };
    let hits = engine.search(&request).unwrap().hits;
    assert!(hits[0].paragraph.contains("2.80元"));
    assert!(hits.iter().all(|hit| !hit.paragraph.contains("3.45元")));
    let hits = engine.search(&SearchRequest::new("居民水价")).unwrap().hits;
    assert!(hits.iter().all(|hit| !hit.paragraph.contains("2.80元")));
}

#[test]
fn whether_a_document_is_in_force_is_answered_with_the_clause_that_says_so() {
    let (_dir, engine) = water();
    let old = ask(&engine, "2015年的供水管理办法还有效吗？");
    assert!(old.citations[0].quote.contains("同时废止"), "{old:?}");
    assert!(old.answer.contains("已于2023年11月1日废止"), "{}", old.answer);
    let new = ask(&engine, "青河市城市供水管理办法现在还有效吗？");
    assert!(new.answer.contains("现行有效"), "{}", new.answer);
    assert!(new.citations[0].quote.contains("自2023年11月1日起施行"));
}

#[test]
fn a_document_without_a_successor_answers_and_says_that_it_is_repealed() {
    let (_dir, engine) = empty();
    let source = Source { name: "old.txt".into(), title: None, bytes: OLD.into() };
    let mut told = Told::default();
    told.days.insert(DateKind::Repealed, day("2022-01-01"));
    engine.add_told(source.clone(), &told, &|_| {}).unwrap();
    let answer = ask(&engine, "居民水价是多少？");
    assert!(answer.citations[0].quote.contains("2.80元"));
    assert!(answer.answer.contains("已于2022年1月1日废止"), "{}", answer.answer);
    // A decision that only repeals takes no place.
    let decision = "青河市人民政府关于废止部分文件的决定\n\n（2021年3月5日青河市人民政府令第30号公布）\n\n\
        经研究，决定废止下列文件：\n\n一、《青河市城市供水管理办法》（青河市人民政府令第18号）。\n\n\
        二、《青河市航标办法》。\n\n本决定自公布之日起施行。\n";
    let (_dir, engine) = empty();
    add(&engine, "decision.txt", decision);
    engine.add(source, &|_| {}).unwrap();
    let answer = ask(&engine, "居民水价是多少？");
    assert!(answer.citations[0].quote.contains("2.80元"), "{answer:?}");
    assert_eq!(answer.citations[0].in_force.as_ref().unwrap().status, ForceStatus::Repealed);
}

#[test]
fn what_is_told_counts_before_what_the_text_says() {
    let (_dir, engine) = empty();
    let rules = |rate: &str| {
        format!("公司差旅规定\n一、住宿标准为每天{rate}元。\n二、餐补为每天一百元。\n")
    };
    let old = add(&engine, "a.txt", &rules("三百")).documents[0].id.clone();
    let bytes = rules("五百").into();
    let source = Source { name: "b.txt".into(), title: Some("出差办法".into()), bytes };
    let mut told = Told { replaces: vec![old.clone()], ..Told::default() };
    told.days.insert(DateKind::Effective, day("2024-01-01"));
    engine.add_told(source.clone(), &told, &|_| {}).unwrap();
    let rate = |on: &str| {
        let answer = ask_on(&engine, "住宿标准是多少？", on);
        answer.citations[0].quote.clone()
    };
    assert!(rate("2023-06-01").contains("三百"));
    assert!(rate("2024-06-01").contains("五百"));
    // Told anew of the same bytes.
    told.days.insert(DateKind::Effective, day("2025-01-01"));
    engine.add_told(source.clone(), &told, &|_| {}).unwrap();
    assert!(rate("2024-06-01").contains("三百"));
    // What cannot be is refused, and nothing is changed.
    let unknown = Told { replaces: vec!["nothing".into()], ..Told::default() };
    let error = engine.add_told(source, &unknown, &|_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(engine.versions(&old, None).unwrap().unwrap().len(), 2);
    assert!(engine.versions("nothing", None).unwrap().is_none());
}

#[test]
fn other_documents_are_no_versions() {
    let (_dir, engine) = water();
    let other = NEW.replace("青河市", "碧溪市").replace("3.45", "4.10");
    add(&engine, "other.txt", &other);
    let notice = |year: &str, days: &str| {
        format!(
            "青河市人民政府办公室关于节假日安排的通知\n\n{year}年1月5日\n\n一、春节放假{days}天。\n\n二、请做好值班工作。\n"
        )
    };
    add(&engine, "n1.txt", &notice("2022", "七"));
    add(&engine, "n2.txt", &notice("2023", "八"));
    let id = &engine.source_documents("other.txt").unwrap()[0].id;
    assert_eq!(engine.versions(id, None).unwrap().unwrap().len(), 1);
    let id = &engine.source_documents("n1.txt").unwrap()[0].id;
    assert_eq!(engine.versions(id, None).unwrap().unwrap().len(), 1);
    let answer = ask(&engine, "碧溪市居民水价是多少？");
    assert!(answer.citations[0].quote.contains("4.10元"));
    // The repeal of 青河市's does not reach 碧溪市's.
    let force = answer.citations[0].in_force.as_ref().unwrap();
    assert_eq!(force.status, ForceStatus::InForce);
}

#[test]
fn a_quote_of_a_repealed_version_is_said_to_be_one() {
    let (_dir, engine) = water();
    let verify = |quote: &str, on: Option<&str>| {
        let cited = CitedQuote { quote: quote.into(), ..CitedQuote::default() };
        let request = VerifyRequest {
            citations: vec![cited],
            as_of: on.map(day),
            ..VerifyRequest::default()
        };
        engine.verify(&request).unwrap().citations.remove(0)
    };
    let old = verify("居民生活用水价格为每立方米2.80元。", None);
    assert_eq!((old.status, old.in_force), (QuoteStatus::Exists, Some(false)));
    let force = old.places[0].in_force.as_ref().unwrap();
    assert_eq!((force.status, force.until), (ForceStatus::Repealed, Some(day("2023-11-01"))));
    assert_eq!(
        verify("居民生活用水价格为每立方米2.80元。", Some("2016-01-01")).in_force,
        Some(true)
    );
    assert_eq!(verify("居民生活用水价格为每立方米3.45元。", None).in_force, Some(true));
    // What both say is in force; the version in force comes first.
    let both = verify("用户应当按月缴纳水费。", None);
    assert_eq!(both.in_force, Some(true));
    assert_eq!(both.places[0].in_force.as_ref().unwrap().status, ForceStatus::InForce);
}
