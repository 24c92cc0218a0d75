//! The figures of an evaluation.

use std::collections::BTreeMap;

use serde::Serialize;
use yiju_engine::LaneRankings;

use crate::measure::Measured;
use crate::{Interval, auroc_interval, bootstrap, percentile};

/// The figures of one language of a set.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Questions.
    pub questions: usize,
    /// Share of what must be found among the first 1, 3, 5, 10 and 100 clauses.
    pub recall: BTreeMap<usize, Interval>,
    /// Mean of 1 / rank of the first thing found among the first 10, 0 where none is.
    pub mrr_10: Interval,
    /// Normalised discounted cumulative gain over the first 10 (Järvelin and Kekäläinen, 2002).
    pub ndcg_10: Interval,
    /// The first citation's paragraph is right: it holds all evidence, or is one of the gold ones.
    pub first_citation: Interval,
    /// All that must be found is in some citation's paragraph.
    pub some_citation: Interval,
    /// Share of the citations whose paragraph holds something that must be found.
    pub citation_precision: Interval,
    /// Share of what must be found that some citation's paragraph holds.
    pub citation_recall: Interval,
    /// Sentences quoted in an answer.
    pub sentences: Interval,
    /// An accepted answer lies inside what is quoted.
    pub contains_answer: Interval,
    /// The shortest part marked as the answer equals an accepted answer, as CMRC compares them.
    pub exact_match: Interval,
    /// Character F1 of that part, as CMRC computes it.
    pub f1: Interval,
    /// The first citation quotes all that it must, where the set says what, and the question was answered.
    pub quotes_right: Interval,
    /// The lead-in goes with the first quote, where the set says which; a refused question keeps none.
    pub lead_kept: Interval,
    /// Every member of the list that is asked for is quoted, where the set says which.
    pub list_complete: Interval,
    /// What the question fixes is met by the first citation, or the question refused where nothing meets it; of all
    /// questions for which the set says what is fixed.
    pub fixed_met: Interval,
    /// Yes-or-no questions that have a word, by the set, and were given one.
    pub verdict_given: Interval,
    /// Of the words given, those that are the set's; none where the set has no word is wrong.
    pub verdict_right: Interval,
    /// First citations that quote only title, opening, heading, question, contact or signature, or no word that the
    /// question does not have.
    pub echoes: Interval,
    /// Questions with an answer that were refused at the threshold.
    pub refused_answerable: Interval,
    /// Questions without an answer that were answered.
    pub answered_unanswerable: Interval,
    /// Questions with their gold passages taken out that were answered.
    pub answered_without_gold: Interval,
    /// Confidence with the gold passages against without: area under the ROC curve.
    pub auroc_without_gold: Interval,
    /// Confidence of questions with an answer against those without.
    pub auroc: Interval,
    /// Error rates at other thresholds.
    pub error_rates: Vec<ErrorRate>,
    /// Each lane alone, where that was measured, by the lane's name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<Lane>,
    /// Latency of asking in milliseconds: p50, p90, p99.
    pub latency_ms: [f64; 3],
}

/// The error rates of a threshold; shares, 0 to 1.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ErrorRate {
    /// The least confidence at which an answer is given.
    pub threshold: f64,
    /// Of the questions with an answer: refused.
    pub refused_answerable: f64,
    /// Of the questions with an answer: answered, with a first citation that is wrong.
    pub answered_wrongly: f64,
    /// Of the questions without an answer, or with their gold passages taken out: answered.
    pub answered_unanswerable: f64,
}

/// One lane alone.
#[derive(Clone, Debug, Serialize)]
pub struct Lane {
    /// Its name.
    pub name: &'static str,
    /// Share of what must be found among its first 1, 3, 5, 10 and 100 clauses.
    pub recall: BTreeMap<usize, Interval>,
    /// Mean of 1 / rank of the first thing found among its first 10, 0 where none is.
    pub mrr_10: Interval,
}

/// The figures of a set, by language and for all (`all`).
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The set's name.
    pub set: String,
    /// Questions asked.
    pub questions: usize,
    /// The least confidence at which a question counts as answered.
    pub threshold: f32,
    /// Figures by language.
    pub figures: BTreeMap<String, Figures>,
    /// The figures of each question.
    pub(crate) each: Vec<Measured>,
}

