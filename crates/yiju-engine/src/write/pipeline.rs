//! The way of a written answer.

use std::time::Instant;

use yiju_embed::Cancel;
use yiju_writer::{Call, Next, Prompt, Writer, WriterError};

use super::check::{Checker, Verdict};
use super::cutter::Cutter;
use super::draft::Draft;
use super::evidence::Evidence;
use super::prompt;
use super::report::{DroppedSentence, Written, WrittenSentence};
use crate::ask::question::Language;
use crate::engine::Engine;
use crate::error::{EngineError, go_on};
use crate::response::Answer;

/// Most tokens of an answer, and of a sentence that is written again.
const MOST_TOKENS: u32 = 800;
const MOST_TOKENS_AGAIN: u32 = 200;
/// Most sentences of an answer; a writer that goes on is stopped.
const MOST_SENTENCES: usize = 20;
/// Most sentences that are written again, each once.
const MOST_AGAIN: usize = 3;
/// A writer that repeats itself so often is stopped.
const MOST_REPEATED: usize = 3;

/// Has an answer written from its citations.
pub(super) fn write(
    engine: &Engine,
    writer: &dyn Writer,
    answer: Answer,
    shown: &mut dyn FnMut(&WrittenSentence),
) -> Result<Answer, EngineError> {
    let evidence = Evidence::of(&answer.citations);
    if !answer.answered || evidence.is_empty() {
        return Ok(answer);
    }
    let question = answer.understood_as.as_deref().unwrap_or(&answer.question);
    let begun = Instant::now();
    let language = Language::of(question);
    let mut writing = Writing {
        checker: &Checker::new(engine, language, &evidence)?,
        writer,
        language,
        question,
        evidence: &evidence,
        begun,
        written: Written {
            model: writer.model().to_owned(),
            stands: false,
            sentences: Vec::new(),
            dropped: Vec::new(),
            problem: None,
            cause: None,
            first_ms: None,
            total_ms: 0.0,
        },
        failed: Vec::new(),
        shown,
    };
    writing.first()?;
    writing.again()?;
    let written = writing.end();
    let text = WrittenSentence::joined(&written.sentences);
    let mut answer = Answer { written: Some(written), ..answer };
    if answer.written.as_ref().is_some_and(|written| written.stands) {
        answer.answer = text;
    }
    Ok(answer)
}

struct Writing<'a> {
    checker: &'a Checker<'a>,
    writer: &'a dyn Writer,
    language: Language,
    question: &'a str,
    evidence: &'a [Evidence],
    begun: Instant,
    written: Written,
    /// Sentences that did not hold, with the reason, in their order.
    failed: Vec<(Draft, String)>,
    shown: &'a mut dyn FnMut(&WrittenSentence),
}

