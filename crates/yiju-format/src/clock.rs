//! How long one file may take.

use std::time::Instant;

use crate::{FormatError, Limits};

/// The time that is left for a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    limit: std::time::Duration,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { start: Instant::now(), limit: limits.time }
    }

    /// # Errors
    /// [`FormatError::Slow`] when the time is over.
    pub(crate) fn check(&self) -> Result<(), FormatError> {
        if self.start.elapsed() > self.limit {
            return Err(FormatError::Slow { seconds: self.limit.as_secs() });
        }
        Ok(())
    }
}
