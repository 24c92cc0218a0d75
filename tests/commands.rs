//! Adding, listing, removing, embedding, settings, help.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{Place, root, run, seeded};

const RULES: &str =
    "图书馆管理办法\n第一条 图书馆周一闭馆。\n第二条 借书期限为三十天，可以续借一次。\n";

#[test]
fn good_files_are_added_and_the_bad_one_is_reported() {
    let place = Place::new();
    for number in 0..9 {
        place.file(
            &format!("docs/{number}.txt"),
            format!("规则{number}\n第一条 这是第{number}号规则。\n"),
        );
    }
    place.file("docs/bad.txt", [0x25, 0x50, 0x44, 0x46, 0, 1, 2, 3]);
    let docs = place.named("docs");
    let done = place.fails(&["add", &docs]);
    assert_eq!(
        done.out.lines().filter(|line| line.starts_with("added")).count(),
        9,
        "{}",
        done.out
    );
    done.says("error: ");
    done.says("bad.txt");
    done.says("10 files: 9 added, 1 failed");
    assert_eq!(place.documents().len(), 9);

    let again = place.yiju(&["add", "--json", &docs]);
    let lines: Vec<Value> =
        again.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |status: &str| lines.iter().filter(|line| line["status"] == status).count();
    assert_eq!((count("unchanged"), count("failed"), lines.len()), (9, 1, 10));
}

#[test]
fn a_file_has_one_name_however_it_is_written() {
    let place = Place::new();
    let here = place.path().join("here");
    place.file("here/a/rules.txt", RULES);
    let model = root().join("models/yiju-e5-small-q8");
    let add = |path: &str| {
        let mut command = place.command(&["add", path]);
        run(command.current_dir(&here).env("YIJU_MODEL", &model), b"")
    };
    let first = add("a/rules.txt");
    assert!(first.out.contains("a/rules.txt"), "{}{}", first.out, first.err);
    let whole = here.join("a/rules.txt").canonicalize().unwrap();
    for path in ["./a/rules.txt", "a/../a/rules.txt", "a", ".", whole.to_str().unwrap()] {
        let done = add(path);
        assert!(done.out.starts_with("unchanged"), "{path}: {}{}", done.out, done.err);
    }
}

#[test]
fn documents_are_listed_and_removed() {
    let place = Place::new();
    let rules = place.file("rules.txt", RULES);
    let other = place.file("other.txt", "停车管理办法\n第一条 车辆应当停放在车位内。\n");
    place.ok(&["add", &rules, &other]);
    let documents = place.documents();
    assert_eq!(documents.len(), 2);
    let id = documents[0]["id"].as_str().unwrap();

    place.fails(&["remove", id, "nope"]);
    assert_eq!(place.documents(), documents, "nothing was removed");

    let done = place.ok(&["remove", id, &other]);
    assert_eq!(done.out.lines().count(), 2);
    let empty = place.yiju(&["list"]);
    assert_eq!((empty.code, empty.out.as_str()), (Some(0), ""));
    empty.says("the library is empty");
    let refused = place.yiju(&["ask", "借书期限是多久？"]);
    assert_eq!(refused.code, Some(0), "{}", refused.err);
    refused.says("hint: the library is empty");
}

#[test]
fn what_embeds_nothing_needs_no_model() {
    let place = Place::new();
    let rules = place.file("rules.txt", RULES);
    place.ok(&["add", &rules]);
    let list = place.json(&["list", "--json"]);
    let backup = &place.named("backup.yiju");
    let without_model = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        run(command.env("YIJU_MODEL", place.path().join("no-model")), b"")
    };
    let refused = without_model(&["search", "借书"]);
    refused.says("unknown model");
    let listed = without_model(&["list", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&listed.out).unwrap(), list);
    for arguments in [
        &["outline", &rules][..],
        &["key", "add", "page"],
        &["key", "list"],
        &["check"],
        &["backup", backup],
        &["remove", &rules],
        &["restore", backup],
    ] {
        let done = without_model(arguments);
        assert!(done.ok(), "{arguments:?}: {}", done.err);
    }
    assert_eq!(place.json(&["list", "--json"]), list);
}

