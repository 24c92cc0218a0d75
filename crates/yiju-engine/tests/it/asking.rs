//! Questions: by matter, by number, and those without an answer.

use yiju_engine::{
    Access, AskRequest, CLOSE, Engine, ErrorKind, Filter, MOST_READ, NEIGHBOUR_WEIGHT,
    SearchRequest, Signals, Verdict,
};

use crate::library::{LAW, NOTICE, add, ask, open};

fn library() -> (tempfile::TempDir, Engine) {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(&engine, "law.txt", LAW);
    add(&engine, "notice.txt", NOTICE);
    (dir, engine)
}

fn first(engine: &Engine, question: &str) -> (String, String) {
    let answer = ask(engine, question);
    let citation = answer.citations.first().unwrap_or_else(|| panic!("{question}: {answer:?}"));
    (citation.label.clone(), citation.quote.clone())
}

#[test]
fn questions_are_answered_from_the_right_clause() {
    let (_dir, engine) = library();
    assert_eq!(first(&engine, "停水要提前多久通知用户？").0, "第四条");
    assert_eq!(first(&engine, "擅自改装供水设施罚款多少元？").0, "第五条");
    assert_eq!(
        first(&engine, "水质检测结果多久公布一次？").1,
        "供水企业每月至少公布一次水质检测结果。"
    );
    assert_eq!(first(&engine, "图书馆周六开放到几点？").0, "一、");
}

#[test]
fn short_answers_are_marked_within_their_quotes() {
    let (_dir, engine) = library();
    for (question, part) in
        [("擅自改装供水设施罚款多少元？", "元"), ("图书馆周六开放到几点？", "二十二时")]
    {
        let answer = ask(&engine, question);
        let citation = answer.citations.first().unwrap();
        let span = citation.answer_span.unwrap();
        assert!(
            citation.span.byte_start <= span.byte_start && span.byte_end <= citation.span.byte_end
        );
        let start = span.byte_start - citation.span.byte_start;
        let marked = &citation.quote[start..start + span.byte_end - span.byte_start];
        assert!(marked.contains(part) && marked.chars().count() < citation.quote.chars().count());
    }
}

fn figure(of: &Signals, name: &str) -> f32 {
    let named = |(other, value): &(&str, f32)| (*other == name).then_some(*value);
    of.figures.iter().find_map(named).unwrap()
}

/// Best first, those that may answer before the others.
fn in_order(found: &[Signals]) -> bool {
    found.is_sorted_by(|a, b| (a.may_answer, a.score) >= (b.may_answer, b.score))
}

#[test]
fn what_stands_beside_a_clause_speaks_for_it_within_a_script() {
    let (_dir, engine) = library();
    let signals = |question: &str| engine.signals(&SearchRequest::new(question), &[]).unwrap();
    let neighbours = |of: &Signals| figure(of, "neighbours");
    let mut given = 0;
    for question in ["停水要提前多久通知用户？", "擅自改装供水设施罚款多少元？", "图书馆"]
    {
        let found = signals(question);
        assert!(in_order(&found));
        let own = |of: &Signals| of.score - neighbours(of) - figure(of, "reading");
        let least = found.iter().map(own).fold(f32::MAX, f32::min);
        let place = |id: &str| {
            let (document, index) = id.rsplit_once('.').unwrap();
            (document.to_owned(), index.parse::<i64>().unwrap())
        };
        for one in &found {
            let (document, index) = place(&one.clause_id);
            let beside = found.iter().filter(|other| {
                let (other_document, other) = place(&other.clause_id);
                other_document == document && (other - index).abs() == 1
            });
            let wanted = NEIGHBOUR_WEIGHT * (beside.map(own).fold(least, f32::max) - least);
            assert!((neighbours(one) - wanted).abs() < 1e-5, "{question}: {one:?}");
            given += usize::from(wanted > 0.0);
        }
    }
    assert!(given > 3);
    let across = signals("How long before the water is cut off must users be told?");
    assert!(across.iter().all(|one| neighbours(one) == 0.0));
}

#[test]
fn close_candidates_are_read_and_sorted_again_before_the_others() {
    let (_dir, engine) = library();
    let mut read = 0;
    for question in [
        "供水企业应当做什么？",
        "应当怎样做？",
        "谁负责？",
        "夜间",
        "What must libraries do?",
        "Who must do what?",
    ] {
        let found = engine.signals(&SearchRequest::new(question), &[]).unwrap();
        assert!(in_order(&found), "{question}");
        let before = |of: &Signals| of.score - figure(of, "reading");
        let able = found.iter().filter(|one| one.may_answer);
        let best = able.map(before).fold(f32::MIN, f32::max);
        let touched: Vec<usize> =
            (0..found.len()).filter(|&at| figure(&found[at], "reading") != 0.0).collect();
        // The best keeps its score: the others are measured by it.
        assert!(touched.len() < MOST_READ, "{question}: {touched:?}");
        assert!(touched.iter().all(|&at| at < MOST_READ), "{question}: {touched:?}");
        for &at in &touched {
            assert!(best - before(&found[at]) <= CLOSE + 1e-4, "{question}: {at}");
        }
        read += touched.len();
        let hits = engine.search(&SearchRequest::new(question)).unwrap().hits;
        assert_eq!(hits[0].clause_id, found[0].clause_id);
        let mut request = AskRequest::new(question);
        request.threshold = Some(0.0);
        let answer = engine.ask(&request).unwrap();
        assert_eq!(answer.citations[0].clause_id, found[0].clause_id);
    }
    assert!(read > 0);
}

