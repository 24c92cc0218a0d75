//! `yiju ground`

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use yiju_engine::{
    GroundFailure, GroundFailureKind, GroundRequest, GroundSource, GroundedClaim, Grounding,
    Recognition, detect, documents_of, reading,
};

use super::ask::share;
use super::{Context, print_json};
use crate::failure::Failure;
use crate::files;
use crate::library;
use crate::terminal::{Paint, Style};
use crate::text::clean;

/// Check each sentence of a text against sources
///
/// The sources are the files given with --sources, the first of which `[1]` in the text cites, or the clauses
/// of the library that are nearest to each sentence. A sentence fails if no source says it, or if something in it
/// is not what its source has: a quotation, number, date, amount, body, place or name; 应当 for 可以; a denial; all
/// for some; a condition left out. What is partly right fails.
/// Any finding is a result: the exit code is 0.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju ground answer.txt --sources law.txt --sources notice.docx\n  \
    yiju ground --docs policies draft.md\n  \
    echo \"超大城市要控制规模。\" | yiju ground -")]
pub(crate) struct Ground {
    /// Files to check against; may be repeated, and take several files
    #[arg(long, value_name = "FILE", num_args = 1..)]
    sources: Vec<PathBuf>,
    /// Put the files here into the library first; may be repeated
    #[arg(long, value_name = "PATH", conflicts_with = "sources")]
    docs: Vec<PathBuf>,
    /// Least support, 0 to 1, with which a sentence counts as supported [default: 0.5]
    #[arg(long, value_name = "X", value_parser = share)]
    threshold: Option<f32>,
    /// The text; - reads standard input
    file: PathBuf,
}

impl Ground {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let answer = read(&self.file)?;
        let recognition = library::recognition(&context.settings);
        let sources = self.sources.iter().map(|path| source(path, &recognition));
        let sources = sources.collect::<anyhow::Result<Vec<GroundSource>>>()?;
        // Files are checked against without any library.
        let (_nowhere, engine) = if self.sources.is_empty() {
            let library = library::with_docs(&context.settings, &self.docs, &context.notes)?;
            (None, library.engine)
        } else {
            let (directory, engine) = library::nowhere(&context.settings)?;
            (Some(directory), engine)
        };
        let found = engine.ground(&GroundRequest {
            answer,
            sources,
            threshold: self.threshold,
            ..GroundRequest::default()
        })?;
        if context.json {
            print_json(&found)?;
        } else {
            show(&found, context.view().paint, &mut io::stdout().lock())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
        return Ok(text);
    }
    std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))
}

/// A file as a source: its text as documents have it.
fn source(path: &Path, recognition: &Recognition) -> anyhow::Result<GroundSource> {
    let file = files::one(path)?;
    let reading = reading(&file, detect(&file.bytes), recognition)?;
    let documents = documents_of(&file, reading.as_ref())?;
    let texts: Vec<&str> = documents.iter().map(|document| document.text.as_str()).collect();
    let title = documents.first().map(|document| document.title.clone());
    Ok(GroundSource {
        id: Some(file.name),
        title,
        text: Some(texts.join("\n")),
        ..GroundSource::default()
    })
}

fn show(found: &Grounding, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    for claim in &found.claims {
        show_claim(found, claim, paint, out)?;
    }
    match found.support {
        Some(support) => {
            let checked = found.claims.iter().filter(|claim| claim.needs_check).count();
            let held = found.claims.iter().filter(|claim| claim.needs_check && claim.supported);
            let held = held.count();
            writeln!(out, "\nsupport: {support:.2} ({held} of {checked} sentences)")
        }
        None => writeln!(out, "\nnothing in the text needs a source"),
    }
}

fn show_claim(
    found: &Grounding,
    claim: &GroundedClaim,
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    let text = clean(&claim.text);
    if !claim.needs_check {
        return writeln!(out, "- {text}");
    }
    let (sign, word, style) = if claim.supported {
        ("✓", "supported", Style::Title)
    } else {
        ("✗", "not supported", Style::Error)
    };
    let score = claim.score.unwrap_or(0.0);
    writeln!(out, "{} {text}", paint.paint(style, sign))?;
    writeln!(out, "  {word}, {score:.2}")?;
    for failure in &claim.failures {
        writeln!(out, "  {}", clean(&reason(failure)))?;
    }
    for citation in &claim.citations {
        let source = found.sources.get(citation.source);
        let title = source.map_or("", |source| source.title.as_str());
        let path = source.and_then(|source| source.clause.as_ref());
        let path = path.map_or(String::new(), |clause| format!(" {}", clause.path.join(" > ")));
        writeln!(out, "  [{}] {}{}", citation.marker, clean(title), clean(&path))?;
        writeln!(out, "      {}", paint.paint(Style::Faint, &clean(&citation.quote)))?;
    }
    Ok(())
}

/// A failure in words.
fn reason(failure: &GroundFailure) -> String {
    let (claim, source) = (&failure.claim, &failure.source);
    let kind = match failure.kind {
        GroundFailureKind::Quotation => "quotation",
        GroundFailureKind::Number => "number",
        GroundFailureKind::Date => "date",
        GroundFailureKind::Amount => "amount",
        GroundFailureKind::Article => "article",
        GroundFailureKind::DocumentNumber => "document number",
        GroundFailureKind::Body => "body",
        GroundFailureKind::Place => "place",
        GroundFailureKind::Name => "name",
        GroundFailureKind::Modality => "duty",
        GroundFailureKind::Negation => "denial",
        GroundFailureKind::Bound => "bound",
        GroundFailureKind::Scope => "scope",
        GroundFailureKind::Condition => "condition",
        GroundFailureKind::Order => "order",
        GroundFailureKind::Period => "period",
        GroundFailureKind::Direction => "direction",
        GroundFailureKind::WrongSource => return format!("wrong source: {source} says it"),
        GroundFailureKind::Unsupported => return "no source says it".into(),
        GroundFailureKind::UnknownMarker => return format!("there is no source {claim}"),
    };
    match (claim.is_empty(), source.is_empty()) {
        (true, _) => format!("{kind}: left out is “{source}”"),
        (_, true) => format!("{kind}: “{claim}” is not in the source"),
        _ => format!("{kind}: “{claim}”, and the source has “{source}”"),
    }
}
