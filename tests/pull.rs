//! `yiju model pull` from a local hub that serves the bundled model.

use std::fs;
use std::path::Path;

use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router, extract};
use base16ct::lower::encode_string as hexadecimal;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{Done, Place, root, run, serve};

const FILES: [&str; 6] = [
    "README.md",
    "config.json",
    "tokenizer.json",
    "modules.json",
    "1_Pooling/config.json",
    "model.gguf",
];

/// Starts a hub that serves until the test process ends; returns its URL. The file `spoil` is served
/// damaged.
fn hub(spoil: Option<&'static str>) -> String {
    let siblings = FILES.map(|name| json!({"rfilename": name}));
    let info = Json(json!({"siblings": siblings, "sha": "c0ffee"}));
    let send = move |name: extract::Path<String>, headers: HeaderMap| async move {
        file(&name, &headers, spoil == Some(name.as_str()))
    };
    let routes = Router::new()
        .route("/api/models/some/model/{*revision}", get(info))
        .route("/some/model/resolve/main/{*name}", get(send));
    serve(routes)
}

/// The rest of a file of the bundled model, from where the request's range begins.
fn file(name: &str, headers: &HeaderMap, spoil: bool) -> impl IntoResponse + use<> {
    let model = root().join("models/yiju-e5-small-q8");
    let mut bytes = fs::read(model.join(name)).unwrap();
    let digest = hexadecimal(&Sha256::digest(&bytes));
    if spoil {
        bytes[1000] ^= 1;
    }
    let range = headers.get("range").map_or("", |it| it.to_str().unwrap());
    let from = range.strip_prefix("bytes=").and_then(|it| it.split_once('-'));
    let from: usize = from.map_or(0, |(from, _)| from.parse().unwrap());
    let headers = [
        ("etag", format!("\"{digest}\"")),
        ("x-repo-commit", "c0ffee".to_owned()),
        ("content-range", format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len())),
    ];
    let rest = bytes.split_off(from.min(bytes.len()));
    (StatusCode::PARTIAL_CONTENT, headers, rest)
}

fn pull(place: &Place, hub: &str, arguments: &[&str]) -> Done {
    let mut all = vec!["model", "pull"];
    all.extend(arguments);
    run(place.command(&all).env("HF_ENDPOINT", hub), b"")
}

#[test]
fn a_model_is_fetched_whole_tried_and_usable() {
    let place = Place::new();
    let target = &place.named("pulled");
    let to = Path::new(target);
    let hub = hub(None);
    let done = pull(&place, &hub, &["some/model", "--to", target]);
    assert!(done.ok(), "{}", done.err);
    done.shows("vectors of 384 numbers");
    for name in FILES {
        let original = root().join("models/yiju-e5-small-q8").join(name);
        assert!(fs::read(to.join(name)).unwrap() == fs::read(original).unwrap(), "{name}");
    }
    assert!(!place.path().join("pulled.part").exists());
    let embed = run(
        &mut place.command(&["--model", target, "embed", "--input-type", "query"]),
        "公积金".as_bytes(),
    );
    assert!(embed.ok() && embed.out.contains("\"tokens\":"), "{}", embed.err);
    let again = pull(&place, &hub, &["some/model", "--to", target]);
    assert_eq!(again.code, Some(1));
    again.says("is there already");
}

#[test]
fn what_goes_wrong_is_said_and_leaves_no_model() {
    let place = Place::new();
    let target = &place.named("pulled");
    let to = Path::new(target);
    let hub = hub(Some("model.gguf"));
    let damaged = pull(&place, &hub, &["some/model", "--to", target]);
    assert_eq!(damaged.code, Some(2));
    assert!(damaged.err.contains("model.gguf of some/model arrived damaged"), "{}", damaged.err);
    let unknown = pull(&place, &hub, &["some/other", "--to", target]);
    assert_eq!(unknown.code, Some(1));
    unknown.says("has no public model some/other");
    let offline = pull(&place, "http://127.0.0.1:9", &["some/model", "--to", target]);
    assert_eq!(offline.code, Some(2));
    assert!(
        offline.err.contains("cannot reach http://127.0.0.1:9")
            && offline.err.contains("config.json, tokenizer.json, model.safetensors"),
        "{}",
        offline.err
    );
    assert_eq!(pull(&place, &hub, &["../model"]).code, Some(1));
    assert!(!to.exists());
}
