//! One model for many callers: texts of several are embedded together, questions first.
//!
//! At most one caller at a time runs the model, on all its threads. It takes a batch of waiting
//! texts, its own or others', hands out the results and leaves the model to the next caller. So a
//! lone question is embedded on its own thread, without a switch to another and back.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;

use crate::cancel::Cancel;
use crate::embedder::{Embedder, Embedding, InputType, TokenVectors};
use crate::engine::HiddenStates;
use crate::error::EmbedError;
use crate::pooled::Prepared;

/// Which callers go first when several wait for the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A question, with a user waiting: goes before all ingestion.
    Question,
    /// Ingested texts: run when no question waits.
    Ingestion,
}

/// Bounds of an [`EmbedQueue`].
#[derive(Clone, Copy, Debug)]
pub struct QueueOptions {
    /// Most tokens of a batch; a longer text goes alone. A question waits for at most one batch of
    /// others.
    pub batch_tokens: usize,
    /// Most waiting tokens, for questions and for ingestion each. When none wait, a caller may bring
    /// any number.
    pub waiting_tokens: usize,
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self { batch_tokens: 1_024, waiting_tokens: 65_536 }
    }
}

/// Counters and load of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueFigures {
    /// Callers that are waiting or being served.
    pub callers: usize,
    /// Tokens that wait for the model.
    pub waiting_tokens: usize,
    /// Batches that the model has run.
    pub batches: u64,
    /// Tokens in these batches.
    pub batched_tokens: u64,
    /// Callers turned away because the queue was full.
    pub refused: u64,
    /// Callers that went away before they were served.
    pub cancelled: u64,
}

/// An [`Embedder`] for many callers at once. Vectors are those that the embedder alone gives, bit
/// for bit.
#[derive(Debug)]
pub struct EmbedQueue {
    embedder: Embedder,
    options: QueueOptions,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether a caller runs the model.
    running: bool,
    /// The number of the next caller.
    next: u64,
    /// Callers by their numbers, of questions and of ingestion.
    callers: [BTreeMap<u64, Caller>; 2],
    figures: QueueFigures,
}

/// A caller waiting for its texts.
struct Caller {
    thread: Thread,
    prepared: Arc<Prepared>,
    /// The first window that no batch has taken.
    next: usize,
    /// Tokens of the windows from there on.
    tokens: usize,
    /// Hidden states that the caller has not taken yet, in the order of the windows.
    states: Vec<HiddenStates>,
    failed: Option<EmbedError>,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller")
            .field("next", &self.next)
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}

/// A caller's windows in a batch.
struct Part {
    lane: usize,
    number: u64,
    prepared: Arc<Prepared>,
    windows: Range<usize>,
}

/// The next thing a caller does.
enum Step {
    Take(Vec<HiddenStates>),
    Run(Vec<Part>),
    Wait,
}

impl State {
    fn waiting_tokens(&self, lane: usize) -> usize {
        self.callers[lane].values().map(|caller| caller.tokens).sum()
    }

    /// Takes a batch of at most `budget` tokens (or one window): of questions where any wait, in
    /// the order they came in.
    fn take_batch(&mut self, budget: usize) -> Vec<Part> {
        let Some(lane) = (0..self.callers.len()).find(|&lane| self.waiting_tokens(lane) > 0) else {
            return Vec::new();
        };
        // All batches of about one size are done sooner than full ones and a small rest.
        let total = self.waiting_tokens(lane);
        let even = total.div_ceil(total.div_ceil(budget.max(1)));
        let mut taken = 0;
        let mut parts = Vec::new();
        for (&number, caller) in &mut self.callers[lane] {
            let first = caller.next;
            while caller.next < caller.prepared.len() && taken < even {
                let tokens = caller.prepared.ids(caller.next).len();
                if taken > 0 && taken + tokens > budget {
                    taken = even;
                    break;
                }
                taken += tokens;
                caller.next += 1;
                caller.tokens -= tokens;
            }
            if first < caller.next {
                parts.push(Part {
                    lane,
                    number,
                    prepared: Arc::clone(&caller.prepared),
                    windows: first..caller.next,
                });
            }
            if taken >= even {
                break;
            }
        }
        parts
    }

