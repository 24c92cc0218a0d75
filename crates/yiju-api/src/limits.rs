//! The limits of the API. Those of questions, queries and quotes are the engine's.

use std::time::Duration;

/// Most characters of a source's name or title.
pub(crate) const NAME_CHARS: usize = 1000;

/// Most documents on a page of a listing.
pub(crate) const PAGE_DOCUMENTS: usize = 500;

/// The largest limit of a collection: the largest integer that every JSON client keeps exactly.
pub(crate) const COLLECTION_LIMIT: u64 = (1 << 53) - 1;

/// What a form, or JSON, may hold beside the document, in bytes.
const FORM_OVERHEAD: usize = 64 << 10;

/// How much the server accepts at once. The defaults suit one machine with a few cores.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Connections open at once. For one more, that which has been idle for longest is closed; where none is idle, a few
    /// more are open for health checks and metrics.
    pub connections: usize,
    /// Time for a connection to send the headers of its next request; then it is closed.
    pub header_timeout: Duration,
    /// Time for a client to take some of its answer, and to send some more of its document; then its connection is
    /// closed.
    pub send_timeout: Duration,
    /// Longest JSON body in bytes, except for documents.
    pub body_bytes: usize,
    /// Longest document in bytes.
    pub document_bytes: usize,
    /// Longest request with several files in bytes.
    pub batch_bytes: usize,
    /// Most texts in one embeddings request.
    pub embedding_inputs: usize,
    /// Most characters of one text to embed or to rank.
    pub text_chars: usize,
    /// Most queries in one batch search.
    pub batch_queries: usize,
    /// Most texts in one rerank request.
    pub rerank_texts: usize,
    /// Most named collections.
    pub collections: usize,
    /// Questions, searches and reads that run at once, and as many embeddings and rankings beside them.
    pub concurrent: usize,
    /// Reads that may wait in the queue, and as many embeddings and rankings; more are answered 429.
    pub queue: usize,
    /// Adds and removes that run at once, and as many of more than 64 KiB beside them.
    pub writes: usize,
    /// Adds and removes that may wait in the queue, and as many large ones; more are answered 429.
    pub write_queue: usize,
    /// Bytes of documents in memory that are not taken in yet; more are answered 429. One caller gets half.
    pub waiting_bytes: usize,
    /// Time for a read from its arrival to its answer, including the wait.
    pub deadline: Duration,
    /// The same for an add or a remove; one that is not written by then changes nothing.
    pub write_deadline: Duration,
    /// Answers that are written at once.
    pub writing: usize,
    /// Answers that may wait to be written; more are answered 429.
    pub writing_queue: usize,
    /// Time for writing an answer that was found, including the wait.
    pub writing_deadline: Duration,
    /// A streamed answer that takes longer than this starts before its result is known: an error is
    /// then an `error` event. Before that, an error has its own HTTP status.
    pub stream_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header_timeout: Duration::from_secs(60),
            send_timeout: Duration::from_secs(30),
            body_bytes: 1 << 20,
            document_bytes: 32 << 20,
            batch_bytes: 128 << 20,
            embedding_inputs: 2048,
            text_chars: 100_000,
            batch_queries: 32,
            rerank_texts: 1000,
            collections: 100,
            concurrent: std::thread::available_parallelism().map_or(2, |cores| cores.get()),
            queue: 256,
            writes: 2,
            write_queue: 64,
            waiting_bytes: 512 << 20,
            deadline: Duration::from_secs(30),
            write_deadline: Duration::from_secs(15 * 60),
            writing: 4,
            writing_queue: 64,
            writing_deadline: Duration::from_secs(150),
            stream_after: Duration::from_secs(1),
        }
    }
}

impl Limits {
    /// Longest form in bytes.
    pub(crate) fn form_bytes(&self) -> usize {
        self.document_bytes.saturating_add(FORM_OVERHEAD)
    }

    /// Longest JSON body with a document, in bytes: Chinese text escaped as `\uXXXX` takes twice its
    /// UTF-8 bytes.
    pub(crate) fn document_json_bytes(&self) -> usize {
        self.document_bytes.saturating_mul(2).saturating_add(FORM_OVERHEAD)
    }
}
