//! The report as text for a terminal.

use std::fmt;

use super::figures::{bytes, count, milliseconds, number, thousands};
use super::report::{BenchReport, LibraryFigures, Load, MadeFigures, StepLatency, SweepPoint};
use super::{Latency, Machine};

/// Width of the first column.
const NAME: usize = 30;

impl fmt::Display for BenchReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "yiju {}{}, {}", self.yiju, build(self), self.started_at)?;
        writeln!(f, "{}", self.machine)?;
        if let Some(library) = &self.library {
            write_library(f, library)?;
        }
        for made in &self.made {
            write_made(f, made)?;
        }
        if self.made.len() > 1 {
            write_growth(f, &self.made)?;
        }
        writeln!(f, "\nagain: {}", self.command)
    }
}

/// A warning for a debug build.
pub(super) fn build(report: &BenchReport) -> &'static str {
    if report.debug_build { " (a debug build: its figures say little)" } else { "" }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let processor = self.processor.as_deref().unwrap_or("unknown processor");
        write!(f, "{processor}, {}", count(self.cores, "core"))?;
        if !self.instructions.is_empty() {
            write!(f, ", {}", self.instructions.join(" "))?;
        }
        if let Some(memory) = self.memory_bytes {
            write!(f, ", {}", bytes(memory))?;
        }
        write!(f, ", {}", self.system)
    }
}

/// A library: its contents, its questions, and its memory and disk.
pub(super) fn library_lines(library: &LibraryFigures) -> [String; 3] {
    let reranker =
        library.reranker.as_deref().map(|name| format!(", reranker {name}")).unwrap_or_default();
    let memory = library
        .resident_bytes
        .map(|resident| format!("memory {}; ", bytes(resident)))
        .unwrap_or_default();
    let opened = library
        .open_seconds
        .map(|seconds| format!("opened in {} s; ", number(seconds)))
        .unwrap_or_default();
    [
        format!(
            "{}, {}, {}; {}, {} dimensions, {}{reranker}",
            count(library.documents as usize, "document"),
            count(library.clauses, "clause"),
            count(library.sentences, "sentence"),
            library.model,
            library.dimension,
            library.precision,
        ),
        format!(
            "{}, {}; {} answered, the rest refused",
            count(library.questions, "question"),
            library.questions_from,
            thousands(library.answered as i64)
        ),
        format!(
            "{opened}{memory}vectors {} in memory; database {} on disk, saved indexes {}",
            bytes(library.vector_bytes as u64),
            bytes(library.database_bytes),
            bytes(library.index_bytes)
        ),
    ]
}

fn write_library(f: &mut fmt::Formatter<'_>, library: &LibraryFigures) -> fmt::Result {
    writeln!(f)?;
    for line in library_lines(library) {
        writeln!(f, "{line}")?;
    }
    write_loads(f, "one question, ms", &library.closed, &library.open)?;
    if let Some(cold) = &library.cold {
        write_row(f, COLD, &cold.total, None)?;
        write_row(f, "  opening library and model", &cold.open, None)?;
        write_row(f, "  process start to end", &cold.process, None)?;
    }
    if let Some(load) = library.closed.first() {
        write_steps(f, load)?;
    }
    if let Some(cold) = &library.cold {
        write_head(f, "steps, cold, ms")?;
        for step in &cold.steps {
            write_row(f, step.name(), &step.latency, None)?;
        }
    }
    write_sweep(f, &library.sweep)
}

/// The name of the row of a process's first question.
pub(super) const COLD: &str = "cold: first of a process";

/// Made data of one size: its contents, build times, and memory and disk.
pub(super) fn made_lines(made: &MadeFigures) -> [String; 3] {
    let sentences = match made.sentences_per_clause {
        0 => "no sentence vectors".to_owned(),
        n => format!("{n} sentence vectors each"),
    };
    let how = if made.scanned {
        "scanned, as a library of this size is"
    } else {
        "searched by graph, as a library of this size is"
    };
    let memory = made
        .resident_bytes
        .map(|resident| format!("; memory of the process {}", bytes(resident)))
        .unwrap_or_default();
    [
        format!(
            "{} made clauses, {} characters, {} dimensions, {sentences}; {how}",
            thousands(made.clauses as i64),
            thousands(made.characters as i64),
            made.dimension
        ),
        format!(
            "built with {}: vectors {} s, words {} s, graph {} s; saved in {} s, opened in {} s, \
             first search {} ms",
            count(made.build_threads, "thread"),
            number(made.vectors_seconds),
            number(made.words_seconds),
            number(made.graph_seconds),
            number(made.save_seconds),
            number(made.load_seconds),
            number(made.first_ms)
        ),
        format!(
            "vector indexes {} in memory, {} saved; lexical index {}{memory}",
            bytes(made.vector_bytes as u64),
            bytes(made.saved_bytes),
            bytes(made.lexical_bytes)
        ),
    ]
}

