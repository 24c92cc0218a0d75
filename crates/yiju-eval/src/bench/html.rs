//! The report as one page that needs nothing from outside.

use std::fmt::Write as _;

use super::Latency;
use super::figures::{bytes, milliseconds, number, thousands};
use super::plot::{Axis, Bar, Series, bars, lines};
use super::report::{BenchReport, LibraryFigures, Load, MadeFigures, StepLatency, SweepPoint};
use super::table::{
    COLD, build, library_lines, load_name, made_lines, point_name, share, step_p50,
};

const STYLE: &str = "
:root { color-scheme: light; }
body { font: 15px/1.45 'Helvetica Neue', Helvetica, Arial, 'Noto Sans', sans-serif; color: #000;
  background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem;
  border-top: 1px solid #000; padding-top: .6rem; }
p { margin: .3rem 0; } .note { color: #333; font-size: .87rem; }
code { font: .85em/1.4 ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .8rem 0; font-variant-numeric: tabular-nums; font-size: .9rem; }
caption { text-align: left; font-weight: 600; padding-bottom: .25rem; }
th, td { padding: .16rem .55rem; text-align: right; border-bottom: 1px solid #ccc; white-space: nowrap; }
th { font-weight: 600; border-bottom: 1px solid #000; } th:first-child, td:first-child { text-align: left;
  padding-left: 0; }
.wide { overflow-x: auto; } .figures { display: grid; gap: 1rem 2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
figure { margin: .6rem 0; break-inside: avoid; } figcaption { font-weight: 600; font-size: .9rem;
  margin-bottom: .3rem; }
svg { width: 100%; height: auto; }
svg text { font-family: 'Helvetica Neue', Helvetica, Arial, 'Noto Sans', sans-serif; }
@media print { body { font-size: 9.5pt; margin: 0; max-width: none; padding: 0; } @page { margin: 16mm; }
  h2 { break-after: avoid; } table { break-inside: avoid; } .figures { grid-template-columns: 1fr 1fr;
  gap: .5rem 1rem; } .wide { overflow: visible; } }
";

/// The report as a page of HTML: figures, plots in SVG, machine and command; no scripts, and nothing from
/// outside.
pub fn html(report: &BenchReport) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>yiju bench</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>yiju bench</h1>\n"
    );
    let settings = &report.settings;
    paragraphs(
        &mut out,
        &[
            format!("Yiju {}{}, {}", report.yiju, build(report), report.started_at),
            report.machine.to_string(),
        ],
    );
    let _ = writeln!(
        out,
        "<p>Each measurement {} s in {} rounds. Again: <code>{}</code></p>",
        number(settings.seconds),
        settings.rounds,
        escape(&report.command)
    );
    if let Some(library) = &report.library {
        write_library(&mut out, library);
    }
    if report.made.len() > 1 {
        write_growth(&mut out, &report.made);
    }
    for made in &report.made {
        write_made(&mut out, made);
    }
    out + NOTES + "</body>\n</html>\n"
}

const NOTES: &str = "<h2>How to read this</h2>\n\
<p class=\"note\">Closed loop: each caller asks its next question when the last is answered. Open loop: \
questions arrive at a fixed rate whether or not earlier ones are answered, and each latency counts from the \
arrival, so waiting shows. A percentile is given only where at least one question lies beyond it: p99.9 needs \
1,000. Cold: the first question of a fresh process; the files are in the system's cache.</p>\n\
<p class=\"note\">Recall@10: the share of the ten nearest clause vectors that a search finds, against an exact \
scan in 32-bit floats. Made data: clauses of made text and clustered unit vectors of a fixed seed; dense, \
lexical and fusion are measured on it, and nothing that needs the model or the store.</p>\n";

fn write_library(out: &mut String, library: &LibraryFigures) {
    out.push_str("<h2>The library</h2>\n");
    paragraphs(out, &library_lines(library));
    let mut rows = load_rows(&library.closed, &library.open);
    if let Some(cold) = &library.cold {
        rows.push(row(COLD, &cold.total, ""));
        rows.push(row("opening library and model", &cold.open, ""));
        rows.push(row("process start to end", &cold.process, ""));
    }
    latency_table(out, "One question, ms", "a second", rows);
    figures(out, |out| {
        latency_figure(out, &library.closed, &library.open);
        if let Some(load) = library.closed.first() {
            steps_figure(out, load);
        }
        if library.sweep.len() > 1 {
            sweep_figure(out, &[("clause vectors".into(), &library.sweep)]);
        }
    });
    steps_table(out, &library.closed);
    if let Some(cold) = &library.cold {
        let rows = cold.steps.iter().map(|step| row(step.name(), &step.latency, ""));
        latency_table(out, "Steps, cold, ms", "", rows.collect());
    }
    sweep_table(out, &library.sweep);
    if library.scanned {
        out.push_str(
            "<p class=\"note\">A library of this size is scanned, so its searches are exact.</p>\n",
        );
    }
}

fn write_made(out: &mut String, made: &MadeFigures) {
    let _ = writeln!(out, "<h2>{} made clauses</h2>", thousands(made.clauses as i64));
    paragraphs(out, &made_lines(made));
    let rows = load_rows(&made.closed, &made.open);
    latency_table(out, "The first stage (dense, lexical, fusion), ms", "a second", rows);
    figures(out, |out| {
        latency_figure(out, &made.closed, &made.open);
        sweep_figure(out, &[("clause vectors".into(), &made.sweep)]);
    });
    steps_table(out, &made.closed);
    sweep_table(out, &made.sweep);
}

/// Text as it may stand in HTML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn paragraphs(out: &mut String, texts: &[String]) {
    for text in texts {
        let _ = writeln!(out, "<p>{}</p>", escape(text));
    }
}

/// A table; the first of `heads` is that of the rows' names.
fn table<'h>(
    out: &mut String,
    caption: &str,
    heads: impl IntoIterator<Item = &'h str>,
    rows: impl IntoIterator<Item = Vec<String>>,
) {
    let line = |cell: &str, texts: &mut dyn Iterator<Item = String>| {
        let cells: String =
            texts.map(|text| format!("<{cell}>{}</{cell}>", escape(&text))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let head = line("th", &mut heads.into_iter().map(str::to_owned));
    let body: String = rows.into_iter().map(|row| line("td", &mut row.into_iter())).collect();
    let caption = escape(caption);
    let _ = writeln!(
        out,
        "<div class=\"wide\"><table><caption>{caption}</caption>\n{head}{body}</table></div>"
    );
}

/// A table of [`row`]s; `last` is the head of their last column.
fn latency_table(out: &mut String, caption: &str, last: &str, rows: Vec<Vec<String>>) {
    table(out, caption, ["", "n", "p50", "p90", "p99", "p99.9", "max", last], rows);
}

/// A name, the count, five percentiles, and one more cell.
fn row(name: &str, latency: &Latency, last: &str) -> Vec<String> {
    vec![
        name.to_owned(),
        thousands(latency.count as i64),
        milliseconds(latency.p50),
        or_dash(latency.p90),
        or_dash(latency.p99),
        or_dash(latency.p999),
        milliseconds(latency.max),
        last.to_owned(),
    ]
}

fn or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), milliseconds)
}

