//! Versions of documents on the command line.

use serde_json::Value;

use crate::support::{Place, root};

/// The two versions of the case, in a library.
fn water() -> (Place, String, String) {
    let place = Place::new();
    let case = root().join("tests/data/cases/answers/c08-versions");
    place.ok(&["add", case.to_str().unwrap()]);
    let id = |name: &str| {
        let documents = place.documents();
        let one = documents.iter().find(|one| one["source"].as_str().unwrap().ends_with(name));
        one.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (old, new) = (id("ver2015.txt"), id("ver2023.txt"));
    (place, old, new)
}

#[test]
fn versions_are_listed_asked_and_compared() {
    let (place, old, new) = water();
    let listed = place.ok(&["list", "--versions"]).out;
    assert!(
        listed.contains(&format!("{old}  in force from 2015-07-01, repealed on 2023-11-01 by")),
        "{listed}"
    );
    assert!(listed.contains(&format!("{new}  in force since 2023-11-01")), "{listed}");
    let answer =
        |arguments: &[&str]| -> Value { place.json(&[&["ask", "--json"], arguments].concat()) };
    let quote = |answer: &Value| answer["citations"][0]["quote"].as_str().unwrap().to_owned();
    assert!(quote(&answer(&["居民水价是多少？"])).contains("3.45元"));
    let then = answer(&["--as-of", "2016-01-01", "居民水价是多少？"]);
    assert!(quote(&then).contains("2.80元"));
    assert_eq!(then["citations"][0]["in_force"]["status"], "in_force");
    let shown = place.ok(&["ask", "2016年居民水价是多少？"]).out;
    assert!(
        shown.contains("已于2023年11月1日废止") && shown.contains("repealed on 2023-11-01"),
        "{shown}"
    );
    let found = place.ok(&["search", "--as-of", "2016-01-01", "水价"]).out;
    assert!(found.contains("2.80元") && !found.contains("3.45元"), "{found}");
    let verified = place.ok(&["verify", "居民生活用水价格为每立方米2.80元。"]).out;
    assert!(verified.contains("it stands only in what is not in force"), "{verified}");
    let diff = place.ok(&["diff", &old, &new]).out;
    assert!(diff.contains("[-2.80-]{+3.45+}"), "{diff}");
    assert!(place.fails(&["diff", &old, "nothing"]).err.contains("neither a file nor the id"));
}

#[test]
fn days_are_told_of_one_file() {
    let place = Place::new();
    let file =
        place.file("a.txt", "差旅规定\n一、住宿标准为每天三百元。\n二、餐补为每天一百元。\n");
    let other =
        place.file("b.txt", "出差办法\n一、住宿标准为每天五百元。\n二、餐补为每天一百元。\n");
    place.ok(&["add", &file]);
    let id = place.documents()[0]["id"].as_str().unwrap().to_owned();
    place.ok(&["add", &other, "--replaces", &id, "--date", "effective=2024-01-01"]);
    let listed = place.ok(&["list", "--versions", "--as-of", "2023-01-01"]).out;
    assert!(listed.contains("not yet in force, from 2024-01-01"), "{listed}");
    let error = place.fails(&["add", &file, &other, "--effective", "2024-01-01"]).err;
    assert!(error.contains("told of one document"), "{error}");
    let error = place.fails(&["add", &file, "--date", "born=2024-01-01"]).err;
    assert!(error.contains("adopted, promulgated, effective"), "{error}");
    let error = place.fails(&["add", &file, "--replaces", "nothing"]).err;
    assert!(error.contains("no document nothing"), "{error}");
    // Told anew of a file that is there.
    place.ok(&["add", &file, "--repealed", "2022-01-01"]);
    let listed = place.ok(&["list", "--versions"]).out;
    assert!(listed.contains("repealed on 2022-01-01"), "{listed}");
}
