//! The best consistent chain of numbers among candidates, by dynamic programming.

use crate::style::{Label, Style};

/// A number that may be a head.
pub(crate) struct Candidate {
    pub(crate) paragraph: usize,
    /// Byte in the paragraph.
    pub(crate) at: usize,
    pub(crate) label: Label,
    /// How well a head could stand here, in tenths.
    pub(crate) weight: i32,
    /// At the start of its paragraph: a line of the source.
    pub(crate) line: bool,
}

/// What a chain pays, in tenths: to start at 1, to start anew at 1, to start elsewhere, and for
/// each number that is missing.
const START: i32 = 10;
const ANEW: i32 = 15;
const MIDDLE: i32 = 50;
const MISSING: i32 = 15;

/// The end of a chain so far.
#[derive(Clone, Copy)]
struct End {
    score: i32,
    candidate: usize,
}

/// A candidate in its best chain.
struct Link {
    candidate: usize,
    /// The candidate before it in the chain, as an index of links.
    before: Option<usize>,
    /// Whether its numbers start here.
    starts: bool,
    /// Another candidate would serve the chain as well.
    doubtful: bool,
}

/// Chooses the candidates of a style that are the best chain. Time is linear in their number.
pub(crate) fn choose(candidates: &[Candidate], style: Style, chosen: &mut [bool]) {
    let mut links: Vec<Link> = Vec::new();
    // The best chain that ends with each number, and the best of all.
    let mut ends: Vec<Option<End>> = Vec::new();
    let mut best: Option<End> = None;
    // Outer heads that were passed: a list does not run on over an article.
    let mut articles = 0;
    let mut article_of: Vec<usize> = Vec::new();
    for (i, candidate) in candidates.iter().enumerate() {
        let Candidate { label, .. } = candidate;
        if chosen[i] && label.style == Style::Article {
            articles += 1;
        }
        if label.style != style {
            continue;
        }
        let number = label.number as usize;
        if number >= ends.len() {
            ends.resize(number + 1, None);
        }
        let sub = |link: usize| candidates[links[link].candidate].label.sub.unwrap_or(0);
        let same = |end: &End| article_of[end.candidate] == articles;
        let mut options: Vec<(i32, Option<usize>)> = Vec::new();
        // 2A follows 2; behind 1 it is 2 and the first word of `A person…`.
        let plain = label.ends_with_article() && ends[number].is_none();
        match label.sub {
            Some(this) if !plain => {
                if let Some(end) = ends[number].filter(|end| sub(end.candidate) < this) {
                    let missing = (this - sub(end.candidate) - 1) as i32;
                    options.push((end.score - MISSING * missing.min(3), Some(end.candidate)));
                }
            }
            _ => {
                for missing in 0..3usize {
                    let Some(before) = number.checked_sub(missing + 1).filter(|n| *n > 0) else {
                        break;
                    };
                    if let Some(end) = ends[before].filter(|end| same(end)) {
                        options.push((end.score - MISSING * missing as i32, Some(end.candidate)));
                    }
                }
            }
        }
        let start = match number {
            1 => (START, ANEW),
            _ => (MIDDLE, MIDDLE),
        };
        let starting = match best {
            Some(end) if end.score > start.1 - start.0 => {
                (end.score - start.1, Some(end.candidate))
            }
            _ => (-start.0, None),
        };
        let continuing = options.into_iter().max_by_key(|option| option.0);
        let (score, before, starts) = match continuing {
            Some((score, before)) if score >= starting.0 => (score, before, false),
            _ => (starting.0, starting.1, true),
        };
        let score = score + candidate.weight;
        let link = links.len();
        links.push(Link { candidate: i, before, starts, doubtful: false });
        article_of.push(articles);
        let end = End { score, candidate: link };
        match &mut ends[number] {
            // Behind the same number, at a place as good: which one is the head, nobody knows.
            Some(other)
                if other.score == score && links[other.candidate].before == before && !starts =>
            {
                links[other.candidate].doubtful = true;
            }
            Some(other) if other.score >= score => {}
            slot => *slot = Some(end),
        }
        if best.is_none_or(|best| score > best.score) {
            best = Some(end);
        }
    }
    keep_chain(candidates, &links, best, chosen);
}

/// Marks the candidates of the chain that ends with `best`; numbers that start and do not go on
/// are none.
fn keep_chain(candidates: &[Candidate], links: &[Link], best: Option<End>, chosen: &mut [bool]) {
    let mut next = best.filter(|end| end.score > 0).map(|end| end.candidate);
    let mut group: Vec<usize> = Vec::new();
    while let Some(link) = next.map(|at| &links[at]) {
        if !link.doubtful || candidates[link.candidate].line {
            group.push(link.candidate);
        }
        if link.starts {
            if group.len() > 1 || group.iter().all(|&at| candidates[at].line) {
                for &at in &group {
                    chosen[at] = true;
                }
            }
            group.clear();
        }
        next = link.before;
    }
}
