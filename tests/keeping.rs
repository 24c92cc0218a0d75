//! `yiju check`, `backup` and `restore`, a library of the first release, and writes that fail.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Place, Server, copy, root, seeded};

const LAW: &str = "城市供水条例\n第一条　为了保障用水，制定本条例。\n第二条　需要停止供水的，供水企业应当提前二十四小时通知用户。\n";
const QUESTION: &str = "停水要提前多久通知用户？";

/// A place with one document.
fn with_law() -> Place {
    let place = Place::new();
    let file = place.file("law.txt", LAW);
    place.ok(&["add", &file]);
    place
}

fn database(place: &Place) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(place.library().join("library.db")).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection
}

#[test]
fn a_sound_library_is_said_to_be_sound() {
    let place = seeded();
    let done = place.yiju(&["check"]);
    assert!(done.ok(), "{}{}", done.out, done.err);
    assert!(done.out.ends_with("sound\n"), "{}", done.out);
    let checked = place.json(&["check", "--json"]);
    assert_eq!(checked["sound"], true);
    for counted in ["documents", "clauses", "passages", "token_vectors", "text_bytes"] {
        assert!(checked[counted].as_u64().unwrap() > 0, "{counted}");
    }
    // Also while it is served.
    let server = Server::start(&place, &[]);
    place.ok(&["check"]);
    let refused = place.fails(&["check", "--repair"]);
    let pid = format!("process {}", server.child.id());
    refused.says(&pid);
}

#[test]
fn what_is_derived_is_repaired() {
    let place = with_law();
    database(&place).execute_batch("UPDATE clauses SET number = 9 WHERE clause = 1").unwrap();
    let lexical = fs::read_dir(place.library().join("index")).unwrap().next().unwrap().unwrap();
    let lexical = lexical.path().join("lexical");
    for item in fs::read_dir(&lexical).unwrap() {
        let path = item.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "term") {
            fs::write(&path, b"torn").unwrap();
        }
    }
    let found = place.fails(&["check"]);
    found.shows("the numbers for looking up differ");
    found.shows("index lexical");
    found.says("`yiju check --repair`");
    let repaired = place.yiju(&["check", "--repair"]);
    assert!(repaired.ok(), "{}", repaired.out);
    repaired.shows("repaired  made the indexes again");
    place.ok(&["check"]);
    assert_eq!(place.json(&["ask", "--json", QUESTION])["answered"], true);
}

#[test]
fn damaged_content_is_named_with_advice_that_works_and_never_answered_from() {
    for damage in [
        "UPDATE passages SET vector = zeroblob(length(vector)) WHERE id = 2",
        "UPDATE texts SET bytes = zeroblob(length(bytes))",
        "UPDATE clauses SET body = replace(body, '第二条', '第九条')",
        "UPDATE documents SET title = '别的条例'",
        "UPDATE tokens SET codes = zeroblob(length(codes))",
    ] {
        let place = with_law();
        let id = place.documents()[0]["id"].as_str().unwrap().to_owned();
        database(&place).execute_batch(damage).unwrap();
        let asked = place.yiju(&["ask", "--json", QUESTION]);
        if asked.ok() {
            let answer: Value = serde_json::from_str(&asked.out).unwrap();
            panic!("{damage}: answered {answer:#}");
        }
        assert!(
            ["is damaged", "cannot be read"].iter().any(|text| asked.err.contains(text)),
            "{damage}: {}",
            asked.err
        );
        for arguments in [&["check"][..], &["check", "--repair"]] {
            let found = place.yiju(arguments);
            assert_eq!(found.code, Some(1), "{damage}: {}", found.out);
            found.shows(&format!("`yiju remove {id}`"));
        }
        let removed = place.yiju(&["remove", &id]);
        assert!(removed.ok(), "{damage}: {}", removed.err);
        place.ok(&["check"]);
        place.ok(&["add", &place.named("law.txt")]);
        assert_eq!(place.json(&["ask", "--json", QUESTION])["answered"], true);
    }
}

#[test]
fn a_served_library_is_backed_up_and_restored() {
    let place = with_law();
    let file = &place.named("backup.yiju");
    let server = Server::start(&place, &[]);
    let ask = || -> String {
        let answer: Value = server.ask(QUESTION).json().unwrap();
        answer["citations"][0]["quote"].to_string()
    };
    assert!(ask().contains("二十四小时"));
    let done = place.json(&["backup", "--json", file]);
    assert_eq!(done["documents"], 1);
    let source = place.documents()[0]["source"].clone();
    let text = LAW.replace("二十四小时", "四十八小时");
    let document = json!({"title": "城市供水条例", "source": source, "text": text});
    let replaced = server.post("/v1/documents", &document);
    assert!(replaced.status().is_success(), "{:?}", replaced.text());
    assert!(ask().contains("四十八小时"));

    let refused = place.fails(&["restore", file]);
    refused.says("--replace");
    assert!(ask().contains("四十八小时"));
    let done = place.json(&["restore", "--json", "--replace", file]);
    assert_eq!((&done["documents"], &done["replaced_documents"]), (&json!(1), &json!(1)));
    assert!(ask().contains("二十四小时"));
    // It still accepts documents, and they are durable.
    let document = json!({"title": "图书馆办法", "text": "第一条　借书期限为三十天。"});
    let added = server.post("/v1/documents", &document);
    assert!(added.status().is_success());
    drop(server);
    place.ok(&["check"]);
    let answer = place.json(&["ask", "--json", "借书期限是多少天？"]);
    assert_eq!(answer["answered"], true, "{answer:#}");

    // Into another library.
    let other = &place.named("other");
    place.ok(&["--library", other, "restore", file]);
    let answer = place.json(&["--library", other, "ask", "--json", QUESTION]);
    assert!(answer["citations"][0]["quote"].as_str().unwrap().contains("二十四小时"));
}

