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

/// Answers a question that is written out.
type Ask<'a> = &'a dyn Fn(&AskRequest) -> Result<Answer, EngineError>;

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
    ask: Ask<'_>,
) -> Result<Answer, EngineError> {
    if request.history.is_empty() {
        return ask(request);
    }
    let alone = AskRequest { history: Vec::new(), ..request.clone() };
    let (written, before) = write_out(engine, &alone, &request.history, ask)?;
    let within = match before.cited()? {
        Some(cited) if alone.filter.document_ids.len() != 1 => Some(cited),
        _ => None,
    };
    match written {
        Some(Written { question, pointing: true }) => pointed(&alone, &question, within, ask),
        Some(Written { question, pointing: false }) => {
            match going_on(&alone, &question, within, ask)? {
                Some(answer) => Ok(answer),
                None => asked_of_all(&alone, &question, ask),
            }
        }
        None => unruled(&alone, &before, within, ask),
    }
}

/// Answers a question that no rule writes out. Unless it names a place or a body, or its answer is from a document that
/// it has a word of, it goes on with the document cited before.
fn unruled(
    alone: &AskRequest,
    before: &Before<'_>,
    within: Option<&Cited>,
    ask: Ask<'_>,
) -> Result<Answer, EngineError> {
    let answer = ask(alone)?;
    let of_its_own = match (within, answer.citations.first()) {
        (Some(cited), Some(first)) => {
            first.document.id == cited.document_id
                || phrases::shares(&alone.question, &first.document.title, &cited.title)
        }
        (None, first) => first.is_some(),
        (Some(_), None) => false,
    };
    if of_its_own || phrases::names(&alone.question) {
        return Ok(answer);
    }
    let question = match (rules::with_topic(&alone.question, &before.question), within) {
        (Some(question), _) => question,
        (None, Some(cited)) => format!("{} {}", cited.title, alone.question),
        (None, None) => return Ok(answer),
    };
    if let Some(answer) = going_on(alone, &question, within, ask)? {
        return Ok(answer);
    }
    let tried = ask(&AskRequest { question: question.clone(), ..alone.clone() })?;
    Ok(if tried.answered && !answer.answered { understood(tried, &question) } else { answer })
}

/// Answers a question that means nothing as it was asked: from the document cited before, else from all.
fn pointed(
    alone: &AskRequest,
    question: &str,
    within: Option<&Cited>,
    ask: Ask<'_>,
) -> Result<Answer, EngineError> {
    let whole = AskRequest { question: question.to_owned(), ..alone.clone() };
    let mut tries = vec![whole.clone()];
    if let Some(cited) = within {
        tries.insert(0, of_document(alone, question, cited));
        tries.push(of_document(alone, &alone.question, cited));
    }
    for request in &tries {
        let answer = ask(request)?;
        if answer.answered {
            return Ok(understood(answer, question));
        }
    }
    Ok(understood(ask(&whole)?, question))
}

/// Answers a question that goes on with the document cited before: written out or as asked, whichever is surer. `None`
/// where neither has an answer there.
fn going_on(
    alone: &AskRequest,
    question: &str,
    within: Option<&Cited>,
    ask: Ask<'_>,
) -> Result<Option<Answer>, EngineError> {
    let Some(cited) = within else { return Ok(None) };
    let written = ask(&of_document(alone, question, cited))?;
    let as_asked = ask(&of_document(alone, &alone.question, cited))?;
    let surer = match (written.answered, as_asked.answered) {
        (true, true) if as_asked.confidence > written.confidence => as_asked,
        (true, _) => written,
        (false, true) => as_asked,
        (false, false) => return Ok(None),
    };
    Ok(Some(understood(surer, question)))
}

/// Answers a question written out from all documents, else as it was asked.
fn asked_of_all(alone: &AskRequest, question: &str, ask: Ask<'_>) -> Result<Answer, EngineError> {
    let written = ask(&AskRequest { question: question.to_owned(), ..alone.clone() })?;
    if written.answered {
        return Ok(understood(written, question));
    }
    let as_asked = ask(alone)?;
    Ok(if as_asked.answered { as_asked } else { understood(written, question) })
}

fn of_document(alone: &AskRequest, question: &str, cited: &Cited) -> AskRequest {
    let mut request = AskRequest { question: question.to_owned(), ..alone.clone() };
    request.filter.document_ids = vec![cited.document_id.clone()];
    request
}

fn understood(mut answer: Answer, question: &str) -> Answer {
    answer.understood_as = Some(question.to_owned());
    answer
}

/// The question written out, where it needs that, and the one before it.
fn write_out<'a>(
    engine: &'a Engine,
    alone: &'a AskRequest,
    history: &[String],
    ask: Ask<'a>,
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
    ask: Ask<'_>,
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
