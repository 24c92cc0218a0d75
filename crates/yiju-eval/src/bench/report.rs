//! The figures of a benchmark, as written to a file and read back.

use std::path::Path;

use serde::{Deserialize, Serialize};
use yiju_engine::Step;

use super::{BenchError, Latency, Machine};

/// The value of `format` in a file of figures.
const FORMAT: &str = "yiju-bench";
/// The version of the file's shape; it changes when a field is renamed, removed or means another thing.
const VERSION: u32 = 1;

/// The figures of a benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchReport {
    /// Always `yiju-bench`.
    pub format: String,
    /// The version of the file's shape, 1.
    pub version: u32,
    /// Yiju's version.
    pub yiju: String,
    /// Whether it was built without optimisation, which makes it slow.
    pub debug_build: bool,
    /// When it began, ISO 8601.
    pub started_at: String,
    /// The command line that repeats it.
    pub command: String,
    /// The machine.
    pub machine: Machine,
    /// How it was measured.
    pub settings: Settings,
    /// A library of documents, where one was measured.
    pub library: Option<LibraryFigures>,
    /// Made data by size, ascending.
    pub made: Vec<MadeFigures>,
}

/// How a benchmark measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Seconds for each measurement.
    pub seconds: f64,
    /// Rounds that each measurement is divided into.
    pub rounds: usize,
    /// How many ask at once, one measurement each.
    pub callers: Vec<usize>,
    /// Questions a second of the open loop; `None` for half of what the closed loop reached.
    pub rate: Option<f64>,
    /// Threads of the model.
    pub model_threads: usize,
    /// Fresh processes asked one question each.
    pub cold: usize,
}

/// The figures of a library of documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LibraryFigures {
    /// Documents.
    pub documents: u64,
    /// Clauses.
    pub clauses: usize,
    /// Sentences.
    pub sentences: usize,
    /// The model's name.
    pub model: String,
    /// Components of its vectors.
    pub dimension: usize,
    /// The model's arithmetic and kernels.
    pub precision: String,
    /// The cross-encoder's name, where one is used.
    pub reranker: Option<String>,
    /// Different questions that were asked, in turn.
    pub questions: usize,
    /// Where they come from.
    pub questions_from: String,
    /// How many of them were answered and not refused.
    pub answered: usize,
    /// Seconds to open the library in this process, the model included; `None` where a server measures itself.
    pub open_seconds: Option<f64>,
    /// Bytes of the database on disk.
    pub database_bytes: u64,
    /// Bytes of saved indexes on disk.
    pub index_bytes: u64,
    /// Bytes of the vector lanes that searches need in memory.
    pub vector_bytes: usize,
    /// Memory of the process after all questions; `None` where the system does not report it.
    pub resident_bytes: Option<u64>,
    /// The most memory that it had.
    pub peak_bytes: Option<u64>,
    /// The first question of a fresh process, from the call in it: steps and total.
    pub cold: Option<Cold>,
    /// Callers that ask one question after the other.
    pub closed: Vec<Load>,
    /// Arrivals at a fixed rate.
    pub open: Vec<Load>,
    /// The vectors of clauses: whether searches scan them all.
    pub scanned: bool,
    /// Recall and speed of the clause vectors.
    pub sweep: Vec<SweepPoint>,
}

/// The first question of fresh processes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cold {
    /// From the start of the process to its end.
    pub process: Latency,
    /// Opening library and model.
    pub open: Latency,
    /// The question.
    pub total: Latency,
    /// Its steps.
    pub steps: Vec<StepLatency>,
}

