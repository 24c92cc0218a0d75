//! Parses the text of Chinese policy and law, notices and news into documents, sections, clauses
//! and sentences, every one of them a span of one clean text.
//!
//! [`parse`] takes the bytes of a source, which may hold several documents (a newspaper page does),
//! [`parse_file`] those of a file; [`parse_read`] what was read of a file that is no plain text; [`parse_text`] takes text. [`find_references`] finds what a question cites, `第（十九）条`, and
//! [`Document::find`] where that is; [`Document::particular`] where a document says what it is. [`outline`] prints the tree. [`read_corpus`] and
//! [`group_corpus`] make documents of JSON Lines.
//!
//! # The clean text
//! [`Document::text`] is the printed text, misprints included, with one paragraph on each line
//! (`\n`, no blank lines, no white space at the ends of lines). Paragraphs that a page, a column or a
//! fixed width broke are joined. White space and characters that are no text (control characters,
//! byte order marks, zero-width spaces) apart, the texts of all documents of a source together are
//! the source.
//!
//! ```
//! let source = "住房租赁办法\n第一条　为了规范住房租赁，制定本办法。\n第二条　租金由双方约定。";
//! let documents = yiju_document::parse(source.as_bytes())?;
//! let law = &documents[0];
//! assert_eq!(law.title, "住房租赁办法");
//! assert_eq!(law.clauses[1].label, "第二条");
//! assert_eq!(law.slice(law.clauses[1].span), "第二条　租金由双方约定。");
//! # Ok::<(), yiju_document::DocumentError>(())
//! ```

mod asking;
mod chain;
mod cited_number;
mod clause;
mod clause_heading;
mod corpus;
mod decode;
mod deeds;
mod draft;
mod error;
mod facts;
mod front;
mod governing;
mod label;
mod label_english;
mod lines;
mod marks;
mod model;
mod news;
mod opening;
mod outline;
mod page;
mod parse;
mod particular;
mod parts;
mod reference;
mod resolve;
mod role;
mod running;
mod sequence;
mod signs;
mod spans;
mod split;
mod style;
mod times;
mod title;
mod words;
mod wrap;

pub use cited_number::{CitedNumber, find_numbers};
pub use corpus::{CorpusError, Entry, Group, group_corpus, read_corpus};
pub use decode::MAX_BYTES;
pub use error::DocumentError;
pub use facts::Facts;
pub use model::{Clause, Document, Doubt, DoubtKind, Section, Span, UnitKind};
pub use outline::{outline, outline_roles};
pub use parse::{parse, parse_file, parse_read, parse_text};
pub use particular::{Particular, ParticularPlace};
pub use reference::{Reference, Step, Target, Unit, find_references};
pub use role::Role;
pub use times::{DateKind, DatedFact, Repeal, Times, is_kept_in_versions, title_of_versions};
