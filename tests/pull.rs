//! `yiju model pull` from a local hub that serves the bundled model.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use base16ct::lower::encode_string as hexadecimal;
use sha2::{Digest, Sha256};

use crate::support::{Done, Place, root, run};

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
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                // The client may hang up.
                let _ = answer(stream, spoil);
            });
        }
    });
    address
}

fn answer(mut stream: TcpStream, spoil: Option<&str>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut from = 0;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.split('-').next().unwrap_or("0").parse().unwrap_or(0);
        }
    }
    let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
    let mut send = |status: &str, headers: &str, body: &[u8]| {
        write!(
            stream,
            "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        )?;
        stream.write_all(body)
    };
    if path.starts_with("/api/models/some/model/") {
        let siblings: Vec<_> = FILES
            .iter()
            .map(|name| serde_json::json!({"rfilename": name}))
            .collect();
        let info = serde_json::json!({"siblings": siblings, "sha": "c0ffee"});
        return send(
            "200 OK",
            "content-type: application/json\r\n",
            info.to_string().as_bytes(),
        );
    }
    let Some(name) = path.strip_prefix("/some/model/resolve/main/") else {
        return send("404 Not Found", "", b"");
    };
    let model = root().join("models/multilingual-e5-small-q4");
    let mut bytes = fs::read(model.join(name))?;
    let digest = hexadecimal(&Sha256::digest(&bytes));
    if spoil == Some(name) {
        bytes[1000] ^= 1;
    }
    let last = bytes.len() - 1;
    let headers = format!(
        "etag: \"{digest}\"\r\nx-repo-commit: c0ffee\r\ncontent-range: bytes {from}-{last}/{}\r\n",
        bytes.len()
    );
    send(
        "206 Partial Content",
        &headers,
        &bytes[from.min(bytes.len())..],
    )
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
    assert!(done.out.contains("vectors of 384 numbers"), "{}", done.out);
    for name in FILES {
        let original = root().join("models/multilingual-e5-small-q4").join(name);
        assert!(
            fs::read(to.join(name)).unwrap() == fs::read(original).unwrap(),
            "{name}"
        );
    }
    assert!(!place.path().join("pulled.part").exists());
    let embed = run(
        &mut place.command(&["--model", target, "embed", "--input-type", "query"]),
        "公积金".as_bytes(),
    );
    assert!(
        embed.ok() && embed.out.contains("\"tokens\":"),
        "{}",
        embed.err
    );
    let again = pull(&place, &hub, &["some/model", "--to", target]);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("is there already"), "{}", again.err);
}

#[test]
fn what_goes_wrong_is_said_and_leaves_no_model() {
    let place = Place::new();
    let target = &place.named("pulled");
    let to = Path::new(target);
    let hub = hub(Some("model.gguf"));
    let damaged = pull(&place, &hub, &["some/model", "--to", target]);
    assert_eq!(damaged.code, Some(2));
    assert!(
        damaged
            .err
            .contains("model.gguf of some/model arrived damaged"),
        "{}",
        damaged.err
    );
    let unknown = pull(&place, &hub, &["some/other", "--to", target]);
    assert_eq!(unknown.code, Some(1));
    assert!(
        unknown.err.contains("has no public model some/other"),
        "{}",
        unknown.err
    );
    let offline = pull(
        &place,
        "http://127.0.0.1:9",
        &["some/model", "--to", target],
    );
    assert_eq!(offline.code, Some(2));
    assert!(
        offline.err.contains("cannot reach http://127.0.0.1:9")
            && offline
                .err
                .contains("config.json, tokenizer.json, model.safetensors"),
        "{}",
        offline.err
    );
    assert_eq!(pull(&place, &hub, &["../model"]).code, Some(1));
    assert!(!to.exists());
}
