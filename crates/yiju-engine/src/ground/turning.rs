//! What turns a claim away from its evidence: duties, denials, bounds, extents and hedges.
//!
//! [`mismatches`](crate::verify::mismatches) holds words against their counterparts in the most similar place. What has no
//! counterpart is looked at here: a permission where the evidence has none at all, a denial where nothing is denied.

use std::collections::HashSet;

use yiju_text::words::WordList;

use super::report::{GroundFailure, GroundFailureKind as Kind};
use crate::operators::{Atom, Atoms, Family, Kind as AtomKind, Operator};
use crate::verify::{Mismatch, MismatchKind};

const WORDS: &str = include_str!("../../data/ground.txt");
static ALL_LIKE: WordList = WordList::section(WORDS, "all like");
static ONLY: WordList = WordList::section(WORDS, "only");
static ONLY_LIKE: WordList = WordList::section(WORDS, "only like");
static EXCEPT_LIKE: WordList = WordList::section(WORDS, "except like");
static OPPOSITES: WordList = WordList::section(WORDS, "opposites");
static HEDGES: WordList = WordList::section(WORDS, "hedges");

/// Atoms after a hedge that it is about, and the least share of them that the claim has.
const HEDGED: usize = 5;
const LEAST_HEDGED: f32 = 0.8;

/// What two texts of different classes say, as failures; `evidence` in normal form.
pub(super) fn turned(mismatches: &[Mismatch], evidence: &str) -> Vec<GroundFailure> {
    let kind = |kind: MismatchKind| {
        Some(match kind {
            MismatchKind::Number | MismatchKind::MissingNumber => return None,
            MismatchKind::Modality => Kind::Modality,
            MismatchKind::Bound => Kind::Bound,
            MismatchKind::Negation => Kind::Negation,
            MismatchKind::Extent => Kind::Scope,
            MismatchKind::Order => Kind::Order,
            MismatchKind::Condition => Kind::Condition,
            MismatchKind::Period => Kind::Period,
            MismatchKind::Direction => Kind::Direction,
        })
    };
    mismatches
        .iter()
        // What the evidence says word for word somewhere, it says.
        .filter(|one| {
            one.kind != MismatchKind::Negation || !evidence.contains(one.statement.as_str())
        })
        // 不得要求下载 is 不得强制要求下载.
        .filter(|one| !(one.statement.starts_with("不得") && one.quote.starts_with("不得")))
        .filter_map(|one| {
            Some(GroundFailure {
                kind: kind(one.kind)?,
                claim: one.statement.clone(),
                source: one.quote.clone(),
            })
        })
        .collect()
}

/// What a claim says that its evidence has no counterpart of; both in normal form.
pub(super) fn unmatched(claim: &str, evidence: &str, across: bool) -> Vec<GroundFailure> {
    let (said, there) = (Atoms::of(claim), Atoms::of(evidence));
    let mut found = modality(&said, &there);
    if across {
        found.extend(denied_of_nothing(&said, &there));
    } else {
        found.extend(bounds(&said, &there));
        found.extend(opposites(claim, evidence));
        found.extend(denials(&said, &there));
        found.extend(extents(claim, evidence));
        found.extend(hedges(claim, &said, evidence, &there));
    }
    found
}

fn of_family(atoms: &Atoms<'_>, family: Family) -> Vec<Operator> {
    let mut operators = atoms.operators();
    operators.retain(|operator| operator.family == family);
    operators
}

fn first<'o>(operators: &'o [Operator], class: &str) -> Option<&'o Operator> {
    operators.iter().find(|operator| operator.class == class)
}

fn failure(kind: Kind, claim: &str, source: &str) -> GroundFailure {
    GroundFailure { kind, claim: claim.to_owned(), source: source.to_owned() }
}

fn denies(atoms: &Atoms<'_>) -> bool {
    atoms.atoms.iter().any(|atom| atom.denies)
}

