//! Two reports side by side.

use std::fmt;

use super::BenchReport;
use super::figures::{bytes, number, thousands};
use super::report::{Load, Round, SweepPoint};
use super::table::load_name;

/// A figure without rounds that differs by less than this share is within the noise.
const PLAIN_NOISE: f64 = 0.05;

/// Whether a difference is more than noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every round of one is above every round of the other; better or worse.
    Better,
    Worse,
    /// The rounds overlap.
    Noise,
    /// There are no rounds to tell.
    Unknown,
}

/// A figure of both reports.
struct Row {
    name: String,
    before: f64,
    after: f64,
    verdict: Verdict,
    show: fn(f64) -> String,
}

/// The changes from one report to another. Shown with [`std::fmt::Display`].
pub struct Comparison {
    /// What differs between the measurements, so that figures do not compare well.
    differing: Vec<String>,
    parts: Vec<(String, Vec<Row>)>,
}

impl Comparison {
    /// Compares what both reports measured: the library by loads of the same number of callers, made data by
    /// its size.
    pub fn new(before: &BenchReport, after: &BenchReport) -> Self {
        let mut parts = Vec::new();
        if let (Some(a), Some(b)) = (&before.library, &after.library) {
            let mut rows = loads(a.closed.iter().chain(&a.open), b.closed.iter().chain(&b.open));
            if let (Some(a), Some(b)) = (&a.cold, &b.cold) {
                rows.push(plain("cold, p50 ms", a.total.p50, b.total.p50, number));
            }
            rows.extend(sweeps(&a.sweep, &b.sweep));
            if let (Some(a), Some(b)) = (a.open_seconds, b.open_seconds) {
                rows.push(plain("opened in s", a, b, number));
            }
            if let (Some(a), Some(b)) = (a.resident_bytes, b.resident_bytes) {
                rows.push(plain("memory", a as f64, b as f64, size));
            }
            parts.push(("library".into(), rows));
        }
        for a in &before.made {
            let Some(b) = after.made.iter().find(|b| b.clauses == a.clauses) else {
                continue;
            };
            let mut rows = loads(a.closed.iter().chain(&a.open), b.closed.iter().chain(&b.open));
            rows.extend(sweeps(&a.sweep, &b.sweep));
            rows.push(plain("graph built in s", a.graph_seconds, b.graph_seconds, number));
            rows.push(plain("words indexed in s", a.words_seconds, b.words_seconds, number));
            rows.push(plain("opened in s", a.load_seconds, b.load_seconds, number));
            let memory = (a.vector_bytes as f64, b.vector_bytes as f64);
            rows.push(plain("vectors in memory", memory.0, memory.1, size));
            let disk = |one: &super::MadeFigures| (one.saved_bytes + one.lexical_bytes) as f64;
            rows.push(plain("on disk", disk(a), disk(b), size));
            parts.push((format!("{} made clauses", thousands(a.clauses as i64)), rows));
        }
        Self { differing: differing(before, after), parts }
    }
}

fn size(value: f64) -> String {
    bytes(value as u64)
}

/// A figure that was measured once.
fn plain(name: &str, before: f64, after: f64, show: fn(f64) -> String) -> Row {
    let verdict =
        if (after / before - 1.0).abs() <= PLAIN_NOISE { Verdict::Noise } else { Verdict::Unknown };
    Row { name: name.into(), before, after, verdict, show }
}

fn loads<'a>(
    before: impl Iterator<Item = &'a Load>,
    after: impl Iterator<Item = &'a Load> + Clone,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for a in before {
        let same = |b: &&Load| a.callers == b.callers && a.rate == b.rate;
        let Some(b) = after.clone().find(same) else {
            continue;
        };
        let mut row = |what: &str, (x, y): (f64, f64), take: fn(&Round) -> f64, less: bool| {
            let of = |load: &Load| load.rounds.iter().map(take).collect::<Vec<f64>>();
            rows.push(Row {
                name: format!("{}, {what}", load_name(a)),
                before: x,
                after: y,
                verdict: verdict(&of(a), &of(b), less),
                show: number,
            });
        };
        row("p50 ms", (a.total.p50, b.total.p50), |round| round.p50, true);
        if let (Some(x), Some(y)) = (a.total.p99, b.total.p99) {
            row("p99 ms", (x, y), |round| round.p99, true);
        }
        if a.rate.is_none() {
            let speed = (a.per_second, b.per_second);
            row("a second", speed, |round| round.per_second, false);
        }
    }
    rows
}

fn sweeps(before: &[SweepPoint], after: &[SweepPoint]) -> Vec<Row> {
    let mut rows = Vec::new();
    for a in before {
        let Some(b) = after.iter().find(|b| b.ef == a.ef) else {
            continue;
        };
        let name = match a.ef {
            None => "exact scan".to_owned(),
            Some(ef) => format!("graph, ef {ef}"),
        };
        let speed = (a.per_second, b.per_second);
        rows.push(plain(&format!("{name}, searches/s"), speed.0, speed.1, number));
        if a.ef.is_some() {
            rows.push(Row {
                name: format!("{name}, recall@10"),
                before: a.recall,
                after: b.recall,
                // Of the same questions' 2,000 neighbours, 10 are 0.005.
                verdict: match b.recall - a.recall {
                    change if change > 0.005 => Verdict::Better,
                    change if change < -0.005 => Verdict::Worse,
                    _ => Verdict::Noise,
                },
                show: |value| format!("{value:.4}"),
            });
        }
    }
    rows
}

