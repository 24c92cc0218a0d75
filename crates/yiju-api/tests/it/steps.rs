//! The time of each step of a question, in the metrics.

use std::collections::BTreeMap;

use axum::Router;
use serde_json::json;
use yiju_api::Limits;
use yiju_engine::Step;

use crate::support::{app_of, get, library, post};

/// How often each step was counted.
async fn counts(app: &Router) -> BTreeMap<String, u64> {
    let metrics = get(app, "/metrics").await;
    let lines = metrics.text().lines().filter_map(|line| {
        let line = line.strip_prefix("yiju_step_duration_seconds_count{step=\"")?;
        let (step, count) = line.split_once("\"} ")?;
        Some((step.to_owned(), count.parse().unwrap()))
    });
    lines.collect()
}

#[tokio::test]
async fn each_step_that_runs_is_counted_once_and_no_other() {
    let library = library();
    let app = app_of(&library.engine, Limits::default());
    assert!(counts(&app).await.is_empty());

    // A lookup by number needs neither the model nor the indexes of vectors.
    let answer = post(&app, "/v1/ask", json!({"question": "第三条的内容是什么？"})).await;
    assert_eq!(answer.json()["answered"], true);
    let looked_up = counts(&app).await;
    assert_eq!(looked_up, BTreeMap::from([("analyse".to_owned(), 1), ("compose".to_owned(), 1)]));

    let answer = post(&app, "/v1/ask", json!({"question": "押金最多是几个月租金？"})).await;
    assert_eq!(answer.json()["answered"], true);
    let asked = counts(&app).await;
    for step in Step::ALL {
        let before = looked_up.get(step.label()).copied().unwrap_or(0);
        assert_eq!(asked[step.label()], before + 1, "{step:?}");
    }
    assert_eq!(asked.len(), Step::ALL.len());

    // A search composes no answer.
    let _ = post(&app, "/v1/search", json!({"query": "押金"})).await;
    let searched = counts(&app).await;
    for step in Step::ALL {
        let more = u64::from(!matches!(step, Step::Evidence | Step::Compose));
        assert_eq!(searched[step.label()], asked[step.label()] + more, "{step:?}");
    }
}

#[tokio::test]
async fn short_steps_are_told_apart() {
    let library = library();
    let app = app_of(&library.engine, Limits::default());
    let _ = post(&app, "/v1/search", json!({"query": "押金"})).await;
    let metrics = get(&app, "/metrics").await;
    let bounds = metrics.text().lines().filter_map(|line| {
        let line = line.strip_prefix("yiju_step_duration_seconds_bucket{le=\"")?;
        let (bound, rest) = line.split_once('"')?;
        rest.contains("\"lexical\"").then(|| bound.parse::<f64>().ok())?
    });
    let below_a_millisecond = bounds.filter(|bound| *bound < 0.001).count();
    assert!(below_a_millisecond >= 5, "{}", metrics.text());
}
