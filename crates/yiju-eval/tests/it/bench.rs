//! Reports of benchmarks: what people read, what is read back, what is compared.

use std::time::Duration;

use yiju_engine::Step;
use yiju_eval::bench::{
    BenchReport, Cold, Comparison, Latency, LibraryFigures, Load, Machine, MadeFigures, Round,
    Settings, StepLatency, SweepPoint, html,
};

/// `count` latencies that rise evenly from `low` milliseconds, the last ones steeply.
fn latency(count: u32, low: f64) -> Latency {
    Latency::of((0..count).map(|at| {
        let share = f64::from(at) / f64::from(count);
        let milliseconds = low * (1.0 + share + if share >= 0.99 { 4.0 * share } else { 0.0 });
        Duration::from_nanos((milliseconds * 1e6).round() as u64)
    }))
}

/// With few enough digits that JSON keeps it exactly.
fn short(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn load(callers: usize, rate: Option<f64>, count: u32, low: f64, steps: &[(Step, f64)]) -> Load {
    Load {
        callers,
        rate,
        per_second: f64::from(count) / 5.0,
        unserved: if rate.is_some() { 3 } else { 0 },
        total: latency(count, low),
        steps: steps
            .iter()
            .map(|&(step, share)| StepLatency {
                step: Some(step),
                latency: latency(count, low * share),
            })
            .chain([StepLatency { step: None, latency: latency(count, low * 0.01) }])
            .collect(),
        rounds: (0..5u32)
            .map(|round| Round {
                p50: short(low * (1.5 + 0.01 * f64::from(round))),
                p99: short(low * (5.0 + 0.1 * f64::from(round))),
                per_second: f64::from(count) / 5.0 + f64::from(round),
            })
            .collect(),
    }
}

fn made(clauses: usize) -> MadeFigures {
    let size = clauses as f64;
    let steps = [(Step::Clauses, 0.3), (Step::Lexical, 0.5), (Step::Fuse, 0.19)];
    let time = 0.05 * size.sqrt() / 30.0;
    let point = |ef: Option<usize>, used, recall, per_second: f64| SweepPoint {
        ef,
        used,
        recall,
        per_second,
        p50: short(1e3 / per_second),
    };
    MadeFigures {
        clauses,
        sentences_per_clause: 0,
        dimension: 384,
        characters: 90 * clauses as u64,
        vectors_seconds: short(size * 1e-5),
        words_seconds: short(size * 6e-5),
        graph_seconds: short(size * 4e-4),
        build_threads: 2,
        save_seconds: short(size * 2e-6),
        load_seconds: short(size * 1e-6),
        vector_bytes: 600 * clauses,
        saved_bytes: 2_100 * clauses as u64,
        lexical_bytes: 120 * clauses as u64,
        resident_bytes: Some(3_000 * clauses as u64),
        scanned: clauses <= 20_000,
        first_ms: short(3.0 * time),
        closed: vec![load(1, None, 2_000, time, &steps), load(2, None, 3_000, 1.3 * time, &steps)],
        open: vec![load(2, Some(250.0), 1_250, 1.1 * time, &steps)],
        sweep: vec![
            point(None, clauses <= 20_000, 1.0, short(3e7 / size)),
            point(Some(16), false, 0.92, 1.2e4),
            point(Some(48), false, 0.985, 8e3),
            point(Some(96), clauses > 20_000, 0.997, 5e3),
            point(Some(256), false, 0.9995, 2e3),
        ],
    }
}

fn report() -> BenchReport {
    let steps = [
        (Step::Analyse, 0.02),
        (Step::Tokenise, 0.01),
        (Step::Embed, 0.25),
        (Step::Clauses, 0.01),
        (Step::Sentences, 0.01),
        (Step::Lexical, 0.02),
        (Step::Fuse, 0.03),
        (Step::SecondStage, 0.45),
        (Step::Evidence, 0.15),
        (Step::Compose, 0.02),
    ];
    let mut report = BenchReport::new(
        "0.1.0",
        "2026-01-02T03:04:05Z".into(),
        "yiju bench --docs 'a <b>'".into(),
        Machine {
            processor: Some("Some CPU".into()),
            cores: 2,
            system: "linux x86_64".into(),
            instructions: vec!["AVX2".into(), "AVX-512 VNNI".into()],
            memory_bytes: Some(24 << 30),
        },
        Settings {
            seconds: 5.0,
            rounds: 5,
            callers: vec![1, 2],
            rate: Some(80.0),
            model_threads: 2,
            cold: 5,
        },
    );
    report.debug_build = false;
    report.library = Some(LibraryFigures {
        documents: 5,
        clauses: 64,
        sentences: 212,
        model: "yiju-e5-small-q8".into(),
        dimension: 384,
        precision: "int8 on avx512 kernels".into(),
        reranker: None,
        questions: 60,
        questions_from: "derived from the clauses".into(),
        answered: 57,
        open_seconds: Some(0.131),
        database_bytes: 3_400_000,
        index_bytes: 150_000,
        vector_bytes: 110_000,
        resident_bytes: Some(90_000_000),
        peak_bytes: Some(95_000_000),
        cold: Some(Cold {
            process: latency(5, 150.0),
            open: latency(5, 110.0),
            total: latency(5, 20.0),
            steps: vec![StepLatency { step: Some(Step::Embed), latency: latency(5, 9.0) }],
        }),
        closed: vec![load(1, None, 1_200, 4.0, &steps), load(2, None, 1_500, 6.0, &steps)],
        open: vec![load(2, Some(80.0), 400, 5.0, &steps)],
        scanned: true,
        sweep: vec![SweepPoint {
            ef: None,
            used: true,
            recall: 1.0,
            per_second: 250_000.0,
            p50: 0.004,
        }],
    });
    report.made = vec![made(1_000), made(10_000), made(100_000)];
    report
}

#[test]
fn the_table() {
    insta::assert_snapshot!("table", report().to_string());
}

/// What stands between `open` and `close`, wherever it does.
fn between<'p>(page: &'p str, open: &str, close: &str) -> Vec<&'p str> {
    let parts = page.split(open).skip(1);
    parts.filter_map(|part| Some(part.split_once(close)?.0)).collect()
}