/// The figures of made data of one size.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MadeFigures {
    /// Clauses.
    pub clauses: usize,
    /// Sentences to each clause that have vectors of their own.
    pub sentences_per_clause: usize,
    /// Components of the vectors.
    pub dimension: usize,
    /// Characters of all clauses.
    pub characters: u64,
    /// Seconds to make and insert the vectors.
    pub vectors_seconds: f64,
    /// Seconds to make and index the words.
    pub words_seconds: f64,
    /// Seconds to build the graphs of the vectors.
    pub graph_seconds: f64,
    /// Threads that built.
    pub build_threads: usize,
    /// Seconds to write the vector indexes, with their checksums.
    pub save_seconds: f64,
    /// Seconds to check and map them again.
    pub load_seconds: f64,
    /// Bytes of the vector indexes that searches need in memory.
    pub vector_bytes: usize,
    /// All bytes of the vector indexes as saved.
    pub saved_bytes: u64,
    /// Bytes of the lexical index on disk.
    pub lexical_bytes: u64,
    /// Memory of the process with all indexes; `None` where the system does not report it.
    pub resident_bytes: Option<u64>,
    /// Whether a library of this size scans the vectors of its clauses.
    pub scanned: bool,
    /// The first search after the indexes were opened from disk, milliseconds.
    pub first_ms: f64,
    /// Callers that search one after the other.
    pub closed: Vec<Load>,
    /// Arrivals at a fixed rate.
    pub open: Vec<Load>,
    /// Recall and speed of the clause vectors: the exact scan and the graph.
    pub sweep: Vec<SweepPoint>,
}

/// The figures of a load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// How many are served at once.
    pub callers: usize,
    /// Arrivals a second; `None` in the closed loop.
    pub rate: Option<f64>,
    /// Questions served a second.
    pub per_second: f64,
    /// Arrivals that were dropped because they were not served within twice the time.
    pub unserved: u64,
    /// The whole question: from the call, or from its arrival.
    pub total: Latency,
    /// Its steps in order; the last is the rest, which no step took.
    pub steps: Vec<StepLatency>,
    /// The figures of each round, which show how much they vary.
    pub rounds: Vec<Round>,
}

/// A step's latency. Steps that did not run have none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepLatency {
    /// The step; `None` for the time outside all steps.
    pub step: Option<Step>,
    /// Its latency.
    pub latency: Latency,
}

impl StepLatency {
    /// The step's name for people.
    pub fn name(&self) -> &'static str {
        self.step.map_or("rest", Step::name)
    }
}

/// One round of a load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Median, milliseconds.
    pub p50: f64,
    /// 99th percentile, milliseconds; the slowest of fewer than 100.
    pub p99: f64,
    /// Questions served a second.
    pub per_second: f64,
}

/// A point of recall against speed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// The graph search's `ef`; `None` for the exact scan.
    pub ef: Option<usize>,
    /// Whether this is how questions search.
    pub used: bool,
    /// Share of the ten nearest that are found.
    pub recall: f64,
    /// Searches a second, one after the other.
    pub per_second: f64,
    /// Median, milliseconds.
    pub p50: f64,
}

impl BenchReport {
    /// An empty report, to be filled.
    pub fn new(
        yiju: &str,
        started_at: String,
        command: String,
        machine: Machine,
        settings: Settings,
    ) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            yiju: yiju.into(),
            debug_build: cfg!(debug_assertions),
            started_at,
            command,
            machine,
            settings,
            library: None,
            made: Vec::new(),
        }
    }

    /// Reads a report from a file.
    ///
    /// # Errors
    /// The file cannot be read, is not a report, or has another version.
    pub fn read(path: &Path) -> Result<Self, BenchError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let not = |reason: String| BenchError::NotAReport { path: path.to_owned(), reason };
        let bytes = std::fs::read(path).map_err(|source| BenchError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        let head: Head = serde_json::from_slice(&bytes)
            .map_err(|error| not(format!("it has no format and version: {error}")))?;
        if head.format != FORMAT {
            return Err(not(format!("its format is {:?}", head.format)));
        }
        if head.version != VERSION {
            return Err(not(format!(
                "its version is {}, and this Yiju reads version {VERSION}",
                head.version
            )));
        }
        serde_json::from_slice(&bytes).map_err(|error| not(error.to_string()))
    }
}