    /// Wakes the caller whose turn it is, where the model is free.
    fn wake_next(&self) {
        if self.running {
            return;
        }
        let waits = |caller: &&Caller| caller.tokens > 0;
        let next = self.callers.iter().find_map(|lane| lane.values().find(waits));
        if let Some(caller) = next {
            caller.thread.unpark();
        }
    }
}

/// Texts that [`EmbedQueue::prepare`] has made ready for the model.
pub struct PreparedTexts(Arc<Prepared>);

impl EmbedQueue {
    /// A queue in front of `embedder`.
    pub fn new(embedder: Embedder, options: QueueOptions) -> Self {
        Self { embedder, options, state: Mutex::default() }
    }

    /// The embedder, for calls that do not run the model.
    pub fn embedder(&self) -> &Embedder {
        &self.embedder
    }

    /// Counters and load of the queue.
    pub fn figures(&self) -> QueueFigures {
        let state = self.lock();
        QueueFigures {
            callers: state.callers.iter().map(BTreeMap::len).sum(),
            waiting_tokens: (0..state.callers.len()).map(|lane| state.waiting_tokens(lane)).sum(),
            ..state.figures
        }
    }

    /// Embeds texts when their turn comes, as [`Embedder::embed`] does. Waits on this thread.
    ///
    /// # Errors
    /// [`EmbedError::Busy`] where too much waits already, [`EmbedError::Cancelled`] in the scope of a
    /// [`Cancel`] that was cancelled, and those of [`Embedder::embed`].
    pub fn embed(
        &self,
        priority: Priority,
        input_type: InputType,
        texts: &[&str],
    ) -> Result<Vec<Embedding>, EmbedError> {
        let made = self.run(priority, input_type, texts, false)?;
        Ok(made.into_iter().map(|(embedding, _)| embedding).collect())
    }

    /// Embeds texts and each of their tokens when their turn comes.
    ///
    /// # Errors
    /// As [`embed`](Self::embed).
    pub fn embed_tokens(
        &self,
        priority: Priority,
        input_type: InputType,
        texts: &[&str],
    ) -> Result<Vec<(Embedding, TokenVectors)>, EmbedError> {
        self.run(priority, input_type, texts, true)
    }

    /// Tokenises texts: the first half of [`embed_tokens`](Self::embed_tokens), which does not wait.
    ///
    /// # Errors
    /// The tokenizer failed.
    pub fn prepare(
        &self,
        input_type: InputType,
        texts: &[&str],
    ) -> Result<PreparedTexts, EmbedError> {
        let prepared = self.embedder.prepare(input_type, texts)?;
        Ok(PreparedTexts(Arc::new(prepared)))
    }

    /// Embeds texts and each of their tokens when their turn comes: the second half of
    /// [`embed_tokens`](Self::embed_tokens).
    ///
    /// # Errors
    /// As [`embed`](Self::embed).
    pub fn embed_prepared(
        &self,
        priority: Priority,
        texts: &PreparedTexts,
    ) -> Result<Vec<(Embedding, TokenVectors)>, EmbedError> {
        self.run_prepared(priority, &texts.0, true)
    }

    fn run(
        &self,
        priority: Priority,
        input_type: InputType,
        texts: &[&str],
        tokens: bool,
    ) -> Result<Vec<(Embedding, TokenVectors)>, EmbedError> {
        // Outside the turn: several callers' texts are tokenised at once, while the model runs.
        let texts = self.prepare(input_type, texts)?;
        self.run_prepared(priority, &texts.0, tokens)
    }

    fn run_prepared(
        &self,
        priority: Priority,
        prepared: &Arc<Prepared>,
        tokens: bool,
    ) -> Result<Vec<(Embedding, TokenVectors)>, EmbedError> {
        let mut pooled = self.embedder.pooled(prepared, tokens);
        let place = self.enter(priority, prepared)?;
        let cancel = Cancel::current();
        let mut taken = 0;
        while taken < prepared.len() {
            match place.next_step(cancel.as_ref())? {
                Step::Take(states) => {
                    for states in states {
                        pooled.take(taken, &states);
                        taken += 1;
                    }
                }
                Step::Run(batch) => self.run_batch(batch),
                Step::Wait => std::thread::park(),
            }
        }
        drop(place);
        Ok(pooled.finish())
    }

