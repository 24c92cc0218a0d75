//! Which clauses of two versions belong together.
//!
//! Clauses of equal words first; then the pairs that are most alike, by the share of their pairs of characters that they
//! have in common, the number and the place deciding between equals. What is left over and stands almost whole in a clause
//! that has its partner already was split off it, or merged into it.

use std::collections::HashMap;

use crate::unit::Unit;

/// Least likeness of two clauses that belong together.
const ALIKE: f32 = 0.45;
/// The same for two of one number whose neighbours belong together.
const ALIKE_IN_PLACE: f32 = 0.25;
/// Least share of a clause that stands in another one which it was split off or merged into.
const CONTAINED: f32 = 0.6;
/// Fewest pairs of characters of which that may be said.
const FEWEST: u32 = 12;

/// Clauses that belong together, by their indices in either version.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub(crate) old: Vec<usize>,
    pub(crate) new: Vec<usize>,
}

/// All groups, in the order of the new version.
pub(crate) struct Alignment {
    pub(crate) groups: Vec<Group>,
    /// Whether each stands elsewhere among the others.
    pub(crate) moved: Vec<bool>,
}

/// How many pairs of characters two clauses share, by their indices.
struct Shared {
    old: Vec<u32>,
    new: Vec<u32>,
    counts: HashMap<(usize, usize), u32>,
}

impl Shared {
    fn of(before: &[Unit], after: &[Unit]) -> Self {
        let pairs = |units: &[Unit]| -> Vec<HashMap<(char, char), u32>> {
            units.iter().map(|unit| pairs_of(&unit.text)).collect()
        };
        let (old, new) = (pairs(before), pairs(after));
        let mut postings: HashMap<(char, char), Vec<(usize, u32)>> = HashMap::new();
        for (at, pairs) in new.iter().enumerate() {
            for (&pair, &count) in pairs {
                postings.entry(pair).or_default().push((at, count));
            }
        }
        let mut counts = HashMap::new();
        for (at, pairs) in old.iter().enumerate() {
            for (pair, &count) in pairs {
                for &(other, others) in postings.get(pair).map_or(&[][..], Vec::as_slice) {
                    *counts.entry((at, other)).or_insert(0) += count.min(others);
                }
            }
        }
        let sums = |all: &[HashMap<(char, char), u32>]| {
            all.iter().map(|pairs| pairs.values().sum()).collect()
        };
        Self { old: sums(&old), new: sums(&new), counts }
    }

    fn count(&self, old: usize, new: usize) -> u32 {
        self.counts.get(&(old, new)).copied().unwrap_or(0)
    }

    /// Dice's coefficient.
    fn likeness(&self, old: usize, new: usize) -> f32 {
        let all = self.old[old] + self.new[new];
        2.0 * self.count(old, new) as f32 / all.max(1) as f32
    }
}

/// The pairs of neighbouring characters of a text, white space apart, with how often each is there.
fn pairs_of(text: &str) -> HashMap<(char, char), u32> {
    let mut pairs = HashMap::new();
    let mut last = None;
    for c in text.chars().filter(|c| c.is_alphanumeric()) {
        if let Some(last) = last {
            *pairs.entry((last, c)).or_insert(0) += 1;
        }
        last = Some(c);
    }
    pairs
}

