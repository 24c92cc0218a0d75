//! `yiju eval`: a set with a corpus, questions on files, and errors in a set.

use serde_json::Value;

use crate::support::Place;

const CORPUS: &str = r#"{"id": "a", "title": "供水条例", "text": "因施工确需停止供水的，供水企业应当提前二十四小时通知用户。"}
{"id": "b", "title": "供水条例", "text": "供水企业每月至少公布一次水质检测结果。"}
{"id": "c", "title": "图书馆", "text": "图书馆周五、周六开放至二十二时，并配备夜间值班人员。"}
{"id": "d", "title": "停车", "text": "路边停车位的停车费每小时五元，夜间免费。"}
"#;
const QUERIES: &str = r#"{"id": "1", "lang": "zh", "q": "停水要提前多久通知用户？", "gold": [["a"]], "answers": ["二十四小时", "提前二十四小时"]}
{"id": "2", "lang": "zh", "q": "水质检测结果多久公布一次？", "gold": [["b"]], "answers": ["每月至少公布一次"]}
{"id": "3", "lang": "en", "q": "How late is the library open on Saturdays?", "gold": [["c"]], "answers": ["二十二时"]}
{"id": "4", "q": "路边停车每小时收费多少？", "gold": [["d"]]}
{"id": "5", "q": "？"}
"#;

#[test]
fn a_set_is_measured_and_its_library_is_kept() {
    let place = Place::new();
    let set = &place.named("set");
    place.file("set/corpus.jsonl", CORPUS);
    place.file("set/queries.jsonl", QUERIES);
    let out = place.named("report.json");
    let done = place.ok(&["eval", set, "--ablate", "--out", &out]);
    done.says("left out 1 question");
    for shown in ["recall@100", "nDCG@10", "citation recall", "BM25", "0.50 (used)"] {
        done.shows(shown);
    }
    let report: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let zh = &report["figures"]["zh"];
    assert_eq!(zh["recall"]["1"]["mean"], 1.0, "{zh}");
    assert_eq!(zh["recall"]["1"]["count"], 3);
    assert_eq!(zh["citation_recall"]["mean"], 1.0);
    assert_eq!(zh["lanes"].as_array().unwrap().len(), 6);
    assert_eq!(report["figures"]["en"]["questions"], 1);
    // The corpus has its own library: a second run only reads it, a changed corpus updates it.
    assert!(place.path().join("library-eval-set").is_dir());
    assert!(!place.library().exists());
    let again = place.json(&["eval", set, "--json", "--keep-gold", "--quiet"]);
    assert_eq!(again["figures"]["zh"]["recall"], report["figures"]["zh"]["recall"]);
    assert_eq!(again["figures"]["zh"]["answered_without_gold"]["count"], 0);
    place.file("set/corpus.jsonl", CORPUS.replace("二十四小时", "三天"));
    let changed = place.json(&["eval", set, "--json", "--quiet"]);
    let part = &changed["each"][0]["part"];
    assert!(part.as_str().unwrap().contains("三天"), "{part}");
}

#[test]
fn questions_on_files_name_what_went_wrong() {
    let place = Place::new();
    let rules = place.file(
        "rules.txt",
        "供水条例\n第一条 停止供水的，应当提前二十四小时通知用户。\n第二条 供水企业每月公布一次水质检测结果。\n",
    );
    let questions = place.file(
        "own.jsonl",
        "{\"q\": \"停水要提前多久通知？\", \"evidence\": [\"提前二十四小时通知\"]}\n\
         {\"q\": \"图书馆几点关门？\", \"evidence\": []}\n\
         {\"q\": \"水质检测结果多久公布一次？\", \"evidence\": [\"这句话不在文件里\"]}\n",
    );
    let done = place.ok(&["eval", "--docs", &rules, "--failures", &questions]);
    done.shows("zh: 3 questions");
    let wrong: Vec<&str> = done
        .err
        .lines()
        .filter(|line| {
            line.contains("citation wrong")
                || line.contains("refused (")
                || line.contains("answered (")
        })
        .collect();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("水质检测"), "{wrong:?}");

    let signals = place.named("signals.jsonl");
    let done = place.yiju(&["eval", "--docs", &rules, "--signals", &signals, &questions]);
    assert!(done.ok() && done.out.is_empty(), "{}", done.err);
    let rows: Vec<Value> = std::fs::read_to_string(&signals)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let flags: Vec<(bool, bool)> =
        rows.iter().map(|row| (row["answerable"] == true, row["right"] == true)).collect();
    // The answered question has a second row, asked without the clauses that hold its evidence.
    assert_eq!(flags, [(true, true), (false, false), (false, false), (true, false)]);
}

