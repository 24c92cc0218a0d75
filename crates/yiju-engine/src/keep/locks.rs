//! The engine's locks, and what becomes of them after a panic: a fault in one call is that call's
//! error, and the next one is answered.

use std::sync::{MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard};

use crate::engine::{Engine, LibraryLimits};
use crate::error::EngineError;
use crate::keep::indexes::Indexes;

impl Engine {
    /// The right to write, held over each write so that the indexes see writes in the order of the
    /// store. After a panic of its holder, too: the store has undone what was not committed.
    pub(crate) fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The indexes, to be changed. Where a panic left them half changed they are opened anew before
    /// they are next asked.
    pub(crate) fn change_indexes(&self) -> RwLockWriteGuard<'_, Indexes> {
        self.indexes.write().unwrap_or_else(|poisoned| {
            let mut indexes = poisoned.into_inner();
            tracing::warn!("a fault left the indexes half changed; they are opened anew");
            indexes.distrust();
            self.indexes.clear_poison();
            indexes
        })
    }

    /// The indexes, with every acknowledged write in them, those of other processes included.
    pub(crate) fn fresh_indexes(&self) -> Result<RwLockReadGuard<'_, Indexes>, EngineError> {
        if let Ok(indexes) = self.indexes.read()
            && indexes.show(&self.store.state()?)
        {
            return Ok(indexes);
        }
        let mut indexes = self.change_indexes();
        indexes.refresh(&self.store)?;
        // Without letting go in between, or a write could come first.
        Ok(RwLockWriteGuard::downgrade(indexes))
    }

    /// What the library may hold; set with [`Engine::set_limits`].
    pub fn limits(&self) -> LibraryLimits {
        *self.limits.read().unwrap_or_else(PoisonError::into_inner)
    }
}
