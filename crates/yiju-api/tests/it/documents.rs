//! `/v1/documents` and `/v1/clauses`.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use yiju_api::Limits;

use crate::support::{RENT, app_of, delete, form, get, library, post, send};

const NOTICE: &str = "第一条 图书馆周一闭馆。\n第二条 借书期限为三十天，可以续借一次。";

#[tokio::test]
async fn a_document_is_added_found_replaced_and_removed() {
    let library = library();
    let app = app_of(&library.engine, Limits::default());
    let body = json!({"title": "图书馆规则", "text": NOTICE, "source": "library"});

    let added = post(&app, "/v1/documents", body.clone()).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    let json = added.json();
    assert_eq!(json["status"], "added");
    let document = &json["documents"][0];
    assert_eq!(document["title"], "图书馆规则");
    assert_eq!(document["source"], "library");
    let id = document["id"].as_str().unwrap().to_owned();
    assert_eq!(added.header("location"), format!("/v1/documents/{id}"));

    let original = get(&app, &format!("/v1/documents/{id}/original")).await;
    assert_eq!(original.error(404), "not_found");
    assert!(original.text().contains("given as text"), "{}", original.text());

    let asked = post(&app, "/v1/search", json!({"query": "借书期限", "limit": 1})).await.json();
    assert_eq!(
        asked["hits"][0]["document"]["id"],
        id.as_str(),
        "found as soon as it is acknowledged"
    );

    let again = post(&app, "/v1/documents", body).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.json()["status"], "unchanged");

    let changed =
        json!({"title": "图书馆规则", "text": NOTICE.replace("三十", "六十"), "source": "library"});
    let replaced = post(&app, "/v1/documents", changed).await;
    assert_eq!(replaced.status, StatusCode::CREATED);
    assert_eq!(replaced.json()["status"], "replaced");
    assert_eq!(replaced.json()["documents"][0]["id"], id.as_str(), "the id stays");
    let asked = post(&app, "/v1/search", json!({"query": "借书期限", "limit": 1})).await.json();
    assert!(asked["hits"][0]["paragraph"].as_str().unwrap().contains("六十天"));

    assert_eq!(delete(&app, &format!("/v1/documents/{id}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(delete(&app, &format!("/v1/documents/{id}")).await.error(404), "not_found");
    assert_eq!(get(&app, &format!("/v1/documents/{id}")).await.error(404), "not_found");
    let asked = post(&app, "/v1/search", json!({"query": "借书期限", "limit": 9})).await.json();
    for hit in asked["hits"].as_array().unwrap() {
        assert_ne!(hit["document"]["id"], id.as_str());
    }
}

#[tokio::test]
async fn a_document_is_replaced_by_its_id() {
    let library = library();
    let app = app_of(&library.engine, Limits::default());
    let put = async |id: &str, body: Value| {
        let request = Request::put(format!("/v1/documents/{id}"))
            .header(header::CONTENT_TYPE, "application/json");
        send(&app, request.body(Body::from(body.to_string())).unwrap()).await
    };
    let id = library.engine.source_documents("rent.txt").unwrap()[0].id.clone();
    let changed = json!({"title": "住房租赁管理办法", "text": RENT.replace("两个月", "一个月")});
    let replaced = put(&id, changed.clone()).await;
    assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.text());
    let json = replaced.json();
    assert_eq!(json["status"], "replaced");
    assert_eq!(json["documents"][0]["id"], id.as_str());
    assert_eq!(json["documents"][0]["source"], "rent.txt", "the source keeps its name");
    assert_eq!(put(&id, changed.clone()).await.json()["status"], "unchanged");
    let text = get(&app, &format!("/v1/documents/{id}/text")).await;
    assert!(text.text().contains("一个月") && !text.text().contains("两个月"));
    assert_eq!(get(&app, "/v1/documents").await.json()["documents"].as_array().unwrap().len(), 1);

    assert_eq!(put("0000000000000000", changed.clone()).await.error(404), "not_found");
    let mut other = changed.clone();
    other["source"] = json!("other.txt");
    assert_eq!(put(&id, other.clone()).await.error(400), "invalid_request");
    other["source"] = json!("rent.txt");
    assert_eq!(put(&id, other).await.json()["status"], "unchanged");

    let seeds = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../seeds");
    let page = std::fs::read_dir(seeds)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|kind| kind == "txt"))
        .unwrap();
    let page = std::fs::read(page).unwrap();
    let added = form(&app, &[("name=\"file\"; filename=\"page.txt\"", &page)]).await.json();
    // One of several documents of a source is replaced alone.
    let before = get(&app, "/v1/documents").await.json();
    let (one, other) = (&added["documents"][1], &added["documents"][0]);
    let id = one["id"].as_str().unwrap();
    let rules = json!({"title": "图书馆规则", "text": NOTICE});
    let replaced = put(id, rules.clone()).await;
    assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.text());
    let json = replaced.json();
    assert_eq!(json["status"], "replaced");
    assert_eq!(json["documents"].as_array().unwrap().len(), 1);
    assert_eq!(json["documents"][0]["id"], id);
    assert_eq!(json["documents"][0]["source"], "page.txt");
    assert_eq!(put(id, rules).await.json()["status"], "unchanged");
    let found = post(&app, "/v1/search", json!({"query": "借书期限", "limit": 1})).await;
    assert_eq!(found.json()["hits"][0]["document"]["id"], id);
    let filter = json!({"document_ids": [id]});
    let query = json!({"query": one["title"], "limit": 50, "filter": filter});
    let hits = post(&app, "/v1/search", query).await.json();
    assert_eq!(hits["hits"].as_array().unwrap().len(), 2, "the old clauses are gone");
    let path = format!("/v1/documents/{}", other["id"].as_str().unwrap());
    assert_eq!(get(&app, &path).await.json(), *other, "the others stay");

    // Adding the source's bytes again restores it.
    let again = form(&app, &[("name=\"file\"; filename=\"page.txt\"", &page)]).await;
    assert_eq!(again.json()["status"], "replaced");
    assert_eq!(get(&app, "/v1/documents").await.json(), before);

    // A text of several documents cannot replace one.
    let form = [("name=\"file\"; filename=\"x.txt\"", &page[..])];
    let path = format!("/v1/documents/{id}");
    let several = crate::support::form_to(&app, Method::PUT, &path, &form).await;
    assert_eq!(several.error(409), "conflict");
}

