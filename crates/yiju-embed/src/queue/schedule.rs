//! Who is next for the model: questions before all else; batches and ingestion in turns, and within each, callers in
//! turns.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::thread::Thread;

use super::{Priority, QueueFigures};
use crate::engine::HiddenStates;
use crate::error::EmbedError;
use crate::pooled::Prepared;

/// The callers of one priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    Questions,
    Batches,
    Ingestion,
}

impl Lane {
    pub(super) fn of(priority: Priority) -> Self {
        match priority {
            Priority::Question => Self::Questions,
            Priority::Batch => Self::Batches,
            Priority::Ingestion => Self::Ingestion,
        }
    }

    /// Whether its batches give way to questions.
    pub(super) fn gives_way(self) -> bool {
        self != Self::Questions
    }

    /// The lanes that run the model in turns with this one, itself among them.
    fn turns(self) -> &'static [Self] {
        match self {
            Self::Questions => &[Self::Questions],
            Self::Batches | Self::Ingestion => &[Self::Batches, Self::Ingestion],
        }
    }
}

/// A caller waiting for its texts.
pub(super) struct Caller {
    pub(super) thread: Thread,
    prepared: Arc<Prepared>,
    /// The first window that no batch has taken.
    next: usize,
    /// Tokens of the windows from there on.
    tokens: usize,
    /// The number of the last batch that took some, from 1.
    turn: u64,
    /// Hidden states that the caller has not taken yet, in the order of the windows.
    pub(super) states: Vec<HiddenStates>,
    pub(super) failed: Option<EmbedError>,
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
pub(super) struct Part {
    pub(super) lane: Lane,
    pub(super) number: u64,
    pub(super) prepared: Arc<Prepared>,
    pub(super) windows: Range<usize>,
}

/// The callers of one lane.
#[derive(Debug, Default)]
struct Waiting {
    /// By their numbers.
    callers: BTreeMap<u64, Caller>,
    /// Tokens that batches took, for the turns between lanes.
    taken: u64,
}

impl Waiting {
    fn tokens(&self) -> usize {
        self.callers.values().map(|caller| caller.tokens).sum()
    }
}

/// Who waits, and who runs the model.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Whether a caller runs the model for questions, and whether one does for the rest.
    running: [bool; 2],
    /// The number of the next caller.
    next: u64,
    lanes: [Waiting; 3],
    /// Batches taken.
    turns: u64,
    figures: QueueFigures,
}

impl State {
    pub(super) fn figures(&self) -> QueueFigures {
        QueueFigures {
            callers: self.lanes.iter().map(|lane| lane.callers.len()).sum(),
            waiting_tokens: self.lanes.iter().map(Waiting::tokens).sum(),
            ..self.figures
        }
    }

    /// Counts a batch that has run.
    pub(super) fn count(&mut self, tokens: u64) {
        self.figures.batches += 1;
        self.figures.batched_tokens += tokens;
    }

    pub(super) fn count_cancelled(&mut self) {
        self.figures.cancelled += 1;
    }

    pub(super) fn caller(&mut self, lane: Lane, number: u64) -> Option<&mut Caller> {
        self.lanes[lane as usize].callers.get_mut(&number)
    }

    /// Has the calling thread wait for `prepared`; its number.
    pub(super) fn enter(
        &mut self,
        lane: Lane,
        prepared: &Arc<Prepared>,
        limit: usize,
    ) -> Result<u64, EmbedError> {
        let tokens = prepared.tokens();
        let waiting = self.lanes[lane as usize].tokens();
        if waiting > 0 && waiting.saturating_add(tokens) > limit {
            self.figures.refused += 1;
            return Err(EmbedError::Busy { tokens, waiting, limit });
        }
        if waiting == 0 {
            // A lane has no claim to what it left to the others while nobody waited in it.
            let others = lane.turns().iter().map(|&other| self.lanes[other as usize].taken);
            self.lanes[lane as usize].taken = others.max().unwrap_or(0);
        }
        let number = self.next;
        self.next += 1;
        let caller = Caller {
            thread: std::thread::current(),
            prepared: Arc::clone(prepared),
            next: 0,
            tokens,
            turn: 0,
            states: Vec::new(),
            failed: None,
        };
        self.lanes[lane as usize].callers.insert(number, caller);
        Ok(number)
    }

