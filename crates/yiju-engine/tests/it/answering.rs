//! Kinds of questions that everyday documents are asked.

use yiju_engine::{Access, Answer, AskRequest, Engine};

use crate::library::{add, ask, open};

const RULES: &str = "\
松阳集团安全违章管理规定

第一条　为了加强安全生产管理，制定本规定。

第二条　下列行为属于一般违章：

（一）进入作业区未佩戴工作证；

（二）工具使用后未归位。

第三条　下列行为属于较重违章：

（一）登高作业未系安全带；

（二）班前饮酒。

第四条　不得在仓库吸烟、使用明火。

第五条　一般违章，每次扣罚绩效50元。

第六条　较重违章，每次扣罚绩效300元，并离岗培训三天。

第七条　违反第四条规定的，扣罚绩效1000元。
";

/// An engine that knows one document of benches/policies/dev.
fn knowing(name: &str) -> (tempfile::TempDir, Engine) {
    let path = format!("{}/../../benches/policies/dev/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(&engine, name, &text);
    (dir, engine)
}

/// All that the first citation quotes.
fn first(answer: &Answer) -> String {
    let citation = answer.citations.first().unwrap_or_else(|| panic!("{answer:?}"));
    let context = citation.context.iter().map(|part| part.quote.as_str());
    context.chain([citation.quote.as_str()]).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_name_of_the_document_does_not_draw_a_question_to_its_preface() {
    let (_dir, engine) = knowing("q05.txt");
    let answer = ask(&engine, "云泽区小餐饮登记证有效几年？");
    assert!(first(&answer).contains("三年，不收费"), "{answer:?}");
}

#[test]
fn a_list_of_clauses_comes_with_its_lead_in_and_every_member() {
    let (_dir, engine) = knowing("r03.txt");
    let answer = ask(&engine, "学生做了哪些事会吃警告处分？");
    let quoted = first(&answer);
    for part in
        ["给予警告处分", "一学期内第二次被代管手机", "上课时使用手机", "未经同意拍摄他人并上传网络"]
    {
        assert!(quoted.contains(part), "{part}: {answer:?}");
    }
    assert!(!quoted.contains("借用他人手机玩游戏"), "{answer:?}");
    // Its parts are in the order of the text, and none is quoted twice.
    let context = &answer.citations[0].context;
    assert!(context.windows(2).all(|two| two[0].span.byte_end <= two[1].span.byte_start));
}

#[test]
fn what_follows_is_cited_from_the_clause_that_says_it() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(&engine, "rules.txt", RULES);
    for (question, labels) in [
        // By the name of the class that the lead-in gives.
        ("班前饮酒怎么处理？", vec!["第六条", "第三条"]),
        // By its number.
        ("在仓库抽烟会怎样？", vec!["第七条", "第四条"]),
        // What does not ask for it is answered by the clause alone.
        ("哪些行为属于一般违章？", vec!["第二条"]),
    ] {
        let answer = ask(&engine, question);
        let found: Vec<&str> = answer.citations.iter().map(|c| c.label.as_str()).collect();
        assert_eq!(found, labels, "{question}");
    }
}

#[test]
fn a_verb_before_a_place_is_no_part_of_its_name() {
    let (_dir, engine) = knowing("n11.txt");
    let answer = ask(&engine, "报考碧溪市卫生类岗位的博士，年龄最大可以到多少岁？");
    assert!(first(&answer).contains("年龄放宽至40周岁"), "{answer:?}");
    let answer =
        engine.ask(&AskRequest::new("报考丙溪市卫生类岗位的博士，年龄最大多少岁？")).unwrap();
    assert!(!answer.answered, "{answer:?}");
}
