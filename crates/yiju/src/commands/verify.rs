//! `yiju verify`

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::civil::Date;
use yiju_engine::{
    Answer, CitedDocument, CitedQuote, Difference, DifferenceKind, MismatchKind, QuoteStatus,
    Verification, VerifiedQuote, VerifyRequest,
};

use super::{Context, print_json};
use crate::failure::Failure;
use crate::library;
use crate::text::{clean, in_force};

/// Check that quotes are in the documents, and how well they support a statement
///
/// For each quote: it exists (where, and in which version), is altered (the closest passage, with
/// [-what the document has-] and {+what the quote has+}, and which words make it say something else),
/// or is absent. White space, width, kinds of brackets and Traditional or Simplified characters are no
/// difference. With --statement, how well the passage supports it, 0 to 1, and what contradicts it: other
/// numbers, duties, bounds, denials, all for some, before for after.
/// Any finding is a result: the exit code is 0.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju verify \"控制超大城市的规模\"\n  \
    yiju verify --statement \"超大城市可以扩张。\" \"控制超大城市的规模\"\n  \
    yiju ask --json \"超大城市的规模要不要控制？\" | yiju verify --answer -")]
pub(crate) struct Verify {
    /// Put the files here into the library first; may be repeated
    #[arg(long, value_name = "PATH")]
    docs: Vec<PathBuf>,
    /// What the quotes are given for
    #[arg(long, value_name = "TEXT")]
    statement: Option<String>,
    /// Id of the document the quotes are said to be in
    #[arg(long, value_name = "ID")]
    document: Option<String>,
    /// Id of the clause the quotes are said to be in
    #[arg(long, value_name = "ID")]
    clause: Option<String>,
    /// SHA-256 of the clean text that was quoted from
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// Verify the citations of an answer that `yiju ask --json` wrote; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["document", "clause", "sha256", "quotes"])]
    answer: Option<PathBuf>,
    /// The day on which it counts whether what holds a quote is in force [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// The quotes, each an argument
    quotes: Vec<String>,
}

impl Verify {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let citations = self.citations()?;
        let library = library::with_docs(&context.settings, &self.docs, &context.notes)?;
        let request = VerifyRequest { statement: self.statement, citations, as_of: self.as_of };
        let found = library.engine.verify(&request)?;
        if context.json {
            print_json(&found)?;
        } else {
            show(&found, &mut io::stdout().lock())?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn citations(&self) -> anyhow::Result<Vec<CitedQuote>> {
        if let Some(path) = &self.answer {
            return of_answer(path);
        }
        if self.quotes.is_empty() {
            return Err(Failure::new("there is no quote")
                .hint("put each quote in quotes at the end of the command")
                .into());
        }
        Ok(self
            .quotes
            .iter()
            .map(|quote| CitedQuote {
                quote: quote.clone(),
                document_id: self.document.clone(),
                clause_id: self.clause.clone(),
                sha256: self.sha256.clone(),
            })
            .collect())
    }
}

/// The citations of an answer in JSON.
fn of_answer(path: &Path) -> anyhow::Result<Vec<CitedQuote>> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        text
    } else {
        std::fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?
    };
    let answer: Answer = serde_json::from_str(&text).map_err(|error| {
        Failure::new(format!("{} is no answer: {error}", path.display()))
            .hint("give what `yiju ask --json` or POST /v1/ask wrote")
    })?;
    if answer.citations.is_empty() {
        return Err(Failure::new("the answer has no citations: it is a refusal").into());
    }
    Ok(answer
        .citations
        .into_iter()
        .map(|citation| CitedQuote {
            quote: citation.quote,
            document_id: Some(citation.clause.document.id),
            // A section is cited by the id of its first clause: the document is what is sure.
            clause_id: None,
            sha256: Some(citation.clause.document.sha256),
        })
        .collect())
}

fn show(found: &Verification, out: &mut impl Write) -> io::Result<()> {
    for (index, citation) in found.citations.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        show_quote(citation, out)?;
    }
    if let Some(support) = found.support {
        writeln!(out, "\nsupport of the statement: {support:.2}")?;
    }
    Ok(())
}

fn show_quote(citation: &VerifiedQuote, out: &mut impl Write) -> io::Result<()> {
    let status = match (citation.status, citation.normalized) {
        (QuoteStatus::Exists, false) => "exists".to_owned(),
        (QuoteStatus::Exists, true) => "exists in another writing".to_owned(),
        (QuoteStatus::Altered, _) => format!("altered, similarity {:.2}", citation.similarity),
        (QuoteStatus::Absent, _) => "absent".to_owned(),
    };
    writeln!(out, "{status}: {}", clean(&citation.quote))?;
    match citation.cited_document {
        Some(CitedDocument::Changed) => {
            writeln!(out, "  the document has changed since it was quoted")?;
        }
        Some(CitedDocument::Missing) => writeln!(out, "  the document cited is not here")?,
        _ => {}
    }
    if citation.in_force == Some(false) && citation.status != QuoteStatus::Absent {
        writeln!(out, "  it stands only in what is not in force")?;
    }
    if citation.as_cited == Some(false) && citation.status != QuoteStatus::Absent {
        writeln!(out, "  it stands elsewhere than cited")?;
    }
    for place in citation.places.iter().take(3) {
        let path = place.path.join(" > ");
        let date = place.document.date.map_or(String::new(), |date| format!("（{date}）"));
        writeln!(out, "  {}{date} {path}", clean(&place.document.title),)?;
        writeln!(
            out,
            "    characters {} to {}, document {}, SHA-256 {}",
            place.span.char_start,
            place.span.char_end,
            place.document.id,
            place.document.sha256.get(..12).unwrap_or(""),
        )?;
        if let Some(force) = &place.in_force {
            writeln!(out, "    {}", in_force(force))?;
        }
    }
    if citation.places.len() > 3 {
        writeln!(out, "  and {} more places", citation.places.len() - 3)?;
    }
    if !citation.differences.is_empty() {
        writeln!(out, "  {}", clean(&marked(&citation.differences)))?;
    }
    for one in &citation.contradictions {
        let (quote, document) = (clean(&one.quote), clean(&one.document));
        writeln!(out, "  it contradicts the document: “{quote}” for “{document}”")?;
    }
    if let Some(support) = &citation.support {
        writeln!(out, "  supports the statement: {:.2}", support.score)?;
        for mismatch in &support.mismatches {
            let quote = if mismatch.quote.is_empty() {
                "nothing".to_owned()
            } else {
                format!("“{}”", mismatch.quote)
            };
            let verb = match mismatch.kind {
                MismatchKind::MissingNumber => "    the statement says",
                _ => "    contradicted: the statement says",
            };
            writeln!(out, "{verb} “{}”, the passage {quote}", clean(&mismatch.statement),)?;
        }
    }
    Ok(())
}

/// The passage with the quote's differences marked, as `wdiff` marks them.
fn marked(differences: &[Difference]) -> String {
    differences
        .iter()
        .map(|one| match one.op {
            DifferenceKind::Equal => one.document.clone(),
            DifferenceKind::Insert => format!("{{+{}+}}", one.quote),
            DifferenceKind::Delete => format!("[-{}-]", one.document),
            DifferenceKind::Replace => format!("[-{}-]{{+{}+}}", one.document, one.quote),
        })
        .collect()
}
