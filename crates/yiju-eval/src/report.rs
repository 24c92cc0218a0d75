//! The figures of an evaluation.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::{Interval, auroc, bootstrap, percentile};

/// What one question showed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measured {
    pub id: String,
    pub question: String,
    pub lang: String,
    pub answerable: bool,
    /// For each thing to be found, its rank from 0 among the first 100.
    pub ranks: Vec<Option<usize>>,
    pub answered: bool,
    pub confidence: f64,
    /// With the gold passages taken out.
    pub confidence_without: Option<f64>,
    /// With the gold passages taken out: whether it was refused.
    pub refused_without: Option<bool>,
    pub first_right: bool,
    pub some_right: bool,
    pub right_citations: usize,
    pub citations: usize,
    pub sentences: usize,
    pub contains_answer: bool,
    pub exact: bool,
    pub f1: f64,
    pub milliseconds: f64,
}

/// The figures of one language of a set.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Share of what must be found among the first 1, 3, 5, 10 and 100 clauses.
    pub recall: BTreeMap<usize, Interval>,
    /// Mean of 1 / rank of the first thing found among the first 10, 0 where none is.
    pub mrr_10: Interval,
    /// Normalised discounted cumulative gain over the first 10 (Järvelin and Kekäläinen, 2002).
    pub ndcg_10: Interval,
    /// The first citation's paragraph is right.
    pub first_citation: Interval,
    /// All that must be found is in some citation's paragraph.
    pub some_citation: Interval,
    /// Share of citations whose paragraph is right.
    pub citation_precision: Interval,
    /// Sentences quoted in an answer.
    pub sentences: Interval,
    /// A gold answer lies inside what is quoted.
    pub contains_answer: Interval,
    /// The shortest part marked as the answer equals a gold answer.
    pub exact_match: Interval,
    /// Character F1 of that part.
    pub f1: Interval,
    /// Questions with an answer that were answered.
    pub answered: Interval,
    /// Questions without an answer that were refused.
    pub refused: Interval,
    /// With the gold passages taken out: refused.
    pub refused_without: Interval,
    /// Confidence with the gold passages against without: area under the ROC curve.
    pub auroc_without: f64,
    /// Confidence of questions with an answer against those without.
    pub auroc: f64,
    /// Latency of asking in milliseconds: p50, p90, p99.
    pub latency_ms: [f64; 3],
}

/// The figures of a set, by language and for all (`all`).
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The set's name.
    pub set: String,
    /// Questions asked.
    pub questions: usize,
    /// Figures by language.
    pub figures: BTreeMap<String, Figures>,
    /// What each question showed.
    pub(crate) each: Vec<Measured>,
}

const DEPTHS: [usize; 5] = [1, 3, 5, 10, 100];

impl Report {
    pub(crate) fn new(set: &str, each: Vec<Measured>) -> Self {
        let mut groups: BTreeMap<String, Vec<&Measured>> = BTreeMap::new();
        for measured in &each {
            groups.entry("all".into()).or_default().push(measured);
            groups
                .entry(measured.lang.clone())
                .or_default()
                .push(measured);
        }
        let figures = groups
            .into_iter()
            .map(|(lang, group)| (lang, figures(&group)))
            .collect();
        Self {
            set: set.to_owned(),
            questions: each.len(),
            figures,
            each,
        }
    }

    /// Questions that went wrong: answered wrongly, refused though answerable, or answered though not.
    pub fn failures(&self) -> impl Iterator<Item = String> + '_ {
        self.each.iter().filter_map(|m| {
            let what = match (m.answerable, m.answered) {
                (true, false) => "refused",
                (true, true) if !m.first_right => "first citation wrong",
                (false, true) => "answered",
                _ => return None,
            };
            Some(format!(
                "{} {what} (confidence {:.2}): {}",
                m.id, m.confidence, m.question
            ))
        })
    }
}