    fn enter(&self, priority: Priority, prepared: &Arc<Prepared>) -> Result<Place<'_>, EmbedError> {
        let lane = match priority {
            Priority::Question => 0,
            Priority::Ingestion => 1,
        };
        let tokens = prepared.tokens();
        let mut state = self.lock();
        let waiting = state.waiting_tokens(lane);
        let limit = self.options.waiting_tokens;
        if waiting > 0 && waiting.saturating_add(tokens) > limit {
            state.figures.refused += 1;
            return Err(EmbedError::Busy { tokens, waiting, limit });
        }
        let number = state.next;
        state.next += 1;
        let caller = Caller {
            thread: std::thread::current(),
            prepared: Arc::clone(prepared),
            next: 0,
            tokens,
            states: Vec::new(),
            failed: None,
        };
        state.callers[lane].insert(number, caller);
        Ok(Place { queue: self, lane, number })
    }

    /// Runs the model on a batch, hands the states to their callers and leaves the model.
    fn run_batch(&self, batch: Vec<Part>) {
        let mut turn = Turn { queue: self, batch, done: false };
        let sequences: Vec<&[u32]> = turn
            .batch
            .iter()
            .flat_map(|part| part.windows.clone().map(|at| part.prepared.ids(at)))
            .collect();
        let result = self.embedder.forward(&sequences);
        let lengths = sequences.iter().map(|ids| ids.len() as u64);
        let tokens = lengths.sum::<u64>();
        let mut state = self.lock();
        state.figures.batches += 1;
        state.figures.batched_tokens += tokens;
        match result {
            Ok(states) => {
                let mut states = states.into_iter();
                for part in &turn.batch {
                    let own = states.by_ref().take(part.windows.len());
                    // One that has gone away meanwhile wants nothing.
                    match state.callers[part.lane].get_mut(&part.number) {
                        Some(caller) => caller.states.extend(own),
                        None => own.for_each(drop),
                    }
                }
            }
            Err(error) => {
                let text = error.to_string();
                let mut error = Some(error);
                for part in &turn.batch {
                    if let Some(caller) = state.callers[part.lane].get_mut(&part.number) {
                        let own = error.take();
                        caller.failed =
                            Some(own.unwrap_or_else(|| EmbedError::Compute(text.clone())));
                    }
                }
            }
        }
        drop(state);
        turn.done = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panics holding it has changed nothing by halves.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn of running the model; gives it up when dropped, after a panic too.
struct Turn<'a> {
    queue: &'a EmbedQueue,
    batch: Vec<Part>,
    /// Whether every caller got its states, or an error.
    done: bool,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.running = false;
        for part in &self.batch {
            if let Some(caller) = state.callers[part.lane].get_mut(&part.number) {
                if !self.done {
                    let reason = "the model stopped in the middle of a batch";
                    caller.failed = Some(EmbedError::Compute(reason.into()));
                }
                caller.thread.unpark();
            }
        }
        state.wake_next();
    }
}

/// A caller's place in the queue, left when dropped.
struct Place<'a> {
    queue: &'a EmbedQueue,
    lane: usize,
    number: u64,
}

impl Place<'_> {
    fn next_step(&self, cancel: Option<&Cancel>) -> Result<Step, EmbedError> {
        let mut state = self.queue.lock();
        let Some(caller) = state.callers[self.lane].get_mut(&self.number) else {
            return Err(EmbedError::Compute("a place in the queue was lost".into()));
        };
        if let Some(error) = caller.failed.take() {
            return Err(error);
        }
        if !caller.states.is_empty() {
            return Ok(Step::Take(std::mem::take(&mut caller.states)));
        }
        if cancel.is_some_and(Cancel::is_cancelled) {
            state.figures.cancelled += 1;
            return Err(EmbedError::Cancelled);
        }
        if state.running {
            return Ok(Step::Wait);
        }
        // This caller's next window waits, as no batch is running: there is something to take.
        state.running = true;
        Ok(Step::Run(state.take_batch(self.queue.options.batch_tokens)))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.callers[self.lane].remove(&self.number);
        // It may have been woken to run the model, and leaves without.
        state.wake_next();
    }
}

#[cfg(test)]
mod tests;
