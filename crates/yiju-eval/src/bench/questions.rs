//! Questions derived from a library's clauses.

use yiju_engine::{ClauseView, Engine};

use super::BenchError;

/// The most questions that are derived: enough to exceed the caches.
pub const MOST_QUESTIONS: usize = 200;
/// The most characters taken from a clause.
const LONGEST: usize = 24;

/// At most [`MOST_QUESTIONS`] questions about clauses spread evenly over the library's documents: of each, its
/// heading, or the first part of its text.
///
/// # Errors
/// The engine failed, or the library is empty.
pub fn derive_questions(engine: &Engine) -> Result<Vec<String>, BenchError> {
    let documents = usize::try_from(engine.document_count()?).unwrap_or(usize::MAX);
    let every = documents.div_ceil(MOST_QUESTIONS).max(1);
    let mut clauses: Vec<ClauseView> = Vec::new();
    let mut cursor: Option<String> = None;
    let mut number = 0usize;
    loop {
        let page = engine.documents(cursor.as_deref(), 1_000)?;
        for document in &page.documents {
            if number.is_multiple_of(every) {
                clauses.extend(engine.clauses(&document.id)?.unwrap_or_default());
            }
            number += 1;
        }
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let mut questions: Vec<String> = clauses.iter().filter_map(question).collect();
    let most = MOST_QUESTIONS.min(questions.len());
    let all = std::mem::take(&mut questions);
    // Evenly spread, without repetition.
    for at in 0..most {
        let question = &all[at * all.len() / most];
        if !questions.contains(question) {
            questions.push(question.clone());
        }
    }
    if questions.is_empty() {
        return Err(BenchError::Empty);
    }
    Ok(questions)
}

fn question(clause: &ClauseView) -> Option<String> {
    let text = clause
        .heading
        .as_deref()
        .filter(|heading| heading.chars().filter(|c| c.is_alphanumeric()).count() >= 4)
        .unwrap_or_else(|| {
            clause.paragraph.strip_prefix(&clause.label).unwrap_or(&clause.paragraph)
        });
    subject(text)
}

/// A question about the first part of a text with at least four characters.
fn subject(text: &str) -> Option<String> {
    let part = text
        .split(['。', '，', '；', '：', ',', ';', ':', '\n', '.'])
        .map(bare)
        .find(|part| part.chars().count() >= 4)?;
    if part.chars().any(|c| matches!(c, '\u{3400}'..='\u{9fff}')) {
        let part: String = part.chars().take(LONGEST).collect();
        Some(format!("关于{part}，有什么规定？"))
    } else {
        let words: Vec<&str> = part.split_whitespace().take(8).collect();
        Some(format!("What is said about {}?", words.join(" ")))
    }
}

/// Without a leading number, and without signs at either end.
fn bare(part: &str) -> &str {
    let part = part.trim();
    let after = part
        .strip_prefix(['（', '(', '第'])
        .and_then(|rest| rest.split_once(['）', ')', '条', '章', '节']))
        .filter(|(number, _)| number.chars().count() <= 6)
        .map_or(part, |(_, rest)| rest);
    after.trim_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_about_the_matter_and_not_the_number() {
        assert_eq!(
            subject("（八）推进城市更新。稳妥推进老旧小区改造。").unwrap(),
            "关于推进城市更新，有什么规定？"
        );
        assert_eq!(
            subject("第三十二条　停止供水的，应当通知用户。").unwrap(),
            "关于停止供水的，有什么规定？"
        );
        assert_eq!(
            subject("Article text about water supply, in short").unwrap(),
            "What is said about Article text about water supply?"
        );
        let long = "推动".repeat(40);
        assert!(subject(&long).unwrap().chars().count() < 40);
        assert_eq!(subject("（一）。"), None);
    }
}
