//! An endpoint that answers, refuses, stalls, breaks off and lies.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use yiju_writer::{Call, Endpoint, EndpointOptions, Finish, Next, Prompt, Writer, WriterError};

use crate::scripted::{Scripted, Step, done, piece, reply, serve, stream, stream_head};

const LONG: Duration = Duration::from_secs(60);

fn options(server: &Scripted) -> EndpointOptions {
    EndpointOptions::new(&server.url, "test")
}

fn prompt() -> Prompt {
    Prompt { system: "守则".into(), user: "押金？".into() }
}

fn call(cancelled: &dyn Fn() -> bool) -> Call<'_> {
    Call { most_tokens: 99, deadline: Instant::now() + LONG, cancelled }
}

/// What an endpoint writes, and how it ended.
fn write(options: EndpointOptions) -> (String, Result<Finish, WriterError>) {
    let endpoint = Endpoint::open(options).unwrap();
    let mut text = String::new();
    let result = endpoint.write(&prompt(), &call(&|| false), &mut |piece| {
        text.push_str(piece);
        Next::GoOn
    });
    (text, result)
}

/// The error of an endpoint that writes nothing.
fn error(options: EndpointOptions) -> String {
    let (text, result) = write(options);
    assert_eq!(text, "");
    result.unwrap_err().to_string()
}

#[test]
fn a_stream_is_given_piece_by_piece_and_the_request_is_openais() {
    let server = serve(|_, _| stream("押金不得超过两个月租金[1]。"));
    let mut with_key = options(&server);
    with_key.key = Some("  secret ".into());
    let (text, result) = write(with_key);
    assert_eq!((text.as_str(), result.unwrap()), ("押金不得超过两个月租金[1]。", Finish::Done));
    let seen = server.seen.lock().unwrap();
    let [request] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(request.head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{}", request.head);
    assert!(request.head.contains("authorization: Bearer secret\r\n"), "{}", request.head);
    let body = &request.body;
    assert_eq!((&body["model"], &body["stream"]), (&"test".into(), &true.into()));
    assert_eq!((&body["max_tokens"], &body["temperature"]), (&99.into(), &0.into()));
    assert_eq!(body["messages"][0]["role"], "system");
    assert_eq!(body["messages"][1]["content"], "押金？");
}

#[test]
fn thoughts_are_left_out_and_an_answer_at_once_is_taken_too() {
    let server = serve(|_, _| stream("<think>\n两个月</think>\n\n押金[1]。"));
    assert_eq!(write(options(&server)).0, "押金[1]。");
    let body = r#"{"choices":[{"message":{"role":"assistant","content":"押金。"},"finish_reason":"stop"}]}"#;
    let server = serve(|_, _| reply("200 OK", "application/json", "", body));
    let (text, result) = write(options(&server));
    assert_eq!((text.as_str(), result.unwrap()), ("押金。", Finish::Done));
}

#[test]
fn what_can_be_tried_again_is() {
    let server = serve(|number, _| match number {
        0 => reply("429 Too Many", "application/json", "retry-after: 0\r\n", "{}"),
        1 => vec![],
        _ => stream("好。"),
    });
    assert_eq!(write(options(&server)).0, "好。");
    assert_eq!(server.seen.lock().unwrap().len(), 3);
    let server = serve(|_, _| {
        let body = r#"{"error":{"message":"overloaded"}}"#;
        reply("503 Busy", "application/json", "retry-after: 0\r\n", body)
    });
    assert_eq!(error(options(&server)), "the writer refused with status 503: overloaded");
    assert_eq!(server.seen.lock().unwrap().len(), 3, "twice again, no more");
}

#[test]
fn what_cannot_is_not() {
    let body = r#"{"error":{"message":"no such model","code":"model_not_found"}}"#;
    for (status, said) in [("401 No", "401"), ("404 No", "404: no such model")] {
        let server = serve(move |_, _| reply(status, "application/json", "", body));
        let error = error(options(&server));
        assert!(error.contains(said), "{error}");
        assert_eq!(server.seen.lock().unwrap().len(), 1);
    }
    let server = serve(|_, _| reply("302 Found", "text/html", "location: http://a/\r\n", ""));
    assert_eq!(
        error(options(&server)),
        "the writer refused with status 302: it says to go to http://a/"
    );
    // Longer than there is time for.
    let server = serve(|_, _| reply("429 Slow", "text/plain", "retry-after: 3600\r\n", "later"));
    assert_eq!(error(options(&server)), "the writer refused with status 429: later");
    assert_eq!(server.seen.lock().unwrap().len(), 1);
}

#[test]
fn nobody_at_the_address_is_said() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = Endpoint::open(EndpointOptions::new(format!("http://127.0.0.1:{port}"), "m"));
    let soon = Call {
        most_tokens: 1,
        deadline: Instant::now() + Duration::from_millis(300),
        cancelled: &|| false,
    };
    let error = endpoint.unwrap().write(&prompt(), &soon, &mut |_| Next::GoOn).unwrap_err();
    assert!(error.to_string().contains(&format!("127.0.0.1:{port} cannot be reached")), "{error}");
    assert!(!error.told_to_clients().contains("127"), "{}", error.told_to_clients());
}