    pub(super) fn leave(&mut self, lane: Lane, number: u64) {
        self.lanes[lane as usize].callers.remove(&number);
    }

    /// The next batch for a caller of this lane to run; `None` while another runs the model.
    pub(super) fn take_model(&mut self, lane: Lane, budget: usize) -> Option<Vec<Part>> {
        let running = &mut self.running[usize::from(lane.gives_way())];
        if std::mem::replace(running, true) {
            return None;
        }
        Some(self.take_batch(lane, budget))
    }

    pub(super) fn leave_model(&mut self, lane: Lane) {
        self.running[usize::from(lane.gives_way())] = false;
    }

    /// The lane whose turn it is: of those with somebody waiting, the one with the fewest tokens taken.
    fn turn_of(&self, lane: Lane) -> Option<Lane> {
        let waiting = lane.turns().iter().copied();
        let waiting = waiting.filter(|&lane| self.lanes[lane as usize].tokens() > 0);
        waiting.min_by_key(|&lane| self.lanes[lane as usize].taken)
    }

    /// Takes a batch of at most `budget` tokens (or one window): an even share for each caller, those first that have
    /// waited for more batches, and what is left over to whoever wants more.
    pub(super) fn take_batch(&mut self, lane: Lane, budget: usize) -> Vec<Part> {
        let Some(lane) = self.turn_of(lane) else {
            return Vec::new();
        };
        self.turns += 1;
        let Waiting { callers, taken: lane_taken } = &mut self.lanes[lane as usize];
        // All batches of about one size are done sooner than full ones and a small rest.
        let total: usize = callers.values().map(|caller| caller.tokens).sum();
        let even = total.div_ceil(total.div_ceil(budget.max(1)));
        let mut order: Vec<(u64, u64)> = callers
            .iter()
            .filter(|(_, caller)| caller.tokens > 0)
            .map(|(&number, caller)| (caller.turn, number))
            .collect();
        order.sort_unstable();
        let share = even.div_ceil(order.len().max(1));
        let mut shares = vec![0; order.len()];
        let mut taken = 0;
        let mut parts: BTreeMap<usize, Part> = BTreeMap::new();
        for most in [share, usize::MAX] {
            for (place, (_, number)) in order.iter().enumerate() {
                let Some(caller) = callers.get_mut(number) else { continue };
                let first = caller.next;
                while caller.next < caller.prepared.len() && taken < even && shares[place] < most {
                    let tokens = caller.prepared.ids(caller.next).len();
                    if taken > 0 && taken + tokens > budget {
                        break;
                    }
                    taken += tokens;
                    shares[place] += tokens;
                    caller.next += 1;
                    caller.tokens -= tokens;
                    caller.turn = self.turns;
                }
                if first < caller.next {
                    let part = parts.entry(place).or_insert_with(|| Part {
                        lane,
                        number: *number,
                        prepared: Arc::clone(&caller.prepared),
                        windows: first..first,
                    });
                    part.windows.end = caller.next;
                }
            }
        }
        *lane_taken += taken as u64;
        parts.into_values().collect()
    }

    /// Wakes the caller whose turn it is, where the model is free for its kind.
    pub(super) fn wake_next(&self, lane: Lane) {
        if self.running[usize::from(lane.gives_way())] {
            return;
        }
        let Some(lane) = self.turn_of(lane) else { return };
        let waiting = self.lanes[lane as usize].callers.iter();
        let waiting = waiting.filter(|(_, caller)| caller.tokens > 0);
        if let Some((_, caller)) = waiting.min_by_key(|(number, caller)| (caller.turn, **number)) {
            caller.thread.unpark();
        }
    }

    /// Tokens that wait in a lane.
    #[cfg(test)]
    pub(super) fn waiting_tokens(&self, lane: Lane) -> usize {
        self.lanes[lane as usize].tokens()
    }
}