#[test]
fn examples_for_the_reader_have_all_features_of_every_token() {
    let (_dir, engine) = library();
    let mut request = SearchRequest::new("擅自改装供水设施罚款多少元？");
    request.limit = 2;
    let reading = engine.reading(&request, &[]).unwrap();
    assert_eq!(reading.examples.len(), 2);
    assert_eq!(reading.vector.len(), reading.asking.len());
    for example in &reading.examples {
        assert!(!example.ranges.is_empty());
        assert_eq!(example.features.len(), 54 * example.ranges.len());
        assert!(example.features.iter().all(|x| x.is_finite()));
        for (_, range) in &example.ranges {
            assert!(example.text.get(range.clone()).is_some());
        }
    }
    let beyond = engine.search(&SearchRequest::new("擅自改装供水设施罚款多少元？")).unwrap();
    let wanted = beyond.hits.last().unwrap().clause_id.clone();
    let more = engine.reading(&request, std::slice::from_ref(&wanted)).unwrap();
    assert!(more.examples.iter().any(|example| example.clause_id == wanted));
}

#[test]
fn numbers_lead_to_clauses_paragraphs_items_and_chapters() {
    let (_dir, engine) = library();
    assert_eq!(first(&engine, "第四条的内容是什么？").0, "第四条");
    assert_eq!(first(&engine, "第三条第二款怎么说？").1, "供水企业每月至少公布一次水质检测结果。");
    assert_eq!(
        first(&engine, "第五条第（二）项"),
        ("第五条".into(), "（二）盗用城市公共供水的。".into())
    );
    assert_eq!(first(&engine, "What does Article 2 say?").0, "第二条");
    assert_eq!(first(&engine, "城市供水条例第一条").0, "第一条");

    let chapter = ask(&engine, "第二章包括哪几条？");
    let labels: Vec<&str> = chapter.citations.iter().map(|c| c.label.as_str()).collect();
    assert_eq!(labels, ["第二章", "第三条", "第四条", "第五条"]);
    assert!(chapter.citations[0].paragraph.ends_with("盗用城市公共供水的。"));
}

#[test]
fn a_question_of_a_numbered_clause_stays_in_it() {
    let (_dir, engine) = library();
    let answer = engine
        .ask(&AskRequest {
            threshold: Some(0.0),
            ..AskRequest::new("第三条对水质检测是怎么规定的？")
        })
        .unwrap();
    assert!(answer.citations.iter().all(|citation| citation.label == "第三条"), "{answer:?}");
}

#[test]
fn what_the_documents_do_not_say_is_refused() {
    let (_dir, engine) = library();
    for question in [
        "第九条是什么？",
        "第八章讲什么？",
        "世界杯决赛比分是多少？",
        "Who discovered penicillin?",
        "机动车年检费是多少元？",
    ] {
        let answer = ask(&engine, question);
        assert_eq!(answer.refusal.map(|r| r.code).as_deref(), Some("no_match"), "{question}");
        assert!(answer.citations.is_empty() && answer.answer.is_empty());
        assert!(!answer.nearest.is_empty(), "{question}");
    }
    let refusal = ask(&engine, "第九条是什么？").refusal.unwrap();
    assert!(refusal.message.contains("第九条"), "{}", refusal.message);
}

#[test]
fn an_empty_library_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    assert!(!ask(&engine, "停水要提前多久通知？").answered);
    assert!(!ask(&engine, "第三条").answered);
    assert!(engine.search(&SearchRequest::new("供水")).unwrap().hits.is_empty());
}

#[test]
fn filters_keep_answers_to_some_documents() {
    let (_dir, engine) = library();
    let only = |filter: Filter, question: &str| {
        let request = SearchRequest { filter, ..SearchRequest::new(question) };
        engine.search(&request).unwrap().hits
    };
    let notice = Filter { sources: vec!["notice.txt".into()], ..Filter::default() };
    let hits = only(notice.clone(), "供水企业");
    assert!(!hits.is_empty() && hits.iter().all(|hit| hit.document.title.contains("图书馆")));
    let chapter = Filter { section: Some("供水管理".into()), ..Filter::default() };
    let labels: Vec<String> =
        only(chapter, "用水").into_iter().map(|hit| hit.clause.label).collect();
    assert_eq!(labels.len(), 3);
    assert!(labels.iter().all(|label| ["第三条", "第四条", "第五条"].contains(&label.as_str())));
    let dated = Filter { date_from: Some(jiff::civil::date(2020, 1, 1)), ..Filter::default() };
    assert!(only(dated, "供水").is_empty());
    // A number outside the filter does not exist.
    let request = AskRequest { filter: notice, ..AskRequest::new("第四条") };
    assert!(!engine.ask(&request).unwrap().answered);
}

