//! `yiju verify`.

use crate::support::{Place, run, seeded};

#[test]
fn an_answers_citations_are_verified() {
    let place = seeded();
    let answer = place.yiju(&["ask", "--json", "超大城市的规模要不要控制？"]);
    let mut command = place.command(&["verify", "--json", "--answer", "-"]);
    let done = run(&mut command, answer.out.as_bytes());
    assert!(done.ok(), "{}", done.err);
    let found: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let citations = found["citations"].as_array().unwrap();
    assert!(!citations.is_empty());
    for citation in citations {
        assert_eq!(citation["status"], "exists");
        assert_eq!(citation["as_cited"], true);
        assert_eq!(citation["cited_document"], "current");
    }
}

#[test]
fn what_people_see() {
    let place = Place::new();
    let law = place.file(
        "law.txt",
        "城市供水条例\n第四条 因工程施工确需停止供水的，供水企业应当提前二十四小时通知用户。\n",
    );
    let shown = [
        vec!["--docs", &law, "供水企業應當提前二十四小時"],
        vec![
            "--statement",
            "停水要提前四十八小时通知。",
            "供水企业应当提前四十八小时通知用户",
            "机动车年检费为五百元。",
        ],
        vec!["--sha256", "00", "确需停止供水的"],
    ]
    .map(|arguments| {
        let done = place.ok(&[vec!["--quiet", "verify"], arguments].concat());
        done.out
    })
    .join("----\n");
    // Without ids and scores, which vary.
    let shown: String = shown
        .lines()
        .map(|line| match (line.find(", document "), line.find(": 0.")) {
            (Some(at), _) => &line[..at],
            (_, Some(at)) if line.contains("support") => &line[..at],
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n");
    insta::assert_snapshot!(shown);
}

#[test]
fn what_is_wrong_is_named() {
    let place = Place::new();
    let file = place.file("not.json", "{}");
    for (arguments, part) in [
        (vec!["verify"], "there is no quote"),
        (vec!["verify", "--answer", &file], "is no answer"),
        (vec!["verify", "--answer", &file, "quote"], "cannot be used"),
    ] {
        let done = place.yiju(&arguments);
        assert_eq!(done.code, Some(1), "{arguments:?}");
        done.says(part);
    }
}
