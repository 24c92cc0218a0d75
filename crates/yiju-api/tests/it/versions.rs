//! Versions of documents: told, listed, compared, and asked as of a day.

use axum::http::StatusCode;
use serde_json::{Value, json};
use yiju_api::Limits;

use crate::support::{app_of, get, library, post};

fn rules(rate: &str, from: &str) -> String {
    format!(
        "第一条 住宿标准为每天{rate}元。\n第二条 餐补为每天一百元。\n第三条 本办法自{from}起施行。"
    )
}

#[tokio::test]
async fn versions_are_recognised_told_compared_and_asked() {
    let library = library();
    let app = app_of(&library.engine, Limits::default());
    let add = |name: &str, title: &str, text: String, more: Value| {
        let mut body = json!({"title": title, "text": text, "source": name});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        body
    };
    let title = "差旅管理办法";
    let first =
        post(&app, "/v1/documents", add("a", title, rules("三百", "2020年1月1日"), json!({})))
            .await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let old = first.json()["documents"][0]["id"].as_str().unwrap().to_owned();
    let second =
        post(&app, "/v1/documents", add("b", title, rules("五百", "2022年1月1日"), json!({})))
            .await;
    let new = second.json()["documents"][0]["id"].as_str().unwrap().to_owned();
    let told = json!({"replaces": [new], "dates": {"effective": "2024-03-01"}});
    let third =
        post(&app, "/v1/documents", add("c", "出差规则", rules("六百", "2024年1月1日"), told))
            .await;
    assert_eq!(third.status, StatusCode::CREATED, "{}", third.text());

    let list = get(&app, &format!("/v1/documents/{old}/versions?as_of=2023-05-01")).await.json();
    let seen: Vec<(&str, &str, &Value)> = list["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |value: &Value| value.as_str().map(|text| text.to_owned().leak() as &str);
            (
                text(&one["document"]["source"]).unwrap(),
                text(&one["in_force"]["status"]).unwrap(),
                &one["in_force"]["until"],
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("a", "superseded", &json!("2022-01-01")),
            ("b", "in_force", &json!("2024-03-01")),
            ("c", "not_yet", &Value::Null)
        ]
    );
    let dates = list["versions"][0]["dates"].as_array().unwrap();
    assert_eq!(dates[0]["kind"], "effective");
    assert!(dates[0]["quote"].as_str().unwrap().contains("自2020年1月1日起施行"));
    assert_eq!(list["versions"][2]["replaces"], json!([new]));

    for (on, rate) in [("2020-06-01", "三百"), ("2022-06-01", "五百"), ("2025-01-01", "六百")]
    {
        let body = json!({"question": "住宿标准是多少？", "as_of": on});
        let answer = post(&app, "/v1/ask", body).await.json();
        let citation = &answer["citations"][0];
        assert!(citation["quote"].as_str().unwrap().contains(rate), "{on}: {answer:#}");
        assert_eq!(citation["in_force"]["status"], "in_force");
        let found =
            post(&app, "/v1/search", json!({"query": "住宿标准", "as_of": on})).await.json();
        assert!(found["hits"][0]["paragraph"].as_str().unwrap().contains(rate));
    }
    let cited = json!({"citations": [{"quote": "住宿标准为每天三百元"}]});
    let verified = post(&app, "/v1/verify", cited).await.json();
    assert_eq!(verified["citations"][0]["in_force"], false);
    assert_eq!(verified["citations"][0]["places"][0]["in_force"]["status"], "superseded");

    let diff = get(&app, &format!("/v1/documents/{new}/diff?with={old}")).await.json();
    assert_eq!(diff["old"]["id"], old.as_str(), "the earlier one is the old one");
    assert_eq!(
        diff["counts"],
        json!({"same": 1, "changed": 2, "split": 0, "merged": 0, "added": 0,
        "removed": 0, "renumbered": 0, "moved": 0})
    );
    let pieces = diff["entries"][0]["pieces"].as_array().unwrap();
    assert!(pieces.contains(&json!({"kind": "delete", "text": "三"})), "{pieces:?}");

    let missing = get(&app, &format!("/v1/documents/{old}/diff?with=nothing")).await;
    assert_eq!(missing.error(404), "not_found");
    assert_eq!(get(&app, "/v1/documents/nothing/versions").await.error(404), "not_found");
    let bad = post(&app, "/v1/ask", json!({"question": "住宿", "as_of": "2020-13-01"})).await;
    assert_eq!(bad.status.as_u16() / 100, 4);
    let unknown =
        add("d", "别的办法", rules("七百", "2025年1月1日"), json!({"replaces": ["nothing"]}));
    assert_eq!(post(&app, "/v1/documents", unknown).await.error(404), "not_found");
    let wrong = add(
        "d",
        "别的办法",
        rules("七百", "2025年1月1日"),
        json!({"dates": {"born": "2025-01-01"}}),
    );
    assert_eq!(post(&app, "/v1/documents", wrong).await.status.as_u16() / 100, 4);
}