fn modality(said: &Atoms<'_>, there: &Atoms<'_>) -> Vec<GroundFailure> {
    let (ours, theirs) = (of_family(said, Family::Modality), of_family(there, Family::Modality));
    let has = |class: &str| first(&theirs, class).is_some();
    let mut found = Vec::new();
    let mut name = |class: &str, kind: Kind, other: Option<&Operator>| {
        if let Some(operator) = first(&ours, class) {
            let source = other.map_or("", |other| there.words(&other.stretch));
            found.push(failure(kind, said.words(&operator.stretch), source));
        }
    };
    if !has("permission") && !has("no duty") {
        let other = first(&theirs, "duty").or_else(|| first(&theirs, "prohibition"));
        if other.is_some() {
            name("permission", Kind::Modality, other);
        }
    }
    if !has("duty") && !has("prohibition") {
        let other = first(&theirs, "permission").or_else(|| first(&theirs, "no duty"));
        if other.is_some() {
            name("duty", Kind::Modality, other);
        }
    }
    if !has("prohibition") && !denies(there) {
        name(
            "prohibition",
            Kind::Negation,
            first(&theirs, "permission").or(first(&theirs, "duty")),
        );
    }
    let denied = |one: &Atom| {
        one.denies && !matches!(one.kind, AtomKind::Operator(Family::Modality, "prohibition"))
    };
    if !has("no duty") && !there.atoms.iter().any(denied) {
        name("no duty", Kind::Modality, first(&theirs, "duty"));
    }
    found
}

fn bounds(said: &Atoms<'_>, there: &Atoms<'_>) -> Option<GroundFailure> {
    let (ours, theirs) = (of_family(said, Family::Bound), of_family(there, Family::Bound));
    let (one, other) = (ours.first()?, theirs.first()?);
    let classes = |all: &[Operator]| all.iter().map(|one| one.class).collect::<HashSet<_>>();
    // 不满十八周岁的不得 is what 十八周岁以上的可以 says.
    let apart = classes(&ours).is_disjoint(&classes(&theirs)) && denies(said) == denies(there);
    apart.then(|| failure(Kind::Bound, said.words(&one.stretch), there.words(&other.stretch)))
}

/// Whether a text bans something, or frees from a duty.
fn banned(atoms: &Atoms<'_>) -> bool {
    let operators = of_family(atoms, Family::Modality);
    operators.iter().any(|one| matches!(one.class, "prohibition" | "no duty"))
}

/// A denial of the claim where the evidence denies, bans and excepts nothing.
fn denied_of_nothing(said: &Atoms<'_>, there: &Atoms<'_>) -> Option<GroundFailure> {
    let denial = said.atoms.iter().position(|atom| atom.denies)?;
    let excepted = of_family(there, Family::Extent).iter().any(|one| one.class == "without");
    let of_charge = of_family(there, Family::Negation).iter().any(|one| one.class == "free");
    if denies(there) || banned(there) || excepted || of_charge {
        return None;
    }
    let words = said.words(&(denial..(denial + 3).min(said.atoms.len())));
    Some(failure(Kind::Negation, words, ""))
}

fn denials(said: &Atoms<'_>, there: &Atoms<'_>) -> Option<GroundFailure> {
    if let Some(failure) = denied_of_nothing(said, there) {
        return Some(failure);
    }
    // 不用促进 where the evidence says 促进, and nothing of a duty.
    for matter in said.denied() {
        let (ours, theirs) = (said.stands(&matter), there.stands(&matter));
        let all = |of: &[Operator], affirmed: bool| {
            of.iter().all(|one| (one.class == "affirmed") == affirmed)
        };
        if !theirs.is_empty() && all(&theirs, true) && all(&ours, false) {
            return Some(failure(
                Kind::Negation,
                said.words(&ours[0].stretch),
                there.words(&theirs[0].stretch),
            ));
        }
    }
    if denies(said) || banned(said) {
        return None;
    }
    // What the evidence denies or bans throughout, the claim affirms.
    for matter in there.denied() {
        let theirs = there.stands(&matter);
        let ours = said.stands(&matter);
        if let (Some(our), Some(their)) = (ours.first(), theirs.first())
            && theirs.iter().all(|one| one.class != "affirmed")
        {
            return Some(failure(
                Kind::Negation,
                said.words(&our.stretch),
                there.words(&their.stretch),
            ));
        }
    }
    None
}

