//! A connection's bytes: a client that takes nothing is given up, one whose request was refused early still gets the
//! answer, and what the HTTP library refuses by itself is answered, logged and counted as all else is.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::connections::Connection;

/// A stream of bytes, with TLS or without.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// How long the rest of a refused request is read at most, and the longest pause in it: a connection closed with unread
/// bytes is reset, and the client may lose the answer.
const LINGER: Duration = Duration::from_secs(30);
const LINGER_PAUSE: Duration = Duration::from_secs(2);

/// The answer to a request that the HTTP library could not read, by its status.
pub(crate) type Refusal = Arc<dyn Fn(u16) -> Vec<u8> + Send + Sync>;

/// The bytes of one connection.
pub(crate) struct Socket {
    stream: Box<dyn Stream>,
    connection: Arc<Connection>,
    patience: Duration,
    /// Runs until the first byte is there.
    first: Option<Pin<Box<Sleep>>>,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    refusal: Refusal,
    /// An answer in the place of the library's own, and how much of it is sent.
    instead: Option<(Vec<u8>, usize)>,
    linger: Option<Linger>,
}

struct Linger {
    until: Instant,
    pause: Pin<Box<Sleep>>,
}

impl Socket {
    /// The bytes of `stream`. Its client has `first` to begin its first request, and `patience` to take what was sent.
    pub(crate) fn new(
        stream: Box<dyn Stream>,
        connection: Arc<Connection>,
        first: Duration,
        patience: Duration,
        refusal: Refusal,
    ) -> Self {
        Self {
            stream,
            connection,
            patience,
            first: Some(Box::pin(sleep(first))),
            stalled: None,
            refusal,
            instead: None,
            linger: None,
        }
    }

    /// What became of an attempt to send: one that waits too long is an error.
    fn sent<T>(
        &mut self,
        context: &mut Context<'_>,
        attempt: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if attempt.is_ready() {
            if self.stalled.take().is_some() {
                self.connection.takes(true);
            }
            return attempt;
        }
        let (patience, connection) = (self.patience, &self.connection);
        let stalled = self.stalled.get_or_insert_with(|| {
            connection.takes(false);
            Box::pin(sleep(patience))
        });
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")))
    }

    /// Sends the answer that stands in the place of the library's own.
    fn send_instead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((bytes, done)) = &mut self.instead {
            let rest = bytes.get(*done..).unwrap_or_default();
            if rest.is_empty() {
                self.instead = None;
                break;
            }
            let attempt = Pin::new(&mut *self.stream).poll_write(context, rest);
            if let Poll::Ready(Ok(sent)) = &attempt {
                *done += sent;
            }
            ready!(self.sent(context, attempt))?;
        }
        Poll::Ready(Ok(()))
    }

    /// The library's own refusal, if `head` is one: it has a status of 4xx and no request id, which all answers of the
    /// routes have.
    fn refused(&self, head: &[u8]) -> Option<u16> {
        let status = head.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
        let status: u16 = std::str::from_utf8(status).ok()?.parse().ok()?;
        let named = head.windows(12).any(|part| part.eq_ignore_ascii_case(b"x-request-id"));
        ((400..500).contains(&status) && !named).then_some(status)
    }

    /// Puts our answer in the place of the library's; whether it did.
    fn replace(&mut self, head: &[u8]) -> bool {
        match self.refused(head) {
            Some(status) if self.instead.is_none() => {
                self.connection.leave_unread();
                self.instead = Some(((self.refusal)(status), 0));
                true
            }
            _ => false,
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let attempt = Pin::new(&mut *this.stream).poll_read(context, buffer);
        if attempt.is_ready() {
            this.first = None;
        } else if let Some(first) = &mut this.first {
            ready!(first.as_mut().poll(context));
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no request came")));
        }
        attempt
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.send_instead(context))?;
        if this.replace(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let attempt = Pin::new(&mut *this.stream).poll_write(context, bytes);
        this.sent(context, attempt)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.send_instead(context))?;
        if let [head, ..] = slices
            && this.replace(head)
        {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        let attempt = Pin::new(&mut *this.stream).poll_write_vectored(context, slices);
        this.sent(context, attempt)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.send_instead(context))?;
        let attempt = Pin::new(&mut *this.stream).poll_flush(context);
        this.sent(context, attempt)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.send_instead(context))?;
        if this.linger.is_none() {
            let attempt = Pin::new(&mut *this.stream).poll_shutdown(context);
            ready!(this.sent(context, attempt))?;
            if !this.connection.left_unread() {
                return Poll::Ready(Ok(()));
            }
            let pause = Box::pin(sleep(LINGER_PAUSE));
            this.linger = Some(Linger { until: Instant::now() + LINGER, pause });
        }
        let Some(linger) = &mut this.linger else { return Poll::Ready(Ok(())) };
        let mut scratch = [0; 16 << 10];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut *this.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    let now = Instant::now();
                    if now >= linger.until {
                        return Poll::Ready(Ok(()));
                    }
                    linger.pause.as_mut().reset(now + LINGER_PAUSE);
                }
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    ready!(linger.pause.as_mut().poll(context));
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}