pub(crate) const DEPTHS: [usize; 5] = [1, 3, 5, 10, 100];

impl Report {
    pub(crate) fn new(set: &str, threshold: f32, each: Vec<Measured>) -> Self {
        let mut groups: BTreeMap<String, Vec<&Measured>> = BTreeMap::new();
        for measured in &each {
            groups.entry("all".into()).or_default().push(measured);
            groups.entry(measured.lang.clone()).or_default().push(measured);
            if let Some(kind) = &measured.kind {
                groups.entry(format!("kind {kind}")).or_default().push(measured);
            }
        }
        let figures =
            groups.into_iter().map(|(lang, group)| (lang, figures(&group, threshold))).collect();
        Self { set: set.to_owned(), questions: each.len(), threshold, figures, each }
    }

    /// Questions that went wrong: answered wrongly, refused though answerable, or answered though not.
    pub fn failures(&self) -> impl Iterator<Item = String> + '_ {
        self.each.iter().filter_map(|m| {
            let what = match (m.answerable, m.answered) {
                (true, false) => "refused",
                (_, true) if m.verdict_right == Some(false) => "answered with a wrong word",
                (true, true) if m.echo.is_some() => "answered with an echo",
                (true, true) if !m.first_right => "first citation wrong",
                (false, true) => "answered",
                _ => return None,
            };
            Some(format!("{} {what} (confidence {:.2}): {}", m.id, m.confidence, m.question))
        })
    }
}

fn figures(group: &[&Measured], threshold: f32) -> Figures {
    let answerable: Vec<&Measured> = group.iter().copied().filter(|m| m.answerable).collect();
    let unanswerable: Vec<&Measured> = group.iter().copied().filter(|m| !m.answerable).collect();
    let mut times: Vec<f64> = group.iter().map(|m| m.milliseconds).collect();
    times.sort_by(f64::total_cmp);
    let with: Vec<(Option<f64>, Option<f64>)> = answerable
        .iter()
        .filter(|m| m.confidence_without.is_some())
        .map(|m| (Some(m.confidence), m.confidence_without))
        .collect();
    let among: Vec<(Option<f64>, Option<f64>)> = group
        .iter()
        .map(|m| if m.answerable { (Some(m.confidence), None) } else { (None, Some(m.confidence)) })
        .collect();
    Figures {
        questions: group.len(),
        recall: recall(&answerable, &|m| Some(&m.ranks)),
        mrr_10: over(&answerable, |m| (!m.ranks.is_empty()).then(|| reciprocal(&m.ranks))),
        ndcg_10: over(&answerable, |m| (!m.ranks.is_empty()).then(|| ndcg(&m.ranks))),
        first_citation: over(&answerable, |m| Some(one(m.first_right))),
        some_citation: over(&answerable, |m| Some(one(m.some_right))),
        citation_precision: over(&answerable, |m| Some(m.precision)),
        citation_recall: over(&answerable, |m| Some(m.recall)),
        sentences: over(&answerable, |m| Some(m.sentences as f64)),
        contains_answer: over(&answerable, |m| m.contains_answer.map(one)),
        exact_match: over(&answerable, |m| m.exact.map(one)),
        f1: over(&answerable, |m| m.f1),
        quotes_right: over(&answerable, |m| m.quotes_right.map(|right| one(right && m.answered))),
        lead_kept: over(group, |m| m.lead_kept.map(one)),
        list_complete: over(group, |m| m.list_complete.map(one)),
        fixed_met: over(group, |m| m.fixed_met.map(one)),
        verdict_given: over(group, |m| m.verdict_given.map(one)),
        verdict_right: over(group, |m| m.verdict_right.map(one)),
        echoes: over(&answerable, |m| m.answered.then(|| one(m.echo.is_some()))),
        refused_answerable: over(&answerable, |m| Some(one(!m.answered))),
        answered_unanswerable: over(&unanswerable, |m| Some(one(m.answered))),
        answered_without_gold: over(&answerable, |m| m.answered_without.map(one)),
        auroc_without_gold: auroc_interval(&with),
        auroc: auroc_interval(&among),
        error_rates: error_rates(&answerable, &unanswerable, threshold),
        lanes: lanes(&answerable),
        latency_ms: [50.0, 90.0, 99.0].map(|percent| percentile(&times, percent)),
    }
}

