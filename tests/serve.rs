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
    let questions =
        ["超大特大城市应该怎样发展？", "第五部分包括哪几条？", "北京的地铁票价是多少？"];
    for question in questions {
        printed.push(place.json(&["ask", "--json", question]));
    }
    let searched = place.json(&["search", "--json", "城市更新"]);
    let listed = place.json(&["list", "--json"]);

    let server = Server::start(&place, &[]);
    let untimed = |mut answer: Value| {
        answer["timings_ms"] = Value::Null;
        answer
    };
    let post = |path: &str, body: Value| untimed(server.post(path, &body).json().unwrap());
    for (question, printed) in questions.into_iter().zip(printed) {
        let answer = post("/v1/ask", json!({"question": question}));
        assert_eq!(answer, untimed(printed));
    }
    let found = post("/v1/search", json!({"query": "城市更新"}));
    assert_eq!(found, untimed(searched));
    let list: Value = server.get("/v1/documents").json().unwrap();
    assert_eq!(list, listed);
}

#[test]
fn a_library_that_is_served_is_read_by_others_and_written_by_none() {
    let place = seeded();
    let server = Server::start(&place, &[]);
    let rules = place.file("rules.txt", "图书馆管理办法\n第一条 借书期限为三十天。\n");
    let refused = place.fails(&["add", &rules]);
    refused.says("is open for writing in process");
    refused.says("hint: ");
    let second = place.fails(&["serve", "--listen", "127.0.0.1:0"]);
    second.says("is open for writing in process");

    let read = place.yiju(&["ask", "--docs", "seeds", "群租房怎么管？"]);
    assert!(read.ok() && read.err.contains("unchanged"), "{}", read.err);

    // The next reader sees what was added through the server.
    let form = reqwest::blocking::multipart::Form::new().file("file", &rules).unwrap();
    let request = server.client.post(server.at("/v1/documents"));
    let added = request.multipart(form).send().unwrap();
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
            let request = Client::new().post(url).json(&body);
            request.timeout(Duration::from_secs(300)).send().unwrap()
        });
        let metrics = || server.get("/metrics").text().unwrap();
        while !metrics().contains("yiju_running{lane=\"write\"} 1") {
            assert!(!request.is_finished(), "the add was done before it was seen running");
        }
        server.signal(signal);
        let answer = request.join().unwrap();
        assert_eq!(answer.status(), 201, "what was accepted is finished");
        let (code, said) = server.end();
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("everything accepted was finished"), "{said}");
        assert_eq!(place.titles(), ["办理时限规定"]);
    }
}

#[cfg(unix)]
#[test]
fn a_server_told_to_stop_while_it_loads_stops() {
    let place = seeded();
    // Opening the library blocks on this pipe.
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
    let told = std::process::Command::new("kill").args(["-TERM", &id]).status();
    assert!(told.unwrap().success());
    // A server that kept waiting for the pipe would block the tests.
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
    let done = place.fails(&["serve", "--listen", &address]);
    done.says(&address);
    done.says("hint: ");
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
    let ready: Value = server.get("/readyz").json().unwrap();
    assert_eq!(ready["status"], "ready");
    let answer = server.ask("群租房怎么管？");
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("x-request-id"));
}

#[test]
fn other_machines_are_served_with_keys_only() {
    let place = seeded();
    let refused = place.fails(&["serve", "--listen", "0.0.0.0:0"]);
    refused.says("without access keys");
    refused.says("yiju key add");

    let made = place.ok(&["key", "add", "page", "--scope", "read", "--scope", "metrics"]);
    let token = made.out.trim().to_owned();
    place.fails(&["key", "add", "page"]);
    let listed = place.yiju(&["key", "list"]);
    assert!(listed.out.starts_with("page  read, metrics  made "), "{}", listed.out);
    assert!(!listed.out.contains(&token));

    let server = Server::start(&place, &["--log-format", "json"]);
    let ask = |token: &str| {
        server
            .client
            .post(server.at("/v1/ask"))
            .bearer_auth(token)
            .json(&json!({"question": "群租房怎么管？"}))
            .send()
            .unwrap()
    };
    assert_eq!(ask("yiju_x").status(), 401);
    assert_eq!(ask(&token).status(), 200);
    place.ok(&["key", "revoke", "page"]);
    while ask(&token).status() != 401 {
        std::thread::sleep(Duration::from_millis(50));
    }
    server.signal("-TERM");
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    let secret = token.strip_prefix("yiju_").unwrap();
    assert!(!said.contains(secret) && !said.contains("群租房"), "{said}");
    // Every line, those of the start and the end included.
    let lines: Vec<Value> =
        said.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let request = lines.iter().find(|line| line["route"] == "/v1/ask").unwrap();
    assert_eq!(request["message"], "request", "{request}");
    assert!(request["ms"].is_number() && request["request_id"].is_string());
}

#[test]
fn what_cannot_be_served_is_said() {
    let place = seeded();
    let key = place.file("key.pem", "no key");
    for (arguments, said) in [
        (vec!["--tls-key", &key], "one is missing"),
        (vec!["--tls-key", &key, "--tls-certificate", &key], "TLS cannot be served"),
        (vec!["--cors-origin", "*"], "`*` is not an origin"),
    ] {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        let done = place.fails(&all);
        done.says(said);
        done.says("hint: ");
    }
    place.fails(&["key", "revoke", "nobody"]);
}

/// Collections survive a restart of the server.
#[cfg(unix)]
#[test]
fn collections_outlast_the_server() {
    let place = Place::new();
    for status in [201, 200] {
        let server = Server::start(&place, &[]);
        let collection = server.at("/v1/collections/cities");
        let made = server.client.put(collection).json(&json!({}));
        assert_eq!(made.send().unwrap().status(), status);
        let document = json!({"title": "规则", "text": "第一条 借书期限为三十天。"});
        let added = server.post("/v1/collections/cities/documents", &document);
        assert_eq!(added.status(), status);
        server.signal("-TERM");
        let (code, said) = server.end();
        assert_eq!(code, Some(0), "{said}");
    }
}
