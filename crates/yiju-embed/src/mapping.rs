//! Files mapped into memory: the one place outside the kernels with `unsafe` code.

use std::fs::File;
use std::path::Path;

use memmap2::Mmap;

use crate::error::EmbedError;

/// A read-only view of a whole file. Pages are read when they are touched, and shared between
/// processes.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// `None` for an empty file, which cannot be mapped.
    map: Option<Mmap>,
}

impl Mapping {
    /// Maps the file at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self, EmbedError> {
        let io = |source| EmbedError::Io {
            path: path.to_path_buf(),
            source,
        };
        let file = File::open(path).map_err(io)?;
        if file.metadata().map_err(io)?.len() == 0 {
            return Ok(Self { map: None });
        }
        // SAFETY: the map is read-only and lives as long as the `Mmap` that owns it. The rule
        // that is left to the world outside is that nobody truncates or rewrites a model file
        // in place while a process has it open; the importer writes to a new name and renames.
        let map = unsafe { Mmap::map(&file) }.map_err(io)?;
        Ok(Self { map: Some(map) })
    }

    /// The file's bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }
}
