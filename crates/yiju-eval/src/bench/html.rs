//! The report as one page that needs nothing from outside.

use std::fmt::Write as _;

use super::Latency;
use super::plot::{Bar, Chart, Scale, Series, bars, escape, number, thousands};
use super::report::{BenchReport, LibraryFigures, Load, MadeFigures, StepLatency, SweepPoint};
use super::table::{
    COLD, build, bytes, library_lines, load_name, made_lines, milliseconds, point_name, share,
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
svg { width: 100%; height: auto; font: 13.5px 'Helvetica Neue', Helvetica, Arial, 'Noto Sans', sans-serif; }
svg .grid { stroke: #ddd; stroke-width: 1; fill: none; } svg .axis { stroke: #000; stroke-width: 1.2;
  fill: none; } svg .bar { fill: #9db4c8; stroke: #000; stroke-width: .8; } svg .remark { font-size: 11px;
  text-anchor: end; }
@media print { body { font-size: 9.5pt; margin: 0; max-width: none; padding: 0; } @page { margin: 16mm; }
  h2 { break-after: avoid; } table { break-inside: avoid; } .figures { grid-template-columns: 1fr 1fr;
  gap: .5rem 1rem; } .wide { overflow: visible; } }
";

/// The report as a page of HTML: figures, plots in SVG, machine and command; no scripts, nothing from
/// outside.
pub fn html(report: &BenchReport) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>yiju bench</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>yiju bench</h1>\n\
         <p>Yiju {}{}, {}</p>\n<p>{}</p>\n",
        escape(&report.yiju),
        build(report),
        escape(&report.started_at),
        escape(&report.machine.to_string())
    );
    let settings = &report.settings;
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
    out.push_str(NOTES);
    out.push_str("</body>\n</html>\n");
    out
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
    for line in library_lines(library) {
        let _ = writeln!(out, "<p>{}</p>", escape(&line));
    }
    let mut rows = load_rows(library.closed.iter().chain(&library.open));
    if let Some(cold) = &library.cold {
        rows.push(row(COLD, &cold.total, ""));
        rows.push(row("opening library and model", &cold.open, ""));
        rows.push(row("process start to end", &cold.process, ""));
    }
    table(out, "One question, ms", "a second", &rows);
    out.push_str("<div class=\"figures\">\n");
    latency_figure(out, &library.closed, &library.open);
    if let Some(load) = library.closed.first() {
        steps_figure(out, load);
    }
    if library.sweep.len() > 1 {
        sweep_figure(out, &[("clause vectors".into(), &library.sweep)]);
    }
    out.push_str("</div>\n");
    if let Some(load) = library.closed.first() {
        steps_table(out, load);
    }
    if let Some(cold) = &library.cold {
        let rows: Vec<_> = cold
            .steps
            .iter()
            .map(|step| row(step.name(), &step.latency, ""))
            .collect();
        table(out, "Steps, cold, ms", "", &rows);
    }
    sweep_table(out, &library.sweep);
    if library.scanned {
        out.push_str(
            "<p class=\"note\">A library of this size is scanned, so its searches are exact.</p>\n",
        );
    }
}

fn write_made(out: &mut String, made: &MadeFigures) {
    let _ = writeln!(
        out,
        "<h2>{} made clauses</h2>",
        thousands(made.clauses as i64)
    );
    for line in made_lines(made) {
        let _ = writeln!(out, "<p>{}</p>", escape(&line));
    }
    let rows = load_rows(made.closed.iter().chain(&made.open));
    table(
        out,
        "The first stage (dense, lexical, fusion), ms",
        "a second",
        &rows,
    );
    out.push_str("<div class=\"figures\">\n");
    latency_figure(out, &made.closed, &made.open);
    sweep_figure(out, &[("clause vectors".into(), &made.sweep)]);
    out.push_str("</div>\n");
    if let Some(load) = made.closed.first() {
        steps_table(out, load);
    }
    sweep_table(out, &made.sweep);
}

/// Cells of a row: the name, the count, five percentiles, and one more.
type Row = [String; 8];

fn row(name: &str, latency: &Latency, last: &str) -> Row {
    let cell = |value: Option<f64>| value.map_or_else(|| "–".into(), milliseconds);
    [
        name.to_owned(),
        thousands(latency.count as i64),
        milliseconds(latency.p50),
        cell(latency.p90),
        cell(latency.p99),
        cell(latency.p999),
        milliseconds(latency.max),
        last.to_owned(),
    ]
}

