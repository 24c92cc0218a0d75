//! What Yiju knows of language, Chinese and English. It knows nothing of documents, indexes or models.
//!
//! - [`chars`]: classes of characters; [`language`]: which language a text is in
//! - [`normalize`], [`fold`]: what two ways of writing the same text have in common
//! - [`terms`]: words for the lexical index; [`split_sentences`]: sentences
//! - [`numerals`], [`amounts`], [`dates`]: numbers, what they count, and days
//! - [`questions`]: what kind of answer a question asks for
//! - [`words`]: the word lists behind all of these, kept in `data/`
//!
//! ```
//! use yiju_text::{amounts, normalize, questions};
//!
//! let question = normalize("研發人員有多少？");
//! let text = "研发费用1.13万亿元，研发人员115.17万人";
//! assert_eq!(question, "研发人员有多少?");
//! let expected = questions::expected(&question);
//! let answers: Vec<&str> = amounts::phrases(text)
//!     .into_iter()
//!     .map(|range| &text[range])
//!     .filter(|amount| questions::fits(expected, amount) == 1.0)
//!     .collect();
//! assert_eq!(answers, ["115.17万人"]);
//! ```

pub mod amounts;
pub mod chars;
pub mod dates;
mod fold;
pub mod language;
pub mod numerals;
pub mod questions;
mod sentence;
mod terms;
pub mod words;

pub use fold::{Folded, fold, normalize};
pub use numerals::parse_number;
pub use sentence::split_sentences;
pub use terms::{Tagged, Term, is_stop_term, tagged, terms, warm_up};