#[test]
fn an_outline_needs_no_library() {
    let place = Place::new();
    let mut seed =
        std::fs::read_dir(root().join("seeds")).unwrap().map(|entry| entry.unwrap().path());
    let seed = seed.find(|path| path.extension().is_some_and(|end| end == "txt")).unwrap();
    let seed = seed.to_str().unwrap();
    let done = place.ok(&["outline", seed]);
    done.shows("二、优化现代化城市体系");
    let json = place.json(&["outline", "--json", seed]);
    let documents = json.as_array().unwrap();
    assert_eq!(documents.len(), 5);
    assert_eq!(documents[0]["date"], "2025-08-15");
    assert!(!place.library().exists());
}

#[test]
fn embed_keeps_the_order_over_batches() {
    let place = Place::new();
    let lines: Vec<String> = (0..70).map(|number| format!("第{number}号文件")).collect();
    let embed = |input: &str| {
        let done = run(&mut place.command(&["embed", "--input-type", "passage"]), input.as_bytes());
        assert!(done.ok(), "{}", done.err);
        let lines = done.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.collect::<Vec<_>>()
    };
    let all = embed(&(lines.join("\n") + "\n"));
    assert_eq!(all.len(), 70);
    for line in &all {
        let vector: Vec<f64> = serde_json::from_value(line["embedding"].clone()).unwrap();
        assert_eq!(vector.len(), 384);
        assert!((vector.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-3);
        assert!(line["tokens"].as_u64().unwrap() > 4);
    }
    let alone = embed(&lines[69]);
    assert_eq!(alone, all[69..], "a batch equals the single text, and a last line needs no end");
    assert!(embed("").is_empty());
}

#[test]
fn a_reader_that_leaves_is_no_fault() {
    let place = seeded();
    let mut child = place
        .command(&["search", "--json", "--limit", "100", "城市"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn settings_go_from_file_to_environment_to_flags() {
    let place = seeded();
    let here = place.path().join("here");
    let config = "library = \"from-file\"\n";
    place.file("here/yiju.toml", config);
    let library = |command: &mut std::process::Command| {
        let model = root().join("models/yiju-e5-small-q8");
        let done = run(command.current_dir(&here).env("YIJU_MODEL", model), b"");
        assert_eq!(done.code, Some(1), "{}", done.err);
        done.err
    };
    let mut file = place.command(&["list"]);
    assert!(library(file.env_remove("YIJU_LIBRARY")).contains("from-file"));
    let mut environment = place.command(&["list"]);
    assert!(
        library(environment.env("YIJU_LIBRARY", "from-environment")).contains("from-environment")
    );
    let mut flag = place.command(&["list", "--library", "from-flag"]);
    assert!(library(flag.env("YIJU_LIBRARY", "from-environment")).contains("from-flag"));

    place.file("here/yiju.toml", "libary = \"x\"\n");
    let unknown = library(place.command(&["list"]).env_remove("YIJU_LIBRARY"));
    assert!(unknown.contains("libary") && unknown.contains("hint:"), "{unknown}");
}

#[test]
fn colour_is_a_choice() {
    let place = seeded();
    let colored = place.yiju(&["ask", "--color", "always", "群租房怎么管？"]);
    colored.shows("\u{1b}[1;32m【");
    let plain = place.yiju(&["ask", "--color", "never", "群租房怎么管？"]);
    let mut stripped = colored.out;
    for code in ["\u{1b}[1;32m", "\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[36m"] {
        stripped = stripped.replace(code, "");
    }
    assert_eq!(stripped, plain.out);
}

#[test]
fn help_has_examples() {
    let place = Place::new();
    for command in [
        "", "ask", "search", "verify", "add", "list", "remove", "outline", "embed", "model",
        "eval", "bench", "serve", "key", "check", "reembed", "backup", "restore",
    ] {
        let mut arguments: Vec<&str> =
            Some(command).filter(|name| !name.is_empty()).into_iter().collect();
        arguments.push("--help");
        let done = place.yiju(&arguments);
        assert!(done.ok() && done.out.contains("Usage:"), "{command}");
        assert_eq!(
            done.out.contains("Example"),
            !["list", "outline", "model"].contains(&command),
            "{command}"
        );
    }
    assert!(place.yiju(&["--version"]).out.starts_with("yiju "));
}
