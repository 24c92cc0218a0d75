//! The engine: a library opened with its model and what was learnt with it. What it does is in the
//! wings: `ask/`, `keep/`, `verify/` and, for evaluation, `measure/`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use yiju_embed::{
    CrossEncoder, EmbedQueue, Embedder, EmbedderOptions, Embedding, InputType, Precision, Priority,
    QueueFigures, QueueOptions, Reach, Token,
};
use yiju_store::{Access, Model};

use crate::ask::reader::Reader;
use crate::error::EngineError;
use crate::keep::library::Library;
use crate::keep::recognition::Recognition;
use crate::learnt::{Learnt, learnt};

/// Where a library and its model are, and how to use them.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The library's directory.
    pub library: PathBuf,
    /// The model's directory.
    pub model: PathBuf,
    /// Reading only, or reading and writing (which makes the library where there is none).
    pub access: Access,
    /// Threads for embedding; 0 for one for each core.
    pub threads: usize,
    /// The model's arithmetic.
    pub precision: Precision,
}

/// A library that can be asked. Safe to share between threads.
///
/// A call made within [`Cancel::scope`](crate::Cancel::scope) ends between two steps with
/// [`EngineError::Cancelled`] once the scope is cancelled; nothing is written then.
pub struct Engine {
    pub(crate) library: Library,
    pub(crate) model: Arc<EmbedQueue>,
    pub(crate) learnt: &'static Learnt,
    /// The cross-encoder of the last reranking stage, if any.
    pub(crate) cross_encoder: Option<Arc<CrossEncoder>>,
    /// How pictures of pages are read.
    pub(crate) recognition: Arc<Recognition>,
}

impl Engine {
    /// Opens a library.
    ///
    /// # Errors
    /// The model or the library is missing, damaged, of another version or does not fit the other;
    /// another process has the library open for writing; or the weights bundled with the program are
    /// damaged.
    pub fn open(options: EngineOptions) -> Result<Self, EngineError> {
        // The dictionary and the model take about as long to load, on a core each.
        let words = std::thread::spawn(yiju_text::warm_up);
        let embedder = Embedder::open(
            &options.model,
            EmbedderOptions { precision: options.precision, threads: options.threads },
        )?;
        let model = Arc::new(EmbedQueue::new(embedder, QueueOptions::default()));
        let engine = Self::over(model, &options.library, options.access);
        // A dictionary that failed to load there is loaded where it is first used.
        let _ = words.join();
        engine
    }

    /// Opens another library with the models of this one, which are in memory once for both.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn open_beside(&self, library: &Path, access: Access) -> Result<Self, EngineError> {
        let mut engine = Self::over(Arc::clone(&self.model), library, access)?;
        engine.cross_encoder.clone_from(&self.cross_encoder);
        engine.recognition = Arc::clone(&self.recognition);
        engine.keep_originals(self.library.keeps_originals());
        Ok(engine)
    }

    fn over(model: Arc<EmbedQueue>, library: &Path, access: Access) -> Result<Self, EngineError> {
        let learnt = learnt()?;
        Ok(Self {
            library: Library::open(library, access, &stored(model.embedder()))?,
            model,
            learnt,
            cross_encoder: None,
            recognition: Arc::new(Recognition::never()),
        })
    }

    /// The bundled reader of answers; `None` with a model that it was not learnt with.
    pub(crate) fn reader(&self) -> Option<&'static Reader> {
        let model = self.model.embedder().fingerprint();
        Some(&self.learnt.reader).filter(|reader| reader.knows(model))
    }

    /// The library's directory.
    pub fn path(&self) -> &Path {
        self.library.store.path()
    }

    /// The same engine with a cross-encoder that reranks the best candidates of each question. It
    /// changes their order; confidence stays the one learnt with the bundled model alone.
    #[must_use]
    pub fn with_reranker(mut self, reranker: CrossEncoder) -> Self {
        self.cross_encoder = Some(Arc::new(reranker));
        self
    }

    /// The same engine with pictures of pages read as `recognition` says; without, none are.
    #[must_use]
    pub fn with_recognition(mut self, recognition: Recognition) -> Self {
        self.recognition = Arc::new(recognition);
        self
    }

    /// The name of the cross-encoder; `None` where there is none.
    pub fn reranker_name(&self) -> Option<&str> {
        self.cross_encoder.as_deref().map(CrossEncoder::name)
    }

    /// The model's name.
    pub fn model_name(&self) -> &str {
        self.model.embedder().name()
    }

    /// The model's arithmetic and the kernels that do it, for people: `int8 on avx512 kernels`.
    pub fn arithmetic(&self) -> String {
        self.model.embedder().arithmetic()
    }

    /// The number of components of the model's vectors.
    pub fn dimension(&self) -> usize {
        self.model.embedder().dimension()
    }

    /// Embeds texts: a unit vector and a token count for each, in their order.
    ///
    /// # Errors
    /// The model failed.
    pub fn embed(
        &self,
        input_type: InputType,
        texts: &[&str],
    ) -> Result<Vec<Embedding>, EngineError> {
        Ok(self.model.embed(Priority::Batch, input_type, texts)?)
    }

    /// The longest sequence that the model reads at once, in tokens, prefix and special tokens included.
    pub fn max_tokens(&self) -> usize {
        self.model.embedder().max_tokens()
    }

    /// How the model makes one vector of those of a text's tokens: `mean` or `cls`.
    pub fn pooling(&self) -> &'static str {
        self.model.embedder().pooling()
    }

    /// Identifies the model's weights, tokenizer, pooling and prefixes, in hex.
    pub fn fingerprint(&self) -> &str {
        self.model.embedder().fingerprint()
    }

    /// The tokens of a text alone: no prefix, no special tokens, nothing cut.
    ///
    /// # Errors
    /// The model's tokenizer failed.
    pub fn tokenize(&self, text: &str) -> Result<Vec<Token>, EngineError> {
        Ok(self.model.embedder().tokenize(text)?)
    }

    /// The ids that the model puts before and after a text.
    pub fn special_ids(&self) -> (&[u32], &[u32]) {
        self.model.embedder().special_ids()
    }

    /// How much of a text the model reads at once.
    ///
    /// # Errors
    /// The model's tokenizer failed.
    pub fn reach(&self, input_type: InputType, text: &str) -> Result<Reach, EngineError> {
        Ok(self.model.embedder().reach(input_type, text)?)
    }

    /// What waits for the model, and what it has done.
    pub fn queue_figures(&self) -> QueueFigures {
        self.model.figures()
    }
}

/// A model as the store knows it.
pub(crate) fn stored(embedder: &Embedder) -> Model {
    Model {
        fingerprint: embedder.fingerprint().to_owned(),
        name: embedder.name().to_owned(),
        dimension: embedder.dimension(),
    }
}