fn load_rows(closed: &[Load], open: &[Load]) -> Vec<Vec<String>> {
    let row = |load: &Load| {
        let mut last = number(load.per_second);
        if load.unserved > 0 {
            let _ = write!(last, " (not sustained: {} given up)", load.unserved);
        }
        row(&load_name(load), &load.total, &last)
    };
    closed.iter().chain(open).map(row).collect()
}

fn steps_table(out: &mut String, closed: &[Load]) {
    let Some(load) = closed.first() else { return };
    let rows = load.steps.iter().map(|step| {
        let share = format!("{:.0} %", 100.0 * share(step, load));
        row(step.name(), &step.latency, &share)
    });
    let caption = format!("Steps, {}, ms", load_name(load));
    latency_table(out, &caption, "of the time", rows.collect());
}

fn sweep_table(out: &mut String, sweep: &[SweepPoint]) {
    let rows = sweep.iter().map(|point| {
        vec![
            point_name(point),
            format!("{:.4}", point.recall),
            thousands(point.per_second.round() as i64),
            milliseconds(point.p50),
        ]
    });
    let heads = ["", "recall@10", "searches a second", "p50 ms"];
    table(out, "Clause vectors, one caller", heads, rows);
}

fn figures(out: &mut String, write: impl FnOnce(&mut String)) {
    out.push_str("<div class=\"figures\">\n");
    write(out);
    out.push_str("</div>\n");
}

/// A plot with its caption, which is its text for those who do not see it, too.
fn figure(out: &mut String, caption: &str, svg: &str) {
    let caption = escape(caption);
    let label = format!("<svg role=\"img\" aria-label=\"{caption}\" ");
    let svg = svg.replacen("<svg ", &label, 1);
    let _ = writeln!(out, "<figure><figcaption>{caption}</figcaption>\n{svg}</figure>");
}

/// A chart of those of `series` that have points; nothing where none has.
fn chart(
    out: &mut String,
    caption: &str,
    mut series: Vec<Series>,
    x: impl FnOnce(&mut dyn Iterator<Item = f64>) -> Axis,
    y_name: &'static str,
) {
    series.retain(|one| !one.points.is_empty());
    if series.is_empty() {
        return;
    }
    let points = || series.iter().flat_map(|one| &one.points);
    let x = x(&mut points().map(|point| point.0));
    let y = Axis::log(y_name, points().map(|point| point.1));
    figure(out, caption, &lines(&x, &y, &series));
}

