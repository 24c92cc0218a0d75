//! Quotes verified: there, altered or absent, and what they support.

use std::sync::LazyLock;

use proptest::prelude::*;
use yiju_engine::{
    Access, Cancel, CitedDocument, CitedQuote, DifferenceKind, Engine, ErrorKind, MismatchKind,
    QuoteStatus, Verification, VerifiedQuote, VerifyRequest,
};

use crate::library::{LAW, NOTICE, add, open};

static LIBRARY: LazyLock<(tempfile::TempDir, Engine)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(&engine, "law.txt", LAW);
    add(&engine, "notice.txt", NOTICE);
    (dir, engine)
});

fn bare(quote: &str) -> CitedQuote {
    CitedQuote { quote: quote.into(), ..CitedQuote::default() }
}

fn verify(engine: &Engine, statement: Option<&str>, cited: CitedQuote) -> Verification {
    engine
        .verify(&VerifyRequest {
            statement: statement.map(str::to_owned),
            citations: vec![cited],
            as_of: None,
        })
        .unwrap()
}

fn quote(engine: &Engine, cited: CitedQuote) -> VerifiedQuote {
    let found = verify(engine, None, cited).citations.remove(0);
    for place in &found.places {
        let text = engine.text(&place.document.id).unwrap().unwrap();
        assert_eq!(text[place.span.byte_start..place.span.byte_end], place.text);
        let characters: String = text
            .chars()
            .skip(place.span.char_start)
            .take(place.span.char_end - place.span.char_start)
            .collect();
        assert_eq!(characters, place.text);
    }
    found
}

#[test]
fn a_quote_is_found_with_its_clause_and_version() {
    let (_, engine) = &*LIBRARY;
    let found = quote(engine, bare("供水企业应当提前二十四小时通知用户。"));
    assert_eq!(found.status, QuoteStatus::Exists);
    assert!(!found.normalized && found.similarity == 1.0 && found.differences.is_empty());
    let place = &found.places[0];
    assert_eq!(place.label, "第四条");
    assert_eq!(place.document.title, "城市供水条例");
    let clause = engine.clause(&place.clause_ids[0]).unwrap().unwrap();
    assert!(clause.paragraph.contains(&place.text));
    assert_eq!(clause.document.sha256, place.document.sha256);
    assert_eq!((found.as_cited, found.cited_document), (None, None));
    // Over the end of a clause.
    let two = quote(engine, bare("通知用户。\n第五条"));
    assert_eq!(two.places[0].clause_ids.len(), 2, "{two:?}");
}

#[test]
fn another_writing_is_the_same_quote() {
    let (_, engine) = &*LIBRARY;
    for other in [
        "供水企業應當提前二十四小時通知用戶",
        "（一） 擅自改装\n公共供水设施的",
        "(一)擅自改装公共供水设施的",
    ] {
        let found = quote(engine, bare(other));
        assert_eq!(found.status, QuoteStatus::Exists, "{other}");
        assert!(found.normalized, "{other}");
    }
}

#[test]
fn an_altered_quote_is_shown_beside_the_text() {
    let (_, engine) = &*LIBRARY;
    let found = quote(engine, bare("供水企业应当提前四十八小时通知用户。"));
    assert_eq!(found.status, QuoteStatus::Altered);
    assert!(found.similarity > 0.8 && found.similarity < 1.0);
    assert_eq!(found.places[0].label, "第四条");
    let changed: Vec<(DifferenceKind, &str, &str)> = found
        .differences
        .iter()
        .filter(|one| one.op != DifferenceKind::Equal)
        .map(|one| (one.op, one.document.as_str(), one.quote.as_str()))
        .collect();
    assert_eq!(
        changed,
        [(DifferenceKind::Replace, "二", "四"), (DifferenceKind::Replace, "四", "八")]
    );
}

