//! `yiju reembed`: interrupted, taken up again, and while the library is served with its old model.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::{Place, Server, root};

const QUESTIONS: [&str; 3] =
    ["停水要提前多久通知用户？", "图书馆借书期限是多少天？", "第七种情形由谁办理？"];
const LAW: &str = "城市供水条例\n第一条　为了保障用水，制定本条例。\n第二条　需要停止供水的，供水企业应当提前二十四小时通知用户。\n";
const NOTICE: &str =
    "图书馆办法\n第一条　图书馆周一闭馆。\n第二条　借书期限为三十天，可以续借一次。\n";

/// A law of more text than is embedded together with others.
fn long() -> String {
    let articles: String = (1..=60)
        .map(|n| {
            format!("第{n}条　第{n}种情形由第{n}科办理，第{n}科应当在{n}日内答复申请人，并说明理由和依据，告知救济途径，留存记录备查。\n")
        })
        .collect();
    format!("事项办理条例\n{articles}")
}

/// A place with the bundled model under other settings, which make other vectors, and with these files.
fn place(files: &[(&str, &str)]) -> (Place, String) {
    let place = Place::new();
    let bundled = root().join("models/yiju-e5-small-q8");
    let other = place.path().join("earlier-model");
    fs::create_dir(&other).unwrap();
    for item in fs::read_dir(bundled).unwrap() {
        let item = item.unwrap();
        if item.file_type().unwrap().is_file() {
            symlink(item.path(), other.join(item.file_name())).unwrap();
        }
    }
    let settings = "pooling = \"mean\"\n[prefixes]\nquery = \"问题：\"\npassage = \"原文：\"\n";
    fs::write(other.join("yiju.toml"), settings).unwrap();
    for (name, text) in files {
        place.file(&format!("docs/{name}"), text);
    }
    (place, other.to_str().unwrap().to_owned())
}

/// The answers without times and paths.
fn answers(place: &Place, library: &str, arguments: &[&str]) -> Vec<Value> {
    let answer = |question: &&str| {
        let mut answer = place
            .json(&[&["ask", "--json", "--library", library], arguments, &[question]].concat());
        answer["timings_ms"] = Value::Null;
        answer
    };
    QUESTIONS.iter().map(answer).collect()
}

#[test]
fn a_library_of_an_earlier_model_is_taken_over_from_where_it_was_interrupted() {
    let long = long();
    let (place, old) =
        place(&[("1-law.txt", LAW), ("2-long.txt", &long), ("3-notice.txt", NOTICE)]);
    let (docs, library) = (place.named("docs"), place.named("library"));
    let with_old = ["--model", old.as_str()];
    place.ok(&["add", "--model", &old, &docs]);
    let before = answers(&place, &library, &with_old);
    let refused = place.fails(&["ask", QUESTIONS[0]]);
    refused.says("was made with the model earlier-model");
    refused.says("`yiju reembed`");
    refused.says("`--model earlier-model`");
    let advised = place.ok(&["check"]);
    advised.shows("model     earlier-model, 384 dimensions");
    advised.says("`yiju reembed` takes the library over to the model yiju-e5-small-q8");

    // Named points exist in debug builds only; without, all is done in one run.
    let killed = cfg!(debug_assertions);
    if killed {
        let mut command = place.command(&["reembed"]);
        let ended = command.env("YIJU_KILL_AT", "reembed:staged:2").output().unwrap();
        assert_eq!(ended.status.code(), None, "{ended:?}");
        place.ok(&["check"]).shows("staged    2 documents embedded with yiju-e5-small-q8");
        assert_eq!(answers(&place, &library, &with_old), before);
        // Changed and removed with the old model meanwhile.
        place.file("docs/1-law.txt", LAW.replace("二十四小时", "四十八小时"));
        place.ok(&["add", "--model", &old, &docs]);
    }
    let done = place.ok(&["reembed"]);
    done.shows("embedded anew with yiju-e5-small-q8, in the place of earlier-model: 3 documents");
    assert_eq!(done.err.contains("going on where an earlier run stopped"), killed, "{}", done.err);
    let checked = place.ok(&["check"]);
    checked.shows("model     yiju-e5-small-q8");
    checked.shows("sound");
    assert!(!checked.err.contains("reembed"), "{}", checked.err);

    // As if it had been made with the bundled model.
    let fresh = place.named("fresh");
    place.ok(&["add", "--library", &fresh, &docs]);
    assert_eq!(answers(&place, &library, &[]), answers(&place, &fresh, &[]));
    place.fails(&["ask", "--model", &old, QUESTIONS[0]]).says("`--model yiju-e5-small-q8`");
    place.ok(&["reembed"]).shows("nothing to do");
    assert_eq!(place.json(&["reembed", "--json"])["status"], "unchanged");
}

#[test]
fn a_server_with_the_old_model_answers_until_it_is_stopped() {
    let (place, old) = place(&[("law.txt", LAW)]);
    place.ok(&["add", "--model", &old, &place.named("docs")]);
    let server = Server::start(&place, &["--model", &old]);
    let ask = || -> Value { server.ask(QUESTIONS[0]).json().unwrap() };
    let before = ask();
    let waits = place.fails(&["reembed"]);
    waits.says("everything is embedded, but the new vectors cannot take their place");
    waits.says(&format!("process {}", server.child.id()));
    waits.says("hint: stop it, then run `yiju reembed` again");
    assert_eq!(
        (&ask()["citations"], &before["answered"]),
        (&before["citations"], &Value::Bool(true))
    );
    // It writes, too, and what it writes is taken over.
    let document = serde_json::json!({"title": "图书馆办法", "text": NOTICE});
    assert!(server.post("/v1/documents", &document).status().is_success());
    drop(server);
    let done = place.json(&["reembed", "--json"]);
    assert_eq!((&done["documents"], &done["embedded"]), (&2.into(), &1.into()), "{done:#}");
    let server = Server::start(&place, &[]);
    for question in &QUESTIONS[..2] {
        let answer: Value = server.ask(question).json().unwrap();
        assert_eq!(answer["answered"], true, "{answer:#}");
    }
}

#[test]
fn there_must_be_a_library() {
    let place = Place::new();
    place.fails(&["reembed"]).says("there is no library");
    let unknown = place.fails(&["reembed", "--model", "no-such-model"]);
    unknown.says("unknown model");
}