/// The mean of `value` over the questions that have one.
fn over(group: &[&Measured], value: impl Fn(&Measured) -> Option<f64>) -> Interval {
    bootstrap(&group.iter().filter_map(|m| value(m)).collect::<Vec<_>>())
}

fn one(flag: bool) -> f64 {
    if flag { 1.0 } else { 0.0 }
}

fn recall<'a>(
    group: &[&'a Measured],
    ranks: &dyn Fn(&'a Measured) -> Option<&'a Vec<Option<usize>>>,
) -> BTreeMap<usize, Interval> {
    let at = |depth: usize| {
        let shares: Vec<f64> = group
            .iter()
            .filter_map(|m| ranks(m))
            .filter(|ranks| !ranks.is_empty())
            .map(|ranks| {
                let found = ranks.iter().flatten().filter(|&&rank| rank < depth).count();
                found as f64 / ranks.len() as f64
            })
            .collect();
        (depth, bootstrap(&shares))
    };
    DEPTHS.map(at).into()
}

fn reciprocal(ranks: &[Option<usize>]) -> f64 {
    let best = ranks.iter().flatten().min().filter(|&&rank| rank < 10);
    best.map_or(0.0, |&rank| 1.0 / (rank + 1) as f64)
}

fn ndcg(ranks: &[Option<usize>]) -> f64 {
    let gain = |rank: usize| 1.0 / ((rank + 2) as f64).log2();
    let got: f64 = ranks.iter().flatten().filter(|&&rank| rank < 10).map(|&rank| gain(rank)).sum();
    let ideal: f64 = (0..ranks.len().min(10)).map(gain).sum();
    // Two things found in one clause count at its rank twice, so the quotient may pass 1.
    if ideal > 0.0 { (got / ideal).min(1.0) } else { 0.0 }
}

fn lanes(group: &[&Measured]) -> Vec<Lane> {
    LaneRankings::NAMES
        .into_iter()
        .filter(|name| group.iter().any(|m| m.lanes.contains_key(name)))
        .map(|name| Lane {
            name,
            recall: recall(group, &|m| m.lanes.get(name)),
            mrr_10: over(group, |m| m.lanes.get(name).map(|ranks| reciprocal(ranks))),
        })
        .collect()
}

/// The rates at 0.1, 0.2 … 0.9 and at `threshold`.
fn error_rates(
    answerable: &[&Measured],
    unanswerable: &[&Measured],
    threshold: f32,
) -> Vec<ErrorRate> {
    let mut thresholds: Vec<f64> = (1..10).map(|tenth| f64::from(tenth) / 10.0).collect();
    // Through text, so that 0.3 in f32 is the 0.3 of the table.
    let own: f64 = threshold.to_string().parse().unwrap_or(0.5);
    if !thresholds.contains(&own) {
        thresholds.push(own);
        thresholds.sort_by(f64::total_cmp);
    }
    let without: Vec<f64> = unanswerable
        .iter()
        .map(|m| m.confidence)
        .chain(answerable.iter().filter_map(|m| m.confidence_without))
        .collect();
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    thresholds
        .into_iter()
        .map(|threshold| {
            let given = |m: &&&Measured| m.confidence > 0.0 && m.confidence >= threshold;
            let answered: Vec<&&Measured> = answerable.iter().filter(given).collect();
            let wrong = answered.iter().filter(|m| !m.first_right).count();
            ErrorRate {
                threshold,
                refused_answerable: share(answerable.len() - answered.len(), answerable.len()),
                answered_wrongly: share(wrong, answerable.len()),
                answered_unanswerable: share(
                    without.iter().filter(|&&c| c >= threshold).count(),
                    without.len(),
                ),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(answerable: bool, confidence: f64, ranks: &[Option<usize>]) -> Measured {
        Measured {
            id: String::new(),
            question: "问".into(),
            lang: "zh".into(),
            answerable,
            ranks: ranks.to_vec(),
            lanes: BTreeMap::new(),
            answered: confidence >= 0.5,
            confidence,
            confidence_without: answerable.then_some(confidence / 2.0),
            answered_without: answerable.then_some(confidence / 2.0 >= 0.5),
            first_right: ranks.first() == Some(&Some(0)),
            some_right: false,
            precision: 0.5,
            recall: 0.0,
            citations: 2,
            sentences: 1,
            contains_answer: Some(false),
            part: String::new(),
            exact: Some(false),
            quotes_right: None,
            lead_kept: None,
            list_complete: None,
            fixed_met: None,
            verdict_given: None,
            verdict_right: None,
            echo: None,
            kind: None,
            f1: Some(0.25),
            milliseconds: 2.0,
        }
    }

    #[test]
    fn what_only_some_questions_carry_is_over_those() {
        let mut each = vec![
            measured(true, 0.9, &[Some(0)]),
            measured(true, 0.8, &[Some(0)]),
            measured(false, 0.1, &[]),
        ];
        each[0].lead_kept = Some(true);
        each[0].list_complete = Some(false);
        each[0].fixed_met = Some(false);
        each[2].fixed_met = Some(true);
        let report = Report::new("set", 0.5, each);
        let figures = &report.figures["all"];
        let of = |interval: &Interval| (interval.mean, interval.count);
        assert_eq!(of(&figures.lead_kept), (1.0, 1));
        assert_eq!(of(&figures.list_complete), (0.0, 1));
        // A question without an answer that fixes something and was refused counts, too.
        assert_eq!(of(&figures.fixed_met), (0.5, 2));
        let table = report.to_string();
        for row in ["lead kept", "list complete", "constraint met"] {
            assert!(table.contains(row), "{table}");
        }
    }

    #[test]
    fn ranks_become_recall_and_gains() {
        let each = vec![
            measured(true, 0.9, &[Some(0)]),
            measured(true, 0.8, &[Some(2), None]),
            measured(true, 0.7, &[Some(50)]),
            measured(true, 0.2, &[None]),
        ];
        let report = Report::new("set", 0.5, each);
        let figures = &report.figures["zh"];
        let recall: Vec<f64> = figures.recall.values().map(|i| i.mean).collect();
        assert_eq!(recall, [0.25, 0.375, 0.375, 0.375, 0.625]);
        assert!((figures.mrr_10.mean - (1.0 + 1.0 / 3.0) / 4.0).abs() < 1e-12);
        let second = 0.5 / (1.0 + 1.0 / 3f64.log2());
        assert!((figures.ndcg_10.mean - (1.0 + second) / 4.0).abs() < 1e-12);
        assert_eq!(figures.refused_answerable.mean, 0.25);
        assert_eq!(figures.latency_ms, [2.0; 3]);
        assert_eq!(report.figures["all"].questions, 4);
    }

    #[test]
    fn thresholds_trade_one_error_for_the_other() {
        let each = vec![
            measured(true, 0.9, &[Some(0)]),
            measured(true, 0.6, &[Some(1)]),
            measured(false, 0.4, &[]),
            measured(false, 0.0, &[]),
        ];
        let report = Report::new("set", 0.55, each);
        let rates = &report.figures["all"].error_rates;
        assert_eq!(rates.len(), 10);
        assert!(rates.is_sorted_by(|a, b| a.threshold < b.threshold
            && a.refused_answerable <= b.refused_answerable
            && a.answered_unanswerable >= b.answered_unanswerable));
        let at = |wanted: f64| {
            let rate = rates.iter().find(|r| r.threshold == wanted).unwrap();
            (rate.refused_answerable, rate.answered_wrongly, rate.answered_unanswerable)
        };
        // 0.45 and 0.3 with the gold taken out, 0.4 and 0 without an answer.
        assert_eq!(at(0.1), (0.0, 0.5, 0.75));
        assert_eq!(at(0.4), (0.0, 0.5, 0.5));
        assert_eq!(at(0.55), (0.0, 0.5, 0.0));
        assert_eq!(at(0.7), (0.5, 0.0, 0.0));
        let figures = &report.figures["all"];
        assert_eq!((figures.auroc.mean, figures.auroc_without_gold.mean), (1.0, 1.0));
    }
}