#[test]
fn an_altered_quote_that_says_the_opposite_is_named() {
    let (_, engine) = &*LIBRARY;
    for (altered, kind, said, there) in [
        ("供水企业应当提前四十八小时通知用户。", MismatchKind::Number, "四十八小时", "二十四小时"),
        ("供水企业可以提前二十四小时通知用户。", MismatchKind::Modality, "可以", "应当"),
        ("供水企业每年至少公布一次水质检测结果。", MismatchKind::Period, "每年", "每月"),
    ] {
        let found = quote(engine, bare(altered));
        assert_eq!(found.status, QuoteStatus::Altered);
        let named: Vec<(MismatchKind, &str, &str)> = found
            .contradictions
            .iter()
            .map(|one| (one.kind, one.quote.as_str(), one.document.as_str()))
            .collect();
        assert_eq!(named, [(kind, said, there)], "{altered}");
    }
    // Another word for the same, or a word more, contradicts nothing.
    for altered in
        ["供水企业必须提前二十四小时通知用户。", "供水企业应当提前二十四小时书面通知用户。"]
    {
        let found = quote(engine, bare(altered));
        assert_eq!(found.status, QuoteStatus::Altered);
        assert_eq!(found.contradictions, [], "{altered}");
    }
}

/// Each as a quote that was altered, and as a statement about the sentence.
#[test]
fn contradictions_that_look_alike_are_named() {
    use MismatchKind::{Bound, Extent, Modality, Negation, Number};
    let directory = tempfile::tempdir().unwrap();
    let engine = open(directory.path(), Access::ReadWrite);
    let text = "城市管理办法\n\
        第一条　用户逾期不交纳水费的，按日加收欠缴水费万分之五的违约金。\n\
        第二条　首次申领居住证，公安机关不收取工本费。\n\
        第三条　出租人应当自签订合同之日起七日内向公安机关备案。\n\
        第四条　违反规定的，由主管部门处一万元以上三万元以下的罚款。\n\
        第五条　鉴定所需的费用由用人单位部分承担。\n";
    add(&engine, "rules.txt", text);
    for (sentence, altered, kind, said, there) in [
        (
            "用户逾期不交纳水费的，按日加收欠缴水费万分之五的违约金。",
            "用户逾期不交纳水费的，按日加收欠缴水费千分之五的违约金。",
            Number,
            "千分之五",
            "万分之五",
        ),
        (
            "首次申领居住证，公安机关不收取工本费。",
            "首次申领居住证，公安机关收取工本费。",
            Negation,
            "收取",
            "不收取",
        ),
        (
            "出租人应当自签订合同之日起七日内向公安机关备案。",
            "出租人可以自签订合同之日起七日内向公安机关备案。",
            Modality,
            "可以",
            "应当",
        ),
        (
            "违反规定的，由主管部门处一万元以上三万元以下的罚款。",
            "违反规定的，由主管部门处三万元以上的罚款。",
            Bound,
            "以上",
            "以下",
        ),
        (
            "鉴定所需的费用由用人单位部分承担。",
            "鉴定所需的费用由用人单位全部承担。",
            Extent,
            "全部",
            "部分",
        ),
    ] {
        let found = quote(&engine, bare(altered));
        assert_eq!(found.status, QuoteStatus::Altered, "{altered}");
        let named: Vec<_> = found
            .contradictions
            .iter()
            .map(|one| (one.kind, one.quote.as_str(), one.document.as_str()))
            .collect();
        assert_eq!(named, [(kind, said, there)], "{altered}");

        let found = verify(&engine, Some(altered), bare(sentence));
        let support = found.citations[0].support.as_ref().unwrap();
        let named: Vec<_> = support
            .mismatches
            .iter()
            .map(|one| (one.kind, one.statement.as_str(), one.quote.as_str()))
            .collect();
        assert_eq!(named, [(kind, said, there)], "{altered}");
        assert!(support.score <= 0.2, "{altered}: {support:?}");
    }
}

#[test]
fn what_stands_nowhere_is_absent() {
    let (_, engine) = &*LIBRARY;
    for nowhere in ["机动车年检费为五百元。", "The quick brown fox", "水费每吨五元由物价局核定"]
    {
        let found = quote(engine, bare(nowhere));
        assert_eq!(found.status, QuoteStatus::Absent, "{nowhere}: {found:?}");
        assert!(found.places.is_empty() && found.differences.is_empty());
    }
}

