//! A server that speaks OpenAI's chat completions over HTTP, or breaks them, as a script says. The end-to-end tests use it,
//! too.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// What a client sent.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The request line and the headers.
    pub head: String,
    /// The body.
    pub body: Value,
}

/// A part of a reply.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Waits.
    Wait(Duration),
    /// Waits until the client has gone, and counts that.
    UntilGone,
}

/// A server on a port of its own, for as long as the process runs.
pub struct Scripted {
    /// Its base address.
    pub url: String,
    /// The requests so far.
    pub seen: Arc<Mutex<Vec<Seen>>>,
    /// How many clients went while the server waited for that.
    pub gone: Arc<Mutex<usize>>,
}

/// Serves: `script` gets the number of the request, from 0, and what was sent.
pub fn serve(script: impl Fn(usize, &Seen) -> Vec<Step> + Send + Sync + 'static) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (seen, gone) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
    let (script, told, left) = (Arc::new(script), Arc::clone(&seen), Arc::clone(&gone));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (script, told, left) = (Arc::clone(&script), Arc::clone(&told), Arc::clone(&left));
            thread::spawn(move || {
                let Some(request) = read(&stream) else { return };
                let number = {
                    let mut all = told.lock().unwrap();
                    all.push(request.clone());
                    all.len() - 1
                };
                play(stream, &script(number, &request), &left);
            });
        }
    });
    Scripted { url, seen, gone }
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let mut body = vec![0; length.trim().parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { head, body: serde_json::from_slice(&body).ok()? })
}

fn play(mut stream: TcpStream, steps: &[Step], gone: &Mutex<usize>) {
    for step in steps {
        match step {
            Step::Send(bytes) => {
                if stream.write_all(bytes).and_then(|()| stream.flush()).is_err() {
                    return;
                }
            }
            Step::Wait(time) => thread::sleep(*time),
            Step::UntilGone => {
                let _ = stream.read(&mut [0]);
                *gone.lock().unwrap() += 1;
            }
        }
    }
}

/// A reply with a status, a content type, more headers and a whole body.
pub fn reply(status: &str, kind: &str, headers: &str, body: &str) -> Vec<Step> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    vec![Step::Send([head.as_bytes(), body.as_bytes()].concat())]
}

/// The head of a stream of events, which ends with the connection.
pub fn stream_head() -> Step {
    Step::Send(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n"
            .to_vec(),
    )
}

/// An event with a piece of text.
pub fn piece(text: &str) -> Step {
    let chunk =
        json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    Step::Send(format!("data: {chunk}\n\n").into_bytes())
}

/// The end of a stream.
pub fn done() -> Step {
    let chunk = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    Step::Send(format!("data: {chunk}\n\ndata: [DONE]\n\n").into_bytes())
}

/// A whole stream, a few characters an event.
pub fn stream(text: &str) -> Vec<Step> {
    let chars: Vec<char> = text.chars().collect();
    let pieces = chars.chunks(3).map(|three| piece(&three.iter().collect::<String>()));
    [stream_head()].into_iter().chain(pieces).chain([done()]).collect()
}
