//! Answers questions about documents with the clauses the answers rest on.
//!
//! [`Engine`] is a library with its model and indexes: [`Engine::add`] parses, embeds and stores a
//! source, [`Engine::search`] ranks clauses, [`Engine::ask`] answers with verbatim quotes or refuses.
//!
//! The wings: `ask` answers (its `pipeline` is the whole way of a question on one page), `keep` holds the
//! library and its indexes, `verify` checks quotes, `ground` checks texts against sources, `write` has answers written,
//! each sentence checked by `ground`; `measure`, behind the feature of that name, is what
//! evaluation and benchmarks see.
//!
//! ```no_run
//! use yiju_engine::{Access, AskRequest, Engine, EngineOptions, Precision, Source};
//!
//! let engine = Engine::open(EngineOptions {
//!     library: "library".into(),
//!     model: "models/yiju-e5-small-q8".into(),
//!     access: Access::ReadWrite,
//!     threads: 0,
//!     precision: Precision::Int8,
//! })?;
//! let bytes = "住房租赁办法\n第一条　租金由双方约定。".into();
//! engine.add(Source { name: "rent.txt".into(), title: None, bytes }, &|_| {})?;
//! let answer = engine.ask(&AskRequest::new("租金怎么定？"))?;
//! for citation in &answer.citations {
//!     println!("[{}] {}", citation.marker, citation.quote);
//! }
//! # Ok::<(), yiju_engine::EngineError>(())
//! ```

mod ask;
mod engine;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod ground;
mod keep;
mod learnt;
mod limits;
#[cfg(feature = "measure")]
mod measure;
mod operators;
mod response;
mod verify;
mod write;

pub use ask::apart::Relevance;
pub use ask::confidence::{
    ConfidenceFit, ErrorRates, FitSet, LogisticModel, Provenance, Rates, SimilarHalf, SimilarRates,
    SimilarRow,
};
pub use ask::trace::{Step, StepTimes, traced};
#[cfg(feature = "measure")]
pub use ask::{
    rank::{Lanes, NEIGHBOUR_WEIGHT},
    rerank::{CLOSE, MOST_READ},
};
pub use engine::{Engine, EngineOptions};
pub use error::{EngineError, ErrorKind};
pub use ground::{
    GROUND_THRESHOLD, GroundCitation, GroundContradiction, GroundFailure, GroundFailureKind,
    GroundRequest, GroundSource, GroundSources, GroundedClaim, GroundedSource, Grounding,
};
pub use keep::archive::{SourcePart, each_file};
pub use keep::corpus::{CorpusOutcome, CorpusProgress, HeldRebuilds};
pub use keep::engine::Original;
pub use keep::history::{KnownDate, VersionDiff, VersionView};
pub use keep::ingest::{AddOutcome, AddStatus, Source};
pub use keep::library::{LibraryLimits, LibrarySize};
pub use keep::maintain::{
    Advice, Checked, CheckedModel, Finding, IndexCheck, IndexState, StagedCheck, backup, check,
    restore,
};
pub use keep::passages::Progress;
pub use keep::picture::PictureRequest;
pub use keep::reading::{documents_of, reading};
pub use keep::recognition::{Recognise, Recognition};
pub use keep::reembed::{Reembedded, Reembedding};
pub use keep::shelf::Shelf;
pub use learnt::{confidence_fit, similar_rates};
#[cfg(feature = "measure")]
pub use measure::{
    ablation::LaneRankings,
    bench::{FirstStage, LaneFigures},
    candidates::{Reading, ReadingExample, Signals},
};
pub use response::{
    AlsoIn, Answer, AskRequest, Citation, ClauseRef, ClauseView, DocumentPage, DocumentRef,
    DocumentSummary, Filter, ForceStatus, InForce, Nearest, PageBox, QuotePart, Refusal, Role,
    SearchHit, SearchRequest, SearchResponse, Span, Timings, Verdict,
};
pub use verify::{
    CitedDocument, CitedQuote, Contradiction, Difference, DifferenceKind, Mismatch, MismatchKind,
    QuotePlace, QuoteStatus, Support, Verification, VerifiedQuote, VerifyRequest,
};
pub use write::report::{DroppedSentence, Written, WrittenSentence};
pub use yiju_diff::{Comparison, Counts, Entry as DiffEntry, EntryKind, Piece, PieceKind, Side};
pub use yiju_document::{
    CorpusError, DateKind, DatedFact, Entry as CorpusEntry, Repeal, Times, read_corpus,
};
pub use yiju_embed::{
    Cancel, CrossEncoder, EmbedError, Embedder, Embedding, InputType, Precision, QueueFigures,
    Reach, Token,
};
pub use yiju_format::{
    Format, FormatError, PagePicture, Reading as FileReading, RecognisedPage, detect,
};
pub use yiju_store::{Access, BackupOutcome, Origin, PassageRecord, RestoreOutcome, Told};