#[test]
fn a_place_and_a_version_are_held_against_the_library() {
    let (_, engine) = &*LIBRARY;
    let text = "供水企业每月至少公布一次水质检测结果。";
    let place = quote(engine, bare(text)).places.remove(0);
    let cited = |document: Option<&str>, clause: Option<&str>, sha256: Option<&str>| {
        let found = quote(
            engine,
            CitedQuote {
                quote: text.into(),
                document_id: document.map(str::to_owned),
                clause_id: clause.map(str::to_owned),
                sha256: sha256.map(str::to_owned),
            },
        );
        assert_eq!(found.status, QuoteStatus::Exists);
        (found.as_cited, found.cited_document)
    };
    let (id, clause) = (place.document.id.as_str(), place.clause_ids[0].as_str());
    let sha256 = place.document.sha256.as_str();
    let current = Some(CitedDocument::Current);
    assert_eq!(cited(Some(id), None, None), (Some(true), current));
    assert_eq!(cited(None, Some(clause), None), (Some(true), current));
    assert_eq!(cited(None, None, Some(sha256)), (Some(true), current));
    let other = format!("{id}.0");
    assert_eq!(cited(None, Some(&other), None), (Some(false), current));
    assert_eq!(
        cited(Some(id), None, Some(&"0".repeat(64))),
        (Some(true), Some(CitedDocument::Changed))
    );
    let missing = Some(CitedDocument::Missing);
    assert_eq!(cited(Some("nope"), None, None), (Some(false), missing));
    assert_eq!(cited(None, None, Some(&"0".repeat(64))), (Some(false), missing));
}

#[test]
fn a_document_that_has_changed_is_said_to() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(&engine, "law.txt", LAW);
    let text = "应当提前二十四小时通知用户";
    let before = quote(&engine, bare(text)).places.remove(0);
    add(&engine, "law.txt", &LAW.replace("二十四小时", "三日"));
    let found = quote(
        &engine,
        CitedQuote {
            quote: text.into(),
            clause_id: Some(before.clause_ids[0].clone()),
            sha256: Some(before.document.sha256.clone()),
            ..CitedQuote::default()
        },
    );
    assert_eq!(found.status, QuoteStatus::Altered);
    assert_eq!(found.cited_document, Some(CitedDocument::Changed));
    assert_eq!(found.as_cited, Some(true));
    assert_ne!(found.places[0].document.sha256, before.document.sha256);
}

#[test]
fn support_follows_meaning_and_falls_with_contradictions() {
    let (_, engine) = &*LIBRARY;
    let passage = "因工程施工确需停止供水的，供水企业应当提前二十四小时通知用户。";
    let support = |statement: &str| {
        let found = verify(engine, Some(statement), bare(passage));
        assert_eq!(found.support, found.citations[0].support.as_ref().map(|s| s.score));
        found.citations[0].support.clone().unwrap()
    };
    let right = support("施工停水，供水企业要提前24小时告诉用户。");
    let off = support("图书馆周六开放到晚上十点。");
    let number = support("施工停水，供水企业要提前48小时告诉用户。");
    let duty = support("施工停水，供水企业可以提前二十四小时通知用户。");
    assert!(right.mismatches.is_empty(), "{right:?}");
    assert!(right.score > 0.5 && off.score < 0.2, "{right:?} {off:?}");
    for (wrong, kind) in [(number, MismatchKind::Number), (duty, MismatchKind::Modality)] {
        assert_eq!(wrong.mismatches[0].kind, kind);
        assert!(wrong.score <= 0.2, "{wrong:?}");
    }
    let nothing = verify(engine, Some("停水要提前通知。"), bare("机动车年检费为五百元。"));
    assert_eq!(nothing.support, Some(0.0));
    assert_eq!(nothing.citations[0].support, None);
}

#[test]
fn citations_are_verified_as_if_alone() {
    let (_, engine) = &*LIBRARY;
    let cited = [
        bare("供水企业应当提前四十八小时通知用户"),
        bare("机动车年检费为五百元。"),
        bare("各图书馆周五、周六开放至二十二时。"),
    ];
    let statement = Some("图书馆周六开放到二十二时。".to_owned());
    let all = engine
        .verify(&VerifyRequest {
            statement: statement.clone(),
            citations: cited.to_vec(),
            as_of: None,
        })
        .unwrap();
    let best = all.citations[2].support.as_ref().unwrap().score;
    assert_eq!(all.support, Some(best));
    for (one, cited) in all.citations.iter().zip(cited) {
        assert_eq!(*one, verify(engine, statement.as_deref(), cited).citations[0]);
    }
}

