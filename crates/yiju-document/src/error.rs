//! What can be wrong with a source text.

/// Why a source text cannot be read. Nothing is half-parsed: an error means no documents.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// No bytes, or nothing but white space and control characters.
    #[error("the document is empty: it holds no text")]
    Empty,
    /// Not text at all.
    #[error("the document is binary ({what}), not text; give its text as UTF-8")]
    Binary {
        /// What the bytes look like: `a PDF file`, `a NUL byte at 12`.
        what: String,
    },
    /// Text in an encoding that is not known for certain.
    #[error(
        "the document is not UTF-8: byte {offset} starts no character, and it is not plausible \
         GB18030; save it as UTF-8"
    )]
    NotUtf8 {
        /// The first byte that is not UTF-8.
        offset: usize,
    },
    /// A UTF-16 byte order mark, but no valid UTF-16 after it.
    #[error("the document starts like UTF-16 but breaks off at byte {offset}; save it as UTF-8")]
    BrokenUtf16 {
        /// The first byte of the code unit that cannot be read.
        offset: usize,
    },
    /// More bytes than are taken.
    #[error("the document has {size} bytes, the limit is {limit}; split it into several files")]
    TooLarge {
        /// How many bytes were given.
        size: usize,
        /// How many are taken at most.
        limit: usize,
    },
}
