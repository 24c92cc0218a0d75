//! Access keys: created, stored as hashes in one file, and found by their token.
//!
//! A token is 256 random bits, so a plain SHA-256 protects it: it cannot be guessed. It is shown once,
//! when the key is added. [`Keys::find`] compares in constant time.
//!
//! ```
//! use yiju_access::{KeyFile, NewKey, Scope};
//!
//! let directory = tempfile::tempdir()?;
//! let file = KeyFile::new(directory.path().join("keys.json"));
//! let (key, token) = file.add(NewKey::new("page", [Scope::Read]))?;
//! let keys = file.read()?;
//! assert_eq!(keys.find(token.reveal()), Some(&key));
//! assert_eq!(keys.find("yiju_guess"), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod file;
mod key;
mod name;
mod token;

pub use error::AccessError;
pub use file::{KeyFile, Stamp};
pub use key::{Key, Keys, NewKey, Scope};
pub use name::{LONGEST_NAME, check_name};
pub use token::{PREFIX, Token};