/// The cells of the rows of a table, by its caption; the rows of several that share it follow each other.
fn rows<'p>(page: &'p str, caption: &str) -> Vec<Vec<&'p str>> {
    let head = format!("<caption>{caption}</caption>");
    let tables = between(page, &head, "</table>").into_iter();
    let rows = tables.flat_map(|table| between(table, "<tr><td>", "</td></tr>"));
    rows.map(|row| row.split("</td><td>").collect()).collect()
}

/// The texts of the plots, by their captions.
fn plots<'p>(page: &'p str, caption: &str) -> Vec<Vec<&'p str>> {
    let head = format!("<figcaption>{caption}</figcaption>");
    let texts = |svg| between(svg, "<text", "</text>");
    between(page, &head, "</svg>")
        .into_iter()
        .map(|svg| texts(svg).into_iter().filter_map(|text| text.split_once('>')))
        .map(|texts| texts.map(|(_, text)| text.trim()).collect())
        .collect()
}

#[test]
fn the_page_needs_nothing_from_outside_and_what_a_user_typed_is_text() {
    let page = html(&report());
    for outside in ["<script", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    let links = page.matches("http").count();
    assert_eq!(links, page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count());
    assert!(
        page.contains("<code>yiju bench --docs &#39;a &lt;b&gt;&#39;</code>")
            && !page.contains("<b>")
    );
}

#[test]
fn the_page_has_every_table() {
    let page = html(&report());
    for line in [
        "Some CPU, 2 cores, AVX2 AVX-512 VNNI, 24 GiB, linux x86_64",
        "60 questions, derived from the clauses; 57 answered, the rest refused",
    ] {
        assert!(page.contains(&format!("<p>{line}</p>")), "{line}");
    }
    let loads = rows(&page, "One question, ms");
    assert_eq!(loads.len(), 6);
    assert_eq!(
        loads[0],
        ["closed, 1 caller", "1,200", "6.00", "7.60", "7.96", "24.0", "24.0", "240"]
    );
    assert_eq!(loads[2][0], "open, 80/s, 2 callers");
    assert_eq!(loads[2][5..], ["–", "29.9", "80 (not sustained: 3 given up)"]);
    assert_eq!(loads[3][..4], ["cold: first of a process", "5", "28.0", "–"]);
    let steps = rows(&page, "Steps, closed, 1 caller, ms");
    // Of the library, and of the three sizes.
    assert_eq!(steps.len(), 11 + 3 * 4);
    assert_eq!(steps[2][0], "embed");
    assert_eq!(steps[2][7], "25 %");
    assert_eq!(rows(&page, "Steps, cold, ms").len(), 1);
    let sweep = rows(&page, "Clause vectors, one caller");
    assert_eq!(sweep.len(), 1 + 3 * 5);
    assert_eq!(sweep[0], ["exact scan (used)", "1.0000", "250,000", "0.004"]);
    assert_eq!(sweep[2], ["graph, ef 16", "0.9200", "12,000", "0.083"]);
    let growth = rows(&page, "The first stage, one caller");
    assert_eq!(growth.len(), 3);
    assert_eq!(
        growth[2],
        ["100,000", "0.79", "1.05", "40", "6", "0.1", "57.2 MiB", "200 MiB", "11.4 MiB"]
    );
    assert_eq!(rows(&page, "The first stage (dense, lexical, fusion), ms").len(), 9);
}

#[test]
fn the_page_has_every_plot_with_its_axes_and_legend() {
    let page = html(&report());
    let holds = |caption: &str, count: usize, texts: &[&str]| {
        let found = plots(&page, caption);
        assert_eq!(found.len(), count, "{caption}");
        for text in texts {
            assert!(found[0].contains(text), "{text} in {caption}: {:?}", found[0]);
        }
    };
    holds(
        "Latency by percentile and callers",
        4,
        &["percentile of the questions", "milliseconds", "99.9 %", "closed, 2", "open, 80/s"],
    );
    holds(
        "Steps of a question, closed, 1 caller",
        1,
        &[
            "second stage",
            "2.7 (3.58)",
            "rest",
            "milliseconds: median, whisker to p99 (in brackets)",
        ],
    );
    holds(
        "Time of the first stage, one caller",
        1,
        &[
            "clauses",
            "milliseconds",
            "100,000",
            "all, p99",
            "dense, p50",
            "lexical, p50",
            "fuse, p50",
        ],
    );
    holds("Time to build", 1, &["seconds", "graph", "words", "vectors", "save", "open"]);
    holds("Memory and disk", 1, &["MiB", "vectors on disk", "vectors in memory", "words on disk"]);
    // Of all sizes together, and of each.
    holds(
        "Recall against searches a second; ef beside the points",
        4,
        &["recall@10 against the exact scan", "1,000", "10,000", "100,000", "16", "256"],
    );
    let names = "aria-label=\"Memory and disk\"";
    assert!(page.contains(names) && page.matches("role=\"img\"").count() == 12);
}

#[test]
fn json_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.json");
    let report = report();
    std::fs::write(&path, serde_json::to_vec_pretty(&report).unwrap()).unwrap();
    assert_eq!(BenchReport::read(&path).unwrap(), report);
}

