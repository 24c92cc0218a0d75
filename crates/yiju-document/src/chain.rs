//! The best consistent chain of numbers among candidates, by dynamic programming.

use crate::DoubtKind;
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

/// A place where a head stands for certain as well as places do.
const CERTAIN: i32 = 20;

/// What was read of the candidates.
pub(crate) struct Reading {
    /// Whether each is a head.
    pub(crate) chosen: Vec<bool>,
    /// Whether each leaves a doubt.
    pub(crate) doubts: Vec<Option<DoubtKind>>,
}

impl Reading {
    pub(crate) fn new(candidates: usize) -> Self {
        Reading { chosen: vec![false; candidates], doubts: vec![None; candidates] }
    }
}

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
    /// Another candidate that would serve the chain as well.
    rival: Option<usize>,
}

/// Chooses the candidates of a style that are the best chain. Time is linear in their number.
pub(crate) fn choose(candidates: &[Candidate], style: Style, reading: &mut Reading) {
    let mut links: Vec<Link> = Vec::new();
    // The best chain that ends with each number, and the best of all.
    let mut ends: Vec<Option<End>> = Vec::new();
    let mut best: Option<End> = None;
    // Outer heads that were passed: a list does not run on over an article.
    let mut articles = 0;
    let mut article_of: Vec<usize> = Vec::new();
    for (i, candidate) in candidates.iter().enumerate() {
        let Candidate { label, .. } = candidate;
        if reading.chosen[i] && label.style == Style::Article {
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
        links.push(Link { candidate: i, before, starts, rival: None });
        article_of.push(articles);
        let end = End { score, candidate: link };
        match &mut ends[number] {
            // Behind the same number, at a place as good: which one is the head, nobody knows.
            Some(other)
                if other.score == score && links[other.candidate].before == before && !starts =>
            {
                links[other.candidate].rival = Some(i);
            }
            Some(other) if other.score >= score => {}
            slot => *slot = Some(end),
        }
        if best.is_none_or(|best| score > best.score) {
            best = Some(end);
        }
    }
    keep_chain(candidates, &links, best, reading);
    find_doubles(candidates, style, reading);
}

/// Marks the candidates of the chain that ends with `best`; numbers that start and do not go on
/// are none.
fn keep_chain(candidates: &[Candidate], links: &[Link], best: Option<End>, reading: &mut Reading) {
    let mut next = best.filter(|end| end.score > 0).map(|end| end.candidate);
    let mut group: Vec<usize> = Vec::new();
    let mut doubts: Vec<(usize, DoubtKind)> = Vec::new();
    while let Some(link) = next.map(|at| &links[at]) {
        let Candidate { label, line, .. } = &candidates[link.candidate];
        match link.rival.filter(|_| !line) {
            Some(rival) => {
                let places = [link.candidate, rival];
                doubts.extend(places.map(|place| (place, DoubtKind::Ambiguous)));
            }
            None => group.push(link.candidate),
        }
        let before = link.before.filter(|_| !link.starts).map(|at| links[at].candidate);
        let last = before.map_or(0, |before| candidates[before].label.number);
        let inside = !line || before.is_some_and(|before| !candidates[before].line);
        if label.number > last + 1 && inside {
            doubts.push((link.candidate, DoubtKind::Gap));
        }
        if link.starts {
            if group.len() > 1 || group.iter().all(|&at| candidates[at].line) {
                for &at in &group {
                    reading.chosen[at] = true;
                }
                for &(at, why) in &doubts {
                    reading.doubts[at] = Some(why);
                }
            }
            group.clear();
            doubts.clear();
        }
        next = link.before;
    }
}

/// Numbers of a style that are no heads and come again right before or behind the head of that
/// number, at places as good.
fn find_doubles(candidates: &[Candidate], style: Style, reading: &mut Reading) {
    let doubles = |head: Option<usize>, other: usize| {
        head.map(|head| &candidates[head]).is_some_and(|head| {
            let label = &candidates[other].label;
            !head.line && (head.label.number, head.label.sub) == (label.number, label.sub)
        })
    };
    // The last head, and the others behind it.
    let mut last: Option<usize> = None;
    let mut others: Vec<usize> = Vec::new();
    let Reading { chosen, doubts } = reading;
    let mut settle = |others: &mut Vec<usize>, before: Option<usize>, after: Option<usize>| {
        for other in others.drain(..).filter(|&at| doubles(before, at) || doubles(after, at)) {
            doubts[other].get_or_insert(DoubtKind::Double);
        }
    };
    for (at, candidate) in candidates.iter().enumerate() {
        let chosen = chosen[at];
        if candidate.label.style == style && chosen {
            settle(&mut others, last, Some(at));
            last = Some(at);
        } else if candidate.label.style < style && chosen {
            settle(&mut others, last, None);
            last = None;
        } else if candidate.label.style == style && !candidate.line && candidate.weight >= CERTAIN {
            others.push(at);
        }
    }
    settle(&mut others, last, None);
}