#[test]
fn what_was_given_before_it_broke_off_stays_and_is_not_asked_again() {
    let server = serve(|_, _| vec![stream_head(), piece("押金[1]。")]);
    let (text, result) = write(options(&server));
    assert_eq!(text, "押金[1]。");
    assert!(matches!(result, Err(WriterError::BrokenOff { .. })), "{result:?}");
    assert_eq!(server.seen.lock().unwrap().len(), 1);
    let failed = br#"data: {"error":{"message":"out of memory"}}"#;
    let failed = [failed.as_slice(), b"\n\n"].concat();
    let server = serve(move |_, _| vec![stream_head(), piece("押"), Step::Send(failed.clone())]);
    let error = write(options(&server)).1.unwrap_err().to_string();
    assert_eq!(error, "the writer broke off in the middle: out of memory");
}

#[test]
fn what_is_no_stream_of_completions_is_said() {
    let server = serve(|_, _| reply("200 OK", "text/html", "", "<html>"));
    let told = error(options(&server));
    assert!(told.contains("`text/html`, and should have text/event-stream"), "{told}");
    for garbage in ["data: {not json}\n\n", "data: \u{1}\n\n", "data: [1]\n\n"] {
        let server =
            serve(move |_, _| vec![stream_head(), Step::Send(garbage.as_bytes().to_vec())]);
        let told = error(options(&server));
        assert!(told.contains("is no completion of OpenAI's API"), "{told}");
    }
    let server = serve(|_, _| vec![stream_head(), Step::Send(b"data: \xff\xff\n\n".to_vec())]);
    assert!(error(options(&server)).contains("not UTF-8"));
    let server = serve(|_, _| vec![Step::Send(b"SSH-2.0-OpenSSH\r\n".to_vec())]);
    let mut hasty = options(&server);
    hasty.total = Duration::from_secs(5);
    assert!(error(hasty).contains("broke off"));
}

#[test]
fn an_answer_without_end_is_stopped() {
    let server = serve(|_, _| {
        let more = piece(&"很长".repeat(2000));
        [stream_head()].into_iter().chain(std::iter::repeat_n(more, 100)).collect()
    });
    let (text, result) = write(options(&server));
    assert!(text.len() <= 64 << 10);
    let error = result.unwrap_err().to_string();
    assert!(error.contains("the answer's text is longer than 65536 bytes"), "{error}");
    let line = vec![b'x'; 3 << 20];
    let server = serve(move |_, _| vec![stream_head(), Step::Send(line.clone())]);
    let told = error_of_line(&server);
    assert!(told.contains("a line of an event is longer than"), "{told}");
}

fn error_of_line(server: &Scripted) -> String {
    error(options(server))
}

#[test]
fn who_stalls_is_waited_for_no_longer_than_may_be() {
    let silent = serve(|_, _| vec![Step::UntilGone]);
    let mut hasty = options(&silent);
    hasty.word = Duration::from_millis(50);
    assert_eq!(error(hasty), "the writer gave no first word within 0.05 s");
    // Comments that keep a connection open are no words.
    let alive = serve(|_, _| {
        let comment = Step::Send(b": alive\n\n".to_vec());
        let pairs = std::iter::repeat_n([comment, Step::Wait(Duration::from_millis(10))], 200);
        [stream_head(), piece("押")].into_iter().chain(pairs.flatten()).collect()
    });
    let mut hasty = options(&alive);
    hasty.word = Duration::from_millis(80);
    let (text, result) = write(hasty);
    assert_eq!(text, "押");
    let error = result.unwrap_err().to_string();
    assert_eq!(error, "the writer gave no next word within 0.08 s");
}