fn write_made(f: &mut fmt::Formatter<'_>, made: &MadeFigures) -> fmt::Result {
    writeln!(f)?;
    for line in made_lines(made) {
        writeln!(f, "{line}")?;
    }
    write_loads(f, "the first stage, ms", &made.closed, &made.open)?;
    if let Some(load) = made.closed.first() {
        write_steps(f, load)?;
    }
    write_sweep(f, &made.sweep)
}

fn write_head(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    writeln!(
        f,
        "\n{name:<NAME$} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "n", "p50", "p90", "p99", "p99.9", "max"
    )
}

fn write_row(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    latency: &Latency,
    after: Option<String>,
) -> fmt::Result {
    let cell = |value: Option<f64>| value.map_or_else(|| "-".into(), milliseconds);
    writeln!(
        f,
        "{name:<NAME$} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8}{}",
        thousands(latency.count as i64),
        milliseconds(latency.p50),
        cell(latency.p90),
        cell(latency.p99),
        cell(latency.p999),
        milliseconds(latency.max),
        after.unwrap_or_default()
    )
}

/// A load's name for people.
pub(super) fn load_name(load: &Load) -> String {
    match load.rate {
        None => format!("closed, {}", count(load.callers, "caller")),
        Some(rate) => format!("open, {}/s, {}", number(rate), count(load.callers, "caller")),
    }
}

fn write_loads(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    closed: &[Load],
    open: &[Load],
) -> fmt::Result {
    write_head(f, name)?;
    for load in closed.iter().chain(open) {
        let mut after = format!("  {}/s", number(load.per_second));
        if load.unserved > 0 {
            after.push_str(&format!(
                "  not sustained: {} given up",
                thousands(load.unserved as i64)
            ));
        }
        write_row(f, &load_name(load), &load.total, Some(after))?;
    }
    Ok(())
}

/// The share of a load's time that a step took, 0 to 1.
pub(super) fn share(step: &StepLatency, load: &Load) -> f64 {
    let all = load.total.mean * load.total.count as f64;
    step.latency.mean * step.latency.count as f64 / all.max(f64::MIN_POSITIVE)
}

/// The median of a load's step by its name, milliseconds.
pub(super) fn step_p50(load: &Load, name: &str) -> Option<f64> {
    let found = load.steps.iter().find(|step| step.name() == name);
    found.map(|step| step.latency.p50)
}

fn write_steps(f: &mut fmt::Formatter<'_>, load: &Load) -> fmt::Result {
    write_head(f, &format!("steps, {}, ms", load_name(load)))?;
    for step in &load.steps {
        let share = format!("  {:.0} %", 100.0 * share(step, load));
        write_row(f, step.name(), &step.latency, Some(share))?;
    }
    Ok(())
}

/// A sweep point's name for people.
pub(super) fn point_name(point: &SweepPoint) -> String {
    let name = match point.ef {
        None => "exact scan".to_owned(),
        Some(ef) => format!("graph, ef {ef}"),
    };
    if point.used { name + " (used)" } else { name }
}

fn write_sweep(f: &mut fmt::Formatter<'_>, sweep: &[SweepPoint]) -> fmt::Result {
    writeln!(
        f,
        "\n{:<NAME$} {:>9} {:>10} {:>8}",
        "clause vectors, one caller", "recall@10", "searches/s", "p50 ms"
    )?;
    for point in sweep {
        writeln!(
            f,
            "{:<NAME$} {:>9.4} {:>10} {:>8}",
            point_name(point),
            point.recall,
            thousands(point.per_second.round() as i64),
            milliseconds(point.p50)
        )?;
    }
    Ok(())
}

fn write_growth(f: &mut fmt::Formatter<'_>, made: &[MadeFigures]) -> fmt::Result {
    writeln!(
        f,
        "\n{:<12} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>10}",
        "clauses",
        "p50 ms",
        "p99 ms",
        "dense",
        "lexical",
        "fuse",
        "graph s",
        "in memory",
        "on disk"
    )?;
    for one in made {
        let Some(load) = one.closed.first() else {
            continue;
        };
        let step = |name: &str| milliseconds(step_p50(load, name).unwrap_or(0.0));
        writeln!(
            f,
            "{:<12} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>10}",
            thousands(one.clauses as i64),
            milliseconds(load.total.p50),
            load.total.p99.map_or_else(|| "-".into(), milliseconds),
            step("dense, clauses"),
            step("lexical"),
            step("fuse"),
            number(one.graph_seconds),
            bytes(one.vector_bytes as u64),
            bytes(one.saved_bytes + one.lexical_bytes)
        )?;
    }
    Ok(())
}
