//! `yiju bench` on the seed and on generated data, and its errors.

use serde_json::Value;

use crate::support::{Place, seeded};

const SHORT: [&str; 8] = ["--seconds", "0.2", "--rounds", "3", "--callers", "1,2", "--cold", "1"];

fn figures(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_seed_is_measured_step_by_step() {
    let place = seeded();
    let out = place.named("figures.json");
    let page = place.named("figures.html");
    let mut arguments = vec!["bench", "--quiet"];
    arguments.extend(SHORT);
    arguments.extend(["--out", &out, "--html", &page]);
    let done = place.ok(&arguments);
    for shown in ["closed, 2 callers", "second stage", "recall@10", "again: yiju bench"] {
        done.shows(shown);
    }
    let report = figures(&out);
    assert_eq!((&report["format"], &report["version"]), (&"yiju-bench".into(), &1.into()));
    let library = &report["library"];
    assert_eq!(library["documents"], 5);
    assert_eq!(library["scanned"], true);
    // The scan of quantised vectors against a scan of floats.
    assert_eq!(library["sweep"][0]["recall"], 1.0);
    assert!(library["answered"].as_u64().unwrap() > 0);
    let closed = library["closed"].as_array().unwrap();
    assert_eq!(closed.len(), 2);
    for load in closed {
        assert_eq!(load["rounds"].as_array().unwrap().len(), 3);
        let steps: Vec<&str> = load["steps"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|step| step["step"].as_str())
            .collect();
        assert_eq!(
            steps,
            [
                "analyse",
                "tokenise",
                "embed",
                "clauses",
                "sentences",
                "lexical",
                "fuse",
                "second_stage",
                "evidence",
                "compose"
            ]
        );
        // The steps add up to the whole.
        let all = &load["total"];
        let sum: f64 = load["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| {
                let latency = &step["latency"];
                latency["mean"].as_f64().unwrap() * latency["count"].as_f64().unwrap()
            })
            .sum();
        let whole = all["mean"].as_f64().unwrap() * all["count"].as_f64().unwrap();
        assert!((sum / whole - 1.0).abs() < 0.01, "{sum} of {whole}");
    }
    assert!(library["open"][0]["rate"].as_f64().unwrap() > 0.0);
    assert_eq!(library["cold"]["total"]["count"], 1);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("<svg"), "{page}");

    let same = place.ok(&["bench", "--compare", &out, &out]);
    same.shows("closed, 1 caller, p50 ms");
    assert!(!same.out.contains("not the same"), "{}", same.out);
}

#[test]
fn made_data_and_own_questions_are_measured() {
    let place = Place::new();
    let out = place.named("made.json");
    let mut arguments = vec!["bench", "--made", "2000,1000", "--sentences", "1", "--quiet"];
    arguments.extend(SHORT);
    arguments.extend(["--rate", "100", "--out", &out]);
    place.ok(&arguments);
    let report = figures(&out);
    let sizes: Vec<&Value> =
        report["made"].as_array().unwrap().iter().map(|made| &made["clauses"]).collect();
    assert_eq!(sizes, [1000, 2000]);
    assert_eq!(report["made"][0]["sweep"][0]["recall"], 1.0);
    assert_eq!(report["made"][0]["open"][0]["rate"], 100.0);
    // No library was made or opened.
    assert!(!place.library().exists());

    let rules = place.file("rules.txt", "供水条例\n第一条 停止供水的，应当提前通知用户。\n");
    let questions = place.file("own.jsonl", "{\"q\": \"停水要通知吗？\"}\n{\"q\": \"？\"}\n");
    let mut arguments = vec!["bench", "--docs", &rules, "--questions", &questions, "--json", "-q"];
    arguments.extend(SHORT);
    let report = place.json(&arguments);
    assert_eq!(report["library"]["questions"], 1);
    assert_eq!(report["library"]["questions_from"], "of own");
}

#[test]
fn wrong_settings_are_named_with_the_limit() {
    let place = Place::new();
    for (arguments, named) in [
        (&["--made", "10"][..], "1000 to 1000000 clauses"),
        (&["--made", "x"], "invalid value 'x'"),
        (&["--made", "1000", "--sentences", "11"], "--sentences is 11"),
        (&["--rate", "0"], "--rate is 0, but it must be 0.01 to 1000000"),
        (&["--seconds", "0"], "--seconds is 0"),
        (&["--callers", "0"], "numbers from 1 to 256"),
        (&["--out", "no/such/place.json"], "no such directory"),
        (&["--compare", "only-one"], "--compare"),
    ] {
        let mut all = vec!["bench"];
        all.extend(arguments);
        let done = place.fails(&all);
        done.says(named);
    }
    let other = place.file("other.json", "{\"format\": \"yiju-bench\", \"version\": 7}");
    let done = place.fails(&["bench", "--compare", &other, &other]);
    done.says("its version is 7");
    let missing = place.named("missing.json");
    let done = place.fails(&["bench", "--compare", &missing, &other]);
    done.says("missing.json");
}

#[test]
fn an_empty_library_has_nothing_to_ask() {
    let place = seeded();
    let documents = place.documents();
    let ids: Vec<&str> = documents.iter().map(|one| one["id"].as_str().unwrap()).collect();
    let mut arguments = vec!["remove"];
    arguments.extend(ids);
    place.ok(&arguments);
    let done = place.fails(&["bench"]);
    done.says("the library is empty");
    done.says("yiju add");
}