impl Writing<'_> {
    /// Has the answer written, and shows each sentence that holds.
    fn first(&mut self) -> Result<(), EngineError> {
        let prompt = prompt::answer(self.language, self.question, self.evidence);
        let mut seen: Vec<Draft> = Vec::new();
        let mut repeated = 0;
        self.ask(&prompt, MOST_TOKENS, &mut |writing, draft| {
            if seen.iter().any(|before| before.words == draft.words) {
                repeated += 1;
                return Ok(if repeated < MOST_REPEATED { Next::GoOn } else { Next::Stop });
            }
            seen.push(draft.clone());
            match writing.checker.check(&draft)? {
                Verdict::Holds(support) => writing.hold(&draft, support, false),
                Verdict::Fails(reason) => writing.failed.push((draft, reason)),
                Verdict::SaysNothing => {}
            }
            Ok(if seen.len() < MOST_SENTENCES { Next::GoOn } else { Next::Stop })
        })
    }

    /// Has the sentences that did not hold written again, each once; they come last, for those that held were shown.
    fn again(&mut self) -> Result<(), EngineError> {
        for (at, (draft, reason)) in std::mem::take(&mut self.failed).into_iter().enumerate() {
            let mut last = (draft.with_markers(), reason);
            // A writer that broke off is not asked again.
            if at < MOST_AGAIN && self.written.problem.is_none() {
                let (text, reason) = (&last.0, &last.1);
                let prompt =
                    prompt::again(self.language, self.question, self.evidence, text, reason);
                let mut instead = None;
                self.ask(&prompt, MOST_TOKENS_AGAIN, &mut |_, draft| {
                    instead = Some(draft);
                    Ok(Next::Stop)
                })?;
                if let Some(draft) = instead {
                    let said = |one: &WrittenSentence| one.text == draft.with_markers();
                    match self.checker.check(&draft)? {
                        // What is said already need not be said twice.
                        Verdict::Holds(_) if self.written.sentences.iter().any(said) => {}
                        Verdict::SaysNothing => {}
                        Verdict::Holds(support) => {
                            self.hold(&draft, support, true);
                            continue;
                        }
                        Verdict::Fails(reason) => last = (draft.with_markers(), reason),
                    }
                }
            }
            let (text, reason) = last;
            self.written.dropped.push(DroppedSentence { text, reason });
        }
        Ok(())
    }

    fn end(mut self) -> Written {
        let (held, dropped) = (self.written.sentences.len(), self.written.dropped.len());
        self.written.stands = held > 0 && held >= dropped;
        self.written.total_ms = self.milliseconds();
        self.written
    }

    fn milliseconds(&self) -> f64 {
        (self.begun.elapsed().as_secs_f64() * 1e6).round() / 1e3
    }

    /// Shows a sentence that holds.
    fn hold(&mut self, draft: &Draft, support: f32, rewritten: bool) {
        if self.written.first_ms.is_none() {
            self.written.first_ms = Some(self.milliseconds());
        }
        let text = draft.with_markers();
        let sentence =
            WrittenSentence { text, citations: draft.citations.clone(), support, rewritten };
        (self.shown)(&sentence);
        self.written.sentences.push(sentence);
    }

    /// Asks the writer, and gives each sentence to `each` as soon as it has ended. What is wrong with the writer is put
    /// down.
    fn ask(
        &mut self,
        prompt: &Prompt,
        most_tokens: u32,
        each: &mut dyn FnMut(&mut Self, Draft) -> Result<Next, EngineError>,
    ) -> Result<(), EngineError> {
        let cancel = Cancel::current();
        let cancelled = || cancel.as_ref().is_some_and(Cancel::is_cancelled);
        let deadline = self.begun + self.writer.patience();
        let call = Call { most_tokens, deadline, cancelled: &cancelled };
        let mut cutter = Cutter::default();
        let mut failed = None;
        let mut take = |writing: &mut Self, sentences: Vec<String>| {
            for draft in sentences.iter().filter_map(|sentence| Draft::read(sentence)) {
                match each(writing, draft) {
                    Ok(Next::GoOn) => {}
                    Ok(Next::Stop) => return Next::Stop,
                    Err(error) => {
                        failed = Some(error);
                        return Next::Stop;
                    }
                }
            }
            Next::GoOn
        };
        let writer = self.writer;
        let mut stopped = false;
        let outcome = writer.write(prompt, &call, &mut |piece| {
            let next = take(self, cutter.push(piece));
            stopped = next == Next::Stop;
            next
        });
        // A sentence that the writer broke off in is none.
        if !stopped && matches!(outcome, Ok(yiju_writer::Finish::Done)) {
            take(self, cutter.finish());
        }
        if let Some(error) = failed {
            return Err(error);
        }
        go_on()?;
        if let Err(error) = outcome {
            if matches!(error, WriterError::Cancelled) {
                return Err(EngineError::Cancelled);
            }
            tracing::warn!(%error, "the writer");
            self.written.problem = Some(error.told_to_clients());
            self.written.cause = Some(error.to_string());
        }
        Ok(())
    }
}
