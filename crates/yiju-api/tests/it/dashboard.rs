//! The dashboard queries metrics and labels that exist, and the operating guide names all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value, json};
use yiju_api::{ErrorCode, Limits};

use crate::support::{app_of, get, library, post};

fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Each series of the text with the names of its labels.
fn series(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = labels.trim_end_matches('}').split("\",");
        let labels = labels.filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
        found.entry(name.to_owned()).or_default().extend(labels);
    }
    found
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
}

#[tokio::test]
async fn the_dashboard_and_the_guide_name_what_there_is() {
    let library = library();
    let app = app_of(&library.engine, Limits::default());
    let _ = post(&app, "/v1/ask", json!({"question": "押金？"})).await;
    let _ = post(&app, "/v1/embeddings", json!({"input": "押金"})).await;
    let _ = get(&app, "/v1/documents/none").await;
    let there = series(get(&app, "/metrics").await.text());

    let text = std::fs::read_to_string(file("docs/grafana/yiju.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap();
            let names: Vec<&str> = words(query).filter(|word| word.starts_with("yiju_")).collect();
            assert_eq!(names.len(), 1, "{query}");
            let labels = there
                .get(names[0])
                .unwrap_or_else(|| panic!("{} is not in /metrics: {query}", names[0]));
            asked.insert(names[0].to_owned());
            let grouped = query
                .split_once("by (")
                .and_then(|(_, rest)| rest.split_once(')'))
                .map_or("", |(labels, _)| labels);
            for label in grouped.split(", ").filter(|label| !label.is_empty()) {
                assert!(labels.contains(label), "{} has no label {label}: {query}", names[0]);
            }
        }
    }
    let guide = std::fs::read_to_string(file("docs/serving.md")).unwrap();
    let told: BTreeSet<&str> = words(&guide).collect();
    for name in there.keys() {
        let base = name
            .strip_suffix("_bucket")
            .or_else(|| name.strip_suffix("_count"))
            .or_else(|| name.strip_suffix("_sum"))
            .unwrap_or(name);
        assert!(told.contains(base), "docs/serving.md does not tell of {base}");
        let shown = asked.iter().any(|one| one.starts_with(base));
        assert!(shown, "no panel shows {base}");
    }
    // Labels whose values a client can choose would grow without bound.
    let bounded = ["route", "method", "status", "code", "step", "lane", "collection", "le"];
    for (name, labels) in &there {
        for label in labels {
            assert!(bounded.contains(&label.as_str()), "{name} has the label {label}");
        }
    }
}

/// `YIJU_WRITE_DOCS=1` writes the table; without it, the guide must have it.
#[test]
fn the_guide_has_the_table_of_errors() {
    let mut table = String::from("| status | code | when |\n| --- | --- | --- |\n");
    let mut rows = ErrorCode::TABLE;
    rows.sort_by_key(|row| row.status.as_u16());
    for row in rows {
        table.push_str(&format!(
            "| {} | `{}` | {} |\n",
            row.status.as_u16(),
            row.name,
            row.meaning
        ));
    }
    let path = file("docs/serving.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let (start, end) = ("<!-- errors -->\n", "<!-- end of errors -->");
    let (before, rest) = guide.split_once(start).unwrap();
    let (found, after) = rest.split_once(end).unwrap();
    if std::env::var_os("YIJU_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{start}{table}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(found, table, "run this test with YIJU_WRITE_DOCS=1");
}
