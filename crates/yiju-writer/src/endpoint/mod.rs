//! An endpoint that speaks OpenAI's chat completions.
//!
//! Each request has a connection of its own. What can be tried again (429, 5xx, no connection, broken off before the
//! first word) is, up to [`RETRIES`] times, after the time that the endpoint names or a growing pause.

mod address;
pub(crate) mod chunk;
mod connect;
mod log;
pub(crate) mod sse;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, header};
use serde_json::{Value, json};
use tokio_rustls::TlsConnector;

use crate::gate::Gate;
use crate::thinking::Thinking;
use crate::{Call, Finish, Next, Prompt, Writer, WriterError};
use address::Address;
use chunk::Said;
use log::Log;
use sse::Events;

/// How often a request that failed is sent again.
const RETRIES: u32 = 2;
/// The first pause before that; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(500);
/// How often a call looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(20);
/// Most bytes of an answer, its frame included.
const MOST_BYTES: usize = 8 << 20;
/// Most bytes of an answer's text.
const MOST_TEXT: usize = 64 << 10;
/// Most bytes read of a refusal.
const MOST_REFUSAL: usize = 4 << 10;

/// Where an endpoint is and how much it is waited for.
#[derive(Clone)]
#[non_exhaustive]
pub struct EndpointOptions {
    /// The API's base address, as `http://127.0.0.1:11434/v1`, or that of its chat completions.
    pub url: String,
    /// The model to ask for.
    pub model: String,
    /// Sent as `Authorization: Bearer KEY`; `None` for none.
    pub key: Option<String>,
    /// Where each request is written down before it is sent; `None` for nowhere.
    pub log: Option<PathBuf>,
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest wait for the first word, and for each after it.
    pub word: Duration,
    /// Longest time for an answer and all that is written again of it.
    pub total: Duration,
    /// Most requests at once.
    pub at_once: usize,
    /// Most that may wait for their turn.
    pub waiting: usize,
}

impl EndpointOptions {
    /// An endpoint without a key and a log: 10 s for a connection, 30 s for a word, 120 s for an answer, four requests at
    /// once and 64 waiting.
    pub fn new(url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            model: model.into(),
            key: None,
            log: None,
            connect: Duration::from_secs(10),
            word: Duration::from_secs(30),
            total: Duration::from_secs(120),
            at_once: 4,
            waiting: 64,
        }
    }
}

/// An endpoint. Nothing is sent until it is asked to write.
pub struct Endpoint {
    options: EndpointOptions,
    address: Address,
    authorization: Option<header::HeaderValue>,
    tls: Option<TlsConnector>,
    log: Option<Log>,
    gate: Gate,
}

impl Endpoint {
    /// Checks the settings and opens the log.
    ///
    /// # Errors
    /// The address or the key cannot be used, or the log cannot be written.
    pub fn open(options: EndpointOptions) -> Result<Self, WriterError> {
        let address = Address::read(&options.url)?;
        let bad = |reason: String| WriterError::Address { url: address.url.clone(), reason };
        if options.model.trim().is_empty() {
            return Err(bad("no model is named to ask it for".to_owned()));
        }
        let authorization = match options.key.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(key) => {
                let value = header::HeaderValue::try_from(format!("Bearer {key}"));
                let mut value = value.map_err(|_| {
                    bad("its key holds characters that no header may have".to_owned())
                })?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let tls = if address.secure { Some(connect::tls().map_err(bad)?) } else { None };
        let log = options.log.as_deref().map(Log::open).transpose()?;
        let gate = Gate::new(options.at_once, options.waiting);
        Ok(Self { options, address, authorization, tls, log, gate })
    }

    /// The body of a request.
    fn body(&self, prompt: &Prompt, call: &Call<'_>) -> Value {
        json!({
            "model": self.options.model,
            "messages": [
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": prompt.user},
            ],
            "stream": true,
            "temperature": 0,
            "max_tokens": call.most_tokens,
        })
    }

    async fn attempts(
        &self,
        body: &Value,
        call: &Call<'_>,
        piece: &mut dyn FnMut(&str) -> Next,
    ) -> Result<Finish, WriterError> {
        let mut attempt = 1;
        loop {
            let mut given = false;
            let mut piece = |text: &str| {
                given = true;
                piece(text)
            };
            let result = tokio::select! {
                result = self.once(body, attempt, &mut piece) => result,
                ended = ended(call) => Err(ended),
            };
            let Err(error) = result else { return result };
            let Some(asked) = error.again().filter(|_| !given && attempt <= RETRIES) else {
                return Err(error);
            };
            let pause = asked.unwrap_or(PAUSE * 2u32.pow(attempt - 1));
            if pause >= call.left()? {
                return Err(error);
            }
            tracing::debug!(%error, attempt, pause_ms = pause.as_millis(), "the writer is asked again");
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                ended = ended(call) => return Err(ended),
            }
            attempt += 1;
        }
    }