#[test]
fn a_bad_set_is_named() {
    let place = Place::new();
    let missing = place.fails(&["eval", "no-such-set"]);
    missing.says("no-such-set");
    place.file("set/corpus.jsonl", CORPUS);
    place.file("set/queries.jsonl", "{\"question\": 3}\n");
    let set = &place.named("set");
    let bad = place.fails(&["eval", set]);
    bad.says("queries.jsonl line 1");
    place.file("set/queries.jsonl", QUERIES);
    let both = place.fails(&["eval", "--docs", "seeds", set]);
    both.says("--docs");
}

#[test]
fn the_help_of_ask_shows_what_a_threshold_stands_for() {
    let done = Place::new().yiju(&["ask", "--help"]);
    assert!(done.ok());
    let row = done
        .out
        .lines()
        .find(|line| line.trim_start().starts_with("0.50"))
        .unwrap_or_else(|| panic!("{}", done.out));
    assert_eq!(row.split_whitespace().filter(|part| part.contains("0.")).count(), 5, "{row}");
}

#[test]
fn a_corpus_without_titles_is_measured() {
    let place = Place::new();
    let set = &place.named("set");
    let untitled = CORPUS
        .replace("\"供水条例\"", "\"\"")
        .replace("\"title\": \"图书馆\", ", "")
        .replace("\"停车\"", "null");
    place.file("set/corpus.jsonl", &untitled);
    place.file("set/queries.jsonl", QUERIES);
    let report = place.json(&["eval", set, "--json", "--keep-gold", "--quiet"]);
    assert_eq!(report["figures"]["zh"]["recall"]["10"]["mean"], 1.0, "{report:#}");
    // What is wrong is said before anything is embedded: no library is made.
    let other = &place.named("other");
    let long = format!("{{\"title\": \"{}\", \"text\": \"甲\"}}\n", "长".repeat(2_000));
    place.file("other/corpus.jsonl", untitled + &long);
    place.file("other/queries.jsonl", QUERIES);
    let done = place.fails(&["eval", other]);
    done.says("its name has 6000 bytes");
    assert!(!done.err.contains("passages"), "{}", done.err);
}

#[test]
fn lists_lead_ins_and_what_is_fixed_are_reported() {
    let place = Place::new();
    let rules = place.file(
        "rules.txt",
        "青河市供水条例\n第一条 用户有下列行为之一的，停止供水：\n（一）擅自改装供水设施的；\n（二）盗用城市供水的。\n第二条 供水企业每月公布一次水质检测结果。\n",
    );
    let questions = place.file(
        "own.jsonl",
        "{\"q\": \"哪些行为会停止供水？\", \"quotes\": [\"停止供水\"], \"items\": [\"擅自改装供水设施\", \"盗用城市供水\"], \"lead\": [\"有下列行为之一\"], \"fixed\": [\"青河市\"]}\n",
    );
    let report = place.json(&["eval", "--json", "--docs", &rules, &questions]);
    for figure in ["list_complete", "lead_kept", "fixed_met"] {
        let interval = &report["figures"]["all"][figure];
        assert_eq!((interval["mean"].as_f64(), interval["count"].as_u64()), (Some(1.0), Some(1)));
    }
}
