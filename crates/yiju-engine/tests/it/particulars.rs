//! Questions about documents themselves: when, by whom, under which number, called what.

use yiju_engine::{Access, AskRequest, Engine, Filter};

use crate::library::{LAW, add, ask, open};

const DECREE: &str = "\
国办发〔2024〕7号

国务院办公厅关于加强城市排水防涝工作的通知

(2024年3月5日)

各地要加强城市排水防涝工作，现通知如下。

一、开展排查。各地应当在汛前排查排水管网。

二、加强值守。各地应当安排人员值守。
";

const NEWS: &str = "\
某市完成排水管网改造

新华社北京8月28日电 记者获悉，某市完成了排水管网改造，惠及居民三十万人。

改造历时三年，新建管网五百公里。
";

fn library() -> (tempfile::TempDir, Engine) {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(&engine, "decree.txt", DECREE);
    add(&engine, "news.txt", NEWS);
    (dir, engine)
}

/// The first quote and the part marked in it.
fn said(engine: &Engine, question: &str) -> (String, String) {
    let answer = ask(engine, question);
    let citation = answer.citations.first().unwrap_or_else(|| panic!("{question}: {answer:?}"));
    let part = citation.answer_span.map_or("", |span| {
        let start = span.byte_start - citation.span.byte_start;
        &citation.quote[start..start + span.byte_end - span.byte_start]
    });
    (citation.quote.clone(), part.to_owned())
}

#[test]
fn the_head_of_a_document_answers_what_it_is() {
    let (_dir, engine) = library();
    for (question, part) in [
        ("这个通知是什么时候发布的？", "2024年3月5日"),
        ("这份文件是谁印发的？", "国务院办公厅"),
        ("加强城市排水防涝工作的通知文号是多少？", "国办发〔2024〕7号"),
        ("这份通知的标题是什么？", "国务院办公厅关于加强城市排水防涝工作的通知"),
        ("When was this notice issued?", "2024年3月5日"),
        ("Who issued the document?", "国务院办公厅"),
        ("这篇报道是哪天发的？", "8月28日"),
    ] {
        let (quote, marked) = said(&engine, question);
        assert!(quote.contains(part), "{question}: {quote}");
        assert_eq!(marked, part, "{question}");
    }
}

#[test]
fn a_line_of_the_head_is_its_own_paragraph() {
    let (_dir, engine) = library();
    let answer = ask(&engine, "这个通知是什么时候发布的？");
    let citation = &answer.citations[0];
    assert_eq!(citation.paragraph, "(2024年3月5日)");
    assert_eq!(citation.paragraph_span, citation.span);
    assert!(citation.path.is_empty() && citation.label.is_empty());
    assert!(engine.clause(&citation.clause_id).unwrap().is_some());
}

#[test]
fn what_a_document_does_not_say_of_itself_is_refused() {
    let (_dir, engine) = library();
    add(&engine, "law.txt", LAW);
    let answer = ask(&engine, "城市供水条例的文号是多少？");
    assert!(!answer.answered, "{answer:?}");
    // No document is about this.
    let answer = ask(&engine, "渔业船舶检验条例是什么时候公布的？");
    assert!(!answer.answered, "{answer:?}");
    // A filter keeps the others out.
    let request = AskRequest {
        filter: Filter { sources: vec!["news.txt".into()], ..Filter::default() },
        ..AskRequest::new("这份通知的文号是多少？")
    };
    assert!(!engine.ask(&request).unwrap().answered);
}
