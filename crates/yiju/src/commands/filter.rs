//! Flags that say which documents to look in.

use clap::Args;
use jiff::civil::Date;
use yiju_engine::Filter;

/// Which documents to look in.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which documents to look in")]
pub(crate) struct FilterArgs {
    /// Only the document with this id; may be repeated
    #[arg(long = "document", value_name = "ID")]
    documents: Vec<String>,
    /// Only documents whose issuer contains this text
    #[arg(long, value_name = "TEXT")]
    issuer: Option<String>,
    /// Only documents dated on or after this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// Only documents dated on or before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<Date>,
    /// Only clauses whose heading path contains this text
    #[arg(long, value_name = "TEXT")]
    section: Option<String>,
    /// The day whose law counts: only what is in force on it [default: today, or the time the question names]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<Date>,
}

impl FilterArgs {
    /// The filter, over these sources.
    pub(crate) fn with_sources(self, sources: Vec<String>) -> Filter {
        Filter {
            document_ids: self.documents,
            sources,
            issuer: self.issuer,
            date_from: self.from,
            date_to: self.to,
            section: self.section,
        }
    }
}

/// The words of a question or query as one text.
///
/// # Errors
/// There is none, or it is longer than the engine accepts; checked before anything is opened.
pub(crate) fn words(words: &[String], what: &str) -> Result<String, crate::failure::Failure> {
    use crate::failure::Failure;
    let text = words.join(" ");
    if words.is_empty() {
        return Err(Failure::new(format!("there is no {what}"))
            .hint(format!("put the {what} in quotes at the end of the command")));
    }
    if text.trim().is_empty() {
        return Err(Failure::new(format!("the {what} is empty")));
    }
    let length = text.chars().count();
    if length > MOST_CHARS {
        return Err(Failure::new(format!(
            "the {what} has {length} characters, and may have {MOST_CHARS}"
        ))
        .hint("a document is added with `yiju add`; the question about it is short"));
    }
    Ok(text)
}

/// Longest question or query, in characters; the engine's limit.
const MOST_CHARS: usize = 2000;
