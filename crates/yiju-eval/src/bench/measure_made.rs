//! Made data of a given size, searched as the first stage of a question searches a library.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use yiju_engine::{FirstStage, PassageRecord, Step, StepTimes, traced};
use yiju_index::{AdaptiveIndex, LexicalIndex, SWITCH_POINT, VectorIndex};
use yiju_made::{MadeText, MadeVectors, SEED};

use super::report::{MadeFigures, Settings};
use super::sweep::{self, NEIGHBOURS};
use super::{BenchError, Plan, SweepPoint, Watch, bytes_in, loads};

/// How many clauses can be made.
const CLAUSES: RangeInclusive<usize> = 1_000..=1_000_000;
/// The most sentences for each clause.
const MOST_SENTENCES: usize = 10;
/// The directories of the lanes.
const LANES: [&str; 3] = ["clauses", "sentences", WORDS];
const WORDS: &str = "lexical";
/// Different questions that are asked.
const QUESTIONS: usize = 1_000;
/// Clauses of a made document.
const DOCUMENT: u64 = 100;
/// Entries between two reports of progress.
const BATCH: usize = 2_000;
/// Planned seconds for each vector, each clause's words, and each vector of a graph on one
/// thread: about what they take on the machine of docs/bench.md.
const VECTOR_SECONDS: f64 = 15e-6;
const WORDS_SECONDS: f64 = 60e-6;
const GRAPH_SECONDS: f64 = 200e-6;

/// Which data is made.
#[derive(Clone, Copy, Debug)]
pub struct MadeTask<'a> {
    /// Clauses, 1,000 to 1,000,000.
    pub clauses: usize,
    /// Sentences to each clause with vectors of their own, 0 to 10.
    pub sentences: usize,
    /// Components of the vectors.
    pub dimension: usize,
    /// An empty directory for the indexes.
    pub directory: &'a Path,
}

impl MadeTask<'_> {
    /// Checks its size.
    ///
    /// # Errors
    /// [`BenchError::OutOfRange`] names the limit.
    pub fn check(&self) -> Result<(), BenchError> {
        if !CLAUSES.contains(&self.clauses) {
            return Err(BenchError::OutOfRange {
                what: "--made",
                range: format!("{} to {} clauses", CLAUSES.start(), CLAUSES.end()),
                value: self.clauses.to_string(),
            });
        }
        if self.sentences > MOST_SENTENCES {
            return Err(BenchError::OutOfRange {
                what: "--sentences",
                range: format!("0 to {MOST_SENTENCES}"),
                value: self.sentences.to_string(),
            });
        }
        Ok(())
    }

    /// Number of ids for a clause and its sentences.
    fn step(&self) -> u64 {
        self.sentences as u64 + 1
    }

    fn place(&self, id: u64) -> PassageRecord {
        let (clause, within) = (id / self.step(), id % self.step());
        PassageRecord {
            id,
            document_id: format!("{:016x}", clause / DOCUMENT),
            clause: (clause % DOCUMENT) as u32,
            sentence: within.checked_sub(1).map(|sentence| sentence as u32),
        }
    }
}

/// Planned seconds for a size: the measurements as set, and building as long as it usually takes.
pub fn seconds_for(task: &MadeTask<'_>, settings: &Settings) -> f64 {
    let clauses = task.clauses as f64;
    let sweep = (sweep::widths().len() + 1) as f64 * settings.seconds / 5.0;
    vector_seconds(task)
        + clauses * WORDS_SECONDS
        + graph_seconds(task, threads())
        + sweep
        + loads::seconds(settings)
}

fn vector_seconds(task: &MadeTask<'_>) -> f64 {
    (task.clauses * (task.sentences + 1)) as f64 * VECTOR_SECONDS
}