/// Whether all rounds of one are above all of the other: with five each, chance does that in 2 of 252 cases
/// (the Mann-Whitney test at its end). Fewer than three are not enough.
pub(super) fn verdict(before: &[f64], after: &[f64], less_is_better: bool) -> Verdict {
    if before.len() < 3 || after.len() < 3 {
        return Verdict::Unknown;
    }
    let low = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let better = |better: bool| {
        if better { Verdict::Better } else { Verdict::Worse }
    };
    if high(after) < low(before) {
        better(less_is_better)
    } else if low(after) > high(before) {
        better(!less_is_better)
    } else {
        Verdict::Noise
    }
}

/// How machine, settings and data differ.
fn differing(a: &BenchReport, b: &BenchReport) -> Vec<String> {
    let mut out = Vec::new();
    let mut differ = |what: &str, a: String, b: String| {
        if a != b {
            out.push(format!("{what}: {a} against {b}"));
        }
    };
    differ("machine", a.machine.to_string(), b.machine.to_string());
    differ("version", a.yiju.clone(), b.yiju.clone());
    differ("debug build", a.debug_build.to_string(), b.debug_build.to_string());
    let (s, t) = (&a.settings, &b.settings);
    differ("seconds", s.seconds.to_string(), t.seconds.to_string());
    differ("rounds", s.rounds.to_string(), t.rounds.to_string());
    differ("callers", format!("{:?}", s.callers), format!("{:?}", t.callers));
    let rate = |rate: Option<f64>| rate.map_or_else(|| "half of the fastest".into(), number);
    differ("rate", rate(s.rate), rate(t.rate));
    differ("model threads", s.model_threads.to_string(), t.model_threads.to_string());
    match (&a.library, &b.library) {
        (Some(a), Some(b)) => {
            let sizes = |l: &super::LibraryFigures| {
                format!(
                    "{} documents, {} clauses, {} sentences",
                    l.documents, l.clauses, l.sentences
                )
            };
            differ("library", sizes(a), sizes(b));
            differ("model", a.model.clone(), b.model.clone());
            differ("precision", a.precision.clone(), b.precision.clone());
            let questions =
                |l: &super::LibraryFigures| format!("{} {}", l.questions, l.questions_from);
            differ("questions", questions(a), questions(b));
        }
        (a, b) => {
            let has = |there: bool| if there { "measured" } else { "not measured" }.to_owned();
            differ("a library", has(a.is_some()), has(b.is_some()));
        }
    }
    let made = |r: &BenchReport| {
        let one = |m: &super::MadeFigures| {
            format!(
                "{} with {} sentences, {} dimensions",
                m.clauses, m.sentences_per_clause, m.dimension
            )
        };
        r.made.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    differ("made data", made(a), made(b));
    out
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.differing {
            writeln!(f, "not the same: {line}")?;
        }
        if self.parts.is_empty() {
            return writeln!(f, "the two measured nothing in common");
        }
        for (name, rows) in &self.parts {
            writeln!(f, "\n{name:<40} {:>12} {:>12} {:>8}", "before", "after", "ratio")?;
            for row in rows {
                let mark = match row.verdict {
                    Verdict::Better => "  better",
                    Verdict::Worse => "  worse",
                    Verdict::Noise => "",
                    Verdict::Unknown => "  ?",
                };
                let ratio = if row.before > 0.0 {
                    format!("{:.2}", row.after / row.before)
                } else {
                    "-".into()
                };
                writeln!(
                    f,
                    "{:<40} {:>12} {:>12} {ratio:>8}{mark}",
                    row.name,
                    (row.show)(row.before),
                    (row.show)(row.after)
                )?;
            }
        }
        writeln!(
            f,
            "\nratio: after by before. better, worse: all rounds of one are beyond all rounds of the other \
             (recall: by more\nthan 0.005). ?: measured once, and more than 5 % apart. No mark: within the noise"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rounds_that_do_not_overlap_are_a_difference() {
        let slow = [5.0, 5.2, 5.1];
        assert_eq!(verdict(&slow, &[4.0, 4.9, 4.5], true), Verdict::Better);
        assert_eq!(verdict(&slow, &[4.0, 5.05, 4.5], true), Verdict::Noise);
        assert_eq!(verdict(&slow, &[6.0, 7.0, 5.3], true), Verdict::Worse);
        assert_eq!(verdict(&slow, &[6.0, 7.0, 5.3], false), Verdict::Better);
        assert_eq!(verdict(&slow[..2], &[6.0, 7.0, 5.3], true), Verdict::Unknown);
    }
}
