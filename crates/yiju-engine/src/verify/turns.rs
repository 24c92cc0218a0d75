//! The operators of a statement and of its quote that speak of the same and say otherwise.
//!
//! An operator of one text is held against the operators of its family in the other by what stands around them: the
//! longest common subsequence of the atoms that it governs (after 可以, before 以下) and of those on its other side, within
//! the sentence. The one that stands in the most similar place is its counterpart, if the places are similar enough; a
//! counterpart of another class is a contradiction.

use std::collections::HashMap;

use crate::operators::{Atoms, Family, Kind, MATTER, Operator};

/// Most atoms looked at on the side that an operator governs, and on its other side.
const GOVERNED: usize = 6;
const BESIDE: usize = 8;
/// The counterpart may have this many atoms more on each side.
const SLACK: usize = 16;
/// The same where one is about what stands right before it: 三万元以下, 开工之前.
const GOVERNED_CLOSELY: (usize, usize) = (4, 2);
/// What the governed side counts for.
const GOVERNED_WEIGHT: f32 = 0.7;
/// The least share of the governed atoms, and of all by weight, that counterparts have in common.
const LEAST_GOVERNED: f32 = 0.5;
const LEAST_ALIKE: f32 = 0.5;
/// Atoms by which amounts next to bounds are known to be the same.
const AMOUNT: usize = 3;

/// An operator of one text that says otherwise than its counterpart in the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Turn {
    pub family: Family,
    pub statement: String,
    pub quote: String,
    /// Where it is in the statement, and which sentence of it that is.
    pub at: usize,
    pub sentence: usize,
    /// Where its counterpart is in the quote.
    there: usize,
    /// Whether it turns yes into no, so that two of them in one sentence say the same again.
    pub flips: bool,
}

/// The operators of a statement that say otherwise than their counterparts in the quote, in the order of the
/// statement.
pub(super) fn turns(statement: &Atoms<'_>, quote: &Atoms<'_>) -> Vec<Turn> {
    let there = quote.operators();
    let mut found: Vec<Turn> = Vec::new();
    // 所有车辆一律 against 部分车辆 is named once.
    let named = |found: &[Turn], turn: &Turn| {
        found.iter().any(|other| other.family == turn.family && other.there == turn.there)
    };
    for said in statement.operators() {
        let family: Vec<&Operator> =
            there.iter().filter(|other| other.family == said.family).collect();
        let turn = counter(statement, &said, quote, &family);
        found.extend(turn.filter(|turn| !named(&found, turn)));
    }
    let mut matters = statement.denied();
    matters.extend(quote.denied());
    for (at, matter) in matters.iter().enumerate() {
        if matters[..at].contains(matter) {
            continue;
        }
        let mut there = quote.stands(matter);
        for said in statement.stands(matter) {
            if said.class == "banned" {
                continue;
            }
            // What is banned agrees with what is denied, and does not contradict what is affirmed.
            if said.class == "affirmed" {
                there.retain(|other| other.class != "banned");
            }
            let family: Vec<&Operator> = there.iter().collect();
            let turn = counter(statement, &said, quote, &family);
            found.extend(turn.filter(|turn| !named(&found, turn)));
        }
    }
    agree_again(&mut found);
    found.sort_by_key(|turn| turn.at);
    found
}

/// Drops what flips a sentence twice: what is banned unless approved is allowed if approved.
fn agree_again(turns: &mut Vec<Turn>) {
    let mut flips: HashMap<usize, usize> = HashMap::new();
    for turn in turns.iter().filter(|turn| turn.flips) {
        *flips.entry(turn.sentence).or_default() += 1;
    }
    turns.retain(|turn| !turn.flips || flips.get(&turn.sentence).is_none_or(|n| n % 2 == 1));
}

