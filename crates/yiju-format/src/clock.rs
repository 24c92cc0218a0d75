//! The time that one file may take.

use std::time::{Duration, Instant};

use crate::{FormatError, Limits};

/// Started when the reading of a file starts; asked in every loop over what the file holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    limit: Duration,
}

impl Clock {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { start: Instant::now(), limit: limits.time }
    }

    /// # Errors
    /// If the time is over.
    pub(crate) fn check(&self) -> Result<(), FormatError> {
        if self.start.elapsed() > self.limit {
            return Err(FormatError::Slow { seconds: self.limit.as_secs() });
        }
        Ok(())
    }
}