#[test]
fn a_verification_that_nobody_waits_for_is_given_up() {
    let (_, engine) = &*LIBRARY;
    let request = VerifyRequest {
        statement: None,
        citations: vec![bare("机动车年检费为五百元。")],
        as_of: None,
    };
    let cancel = Cancel::new();
    assert!(cancel.scope(|| engine.verify(&request)).is_ok());
    cancel.cancel();
    let error = cancel.scope(|| engine.verify(&request)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[test]
fn requests_out_of_range_are_named() {
    let (_, engine) = &*LIBRARY;
    let error = |statement: Option<&str>, citations: Vec<CitedQuote>| {
        let request =
            VerifyRequest { statement: statement.map(str::to_owned), citations, as_of: None };
        let error = engine.verify(&request).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        error.to_string()
    };
    assert!(error(None, vec![]).contains("citations must be 1 to 20"));
    assert!(error(None, vec![bare("水"); 21]).contains("21"));
    assert!(error(None, vec![bare("。")]).contains("quote's length"));
    assert!(error(None, vec![bare(&"水".repeat(5_001))]).contains("5001"));
    assert!(error(Some(" "), vec![bare("水")]).contains("statement's length"));
    let both =
        CitedQuote { document_id: Some("a".into()), clause_id: Some("b.1".into()), ..bare("水") };
    assert!(error(None, vec![both]).contains("clause_id"));
}

/// A document's text, and characters from and to.
fn stretch() -> impl Strategy<Value = (String, usize, String)> {
    let texts: Vec<(String, String)> = {
        let engine = &LIBRARY.1;
        let page = engine.documents(None, 10).unwrap();
        page.documents
            .iter()
            .map(|one| (one.id.clone(), engine.text(&one.id).unwrap().unwrap()))
            .collect()
    };
    (0..texts.len(), any::<prop::sample::Index>(), 1usize..120).prop_map(
        move |(document, start, length)| {
            let (id, text) = &texts[document];
            let characters: Vec<char> = text.chars().collect();
            let start = start.index(characters.len());
            let quote: String = characters.iter().skip(start).take(length).collect();
            (id.clone(), start, quote)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_part_of_any_document_exists_there((id, start, text) in stretch()) {
        prop_assume!(text.chars().any(char::is_alphanumeric));
        let (_, engine) = &*LIBRARY;
        let anywhere = quote(engine, bare(&text));
        prop_assert_eq!(anywhere.status, QuoteStatus::Exists);
        let there = quote(engine, CitedQuote { document_id: Some(id.clone()), ..bare(&text) });
        prop_assert_eq!((there.status, there.normalized, there.as_cited), (QuoteStatus::Exists, false, Some(true)));
        let at = there.places.iter().any(|place| place.document.id == id && place.span.char_start == start);
        prop_assert!(at || there.places.len() == 20, "{:?}", there.places);
    }

    #[test]
    fn one_changed_character_is_the_only_difference(
        (id, start, text) in stretch(),
        at in any::<prop::sample::Index>(),
    ) {
        let mut characters: Vec<char> = text.chars().collect();
        prop_assume!(characters.len() >= 12);
        let at = at.index(characters.len());
        // White space is no part of a quote's comparison, and each side must keep a run to find it by.
        prop_assume!(!characters[at].is_whitespace());
        let printed = std::mem::replace(&mut characters[at], '★');
        let longest = characters
            .split(|c| *c == '★')
            .map(|part| part.iter().filter(|c| !c.is_whitespace()).count())
            .max();
        prop_assume!(longest >= Some(6));
        let altered: String = characters.iter().collect();
        let (_, engine) = &*LIBRARY;
        let found = quote(engine, CitedQuote { document_id: Some(id.clone()), ..bare(&altered) });
        prop_assert_eq!(found.status, QuoteStatus::Altered);
        let changed: Vec<_> = found.differences.iter().filter(|one| one.op != DifferenceKind::Equal).collect();
        prop_assert_eq!(changed.len(), 1, "{:?}", found.differences);
        prop_assert_eq!(changed[0].op, DifferenceKind::Replace);
        prop_assert_eq!(changed[0].document.trim(), printed.to_string());
        prop_assert_eq!(changed[0].quote.trim(), "★");
        let together: String = found.differences.iter().map(|one| one.quote.as_str()).collect();
        prop_assert_eq!(together, altered);
        let passage: String = found.differences.iter().map(|one| one.document.as_str()).collect();
        prop_assert_eq!(&passage, &found.places[0].text);
        prop_assert!(found.places[0].span.char_start <= start + at && start + at < found.places[0].span.char_end);
    }
}
