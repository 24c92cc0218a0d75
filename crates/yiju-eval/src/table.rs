//! The report as people read it.

use std::fmt;

use crate::Interval;
use crate::report::{DEPTHS, Figures, Lane, Report};

/// Width of the names of figures.
const NAME: usize = 24;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} questions; means with 95 % intervals", self.set, self.questions)?;
        let mut groups: Vec<(&String, &Figures)> = self.figures.iter().collect();
        if groups.len() == 2 {
            // With one language, its figures are those of all.
            groups.retain(|(lang, _)| *lang != "all");
        }
        for (lang, figures) in groups {
            writeln!(f, "\n{lang}: {} questions", figures.questions)?;
            write_figures(f, figures, self.threshold)?;
        }
        Ok(())
    }
}

fn write_figures(f: &mut fmt::Formatter<'_>, figures: &Figures, threshold: f32) -> fmt::Result {
    for (depth, interval) in &figures.recall {
        row(f, &format!("recall@{depth}"), interval)?;
    }
    row(f, "MRR@10", &figures.mrr_10)?;
    row(f, "nDCG@10", &figures.ndcg_10)?;
    row(f, "first citation right", &figures.first_citation)?;
    row(f, "some citation right", &figures.some_citation)?;
    row(f, "citation precision", &figures.citation_precision)?;
    row(f, "citation recall", &figures.citation_recall)?;
    row(f, "sentences quoted", &figures.sentences)?;
    row(f, "first quotes right", &figures.quotes_right)?;
    row(f, "lead kept", &figures.lead_kept)?;
    row(f, "list complete", &figures.list_complete)?;
    row(f, "constraint met", &figures.fixed_met)?;
    row(f, "verdict given", &figures.verdict_given)?;
    row(f, "verdict right", &figures.verdict_right)?;
    row(f, "first is an echo", &figures.echoes)?;
    row(f, "quote holds answer", &figures.contains_answer)?;
    row(f, "exact match", &figures.exact_match)?;
    row(f, "character F1", &figures.f1)?;
    row(f, "refused though it has", &figures.refused_answerable)?;
    row(f, "answered though not", &figures.answered_unanswerable)?;
    row(f, "answered, gold out", &figures.answered_without_gold)?;
    row(f, "AUROC, gold out", &figures.auroc_without_gold)?;
    row(f, "AUROC", &figures.auroc)?;
    let [p50, p90, p99] = figures.latency_ms;
    writeln!(f, "  {:<NAME$} p50 {p50:.1}, p90 {p90:.1}, p99 {p99:.1}", "latency, ms")?;
    write_lanes(f, &figures.lanes)?;
    write_rates(f, figures, threshold)
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, interval: &Interval) -> fmt::Result {
    if interval.count == 0 {
        return Ok(());
    }
    writeln!(
        f,
        "  {name:<NAME$} {:.3}  [{:.3}, {:.3}]  n {}",
        interval.mean, interval.low, interval.high, interval.count
    )
}

fn write_lanes(f: &mut fmt::Formatter<'_>, lanes: &[Lane]) -> fmt::Result {
    if lanes.is_empty() {
        return Ok(());
    }
    write!(f, "\n  {:<NAME$}", "recall, each lane alone")?;
    for depth in DEPTHS {
        write!(f, " {:>7}", format!("@{depth}"))?;
    }
    writeln!(f, "  MRR@10   95 % of @10")?;
    for lane in lanes {
        write!(f, "  {:<NAME$}", lane.name)?;
        for interval in lane.recall.values() {
            write!(f, "   {:.3}", interval.mean)?;
        }
        write!(f, "   {:.3}", lane.mrr_10.mean)?;
        match lane.recall.get(&10) {
            Some(at) => writeln!(f, "  [{:.3}, {:.3}]", at.low, at.high)?,
            None => writeln!(f)?,
        }
    }
    Ok(())
}

fn write_rates(f: &mut fmt::Formatter<'_>, figures: &Figures, threshold: f32) -> fmt::Result {
    let has_answer = figures.refused_answerable.count > 0;
    let none = figures.answered_without_gold.count + figures.answered_unanswerable.count > 0;
    if !has_answer && !none {
        return Ok(());
    }
    writeln!(
        f,
        "\n  {:<NAME$} refused though it has   answered wrongly   answered though not",
        "threshold"
    )?;
    let share = |shown: bool, value: f64| {
        if shown { format!("{value:.3}") } else { "-".to_owned() }
    };
    for rate in &figures.error_rates {
        let own = (rate.threshold - f64::from(threshold)).abs() < 1e-6;
        writeln!(
            f,
            "  {:<NAME$} {:>22}   {:>16}   {:>19}",
            format!("{:.2}{}", rate.threshold, if own { " (used)" } else { "" }),
            share(has_answer, rate.refused_answerable),
            share(has_answer, rate.answered_wrongly),
            share(none, rate.answered_unanswerable),
        )?;
    }
    Ok(())
}
