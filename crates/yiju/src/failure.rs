//! Error messages for the user, and exit codes.
//!
//! Exit codes: 0 for success, a refused answer and a broken pipe; 1 for errors that the user can fix;
//! 2 for faults of the program or the machine.

use std::fmt;
use std::io;
use std::process::ExitCode;

use yiju_engine::{EngineError, ErrorKind};
use yiju_eval::EvalError;

use crate::terminal::{Color, Paint, Style};

/// Exit code for errors that the user can fix.
pub(crate) const USER: u8 = 1;
/// Exit code for faults of the program or the machine.
pub(crate) const INTERNAL: u8 = 2;

/// An error with a hint for the user; see [`Failure::fault`] for those that the user cannot fix.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    fault: bool,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, fault: false }
    }

    /// Marks it as a fault of the machine or the network, which exits with [`INTERNAL`].
    pub(crate) fn fault(mut self) -> Self {
        self.fault = true;
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The exit code for `error`.
pub(crate) fn code(error: &anyhow::Error) -> u8 {
    let failure = error.chain().find_map(|cause| cause.downcast_ref::<Failure>());
    if let Some(failure) = failure {
        return if failure.fault { INTERNAL } else { USER };
    }
    let engine = error.chain().find_map(of_engine);
    match engine.map(EngineError::kind) {
        None | Some(ErrorKind::Unavailable | ErrorKind::Internal) => INTERNAL,
        Some(_) => USER,
    }
}

/// What to do about `error`.
pub(crate) fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return failure.hint.clone();
        }
        of_engine(cause).and_then(EngineError::hint)
    })
}

/// The engine's error that a cause is. One that an evaluation met stands in the evaluation's own.
fn of_engine<'e>(cause: &'e (dyn std::error::Error + 'static)) -> Option<&'e EngineError> {
    match cause.downcast_ref::<EvalError>() {
        Some(EvalError::Engine(error)) => Some(error),
        _ => cause.downcast_ref::<EngineError>(),
    }
}

/// The error's message and those of its causes, without causes whose text it repeats.
pub(crate) fn messages(error: &anyhow::Error) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for cause in error.chain() {
        let message = cause.to_string();
        if !messages.iter().any(|said| said.contains(&message)) {
            messages.push(message);
        }
    }
    messages
}

/// Prints the error and gives the exit code. A broken pipe counts as success: the reader closed it on purpose.
pub(crate) fn report(error: &anyhow::Error, color: Color) -> ExitCode {
    if error.chain().any(is_broken_pipe) {
        return ExitCode::SUCCESS;
    }
    // If standard error is closed there is nowhere to report to.
    let _ = write(error, &mut io::stderr().lock(), Paint::for_stderr(color));
    ExitCode::from(code(error))
}

/// Writes `error: …`, its causes and `hint: …`.
pub(crate) fn write(
    error: &anyhow::Error,
    out: &mut impl io::Write,
    paint: Paint,
) -> io::Result<()> {
    for (index, message) in messages(error).iter().enumerate() {
        let message = crate::text::clean(message);
        if index == 0 {
            writeln!(out, "{} {message}", paint.paint(Style::Error, "error:"))?;
        } else {
            writeln!(out, "  caused by: {message}")?;
        }
    }
    if let Some(hint) = hint(error) {
        writeln!(out, "{} {}", paint.paint(Style::Hint, "hint:"), crate::text::clean(&hint))?;
    }
    Ok(())
}

fn is_broken_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    kind.or(json) == Some(io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn the_users_fault_is_1_and_ours_is_2() {
        let user = anyhow::Error::new(Failure::new("no").hint("do")).context("outer");
        assert_eq!(code(&user), USER);
        assert_eq!(hint(&user).as_deref(), Some("do"));
        let ours = anyhow::Error::from(io::Error::other("disk")).context("outer");
        assert_eq!(code(&ours), INTERNAL);
        assert_eq!(messages(&ours), ["outer", "disk"]);
        assert_eq!(code(&Failure::new("network").fault().into()), INTERNAL);
    }

    #[test]
    fn a_broken_pipe_is_found_below_other_errors() {
        let error: anyhow::Result<()> =
            Err(io::Error::from(io::ErrorKind::BrokenPipe)).context("could not write");
        assert!(error.unwrap_err().chain().any(is_broken_pipe));
    }

    #[test]
    fn the_report_has_causes_and_a_hint_and_no_escape_sequences_of_others() {
        let error = anyhow::Error::new(Failure::new("bad \u{1b}[2Jname").hint("rename it"));
        let mut out = Vec::new();
        write(&error, &mut out, Paint::plain()).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, "error: bad \u{fffd}[2Jname\nhint: rename it\n");
    }
}
