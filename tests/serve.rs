//! `yiju serve` over real connections.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::support::{Place, Server, seeded};

#[test]
fn the_command_line_prints_what_the_api_answers() {
    let place = seeded();
    let mut printed = Vec::new();
    let questions = [
        "超大特大城市应该怎样发展？",
        "第五部分包括哪几条？",
        "北京的地铁票价是多少？",
    ];
    for question in questions {
        printed.push(place.json(&["ask", "--json", question]));
    }
    let searched = place.json(&["search", "--json", "城市更新"]);
    let listed = place.json(&["list", "--json"]);

    let server = Server::start(&place, &[]);
    let client = Client::new();
    let post = |path: &str, body: Value| -> Value {
        let mut answer: Value = client
            .post(server.at(path))
            .json(&body)
            .send()
            .unwrap()
            .json()
            .unwrap();
        answer["timings_ms"] = Value::Null;
        answer
    };
    for (question, mut printed) in questions.into_iter().zip(printed) {
        printed["timings_ms"] = Value::Null;
        assert_eq!(post("/v1/ask", json!({"question": question})), printed);
    }
    let mut searched = searched;
    searched["timings_ms"] = Value::Null;
    assert_eq!(post("/v1/search", json!({"query": "城市更新"})), searched);
    let list: Value = client
        .get(server.at("/v1/documents"))
        .send()
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(list, listed);
}

#[test]
fn a_library_that_is_served_is_read_by_others_and_written_by_none() {
    let place = seeded();
    let server = Server::start(&place, &[]);
    let rules = place.file("rules.txt", "图书馆管理办法\n第一条 借书期限为三十天。\n");
    let refused = place.yiju(&["add", &rules]);
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    assert!(
        refused.err.contains("is open for writing in process"),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("hint: "), "{}", refused.err);
    let second = place.yiju(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, Some(1), "{}", second.err);
    assert!(
        second.err.contains("is open for writing in process"),
        "{}",
        second.err
    );

    let read = place.yiju(&["ask", "--docs", "seeds", "群租房怎么管？"]);
    assert!(read.ok() && read.err.contains("unchanged"), "{}", read.err);

    // What is added through the server is seen by the next reader.
    let form = reqwest::blocking::multipart::Form::new()
        .file("file", &rules)
        .unwrap();
    let added = Client::new()
        .post(server.at("/v1/documents"))
        .multipart(form)
        .send()
        .unwrap();
    assert_eq!(added.status(), 201);
    let found = place.json(&["search", "--json", "--limit", "1", "借书期限"]);
    assert_eq!(found["hits"][0]["document"]["title"], "图书馆管理办法");
}

#[cfg(unix)]
#[test]
fn a_server_told_to_stop_finishes_what_it_accepted() {
    for signal in ["-TERM", "-INT"] {
        let place = Place::new();
        let server = Server::start(&place, &[]);
        let clauses: String = (1..80)
            .map(|number| format!("第{number}条 第{number}种情形由主管部门在{number}日内办理，并书面告知申请人。\n"))
            .collect();
        let url = server.at("/v1/documents");
        let request = std::thread::spawn(move || {
            let body = json!({"title": "办理时限规定", "text": clauses});
            Client::new()
                .post(url)
                .json(&body)
                .timeout(Duration::from_secs(300))
                .send()
                .unwrap()
        });
        let client = Client::new();
        while !client
            .get(server.at("/metrics"))
            .send()
            .unwrap()
            .text()
            .unwrap()
            .contains("yiju_running{lane=\"write\"} 1")
        {
            assert!(
                !request.is_finished(),
                "the add was done before it was seen running"
            );
        }
        server.signal(signal);
        let answer = request.join().unwrap();
        assert_eq!(answer.status(), 201, "what was accepted is finished");
        drop(client);
        let (code, said) = server.end();
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("everything accepted was finished"), "{said}");
        let list = place.json(&["list", "--json"]);
        assert_eq!(list["documents"][0]["title"], "办理时限规定");
    }
}