impl Alignment {
    pub(crate) fn of(before: &[Unit], after: &[Unit]) -> Self {
        let shared = Shared::of(before, after);
        let mut partner: Vec<Option<usize>> = vec![None; before.len()];
        let mut taken: Vec<Option<usize>> = vec![None; after.len()];
        equal(before, after, &mut partner, &mut taken);
        alike(before, after, &shared, &mut partner, &mut taken);
        in_place(before, after, &shared, &mut partner, &mut taken);
        let mut groups: Vec<Group> = Vec::new();
        let mut of_old: Vec<Option<usize>> = vec![None; before.len()];
        let mut of_new: Vec<Option<usize>> = vec![None; after.len()];
        for (old, new) in partner.iter().enumerate() {
            let Some(new) = *new else { continue };
            of_old[old] = Some(groups.len());
            of_new[new] = Some(groups.len());
            groups.push(Group { old: vec![old], new: vec![new] });
        }
        // What was split off, then what was merged into another.
        for (new, place) in of_new.iter_mut().enumerate() {
            if place.is_some() || shared.new[new] < FEWEST {
                continue;
            }
            let whole = shared.new[new] as f32;
            let from = (0..before.len())
                .filter(|&old| shared.count(old, new) as f32 >= CONTAINED * whole)
                .filter(|&old| is_rest(&groups, &of_old, &shared, old, new, true))
                .max_by_key(|&old| shared.count(old, new));
            if let Some(group) = from.and_then(|old| of_old[old]) {
                groups[group].new.push(new);
                *place = Some(group);
            }
        }
        for (old, place) in of_old.iter_mut().enumerate() {
            if place.is_some() || shared.old[old] < FEWEST {
                continue;
            }
            let whole = shared.old[old] as f32;
            let into = (0..after.len())
                .filter(|&new| shared.count(old, new) as f32 >= CONTAINED * whole)
                .filter(|&new| is_rest(&groups, &of_new, &shared, old, new, false))
                .max_by_key(|&new| shared.count(old, new));
            if let Some(group) = into.and_then(|new| of_new[new]) {
                groups[group].old.push(old);
                *place = Some(group);
            }
        }
        for group in &mut groups {
            group.old.sort_unstable();
            group.new.sort_unstable();
        }
        in_order(groups, &of_old, &of_new)
    }
}

/// Whether a clause fits beside those of the group that `old` or `new` is in: what it takes of the clause is not what the
/// clause's partner has already, and the group is not split and merged at once.
fn is_rest(
    groups: &[Group],
    of: &[Option<usize>],
    shared: &Shared,
    old: usize,
    new: usize,
    split: bool,
) -> bool {
    let at = if split { old } else { new };
    let Some(group) = of[at].map(|group| &groups[group]) else { return false };
    let (one, many) =
        if split { (group.old.len(), &group.new) } else { (group.new.len(), &group.old) };
    if one != 1 {
        return false;
    }
    // The clause and its partners together have no more of the text than there is.
    let (whole, own) = if split {
        (shared.old[old], shared.count(old, new))
    } else {
        (shared.new[new], shared.count(old, new))
    };
    let others: u32 = many
        .iter()
        .map(|&other| if split { shared.count(old, other) } else { shared.count(other, new) })
        .sum();
    (own + others) as f32 <= 1.15 * whole as f32
}

/// Pairs clauses of the same words, those of the same number first, then in their order.
fn equal(
    before: &[Unit],
    after: &[Unit],
    partner: &mut [Option<usize>],
    taken: &mut [Option<usize>],
) {
    let mut by_text: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, unit) in after.iter().enumerate() {
        by_text.entry(unit.text.as_str()).or_default().push(at);
    }
    for numbered in [true, false] {
        for (old, unit) in before.iter().enumerate() {
            if partner[old].is_some() {
                continue;
            }
            let same = by_text.get(unit.text.as_str()).into_iter().flatten();
            let free = same
                .copied()
                .find(|&new| taken[new].is_none() && (!numbered || after[new].label == unit.label));
            if let Some(new) = free {
                partner[old] = Some(new);
                taken[new] = Some(old);
            }
        }
    }
}

/// Pairs the clauses that are most alike.
fn alike(
    before: &[Unit],
    after: &[Unit],
    shared: &Shared,
    partner: &mut [Option<usize>],
    taken: &mut [Option<usize>],
) {
    let place = |at: usize, count: usize| at as f32 / count.max(1) as f32;
    let mut pairs: Vec<(f32, usize, usize)> = shared
        .counts
        .keys()
        .filter(|(old, new)| partner[*old].is_none() && taken[*new].is_none())
        .filter_map(|&(old, new)| {
            let likeness = shared.likeness(old, new);
            let far = (place(old, before.len()) - place(new, after.len())).abs();
            let same = before[old].label == after[new].label && !before[old].label.is_empty();
            let score = likeness + if same { 0.03 } else { 0.0 } - 0.05 * far;
            (likeness >= ALIKE).then_some((score, old, new))
        })
        .collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    for (_, old, new) in pairs {
        if partner[old].is_none() && taken[new].is_none() {
            partner[old] = Some(new);
            taken[new] = Some(old);
        }
    }
}

