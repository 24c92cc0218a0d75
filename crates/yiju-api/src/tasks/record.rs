//! A task on disk: what it is and how far it has come in one JSON file, what it brings in one file a source beside it.
//!
//! A task is on disk before its request is answered, and its record is replaced whole, so a crash loses none: what had
//! not ended is done from the start, which changes nothing twice.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use yiju_files::Readers;

use super::items::{Item, ItemOutcome};
use crate::error::ErrorDetail;

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TaskState {
    /// It waits for its turn.
    Queued,
    /// Its sources are being taken in.
    Running,
    /// It was done; single sources may have failed.
    Done,
    /// None of its sources could be taken in.
    Failed,
    /// It was cancelled; what was done before stays.
    Cancelled,
}

impl TaskState {
    pub(crate) fn has_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A task as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) collection: String,
    pub(crate) state: TaskState,
    pub(crate) items: Vec<Item>,
    pub(crate) created_at: Timestamp,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) outcomes: Vec<ItemOutcome>,
    pub(crate) error: Option<ErrorDetail>,
}

/// The directory of all tasks.
#[derive(Clone, Debug)]
pub(crate) struct Files(PathBuf);

impl Files {
    /// Opens the directory, which is made if missing.
    ///
    /// # Errors
    /// What the system said.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self(directory.to_owned()))
    }

    fn record(&self, id: &str) -> PathBuf {
        self.0.join(format!("{id}.json"))
    }

    fn body(&self, id: &str, index: usize) -> PathBuf {
        self.0.join(format!("{id}.{index}"))
    }

    /// Keeps a new task with what it brings. Blocks until it is durable.
    ///
    /// # Errors
    /// What the system said; nothing is kept then.
    pub(crate) fn create(&self, record: &Record, bodies: &[Vec<u8>]) -> io::Result<()> {
        let kept = bodies.iter().enumerate().try_for_each(|(index, body)| {
            yiju_files::replace(&self.body(&record.id, index), Readers::Owner, |file| {
                file.write_all(body)
            })
        });
        let kept = kept.and_then(|()| self.save(record));
        if kept.is_err() {
            self.remove(record);
        }
        kept
    }

    /// Keeps how far a task is.
    ///
    /// # Errors
    /// What the system said; the record before it stays.
    pub(crate) fn save(&self, record: &Record) -> io::Result<()> {
        let json = serde_json::to_vec(record)?;
        yiju_files::replace(&self.record(&record.id), Readers::Owner, |file| file.write_all(&json))
    }

    /// What one source of a task brings.
    ///
    /// # Errors
    /// What the system said.
    pub(crate) fn read_body(&self, id: &str, index: usize) -> io::Result<Vec<u8>> {
        fs::read(self.body(id, index))
    }

    /// Removes what a task brought, once it has ended. What cannot be removed stays until the record is removed.
    pub(crate) fn remove_bodies(&self, record: &Record) {
        for index in 0..record.items.len() {
            let _ = fs::remove_file(self.body(&record.id, index));
        }
    }

    /// Removes a task.
    pub(crate) fn remove(&self, record: &Record) {
        // The record first: bodies without one are removed at the next start.
        let _ = fs::remove_file(self.record(&record.id));
        self.remove_bodies(record);
    }

    /// All tasks that were kept, and removes files that belong to none. A record that cannot be read is logged and left.
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub(crate) fn read_all(&self) -> io::Result<Vec<Record>> {
        let mut records = Vec::new();
        let mut bodies = Vec::new();
        let mut unread = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let Some((id, ending)) = name.split_once('.') else { continue };
            if ending != "json" {
                bodies.push((id.to_owned(), path.clone()));
                continue;
            }
            let read =
                fs::read(&path).and_then(|json| Ok(serde_json::from_slice::<Record>(&json)?));
            match read {
                Ok(record) => records.push(record),
                Err(error) => {
                    tracing::error!(%error, task = id, "a task cannot be read; it is left out");
                    unread.push(id.to_owned());
                }
            }
        }
        let needed = |id: &String| {
            unread.contains(id)
                || records.iter().any(|record| record.id == *id && !record.state.has_ended())
        };
        for (_, path) in bodies.iter().filter(|(id, _)| !needed(id)) {
            let _ = fs::remove_file(path);
        }
        records.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(records)
    }
}
