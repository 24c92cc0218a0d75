//! What is found out about one claim.

use super::claims::{Claim, claims};
use super::conditions;
use super::evidence::{Evidence, Said, choose, text_of};
use super::model::GroundModels;
use super::particulars::{self, There};
use super::report::{GroundCitation, GroundFailure, GroundFailureKind as Kind, GroundedClaim};
use super::sources::Source;
use super::turning;
use crate::verify::claims::mismatches;
use crate::verify::{Mismatch, MismatchKind};
use yiju_document::Span;
use yiju_text::amounts::values;
use yiju_text::chars::is_han;
use yiju_text::normalize;

/// The most support that a claim has of evidence that it fails.
const FAILED: f32 = 0.2;

/// How a claim stands to some of the sources.
struct Judged {
    evidence: Evidence,
    score: f32,
    failures: Vec<GroundFailure>,
}

/// A claim that needs no check.
pub(super) fn unchecked(claim: &Claim, span: Span, text: &str) -> GroundedClaim {
    GroundedClaim {
        text: text.to_owned(),
        span,
        markers: claim.markers.clone(),
        needs_check: false,
        supported: true,
        score: None,
        citations: Vec::new(),
        failures: Vec::new(),
    }
}

/// Checks a claim against the sources that it cites, or against all of them where it cites none.
pub(super) fn checked(
    models: &GroundModels,
    (claim, span, text): (&Claim, Span, &str),
    said: &[Said],
    sources: &[Source],
    threshold: f32,
) -> GroundedClaim {
    let place = |marker: &u32| sources.iter().position(|one| one.shown.marker == *marker);
    let cited: Vec<usize> = claim.markers.iter().filter_map(place).collect();
    let others: Vec<usize> = (0..sources.len()).filter(|at| !cited.contains(at)).collect();
    let mut failures: Vec<GroundFailure> = claim
        .markers
        .iter()
        .filter(|marker| place(marker).is_none())
        .map(|marker| failure(Kind::UnknownMarker, &format!("[{marker}]")))
        .collect();
    let among = if cited.is_empty() { &others } else { &cited };
    let judged = judge(models, said, sources, among);
    let mut grounded = GroundedClaim {
        text: text.to_owned(),
        span,
        markers: claim.markers.clone(),
        needs_check: true,
        supported: false,
        score: Some(0.0),
        citations: Vec::new(),
        failures: Vec::new(),
    };
    let holds = |judged: &Judged| judged.score >= threshold && judged.failures.is_empty();
    let Some(judged) = judged else {
        failures.push(failure(Kind::Unsupported, ""));
        grounded.failures = failures;
        return grounded;
    };
    if !holds(&judged) && !cited.is_empty() && !others.is_empty() {
        let elsewhere = judge(models, said, sources, &others).filter(holds);
        failures.extend(elsewhere.map(|other| {
            let markers: Vec<String> = other
                .evidence
                .pieces
                .iter()
                .map(|piece| format!("[{}]", sources[piece.source].shown.marker))
                .collect();
            let mut source = markers;
            source.dedup();
            GroundFailure { kind: Kind::WrongSource, claim: String::new(), source: source.concat() }
        }));
    }
    if judged.failures.is_empty() && judged.score < threshold && failures.is_empty() {
        failures.push(failure(Kind::Unsupported, ""));
    }
    failures.extend(judged.failures);
    let score = if failures.is_empty() { judged.score } else { judged.score.min(FAILED) };
    grounded.supported = failures.is_empty() && score >= threshold;
    grounded.score = Some(round(score));
    grounded.failures = failures;
    grounded.citations = citations(sources, &judged.evidence);
    grounded
}

fn failure(kind: Kind, claim: &str) -> GroundFailure {
    GroundFailure { kind, claim: claim.to_owned(), source: String::new() }
}

/// How the parts of a claim stand to some of the sources: as the worst of them does, with what fails in any.
fn judge(
    models: &GroundModels,
    parts: &[Said],
    sources: &[Source],
    among: &[usize],
) -> Option<Judged> {
    let mut whole: Option<Judged> = None;
    for part in parts {
        let next = judge_part(models, part, sources, among)?;
        whole = Some(match whole {
            None => next,
            Some(mut before) => {
                before.evidence.join(next.evidence, next.score < before.score);
                before.score = before.score.min(next.score);
                before.failures.extend(next.failures);
                before
            }
        });
    }
    let mut whole = whole?;
    once(&mut whole.failures);
    Some(whole)
}