/// Pairs what is left between two that belong together, where it is alike at all.
fn in_place(
    before: &[Unit],
    after: &[Unit],
    shared: &Shared,
    partner: &mut [Option<usize>],
    taken: &mut [Option<usize>],
) {
    for old in 0..before.len() {
        if partner[old].is_some() {
            continue;
        }
        // Behind the partner of the one before, or before that of the one behind.
        let behind = old.checked_sub(1).and_then(|at| partner[at]).map(|new| new + 1);
        let ahead = partner.get(old + 1).copied().flatten().and_then(|new| new.checked_sub(1));
        let first = if old == 0 { Some(0) } else { None };
        for new in [behind, ahead, first].into_iter().flatten() {
            let free = new < after.len() && taken[new].is_none();
            let kinds =
                before[old].label.is_empty() == after.get(new).is_none_or(|u| u.label.is_empty());
            if free && kinds && shared.likeness(old, new) >= ALIKE_IN_PLACE {
                partner[old] = Some(new);
                taken[new] = Some(old);
                break;
            }
        }
    }
}

/// The groups in the order of the new version, with those that are new or gone, and which of them moved.
fn in_order(paired: Vec<Group>, of_old: &[Option<usize>], of_new: &[Option<usize>]) -> Alignment {
    // Pairs outside of the longest run that keeps its order have moved.
    let mut order: Vec<usize> = (0..paired.len()).collect();
    order.sort_by_key(|&group| paired[group].new.first().copied());
    let olds: Vec<usize> =
        order.iter().map(|&group| paired[group].old.first().copied().unwrap_or(0)).collect();
    let kept = longest_rising(&olds);
    let mut moved_of = vec![true; paired.len()];
    for at in kept {
        moved_of[order[at]] = false;
    }
    let mut groups = Vec::new();
    let mut moved = Vec::new();
    let mut put: Vec<bool> = vec![false; paired.len()];
    let mut gone = 0;
    // What is gone stands behind what stood before it.
    let mut give_gone = |up_to: usize, groups: &mut Vec<Group>, moved: &mut Vec<bool>| {
        while gone < up_to {
            if of_old[gone].is_none() {
                groups.push(Group { old: vec![gone], new: Vec::new() });
                moved.push(false);
            }
            gone += 1;
        }
    };
    for (new, group) in of_new.iter().enumerate() {
        let Some(group) = *group else {
            groups.push(Group { old: Vec::new(), new: vec![new] });
            moved.push(false);
            continue;
        };
        if put[group] {
            continue;
        }
        put[group] = true;
        if !moved_of[group] {
            give_gone(paired[group].old.first().copied().unwrap_or(0), &mut groups, &mut moved);
        }
        groups.push(paired[group].clone());
        moved.push(moved_of[group]);
    }
    give_gone(of_old.len(), &mut groups, &mut moved);
    Alignment { groups, moved }
}

/// The places of a longest rising subsequence.
fn longest_rising(values: &[usize]) -> Vec<usize> {
    // `tails[n]` is the place of the least last value of a rising run of n + 1.
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; values.len()];
    for (at, value) in values.iter().enumerate() {
        let n = tails.partition_point(|&tail| values[tail] < *value);
        before[at] = n.checked_sub(1).map(|n| tails[n]);
        if n == tails.len() {
            tails.push(at);
        } else {
            tails[n] = at;
        }
    }
    let mut run = Vec::new();
    let mut next = tails.last().copied();
    while let Some(at) = next {
        run.push(at);
        next = before[at];
    }
    run.reverse();
    run
}