fn graph_seconds(task: &MadeTask<'_>, threads: usize) -> f64 {
    (task.clauses * (task.sentences + 1)) as f64 * GRAPH_SECONDS / threads as f64
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The vector lanes.
struct Vectors {
    clauses: AdaptiveIndex,
    sentences: AdaptiveIndex,
}

/// Makes the data, builds the indexes, saves and opens them, and searches: in closed loops, in an open one,
/// and the clause vectors by exact scan and by graph.
///
/// # Errors
/// A setting is out of its range, an index failed, or `cancel` was set.
pub fn measure_made(
    task: &MadeTask<'_>,
    settings: &Settings,
    watch: &Watch<'_>,
    cancel: &AtomicBool,
) -> Result<MadeFigures, BenchError> {
    super::check(settings)?;
    task.check()?;
    let mut plan = Plan::new(watch, cancel, seconds_for(task, settings));
    for lane in LANES {
        let path = task.directory.join(lane);
        std::fs::create_dir_all(&path).map_err(|source| BenchError::Io {
            action: "make",
            path,
            source,
        })?;
    }
    let mut figures = MadeFigures {
        clauses: task.clauses,
        sentences_per_clause: task.sentences,
        dimension: task.dimension,
        build_threads: threads(),
        scanned: task.clauses <= SWITCH_POINT,
        ..MadeFigures::default()
    };

    let start = Instant::now();
    let made = MadeVectors::new(task.clauses, task.dimension, SEED);
    let mut vectors = insert_vectors(task, &made, &mut plan)?;
    figures.vectors_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let text = MadeText::new(SEED);
    let word_dir = task.directory.join(WORDS);
    figures.characters = index_words(task, &text, &word_dir, &mut plan)?;
    figures.words_seconds = start.elapsed().as_secs_f64();

    // Vectors that are in no graph yet are scanned, which gives the exact neighbours.
    let queries: Vec<Vec<f32>> =
        (0..QUESTIONS).map(|at| made.clause((task.clauses + at) as u64)).collect();
    let asked = &queries[..sweep::QUESTIONS];
    let each = settings.seconds / 5.0;
    let mut truth = Vec::with_capacity(asked.len());
    for query in asked {
        plan.at("comparing with every clause", 0.0)?;
        truth.push(nearest(&vectors.clauses, query)?);
    }
    let scanned = figures.scanned;
    let scan = (None, scanned);
    figures.sweep = vec![sweep_point(&vectors, asked, &truth, scan, each, &plan)?];
    plan.pass(each);

    let saved = Saved { task, settings, queries: &queries, text: &text };
    // Each size is searched the way that a library of its size is.
    if scanned {
        saved.save(&vectors, &mut figures, &plan)?;
        saved.search(&mut figures, &mut plan)?;
    }
    figures.graph_seconds = build_graphs(task, &mut vectors, &mut plan)?;
    let points = sweep_graph(&mut vectors, asked, &truth, scanned, each, &mut plan)?;
    figures.sweep.extend(points);
    if !scanned {
        saved.save(&vectors, &mut figures, &plan)?;
        // Drop them before the saved ones are opened.
        drop(vectors);
        saved.search(&mut figures, &mut plan)?;
    }
    Ok(figures)
}

fn insert_vectors(
    task: &MadeTask<'_>,
    made: &MadeVectors,
    plan: &mut Plan<'_>,
) -> Result<Vectors, BenchError> {
    let mut vectors = Vectors {
        clauses: AdaptiveIndex::new(task.dimension),
        sentences: AdaptiveIndex::new(task.dimension),
    };
    vectors.clauses.hold_rebuilds(true);
    vectors.sentences.hold_rebuilds(true);
    let begin = Instant::now();
    for clause in 0..task.clauses as u64 {
        if clause.is_multiple_of(BATCH as u64) {
            plan.at("making vectors", begin.elapsed().as_secs_f64().min(vector_seconds(task)))?;
        }
        let id = clause * task.step();
        vectors.clauses.insert(id, &made.clause(clause))?;
        for sentence in 0..task.sentences as u64 {
            let vector = made.sentence(clause, sentence);
            vectors.sentences.insert(id + sentence + 1, &vector)?;
        }
    }
    plan.pass(vector_seconds(task));
    Ok(vectors)
}

/// Indexes the text of every clause in `dir`; returns the number of characters.
fn index_words(
    task: &MadeTask<'_>,
    text: &MadeText,
    dir: &Path,
    plan: &mut Plan<'_>,
) -> Result<u64, BenchError> {
    let mut words = LexicalIndex::create(dir)?;
    let mut characters = 0u64;
    let planned = task.clauses as f64 * WORDS_SECONDS;
    let begin = Instant::now();
    for clause in 0..task.clauses as u64 {
        if clause.is_multiple_of(BATCH as u64) {
            plan.at("indexing words", begin.elapsed().as_secs_f64().min(planned))?;
        }
        let (heading, body) = text.clause(clause);
        characters += body.chars().count() as u64;
        words.add(clause * task.step(), &heading, &body)?;
    }
    words.commit(1)?;
    plan.pass(planned);
    Ok(characters)
}

fn nearest(index: &AdaptiveIndex, query: &[f32]) -> Result<Vec<u64>, BenchError> {
    let hits = index.search(query, NEIGHBOURS, None)?;
    Ok(hits.into_iter().map(|hit| hit.id).collect())
}

fn sweep_point(
    vectors: &Vectors,
    queries: &[Vec<f32>],
    truth: &[Vec<u64>],
    setting: (Option<usize>, bool),
    seconds: f64,
    plan: &Plan<'_>,
) -> Result<SweepPoint, BenchError> {
    plan.at("recall against speed", 0.0)?;
    let time = Duration::from_secs_f64(seconds);
    let search = |query: &[f32]| nearest(&vectors.clauses, query);
    sweep::point(&search, queries, truth, setting, time, plan.cancel)
}

fn sweep_graph(
    vectors: &mut Vectors,
    queries: &[Vec<f32>],
    truth: &[Vec<u64>],
    scanned: bool,
    seconds: f64,
    plan: &mut Plan<'_>,
) -> Result<Vec<SweepPoint>, BenchError> {
    let mut points = Vec::new();
    for ef in sweep::widths() {
        vectors.clauses.set_ef(ef);
        let used = !scanned && ef == yiju_index::DEFAULT_EF;
        points.push(sweep_point(vectors, queries, truth, (Some(ef), used), seconds, plan)?);
        plan.pass(seconds);
    }
    vectors.clauses.set_ef(yiju_index::DEFAULT_EF);
    Ok(points)
}

/// Builds a graph over the clauses, and over the sentences where a library would; returns the seconds.
fn build_graphs(
    task: &MadeTask<'_>,
    vectors: &mut Vectors,
    plan: &mut Plan<'_>,
) -> Result<f64, BenchError> {
    let planned = graph_seconds(task, threads());
    let begin = Instant::now();
    vectors.clauses.set_switch_point(0);
    for index in [&mut vectors.clauses, &mut vectors.sentences] {
        // This starts the build on another thread, and installs the graph once it is done. A stop drops
        // the index, which ends the build.
        index.hold_rebuilds(false);
        while index.is_rebuilding() {
            plan.at("building the graph", begin.elapsed().as_secs_f64().min(planned))?;
            std::thread::sleep(Duration::from_millis(20));
            index.hold_rebuilds(false);
        }
        index.settle()?;
    }
    plan.pass(planned);
    Ok(begin.elapsed().as_secs_f64())
}

/// Indexes that are saved and opened again, as a library's are.
struct Saved<'a> {
    task: &'a MadeTask<'a>,
    settings: &'a Settings,
    queries: &'a [Vec<f32>],
    text: &'a MadeText,
}

