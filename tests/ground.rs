//! `yiju ground`.

use crate::support::{Place, run, seeded};

const LAW: &str = "城市供水条例\n\
    第四条 因工程施工确需停止供水的，供水企业应当提前二十四小时通知用户。\n\
    第五条 用户逾期不交纳水费的，应当从逾期之日起按日支付欠缴水费万分之五的违约金。\n\
    第六条 供水企业可以委托检测机构检测水质。\n";

const ANSWER: &str = "您好，答复如下：\n\
    因工程施工确需停水的，供水企业应当提前24小时通知用户。[1]\n\
    逾期不交水费的，按日支付千分之五的违约金。[1]\n\
    供水企业应当委托检测机构检测水质。\n\
    供水企业每年公布一次水质报告。[1]\n";

#[test]
fn what_people_see() {
    let place = Place::new();
    let (law, answer) = (place.file("law.txt", LAW), place.file("answer.md", ANSWER));
    let shown = place.ok(&["--quiet", "ground", &answer, "--sources", &law]).out;
    // Without scores, which vary with the processor.
    let shown: Vec<&str> = shown
        .lines()
        .map(|line| match line.find("supported, ") {
            Some(at) => &line[..at + "supported".len()],
            None => line,
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn json_is_the_api_s() {
    let place = Place::new();
    let (law, answer) = (place.file("law.txt", LAW), place.file("answer.md", ANSWER));
    let found = place.ok(&["--quiet", "--json", "ground", &answer, "--sources", &law]).out;
    let mut found: serde_json::Value = serde_json::from_str(&found).unwrap();
    found["total_ms"] = 0.into();
    for claim in found["claims"].as_array_mut().unwrap() {
        let score = claim["score"].as_f64().map(|score| score >= 0.5);
        claim["score"] =
            score.map_or(serde_json::Value::Null, |high| if high { "high" } else { "low" }.into());
    }
    found["sources"][0]["id"] = "law.txt".into();
    insta::assert_json_snapshot!(found);
}

#[test]
fn the_library_is_looked_through_where_no_sources_are_given() {
    let place = seeded();
    let mut command = place.command(&["--quiet", "ground", "-"]);
    let done = run(&mut command, "要控制超大城市的规模。超大城市的规模可以不受控制。".as_bytes());
    assert!(done.ok(), "{}", done.err);
    assert!(done.out.contains("✓ 要控制超大城市的规模。"), "{}", done.out);
    assert!(done.out.contains("✗ 超大城市的规模可以不受控制。"), "{}", done.out);
    assert!(done.out.contains("support: 0.50 (1 of 2 sentences)"), "{}", done.out);
}

#[test]
fn what_is_wrong_is_named() {
    let place = Place::new();
    let (empty, text) = (place.file("empty.txt", "。"), place.file("law.txt", LAW));
    for (arguments, part) in [
        (vec!["ground", "missing.txt"], "cannot read"),
        (vec!["ground", &empty], "there is no library"),
        (vec!["ground", &empty, "--sources", &text], "answer's length"),
        (vec!["ground", &empty, "--sources", "missing.txt"], "missing.txt"),
    ] {
        let done = place.yiju(&arguments);
        assert_eq!(done.code, Some(1), "{arguments:?}");
        done.says(part);
    }
}
