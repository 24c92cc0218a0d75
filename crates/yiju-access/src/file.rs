//! The key file, which is replaced whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use yiju_files::Readers;

use crate::error::AccessError;
use crate::key::{Key, Keys, NewKey};
use crate::name::check_name;
use crate::token::{Token, hash};

/// The version of the file's format.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    keys: Vec<Key>,
}

/// Identifies a state of the file by modification time and inode; `None` if there is no file.
pub type Stamp = Option<(SystemTime, u64)>;

/// The key file: JSON that only its owner may read.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The file at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state of the file: changes whenever the file does.
    ///
    /// # Errors
    /// The file exists, but its metadata cannot be read.
    pub fn stamp(&self) -> Result<Stamp, AccessError> {
        match fs::metadata(&self.path) {
            Ok(found) => {
                let time = found.modified().map_err(|e| self.io("read", e))?;
                Ok(Some((time, identity(&found))))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.io("read", error)),
        }
    }

    /// The keys; none if there is no file.
    ///
    /// # Errors
    /// The file cannot be read or understood.
    pub fn read(&self) -> Result<Keys, AccessError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Keys::default()),
            Err(error) => return Err(self.io("read", error)),
        };
        let damaged = |reason: String| AccessError::Damaged { path: self.path.clone(), reason };
        let content: Content =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if content.version != VERSION {
            return Err(damaged(format!(
                "its version is {}, and this Yiju reads {VERSION}",
                content.version
            )));
        }
        Ok(Keys { keys: content.keys })
    }

    /// Adds a key. Its token is returned and stored nowhere.
    ///
    /// # Errors
    /// The name is taken or not allowed, no scope is given, or the file cannot be read or written.
    pub fn add(&self, new: NewKey) -> Result<(Key, Token), AccessError> {
        check_name(&new.name)?;
        for collection in &new.collections {
            check_name(collection)?;
        }
        if new.scopes.is_empty() {
            return Err(AccessError::NoScope(new.name));
        }
        let _lock = self.lock()?;
        let mut keys = self.read()?;
        if keys.iter().any(|key| key.name == new.name) {
            return Err(AccessError::Taken(new.name));
        }
        let token = Token::make()?;
        let key = Key {
            name: new.name,
            sha256: hash(token.reveal()),
            scopes: new.scopes,
            collections: new.collections,
            documents: new.documents,
            requests_per_minute: new.requests_per_minute,
            created_at: Timestamp::now(),
        };
        keys.keys.push(key.clone());
        self.write(keys)?;
        Ok((key, token))
    }

    /// Removes a key; returns whether there was one of this name.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn revoke(&self, name: &str) -> Result<bool, AccessError> {
        let _lock = self.lock()?;
        let mut keys = self.read()?;
        let before = keys.keys.len();
        keys.keys.retain(|key| key.name != name);
        if keys.keys.len() == before {
            return Ok(false);
        }
        self.write(keys)?;
        Ok(true)
    }

    /// Held during a change, so that concurrent changes are not lost.
    fn lock(&self) -> Result<File, AccessError> {
        let path = self.path.with_extension("lock");
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory).map_err(|e| self.io("write", e))?;
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|e| self.io("write", e))?;
        file.lock().map_err(|e| self.io("write", e))?;
        Ok(file)
    }

    /// Replaces the file as a whole.
    fn write(&self, keys: Keys) -> Result<(), AccessError> {
        let content = Content { version: VERSION, keys: keys.keys };
        let json = serde_json::to_vec_pretty(&content).map_err(|error| AccessError::Damaged {
            path: self.path.clone(),
            reason: error.to_string(),
        })?;
        yiju_files::replace(&self.path, Readers::Owner, |file| file.write_all(&json))
            .map_err(|e| self.io("write", e))
    }

    fn io(&self, action: &'static str, source: io::Error) -> AccessError {
        AccessError::Io { path: self.path.clone(), action, source }
    }
}

/// Distinguishes states written within one tick of the clock.
#[cfg(unix)]
fn identity(found: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn identity(found: &fs::Metadata) -> u64 {
    found.len()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use proptest::prelude::*;

    use super::*;
    use crate::key::Scope;

    fn file() -> (tempfile::TempDir, KeyFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = KeyFile::new(directory.path().join("deep/keys.json"));
        (directory, file)
    }

    #[test]
    fn a_key_is_added_found_and_revoked() {
        let (_directory, file) = file();
        assert!(file.read().unwrap().is_empty());
        assert_eq!(file.stamp().unwrap(), None);
        let mut new = NewKey::new("page", [Scope::Read]);
        new.collections = vec!["cities".into()];
        new.documents = vec!["0123".into()];
        new.requests_per_minute = NonZeroU32::new(60);
        let (key, token) = file.add(new).unwrap();
        let (other, _) = file.add(NewKey::new("other", [Scope::Write])).unwrap();
        let keys = file.read().unwrap();
        assert_eq!(keys.iter().collect::<Vec<_>>(), [&key, &other]);
        assert_eq!(keys.find(token.reveal()), Some(&key));
        assert!(key.allows(Scope::Read) && !key.allows(Scope::Write));
        assert!(key.reaches_collection("cities") && !key.reaches_collection("default"));
        assert!(key.reaches_document("0123") && !key.reaches_document("0"));
        assert!(other.reaches_collection("default") && other.reaches_document("0"));

        let text = fs::read_to_string(file.path()).unwrap();
        let secret = token.reveal().strip_prefix(crate::PREFIX).unwrap();
        assert!(!text.contains(secret), "the token is not kept");

        let stamp = file.stamp().unwrap();
        assert!(file.revoke("page").unwrap());
        assert!(!file.revoke("page").unwrap());
        assert_ne!(file.stamp().unwrap(), stamp);
        assert_eq!(file.read().unwrap().find(token.reveal()), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, file) = file();
        file.add(NewKey::new("a", [Scope::Read])).unwrap();
        let mode = fs::metadata(file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }

    #[test]
    fn an_invalid_key_is_refused_and_changes_nothing() {
        let (_directory, file) = file();
        file.add(NewKey::new("a", [Scope::Read])).unwrap();
        let before = fs::read(file.path()).unwrap();
        assert!(matches!(file.add(NewKey::new("a", [Scope::Read])), Err(AccessError::Taken(_))));
        assert!(matches!(file.add(NewKey::new("b", [])), Err(AccessError::NoScope(_))));
        let mut new = NewKey::new("b", [Scope::Read]);
        new.collections = vec!["../up".into()];
        assert!(matches!(file.add(new), Err(AccessError::Name { .. })));
        assert_eq!(fs::read(file.path()).unwrap(), before);
        fs::write(file.path(), b"{\"version\":2,\"keys\":[]}").unwrap();
        assert!(matches!(file.read(), Err(AccessError::Damaged { .. })));
        assert!(file.add(NewKey::new("c", [Scope::Read])).is_err());
    }

    #[test]
    fn keys_added_concurrently_are_all_kept() {
        let (_directory, file) = file();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let file = &file;
                scope.spawn(move || {
                    file.add(NewKey::new(format!("k{number}"), [Scope::Read])).unwrap()
                });
            }
        });
        assert_eq!(file.read().unwrap().iter().count(), 8);
    }

    proptest! {
        #[test]
        fn a_damaged_file_is_an_error_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let (_directory, file) = file();
            fs::create_dir_all(file.path().parent().unwrap()).unwrap();
            fs::write(file.path(), bytes).unwrap();
            prop_assert!(file.read().is_err());
        }
    }
}