#[cfg(unix)]
#[test]
fn a_server_told_to_stop_while_it_loads_stops() {
    let place = seeded();
    // Opening the library waits here for good.
    let pipe = place.library().join("collection.json");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let mut server = place
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(server.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let url = line.split_once("http://").unwrap().1;
    let url = format!("http://{}/readyz", url.split(',').next().unwrap());
    assert_eq!(Client::new().get(url).send().unwrap().status(), 503);
    let id = server.id().to_string();
    let told = std::process::Command::new("kill")
        .args(["-TERM", &id])
        .status();
    assert!(told.unwrap().success());
    // Without the limit, a server that waits for the pipe would hold the tests for good.
    let limit = std::time::Instant::now() + Duration::from_secs(120);
    let ended = loop {
        match server.try_wait().unwrap() {
            None if std::time::Instant::now() < limit => {
                std::thread::sleep(Duration::from_millis(20));
            }
            ended => break ended,
        }
    };
    let _ = server.kill();
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
}

#[test]
fn a_port_that_is_taken_is_said() {
    let place = seeded();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let done = place.yiju(&["serve", "--listen", &address]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.err.contains(&address) && done.err.contains("hint: "),
        "{}",
        done.err
    );
}

#[test]
fn a_server_survives_what_is_not_http() {
    let place = seeded();
    let server = Server::start(&place, &[]);
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    for noise in [
        &b"\x00\x01\x02\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/ask HTTP/1.1\r\ncontent-length: 10\r\n\r\n{",
    ] {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(noise).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let client = Client::new();
    let ready: Value = client
        .get(server.at("/readyz"))
        .send()
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(ready["status"], "ready");
    let answer = client
        .post(server.at("/v1/ask"))
        .json(&json!({"question": "群租房怎么管？"}))
        .send()
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("x-request-id"));
}

#[test]
fn other_machines_are_served_with_keys_only() {
    let place = seeded();
    let refused = place.yiju(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    assert!(
        refused.err.contains("without access keys") && refused.err.contains("yiju key add"),
        "{}",
        refused.err
    );

    let made = place.yiju(&[
        "key", "add", "page", "--scope", "read", "--scope", "metrics",
    ]);
    assert!(made.ok(), "{}", made.err);
    let token = made.out.trim().to_owned();
    let second = place.yiju(&["key", "add", "page"]);
    assert_eq!(second.code, Some(1), "{}", second.err);
    let listed = place.yiju(&["key", "list"]);
    assert!(
        listed.out.starts_with("page  read, metrics  made "),
        "{}",
        listed.out
    );
    assert!(!listed.out.contains(&token));

    let server = Server::start(&place, &["--log-format", "json"]);
    let client = Client::new();
    let ask = |token: &str| {
        client
            .post(server.at("/v1/ask"))
            .bearer_auth(token)
            .json(&json!({"question": "群租房怎么管？"}))
            .send()
            .unwrap()
    };
    assert_eq!(ask("yiju_x").status(), 401);
    assert_eq!(ask(&token).status(), 200);
    assert!(place.yiju(&["key", "revoke", "page"]).ok());
    while ask(&token).status() != 401 {
        std::thread::sleep(Duration::from_millis(50));
    }
    server.signal("-TERM");
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    let secret = token.strip_prefix("yiju_").unwrap();
    assert!(!said.contains(secret) && !said.contains("群租房"), "{said}");
    let lines: Vec<Value> = said
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let request = lines
        .iter()
        .find(|line| line["route"] == "/v1/ask")
        .unwrap();
    assert_eq!(request["message"], "request", "{request}");
    assert!(request["ms"].is_number() && request["request_id"].is_string());
}

#[test]
fn what_cannot_be_served_is_said() {
    let place = seeded();
    let key = place.file("key.pem", "no key");
    for (arguments, said) in [
        (vec!["--tls-key", &key], "one is missing"),
        (
            vec!["--tls-key", &key, "--tls-certificate", &key],
            "TLS cannot be served",
        ),
        (vec!["--cors-origin", "*"], "`*` is not an origin"),
    ] {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        let done = place.yiju(&all);
        assert_eq!(done.code, Some(1), "{}", done.err);
        assert!(
            done.err.contains(said) && done.err.contains("hint: "),
            "{}",
            done.err
        );
    }
    let revoked = place.yiju(&["key", "revoke", "nobody"]);
    assert_eq!(revoked.code, Some(1), "{}", revoked.err);
}

/// The server on this library is closed and opened again: its collections are as they were.
#[cfg(unix)]
#[test]
fn collections_outlast_the_server() {
    let place = Place::new();
    let client = Client::new();
    for round in 0..2 {
        let server = Server::start(&place, &[]);
        let made = client
            .put(server.at("/v1/collections/cities"))
            .json(&json!({}))
            .send()
            .unwrap();
        assert_eq!(made.status(), if round == 0 { 201 } else { 200 });
        let added = client
            .post(server.at("/v1/collections/cities/documents"))
            .json(&json!({"title": "规则", "text": "第一条 借书期限为三十天。"}))
            .send()
            .unwrap();
        assert_eq!(added.status(), if round == 0 { 201 } else { 200 });
        server.signal("-TERM");
        let (code, said) = server.end();
        assert_eq!(code, Some(0), "{said}");
    }
}