#[test]
fn requests_out_of_range_are_named() {
    let (_dir, engine) = library();
    let kind = |request: AskRequest| engine.ask(&request).unwrap_err().kind();
    assert_eq!(kind(AskRequest::new("  ")), ErrorKind::Invalid);
    assert_eq!(kind(AskRequest::new("？！")), ErrorKind::Invalid);
    assert_eq!(kind(AskRequest::new("水".repeat(2_001))), ErrorKind::Invalid);
    assert_eq!(kind(AskRequest { limit: 0, ..AskRequest::new("水") }), ErrorKind::Invalid);
    assert_eq!(
        kind(AskRequest { threshold: Some(f32::NAN), ..AskRequest::new("水") }),
        ErrorKind::Invalid
    );
    let error =
        engine.search(&SearchRequest { limit: 101, ..SearchRequest::new("水") }).unwrap_err();
    assert_eq!(error.to_string(), "limit must be 1 to 100; it is 101");
}

#[test]
fn asking_twice_gives_the_same_answer() {
    let (_dir, engine) = library();
    let mut answers: Vec<_> = (0..2).map(|_| ask(&engine, "停水要提前多久通知用户？")).collect();
    answers.iter_mut().for_each(|answer| answer.timings_ms = Default::default());
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_yes_or_no_question_begins_with_its_word() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(
        &engine,
        "rules.txt",
        "员工考勤管理制度\n第一条　加班应当事前审批。部门负责人审批每月十六小时以内的加班。\n\
         第二条　法定节假日加班按工资的百分之三百计发，不得以补休代替。\n\
         第三条　有下列情形之一的，不得申请年休假：\n（一）当年请事假累计二十天以上的；\n（二）试用期未满的。\n\
         第四条　线上提交申请的，无需提供纸质材料。\n\
         第五条　员工可以在办公楼内停放自行车，地下室除外。\n",
    );
    for (question, verdict, begins, quoted) in [
        ("加班要不要事前审批？", Some(Verdict::Required), "应当。", "加班应当事前审批"),
        ("法定节假日加班能用补休代替吗？", Some(Verdict::Prohibited), "不得。", "不得以补休代替"),
        ("试用期未满的能申请年休假吗？", Some(Verdict::Prohibited), "不得。", "试用期未满"),
        ("线上提交申请需要提供纸质材料吗？", Some(Verdict::NotRequired), "不需要。", "无需提供"),
        // An exception leaves it open.
        ("员工可以在办公楼内停放自行车吗？", None, "", "可以在办公楼内停放"),
        // Not a question for a yes or a no.
        ("法定节假日加班怎么计发工资？", None, "", "百分之三百"),
    ] {
        let answer = ask(&engine, question);
        assert_eq!(answer.verdict, verdict, "{question}: {answer:?}");
        assert!(answer.answer.starts_with(begins), "{question}: {}", answer.answer);
        assert!(answer.citations[0].quote.contains(quoted), "{question}: {answer:?}");
        let begins_with_a_word =
            ["可以。", "不得。", "应当。", "不需要。"].iter().any(|w| answer.answer.starts_with(w));
        assert_eq!(begins_with_a_word, verdict.is_some());
    }
}

#[test]
fn the_same_sentence_in_several_documents_is_cited_once() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    for (city, amount) in [("甲", "十五"), ("乙", "二十"), ("丙", "三十")] {
        add(
            &engine,
            &format!("{city}.txt"),
            &format!(
                "{city}州市住房公积金管理办法\n第一条　公积金贷款的最高额度为{amount}万元。\n\
                 第二条　职工可以委托他人代为办理公积金提取手续，委托书应当经过公证。\n"
            ),
        );
    }
    let answer = ask(&engine, "委托他人办理公积金提取，委托书要经过公证吗？");
    let sentence = "委托书应当经过公证";
    let cites: Vec<_> =
        answer.citations.iter().filter(|one| one.quote.contains(sentence)).collect();
    assert_eq!(cites.len(), 1, "{answer:?}");
    let also = &cites[0].also_in;
    let mut titles: Vec<&str> = also.iter().map(|one| one.document.title.as_str()).collect();
    titles.push(&cites[0].document.title);
    titles.sort_unstable();
    assert_eq!(
        titles,
        ["丙州市住房公积金管理办法", "乙州市住房公积金管理办法", "甲州市住房公积金管理办法"]
    );
    for place in also {
        assert_eq!(place.label, "第二条");
        let text = engine.text(&place.document.id).unwrap().unwrap();
        assert_eq!(text[place.span.byte_start..place.span.byte_end], *cites[0].quote.trim_end());
    }
    // Another amount is another sentence, under its own document.
    let answer = ask(&engine, "公积金贷款的最高额度是多少？");
    assert_eq!(answer.citations.len(), 3, "{answer:?}");
    for citation in &answer.citations {
        assert_eq!(citation.also_in, []);
        assert!(answer.answer.contains(&citation.document.title), "{}", answer.answer);
    }
}
