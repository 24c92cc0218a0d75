//! What can be wrong with a file.

use crate::Format;

/// Why a file cannot be read. Nothing is read by half.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// A format that is known but not read.
    #[error("the file is of no kind that is read ({format}); save it as PDF, DOCX or text")]
    NotRead {
        /// The format.
        format: Format,
    },
    /// The file is not whole, or not what it says it is.
    #[error("this {format} is damaged: {what}; open it where it was made and save it again")]
    Damaged {
        /// The format.
        format: Format,
        /// What is wrong and where.
        what: String,
    },
    /// Pages of this format, or this page, are not drawn.
    #[error("this {format} cannot be drawn: {why}")]
    NotDrawn {
        /// The format.
        format: Format,
        /// Why not, with the page if it is that page's.
        why: String,
    },
    /// The file has no such page.
    #[error("this {format} has no page {page}; its pages are 1 to {pages}")]
    NoPage {
        /// The format.
        format: Format,
        /// The page asked for.
        page: u32,
        /// How many there are.
        pages: usize,
    },
    /// The file needs a password.
    #[error("this {format} needs a password; save it without one")]
    Encrypted {
        /// The format.
        format: Format,
    },
    /// The file holds no text.
    #[error("this {format} holds no text")]
    Empty {
        /// The format.
        format: Format,
    },
    /// What the file holds is none that is read: pictures of pages.
    #[error(
        "nothing of this {format} can be read: {what}; give its text, or the file that it was scanned from"
    )]
    Unread {
        /// The format.
        format: Format,
        /// What could not be read.
        what: String,
    },
    /// More than is taken.
    #[error("the file has {size} {what}, the limit is {limit}; split it into several files")]
    TooLarge {
        /// What there is too much of: `bytes`, `pages`.
        what: &'static str,
        /// How many there are, at least.
        size: usize,
        /// How many are taken at most.
        limit: usize,
    },
    /// Reading took longer than a file may take.
    #[error("reading the file took more than {seconds} s; split it into several files")]
    Slow {
        /// The limit.
        seconds: u64,
    },
}

impl FormatError {
    /// The same of a file of another format: one that was read as this one's.
    pub(crate) fn of(self, format: Format) -> Self {
        match self {
            Self::NotRead { .. } => Self::NotRead { format },
            Self::Damaged { what, .. } => Self::Damaged { format, what },
            Self::NotDrawn { why, .. } => Self::NotDrawn { format, why },
            Self::NoPage { page, pages, .. } => Self::NoPage { format, page, pages },
            Self::Encrypted { .. } => Self::Encrypted { format },
            Self::Empty { .. } => Self::Empty { format },
            Self::Unread { what, .. } => Self::Unread { format, what },
            other @ (Self::TooLarge { .. } | Self::Slow { .. }) => other,
        }
    }

    /// That a file holds nothing that is read, with what of it could not be, a sentence each.
    pub fn nothing_read(format: Format, unread: &[String]) -> Self {
        let Some((first, rest)) = unread.split_first() else { return Self::Empty { format } };
        let what = match rest.len() {
            0 => first.clone(),
            more => format!("{first}, and {more} more like it"),
        };
        Self::Unread { format, what }
    }
}
