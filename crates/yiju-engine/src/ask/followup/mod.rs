//! Follow-up questions: 那中小城市呢？ 它什么时候实行？ 为什么？
//!
//! What such a question leaves out is taken from the questions before it and from what the last of them was answered
//! with, by the rules of [`rules`], without a language model. The question written out is answered like any other, first
//! from the document of the answer before; where it has no answer, the question as asked decides.

mod phrases;
mod rules;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::limits::{LONGEST_QUESTION, MOST_EARLIER, check_text};
use crate::response::{Answer, AskRequest, Citation};
use rules::{Before, Cited, Written};

/// Refuses a history of more questions than may be, or with one that is none.
pub(crate) fn check(history: &[String]) -> Result<(), EngineError> {
    if history.len() > MOST_EARLIER {
        return Err(EngineError::OutOfRange {
            what: "the number of questions in `history`",
            range: format!("0 to {MOST_EARLIER}"),
            value: history.len().to_string(),
        });
    }
    let what = "the length in characters of a question in `history`";
    history.iter().try_for_each(|earlier| check_text(what, earlier, LONGEST_QUESTION))
}

/// Answers a question of a conversation; `ask` answers one that is written out.
pub(crate) fn answer(
    engine: &Engine,
    request: &AskRequest,
    ask: &dyn Fn(&AskRequest) -> Result<Answer, EngineError>,
) -> Result<Answer, EngineError> {
    if request.history.is_empty() {
        return ask(request);
    }
    let alone = AskRequest { history: Vec::new(), ..request.clone() };
    let (written, before) = write_out(engine, &alone, &request.history, ask)?;
    let Some(written) = written else {
        let answer = ask(&alone)?;
        // A question that nothing answers by itself may leave its subject out in a way that no rule knows.
        return match rules::with_topic(&alone.question, &before.question) {
            Some(question) if !answer.answered => {
                let tried = ask_written(&alone, question, before.cited()?, ask)?;
                Ok(if tried.answered { tried } else { answer })
            }
            _ => Ok(answer),
        };
    };
    let answer = ask_written(&alone, written.question, before.cited()?, ask)?;
    if !answer.answered {
        let as_asked = ask(&alone)?;
        if as_asked.answered && !written.pointing {
            return Ok(as_asked);
        }
    }
    Ok(answer)
}

/// Asks a question written out, of the document cited before if that answers it.
fn ask_written(
    alone: &AskRequest,
    question: String,
    cited: Option<&Cited>,
    ask: &dyn Fn(&AskRequest) -> Result<Answer, EngineError>,
) -> Result<Answer, EngineError> {
    let understood = |mut answer: Answer| {
        answer.understood_as = Some(question.clone());
        Ok(answer)
    };
    let whole = AskRequest { question: question.clone(), ..alone.clone() };
    if let Some(cited) = cited
        && alone.filter.document_ids.len() != 1
    {
        let mut within = whole.clone();
        within.filter.document_ids = vec![cited.document_id.clone()];
        let answer = ask(&within)?;
        if answer.answered {
            return understood(answer);
        }
    }
    understood(ask(&whole)?)
}

/// The question written out, where it needs that, and the one before it.
fn write_out<'a>(
    engine: &'a Engine,
    alone: &'a AskRequest,
    history: &[String],
    ask: &'a dyn Fn(&AskRequest) -> Result<Answer, EngineError>,
) -> Result<(Option<Written>, Before<'a>), EngineError> {
    let mut before: Option<Before<'a>> = None;
    for earlier in history {
        let written = match &before {
            Some(before) => rules::write_out(earlier, before)?,
            None => None,
        };
        let question = written.map_or_else(|| earlier.clone(), |written| written.question);
        before = Some(Before::new(
            question,
            Box::new(move |question: &str| cited(engine, alone, question, ask)),
        ));
    }
    let before = before.expect("there is a history");
    Ok((rules::write_out(&alone.question, &before)?, before))
}

/// What a question was answered with first.
fn cited(
    engine: &Engine,
    alone: &AskRequest,
    question: &str,
    ask: &dyn Fn(&AskRequest) -> Result<Answer, EngineError>,
) -> Result<Option<Cited>, EngineError> {
    let answer = ask(&AskRequest { question: question.to_owned(), ..alone.clone() })?;
    let Some(first) = answer.citations.first() else {
        return Ok(None);
    };
    let beside = |id: Option<String>| -> Result<Option<String>, EngineError> {
        let Some(id) = id else { return Ok(None) };
        Ok(engine.clause(&id)?.map(|clause| clause.label).filter(|label| !label.is_empty()))
    };
    let clause = engine.clause(&first.clause_id)?;
    let (previous, next) = clause.map_or((None, None), |clause| (clause.previous, clause.next));
    Ok(Some(Cited {
        document_id: first.document.id.clone(),
        title: title(first),
        label: first.label.clone(),
        previous: beside(previous)?,
        next: beside(next)?,
    }))
}

/// The title of a citation's document in its marks.
fn title(citation: &Citation) -> String {
    let title = citation.document.title.trim();
    if title.starts_with('《') || title.is_ascii() {
        title.to_owned()
    } else {
        format!("《{title}》")
    }
}
