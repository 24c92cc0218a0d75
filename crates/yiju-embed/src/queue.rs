//! One model for many callers: texts of several are embedded together, questions first.
//!
//! At most one caller at a time runs the model for questions, and one for everything else, each on all its threads. It
//! takes a batch of waiting texts, its own or others', hands out the results and leaves the model to the next caller. So
//! a lone question is embedded on its own thread, without a switch to another and back. A batch of other texts that runs
//! already gives way to questions between two steps of a layer.

mod schedule;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cancel::Cancel;
use crate::embedder::{Embedder, Embedding, InputType, TokenVectors};
use crate::engine::HiddenStates;
use crate::error::EmbedError;
use crate::gate::{Foreground, Gate};
use crate::pooled::Prepared;
use schedule::{Lane, Part, State};

/// Which callers go first when several wait for the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A question, with a user waiting: goes before all else.
    Question,
    /// Texts that a client wants embedded or ranked: shares with ingestion, in turns, what questions leave.
    Batch,
    /// Ingested texts: shares with batches in the same way.
    Ingestion,
}

/// Bounds of an [`EmbedQueue`].
#[derive(Clone, Copy, Debug)]
pub struct QueueOptions {
    /// Most tokens of a batch; a longer text goes alone. A question waits for at most one batch of
    /// other questions.
    pub batch_tokens: usize,
    /// Most waiting tokens of each priority, so that memory is bounded. When none wait, a caller may bring any number.
    pub waiting_tokens: usize,
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self { batch_tokens: 1_024, waiting_tokens: 1 << 20 }
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
    gate: Gate,
}

/// The next thing a caller does.
enum Step {
    Take(Vec<HiddenStates>),
    Run(Vec<Part>),
    Wait,
}

/// Texts that [`EmbedQueue::prepare`] has made ready for the model.
pub struct PreparedTexts(Arc<Prepared>);

impl EmbedQueue {
    /// A queue in front of `embedder`.
    pub fn new(embedder: Embedder, options: QueueOptions) -> Self {
        Self { embedder, options, state: Mutex::default(), gate: Gate::default() }
    }

    /// The embedder, for calls that do not run the model.
    pub fn embedder(&self) -> &Embedder {
        &self.embedder
    }

    /// Counters and load of the queue.
    pub fn figures(&self) -> QueueFigures {
        self.lock().figures()
    }

    /// Has batches that are no questions give way until the value is dropped: while a question is answered, with the
    /// searching that follows its embedding. They still get a tenth of the time.
    pub fn foreground(&self) -> Foreground<'_> {
        self.gate.question()
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
        let _first = (priority == Priority::Question).then(|| self.gate.question());
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
                Step::Run(batch) => self.run_batch(place.lane, batch),
                Step::Wait => std::thread::park(),
            }
        }
        drop(place);
        Ok(pooled.finish())
    }

    fn enter(&self, priority: Priority, prepared: &Arc<Prepared>) -> Result<Place<'_>, EmbedError> {
        let lane = Lane::of(priority);
        let number = self.lock().enter(lane, prepared, self.options.waiting_tokens)?;
        Ok(Place { queue: self, lane, number })
    }

    /// Runs the model on a batch, hands the states to their callers and leaves the model.
    fn run_batch(&self, lane: Lane, batch: Vec<Part>) {
        let mut turn = Turn { queue: self, lane, batch, done: false };
        let sequences: Vec<&[u32]> = turn
            .batch
            .iter()
            .flat_map(|part| part.windows.clone().map(|at| part.prepared.ids(at)))
            .collect();
        let gate = lane.gives_way().then_some(&self.gate);
        let result = self.embedder.forward(&sequences, gate);
        let lengths = sequences.iter().map(|ids| ids.len() as u64);
        let tokens = lengths.sum::<u64>();
        let mut state = self.lock();
        state.count(tokens);
        match result {
            Ok(states) => {
                let mut states = states.into_iter();
                for part in &turn.batch {
                    let own = states.by_ref().take(part.windows.len());
                    // One that has gone away meanwhile wants nothing.
                    match state.caller(part.lane, part.number) {
                        Some(caller) => caller.states.extend(own),
                        None => own.for_each(drop),
                    }
                }
            }
            Err(error) => {
                let text = error.to_string();
                let mut error = Some(error);
                for part in &turn.batch {
                    if let Some(caller) = state.caller(part.lane, part.number) {
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
    /// One of the lanes whose turn it is.
    lane: Lane,
    batch: Vec<Part>,
    /// Whether every caller got its states, or an error.
    done: bool,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.leave_model(self.lane);
        for part in &self.batch {
            if let Some(caller) = state.caller(part.lane, part.number) {
                if !self.done {
                    let reason = "the model stopped in the middle of a batch";
                    caller.failed = Some(EmbedError::Compute(reason.into()));
                }
                caller.thread.unpark();
            }
        }
        state.wake_next(self.lane);
    }
}

/// A caller's place in the queue, left when dropped.
struct Place<'a> {
    queue: &'a EmbedQueue,
    lane: Lane,
    number: u64,
}

impl Place<'_> {
    fn next_step(&self, cancel: Option<&Cancel>) -> Result<Step, EmbedError> {
        let mut state = self.queue.lock();
        let Some(caller) = state.caller(self.lane, self.number) else {
            return Err(EmbedError::Compute("a place in the queue was lost".into()));
        };
        if let Some(error) = caller.failed.take() {
            return Err(error);
        }
        if !caller.states.is_empty() {
            return Ok(Step::Take(std::mem::take(&mut caller.states)));
        }
        if cancel.is_some_and(Cancel::is_cancelled) {
            state.count_cancelled();
            return Err(EmbedError::Cancelled);
        }
        // Where the model is free, this caller's next window waits: there is something to take.
        let batch = state.take_model(self.lane, self.queue.options.batch_tokens);
        Ok(batch.map_or(Step::Wait, Step::Run))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.leave(self.lane, self.number);
        // It may have been woken to run the model, and leaves without.
        state.wake_next(self.lane);
    }
}

#[cfg(test)]
mod tests;