impl Saved<'_> {
    fn save(
        &self,
        vectors: &Vectors,
        figures: &mut MadeFigures,
        plan: &Plan<'_>,
    ) -> Result<(), BenchError> {
        plan.at("saving the indexes", 0.0)?;
        let [clause_dir, sentence_dir, _] = LANES.map(|lane| self.task.directory.join(lane));
        let start = Instant::now();
        vectors.clauses.save(&clause_dir, 1)?;
        vectors.sentences.save(&sentence_dir, 1)?;
        figures.save_seconds = start.elapsed().as_secs_f64();
        Ok(())
    }

    /// Opens all indexes and searches them.
    fn search(&self, figures: &mut MadeFigures, plan: &mut Plan<'_>) -> Result<(), BenchError> {
        let task = self.task;
        let [clause_dir, sentence_dir, word_dir] = LANES.map(|lane| task.directory.join(lane));
        plan.at("opening the indexes", 0.0)?;
        let start = Instant::now();
        let clauses = AdaptiveIndex::load(&clause_dir, task.dimension, 1)?;
        let sentences = AdaptiveIndex::load(&sentence_dir, task.dimension, 1)?;
        figures.load_seconds = start.elapsed().as_secs_f64();
        let lexical = LexicalIndex::open(&word_dir, 1)?;
        let stage = FirstStage { clauses: &clauses, sentences: &sentences, lexical: &lexical };
        let questions: Vec<String> = (0..self.queries.len())
            .map(|at| at * task.clauses / self.queries.len())
            .map(|clause| self.text.question(clause as u64))
            .collect();
        let search = |number: usize| -> Result<StepTimes, BenchError> {
            let at = number % questions.len();
            let (query, text) = (&self.queries[at], &questions[at]);
            let (found, times) = traced(|| stage.candidates(query, text, |id| task.place(id)));
            found?;
            Ok(times)
        };
        let start = Instant::now();
        search(0)?;
        figures.first_ms = start.elapsed().as_secs_f64() * 1e3;
        let (mut closed, mut open) = loads::measure(&search, self.settings, plan, plan.cancel)?;
        if task.sentences == 0 {
            // Without sentence vectors that lane does nothing.
            for load in closed.iter_mut().chain(&mut open) {
                load.steps.retain(|step| step.step != Some(Step::Sentences));
            }
        }
        (figures.closed, figures.open) = (closed, open);
        figures.vector_bytes = clauses.memory().0 + sentences.memory().0;
        figures.saved_bytes = bytes_in(&clause_dir) + bytes_in(&sentence_dir);
        figures.lexical_bytes = bytes_in(&word_dir);
        figures.resident_bytes = yiju_machine::resident().map(|(now, _)| now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_size_is_measured_and_a_stop_is_heard() {
        let dir = tempfile::tempdir().unwrap();
        let task = MadeTask { clauses: 1_000, sentences: 1, dimension: 32, directory: dir.path() };
        let settings = Settings {
            seconds: 0.02,
            rounds: 2,
            callers: vec![1, 2],
            rate: Some(500.0),
            model_threads: 1,
            cold: 0,
        };
        let cancel = AtomicBool::new(false);
        let found = measure_made(&task, &settings, &|_| {}, &cancel).unwrap();
        assert_eq!((found.clauses, found.scanned), (1_000, true));
        assert_eq!(found.sweep[0].recall, 1.0);
        assert!(found.sweep.last().unwrap().recall > 0.99, "{:?}", found.sweep);
        assert_eq!(found.closed.len(), 2);
        let steps: Vec<_> = found.closed[0].steps.iter().map(|s| s.name()).collect();
        assert_eq!(steps, ["dense, clauses", "dense, sentences", "lexical", "fuse", "rest"]);
        assert!(found.saved_bytes > 0 && found.lexical_bytes > 0 && found.characters > 0);

        let stopped = measure_made(&task, &settings, &|_| {}, &AtomicBool::new(true));
        assert!(matches!(stopped, Err(BenchError::Stopped)));
        let small = MadeTask { clauses: 999, ..task };
        let error = measure_made(&small, &settings, &|_| {}, &cancel).unwrap_err();
        assert_eq!(error.to_string(), "--made is 999, but it must be 1000 to 1000000 clauses");
    }
}