#[test]
fn a_file_of_another_shape_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other.json");
    let read = |text: &str| {
        std::fs::write(&path, text).unwrap();
        BenchReport::read(&path).unwrap_err().to_string()
    };
    let mut value = serde_json::to_value(report()).unwrap();
    value["version"] = 2.into();
    let newer = read(&value.to_string());
    assert!(newer.contains("other.json") && newer.contains("its version is 2"), "{newer}");
    assert!(read("{\"format\": \"x\", \"version\": 1}").contains("its format is \"x\""));
    assert!(read("[1, 2]").contains("no format and version"));
    assert!(read("{\"format\": \"yiju-bench\", \"version\": 1}").contains("missing field"));
    let none = BenchReport::read(&dir.path().join("none")).unwrap_err();
    assert!(none.to_string().contains("cannot read"), "{none}");
}

#[test]
fn a_comparison_names_what_differs_and_what_is_more_than_noise() {
    let before = report();
    let mut after = before.clone();
    after.machine.cores = 8;
    after.settings.seconds = 1.0;
    let library = after.library.as_mut().unwrap();
    // Twice as fast in every round; the second load within the noise.
    let load = &mut library.closed[0];
    load.total.p50 /= 2.0;
    load.rounds.iter_mut().for_each(|round| {
        round.p50 /= 2.0;
        round.p99 *= 2.0;
    });
    library.closed[1].rounds[0].p50 *= 1.5;
    library.cold.as_mut().unwrap().total.p50 *= 1.5;
    after.made[2].sweep[1].recall = 0.95;
    after.made.remove(0);
    insta::assert_snapshot!("comparison", Comparison::new(&before, &after).to_string());

    let same = Comparison::new(&before, &before).to_string();
    assert!(!same.contains("not the same") && !same.contains("  better\n"), "{same}");
    let mut nothing = before.clone();
    nothing.library = None;
    nothing.made.clear();
    let nothing = Comparison::new(&before, &nothing).to_string();
    assert!(nothing.contains("nothing in common"), "{nothing}");
}