/// What the counterpart of `said` among `family` says, where it is of another class.
fn counter(
    statement: &Atoms<'_>,
    said: &Operator,
    quote: &Atoms<'_>,
    family: &[&Operator],
) -> Option<Turn> {
    // 三万元以上 is held against 三万元以下, not against 一万元以上.
    let of_amount: Vec<&Operator> = family
        .iter()
        .filter(|other| said.family == Family::Bound && same_amount(statement, said, quote, other))
        .copied()
        .collect();
    let family = if of_amount.is_empty() { family } else { &of_amount };
    let alike = |other: &&&Operator| alike(statement, said, quote, other);
    let of_class = |same: bool| {
        let agrees = |class: &str| class == said.class || class == "banned";
        let others = family.iter().filter(|other| agrees(other.class) == same);
        let scored = others.filter_map(|other| Some((alike(&other)?, *other)));
        scored.max_by(|a, b| a.0.total_cmp(&b.0))
    };
    let (score, other) = of_class(false)?;
    if of_class(true).is_some_and(|(same, _)| same >= score) {
        return None;
    }
    let negative = |class: &str| matches!(class, "prohibition" | "no duty");
    let flips = match said.family {
        Family::Modality => negative(said.class) != negative(other.class),
        Family::Bound | Family::Negation | Family::Condition => true,
        _ => false,
    };
    Some(Turn {
        family: said.family,
        statement: statement.words(&said.stretch).to_owned(),
        quote: quote.words(&other.stretch).to_owned(),
        at: said.stretch.start,
        sentence: statement.sentence(said.stretch.start),
        there: other.stretch.start,
        flips,
    })
}

/// How alike the places of two operators are, 0 to 1; `None` where they are not of the same.
fn alike(
    statement: &Atoms<'_>,
    said: &Operator,
    quote: &Atoms<'_>,
    other: &Operator,
) -> Option<f32> {
    let share = |before: (bool, bool), (most, slack): (usize, usize)| {
        let ours = statement.beside(said, before.0, most);
        let theirs = quote.beside(other, before.1, most + slack);
        let common = common(&ours, &theirs);
        (!ours.is_empty()).then(|| common as f32 / ours.len() as f32)
    };
    if said.family == Family::Negation {
        return alike_around(statement, said, quote, other);
    }
    if said.family == Family::Bound && same_amount(statement, said, quote, other) {
        return alike_around(statement, said, quote, other);
    }
    let closely = said.left || other.left;
    let reach = if closely { GOVERNED_CLOSELY } else { (GOVERNED, SLACK) };
    let governed = share((said.left, other.left), reach);
    let beside = share((!said.left, !other.left), (BESIDE, SLACK));
    // 以下 is about what stands before it and 不超过 about what follows: 三万元以下, 不超过三万元.
    let score = match (governed, beside) {
        (Some(governed), _) if governed < LEAST_GOVERNED => return None,
        (Some(governed), Some(beside)) => {
            GOVERNED_WEIGHT * governed + (1.0 - GOVERNED_WEIGHT) * beside
        }
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => return None,
    };
    (score >= LEAST_ALIKE).then_some(score)
}

/// Whether two bounds are of what begins or ends alike: 不少于两名安全员, 安全员不得超过两名.
fn same_amount(
    statement: &Atoms<'_>,
    said: &Operator,
    quote: &Atoms<'_>,
    other: &Operator,
) -> bool {
    let amount = |atoms: &Atoms<'_>, of: &Operator| -> Vec<Kind> {
        let mut near: Vec<Kind> = atoms.beside(of, of.left, AMOUNT).into_iter().cloned().collect();
        if of.left {
            near.reverse();
        }
        near
    };
    if said.left != other.left {
        return false;
    }
    let (ours, theirs) = (amount(statement, said), amount(quote, other));
    let both = ours.len().min(theirs.len());
    both >= MATTER && ours[..both] == theirs[..both]
}

/// The share of what stands around one matter that stands around it in the other text, in any order: 本法适用于国家机关
/// is 国家机关不适用本法, denied.
fn alike_around(
    statement: &Atoms<'_>,
    said: &Operator,
    quote: &Atoms<'_>,
    other: &Operator,
) -> Option<f32> {
    let around = |atoms: &Atoms<'_>, of: &Operator, most: usize| -> Vec<Kind> {
        let sides = [true, false].map(|before| atoms.beside(of, before, most));
        sides.into_iter().flatten().cloned().collect()
    };
    let ours = around(statement, said, GOVERNED);
    let mut theirs = around(quote, other, GOVERNED + SLACK);
    let mut shared = 0;
    for kind in &ours {
        if let Some(at) = theirs.iter().position(|other| other == kind) {
            theirs.swap_remove(at);
            shared += 1;
        }
    }
    let score = if ours.is_empty() { 1.0 } else { shared as f32 / ours.len() as f32 };
    (score >= LEAST_ALIKE).then_some(score)
}

/// The length of the longest common subsequence.
pub(crate) fn common<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut row = vec![0usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if x == y { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row[b.len()]
}