fn figures(group: &[&Measured]) -> Figures {
    let answerable: Vec<&&Measured> = group.iter().filter(|m| m.answerable).collect();
    let ranked: Vec<&&Measured> = answerable
        .iter()
        .filter(|m| !m.ranks.is_empty())
        .copied()
        .collect();
    let over = |value: &dyn Fn(&Measured) -> f64| {
        bootstrap(&answerable.iter().map(|m| value(m)).collect::<Vec<_>>())
    };
    let over_ranked = |value: &dyn Fn(&Measured) -> f64| {
        bootstrap(&ranked.iter().map(|m| value(m)).collect::<Vec<_>>())
    };
    let share = |flag: bool| if flag { 1.0 } else { 0.0 };
    let recall = DEPTHS.map(|depth| {
        let value = |m: &Measured| {
            let found = m
                .ranks
                .iter()
                .filter(|rank| rank.is_some_and(|rank| rank < depth))
                .count();
            found as f64 / m.ranks.len() as f64
        };
        (depth, over_ranked(&value))
    });
    let without: Vec<f64> = answerable
        .iter()
        .filter_map(|m| m.confidence_without)
        .collect();
    let with: Vec<f64> = answerable.iter().map(|m| m.confidence).collect();
    let unanswerable: Vec<&&Measured> = group.iter().filter(|m| !m.answerable).collect();
    let refused_without: Vec<f64> = answerable
        .iter()
        .filter_map(|m| m.refused_without)
        .map(share)
        .collect();
    let mut times: Vec<f64> = group.iter().map(|m| m.milliseconds).collect();
    times.sort_by(f64::total_cmp);
    Figures {
        recall: recall.into_iter().collect(),
        mrr_10: over_ranked(&|m| {
            best_rank(m)
                .filter(|&r| r < 10)
                .map_or(0.0, |r| 1.0 / (r + 1) as f64)
        }),
        ndcg_10: over_ranked(&ndcg),
        first_citation: over(&|m| share(m.first_right)),
        some_citation: over(&|m| share(m.some_right)),
        citation_precision: over(&|m| m.right_citations as f64 / m.citations.max(1) as f64),
        sentences: over(&|m| m.sentences as f64),
        contains_answer: over(&|m| share(m.contains_answer)),
        exact_match: over(&|m| share(m.exact)),
        f1: over(&|m| m.f1),
        answered: over(&|m| share(m.answered)),
        refused: bootstrap(
            &unanswerable
                .iter()
                .map(|m| share(!m.answered))
                .collect::<Vec<_>>(),
        ),
        refused_without: bootstrap(&refused_without),
        auroc_without: auroc(&with, &without),
        auroc: auroc(
            &with,
            &unanswerable
                .iter()
                .map(|m| m.confidence)
                .collect::<Vec<_>>(),
        ),
        latency_ms: [50.0, 90.0, 99.0].map(|percent| percentile(&times, percent)),
    }
}

fn best_rank(measured: &Measured) -> Option<usize> {
    measured.ranks.iter().flatten().min().copied()
}

fn ndcg(measured: &Measured) -> f64 {
    let gain = |rank: usize| 1.0 / ((rank + 2) as f64).log2();
    let got: f64 = measured
        .ranks
        .iter()
        .flatten()
        .filter(|&&rank| rank < 10)
        .map(|&rank| gain(rank))
        .sum();
    let ideal: f64 = (0..measured.ranks.len().min(10)).map(gain).sum();
    // Two things found in one clause count at its rank twice, so the quotient may pass 1.
    if ideal > 0.0 {
        (got / ideal).min(1.0)
    } else {
        0.0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} questions; means with 95 % intervals",
            self.set, self.questions
        )?;
        for (lang, figures) in &self.figures {
            writeln!(f, "\n{lang}")?;
            for (depth, interval) in &figures.recall {
                row(f, &format!("recall@{depth}"), interval)?;
            }
            row(f, "MRR@10", &figures.mrr_10)?;
            row(f, "nDCG@10", &figures.ndcg_10)?;
            row(f, "first citation right", &figures.first_citation)?;
            row(f, "some citation right", &figures.some_citation)?;
            row(f, "citation precision", &figures.citation_precision)?;
            row(f, "sentences quoted", &figures.sentences)?;
            row(f, "quote holds answer", &figures.contains_answer)?;
            row(f, "exact match", &figures.exact_match)?;
            row(f, "character F1", &figures.f1)?;
            row(f, "answered", &figures.answered)?;
            row(f, "refused, no answer", &figures.refused)?;
            row(f, "refused, gold out", &figures.refused_without)?;
            if figures.refused_without.count > 0 {
                writeln!(
                    f,
                    "  {:<22} {:.3}",
                    "AUROC, gold out", figures.auroc_without
                )?;
            }
            if figures.refused.count > 0 {
                writeln!(f, "  {:<22} {:.3}", "AUROC", figures.auroc)?;
            }
            let [p50, p90, p99] = figures.latency_ms;
            writeln!(
                f,
                "  {:<22} p50 {p50:.1}, p90 {p90:.1}, p99 {p99:.1}",
                "latency, ms"
            )?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, interval: &Interval) -> fmt::Result {
    if interval.count == 0 {
        return Ok(());
    }
    writeln!(
        f,
        "  {name:<22} {:.3}  [{:.3}, {:.3}]  n {}",
        interval.mean, interval.low, interval.high, interval.count
    )
}