fn judge_part(
    models: &GroundModels,
    said: &Said,
    sources: &[Source],
    among: &[usize],
) -> Option<Judged> {
    let evidence = choose(said, sources, among)?;
    let text = text_of(sources, &evidence.pieces);
    let across = said.han != text.chars().any(is_han);
    let mut of: Vec<usize> = evidence.pieces.iter().map(|piece| piece.source).collect();
    of.sort_unstable();
    of.dedup();
    let around: Vec<&str> = of.iter().map(|&at| sources[at].around.as_str()).collect();
    let around = around.join(" ");
    let whole: Vec<String> = of.iter().map(|&at| normalize(&sources[at].text)).collect();
    let cited = format!("{} {around}", whole.join("\n"));
    let there = There { evidence: &text, around: &around, cited: &cited };
    let mut mismatched = mismatches(&said.text, &text);
    // Without numbers, bounds of two languages cannot be told to be of the same.
    if across && values(&said.normal).is_empty() {
        mismatched.retain(|one| one.kind != MismatchKind::Bound);
    }
    let mut failures = lexical(said, &there, &mismatched, across);
    failures.extend(conditions::dropped(said, sources, &evidence));
    let score = models.score(across, &evidence.signals);
    Some(Judged { evidence, score, failures })
}

/// What fails by the words alone.
fn lexical(
    said: &Said,
    there: &There<'_>,
    mismatched: &[Mismatch],
    across: bool,
) -> Vec<GroundFailure> {
    let mut failures = particulars::numbers(mismatched, there);
    failures.extend(particulars::misplaced(said, there));
    failures.extend(particulars::names(said, there, across));
    failures.extend(turning::turned(mismatched, there.evidence));
    failures.extend(turning::unmatched(&said.normal, there.evidence, across));
    failures
}

/// What the support of the worst part is computed from, by name; nothing where the sources cited have no text.
#[cfg(feature = "measure")]
pub(super) fn signals(
    models: &GroundModels,
    claim: &Claim,
    parts: &[Said],
    sources: &[Source],
) -> Vec<(&'static str, f32)> {
    let cited =
        |source: &Source| claim.markers.is_empty() || claim.markers.contains(&source.shown.marker);
    let among: Vec<usize> = (0..sources.len()).filter(|&at| cited(&sources[at])).collect();
    let judged = judge(models, parts, sources, &among);
    judged.map_or(Vec::new(), |judged| judged.evidence.signals.named().to_vec())
}

/// What needs no model of the check of a text, for the fuzz target.
///
/// # Panics
/// A span is not one of its text.
pub(crate) fn without_model(answer: &str, source: &str) {
    let there = normalize(source);
    let there = There { evidence: &there, around: "", cited: &there };
    for claim in claims(answer) {
        assert!(answer.get(claim.range.clone()).is_some(), "a claim lies in its text");
        let said = Said::plain(&claim.said);
        let mismatched = mismatches(&said.text, there.evidence);
        let mut failures = lexical(&said, &there, &mismatched, false);
        once(&mut failures);
    }
    conditions::read(source);
}

/// Leaves one failure of a kind and words.
fn once(failures: &mut Vec<GroundFailure>) {
    let mut kept: Vec<GroundFailure> = Vec::new();
    for one in failures.drain(..) {
        let same = |other: &GroundFailure| {
            other.kind == one.kind && (other.claim == one.claim || other.claim.is_empty())
        };
        if !kept.iter().any(same) {
            kept.push(one);
        }
    }
    *failures = kept;
}

fn citations(sources: &[Source], evidence: &Evidence) -> Vec<GroundCitation> {
    evidence
        .pieces
        .iter()
        .map(|piece| {
            let source = &sources[piece.source];
            GroundCitation {
                source: piece.source,
                marker: source.shown.marker,
                span: source.span(&piece.range),
                quote: source.text[piece.range.clone()].to_owned(),
            }
        })
        .collect()
}

fn round(value: f32) -> f32 {
    (value * 1e4).round() / 1e4
}