#[test]
fn a_file_that_is_no_backup_is_refused() {
    let place = Place::new();
    let file = place.file("notes.txt", LAW.repeat(10));
    let done = place.fails(&["restore", &file]);
    done.says("not end like a backup");
    assert!(!place.library().join("library.db").exists());
}

/// Quotes and their places; scores may differ between versions.
fn citations(answer: &Value) -> Vec<Value> {
    let of = |citation: &Value| {
        json!([
            citation["document"],
            citation["clause_id"],
            citation["path"],
            citation["paragraph"],
            citation["quote"],
            citation["span"],
        ])
    };
    answer["citations"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn a_library_of_the_first_release_answers_as_it_did() {
    let fixture = root().join("crates/yiju-store/tests/fixtures/v1");
    let place = Place::new();
    fs::create_dir_all(place.library()).unwrap();
    fs::copy(fixture.join("library.db"), place.library().join("library.db")).unwrap();
    copy(&fixture.join("index"), &place.library().join("index"));
    let then: Value =
        serde_json::from_slice(&fs::read(fixture.join("answer.json")).unwrap()).unwrap();
    // Its model is not today's: it says how to go on, and then answers as it did.
    place.fails(&["ask", QUESTION]).says("`yiju reembed` takes the library over");
    place.ok(&["reembed"]);
    let now = place.json(&["ask", "--json", QUESTION]);
    assert_eq!(citations(&now), citations(&then));
    place.ok(&["check"]);

    // A library made of the same sources today gives the same answers.
    let today = Place::new();
    for name in ["供水条例.txt", "夜间开放.txt"] {
        let file = today.file(name, fs::read(fixture.join("sources").join(name)).unwrap());
        today.ok(&["add", &file]);
    }
    let strip = |citations: Vec<Value>| -> Vec<Value> {
        // A document's id depends on the path of its source.
        citations
            .into_iter()
            .map(|mut citation| {
                citation[0]["id"] = Value::Null;
                citation[1] = Value::Null;
                citation
            })
            .collect()
    };
    for question in [QUESTION, "图书馆晚上开放到几点？", "第三条讲了什么？"] {
        let old = place.json(&["ask", "--json", question]);
        let new = today.json(&["ask", "--json", question]);
        assert_eq!(strip(citations(&old)), strip(citations(&new)), "{question}");
        assert_eq!(old["answer"], new["answer"]);
    }
}

/// Growing limits on file size make the writes fail one after another, also those of the indexes.
#[test]
#[cfg(unix)]
fn files_that_cannot_grow_fail_with_the_cause_and_lose_nothing() {
    use std::process::Command;

    let place = with_law();
    let articles: String = (1..=40).map(|n| format!("第{n}条　借书期限为三十天。\n")).collect();
    let notice = place.file("notice.txt", format!("图书馆办法\n{articles}"));
    let mut failed = 0;
    let mut added = false;
    for kilobytes in [0, 8, 24, 32, 40, 64, 96, 128, 192, 256, 384, 1024] {
        let inner = place.command(&["add", &notice]);
        let mut limited = Command::new("sh");
        limited
            .arg("-c")
            .arg("trap '' XFSZ; ulimit -f $(($1 * 2)); shift; exec \"$@\"")
            .args(["sh", &kilobytes.to_string()])
            .arg(inner.get_program())
            .args(inner.get_args())
            .current_dir(root());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        let done = crate::support::run(&mut limited, b"");
        if done.ok() {
            added = true;
        } else {
            failed += 1;
            assert!(!added, "{kilobytes} kB: {}", done.err);
            assert!(
                done.err.contains("the system failed") || done.err.contains("File too large"),
                "{kilobytes} kB: {}",
                done.err
            );
        }
        let mut titles = vec!["城市供水条例"];
        titles.extend(added.then_some("图书馆办法"));
        assert_eq!(place.titles(), titles, "{kilobytes} kB");
        let checked = place.json(&["check", "--json"]);
        assert_eq!(checked["sound"], true, "{kilobytes} kB: {checked:#}");
        assert_eq!(place.json(&["ask", "--json", QUESTION])["answered"], true);
    }
    assert!(failed > 1 && added, "{failed}");
}