    async fn once(
        &self,
        body: &Value,
        attempt: u32,
        piece: &mut dyn FnMut(&str) -> Next,
    ) -> Result<Finish, WriterError> {
        if let Some(log) = &self.log {
            log.sending(&self.address.url, attempt, body)?;
        }
        let broken = |error: hyper::Error| WriterError::BrokenOff { reason: error.to_string() };
        let mut sender =
            connect::connect(&self.address, self.tls.as_ref(), self.options.connect).await?;
        let begun = Instant::now();
        let response = self.within("first word", begun, sender.send_request(self.request(body)?));
        let response = response.await?.map_err(broken)?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refused(response).await);
        }
        let kind = response.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("").to_ascii_lowercase();
        match kind.split(';').next().unwrap_or_default().trim() {
            "text/event-stream" => self.stream(response.into_body(), begun, piece).await,
            "application/json" => self.whole(response.into_body(), begun, piece).await,
            other => Err(WriterError::Unreadable {
                reason: format!(
                    "it has the content type `{}`, and should have text/event-stream",
                    other.chars().take(60).collect::<String>()
                ),
            }),
        }
    }

    fn request(&self, body: &Value) -> Result<Request<Full<Bytes>>, WriterError> {
        let mut request = Request::post(&self.address.path)
            .header(header::HOST, &self.address.authority)
            .header(header::USER_AGENT, concat!("yiju/", env!("CARGO_PKG_VERSION")))
            .header(header::ACCEPT, "text/event-stream")
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        request.body(Full::from(body.to_string())).map_err(|error| WriterError::Address {
            url: self.address.url.clone(),
            reason: error.to_string(),
        })
    }

    /// Waits for `what`, from `since` on as long as a word may take.
    async fn within<T>(
        &self,
        what: &'static str,
        since: Instant,
        future: impl Future<Output = T>,
    ) -> Result<T, WriterError> {
        let after = self.options.word;
        let until = tokio::time::Instant::from_std(since + after);
        let out = tokio::time::timeout_at(until, future).await;
        out.map_err(|_| WriterError::Slow { what, after })
    }

    async fn refused(&self, response: Response<Incoming>) -> WriterError {
        let status = response.status();
        let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after = text(header::RETRY_AFTER).and_then(pause);
        if status.is_redirection() {
            let to = text(header::LOCATION).unwrap_or("elsewhere").chars().take(200);
            let said = format!("it says to go to {}", to.collect::<String>());
            return WriterError::Status { status: status.as_u16(), said, retry_after };
        }
        let mut body = response.into_body();
        let mut read = Vec::new();
        let since = Instant::now();
        while read.len() < MOST_REFUSAL
            && let Ok(Some(Ok(frame))) = self.within("next word", since, body.frame()).await
        {
            read.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
        }
        read.truncate(MOST_REFUSAL);
        let said = chunk::refusal(&read);
        WriterError::Status { status: status.as_u16(), said, retry_after }
    }

    /// Reads an answer that comes as events.
    async fn stream(
        &self,
        mut body: Incoming,
        begun: Instant,
        piece: &mut dyn FnMut(&str) -> Next,
    ) -> Result<Finish, WriterError> {
        let mut text = Text { thinking: Thinking::default(), bytes: 0, piece };
        let mut events = Events::default();
        let (mut read, mut since, mut what) = (0, begun, "first word");
        let mut finish = None;
        while let Some(frame) = self.within(what, since, body.frame()).await? {
            let frame =
                frame.map_err(|error| WriterError::BrokenOff { reason: error.to_string() })?;
            let Some(data) = frame.data_ref() else { continue };
            read += data.len();
            check_size("the answer", read, MOST_BYTES)?;
            let data = events.push(data).map_err(|reason| WriterError::Unreadable { reason })?;
            for data in data {
                let more = match chunk::read(&data)? {
                    Said::Over => return text.end(finish.unwrap_or(Finish::Done)),
                    Said::Text(more) => more,
                    Said::Last(more, why) => {
                        finish = Some(why);
                        more
                    }
                };
                // A comment that keeps the connection open is no word.
                (since, what) = (Instant::now(), "next word");
                if text.more(&more)? == Next::Stop {
                    return Ok(Finish::Stopped);
                }
            }
        }
        let last = events.finish().map(|data| chunk::read(&data)).transpose()?;
        match (last, finish) {
            (Some(Said::Last(more, why)), _) => {
                text.more(&more)?;
                text.end(why)
            }
            (Some(Said::Over), None) => text.end(Finish::Done),
            (_, Some(finish)) => text.end(finish),
            _ => {
                Err(WriterError::BrokenOff { reason: "its stream ended without an end".to_owned() })
            }
        }
    }

    /// Reads an answer that comes at once, from an endpoint that does not stream.
    async fn whole(
        &self,
        mut body: Incoming,
        begun: Instant,
        piece: &mut dyn FnMut(&str) -> Next,
    ) -> Result<Finish, WriterError> {
        let mut read = Vec::new();
        let mut since = begun;
        while let Some(frame) = self.within("next word", since, body.frame()).await? {
            let frame =
                frame.map_err(|error| WriterError::BrokenOff { reason: error.to_string() })?;
            read.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
            check_size("the answer", read.len(), MOST_BYTES)?;
            since = Instant::now();
        }
        let mut text = Text { thinking: Thinking::default(), bytes: 0, piece };
        let (all, finish) = match chunk::read(&String::from_utf8_lossy(&read))? {
            Said::Text(all) => (all, Finish::Done),
            Said::Last(all, finish) => (all, finish),
            Said::Over => (String::new(), Finish::Done),
        };
        if text.more(&all)? == Next::Stop { Ok(Finish::Stopped) } else { text.end(finish) }
    }
}