/// The first word of a list that a text has, letters only as whole words.
fn first_of(list: &'static WordList, text: &str) -> Option<&'static str> {
    list.iter().copied().find(|word| crate::ask::question::holds(text, word) && whole(text, word))
}

/// Whether a word of letters stands alone somewhere.
fn whole(text: &str, word: &str) -> bool {
    !word.is_ascii()
        || text.match_indices(word).any(|(at, found)| {
            let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            !letter(text[..at].chars().next_back())
                && !letter(text[at + found.len()..].chars().next())
        })
}

fn extents(claim: &str, evidence: &str) -> Vec<GroundFailure> {
    let mut found = Vec::new();
    let said = Atoms::of(claim);
    let all = of_family(&said, Family::Extent).into_iter().find(|one| one.class == "all");
    if let Some(all) = all
        && first_of(&ALL_LIKE, evidence).is_none()
    {
        found.push(failure(Kind::Scope, said.words(&all.stretch), ""));
    }
    let without = |atoms: &Atoms<'_>| {
        of_family(atoms, Family::Extent).into_iter().find(|one| one.class == "without")
    };
    if let Some(exception) = without(&said)
        && without(&Atoms::of(evidence)).is_none()
        && first_of(&EXCEPT_LIKE, evidence).is_none()
    {
        found.push(failure(Kind::Scope, said.words(&exception.stretch), ""));
    }
    // 只要 is a condition.
    let claim = claim.replace("只要", "");
    if let Some(only) = first_of(&ONLY, &claim)
        && first_of(&ONLY_LIKE, evidence).is_none()
    {
        found.push(failure(Kind::Scope, only, ""));
    }
    found
}

/// A word of the claim whose opposite the evidence has instead.
fn opposites(claim: &str, evidence: &str) -> Vec<GroundFailure> {
    let has = |text: &str, word: &str| crate::ask::question::holds(text, word) && whole(text, word);
    OPPOSITES
        .rows()
        .flat_map(|[one, other]| [(one, other), (other, one)])
        .filter(|(said, there)| {
            has(claim, said) && !has(evidence, said) && has(evidence, there) && !has(claim, there)
        })
        .map(|(said, there)| failure(Kind::Negation, said, there))
        .collect()
}

/// Hedges of the evidence that the claim has left out, though it has what they are about.
fn hedges(
    claim: &str,
    said: &Atoms<'_>,
    evidence: &str,
    there: &Atoms<'_>,
) -> Option<GroundFailure> {
    if first_of(&HEDGES, claim).is_some() {
        return None;
    }
    HEDGES.iter().find_map(|hedge| {
        let (at, _) = evidence.match_indices(hedge).find(|_| whole(evidence, hedge))?;
        let end = at + hedge.len();
        let after: Vec<&AtomKind> = there
            .atoms
            .iter()
            .skip_while(|atom| atom.range.start < end)
            .take_while(|atom| atom.kind != AtomKind::End)
            .map(|atom| &atom.kind)
            .take(HEDGED)
            .collect();
        let held =
            after.iter().filter(|kind| said.atoms.iter().any(|atom| atom.kind == ***kind)).count();
        let share = held as f32 / after.len().max(1) as f32;
        // The first words that it is about stand side by side in the claim, too.
        let side_by_side = after.len() >= 2
            && said
                .atoms
                .windows(2)
                .any(|two| two[0].kind == *after[0] && two[1].kind == *after[1]);
        (side_by_side && share >= LEAST_HEDGED).then(|| failure(Kind::Scope, "", hedge))
    })
}