/// Latency against the percentile, a line for each load.
fn latency_figure(out: &mut String, closed: &[Load], open: &[Load]) {
    let line = |load: &Load| Series {
        name: match load.rate {
            None => format!("closed, {}", load.callers),
            Some(rate) => format!("open, {}/s", number(rate)),
        },
        points: load
            .total
            .curve
            .iter()
            // Below the median they lie too close together to be told apart.
            .filter(|(percent, _)| *percent == 0.0 || (25.0..100.0).contains(percent))
            .map(|&(percent, value)| (percent, value, String::new()))
            .collect(),
    };
    let series = closed.iter().chain(open).map(line);
    chart(
        out,
        "Latency by percentile and callers",
        series.filter(|series| series.points.len() > 1).collect(),
        |percents| Axis::percentiles("percentile of the questions", percents.fold(50.0, f64::max)),
        "milliseconds",
    );
}

fn steps_figure(out: &mut String, load: &Load) {
    let bar = |step: &StepLatency| Bar {
        name: step.name().into(),
        value: step.latency.p50,
        high: step.latency.p99,
    };
    let rows: Vec<Bar> = load.steps.iter().map(bar).collect();
    let caption = format!("Steps of a question, {}", load_name(load));
    let svg = bars("milliseconds: median, whisker to p99 (in brackets)", &rows);
    figure(out, &caption, &svg);
}

/// Speed against recall, a line for each name; the exact scan of a single one is a point of its own.
fn sweep_figure(out: &mut String, sweeps: &[(String, &Vec<SweepPoint>)]) {
    let mut series = Vec::new();
    for (name, sweep) in sweeps {
        let points = |graph: bool| {
            let points = sweep.iter().filter(move |point| point.ef.is_some() == graph);
            let remark = |point: &SweepPoint| point.ef.map_or(String::new(), |ef| ef.to_string());
            points.map(|point| (point.recall, point.per_second, remark(point))).collect::<Vec<_>>()
        };
        let mut line = |name: &str, points| {
            series.push(Series { name: name.into(), points });
        };
        if sweeps.len() > 1 {
            line(name, points(true));
        } else if !points(true).is_empty() {
            line("graph", points(true));
            line("exact scan", points(false));
        }
    }
    chart(
        out,
        "Recall against searches a second; ef beside the points",
        series,
        |recalls| Axis::linear("recall@10 against the exact scan", recalls.chain([1.0])),
        "searches a second, one caller",
    );
}

/// What grows with the number of clauses.
fn write_growth(out: &mut String, made: &[MadeFigures]) {
    out.push_str("<h2>Cost against size</h2>\n");
    let line = |name: &str, value: &dyn Fn(&MadeFigures) -> Option<f64>| Series {
        name: name.into(),
        points: made
            .iter()
            .filter_map(|one| Some((one.clauses as f64, value(one)?, String::new())))
            .filter(|(_, value, _)| *value > 0.0)
            .collect(),
    };
    let step = |name: &'static str| move |one: &MadeFigures| step_p50(one.closed.first()?, name);
    let mebibytes = |bytes: u64| Some(bytes as f64 / f64::from(1 << 20));
    let sizes = |sizes: &mut dyn Iterator<Item = f64>| Axis::log("clauses", sizes);
    figures(out, |out| {
        chart(
            out,
            "Time of the first stage, one caller",
            vec![
                line("all, p99", &|one| one.closed.first()?.total.p99),
                line("all, p50", &|one| Some(one.closed.first()?.total.p50)),
                line("dense, p50", &step("dense, clauses")),
                line("lexical, p50", &step("lexical")),
                line("fuse, p50", &step("fuse")),
            ],
            sizes,
            "milliseconds",
        );
        chart(
            out,
            "Time to build",
            vec![
                line("graph", &|one| Some(one.graph_seconds)),
                line("words", &|one| Some(one.words_seconds)),
                line("vectors", &|one| Some(one.vectors_seconds)),
                line("save", &|one| Some(one.save_seconds)),
                line("open", &|one| Some(one.load_seconds)),
            ],
            sizes,
            "seconds",
        );
        chart(
            out,
            "Memory and disk",
            vec![
                line("vectors on disk", &|one| mebibytes(one.saved_bytes)),
                line("vectors in memory", &|one| mebibytes(one.vector_bytes as u64)),
                line("words on disk", &|one| mebibytes(one.lexical_bytes)),
            ],
            sizes,
            "MiB",
        );
        let sweeps: Vec<(String, &Vec<SweepPoint>)> =
            made.iter().map(|one| (thousands(one.clauses as i64), &one.sweep)).collect();
        sweep_figure(out, &sweeps);
    });
    let rows = made.iter().filter_map(|one| {
        let load = one.closed.first()?;
        Some(vec![
            thousands(one.clauses as i64),
            milliseconds(load.total.p50),
            or_dash(load.total.p99),
            number(one.graph_seconds),
            number(one.words_seconds),
            number(one.load_seconds),
            bytes(one.vector_bytes as u64),
            bytes(one.saved_bytes),
            bytes(one.lexical_bytes),
        ])
    });
    let heads = [
        "clauses",
        "p50 ms",
        "p99 ms",
        "graph s",
        "words s",
        "open s",
        "vectors in memory",
        "vectors on disk",
        "words on disk",
    ];
    table(out, "The first stage, one caller", heads, rows);
}
