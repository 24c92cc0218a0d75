//! Reads the lines of text in pictures of pages, with the PP-OCRv6 networks on a runtime in Rust.
//!
//! [`Recogniser::page`] finds the lines of a page, whichever way up it is and a little askew, and reads each; it gives their
//! characters with their places and how sure it is of them. What the lines make together (columns, paragraphs, clauses) is
//! not known here.
//!
//! ```no_run
//! use yiju_recognise::{Picture, Recogniser};
//!
//! let recogniser = Recogniser::open("models/pp-ocrv6-small".as_ref())?;
//! let picture = Picture::grey(1240, 1754, vec![255; 1240 * 1754])?;
//! for line in recogniser.page(&picture, &|| false)?.lines {
//!     println!("{} ({:.2})", line.text(), line.confidence);
//! }
//! # Ok::<(), yiju_recognise::RecogniseError>(())
//! ```

mod ctc;
mod error;
mod line;
mod models;
mod page;
mod picture;
mod regions;
mod signs;
mod upright;

pub use error::RecogniseError;
pub use line::{Character, Line};
pub use page::{PageText, Recogniser};
pub use picture::{MAX_PIXELS, Picture, Turn};
pub use upright::Upright;
