//! How written answers are shown, for `yiju ask --write` and `yiju chat --write`.

use std::io::{self, Write};

use yiju_engine::{Answer, Engine, Written};
use yiju_writer::Writer;

use super::{Context, print_json};
use crate::render::View;
use crate::terminal::Style;
use crate::text::{clean, wrap};

/// Has an answer written and shows it: each sentence as soon as it has held, what was dropped, and the clauses cited.
///
/// # Errors
/// The engine or the output failed. What is wrong with the writer is a warning, and the quotes are shown.
pub(super) fn write(
    context: &Context,
    engine: &Engine,
    writer: &dyn Writer,
    answer: Answer,
) -> anyhow::Result<Answer> {
    let view = context.view();
    let mut out = io::stdout().lock();
    let mut failed = None;
    let answer = engine.write(writer, answer, &mut |sentence| {
        if !context.json && failed.is_none() {
            let line = wrap(&clean(&sentence.text), view.columns, "");
            failed = writeln!(out, "{line}").and_then(|()| out.flush()).err();
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if let Some(problem) = answer.written.as_ref().and_then(|written| written.cause.as_deref()) {
        context.notes.warn(&anyhow::anyhow!("{problem}"));
    }
    drop(out);
    if context.json {
        print_json(&answer)?;
    } else {
        rest(view, &answer, &mut io::stdout().lock())?;
    }
    Ok(answer)
}

/// What is shown after the sentences.
fn rest(view: View, answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    let Some(written) = &answer.written else {
        return view.answer(answer, out);
    };
    dropped(view, written, out)?;
    if written.stands {
        return view.cited(answer, out);
    }
    let said = written.sentences.len() + written.dropped.len();
    if said > 0 {
        let held = written.sentences.len();
        writeln!(
            out,
            "Too little of what was written held ({held} of {said} sentences); the quotes are:"
        )?;
        writeln!(out)?;
    }
    view.answer(answer, out)
}

/// The sentences that did not hold, and why.
fn dropped(view: View, written: &Written, out: &mut impl Write) -> io::Result<()> {
    for sentence in &written.dropped {
        let line = format!("- dropped: {} ({})", clean(&sentence.text), clean(&sentence.reason));
        writeln!(out, "{}", view.paint.paint(Style::Faint, &wrap(&line, view.columns, "  ")))?;
    }
    Ok(())
}
