//! Answers that a language model writes from the citations of an answer, each sentence held to its citation.
//!
//! The model sees the question and the evidence, nothing else. Its text is cut into sentences as it comes (`cutter`);
//! each must name its citations (`draft`) and is checked against them (`check`) before anybody sees it. What does not
//! hold is written again once, with the reason, and else dropped. `pipeline` is the whole of it.

mod check;
mod cutter;
mod draft;
pub(crate) mod engine;
mod evidence;
mod pipeline;
mod prompt;
pub(crate) mod report;
mod words;