fn load_rows<'a>(loads: impl Iterator<Item = &'a Load>) -> Vec<Row> {
    loads
        .map(|load| {
            let mut last = number(load.per_second);
            if load.unserved > 0 {
                let _ = write!(last, " (not sustained: {} given up)", load.unserved);
            }
            row(&load_name(load), &load.total, &last)
        })
        .collect()
}

fn table(out: &mut String, caption: &str, last: &str, rows: &[Row]) {
    let _ = write!(
        out,
        "<div class=\"wide\"><table><caption>{}</caption>\n<tr><th></th><th>n</th><th>p50</th>\
         <th>p90</th><th>p99</th><th>p99.9</th><th>max</th><th>{}</th></tr>\n",
        escape(caption),
        escape(last)
    );
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            let _ = write!(out, "<td>{}</td>", escape(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
}

fn steps_table(out: &mut String, load: &Load) {
    let rows: Vec<Row> = load
        .steps
        .iter()
        .map(|step| {
            let share = format!("{:.0} %", 100.0 * share(step, load));
            row(step.name(), &step.latency, &share)
        })
        .collect();
    table(
        out,
        &format!("Steps, {}, ms", load_name(load)),
        "of the time",
        &rows,
    );
}

fn sweep_table(out: &mut String, sweep: &[SweepPoint]) {
    out.push_str(
        "<div class=\"wide\"><table><caption>Clause vectors, one caller</caption>\n<tr><th></th>\
         <th>recall@10</th><th>searches a second</th><th>p50 ms</th></tr>\n",
    );
    for point in sweep {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{:.4}</td><td>{}</td><td>{}</td></tr>",
            point_name(point),
            point.recall,
            thousands(point.per_second.round() as i64),
            milliseconds(point.p50)
        );
    }
    out.push_str("</table></div>\n");
}

fn figure(out: &mut String, caption: &str, svg: &str) {
    let _ = write!(
        out,
        "<figure><figcaption>{}</figcaption>\n{svg}</figure>\n",
        escape(caption)
    );
}

/// Latency against the percentile, a line for each load.
fn latency_figure(out: &mut String, closed: &[Load], open: &[Load]) {
    let series: Vec<Series> = closed
        .iter()
        .chain(open)
        .map(|load| Series {
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
        })
        .filter(|series| series.points.len() > 1)
        .collect();
    if series.is_empty() {
        return;
    }
    let points = || series.iter().flat_map(|one| &one.points);
    let high = points().map(|point| point.0).fold(50.0, f64::max);
    let title = "Latency by percentile and callers";
    let (x, y) = (
        Scale::Percentile { high },
        Scale::log(points().map(|point| point.1)),
    );
    let chart = Chart {
        title,
        x_name: "percentile of the questions",
        y_name: "milliseconds",
        x,
        y,
        series,
    };
    figure(out, title, &chart.svg());
}

fn steps_figure(out: &mut String, load: &Load) {
    let rows: Vec<Bar> = load
        .steps
        .iter()
        .map(|step| Bar {
            name: step.name().into(),
            value: step.latency.p50,
            high: step.latency.p99,
        })
        .collect();
    let title = format!("Steps of a question, {}", load_name(load));
    let svg = bars(
        &title,
        "milliseconds: median, whisker to p99 (in brackets)",
        &rows,
    );
    figure(out, &title, &svg);
}

/// Speed against recall, a line for each name; the exact scan is a line of its own.
fn sweep_figure(out: &mut String, sweeps: &[(String, &Vec<SweepPoint>)]) {
    let mut series = Vec::new();
    for (name, sweep) in sweeps {
        let points: Vec<(f64, f64, String)> = sweep
            .iter()
            .filter_map(|point| {
                let ef = point.ef?;
                Some((point.recall, point.per_second, ef.to_string()))
            })
            .collect();
        if points.is_empty() {
            continue;
        }
        series.push(Series {
            name: if sweeps.len() > 1 {
                name.clone()
            } else {
                "graph".into()
            },
            points,
        });
        if sweeps.len() == 1
            && let Some(scan) = sweep.iter().find(|point| point.ef.is_none())
        {
            series.push(Series {
                name: "exact scan".into(),
                points: vec![(scan.recall, scan.per_second, String::new())],
            });
        }
    }
    if series.is_empty() {
        return;
    }
    let points = || series.iter().flat_map(|one| &one.points);
    let (x, y) = (
        Scale::linear(points().map(|point| point.0).chain([1.0])),
        Scale::log(points().map(|point| point.1)),
    );
    let title = "Recall against searches a second; ef beside the points";
    let chart = Chart {
        title,
        x_name: "recall@10 against the exact scan",
        y_name: "searches a second, one caller",
        x,
        y,
        series,
    };
    figure(out, title, &chart.svg());
}

fn p50(load: &Load, find: &dyn Fn(&StepLatency) -> bool) -> Option<f64> {
    load.steps
        .iter()
        .find(|step| find(step))
        .map(|step| step.latency.p50)
}

/// What grows with the number of clauses.
fn write_growth(out: &mut String, made: &[MadeFigures]) {
    out.push_str("<h2>Cost against size</h2>\n<div class=\"figures\">\n");
    let sizes = || made.iter().map(|one| one.clauses as f64);
    let line = |name: &str, value: &dyn Fn(&MadeFigures) -> Option<f64>| Series {
        name: name.into(),
        points: made
            .iter()
            .filter_map(|one| Some((one.clauses as f64, value(one)?, String::new())))
            .filter(|(_, value, _)| *value > 0.0)
            .collect(),
    };
    let load = |one: &MadeFigures| one.closed.first().cloned();
    let step =
        |name: &'static str| move |one: &MadeFigures| p50(&load(one)?, &|step| step.name() == name);
    let mut chart = |title: &str, y_name: &str, series: Vec<Series>| {
        let series: Vec<Series> = series
            .into_iter()
            .filter(|one| !one.points.is_empty())
            .collect();
        let values = series
            .iter()
            .flat_map(|one| one.points.iter().map(|point| point.1));
        let (x, y) = (Scale::log(sizes()), Scale::log(values));
        let svg = Chart {
            title,
            x_name: "clauses",
            y_name,
            x,
            y,
            series,
        }
        .svg();
        figure(out, title, &svg);
    };
    chart(
        "Time of the first stage, one caller",
        "milliseconds",
        vec![
            line("all, p99", &|one| load(one)?.total.p99),
            line("all, p50", &|one| Some(load(one)?.total.p50)),
            line("dense, p50", &step("dense, clauses")),
            line("lexical, p50", &step("lexical")),
            line("fuse, p50", &step("fuse")),
        ],
    );
    chart(
        "Time to build",
        "seconds",
        vec![
            line("graph", &|one| Some(one.graph_seconds)),
            line("words", &|one| Some(one.words_seconds)),
            line("vectors", &|one| Some(one.vectors_seconds)),
            line("save", &|one| Some(one.save_seconds)),
            line("open", &|one| Some(one.load_seconds)),
        ],
    );
    let mebibytes = |bytes: f64| Some(bytes / f64::from(1 << 20));
    chart(
        "Memory and disk",
        "MiB",
        vec![
            line("vectors on disk", &|one| mebibytes(one.saved_bytes as f64)),
            line("vectors in memory", &|one| {
                mebibytes(one.vector_bytes as f64)
            }),
            line("words on disk", &|one| mebibytes(one.lexical_bytes as f64)),
        ],
    );
    let sweeps: Vec<(String, &Vec<SweepPoint>)> = made
        .iter()
        .map(|one| (thousands(one.clauses as i64), &one.sweep))
        .collect();
    sweep_figure(out, &sweeps);
    out.push_str("</div>\n");
    growth_table(out, made);
}

fn growth_table(out: &mut String, made: &[MadeFigures]) {
    out.push_str(
        "<div class=\"wide\"><table><caption>The first stage, one caller</caption>\n<tr><th>clauses</th>\
         <th>p50 ms</th><th>p99 ms</th><th>graph s</th><th>words s</th><th>open s</th>\
         <th>vectors in memory</th><th>vectors on disk</th><th>words on disk</th></tr>\n",
    );
    for one in made {
        let Some(load) = one.closed.first() else {
            continue;
        };
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td>{}</td></tr>",
            thousands(one.clauses as i64),
            milliseconds(load.total.p50),
            load.total.p99.map_or_else(|| "–".into(), milliseconds),
            number(one.graph_seconds),
            number(one.words_seconds),
            number(one.load_seconds),
            bytes(one.vector_bytes as u64),
            bytes(one.saved_bytes),
            bytes(one.lexical_bytes)
        );
    }
    out.push_str("</table></div>\n");
}