#[tokio::test]
async fn a_filter_leaves_as_many_hits_as_there_are() {
    let library = library();
    let app = app_of(&library.engine, Limits::default());
    for number in 0..60 {
        let text = format!(
            "第{number}号通知\n第一条 甲办事项{number}由窗口办理。\n第二条 乙办事项{number}由网上办理。"
        );
        let body = json!({"title": format!("第{number}号通知"), "text": text});
        assert_eq!(post(&app, "/v1/documents", body).await.status, StatusCode::CREATED);
    }
    let list = get(&app, "/v1/documents?limit=500").await.json();
    let ids: Vec<&str> = list["documents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["title"].as_str().unwrap().ends_with("号通知"))
        .take(20)
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    // A question about something else: the best clauses of all are filtered out.
    let body = json!({"query": "租金和押金", "limit": 40, "filter": {"document_ids": ids}});
    let hits = post(&app, "/v1/search", body).await.json()["hits"].clone();
    let hits = hits.as_array().unwrap();
    assert!(hits.len() >= 40, "{}", hits.len());
    assert!(hits.iter().all(|hit| ids.contains(&hit["document"]["id"].as_str().unwrap())));
    for (filter, found) in [
        (json!({"date_from": "2024-03-01", "date_to": "2024-03-01"}), true),
        (json!({"date_from": "2024-03-02"}), false),
        (json!({"sources": ["rent.txt"]}), true),
        (json!({"issuer": "nobody"}), false),
        (json!({"section": "no such section"}), false),
    ] {
        let body = json!({"query": "租金和押金", "limit": 40, "filter": filter});
        let hits = post(&app, "/v1/search", body).await.json()["hits"].clone();
        assert_eq!(!hits.as_array().unwrap().is_empty(), found, "{filter}");
        let ask = json!({"question": "押金最多几个月？", "filter": filter});
        assert_eq!(post(&app, "/v1/ask", ask).await.json()["answered"], found, "{filter}");
    }
}

#[tokio::test]
async fn a_batch_of_queries_gives_what_each_gives_alone() {
    let app = crate::support::shared();
    let queries = [json!({"query": "押金", "limit": 2}), json!({"query": "厨房能住人吗"})];
    let batch = post(&app, "/v1/search/batch", json!({"queries": queries})).await.json();
    for (query, result) in queries.into_iter().zip(batch["results"].as_array().unwrap()) {
        let alone = post(&app, "/v1/search", query).await.json();
        assert_eq!(alone["hits"], result["hits"]);
    }
    for bad in [json!([]), json!(vec![json!({"query": "a"}); 33])] {
        let answer = post(&app, "/v1/search/batch", json!({"queries": bad})).await;
        assert_eq!(answer.error(400), "invalid_request");
    }
    let second = json!({"queries": [{"query": "押金"}, {"query": ""}]});
    let answer = post(&app, "/v1/search/batch", second).await;
    assert_eq!(answer.error(400), "invalid_request");
    assert!(answer.message().starts_with("queries[1]: "), "{}", answer.message());
}

#[tokio::test]
async fn a_file_comes_in_a_form() {
    let library = library();
    let app = app_of(&library.engine, Limits::default());
    let file = ("name=\"file\"; filename=\"rent.txt\"", RENT.as_bytes());
    assert_eq!(form(&app, &[file]).await.status, StatusCode::OK, "the same name and bytes");
    let renamed = form(&app, &[file, ("name=\"source\"", b"other.txt")]).await;
    assert_eq!(renamed.status, StatusCode::CREATED);
    assert_eq!(renamed.json()["documents"][0]["source"], "other.txt");

    assert_eq!(form(&app, &[file, file]).await.error(400), "invalid_request");
    assert_eq!(form(&app, &[("name=\"title\"", b"x")]).await.error(400), "invalid_request");
    assert_eq!(form(&app, &[("name=\"what\"", b"x")]).await.error(400), "invalid_request");
    assert_eq!(
        form(&app, &[("name=\"file\"", b"x")]).await.error(400),
        "invalid_request",
        "no name"
    );
}

#[tokio::test]
async fn the_list_has_pages() {
    let library = library();
    let app = app_of(&library.engine, Limits::default());
    for number in 0..4 {
        let body = json!({"title": format!("规则{number}"), "text": format!("第一条 这是第{number}号规则。")});
        assert_eq!(post(&app, "/v1/documents", body).await.status, StatusCode::CREATED);
    }
    let whole = get(&app, "/v1/documents").await.json();
    assert_eq!(whole["documents"].as_array().unwrap().len(), 5);
    assert_eq!(whole["next_cursor"], Value::Null);

    let mut collected = Vec::new();
    let mut path = "/v1/documents?limit=2".to_owned();
    loop {
        let page = get(&app, &path).await.json();
        let documents = page["documents"].as_array().unwrap();
        assert!(!documents.is_empty() && documents.len() <= 2);
        collected.extend(documents.iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/documents?limit=2&cursor={cursor}");
    }
    assert_eq!(Value::from(collected), whole["documents"]);

    for bad in ["limit=0", "limit=501", "limit=x", "cursor=%21%21", "page=2"] {
        assert_eq!(
            get(&app, &format!("/v1/documents?{bad}")).await.error(400),
            "invalid_request",
            "{bad}"
        );
    }
}

#[tokio::test]
async fn a_listing_goes_on_while_documents_come_and_go() {
    let library = library();
    let app = app_of(&library.engine, Limits::default());
    let add = async |title: &str, text: &str| {
        let added = post(&app, "/v1/documents", json!({"title": title, "text": text})).await;
        assert_eq!(added.status, StatusCode::CREATED);
        let id = added.json()["documents"][0]["id"].clone();
        id.as_str().unwrap().to_owned()
    };
    let mut ids = Vec::new();
    for number in 1..6 {
        let text = format!("第一条 这是第{number}号规则。");
        ids.push(add(&format!("规则{number}"), &text).await);
    }
    let first = get(&app, "/v1/documents?limit=3").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    // One already listed, the last one listed, and one not yet listed.
    for gone in [0, 1, 2] {
        let path = format!("/v1/documents/{}", ids[gone]);
        assert_eq!(delete(&app, &path).await.status, StatusCode::NO_CONTENT);
    }
    add("规则4", "第一条 这是新的四号规则。").await;
    add("规则6", "第一条 这是第6号规则。").await;
    let path = format!("/v1/documents?cursor={cursor}");
    let rest = get(&app, &path).await.json();
    let titles: Vec<&str> = rest["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| document["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["规则4", "规则5", "规则6"]);
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[tokio::test]
async fn clauses_are_read_with_their_neighbours() {
    let app = crate::support::shared();
    let list = get(&app, "/v1/documents").await.json();
    let id = list["documents"][0]["id"].as_str().unwrap();
    let clauses = get(&app, &format!("/v1/documents/{id}/clauses")).await.json();
    let clauses = clauses["clauses"].as_array().unwrap();
    assert_eq!(clauses.len(), 4);
    for (index, clause) in clauses.iter().enumerate() {
        let alone = get(&app, &format!("/v1/clauses/{}", clause["id"].as_str().unwrap())).await;
        assert_eq!(alone.json(), *clause);
        let before = index.checked_sub(1).map_or(Value::Null, |index| clauses[index]["id"].clone());
        assert_eq!(clause["previous"], before);
    }
    assert_eq!(get(&app, "/v1/clauses/nope").await.error(404), "not_found");
    assert_eq!(get(&app, "/v1/documents/nope/clauses").await.error(404), "not_found");
}

#[tokio::test]
async fn the_text_has_its_hash_as_a_tag() {
    let app = crate::support::shared();
    let list = get(&app, "/v1/documents").await.json();
    let document = &list["documents"][0];
    let path = format!("/v1/documents/{}/text", document["id"].as_str().unwrap());
    let text = get(&app, &path).await;
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    let tag = format!("\"{}\"", document["sha256"].as_str().unwrap());
    assert_eq!(text.header("etag"), tag);
    assert_eq!(text.text().chars().count() as u64, document["characters"].as_u64().unwrap());

    let known =
        Request::get(&path).header(header::IF_NONE_MATCH, &tag).body(Body::empty()).unwrap();
    let known = send(&app, known).await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    assert!(known.bytes.is_empty());
    assert_eq!(known.header("etag"), tag);
    let other =
        Request::get(&path).header(header::IF_NONE_MATCH, "\"x\"").body(Body::empty()).unwrap();
    assert_eq!(send(&app, other).await.status, StatusCode::OK);
    assert_eq!(get(&app, "/v1/documents/nope/text").await.error(404), "not_found");
}

#[tokio::test]
async fn the_list_is_filtered_by_what_one_types() {
    let library = library();
    let app = app_of(&library.engine, Limits::default());
    let notice = "江城市人民政府办公室关于图书馆开放的通知\n江政办发〔2024〕12号\n各区人民政府：\n第一条 图书馆周一闭馆。\n";
    let body = json!({"title": "江城市人民政府办公室关于图书馆开放的通知", "text": notice, "source": "b.txt"});
    assert_eq!(post(&app, "/v1/documents", body).await.status, StatusCode::CREATED);
    let titles = async |matching: &str| {
        let encoded: String = matching.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let page = get(&app, &format!("/v1/documents?limit=5&matching={encoded}")).await.json();
        let documents = page["documents"].as_array().unwrap().clone();
        documents.iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles("租赁").await, ["住房租赁管理办法"]);
    assert_eq!(titles("《住房租赁").await, ["住房租赁管理办法"]);
    assert_eq!(titles("住 租赁").await, ["住房租赁管理办法"], "each word is held");
    assert_eq!(
        titles("圖書館").await,
        ["江城市人民政府办公室关于图书馆开放的通知"],
        "in Traditional characters"
    );
    assert_eq!(titles("江政办发[2024]12").await.len(), 1, "by 文号 in other brackets");
    assert_eq!(titles("B.TXT").await.len(), 1, "by source");
    assert!(titles("地铁").await.is_empty());

    let first = get(&app, "/v1/documents?limit=1&matching=t").await.json();
    assert_eq!(first["documents"].as_array().unwrap().len(), 1);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second =
        get(&app, &format!("/v1/documents?limit=1&matching=t&cursor={cursor}")).await.json();
    assert_ne!(first["documents"][0]["id"], second["documents"][0]["id"]);
    assert_eq!(second["next_cursor"], Value::Null);
    for bad in ["", "%20", &"a".repeat(201)] {
        let answer = get(&app, &format!("/v1/documents?matching={bad}")).await;
        assert_eq!(answer.error(400), "invalid_request", "{bad}");
    }
}

#[tokio::test]
async fn an_add_can_be_followed() {
    let library = library();
    let mut limits = Limits::default();
    limits.stream_after = std::time::Duration::ZERO;
    let app = app_of(&library.engine, limits);
    let follow = async |app: &axum::Router, body: &Value| {
        let request = Request::post("/v1/documents")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "text/event-stream")
            .body(Body::from(body.to_string()))
            .unwrap();
        send(app, request).await
    };
    let body = json!({"title": "图书馆规则", "text": NOTICE});
    let followed = follow(&app, &body).await;
    assert_eq!(followed.header("content-type"), "text/event-stream");
    let events = crate::ask::events(followed.text());
    let (last, before) = events.split_last().unwrap();
    assert!(!before.is_empty() && before.iter().all(|event| event.0 == "progress"), "{events:?}");
    let shares: Vec<f64> = before.iter().map(|event| event.1["share"].as_f64().unwrap()).collect();
    assert!(
        shares.is_sorted() && shares.iter().all(|share| (0.0..=1.0).contains(share)),
        "{shares:?}"
    );
    assert_eq!((last.0.as_str(), &last.1["status"]), ("done", &json!("added")));
    assert_eq!(last.1["documents"][0]["title"], "图书馆规则");

    // What is known in time has its own status; after that, an error is an event.
    let blank = json!({"title": "t", "text": " "});
    let patient = app_of(&library.engine, Limits::default());
    assert_eq!(follow(&patient, &blank).await.error(422), "unreadable");
    let events = crate::ask::events(follow(&app, &blank).await.text());
    let (name, data) = events.last().unwrap();
    assert_eq!((name.as_str(), &data["error"]["code"]), ("error", &json!("unreadable")));
    let again = crate::ask::events(follow(&patient, &body).await.text());
    assert_eq!(again.last().unwrap().1["status"], "unchanged");
}