/// The text of an answer on its way to its reader.
struct Text<'a> {
    thinking: Thinking,
    bytes: usize,
    piece: &'a mut dyn FnMut(&str) -> Next,
}

impl Text<'_> {
    fn more(&mut self, text: &str) -> Result<Next, WriterError> {
        self.bytes += text.len();
        check_size("the answer's text", self.bytes, MOST_TEXT)?;
        let answer = self.thinking.push(text);
        Ok(if answer.is_empty() { Next::GoOn } else { (self.piece)(&answer) })
    }

    fn end(&mut self, finish: Finish) -> Result<Finish, WriterError> {
        let rest = self.thinking.finish();
        if !rest.is_empty() && (self.piece)(&rest) == Next::Stop {
            return Ok(Finish::Stopped);
        }
        Ok(finish)
    }
}

fn check_size(what: &str, bytes: usize, most: usize) -> Result<(), WriterError> {
    if bytes <= most {
        return Ok(());
    }
    Err(WriterError::Unreadable { reason: format!("{what} is longer than {most} bytes") })
}

/// Completes when the call is cancelled or its time is up.
async fn ended(call: &Call<'_>) -> WriterError {
    loop {
        match call.left() {
            Ok(left) => tokio::time::sleep(left.min(LOOK)).await,
            Err(error) => return error,
        }
    }
}

/// The time that `Retry-After` names: seconds, or a date.
fn pause(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()?;
    let wait = at.duration_since(jiff::Timestamp::now());
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}

impl Writer for Endpoint {
    fn model(&self) -> &str {
        &self.options.model
    }

    fn patience(&self) -> Duration {
        self.options.total
    }

    fn write(
        &self,
        prompt: &Prompt,
        call: &Call<'_>,
        piece: &mut dyn FnMut(&str) -> Next,
    ) -> Result<Finish, WriterError> {
        let _turn = self.gate.enter(call)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| WriterError::Unreachable {
            host: self.address.authority.clone(),
            reason: error.to_string(),
        })?;
        let result = runtime.block_on(self.attempts(&self.body(prompt, call), call, piece));
        // A name that is still looked up must not delay the answer.
        runtime.shutdown_background();
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read() {
        assert_eq!(pause("7"), Some(Duration::from_secs(7)));
        assert_eq!(pause("Fri, 01 Jan 2021 00:00:00 GMT"), Some(Duration::ZERO));
        let later = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(60);
        let later = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&later);
        let wait = pause(&later.unwrap()).unwrap();
        assert!((50..=60).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(pause("soon"), None);
    }
}