#[test]
fn a_call_that_is_cancelled_or_late_ends_and_hangs_up() {
    let server = serve(|_, _| vec![stream_head(), piece("押"), Step::UntilGone]);
    let endpoint = Endpoint::open(options(&server)).unwrap();
    let stop = AtomicBool::new(false);
    let stopped = || stop.load(Ordering::SeqCst);
    let result = endpoint.write(&prompt(), &call(&stopped), &mut |_| {
        stop.store(true, Ordering::SeqCst);
        Next::GoOn
    });
    assert!(matches!(result, Err(WriterError::Cancelled)), "{result:?}");
    let soon = Call {
        most_tokens: 1,
        deadline: Instant::now() + Duration::from_millis(100),
        cancelled: &|| false,
    };
    let result = endpoint.write(&prompt(), &soon, &mut |_| Next::GoOn);
    assert!(matches!(result, Err(WriterError::OutOfTime)), "{result:?}");
    // So does one whose reader has enough.
    let result = endpoint.write(&prompt(), &call(&|| false), &mut |_| Next::Stop);
    assert_eq!(result.unwrap(), Finish::Stopped);
    while *server.gone.lock().unwrap() < 3 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn more_than_may_wait_are_turned_away() {
    let server = serve(|_, _| vec![stream_head(), piece("押"), Step::UntilGone]);
    let mut one = options(&server);
    (one.at_once, one.waiting) = (1, 0);
    let endpoint = Endpoint::open(one).unwrap();
    let result = endpoint.write(&prompt(), &call(&|| false), &mut |_| {
        // The first still runs.
        let second = endpoint.write(&prompt(), &call(&|| false), &mut |_| Next::GoOn);
        assert!(matches!(second, Err(WriterError::Busy { waiting: 0 })), "{second:?}");
        Next::Stop
    });
    assert_eq!(result.unwrap(), Finish::Stopped);
    assert_eq!(server.seen.lock().unwrap().len(), 1);
}

#[test]
fn what_is_sent_is_logged_for_its_owner_alone() {
    let server = serve(|number, _| match number {
        0 => reply("500 No", "text/plain", "retry-after: 0\r\n", ""),
        _ => stream("好。"),
    });
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sent.jsonl");
    std::fs::write(&path, "{}\n").unwrap();
    let mut logged = options(&server);
    logged.log = Some(path.clone());
    logged.key = Some("secret".into());
    assert_eq!(write(logged).0, "好。");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("secret"), "{text}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [old, first, second] = lines.as_slice() else { panic!("{text}") };
    assert_eq!(old, &serde_json::json!({}));
    assert_eq!((&first["attempt"], &second["attempt"]), (&1.into(), &2.into()));
    assert_eq!(first["request"], server.seen.lock().unwrap()[0].body);
    assert_eq!(first["url"].as_str().unwrap(), format!("{}/chat/completions", server.url));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // What cannot be logged is not sent.
    let before = server.seen.lock().unwrap().len();
    let mut unlogged = options(&server);
    unlogged.log = Some(directory.path().join("none/sent.jsonl"));
    let error = Endpoint::open(unlogged).err().unwrap().to_string();
    assert!(error.contains("log") && error.contains("cannot be written"), "{error}");
    assert_eq!(server.seen.lock().unwrap().len(), before);
}

#[test]
fn an_event_may_come_in_any_pieces() {
    let server = serve(|_, _| {
        let bytes: Vec<u8> = [piece("押"), piece("金。"), done()]
            .into_iter()
            .flat_map(|step| match step {
                Step::Send(bytes) => bytes,
                _ => Vec::new(),
            })
            .collect();
        let ones = bytes.chunks(5).map(|bytes| Step::Send(bytes.to_vec()));
        [stream_head()].into_iter().chain(ones).collect()
    });
    assert_eq!(write(options(&server)).0, "押金。");
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let said = |options| Endpoint::open(options).err().unwrap().to_string();
    assert!(said(EndpointOptions::new("nowhere", "m")).contains("`nowhere`"));
    assert!(said(EndpointOptions::new("http://a/v1", " ")).contains("no model"));
    let mut bad_key = EndpointOptions::new("http://a/v1", "m");
    bad_key.key = Some("a\nb".into());
    let error = said(bad_key);
    assert!(error.contains("key") && !error.contains("a\nb"), "{error}");
}
